"""
A channel of 1msg: its id, its token, where it answers, who may call its webhook.

source: our page §1 (addresses and authentication), §4.1 (webhooks), §5 (what is not certain: each a setting)
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Generator, Mapping
from typing import Any
from urllib.parse import parse_qs

import httpx
from marshmallow import fields, post_load, pre_load, validate

from connectors.client import origin
from connectors.connection import Connection
from connectors.errors import InvalidCall, Reason, Refused
from connectors.guards import HookAnswer, HookRequest, same
from connectors.schema import Settings

BASE_URL = "https://api.1msg.io"
CHANNEL = re.compile(r"[A-Za-z0-9_-]{1,64}")
PASTED = re.compile(r"(?:bearer|basic)(?:\s+|$)", re.IGNORECASE)
TOKEN_IN_URL = re.compile(r"([?&]token=)[^&#]*")
INSTANCE = re.compile(
    rb'"instanceId"\s*:\s*(?:"([^"\\]*)"|([0-9]+))'
)  # a quote inside a text stands as \", so not here


class ChannelSettings(Settings):
    """What is no secret."""

    channel_id = fields.String(
        metadata={
            "description": "The channel (instance) id, part of every URL; not the phone number and not Meta's ids. "
            "May be left out when the token is a JWT, which carries it.",
            "example": "ABC000111222",
            "ask": True,
        }
    )
    base_url = fields.String(
        metadata={
            "description": f"Where the channel answers; {BASE_URL} by default, https://sandbox.1msg.io for test "
            "channels. Plain http only towards this machine.",
            "example": BASE_URL,
        }
    )
    auth_mode = fields.String(
        validate=validate.OneOf(["query", "bearer"]),
        metadata={
            "description": "Where the token goes: `query` (default) works on every channel known, `bearer` keeps it "
            "out of URLs and the access logs on the way."
        },
    )
    phone_as_number = fields.Boolean(
        metadata={"description": "Say a recipient with a number as an integer `phone` instead of a chat id (§5.2)."}
    )
    lid_strategy = fields.String(
        validate=validate.OneOf(["chatId", "bsuid", "phone"]),
        metadata={"description": "How a contact with a hidden number is addressed (§5.3); `chatId` by default."},
    )
    namespace = fields.String(
        metadata={"description": "Template namespace of the channel, used where a send names none (§5.5)."}
    )
    omit_namespace = fields.Boolean(
        metadata={"description": "Send a template without a namespace when none is known, instead of refusing (§5.5)."}
    )
    location_name_required = fields.Boolean(
        metadata={"description": "Send the coordinates as the name of a location that has none (§5.20)."}
    )
    collapse_whitespace = fields.Boolean(
        metadata={
            "description": "Turn tabs and runs of more than four spaces in texts and captions into one space, for "
            "channels that refuse them with an HTTP 500 (§5.18)."
        }
    )
    allow_legacy_ids = fields.Boolean(
        metadata={"description": "Let replies quote message ids that do not begin with `wamid.` (§5.25)."}
    )
    acks_on_register = fields.Boolean(
        metadata={"description": "Switch delivery receipts on when our webhook is added; true by default (§3.6)."}
    )
    guaranteed_hooks = fields.Boolean(
        metadata={
            "description": "Also switch 1msg's own webhook retries on when our webhook is added.  Off by default, as "
            "it concerns every other system on the channel (§5.9)."
        }
    )
    check_instance = fields.Boolean(
        metadata={"description": "Refuse webhooks that name another channel; true by default (§5.10)."}
    )

    @pre_load
    def spell(self, data: Any, **_: Any) -> Any:
        """A channel id of digits alone may come as a number."""
        given = data.get("channel_id") if isinstance(data, Mapping) else None
        return {**data, "channel_id": str(given)} if type(given) is int else data

    @post_load
    def tidy(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """`instance305999` is how their console shows `305999`."""
        if isinstance(data.get("channel_id"), str):
            data["channel_id"] = bare_channel(data["channel_id"])
        return data


class ChannelSecrets(Settings):
    """One token a channel."""

    token = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "The channel token (API key), from the channel's page in the 1msg console."},
    )
    verify_token = fields.String(
        metadata={
            "description": "Answers a `hub.challenge` GET that carries it.  1msg documents no such handshake: leave "
            "it out unless something in between insists."
        }
    )

    @post_load
    def tidy(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """`Bearer xyz` is how people copy a token."""
        return {name: PASTED.sub("", value.strip(), count=1) for name, value in data.items()}


def bare_channel(given: str) -> str:
    """The id without white space and without a pasted `instance` before it."""
    word = given.strip()
    return word.removeprefix("instance") or word


def token(connection: Connection) -> str:
    """The channel token as it goes on the wire."""
    return PASTED.sub("", connection.secret("token").strip(), count=1)


def channel(connection: Connection) -> str:
    """
    The id of the connection's channel, from its settings or else from a JWT token.

    raises: InvalidCall when there is none, when it cannot be one, or when the token belongs to another channel
    """
    given = bare_channel(str(connection.setting("channel_id", "")))
    claimed = claimed_channel(token(connection))
    if given and claimed and given != claimed:
        raise _amiss("the token belongs to another channel than channel_id names", Reason.AUTH)
    found = given or claimed
    if not found:
        raise _amiss("channel_id is not set, and the token does not carry it")
    if not CHANNEL.fullmatch(found):
        raise _amiss("channel_id may hold letters, digits, _ and - only, at most 64 of them")
    return found


def _amiss(told: str, reason: Reason = Reason.OTHER) -> InvalidCall:
    return InvalidCall(told, reason=reason, fields={"channel_id": [told]})


def claimed_channel(secret: str) -> str | None:
    """`instanceId` of a JWT's payload, which is not verified: it is our own; None for an opaque token."""
    pieces = secret.split(".")
    if len(pieces) != 3:
        return None
    try:
        payload = json.loads(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    found = payload.get("instanceId") if isinstance(payload, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    return bare_channel(str(found)) or None


def locate(connection: Connection, path: str) -> str:
    """
    {base}/{channelId}{path}; a base that already ends in the channel id does not get it twice.

    raises: InvalidCall
    """
    if not token(connection):
        told = "the connection has no token"
        raise InvalidCall(told, reason=Reason.AUTH, fields={"token": [told]})
    found, base = channel(connection), origin(connection, BASE_URL)
    if base.endswith((f"/{found}", f"/instance{found}")):
        base = base.rpartition("/")[0]
    return f"{base}/{found}{path}"


class HushedURL(httpx.URL):
    """A URL whose token travels but is never spelled out: httpx logs each request's URL, and so do tracers."""

    def __str__(self) -> str:
        return TOKEN_IN_URL.sub(r"\1…", super().__str__())

    def __repr__(self) -> str:
        return f"HushedURL({str(self)!r})"


class QueryToken(httpx.Auth):
    """`?token=` on every request, POST too (§1.3)."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.url = HushedURL(request.url.copy_set_param("token", self._secret))
        yield request


class BearerToken(httpx.Auth):
    """`Authorization: Bearer`, the form of 1msg's own n8n node (§1.3)."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = f"Bearer {self._secret}"
        yield request


def auth(connection: Connection) -> httpx.Auth:
    """The token in exactly one place: a stale one in the query would win over the header."""
    kind = BearerToken if connection.setting("auth_mode", "query") == "bearer" else QueryToken
    return kind(token(connection))


def guard(connection: Connection, request: HookRequest) -> None:
    """
    1msg signs nothing: the secret in the path is the proof, and a body that names a channel must name ours.

    raises: Refused
    """
    if not connection.setting("check_instance", default=True):
        return
    try:
        ours = channel(connection)
    except InvalidCall as problem:
        told = f"cannot tell which channel is ours: {problem.text}"
        raise Refused(told) from problem
    named = {bare_channel((one or other).decode("utf-8", "replace")) for one, other in INSTANCE.findall(request.body)}
    if named and ours not in named:
        told = "the body names another channel"
        raise Refused(told)


def handshake(connection: Connection, request: HookRequest) -> HookAnswer | None:
    """A GET or HEAD is somebody looking whether we are there; a `hub.challenge` is echoed to our verify_token only."""
    if request.method not in {"GET", "HEAD"}:
        return None
    asked = parse_qs(request.query, keep_blank_values=True)
    expected = connection.secret("verify_token")
    if expected and "hub.challenge" in asked and same(asked.get("hub.verify_token", [""])[0], expected):
        return HookAnswer(body=asked["hub.challenge"][0].encode())
    return HookAnswer()


def simulated(base_url: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings and secrets the stand-in takes."""
    return {"channel_id": "ABC000111222", "base_url": base_url}, {"token": "simulated-1msg-channel-token"}
