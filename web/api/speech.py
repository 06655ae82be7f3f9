"""What callers send, read; and what they are told, written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response, current_app, request
from marshmallow import Schema, ValidationError

from connectors.errors import InvalidCall
from web.api.problems import Problem
from worker.core import Core


def ferry() -> Core:
    """What this process shares."""
    core: Core = current_app.extensions["ferry"]
    return core


def body(*, needed: bool = True) -> dict[str, Any]:
    """
    The JSON object a request carries; without `needed` an empty body is {}.

    raises: Problem 400 for what is no JSON, 415 for another type, 422 for JSON that is no object
    """
    raw = request.get_data(cache=False)
    if not raw and not needed:
        return {}
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        told = "send JSON, with Content-Type: application/json"
        raise Problem(415, "unsupported_media_type", told)
    try:
        found = json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        told = "the body is not JSON"
        if isinstance(problem, json.JSONDecodeError):
            told = f"the body is not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}"
        raise Problem(400, "bad_json", told) from problem
    if not isinstance(found, dict):
        told = "the body must be a JSON object"
        raise Problem(422, "invalid", told, fields={"": [told]})
    return found


def _no_number(word: str) -> Any:
    raise ValueError(word)


def given(schema: Schema, *, needed: bool = True) -> dict[str, Any]:
    """The body, held against a schema.  raises: Problem, InvalidCall naming each wrong field"""
    try:
        return dict(schema.load(body(needed=needed)))
    except ValidationError as problem:
        raise _unfit(problem) from problem


def checked(schema: Schema, *, needed: bool = True) -> dict[str, Any]:
    """The body as it came, after it was held against a schema: for what reads it once more."""
    found = body(needed=needed)
    try:
        schema.load(found)
    except ValidationError as problem:
        raise _unfit(problem) from problem
    return found


def _unfit(problem: ValidationError) -> InvalidCall:
    found = problem.messages if isinstance(problem.messages, dict) else {"": problem.messages}
    said = f"the body does not fit: {', '.join(map(str, found))}"
    return InvalidCall(said[:300], fields=found)


def takes(schema: type[Schema] | Schema, *, needed: bool = True) -> dict[str, Any]:
    """How a body is described in /openapi.json: `@part.doc(**takes(…))`."""
    return {"requestBody": {"required": needed, "content": {"application/json": {"schema": schema}}}}


def told(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON, as people read it: no \\u for letters."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
    response = Response(text.encode("utf-8", "replace"), status, content_type="application/json")
    if headers:
        response.headers.extend(dict(headers))
    return response


def listed(items: Iterable[Any], cursor: str | None) -> Response:
    """Every list: {items, cursor}; a cursor of null is the end."""
    return told({"items": list(items), "cursor": cursor})
