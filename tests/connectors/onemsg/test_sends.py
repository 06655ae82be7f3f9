"""Conversations for what reaches a person: the exact request, the answer, what we made of it."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from connectors.errors import InvalidCall, OutcomeUnknown, Rejected, Throttled, Unreachable, Unsupported
from connectors.onemsg import PROVIDER
from tests.connectors.conversation import Conversation
from tests.connectors.onemsg.channel import ADA, BSUID, CHANNEL, CONNECTION, IN, OUT, TOKEN

JSON = {"content-type": "application/json; charset=utf-8"}
ACCEPTED = {
    "sent": True,
    "id": OUT,
    "message": f"Sent to {ADA}",
    "description": "Message has been sent to the provider",
}
SENT = {"message_id": OUT, "state": "accepted", "job_id": None}
PART: list[tuple[str, str, str | None]] = [("0", "accepted", OUT)]
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()
OPUS = base64.b64encode(b"OggS" + bytes(24) + b"OpusHead" + bytes(20)).decode()
NAMESPACE = "aaaaaaaa_bbbb_4ccc_8ddd_eeeeeeeeeeee"


def leaves(method: str, body: dict[str, Any]) -> dict[str, Any]:
    """What is on the wire for a POST."""
    return {
        "method": "POST",
        "path": f"/{CHANNEL}/{method}",
        "query": {"token": TOKEN},
        "json": body,
        "headers": JSON,
    }


def said(action: str, given: dict[str, Any], path: str, body: dict[str, Any], **settings: Any) -> Conversation:
    """A send that is accepted."""
    return Conversation(
        action,
        given,
        sends=leaves(path, body),
        answer=(200, ACCEPTED),
        returns=SENT,
        parts=None if action == "send-reaction" else PART,  # a reaction is no message
        settings=settings,
    )


def text(answer: Any, **expected: Any) -> Conversation:
    """A text, and what came of it."""
    sends = leaves("sendMessage", {"chatId": ADA, "body": "hi"})
    return Conversation("send-message", {"to": ADA, "text": "hi"}, sends=sends, answer=answer, **expected)


MESSAGE = {
    "as the page says it": said(
        "send-message",
        {"to": "15550100123@c.us", "text": "Hello 🌍", "reply_to": IN},
        "sendMessage",
        {"chatId": ADA, "body": "Hello 🌍", "quotedMsgId": IN},
    ),
    "to a number with all its decoration": said(
        "send-message", {"to": "+1 (555) 010-0123", "text": "hi"}, "sendMessage", {"chatId": ADA, "body": "hi"}
    ),
    "in the provider's own words": said(
        "send-message", {"phone": 15550100123, "body": "hi"}, "sendMessage", {"chatId": ADA, "body": "hi"}
    ),
    "to an integer phone": said(
        "send-message",
        {"to": ADA, "text": "hi"},
        "sendMessage",
        {"phone": 15550100123, "body": "hi"},
        phone_as_number=True,
    ),
    "to a hidden number": said(
        "send-message",
        {"to": f"{BSUID}@lid", "text": "hi"},
        "sendMessage",
        {"chatId": f"{BSUID}@lid", "body": "hi"},
    ),
    "to a hidden number, by bsuid": said(
        "send-message",
        {"to": f"{BSUID}@lid", "text": "hi"},
        "sendMessage",
        {"bsuid": BSUID, "body": "hi"},
        lid_strategy="bsuid",
    ),
    "to a hidden number, by phone": said(
        "send-message",
        {"bsuid": BSUID, "text": "hi"},
        "sendMessage",
        {"phone": BSUID, "body": "hi"},
        lid_strategy="phone",
    ),
    "to a username": said(
        "send-message", {"username": "@ada", "text": "hi"}, "sendMessage", {"username": "ada", "body": "hi"}
    ),
    "to a group": said(
        "send-message",
        {"to": "120363000000000000@g.us", "text": "hi"},
        "sendMessage",
        {"chatId": "120363000000000000@g.us", "body": "hi"},
    ),
    "with spaces collapsed": said(
        "send-message",
        {"to": ADA, "text": "a\t\tb      c\nd    e"},
        "sendMessage",
        {"chatId": ADA, "body": "a b c\nd    e"},
        collapse_whitespace=True,
    ),
    "with spaces as they are": said(
        "send-message", {"to": ADA, "text": "a\tb"}, "sendMessage", {"chatId": ADA, "body": "a\tb"}
    ),
    "answering an older id": said(
        "send-message",
        {"to": ADA, "text": "hi", "reply_to": "gBEGkY"},
        "sendMessage",
        {"chatId": ADA, "body": "hi", "quotedMsgId": "gBEGkY"},
        allow_legacy_ids=True,
    ),
    "to nobody": Conversation("send-message", {"text": "hi"}, raises=InvalidCall),
    "to no address": Conversation("send-message", {"to": "Ada", "text": "hi"}, raises=InvalidCall),
    "to two": Conversation("send-message", {"to": ADA, "phone": "15550100124", "text": "hi"}, raises=InvalidCall),
    "empty": Conversation("send-message", {"to": ADA, "text": ""}, raises=InvalidCall),
    "too long": Conversation("send-message", {"to": ADA, "text": "x" * 4097}, raises=InvalidCall),
    "too long and never cut": Conversation(
        "send-message", {"to": ADA, "text": "x" * 4097, "split": True}, raises=InvalidCall
    ),
    "quoting an older id": Conversation(
        "send-message", {"to": ADA, "text": "hi", "reply_to": "gBEGkY"}, raises=InvalidCall
    ),
    "with a word nobody knows": Conversation(
        "send-message", {"to": ADA, "text": "hi", "preview": True}, raises=InvalidCall
    ),
}
ANSWERS = {
    "sent in a text": text((200, {"sent": "true", "id": OUT}), returns=SENT, parts=PART),
    "201 is as good": text((201, ACCEPTED), returns=SENT),
    "sent without an id": text(
        (200, {"sent": True}),
        returns={**SENT, "message_id": None},
        parts=[("0", "accepted", None)],
    ),
    "an id without sent": text((200, {"id": OUT}), returns=SENT),
    "queued": text(
        (200, {"sent": False, "jobId": "job-000123", "message": "queued"}),
        returns={"message_id": None, "state": "queued", "job_id": "job-000123"},
        parts=[("0", "unknown", None)],
    ),
    "queued without a number": text(
        (200, {"sent": "false", "queued": True}),
        returns={"message_id": None, "state": "queued", "job_id": None},
        parts=[("0", "unknown", None)],
    ),
    "an empty job is no job": text((200, {"sent": False, "jobId": "", "message": "no"}), raises=Rejected),
    "refused in a 200": text((200, {"sent": False, "message": "wrong file"}), raises=Rejected, reason="media"),
    "refused with a code": text(
        (200, {"sent": False, "error": {"code": 131047, "message": "Re-engagement message"}}),
        raises=Rejected,
        reason="window_closed",
        code="131047",
    ),
    "refused without a word": text((200, {"sent": False}), raises=Rejected, reason="other"),
    "window closed in a 400": text(
        (400, {"message": "Dialog window is closed"}), raises=Rejected, reason="window_closed"
    ),
    "spaces dressed as a 500": text(
        (500, {"error": "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"}),
        raises=Rejected,
        reason="other",
    ),
    "throttled": text((429, {"error": "Too many requests"}), raises=Throttled, scope="connection"),
    "throttled, for how long": text((429, "slow down", {"retry-after": "7"}), raises=Throttled, after=7.0),
    "too much to one person": text(
        (429, {"error": {"code": 131056, "message": "pair rate limit"}}), raises=Throttled, scope="lane", code="131056"
    ),
    "too much to one person, in a 200": text(
        (200, {"sent": False, "error": {"code": 131056}}), raises=Throttled, scope="lane"
    ),
    "a server error": text((500, {"error": "oops"}), raises=OutcomeUnknown),
    "a gateway's 502": text((502, "<html>Bad gateway</html>"), raises=OutcomeUnknown),
    "a 503 in words of a limit": text((503, "rate limit"), raises=OutcomeUnknown),
    "a 504": text((504, None), raises=OutcomeUnknown),
    "silence": text(httpx.ReadTimeout("slow"), raises=OutcomeUnknown),
    "cut off": text(httpx.RemoteProtocolError("gone"), raises=OutcomeUnknown),
    "nobody there": text(httpx.ConnectError("refused"), raises=Unreachable),
    "no such method": text((404, "Not Found"), raises=Unsupported),
    "not on this deployment": text((501, {"error": "not implemented"}), raises=Unsupported),
    "blocked": text((403, "Your trial has expired"), raises=Rejected, reason="credit", code="403"),
    "a 200 that is no document": text((200, "OK"), raises=OutcomeUnknown),
    "a 200 without a word": text((200, None), raises=OutcomeUnknown),
    "sent perhaps": text((200, {"sent": "perhaps"}), raises=OutcomeUnknown),
    "sent elsewhere": text((302, None, {"location": "https://elsewhere.example.test"}), raises=OutcomeUnknown),
    "a success that is none": text((200, {"success": False, "message": "no"}), raises=Rejected),
    "an error beside nothing": text((200, {"error": "no"}), raises=Rejected),
    "an error further in": text((200, {"response": {"error": "no"}}), raises=Rejected),
}
REACTION = {
    "added": said(
        "send-reaction",
        {"to": ADA, "message_id": IN, "emoji": "👍"},
        "sendReaction",
        {"chatId": ADA, "quotedMsgId": IN, "body": "👍"},
    ),
    "taken away": said(
        "send-reaction",
        {"to": ADA, "message_id": IN, "emoji": ""},
        "sendReaction",
        {"chatId": ADA, "quotedMsgId": IN, "body": ""},
    ),
    "a keycap": said(
        "send-reaction",
        {"to": ADA, "message_id": IN, "emoji": "1️⃣"},
        "sendReaction",
        {"chatId": ADA, "quotedMsgId": IN, "body": "1️⃣"},
    ),
    "refused": Conversation(
        "send-reaction",
        {"to": ADA, "message_id": IN, "emoji": "👍"},
        sends=leaves("sendReaction", {"chatId": ADA, "quotedMsgId": IN, "body": "👍"}),
        answer=(200, {"sent": False, "message": "outside the allowed window"}),
        raises=Rejected,
        reason="window_closed",
    ),
    "a word": Conversation("send-reaction", {"to": ADA, "message_id": IN, "emoji": "ok"}, raises=InvalidCall),
    "to nothing": Conversation("send-reaction", {"to": ADA, "emoji": "👍"}, raises=InvalidCall),
}
BODY_PARAMS = [
    {"type": "body", "parameters": [{"type": "text", "text": "Ada"}, {"type": "text", "text": "42"}]},
]
TEMPLATE = {
    "with variables": said(
        "send-template-message",
        {"to": ADA, "template": "order_ready", "language": "en", "namespace": NAMESPACE, "variables": ["Ada", "42"]},
        "sendTemplate",
        {
            "chatId": ADA,
            "template": "order_ready",
            "namespace": NAMESPACE,
            "language": {"policy": "deterministic", "code": "en"},
            "params": BODY_PARAMS,
        },
    ),
    "with components, options and the connection's namespace": said(
        "send-template-message",
        {
            "to": ADA,
            "template": "look",
            "language": {"policy": "deterministic", "code": "pt_BR"},
            "params": [
                {"type": "header", "parameters": [{"type": "image", "image": {"id": "900000000000001"}}]},
                {
                    "type": "button",
                    "sub_type": "url",
                    "index": 1,
                    "parameters": [{"type": "text", "text": "42"}],
                },
            ],
            "marketing_lite": True,
            "click_tracking": False,
            "ttl": 43200,
            "reply_to": IN,
        },
        "sendTemplate",
        {
            "chatId": ADA,
            "template": "look",
            "namespace": NAMESPACE,
            "language": {"policy": "deterministic", "code": "pt_BR"},
            "params": [
                {"type": "header", "parameters": [{"type": "image", "image": {"id": "900000000000001"}}]},
                {
                    "type": "button",
                    "sub_type": "url",
                    "index": 1,
                    "parameters": [{"type": "text", "text": "42"}],
                },
            ],
            "useMMlite": True,
            "messageActivitySharing": False,
            "messageSendTtlSeconds": 43200,
            "quotedMsgId": IN,
        },
        namespace=NAMESPACE,
    ),
    "without a namespace, where the channel needs none": said(
        "send-template-message",
        {"to": ADA, "template": "hello", "language": "en"},
        "sendTemplate",
        {"chatId": ADA, "template": "hello", "language": {"policy": "deterministic", "code": "en"}},
        omit_namespace=True,
    ),
    "identity incomplete": Conversation(
        "send-template-message",
        {"to": ADA, "template": "hello", "language": "en", "namespace": "x"},
        sends=leaves(
            "sendTemplate",
            {
                "chatId": ADA,
                "template": "hello",
                "namespace": "x",
                "language": {"policy": "deterministic", "code": "en"},
            },
        ),
        answer=(400, {"message": "template is not defined"}),
        raises=Rejected,
        reason="template",
    ),
    "a tab in a variable": Conversation(
        "send-template-message",
        {"to": ADA, "template": "t", "language": "en", "namespace": "x", "variables": ["a\tb"]},
        raises=InvalidCall,
    ),
    "a line feed in a component": Conversation(
        "send-template-message",
        {
            "to": ADA,
            "template": "t",
            "language": "en",
            "namespace": "x",
            "params": [{"type": "body", "parameters": [{"type": "text", "text": "a\nb"}]}],
        },
        raises=InvalidCall,
    ),
    "filled twice": Conversation(
        "send-template-message",
        {"to": ADA, "template": "t", "language": "en", "namespace": "x", "variables": ["a"], "params": []},
        raises=InvalidCall,
    ),
    "no language": Conversation(
        "send-template-message",
        {"to": ADA, "template": "t", "language": {"policy": "fallback", "code": "en"}},
        raises=InvalidCall,
    ),
    "a button without its place": Conversation(
        "send-template-message",
        {"to": ADA, "template": "t", "language": "en", "namespace": "x", "params": [{"type": "button"}]},
        raises=InvalidCall,
    ),
    "a wait too short": Conversation(
        "send-template-message",
        {"to": ADA, "template": "t", "language": "en", "namespace": "x", "ttl": 5},
        raises=InvalidCall,
    ),
}
URL = "https://files.example.test/invoice-1001.pdf"


def file(given: dict[str, Any]) -> Conversation:
    """A file that may not leave."""
    return Conversation("send-file", {"to": ADA, **given}, raises=InvalidCall)


FILE = {
    "by address": said(
        "send-file",
        {"to": ADA, "media_url": URL, "file_name": "invoice-1001.pdf", "caption": "Invoice 1001"},
        "sendFile",
        {"chatId": ADA, "body": URL, "filename": "invoice-1001.pdf", "caption": "Invoice 1001"},
    ),
    "named by its address, which is encoded": said(
        "send-file",
        {"to": ADA, "media_url": "https://files.example.test/Überblick.pdf?x=%20"},
        "sendFile",
        {"chatId": ADA, "body": "https://files.example.test/%C3%9Cberblick.pdf?x=%20", "filename": "Überblick.pdf"},
    ),
    "uploaded before": said(
        "send-file",
        {"to": ADA, "media_id": "900000000000001", "kind": "image", "caption": "Look"},
        "sendFile",
        {"chatId": ADA, "mediaId": "900000000000001", "mediaType": "image", "caption": "Look"},
    ),
    "written out": said(
        "send-file",
        {"to": ADA, "media_url": f"data:image/png;base64,{PNG}"},
        "sendFile",
        {"chatId": ADA, "body": f"data:image/png;base64,{PNG}", "filename": "file.png"},
    ),
    "a voice note": said(
        "send-file",
        {"to": ADA, "media_url": f"data:audio/ogg;codecs=opus;base64,{OPUS}", "voice": True, "reply_to": IN},
        "sendFile",
        {
            "chatId": ADA,
            "body": f"data:audio/ogg;codecs=opus;base64,{OPUS}",
            "filename": "file.ogg",
            "voice": True,
            "quotedMsgId": IN,
        },
    ),
    "a caption with spaces collapsed": said(
        "send-file",
        {"to": ADA, "media_url": URL, "caption": "a\tb"},
        "sendFile",
        {"chatId": ADA, "body": URL, "filename": "invoice-1001.pdf", "caption": "a b"},
        collapse_whitespace=True,
    ),
    "their words for a caption on audio": Conversation(
        "send-file",
        {"to": ADA, "media_url": "https://files.example.test/download/1", "file_name": "x.bin", "caption": "hm"},
        sends=leaves(
            "sendFile",
            {"chatId": ADA, "body": "https://files.example.test/download/1", "filename": "x.bin", "caption": "hm"},
        ),
        answer=(200, {"sent": False, "error": 'Unexpected key "caption" on param "audio"'}),
        raises=Rejected,
        reason="other",
    ),
    "their media store failed": Conversation(
        "send-file",
        {"to": ADA, "media_url": URL},
        sends=leaves("sendFile", {"chatId": ADA, "body": URL, "filename": "invoice-1001.pdf"}),
        answer=(400, {"error": {"error_user_title": "Media upload error", "error_user_msg": "Weblink is 403"}}),
        raises=Rejected,
        reason="media",
    ),
    "nothing": file({}),
    "two files": file({"media_url": URL, "media_id": "1", "kind": "image"}),
    "an id without its kind": file({"media_id": "1"}),
    "an address without a name": file({"media_url": "https://files.example.test/"}),
    "no address": file({"media_url": "ftp://files.example.test/a.pdf"}),
    "a caption on audio": file({"media_url": "https://files.example.test/a.mp3", "caption": "hm"}),
    "a caption on a voice note": file({"media_id": "1", "kind": "audio", "caption": "hm"}),
    "a caption on a sticker": file({"media_url": "https://files.example.test/a.webp", "caption": "hm"}),
    "a caption too long": file({"media_url": URL, "caption": "x" * 1025}),
    "a voice that is no audio": file({"media_url": URL, "voice": True}),
    "a voice that is no opus": file(
        {"media_url": "data:audio/ogg;base64," + base64.b64encode(b"OggS" + bytes(40)).decode(), "voice": True}
    ),
    "a picture that is none": file(
        {"media_url": "data:image/png;base64," + base64.b64encode(b"<html>").decode()},
    ),
    "a picture that shall be a video": file({"media_url": f"data:image/png;base64,{PNG}", "kind": "video"}),
    "no base64": file({"media_url": "data:image/png;base64,???"}),
    "an empty file": file({"media_url": "data:image/png;base64,"}),
    "a picture too large": file(
        {"media_url": "data:image/jpeg;base64," + base64.b64encode(b"\xff\xd8\xff" + bytes(5 * 1024 * 1024)).decode()}
    ),
}
CARD = {
    "name": {"formatted_name": "Grace Example", "first_name": "Grace", "last_name": "Example"},
    "phones": [{"phone": "+15550100777", "type": "CELL", "wa_id": "15550100777"}],
    "org": {"company": "Example Ltd"},
}
CONTACT = {
    "as the page says it": said(
        "send-contact",
        {"to": ADA, "contacts": [{**CARD, "birthday": "1990-05-17"}]},
        "sendContact",
        {"chatId": ADA, "contacts": [{**CARD, "birthday": "1990-05-17"}]},
    ),
    "a name alone": said(
        "send-contact",
        {"to": ADA, "contacts": [{"name": {"formatted_name": "Grace Example"}, "emails": [], "org": {"title": ""}}]},
        "sendContact",
        {"chatId": ADA, "contacts": [{"name": {"formatted_name": "Grace Example", "first_name": "Grace"}}]},
    ),
    "the short form": said(
        "send-contact",
        {
            "to": ADA,
            "contact": {
                "name": "Grace Example",
                "phone": "+1 555 010 0777",
                "email": "g@example.test",
                "org": "Example Ltd",
                "url": "https://example.test",
            },
        },
        "sendContact",
        {
            "chatId": ADA,
            "contacts": [
                {
                    "name": {"formatted_name": "Grace Example", "first_name": "Grace"},
                    "phones": CARD["phones"],
                    "emails": [{"email": "g@example.test"}],
                    "org": {"company": "Example Ltd"},
                    "urls": [{"url": "https://example.test"}],
                }
            ],
        },
    ),
    "refused": Conversation(
        "send-contact",
        {"to": ADA, "contacts": [CARD]},
        sends=leaves("sendContact", {"chatId": ADA, "contacts": [CARD]}),
        answer=(200, {"sent": False, "message": "Invalid parameter"}),
        raises=Rejected,
    ),
    "camelCase is silently useless": Conversation(
        "send-contact", {"to": ADA, "contacts": [{"name": {"formattedName": "Grace"}}]}, raises=InvalidCall
    ),
    "no cards": Conversation("send-contact", {"to": ADA, "contacts": []}, raises=InvalidCall),
}
LOCATION = {
    "as the page says it": said(
        "send-location",
        {"to": ADA, "latitude": 40.0001, "longitude": -74.0002, "name": "Pickup point", "address": "1 Test Street"},
        "sendLocation",
        {"chatId": ADA, "lat": "40.0001", "lng": "-74.0002", "name": "Pickup point", "address": "1 Test Street"},
    ),
    "without an exponent": said(
        "send-location",
        {"to": ADA, "lat": "0.0000001", "lng": 0},
        "sendLocation",
        {"chatId": ADA, "lat": "0.0000001", "lng": "0.0"},
    ),
    "with a name that is needed": said(
        "send-location",
        {"to": ADA, "latitude": 1.5, "longitude": 2},
        "sendLocation",
        {"chatId": ADA, "lat": "1.5", "lng": "2.0", "name": "1.5, 2.0"},
        location_name_required=True,
    ),
    "refused": Conversation(
        "send-location",
        {"to": ADA, "latitude": 1, "longitude": 2},
        sends=leaves("sendLocation", {"chatId": ADA, "lat": "1.0", "lng": "2.0"}),
        answer=(400, {"error": "lat is required"}),
        raises=Rejected,
        code="400",
    ),
    "off the map": Conversation("send-location", {"to": ADA, "latitude": 91, "longitude": 0}, raises=InvalidCall),
    "nowhere": Conversation("send-location", {"to": ADA, "latitude": "NaN", "longitude": 0}, raises=InvalidCall),
}
READ = {
    "read": Conversation(
        "mark-message-as-read",
        {"message_id": IN},
        sends=leaves("readMessage", {"messageId": IN}),
        answer=(200, {"result": "success"}),
        returns={"done": True},
    ),
    "read and typing, in their words, to somebody": Conversation(
        "mark-message-as-read",
        {"msgId": IN, "typingIndicator": True, "chatId": ADA},
        sends=leaves("readMessage", {"messageId": IN, "typingIndicator": True}),
        answer=(200, {"result": "success"}),
        returns={"done": True},
    ),
    "not read": Conversation(
        "mark-message-as-read",
        {"message_id": IN},
        sends=leaves("readMessage", {"messageId": IN}),
        answer=(200, {"result": "error", "message": "unknown message"}),
        raises=Rejected,
    ),
    "an error beside a result": Conversation(
        "mark-message-as-read",
        {"message_id": IN},
        sends=leaves("readMessage", {"messageId": IN}),
        answer=(200, {"result": "success", "error": "unknown message"}),
        raises=Rejected,
    ),
    "a server error": Conversation(
        "mark-message-as-read",
        {"message_id": IN},
        sends=leaves("readMessage", {"messageId": IN}),
        answer=(500, None),
        raises=OutcomeUnknown,
    ),
    "nothing to read": Conversation("mark-message-as-read", {}, raises=InvalidCall),
}
ALL = {
    f"{name}: {circumstance}": one
    for name, group in {
        "message": MESSAGE,
        "answer": ANSWERS,
        "reaction": REACTION,
        "template": TEMPLATE,
        "file": FILE,
        "contact": CONTACT,
        "location": LOCATION,
        "read": READ,
    }.items()
    for circumstance, one in group.items()
}


@pytest.mark.parametrize("one", ALL.values(), ids=ALL)
def test_sends(one: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Each conversation leaves exactly the recorded request and ends as the table says, without a secret in a log."""
    one.check(PROVIDER, CONNECTION, caplog)


def test_a_template_without_a_namespace_is_looked_for_first(caplog: pytest.LogCaptureFixture) -> None:
    """The harness answers one request: it is the question for the templates, and nothing is sent without an answer."""
    one = Conversation(
        "send-template-message",
        {"to": ADA, "template": "hello", "language": "en"},
        sends={
            "method": "GET",
            "path": f"/{CHANNEL}/templates",
            "query": {"limit": "100", "offset": "0", "token": TOKEN},
        },
        answer=(200, {"total": 0, "templates": []}),
        raises=InvalidCall,
        reason="template",
    )
    one.check(PROVIDER, CONNECTION, caplog)


def test_every_send_is_told_in_the_table() -> None:
    """A send without a conversation would be a send nobody tried."""
    sends = {key for key, action in PROVIDER.actions.items() if action.nature in {"send", "react", "read"}}
    assert sends <= {one.action for one in ALL.values()}
