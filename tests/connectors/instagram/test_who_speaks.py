"""The GET handshake and the signature of Meta's webhooks, on the page's worked values (§4.1, §4.2)."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from connectors import samples
from connectors.connection import Connection
from connectors.errors import Refused
from connectors.guards import HookRequest
from connectors.instagram import PROVIDER
from connectors.provider import Stamp
from tests.connectors.instagram.accounts import APP_SECRET, BOTH, FACEBOOK, INSTAGRAM, VERIFY

BODY = (
    rb'{"object":"instagram","entry":[{"time":1767225600123,"id":"17841400000000001","messaging":[{"sender":'
    rb'{"id":"900000000000001"},"recipient":{"id":"17841400000000001"},"timestamp":1767225599876,"message":'
    rb'{"mid":"aWdfTUlEXzAwMDE","text":"Ol\u00e1 \ud83d\udc4b https:\/\/shop.example\/x"}}]}]}'
)
BY_APP = "sha256=a0a311c68086e66df9880223c8a1cab3e964080724ee98c140adf7d8c03851de"
BY_IG_APP = "sha256=957f06d14c6572e530417fcf8e9587cc7467938fc3050b6c288f4ab91493bbf4"
LEGACY = "sha1=099141a76f9893a21ea2b94a5f01889d9af9a7a9"


def signed(header: str | None, body: bytes = BODY) -> HookRequest:
    """A POST with this signature."""
    headers = {"content-type": "application/json", **({} if header is None else {"x-hub-signature-256": header})}
    return HookRequest("POST", "", "", headers, body)


@pytest.mark.parametrize("header", [BY_APP, BY_IG_APP, "sha256=" + BY_APP[7:].upper()])
def test_either_secret_may_sign(header: str) -> None:
    """The page's 288 bytes pass under the Meta app's secret and under the Instagram app's, in either case of hex."""
    assert 288 == len(BODY)
    PROVIDER.guard(INSTAGRAM, signed(header))

    assert ["Olá 👋 https://shop.example/x"] == [
        fact.message and fact.message.text for fact in PROVIDER.parse(signed(header))
    ]


def test_one_secret_is_enough() -> None:
    """A connection that knows only the Meta app's secret takes what that signed, and nothing else."""
    PROVIDER.guard(FACEBOOK, signed(BY_APP))
    with pytest.raises(Refused):
        PROVIDER.guard(FACEBOOK, signed(BY_IG_APP))


def _again(*, ascii_only: bool) -> bytes:
    return json.dumps(json.loads(BODY), ensure_ascii=ascii_only, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (None, BODY),
        ("", BODY),
        (BY_APP[7:], BODY),
        (LEGACY, BODY),
        ("sha256=" + "0" * 64, BODY),
        ("sha256=", BODY),
        ("sha256=é" + BY_APP[8:], BODY),
        (BY_APP[:-1], BODY),
        (BY_APP, BODY + b"\n"),
        (BY_APP, BODY.replace(b"Ol", b"ol")),
        (BY_APP, _again(ascii_only=True)),
        (BY_APP, _again(ascii_only=False)),
    ],
    ids=[
        "missing", "empty", "no prefix", "legacy", "zeros", "prefix alone", "not ASCII", "short", "newline", "changed",
        "re-serialised", "re-serialised as UTF-8",
    ],
)  # fmt: skip
def test_anything_else_is_refused(header: str | None, body: bytes) -> None:
    """The bytes as they came, the whole of them, and a whole signature; the refusal does not tell the right one."""
    with pytest.raises(Refused) as refusal:
        PROVIDER.guard(INSTAGRAM, signed(header, body))

    assert BY_APP[7:20] not in str(refusal.value)
    assert APP_SECRET not in str(refusal.value)


def test_the_pages_wrong_signatures_are_those_of_changed_bytes() -> None:
    """Parse and dump changes the bytes, and with them the signature: the page's two examples of it."""
    wrong = [
        hmac.new(APP_SECRET.encode(), _again(ascii_only=kept), hashlib.sha256).hexdigest() for kept in (True, False)
    ]

    assert [285, 273] == [len(_again(ascii_only=kept)) for kept in (True, False)]
    assert "6c90c8cef0296b7dc50f7f94c2c747b6ec69d188fa7c3fd8774b5f3a45688f07" == wrong[0]
    assert "b399d213bc840fd07d737197832d95365b3cdaf9346311af08cf3efb1d93e400" == wrong[1]


def test_without_a_secret_nobody_is_believed() -> None:
    """Fail closed: a connection without an app secret refuses every POST, also one signed with an empty key."""
    nothing = replace(INSTAGRAM, secrets={"access_token": "IGAAtesttoken0001", "app_secret": ""})
    empty = "sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    with pytest.raises(Refused):
        PROVIDER.guard(nothing, signed(empty))


@pytest.mark.parametrize("connection", BOTH.values(), ids=BOTH)
def test_samples_are_signed_as_the_guard_wants(connection: Connection) -> None:
    """What `ferry trigger` sends passes the guard, and no longer passes once a byte is changed."""
    for sample in PROVIDER.samples.values():
        request = samples.make(PROVIDER, sample, connection, Stamp("s1", 1767225600))
        if request.method == "GET":
            continue
        PROVIDER.guard(connection, request)
        with pytest.raises(Refused):
            PROVIDER.guard(connection, replace(request, body=request.body + b" "))


def shake(**words: str) -> HookRequest:
    """A GET with hub.… words."""
    return HookRequest("GET", "", urlencode({name.replace("_", ".", 1): value for name, value in words.items()}))


def test_the_handshake_gives_the_challenge_back() -> None:
    """As text, exactly as it came: leading zeros and all."""
    answer = PROVIDER.handshake(INSTAGRAM, shake(hub_mode="subscribe", hub_challenge="0012E5", hub_verify_token=VERIFY))

    assert answer is not None
    assert (200, b"0012E5", True) == (answer.status, answer.body, answer.content_type.startswith("text/plain"))


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"hub_mode": "subscribe", "hub_challenge": "1", "hub_verify_token": "other"}, 403),
        ({"hub_mode": "subscribe", "hub_challenge": "1", "hub_verify_token": ""}, 403),
        ({"hub_mode": "subscribe", "hub_challenge": "1"}, 403),
        ({"hub_mode": "unsubscribe", "hub_challenge": "1", "hub_verify_token": VERIFY}, 403),
        ({"hub_challenge": "1", "hub_verify_token": VERIFY}, 400),
        ({"hub_mode": "subscribe", "hub_verify_token": VERIFY}, 400),
        ({"hub_mode": "subscribe", "hub_challenge": "<b>é</b>", "hub_verify_token": VERIFY}, 400),
        ({"hub_mode": "subscribe", "hub_challenge": "1" * 257, "hub_verify_token": VERIFY}, 400),
        ({"hub_mode": "subscribe", "hub_challenge": "1\r\nx: y", "hub_verify_token": VERIFY}, 400),
        ({}, 400),
    ],
)
def test_a_handshake_that_is_not_ours_gets_nothing(words: dict[str, str], status: int) -> None:
    """403 for a wrong token, 400 for a question that is none; the challenge and the token never come back."""
    answer = PROVIDER.handshake(INSTAGRAM, shake(**words))

    assert answer is not None
    assert status == answer.status
    assert words.get("hub_challenge", "<none>").encode() not in answer.body
    assert VERIFY.encode() not in answer.body


def test_without_a_verify_token_no_handshake_succeeds() -> None:
    """There is no built-in token to fall back to."""
    nothing = replace(INSTAGRAM, secrets={"app_secret": APP_SECRET})
    answer = PROVIDER.handshake(nothing, shake(hub_mode="subscribe", hub_challenge="1", hub_verify_token=""))

    assert answer is not None
    assert 403 == answer.status


def test_a_post_is_no_handshake() -> None:
    """Only a GET is answered at once; a POST goes on to the guard."""
    assert PROVIDER.handshake(INSTAGRAM, signed(BY_APP)) is None
