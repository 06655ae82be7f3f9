"""
Every error of the API as application/problem+json (RFC 9457).

    {type, title, status, detail, code, request_id, retryable, fields?}

`code` is what people switch on; `fields` names each wrong field, nested ones with dots: {"input.to": ["…"]}.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from connectors.errors import InvalidCall, Unsupported
from web.blame import where
from worker.accept import Conflict, NoRoom, NotFound
from worker.jobs import BrokerAway
from worker.store.client import is_away
from worker.store.events import CursorGone
from worker.store.vault import WrongKey

log = logging.getLogger("ferry.api")

MEDIA_TYPE = "application/problem+json"
RETRYABLE = frozenset({408, 429, 503})
HTTP = {
    # status of werkzeug's own: our code, and a sentence in place of its words about browsers
    400: ("bad_request", "the request could not be read whole"),
    404: ("not_found", "there is nothing at this address; /openapi.json names all there is"),
    405: ("method_not_allowed", "not this method: Allow names those this address has"),
    408: ("too_slow", "the request did not come in time"),
    413: ("too_large", "the body is larger than FERRY_MAX_BODY_BYTES allows"),
    415: ("unsupported_media_type", "send JSON, with Content-Type: application/json"),
}


class Problem(Exception):
    """An answer that says what went wrong; `more` are members of their own."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = dict(fields) if fields is not None else None
        self.headers = dict(headers or {})
        self.more = more

    def as_dict(self) -> dict[str, Any]:
        """The document."""
        told: dict[str, Any] = {
            "type": f"urn:ferry:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": g.get("request_id"),
            "retryable": self.status in RETRYABLE,
        }
        if self.fields is not None:
            told["fields"] = flat(self.fields)
        return {**told, **self.more}


def flat(fields: Mapping[Any, Any], prefix: str = "") -> dict[str, list[str]]:
    """marshmallow's nested messages as one level: {"input.to": ["Missing data for required field."]}."""
    found: dict[str, list[str]] = {}
    for name, told in fields.items():
        path = f"{prefix}{name}"
        if isinstance(told, Mapping):
            found.update(flat(told, f"{path}."))
        else:
            found[path] = [str(one) for one in told] if isinstance(told, list) else [str(told)]
    return found


def of(problem: Exception) -> Problem:
    """The problem an exception is; what we did not foresee is ours, logged without its words."""
    if isinstance(problem, Problem):
        return problem
    if isinstance(problem, HTTPException):
        return _of_http(problem)
    if isinstance(problem, InvalidCall):
        code = "unsupported" if isinstance(problem, Unsupported) else "invalid"
        return Problem(422, code, problem.text, fields=problem.fields or {}, reason=str(problem.reason))
    if isinstance(problem, NotFound):
        if problem.field:
            return Problem(422, f"unknown_{problem.field}", str(problem), fields={problem.field: [str(problem)]})
        return Problem(404, "not_found", str(problem))
    if isinstance(problem, Conflict):
        return Problem(409, "conflict", str(problem))
    if isinstance(problem, CursorGone):
        return Problem(410, "cursor_gone", f"{problem}: go on with `cursor`", cursor=problem.first)
    if isinstance(problem, NoRoom | BrokerAway) or is_away(problem):
        return _later(problem)
    if isinstance(problem, RecursionError):
        return Problem(400, "bad_json", "the body is nested too deeply")
    if isinstance(problem, WrongKey):
        return Problem(500, "wrong_key", str(problem))
    log.error("a call failed", extra={"error": where(problem)})
    return Problem(500, "internal", "this is a fault of ours; the log names it under the request id")


def _later(problem: Exception) -> Problem:
    """Nothing is wrong with the call: it may come again."""
    if isinstance(problem, NoRoom):
        return Problem(429, "no_room", str(problem), headers={"Retry-After": str(problem.after)})
    told = str(problem)
    if not isinstance(problem, BrokerAway):
        log.warning("redis is away: a call was asked to come again", extra={"error": type(problem).__name__})
        told = "Ferry cannot store anything at the moment: try again"
    return Problem(503, "away", told, headers={"Retry-After": "5"})


def _of_http(problem: HTTPException) -> Problem:
    """werkzeug's and webargs' words; Allow and Retry-After stay."""
    status = problem.code or 500
    headers = {name: value for name, value in problem.get_headers() if name in {"Allow", "Retry-After", "Location"}}
    told = getattr(problem, "data", None) or {}
    messages = told.get("messages")
    if messages:
        fields = flat({name: words for place in messages.values() for name, words in place.items()})
        return Problem(status, "invalid", f"wrong words in the query: {', '.join(fields)}", fields=fields)
    phrase = HTTPStatus(status).phrase
    code, detail = HTTP.get(status, (phrase.lower().replace(" ", "_"), problem.description or phrase))
    return Problem(status, code, detail, headers=headers)


def answer(problem: Exception) -> Response:
    """The HTTP answer."""
    told = of(problem)
    response = Response(json.dumps(told.as_dict(), ensure_ascii=False), told.status, content_type=MEDIA_TYPE)
    response.headers.extend(told.headers)
    return response


def register(app: Flask) -> None:
    """All errors of the app are told this way."""
    app.register_error_handler(Exception, answer)
