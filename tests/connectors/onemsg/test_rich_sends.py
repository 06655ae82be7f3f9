"""Conversations for templates, files, contact cards and places."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from connectors.errors import InvalidCall, Rejected
from connectors.onemsg import PROVIDER
from tests.connectors.conversation import Conversation
from tests.connectors.onemsg.channel import ADA, CHANNEL, CONNECTION, IN, TOKEN
from tests.connectors.onemsg.wire import leaves, said

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()
OPUS = base64.b64encode(b"OggS" + bytes(24) + b"OpusHead" + bytes(20)).decode()
NAMESPACE = "aaaaaaaa_bbbb_4ccc_8ddd_eeeeeeeeeeee"
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
ALL = {
    f"{name}: {circumstance}": one
    for name, group in {"template": TEMPLATE, "file": FILE, "contact": CONTACT, "location": LOCATION}.items()
    for circumstance, one in group.items()
}


@pytest.mark.parametrize("one", ALL.values(), ids=ALL)
def test_rich_sends(one: Conversation, caplog: pytest.LogCaptureFixture) -> None:
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
