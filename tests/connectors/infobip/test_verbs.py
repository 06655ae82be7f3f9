"""The neutral verbs, and the catalogue that shows what stands behind them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.action import Call
from connectors.catalog import describe
from connectors.client import prepare
from connectors.errors import Unsupported
from connectors.infobip import PROVIDER, addresses
from connectors.infobip.paces import PACES
from connectors.schema import AnyReply, load
from tests.connectors.infobip.stage import connect

TO = {"to": "447700900123"}
WA = {**TO, "channel": "whatsapp", "via": "447860099777"}
FILE = {"kind": "image", "url": "https://f.example/a.jpg", "name": "a.jpg", "caption": "Look"}
SENDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "sms": ({**TO, "text": "hi", "channel": "sms"}, "send-sms-message", "sms:447700900123"),
    "no channel is sms": ({**TO, "text": "hi"}, "send-sms-message", "sms:447700900123"),
    "the channel in the address": (
        {"to": "whatsapp:447700900123", "text": "hi"},
        "send-whatsapp-text-message",
        "whatsapp:447700900123",
    ),
    "whatsapp": ({**WA, "text": "hi", "reply_to": "w"}, "send-whatsapp-text-message", "whatsapp:447700900123"),
    "image": ({**WA, "media": FILE}, "send-whatsapp-image-message", "whatsapp:447700900123"),
    "file": ({**WA, "media": {**FILE, "kind": "file"}}, "send-whatsapp-document-message", "whatsapp:447700900123"),
    "video": ({**WA, "media": {**FILE, "kind": "video"}}, "send-whatsapp-video-message", "whatsapp:447700900123"),
    "audio": (
        {**WA, "media": {"kind": "audio", "url": "https://f.example/a"}},
        "send-whatsapp-audio-message",
        "whatsapp:447700900123",
    ),
    "sticker": (
        {**WA, "media": {"kind": "sticker", "url": "https://f.example/a"}},
        "send-whatsapp-sticker-message",
        "whatsapp:447700900123",
    ),
    "location": (
        {**WA, "location": {"latitude": 1.0, "longitude": 2.0, "name": "HQ"}},
        "send-whatsapp-location-message",
        "whatsapp:447700900123",
    ),
    "contact": (
        {**WA, "contact": {"name": "Bo Li", "phone": "+447700900777"}},
        "send-whatsapp-contact-message",
        "whatsapp:447700900123",
    ),
    "template": (
        {**WA, "template": {"name": "order", "language": "en", "placeholders": ["a"]}},
        "send-whatsapp-template-message",
        "whatsapp:447700900123",
    ),
    "mms": ({**TO, "channel": "mms", "text": "look", "media": FILE}, "send-mms-message", "mms:447700900123"),
    "a user without a number": (
        {"to": "HR.8471203355", "channel": "whatsapp", "text": "hi"},
        "send-whatsapp-text-message",
        "whatsapp:HR.8471203355",
    ),
}


@pytest.mark.parametrize(("words", "key", "party"), SENDS.values(), ids=SENDS)
def test_send_is_an_action_that_can_be_prepared(words: dict[str, Any], key: str, party: str) -> None:
    """The words become an action whose input passes its schema and goes to the same conversation."""
    found, given = PROVIDER.verb("send", words)

    assert (key, party) == (found, PROVIDER.actions[found].party(given))
    ready = prepare(PROVIDER, PROVIDER.actions[found], Call(connect(), given, "ref-1"))
    body = json.loads(ready.request.content)
    if words.get("via"):
        one = body["messages"][0] if "messages" in body else body
        assert words["via"] == one["from"]
    if words.get("reply_to"):
        assert {"replyToMessageId": "w"} == body["context"]


def test_only_free_form_needs_the_window() -> None:
    """A template opens a conversation, everything else on WhatsApp needs an open one; SMS knows none."""
    for name, (words, _, _) in SENDS.items():
        key, given = PROVIDER.verb("send", words)
        free = key.startswith("send-whatsapp") and name != "template"
        assert free == PROVIDER.actions[key].needs_window(given)


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a file by sms": ("send", {**TO, "channel": "sms", "media": FILE}, "mms"),
    "a place by sms": ("send", {**TO, "location": {"latitude": 1}}, "whatsapp"),
    "a template by mms": ("send", {**TO, "channel": "mms", "template": {"name": "x"}}, "whatsapp"),
    "e-mail": ("send", {"to": "ann@customer.example", "text": "hi"}, "send-email"),
    "voice": ("send", {**TO, "channel": "voice", "text": "hi"}, "send-voice-message-tts"),
    "telegram": ("send", {**TO, "channel": "telegram", "text": "hi"}, "whatsapp"),
    "a caption on a sound": ("send", {**WA, "media": {**FILE, "kind": "audio"}}, "caption"),
    "an unheard kind": ("send", {**WA, "media": {**FILE, "kind": "hologram"}}, "file"),
    "a read mark by sms": ("mark_read", {**TO, "channel": "sms", "message": "m"}, "read marks"),
    "typing by sms": ("typing", {**TO, "channel": "sms", "on": True}, "typing"),
    "typing, taken back": ("typing", {**WA, "on": False}, "by itself"),
    "a reaction": ("react", {**WA, "message": "m", "emoji": "👍"}, "text"),
    "a reaction taken back": ("unreact", {**WA, "message": "m"}, "text"),
}


@pytest.mark.parametrize(("verb", "words", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_said_plainly(verb: str, words: dict[str, Any], told: str) -> None:
    """A sentence for the person who asked, with what to do instead."""
    with pytest.raises(Unsupported, match=told):
        PROVIDER.verb(verb, words)


def test_read_marks_and_typing() -> None:
    """Both go out from the number the message came to; without a channel they are WhatsApp's."""
    for words in (WA, {**WA, "channel": None}):
        key, given = PROVIDER.verb("mark_read", {**words, "message": "wamid.1"})
        ready = prepare(PROVIDER, PROVIDER.actions[key], Call(connect(), given, "r"))
        assert "/whatsapp/1/senders/447860099777/message/wamid.1/read" == ready.request.url.path
        assert b"" == ready.request.content
        key, given = PROVIDER.verb("typing", {**words, "on": True})
        ready = prepare(PROVIDER, PROVIDER.actions[key], Call(connect(), {**given, "message_id": "w"}, "r"))
        assert "/whatsapp/1/events" == ready.request.url.path


def test_typing_goes_out_without_a_message() -> None:
    """The verb's words know none."""
    key, given = PROVIDER.verb("typing", {**WA, "on": True})
    prepare(PROVIDER, PROVIDER.actions[key], Call(connect(), given, "r"))


@pytest.mark.parametrize("key", PROVIDER.actions)
def test_an_action_describes_itself(key: str) -> None:
    """Its example passes its schema and can be prepared; every field says what it is; the catalogue can show it."""
    action = PROVIDER.actions[key]
    load(action.request, action.example, provider="infobip", action=key)
    prepare(PROVIDER, action, Call(connect(), action.example, "ref-1"))
    told = describe(PROVIDER, action)
    json.dumps(told)
    assert set(told["inputSchema"].get("properties", {})) == set(action.request().fields)
    for schema in (action.request(), action.reply()):
        if not isinstance(schema, AnyReply):
            assert all(field.metadata.get("description") for field in schema.fields.values()), key
    assert action.pace in PACES or "default" not in PACES


ADDRESSES = {
    "+44 (7700) 900-123": "447700900123",
    "00447700900123": "447700900123",
    "44.7700.900.123": "447700900123",
    "447700900123": "447700900123",
    "AcmeShop": "AcmeShop",
    "HR.8471203355": "HR.8471203355",
    "12345": "12345",
    "ann@customer.example": "ann@customer.example",
    "١٢٣٤٥٦٧": "١٢٣٤٥٦٧",
}


@pytest.mark.parametrize(("given", "wire"), ADDRESSES.items())
def test_addresses_are_written_one_way(given: str, wire: str) -> None:
    """Numbers as digits, all else untouched; the key of a conversation is the same however it was written."""
    assert wire == addresses.plain(given)
    assert f"sms:{wire}" == addresses.key("sms", given) == addresses.key("sms", wire)
