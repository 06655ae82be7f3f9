"""The stand-in is as strict as the page says the provider is."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors.onemsg import PROVIDER
from connectors.onemsg.simulated_bodies import NAMESPACE
from connectors.onemsg.simulator import OneMsg
from tests.connectors.onemsg.channel import ADA, OUT

BASE = "http://127.0.0.1/ABC000111222"
SETTINGS, SECRETS = PROVIDER.simulated("http://127.0.0.1")
TOKEN = SECRETS["token"]


@pytest.fixture
def channel() -> OneMsg:
    """A fresh one, called without a socket."""
    made: OneMsg = PROVIDER.simulator(SETTINGS, SECRETS, None)
    return made


def post(channel: OneMsg, method: str, body: Any, **query: str) -> tuple[int, Any]:
    """(status, answer) of a POST with the right token."""
    params = {"token": TOKEN, **query}
    told = channel(httpx.Request("POST", f"{BASE}/{method}", params=params, json=body))
    return told.status_code, told.json() if "json" in told.headers.get("content-type", "") else told.text


@pytest.mark.parametrize(
    ("url", "headers", "body", "status"),
    [
        (f"{BASE}/status?token={TOKEN}", {}, None, 200),
        (f"{BASE}/status", {"authorization": f"Bearer {TOKEN}"}, None, 200),
        (f"{BASE}/status?token=wrong", {"authorization": f"Bearer {TOKEN}"}, None, 401),
        (f"{BASE}/status", {}, None, 401),
        (f"{BASE}/status", {"authorization": f"Basic {TOKEN}"}, None, 401),
        (f"http://127.0.0.1/OTHER/status?token={TOKEN}", {}, None, 401),
        (f"http://127.0.0.1/instanceABC000111222/status?token={TOKEN}", {}, None, 200),
        (f"{BASE}/Status?token={TOKEN}", {}, None, 404),
        (f"{BASE}/sendPTT?token={TOKEN}", {}, {}, 404),
        (f"{BASE}/readMessage", {}, {"token": TOKEN, "messageId": "x"}, 200),
        (f"{BASE}/readMessage", {"authorization": f"Bearer {TOKEN}"}, {"token": "wrong", "messageId": "x"}, 401),
    ],
)
def test_who_may_ask(channel: OneMsg, url: str, headers: dict[str, str], body: Any, status: int) -> None:
    """A token in the query or the body wins over the header; methods are case-sensitive; a 401 quotes the token."""
    request = httpx.Request("GET" if body is None else "POST", url, headers=headers, json=body)
    answer = channel(request)
    assert status == answer.status_code
    if status == 401:
        assert answer.json()["error"].startswith('Wrong token "')
    assert TOKEN not in json.dumps([{**one, "body": None, "answer": None} for one in channel.requests()])


BAD: list[tuple[str, Any, int]] = [
    ("sendMessage", {"body": "hi"}, 400),
    ("sendMessage", {"phone": "15550100123", "chatId": ADA, "body": "hi"}, 400),
    ("sendMessage", {"chatId": ADA}, 400),
    ("sendMessage", {"chatId": ADA, "body": "x" * 4097}, 400),
    ("sendMessage", {"chatId": ADA, "body": "a\tb"}, 500),
    ("sendMessage", {"chatId": ADA, "body": "a     b"}, 500),
    ("sendMessage", {"chatId": "Ada", "body": "hi"}, 200),
    ("sendMessage", {"chatId": 15550100123, "body": "hi"}, 200),
    ("sendMessage", {"phone": "+15550100123", "body": "hi"}, 200),
    ("sendMessage", {"phone": 5, "body": "hi"}, 200),
    ("sendMessage", {"phone": 1.5, "body": "hi"}, 200),
    ("sendMessage", {"username": "nobody", "body": "hi"}, 200),
    ("sendMessage", {"chatId": ADA, "body": "hi", "quotedMsgId": "gBEG"}, 200),
    ("sendMessage", ["no object"], 400),
    ("sendReaction", {"chatId": ADA, "quotedMsgId": OUT}, 200),
    ("sendTemplate", {"chatId": ADA, "template": "hello", "language": {"code": "en"}}, 400),
    ("sendTemplate", {"chatId": ADA, "template": "hello", "language": "en", "namespace": "x"}, 400),
    ("sendContact", {"chatId": ADA}, 400),
    ("sendContact", {"chatId": ADA, "contacts": [{"name": {"formattedName": "x"}}]}, 200),
    ("sendContact", {"chatId": ADA, "contacts": [{"name": {"formatted_name": "x"}}]}, 200),
    ("sendContact", {"chatId": ADA, "contacts": [{"name": {"formatted_name": "x", "firstName": "x"}}]}, 200),
    ("sendLocation", {"chatId": ADA, "lat": 1.5, "lng": "2"}, 200),
    ("sendLocation", {"chatId": ADA, "lat": "1e1", "lng": "2"}, 200),
    ("sendLocation", {"chatId": ADA, "lat": "91", "lng": "2"}, 200),
    ("sendLocation", {"chatId": ADA, "lng": "2"}, 400),
    ("sendFile", {"chatId": ADA, "body": "https://a.test/x.pdf"}, 400),
    ("sendFile", {"chatId": ADA, "body": "no file", "filename": "x"}, 200),
    ("sendFile", {"chatId": ADA, "mediaId": "1"}, 400),
    ("sendFile", {"chatId": ADA, "mediaId": "1", "mediaType": "image"}, 200),
    ("sendFile", {"chatId": ADA, "body": "https://a.test/x.mp3", "filename": "x.mp3", "caption": "no"}, 200),
    ("sendFile", {"chatId": ADA, "body": "https://a.test/x.pdf", "filename": "x.pdf", "mediaType": "sticker"}, 200),
    ("uploadMedia", {"body": "multipart?"}, 200),
    ("uploadMedia", {}, 400),
    ("readMessage", {}, 400),
    ("webhook", {"webhookUrl": ""}, 400),
    ("webhook", {"webhookUrl": [f"https://a.test/{number}" for number in range(6)]}, 400),
    ("me", {"phone": "15550100999"}, 422),
    ("webhook", {"webhookUrl": "ftp://a.test"}, 400),
    ("me", {"description": "x" * 257}, 400),
    ("me", {"about": ""}, 400),
    ("me", {"about": "x" * 140}, 400),
    ("me", {"websites": ["https://a.test", "https://b.test", "https://c.test"]}, 400),
    ("me", {"websites": "https://a.test"}, 400),
]


@pytest.mark.parametrize(("method", "body", "status"), BAD)
def test_what_it_refuses(channel: OneMsg, method: str, body: Any, status: int) -> None:
    """In a 200 with `sent: false` or in a 4xx, and our judge hears a refusal in each."""
    found, told = post(channel, method, body)
    assert status == found
    if status == 200:
        assert told["sent"] is False
        assert "jobId" not in told
    assert not channel.channel.history
    assert not channel.sent


def test_reading_our_own_message_is_refused(channel: OneMsg) -> None:
    """Only inbound ones can be marked."""
    _, sent = post(channel, "sendMessage", {"chatId": ADA, "body": "hi"})
    assert 400 == post(channel, "readMessage", {"messageId": sent["id"]})[0]


def test_reading_what_nobody_wrote_is_refused_on_request(channel: OneMsg) -> None:
    """An id the channel has not heard of passes unless `strict_read` is on; one it has, always."""
    assert 200 == post(channel, "readMessage", {"messageId": "wamid.nobody"})[0]
    channel(httpx.Request("PUT", "http://127.0.0.1/_sim/channel", json={"strict_read": True}))
    channel(httpx.Request("POST", "http://127.0.0.1/_sim/fire", json={"kind": "message"}))
    heard = channel.channel.history[0]["id"]

    assert 400 == post(channel, "readMessage", {"messageId": "wamid.nobody"})[0]
    assert 200 == post(channel, "readMessage", {"messageId": heard})[0]


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a     b"])
def test_texts_a_template_cannot_hold(channel: OneMsg, text: str) -> None:
    """A permanent mistake that comes as a 500, as the real one's does."""
    body = {"type": "body", "parameters": [{"type": "text", "text": text}, {"type": "text", "text": "42"}]}
    given = {"template": "order_ready", "language": {"policy": "deterministic", "code": "en"}, "params": [body]}
    found, told = post(channel, "sendTemplate", {"chatId": ADA, "namespace": NAMESPACE, **given})
    assert (500, True) == (found, "consecutive spaces" in told["error"])


def test_a_month_that_is_none(channel: OneMsg) -> None:
    """mm.YYYY and nothing else."""
    url = f"{BASE}/statistics?token={TOKEN}"
    asked = [channel(httpx.Request("GET", f"{url}&date={date}")).status_code for date in ("03.2026", "13.2026", "3.26")]
    assert [200, 400, 400] == asked


def test_a_form_is_taken_too(channel: OneMsg) -> None:
    """Flat bodies may come as one (§1.4)."""
    request = httpx.Request("POST", f"{BASE}/sendMessage?token={TOKEN}", data={"phone": "15550100123", "body": "hi"})
    assert channel(request).json()["sent"] is True


def test_a_list_of_webhooks_is_replaced_whole(channel: OneMsg) -> None:
    """As the real one does; `set` says whether it changed."""
    assert (200, {"set": True, "message": "https://a.test"}) == post(
        channel, "webhook", {"webhookUrl": "https://a.test"}
    )
    assert post(channel, "webhook", {"webhookUrl": "https://a.test"})[1]["set"] is False
    post(channel, "webhook", {"webhookUrl": ["https://b.test", "https://c.test"]})
    assert ["https://b.test", "https://c.test"] == channel.channel.stored["webhookUrl"]
    post(channel, "settings", {"webhookUrl": ""})
    assert [] == channel.channel.stored["webhookUrl"]


def test_each_address_gets_its_own_copy(channel: OneMsg) -> None:
    """And a test's own address beside them."""
    post(channel, "webhook", {"webhookUrl": ["https://b.test", "https://c.test"]})
    channel(httpx.Request("PUT", "http://127.0.0.1/_sim/webhook", json={"url": "https://d.test"}))
    channel(httpx.Request("POST", "http://127.0.0.1/_sim/fire", json={"kind": "message"}))
    assert 3 == len(channel.sent)


def test_forgetting(channel: OneMsg) -> None:
    """Messages and media go, webhooks and settings stay."""
    post(channel, "webhook", {"webhookUrl": "https://a.test"})
    post(channel, "sendMessage", {"chatId": ADA, "body": "hi"})
    channel(httpx.Request("DELETE", "http://127.0.0.1/_sim"))
    assert ([], []) == (channel.channel.history, channel.requests())
    assert ["https://a.test"] == channel.channel.stored["webhookUrl"]


@pytest.mark.parametrize(("kind", "begins"), [("raw-image", b"\xff\xd8\xff"), ("raw-voice", b"OggS")])
def test_the_file_of_a_raw_sample_can_be_fetched(channel: OneMsg, kind: str, begins: bytes) -> None:
    """Its id leads to an address of the stand-in's own, as the real one's leads to a storage."""
    channel(httpx.Request("POST", "http://127.0.0.1/_sim/fire", json={"kind": kind}))
    value = json.loads(channel.sent[0].body)["entry"][0]["changes"][0]["value"]["messages"][0]
    asked = f"{BASE}/retrieveMedia?token={TOKEN}&mediaId={value[value['type']]['id']}"
    url = channel(httpx.Request("GET", asked)).json()["url"]
    assert channel(httpx.Request("GET", url)).content.startswith(begins)
