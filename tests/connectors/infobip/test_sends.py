"""Sends as conversations: what we were asked, what left, what came back, what we made of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors.errors import InvalidCall, OutcomeUnknown, Rejected, Throttled, Unreachable
from connectors.infobip import PROVIDER
from tests.connectors.conversation import REF, Conversation
from tests.connectors.infobip.stage import HOOK, KEY, connect

PENDING = {"groupId": 1, "groupName": "PENDING", "id": 26, "name": "PENDING_ACCEPTED", "description": "sent on"}
ENROUTE = {"groupId": 1, "groupName": "PENDING", "id": 7, "name": "PENDING_ENROUTE", "description": "sent on"}


def rejected(number: int, name: str) -> dict[str, Any]:
    """A refused status."""
    return {"groupId": 5, "groupName": "REJECTED", "id": number, "name": name, "description": "no"}


def answer(status: dict[str, Any], message_id: str = REF, to: str = "447700900123") -> dict[str, Any]:
    """An answer of SMS v3 with one message."""
    return {"messages": [{"messageId": message_id, "destination": to, "status": status}]}


def sms(**more: Any) -> dict[str, Any]:
    """The smallest request of ours on the wire, with what differs."""
    message = {
        "sender": "AcmeShop",
        "destinations": [{"to": "447700900123", "messageId": REF}],
        "content": {"text": "hi"},
        "webhooks": {"delivery": {"url": f"{HOOK}/sms"}, "contentType": "application/json"},
    }
    return {"messages": [{**message, **more}]}


POST_SMS = {
    "method": "POST",
    "path": "/sms/3/messages",
    "headers": {"authorization": f"App {KEY}", "accept": "application/json"},
}
GIVEN = {"to": "+44 (7700) 900-123", "text": "hi"}


def refused_as(status: dict[str, Any], **more: Any) -> Conversation:
    """One SMS, refused inside a 200."""
    return Conversation("send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, (200, answer(status)), **more)


SMS = {
    "accepted": Conversation(
        "send-sms-message",
        GIVEN,
        {**POST_SMS, "json": sms()},
        (200, {"bulkId": "b", "messages": answer(PENDING)["messages"]}),
        parts=[("0", "accepted", REF)],
    ),
    "two recipients, one refused": Conversation(
        "send-sms-message",
        {"to": ["447700900123", {"to": "00447700900124", "own_id": "mine"}], "text": "hi"},
        {
            **POST_SMS,
            "json": sms(
                destinations=[
                    {"to": "447700900123", "messageId": f"{REF}-0"},
                    {"to": "447700900124", "messageId": "mine"},
                ]
            ),
        },
        (
            200,
            {
                "messages": [
                    {"messageId": f"{REF}-0", "destination": "447700900123", "status": PENDING},
                    {"messageId": "mine", "destination": "447700900124", "status": rejected(12, "REJECTED_NOT_ENOUGH")},
                ]
            },
        ),
        parts=[("0", "accepted", f"{REF}-0"), ("1", "failed", "mine")],
    ),
    "no credits": refused_as(rejected(12, "REJECTED_NOT_ENOUGH_CREDITS"), raises=Rejected, reason="credit", code="12"),
    "a system error may go again, in its lane only": refused_as(
        rejected(21, "REJECTED_SYSTEM_ERROR"), raises=Throttled, code="21", after=30.0, scope="lane"
    ),
    "our own id again: the first attempt was accepted": refused_as(
        rejected(23, "REJECTED_DUPLICATE_MESSAGE_ID"), parts=[("0", "accepted", REF)]
    ),
    "a caller's id that was used before is a duplicate": Conversation(
        "send-sms-message",
        {"to": {"to": "447700900123", "own_id": "spent"}, "text": "hi"},
        {**POST_SMS, "json": sms(destinations=[{"to": "447700900123", "messageId": "spent"}])},
        (200, answer(rejected(23, "REJECTED_DUPLICATE_MESSAGE_ID"), "spent")),
        raises=Rejected,
        reason="duplicate",
        code="23",
    ),
    "a status nobody knows": refused_as(
        {"groupId": 77, "groupName": "NEW", "id": 4711, "name": "SOMETHING_NEW"}, parts=[("0", "unknown", REF)]
    ),
    "a 200 without messages": Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, (200, {"ok": True}), raises=OutcomeUnknown
    ),
    "a 200 that is no JSON": Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, (200, "<html>"), raises=OutcomeUnknown
    ),
    "a 200 with an empty list": Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, (200, {"messages": []}), raises=OutcomeUnknown
    ),
    "told to slow down": Conversation(
        "send-sms-message",
        GIVEN,
        {**POST_SMS, "json": sms()},
        (429, {"errorCode": "E429", "description": "Too many requests."}, {"retry-after": "7"}),
        raises=Throttled,
        after=7.0,
        scope="connection",
        code="E429",
    ),
    "wrong key": Conversation(
        "send-sms-message",
        GIVEN,
        {**POST_SMS, "json": sms()},
        (401, {"errorCode": "E401", "description": f"Missing or invalid credentials {KEY}."}),
        raises=Rejected,
        reason="auth",
        code="E401",
    ),
    "their trouble": Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, (503, None), raises=OutcomeUnknown
    ),
    "silence": Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, httpx.ReadTimeout("late"), raises=OutcomeUnknown
    ),
    "nobody there": Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, httpx.ConnectError("shut"), raises=Unreachable
    ),
    "nothing to say": Conversation("send-sms-message", {"to": "447700900123"}, raises=InvalidCall),
    "a misspelt word": Conversation("send-sms-message", {**GIVEN, "txt": "hi"}, raises=InvalidCall),
    "a time without an offset": Conversation(
        "send-sms-message", {**GIVEN, "send_at": "2026-12-24T09:00:00"}, raises=InvalidCall
    ),
    "no reports at all": Conversation(
        "send-sms-message",
        {**GIVEN, "notify": False},
        {**POST_SMS, "json": sms(webhooks={"delivery": {"notify": False}})},
        (200, answer(PENDING)),
    ),
    "reports by subscription": Conversation(
        "send-sms-message",
        GIVEN,
        {
            **POST_SMS,
            "json": {"messages": [{name: told for name, told in sms()["messages"][0].items() if name != "webhooks"}]},
        },
        (200, answer(PENDING)),
        settings={"reports": "subscription"},
    ),
    "everything of the page": Conversation(
        "send-sms-message",
        {
            "to": "447700900123",
            "text": "Your parcel arrives today.",
            "from": "AcmeShop",
            "transliteration": "NONE",
            "language": "TR",
            "single_shift": True,
            "validity_period": {"amount": 6, "time_unit": "HOURS"},
            "delivery_time_window": {
                "days": ["MONDAY", "TUESDAY"],
                "from": {"hour": 7, "minute": 0},
                "to": {"hour": 19, "minute": 30},
            },
            "entity_id": "tenant-42",
            "application_id": "parcels",
            "campaign_reference_id": "spring",
            "flash": True,
            "india_dlt": {"principal_entity_id": "1"},
            "notify_url": "https://hooks.acme.example/infobip/k3y",
            "intermediate_report": True,
            "callback_data": "order=9001",
            "bulk_id": "bulk-2026-03-01-a",
            "send_at": "2026-03-01T08:30:00+01:00",
            "sending_speed_limit": {"amount": 10},
            "links": {"shorten_url": False, "remove_protocol": True},
            "count_parts": True,
            "conversions": {"use": True, "name": "sale"},
        },
        {
            **POST_SMS,
            "json": {
                "messages": [
                    {
                        "sender": "AcmeShop",
                        "destinations": [{"to": "447700900123", "messageId": REF}],
                        "content": {
                            "text": "Your parcel arrives today.",
                            "transliteration": "NONE",
                            "language": {"languageCode": "TR", "singleShift": True},
                        },
                        "options": {
                            "validityPeriod": {"amount": 6, "timeUnit": "HOURS"},
                            "deliveryTimeWindow": {
                                "days": ["MONDAY", "TUESDAY"],
                                "from": {"hour": 7, "minute": 0},
                                "to": {"hour": 19, "minute": 30},
                            },
                            "platform": {"entityId": "tenant-42", "applicationId": "parcels"},
                            "campaignReferenceId": "spring",
                            "flash": True,
                            "regional": {"indiaDlt": {"principalEntityId": "1"}},
                        },
                        "webhooks": {
                            "delivery": {"url": "https://hooks.acme.example/infobip/k3y", "intermediateReport": True},
                            "contentType": "application/json",
                            "callbackData": "order=9001",
                        },
                    }
                ],
                "options": {
                    "schedule": {
                        "bulkId": "bulk-2026-03-01-a",
                        "sendAt": "2026-03-01T07:30:00.000+0000",
                        "sendingSpeedLimit": {"amount": 10, "timeUnit": "MINUTE"},
                    },
                    "tracking": {"shortenUrl": False, "removeProtocol": True},
                    "includeSmsCountInResponse": True,
                    "conversionTracking": {"useConversionTracking": True, "conversionTrackingName": "sale"},
                },
            },
        },
        (200, answer(PENDING)),
    ),
    "the older call": Conversation(
        "send-sms-message",
        {
            **GIVEN,
            "bulk_id": "b-77",
            "callback_data": "x",
            "entity_id": "t",
            "send_at": "2026-03-01T07:30:00+00:00",
            "validity_period": {"amount": 90, "time_unit": "SECONDS"},
            "links": {"shorten_url": True},
        },
        {
            "method": "POST",
            "path": "/sms/2/text/advanced",
            "json": {
                "bulkId": "b-77",
                "messages": [
                    {
                        "from": "AcmeShop",
                        "destinations": [{"to": "447700900123", "messageId": REF}],
                        "text": "hi",
                        "validityPeriod": 2,
                        "sendAt": "2026-03-01T07:30:00.000+0000",
                        "entityId": "t",
                        "notifyUrl": f"{HOOK}/sms",
                        "notifyContentType": "application/json",
                        "callbackData": "x",
                    }
                ],
                "urlOptions": {"shortenUrl": True},
            },
        },
        (
            200,
            {
                "bulkId": "b-77",
                "messages": [{"to": "447700900123", "messageId": REF, "smsCount": 1, "status": PENDING}],
            },
        ),
        settings={"sms_version": "v2"},
        parts=[("0", "accepted", REF)],
    ),
    "the older call, binary": Conversation(
        "send-sms-message",
        {"to": "447700900123", "hex": "0b 05", "data_coding": 4},
        {
            "method": "POST",
            "path": "/sms/2/binary/advanced",
            "json": {
                "messages": [
                    {
                        "from": "AcmeShop",
                        "destinations": [{"to": "447700900123", "messageId": REF}],
                        "binary": {"hex": "0b 05", "dataCoding": 4},
                        "notifyUrl": f"{HOOK}/sms",
                        "notifyContentType": "application/json",
                    }
                ]
            },
        },
        (200, {"messages": [{"to": "447700900123", "messageId": REF, "status": PENDING}]}),
        settings={"sms_version": "v2"},
    ),
    "what the older call cannot say": Conversation(
        "send-sms-message",
        {**GIVEN, "conversions": {"use": True}},
        settings={"sms_version": "v2"},
        raises=InvalidCall,
    ),
}

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

VOICE_OPTIONS = {"notifyUrl": f"{HOOK}/voice", "notifyContentType": "application/json", "notifyContentVersion": 2}
OTHERS = {
    "voice": Conversation(
        "send-voice-message-tts",
        {"to": "447700900123", "text": "At ten.", "language": "en-gb", "voice": {"name": "Amy"}, "bulk_id": "vb-1"},
        {
            "method": "POST",
            "path": "/tts/3/advanced",
            "json": {
                "bulkId": "vb-1",
                "messages": [
                    {
                        "from": "442071838750",
                        "destinations": [{"to": "447700900123", "messageId": REF}],
                        "text": "At ten.",
                        "language": "en-gb",
                        "voice": {"name": "Amy"},
                        **VOICE_OPTIONS,
                    }
                ],
            },
        },
        (200, {"messages": [{"to": "447700900123", "messageId": REF, "status": PENDING}]}),
        parts=[("0", "accepted", REF)],
    ),
    "voice, single": Conversation(
        "send-voice-message-tts",
        {"to": "447700900123", "text": "At ten.", "single": True},
        {
            "method": "POST",
            "path": "/tts/3/single",
            "json": {"from": "442071838750", "to": "447700900123", "text": "At ten."},
        },
        (200, {"messages": [{"to": "447700900123", "messageId": "theirs", "status": PENDING}]}),
        parts=[("0", "accepted", "theirs")],
    ),
    "voice, content refused in a 200": Conversation(
        "send-voice-message-tts",
        {"to": "447700900123", "audio_url": "https://f.example/a.mp3", "callback_data": "x"},
        {
            "method": "POST",
            "path": "/tts/3/advanced",
            "json": {
                "messages": [
                    {
                        "from": "442071838750",
                        "destinations": [{"to": "447700900123", "messageId": REF}],
                        "audioFileUrl": "https://f.example/a.mp3",
                        "callbackData": "x",
                        **VOICE_OPTIONS,
                    }
                ]
            },
        },
        (200, {"messages": [{"to": "447700900123", "messageId": REF, "status": rejected(53, "REJECTED_AUDIO")}]}),
        raises=Rejected,
        reason="media",
    ),
    "voice, text and file": Conversation(
        "send-voice-message-tts", {"to": "1", "text": "a", "audio_url": "https://f.example/a.mp3"}, raises=InvalidCall
    ),
    "voice, only punctuation": Conversation("send-voice-message-tts", {"to": "1", "text": "?!"}, raises=InvalidCall),
    "mms": Conversation(
        "send-mms-message",
        {"to": "447700900123", "text": "look", "media_url": "https://f.example/a.jpg", "title": "t"},
        {
            "method": "POST",
            "path": "/mms/2/messages",
            "json": {
                "messages": [
                    {
                        "sender": "447860099111",
                        "destinations": [{"to": "447700900123", "messageId": REF}],
                        "content": {
                            "title": "t",
                            "messageSegments": [
                                {"type": "LINK", "contentUrl": "https://f.example/a.jpg"},
                                {"type": "TEXT", "text": "look"},
                            ],
                        },
                        "webhooks": {"delivery": {"url": f"{HOOK}/mms"}, "contentType": "application/json"},
                    }
                ]
            },
        },
        (200, answer(PENDING)),
        parts=[("0", "accepted", REF)],
    ),
}

ALL = {
    **{f"sms: {name}": said for name, said in SMS.items()},
    **{f"whatsapp: {name}": said for name, said in WHATSAPP.items()},
    **{f"template: {name}": said for name, said in TEMPLATES.items()},
    **OTHERS,
}


@pytest.mark.parametrize("said", ALL.values(), ids=ALL)
def test_a_send_leaves_exactly_this_and_ends_like_that(said: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Each conversation leaves exactly the recorded request and ends as the table says."""
    said.check(PROVIDER, connect(), caplog)


def test_a_reused_id_says_that_it_was_an_earlier_attempt() -> None:
    """The outcome of a duplicate of ours tells why it counts as accepted."""
    outcome: Any = SMS["our own id again: the first attempt was accepted"].check(PROVIDER, connect())

    assert outcome.output["messages"][0]["accepted_earlier"] is True


def test_the_violations_reach_the_caller() -> None:
    """What Infobip finds wrong stands in the error's text, path by path."""
    problem: Any = WHATSAPP["invalid"].check(PROVIDER, connect())

    assert "content.text size must be between 1 and 4096" in problem.text


def test_tags_of_the_connection_go_on_every_message() -> None:
    """entity_id and application_id of the settings stand where the input names none."""
    tagged = connect({"entity_id": "tenant-1", "application_id": "app-1"})
    platform = {"entityId": "tenant-1", "applicationId": "app-1"}
    Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms(options={"platform": platform})}, (200, answer(PENDING))
    ).check(PROVIDER, tagged)
    body = {**WHATSAPP_BASE, **platform, "content": {"text": "hi"}}
    Conversation(
        "send-whatsapp-text-message",
        {"to": "447700900123", "text": "hi"},
        {"method": "POST", "path": "/whatsapp/1/message/text", "json": body},
        (200, FLAT),
    ).check(PROVIDER, tagged)
