"""
Any request to a connection's provider, with its credentials: what the catalogue has no row for yet.

A proxied call is an action like any other, so it is validated, paced, traced and, where its answer is missing, unknown.
There are two: `request`, which is treated as a send, and `request-repeatable`, of which the caller says that doing it
twice harms nobody.

A path is put behind the address that the connection's actions have; credentials go to that host alone (fence.py).
Whatever the provider answers below 500 is handed on as it is.  What says that the credentials are bad, that we are too
fast, or that nobody knows what happened, is dealt with as for every run.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from connectors.action import Action, Call, Nature, Wire
from connectors.connection import Connection, blot
from connectors.errors import ConnectorError, Reason, Throttled, Unreachable
from connectors.fence import address, filled, refuse_credentials, wrong
from connectors.provider import Answer, Provider
from connectors.schema import Reply, Request, load

REQUEST = "request"
REPEATABLE = "request-repeatable"
KEYS = frozenset({REQUEST, REPEATABLE})

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MAX_BYTES = 1024 * 1024  # of a body and its files: the run keeps them until it has ended
MAX_ANSWER = 1024 * 1024  # of an answer's body; what is longer is cut, and says so
SHOWN_HEADERS = frozenset(
    {"content-type", "content-language", "content-disposition", "etag", "last-modified", "location", "link", "date"}
    | {"retry-after", "x-request-id", "x-fb-trace-id", "x-business-use-case-usage", "x-app-usage"}
)
SHOWN_PREFIXES = ("x-ratelimit-", "ratelimit")


def plain(value: Any) -> None:
    """Text, a number, or true and false: what a URL or a form can say.  raises: ValidationError"""
    if not isinstance(value, str | int | float):
        raise ValidationError("text, a number, true or false")


def plain_or_several(value: Any) -> None:
    """The same, or a list of them.  raises: ValidationError"""
    for one in value if isinstance(value, list) else [value]:
        plain(one)


class File(Schema):
    """One file of a multipart body."""

    field = fields.Str(load_default="file", metadata={"description": "name of the form's field"})
    name = fields.Str(required=True, metadata={"description": "file name"})
    media_type = fields.Str(load_default="application/octet-stream")
    base64 = fields.Str(required=True, metadata={"description": "its bytes, in base64"})


class Proxied(Request):
    """What goes to the provider; at most one kind of body."""

    method = fields.Str(load_default="GET", validate=validate.OneOf(METHODS), metadata={"description": "HTTP method"})
    path = fields.Str(
        required=True,
        validate=validate.Length(1, 4096),
        metadata={
            "description": "behind the connection's address, or an absolute URL on its host; {names} are filled from "
            "path_params",
            "example": "/status",
        },
    )
    path_params = fields.Dict(
        keys=fields.Str(),
        values=fields.Raw(validate=plain),
        metadata={"description": "for the {names} in the path; quoted for you"},
    )
    query = fields.Dict(
        keys=fields.Str(),
        values=fields.Raw(validate=plain_or_several),
        metadata={"description": "a list says a name again"},
    )
    headers = fields.Dict(
        keys=fields.Str(), values=fields.Str(), metadata={"description": "besides those of the connection"}
    )
    json = fields.Raw(allow_none=True, metadata={"description": "a body of JSON; null for none"})
    form = fields.Dict(
        keys=fields.Str(),
        values=fields.Raw(validate=plain_or_several),
        metadata={"description": "a form; beside `files` the multipart's fields"},
    )
    data = fields.Str(metadata={"description": "a body as it is; say its content-type among the headers"})
    data_base64 = fields.Str(metadata={"description": "the same for bytes that are no text, in base64"})
    files = fields.List(fields.Nested(File), metadata={"description": f"at most {MAX_BYTES} bytes with all else"})

    @validates_schema
    def one_body(self, data: dict[str, Any], **_: Any) -> None:
        """Two bodies would be one too many."""
        beside = {"form"} if "files" in data else set()
        kinds = [
            name for name in ("json", "data", "data_base64", "files", "form") if name in data and name not in beside
        ]
        if len(kinds) > 1:
            told = f"{' and '.join(kinds)} are each a body of its own: say one"
            raise ValidationError(told, kinds[-1])


class Answered(Reply):
    """What the provider answered."""

    status = fields.Int(metadata={"description": "HTTP status"})
    headers = fields.Dict(keys=fields.Str(), metadata={"description": "those worth knowing; none that is a secret"})
    body = fields.Raw(allow_none=True, metadata={"description": "JSON as it is, text, or base64: see `encoding`"})
    encoding = fields.Str(metadata={"description": "json, text or base64"})
    truncated = fields.Bool(metadata={"description": f"whether more than {MAX_ANSWER} bytes were answered"})


def find(provider: Provider, key: str) -> Action | None:
    """The action with this key: the provider's own, or one of the two; None where there is none."""
    return provider.actions.get(key) or (action(provider, key) if key in KEYS else None)


def action(provider: Provider, key: str) -> Action:
    """One of the two, for this provider."""
    repeatable = key == REPEATABLE
    return Action(
        key=key,
        title="Send any request",
        description="Sends a request of yours to the provider with the connection's credentials"
        + (" again and again until it is answered." if repeatable else ", once."),
        method="POST",
        path="",
        request=Proxied,
        reply=Answered,
        repeatable=repeatable,
        nature=Nature.QUERY if repeatable else Nature.SEND,
        example={"method": "GET", "path": "/"},
        docs=provider.name,
        encoding="json",
        shape=lambda wire, call: shaped(provider, wire.json or {}, call),
        door=lambda call: check(provider, call),
        parts=lambda call, output: (),  # noqa: ARG005
        read=read,
        pardons=pardons,
    )


def check(provider: Provider, call: Call) -> None:
    """Refuses at the door what could never leave.  raises: InvalidCall"""
    shaped(provider, load(Proxied, call.input, provider=provider.name, action=REQUEST), call)


def shaped(provider: Provider, given: Mapping[str, Any], call: Call) -> Wire:
    """What goes out, but for the credentials.  raises: InvalidCall"""
    url = address(provider, call.connection, filled(given["path"], given.get("path_params") or {}))
    refuse_credentials(provider, given, url)
    headers = {name.lower(): value for name, value in (given.get("headers") or {}).items()}
    if "json" in given:
        headers.setdefault("content-type", "application/json")
    return Wire(
        given["method"],
        "",
        query=dict(given.get("query") or {}),
        form=given.get("form"),
        files=_files(given) or None,
        content=_content(given),
        headers=headers,
        url=url,
    )


def _content(given: Mapping[str, Any]) -> bytes | None:
    if "data" in given:
        content = given["data"].encode()
    elif "data_base64" in given:
        content = _bytes(given["data_base64"], "data_base64")
    else:
        content = json.dumps(given["json"]).encode() if "json" in given else b""
    if len(content) > MAX_BYTES:
        raise wrong("data", f"the body has {len(content)} bytes; a run keeps at most {MAX_BYTES}")
    return content or None


def _files(given: Mapping[str, Any]) -> list[tuple[str, tuple[str, bytes, str] | tuple[None, bytes]]]:
    made: list[tuple[str, tuple[str, bytes, str] | tuple[None, bytes]]] = [
        (one["field"], (one["name"], _bytes(one["base64"], "files"), one["media_type"]))
        for one in given.get("files") or ()
    ]
    total = sum(len(file[1]) for _, file in made)
    if total > MAX_BYTES:
        raise wrong("files", f"the files have {total} bytes; a run keeps at most {MAX_BYTES}")
    return made


def _bytes(word: str, field: str) -> bytes:
    try:
        return base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise wrong(field, "this is no base64") from problem


def pardons(problem: ConnectorError, answer: Answer) -> bool:
    """Whether an answer that an action of the catalogue would call an error is simply the answer here."""
    if answer.status >= 500 or isinstance(problem, Throttled | Unreachable):
        return False
    return problem.reason is not Reason.AUTH or answer.status == 403  # 403: this request is not for them to make


def read(call: Call, answer: Answer) -> dict[str, Any]:
    """{status, headers, body, encoding, truncated}; the connection's own secrets are blotted, whoever says them."""
    cut = len(answer.content) > MAX_ANSWER
    body, encoding = _readable(answer.content[:MAX_ANSWER], call.connection, cut=cut)
    headers = {
        name: blot(value, call.connection)
        for name, value in answer.headers.items()
        if name in SHOWN_HEADERS or name.startswith(SHOWN_PREFIXES)
    }
    return {"status": answer.status, "headers": headers, "body": body, "encoding": encoding, "truncated": cut}


def _readable(content: bytes, connection: Connection, *, cut: bool) -> tuple[Any, str]:
    """(body, encoding); bytes that are no text are handed on as they are, in base64."""
    if not content:
        return None, "text"
    try:
        text = blot(content.decode(), connection)
    except UnicodeDecodeError as problem:
        if not (cut and problem.start > len(content) - 4):  # else a letter was cut in two
            return base64.b64encode(content).decode(), "base64"
        text = blot(content[: problem.start].decode(), connection)
    if not cut:
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(text), "json"
    return text, "text"
