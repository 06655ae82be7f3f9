"""WhatsApp as conversations."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.errors import InvalidCall, Rejected
from connectors.infobip import PROVIDER
from tests.connectors.conversation import REF, Conversation
from tests.connectors.infobip.stage import HOOK, connect
from tests.connectors.infobip.words import ENROUTE, PENDING, rejected

WHATSAPP_BASE = {
    "from": "447860099299",
    "to": "447700900123",
    "messageId": REF,
    "notifyUrl": f"{HOOK}/whatsapp",
}
FLAT = {"to": "447700900123", "messageCount": 1, "messageId": REF, "status": ENROUTE}


def whatsapp(key: str, path: str, given: dict[str, Any], content: dict[str, Any], **more: Any) -> Conversation:
    """One WhatsApp message and its content on the wire."""
    body = {**WHATSAPP_BASE, "content": content, **more}
    sends = {"method": "POST", "path": f"/whatsapp/1/message/{path}", "json": body}
    return Conversation(key, {"to": "447700900123", **given}, sends, (200, FLAT), parts=[("0", "accepted", REF)])


WHATSAPP = {
    "text": whatsapp(
        "send-whatsapp-text-message",
        "text",
        {"text": "Hello!", "reply_to": "wamid.1", "callback_data": "t=1"},
        {"text": "Hello!"},
        context={"replyToMessageId": "wamid.1"},
        callbackData="t=1",
    ),
    "text to a user without a number": Conversation(
        "send-whatsapp-text-message",
        {"to": "HR.8471203355", "text": "hi", "from": "+447860099299"},
        {
            "method": "POST",
            "path": "/whatsapp/1/message/text",
            "json": {**WHATSAPP_BASE, "to": "HR.8471203355", "content": {"text": "hi"}},
        },
        (200, {**FLAT, "to": "HR.8471203355"}),
    ),
    "a preview without a URL": Conversation(
        "send-whatsapp-text-message", {"to": "1", "text": "hi", "preview_url": True}, raises=InvalidCall
    ),
    "too long": Conversation("send-whatsapp-text-message", {"to": "1", "text": "x" * 4097}, raises=InvalidCall),
    "no sender": Conversation(
        "send-whatsapp-text-message", {"to": "1", "text": "x"}, settings={"whatsapp_sender": ""}, raises=InvalidCall
    ),
    "refused at once": Conversation(
        "send-whatsapp-text-message",
        {"to": "447700900123", "text": "hi"},
        {"method": "POST", "path": "/whatsapp/1/message/text", "json": {**WHATSAPP_BASE, "content": {"text": "hi"}}},
        (200, {**FLAT, "status": rejected(14, "REJECTED_DESTINATION_BLOCKLISTED")}),
        raises=Rejected,
        reason="blocked",
    ),
    "invalid": Conversation(
        "send-whatsapp-text-message",
        {"to": "447700900123", "text": "hi"},
        {"method": "POST", "path": "/whatsapp/1/message/text", "json": {**WHATSAPP_BASE, "content": {"text": "hi"}}},
        (
            400,
            {
                "requestError": {
                    "serviceException": {
                        "messageId": "BAD_REQUEST",
                        "text": "Bad request",
                        "validationErrors": {"content.text": ["size must be between 1 and 4096"]},
                    }
                }
            },
        ),
        raises=Rejected,
        code="BAD_REQUEST",
    ),
    "image": whatsapp(
        "send-whatsapp-image-message",
        "image",
        {"media_url": "https://f.example/a.jpg", "caption": "Look"},
        {"mediaUrl": "https://f.example/a.jpg", "caption": "Look"},
    ),
    "document": whatsapp(
        "send-whatsapp-document-message",
        "document",
        {"media_url": "https://f.example/a.pdf", "file_name": "a.pdf"},
        {"mediaUrl": "https://f.example/a.pdf", "filename": "a.pdf"},
    ),
    "audio": whatsapp(
        "send-whatsapp-audio-message",
        "audio",
        {"media_url": "https://f.example/a"},
        {"mediaUrl": "https://f.example/a"},
    ),
    "video": whatsapp(
        "send-whatsapp-video-message",
        "video",
        {"media_url": "https://f.example/v"},
        {"mediaUrl": "https://f.example/v"},
    ),
    "sticker": whatsapp(
        "send-whatsapp-sticker-message",
        "sticker",
        {"media_url": "https://f.example/s"},
        {"mediaUrl": "https://f.example/s"},
    ),
    "location": whatsapp(
        "send-whatsapp-location-message",
        "location",
        {"latitude": 51.5, "longitude": -0.12, "name": "HQ"},
        {"latitude": 51.5, "longitude": -0.12, "name": "HQ"},
    ),
    "contact": whatsapp(
        "send-whatsapp-contact-message",
        "contact",
        {"contacts": [{"name": "Bo Li", "phone": "+447700900777"}]},
        {"contacts": [{"name": {"firstName": "Bo", "formattedName": "Bo Li"}, "phones": [{"phone": "+447700900777"}]}]},
    ),
    "buttons": whatsapp(
        "send-whatsapp-interactive-buttons-message",
        "interactive/buttons",
        {"text": "Shall we?", "buttons": [{"id": "y", "title": "Yes"}], "footer": "now"},
        {
            "body": {"text": "Shall we?"},
            "action": {"buttons": [{"type": "REPLY", "id": "y", "title": "Yes"}]},
            "footer": {"text": "now"},
        },
    ),
    "list": whatsapp(
        "send-whatsapp-interactive-list-message",
        "interactive/list",
        {
            "text": "Which?",
            "button": "Choose",
            "sections": [{"rows": [{"id": "r", "title": "Blue"}]}],
            "header": {"type": "TEXT", "text": "Colours"},
        },
        {
            "body": {"text": "Which?"},
            "action": {"title": "Choose", "sections": [{"rows": [{"id": "r", "title": "Blue"}]}]},
            "header": {"type": "TEXT", "text": "Colours"},
        },
    ),
    "any interactive": whatsapp(
        "send-whatsapp-interactive-message",
        "interactive/location-request",
        {"kind": "location-request", "content": {"body": {"text": "Where?"}}},
        {"body": {"text": "Where?"}},
    ),
    "read mark": Conversation(
        "mark-whatsapp-message-as-read",
        {"message_id": "wamid.HBg/=="},
        {"method": "POST", "path": "/whatsapp/1/senders/447860099299/message/wamid.HBg%2F%3D%3D/read"},
        (204, None),
        returns={"done": True},
    ),
    "read mark, refused in a stray shape": Conversation(
        "mark-whatsapp-message-as-read",
        {"message_id": "w"},
        {"method": "POST", "path": "/whatsapp/1/senders/447860099299/message/w/read"},
        (400, {"error": "Message not found"}),
        raises=Rejected,
    ),
    "typing": Conversation(
        "send-whatsapp-typing-indicator",
        {"to": "447700900123", "message_id": "w"},
        {
            "method": "POST",
            "path": "/whatsapp/1/events",
            "json": {
                "events": [
                    {
                        "sender": "447860099299",
                        "destinations": [{"to": "447700900123"}],
                        "content": {"type": "TYPING_INDICATOR", "messageId": "w"},
                    }
                ]
            },
        },
        (200, {"bulkId": "b", "messages": [{"messageId": "x", "status": PENDING, "destination": "447700900123"}]}),
    ),
}

TEMPLATE = {
    "templateName": "order_shipped",
    "language": "en_GB",
    "templateData": {"body": {"placeholders": []}},
}
TEMPLATES = {
    "without placeholders": Conversation(
        "send-whatsapp-template-message",
        {"to": "447700900123", "template": "order_shipped", "language": "en_GB"},
        {
            "method": "POST",
            "path": "/whatsapp/1/message/template",
            "json": {"messages": [{**WHATSAPP_BASE, "content": TEMPLATE}]},
        },
        (200, {"messages": [FLAT]}),
        parts=[("0", "accepted", REF)],
    ),
    "the page's example": Conversation(
        "send-whatsapp-template-message",
        {
            "to": "447700900123",
            "template": "order_shipped",
            "language": "en_GB",
            "placeholders": ["Ann", "9001"],
            "header": {"type": "DOCUMENT", "media_url": "https://f.example/9001.pdf", "file_name": "i.pdf"},
            "buttons": [{"type": "QUICK_REPLY", "parameter": "yes-9001"}, {"type": "URL", "parameter": "9001"}],
            "sms_failover": {"from": "AcmeShop", "text": "Order 9001 shipped"},
            "bulk_id": "wab-1",
        },
        {
            "method": "POST",
            "path": "/whatsapp/1/message/template",
            "json": {
                "messages": [
                    {
                        **WHATSAPP_BASE,
                        "content": {
                            "templateName": "order_shipped",
                            "language": "en_GB",
                            "templateData": {
                                "body": {"placeholders": ["Ann", "9001"]},
                                "header": {
                                    "type": "DOCUMENT",
                                    "mediaUrl": "https://f.example/9001.pdf",
                                    "filename": "i.pdf",
                                },
                                "buttons": [
                                    {"type": "QUICK_REPLY", "parameter": "yes-9001"},
                                    {"type": "URL", "parameter": "9001"},
                                ],
                            },
                        },
                        "smsFailover": {"from": "AcmeShop", "text": "Order 9001 shipped"},
                    }
                ],
                "bulkId": "wab-1",
            },
        },
        (200, {"messages": [FLAT], "bulkId": "wab-1"}),
    ),
    "a newline in a placeholder": Conversation(
        "send-whatsapp-template-message",
        {"to": "1", "template": "a", "language": "en", "placeholders": ["a\nb"]},
        raises=InvalidCall,
    ),
    "five spaces in a placeholder": Conversation(
        "send-whatsapp-template-message",
        {"to": "1", "template": "a", "language": "en", "placeholders": ["a     b"]},
        raises=InvalidCall,
    ),
    "three URL buttons": Conversation(
        "send-whatsapp-template-message",
        {"to": "1", "template": "a", "language": "en", "buttons": [{"type": "URL", "parameter": "1"}] * 3},
        raises=InvalidCall,
    ),
    "a name with capitals": Conversation(
        "send-whatsapp-template-message", {"to": "1", "template": "Order", "language": "en"}, raises=InvalidCall
    ),
}
ALL = {**WHATSAPP, **{f"template: {name}": said for name, said in TEMPLATES.items()}}


@pytest.mark.parametrize("said", ALL.values(), ids=ALL)
def test_a_send_leaves_exactly_this_and_ends_like_that(said: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Each conversation leaves exactly the recorded request and ends as the table says."""
    said.check(PROVIDER, connect(), caplog)


def test_the_violations_reach_the_caller() -> None:
    """What Infobip finds wrong stands in the error's text, path by path."""
    problem: Any = WHATSAPP["invalid"].check(PROVIDER, connect())

    assert "content.text size must be between 1 and 4096" in problem.text


def test_tags_of_the_connection_go_on_every_message() -> None:
    """entity_id and application_id of the settings stand where the input names none."""
    tagged = connect({"entity_id": "tenant-1", "application_id": "app-1"})
    body = {**WHATSAPP_BASE, "entityId": "tenant-1", "applicationId": "app-1", "content": {"text": "hi"}}
    Conversation(
        "send-whatsapp-text-message",
        {"to": "447700900123", "text": "hi"},
        {"method": "POST", "path": "/whatsapp/1/message/text", "json": body},
        (200, FLAT),
    ).check(PROVIDER, tagged)
