"""A channel's address, its token, and who may call its webhook."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import httpx
import pytest
from marshmallow import ValidationError

from connectors.action import Call
from connectors.client import new_client, perform, prepare
from connectors.connection import Connection
from connectors.errors import InvalidCall, Reason, Refused
from connectors.guards import HookRequest
from connectors.onemsg import PROVIDER, account
from tests.connectors.onemsg.channel import CHANNEL, CONNECTION, TOKEN, hook, with_settings

STATUS = PROVIDER.actions["get-channel-status"]


def jwt(**claims: Any) -> str:
    """A token of the newer shape; nobody verifies it."""
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in ({}, claims, 7))


def at(token: str = TOKEN, **settings: Any) -> str:
    """Where the status of a channel with these settings is asked."""
    return account.locate(Connection("c", "onemsg", settings, {"token": token}), "/status")


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"channel_id": "305999"}, "https://api.1msg.io/305999/status"),
        ({"channel_id": "instance305999"}, "https://api.1msg.io/305999/status"),
        ({"channel_id": " ABC000111222 "}, "https://api.1msg.io/ABC000111222/status"),
        ({"channel_id": "instance"}, "https://api.1msg.io/instance/status"),
        ({"channel_id": "1", "base_url": "https://sandbox.1msg.io/"}, "https://sandbox.1msg.io/1/status"),
        ({"channel_id": "1", "base_url": "sandbox.1msg.io"}, "https://sandbox.1msg.io/1/status"),
        ({"channel_id": "1", "base_url": "https://api.1msg.io/1"}, "https://api.1msg.io/1/status"),
        ({"channel_id": "1", "base_url": "https://api.1msg.io/instance1/"}, "https://api.1msg.io/1/status"),
        ({"channel_id": "1", "base_url": "http://127.0.0.1:8080"}, "http://127.0.0.1:8080/1/status"),
    ],
)
def test_where_a_channel_answers(settings: dict[str, Any], url: str) -> None:
    """However its id and its base were pasted."""
    assert url == at(**settings)


@pytest.mark.parametrize(
    ("token", "settings", "reason"),
    [
        (TOKEN, {}, Reason.OTHER),
        (TOKEN, {"channel_id": "a/b"}, Reason.OTHER),
        (TOKEN, {"channel_id": "x" * 65}, Reason.OTHER),
        (TOKEN, {"channel_id": "1", "base_url": "http://api.1msg.io"}, Reason.OTHER),
        ("", {"channel_id": "1"}, Reason.AUTH),
        ("Bearer ", {"channel_id": "1"}, Reason.AUTH),
        (jwt(instanceId="305999"), {"channel_id": "1"}, Reason.AUTH),
    ],
)
def test_a_channel_that_cannot_be_is_told_before_anything_leaves(
    token: str, settings: dict[str, Any], reason: Reason
) -> None:
    """As an InvalidCall that names the field, and does not show the token."""
    connection = Connection("c", "onemsg", settings, {"token": token})
    with pytest.raises(InvalidCall) as raised:
        prepare(PROVIDER, STATUS, Call(connection, {}, "ref"))
    assert reason == raised.value.reason
    assert raised.value.fields
    assert "onemsg" == raised.value.provider


def test_a_jwt_names_its_channel() -> None:
    """With or without `instance`, as text or number; and agrees with the setting."""
    for claim in ("305999", "instance305999", 305999):
        assert at(jwt(instanceId=claim)).endswith("/305999/status")
        assert at(f"Bearer {jwt(instanceId=claim)}", channel_id="instance305999").endswith("/305999/status")


@pytest.mark.parametrize("token", ["a.b.c", "a.b", "..", jwt(), jwt(instanceId=None), jwt(instanceId=True), "é.é.é"])
def test_what_only_looks_like_a_jwt(token: str) -> None:
    """Says nothing of a channel."""
    assert account.claimed_channel(token) is None


@pytest.mark.parametrize(
    ("mode", "query", "header"), [("query", {"token": TOKEN}, None), ("bearer", {}, f"Bearer {TOKEN}")]
)
@pytest.mark.parametrize("pasted", ["", "Bearer ", "Basic ", "bearer  "])
def test_the_token_goes_to_exactly_one_place(
    mode: str, query: dict[str, str], header: str | None, pasted: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whole on the wire, and in no log line; a pasted scheme is stripped."""
    caplog.set_level(logging.DEBUG)
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"status": "connected"})

    connection = Connection("c", "onemsg", {"channel_id": "1", "auth_mode": mode}, {"token": pasted + TOKEN})
    with new_client(httpx.MockTransport(answer)) as client:
        perform(PROVIDER, STATUS, Call(connection, {}, "ref"), client)
    (request,) = seen
    assert query == dict(request.url.params)
    assert header == request.headers.get("authorization")
    assert TOKEN not in f"{request.url} {request.url!r} {request!r} {caplog.text}"
    assert (TOKEN in request.url.raw_path.decode()) is (mode == "query")


def test_other_parameters_survive_the_token() -> None:
    """Ids end in = and may hold + and /: they come through as they were."""
    seen: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(200, json={"hooks": []})

    call = Call(CONNECTION, {"message_id": "wamid.a+b/c=="}, "ref")
    with new_client(httpx.MockTransport(answer)) as client:
        perform(PROVIDER, PROVIDER.actions["get-message-statuses"], call, client)
    assert {"messageId": "wamid.a+b/c==", "token": TOKEN} == dict(seen[0].params)


def test_settings_and_secrets_are_tidied() -> None:
    """Pasted prefixes go; what is unknown or wrong is named."""
    assert {"channel_id": "305999"} == account.ChannelSettings().load({"channel_id": " instance305999"})
    assert {"channel_id": "305999"} == account.ChannelSettings().load({"channel_id": 305999})
    assert {"token": "xyz"} == account.ChannelSecrets().load({"token": " Bearer xyz "})
    for wrong in ({"auth_mode": "body"}, {"lid_strategy": "guess"}, {"chanel_id": "1"}, {"channel_id": True}):
        with pytest.raises(ValidationError):
            account.ChannelSettings().load(wrong)
    with pytest.raises(ValidationError):
        account.ChannelSecrets().load({})


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"instanceId": CHANNEL, "messages": []}),
        json.dumps({"instanceId": f"instance{CHANNEL}"}),
        '{"instanceId"\n:\t"ABC000111222"}',
        "{}",
        "no JSON at all",
        json.dumps({"messages": [{"body": 'I said "instanceId": "EVIL"'}]}),
    ],
)
def test_bodies_of_our_channel_or_of_none_pass(body: str) -> None:
    """A text that speaks of a channel names none."""
    PROVIDER.guard(CONNECTION, hook(body.encode()))


def test_bodies_of_another_channel_are_refused() -> None:
    """As text or number; unless the operator says otherwise."""
    for body in (b'{"instanceId": "OTHER"}', b'{"instanceId":305999}', b'{"messages":[],"instanceId":"instance1"}'):
        with pytest.raises(Refused):
            PROVIDER.guard(CONNECTION, hook(body))
        PROVIDER.guard(with_settings(check_instance=False), hook(body))
    PROVIDER.guard(with_settings(channel_id="305999"), hook(b'{"instanceId":305999}'))
    with pytest.raises(Refused):
        PROVIDER.guard(with_settings(channel_id="a b"), hook(b"{}"))


def test_a_get_is_answered_and_a_challenge_only_to_our_word() -> None:
    """1msg documents no handshake; echoing anything to anybody would be a mirror for strangers."""
    challenge = HookRequest("GET", query="hub.mode=subscribe&hub.challenge=12345&hub.verify_token=word")
    secret = Connection("c", "onemsg", {}, {"token": "t", "verify_token": "word"})
    plain = PROVIDER.handshake(CONNECTION, challenge)
    assert plain is not None
    assert (200, b"ok") == (plain.status, plain.body)
    told = PROVIDER.handshake(secret, challenge)
    assert told is not None
    assert b"12345" == told.body
    other = PROVIDER.handshake(secret, HookRequest("GET", query="hub.challenge=12345&hub.verify_token=wörd"))
    assert other is not None
    assert b"ok" == other.body
    assert PROVIDER.handshake(secret, hook(b"{}")) is None
    assert 200 == PROVIDER.answer.status
