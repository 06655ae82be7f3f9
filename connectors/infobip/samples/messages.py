"""Messages and what became of them: SMS, MMS, WhatsApp."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connectors.connection import Connection
from connectors.infobip.addresses import plain
from connectors.infobip.fields import written
from connectors.provider import Stamp

Body = dict[str, Any]

DELIVERED = {
    "groupId": 3,
    "groupName": "DELIVERED",
    "id": 5,
    "name": "DELIVERED_TO_HANDSET",
    "description": "Message delivered to handset",
}
NO_ERROR = {
    "groupId": 0,
    "groupName": "OK",
    "id": 0,
    "name": "NO_ERROR",
    "description": "No Error",
    "permanent": False,
}
FREE = {"pricePerMessage": 0, "currency": "EUR"}


def at(stamp: Stamp, seconds: float = 0) -> str:
    """A time near the stamp's, as Infobip writes it."""
    return written(datetime.fromtimestamp(stamp.now + seconds, UTC))


def ours(connection: Connection, channel: str, default: str) -> str:
    """Our own sender on a channel."""
    return plain(str(connection.setting(f"{channel}_sender", default)))


def _user(stamp: Stamp) -> Body:
    return {"name": "Ann", "phoneNumber": stamp.contact, "userId": "GB.1349120865", "username": "ann.k"}


def _inbound(item: Body) -> Body:
    return {"results": [item], "messageCount": 1, "pendingMessageCount": 0}


def sms(connection: Connection, stamp: Stamp) -> Body:
    """An inbound SMS."""
    return _inbound(
        {
            "messageId": stamp.id,
            "from": stamp.contact,
            "to": ours(connection, "sms", "447860099111"),
            "text": stamp.text,
            "cleanText": stamp.text,
            "receivedAt": at(stamp),
            "smsCount": 1,
            "price": FREE,
        }
    )


def sms_keyword(connection: Connection, stamp: Stamp) -> Body:
    """An inbound SMS with a keyword, and a word for its sender."""
    told = sms(connection, stamp)
    told["results"][0] |= {"text": f"JOIN {stamp.text}", "keyword": "JOIN", "callbackData": "kw-join", "from": "MTN"}
    return told


def sms_report(connection: Connection, stamp: Stamp) -> Body:
    """A delivery report of /sms/3/messages."""
    return {
        "results": [
            {
                "bulkId": f"bulk-{stamp.id}",
                "messageId": stamp.id,
                "to": stamp.contact,
                "sender": ours(connection, "sms", "AcmeShop"),
                "sentAt": at(stamp, -3),
                "doneAt": at(stamp),
                "messageCount": 1,
                "mccMnc": "23410",
                "price": {"pricePerMessage": 0.031, "currency": "EUR"},
                "status": DELIVERED,
                "error": NO_ERROR,
            }
        ]
    }


def sms_reported(group: int, group_name: str, ident: int, word: str, **error: Any) -> Any:
    """The same report with another status."""

    def body(connection: Connection, stamp: Stamp) -> Body:
        told = sms_report(connection, stamp)
        status = {
            "groupId": group,
            "groupName": group_name,
            "id": ident,
            "name": word,
            "description": word.capitalize(),
        }
        told["results"][0] |= {"status": status, "error": {**NO_ERROR, **error}}
        return told

    return body


def sms_report_v2(connection: Connection, stamp: Stamp) -> Body:
    """A delivery report of /sms/2/text/advanced: an absent subscriber."""
    del connection
    return {
        "results": [
            {
                "bulkId": f"bulk-{stamp.id}",
                "messageId": stamp.id,
                "to": stamp.contact,
                "from": "AcmeShop",
                "sentAt": at(stamp, -3),
                "doneAt": at(stamp),
                "smsCount": 2,
                "mccMnc": "23410",
                "price": {"pricePerMessage": 0.031, "currency": "EUR"},
                "status": {
                    "groupId": 2,
                    "groupName": "UNDELIVERABLE",
                    "id": 9,
                    "name": "UNDELIVERABLE_NOT_DELIVERED",
                    "description": "Message sent not delivered",
                },
                "error": {
                    "groupId": 1,
                    "groupName": "HANDSET_ERRORS",
                    "id": 27,
                    "name": "EC_ABSENT_SUBSCRIBER",
                    "description": "Absent Subscriber",
                    "permanent": False,
                },
            }
        ]
    }


def mms(connection: Connection, stamp: Stamp) -> Body:
    """An inbound MMS: a picture and a text."""
    return _inbound(
        {
            "from": stamp.contact,
            "to": ours(connection, "mms", "447860099111"),
            "receivedAt": at(stamp),
            "messageId": stamp.id,
            "userAgent": "Phone_X",
            "message": [
                {"contentType": "application/smil", "value": "<smil/>"},
                {"contentType": "image/jpeg", "url": "https://mms.files.example/a1.jpg"},
                {"contentType": "text/plain", "value": stamp.text},
            ],
            "price": FREE,
        }
    )


def _whatsapp(connection: Connection, stamp: Stamp, message: Body) -> Body:
    return _inbound(
        {
            "from": stamp.contact,
            "to": ours(connection, "whatsapp", "447860099299"),
            "integrationType": "WHATSAPP",
            "receivedAt": at(stamp),
            "messageId": f"wamid.{stamp.id}",
            "message": message,
            "contact": _user(stamp),
            "price": FREE,
        }
    )


def whatsapp_of(message: Callable[[Stamp], Body]) -> Callable[[Connection, Stamp], Body]:
    """The envelope around one kind of message."""
    return lambda connection, stamp: _whatsapp(connection, stamp, message(stamp))


def whatsapp_report(connection: Connection, stamp: Stamp) -> Body:
    """A WhatsApp delivery report."""
    del connection
    return {
        "results": [
            {
                "bulkId": "",
                "messageId": stamp.id,
                "to": stamp.contact,
                "sentAt": at(stamp, -2),
                "doneAt": at(stamp),
                "messageCount": 1,
                "price": {"pricePerMessage": 0.05, "currency": "EUR"},
                "status": DELIVERED,
                "error": NO_ERROR,
                "contact": _user(stamp),
            }
        ]
    }


def whatsapp_seen(connection: Connection, stamp: Stamp) -> Body:
    """A WhatsApp seen report."""
    return {
        "results": [
            {
                "messageId": stamp.id,
                "from": stamp.contact,
                "to": ours(connection, "whatsapp", "447860099299"),
                "sentAt": at(stamp, -250),
                "seenAt": at(stamp),
                "contact": _user(stamp),
            }
        ]
    }


def whatsapp_deleted(connection: Connection, stamp: Stamp) -> Body:
    """A user deleted a message."""
    return {
        "results": [
            {
                "messageId": f"wamid.{stamp.id}",
                "from": stamp.contact,
                "to": ours(connection, "whatsapp", "447860099299"),
                "sentAt": at(stamp, -360),
                "deletedAt": at(stamp),
            }
        ]
    }


MEDIA = "https://xk4d9p.api.infobip.com/whatsapp/1/senders/447860099299/media/f1b9"
AD = {"sourceType": "AD", "sourceId": "120", "sourceUrl": "https://fb.example/ad", "headline": "Sale"}
CARD = {
    "name": {"firstName": "Bo", "formattedName": "Bo Li"},
    "phones": [{"phone": "447700900777", "type": "CELL", "waId": "447700900777"}],
    "emails": [{"email": "bo@x.example", "type": "WORK"}],
    "addresses": [],
    "org": {"company": "X"},
    "urls": [],
    "birthday": "1990-01-02",
}
PAID = {
    "type": "INTERACTIVE_PAYMENT_CONFIRMATION",
    "referenceId": "r",
    "paymentId": "p",
    "status": "SUCCESS",
    "currency": "INR",
    "totalAmount": {"value": 29900, "offset": 100},
    "transactionId": "t",
    "transactionType": "UPI",
}
ACKNOWLEDGED = {
    "type": "INTERACTIVE_PAYMENT_ACKNOWLEDGEMENT",
    "paymentAcknowledgementType": "PAID",
    "timestamp": "2026-03-01T10:00:00.000+0000",
    "paymentId": "p",
    "referenceId": "r",
}
PERMITTED = {
    "type": "INTERACTIVE_CALL_PERMISSION_REPLY",
    "callPermissionReply": {"response": "ACCEPT", "expirationTimestamp": "2026-03-08T00:00:00.000+0000"},
}
PASSKEY = {
    "type": "INTERACTIVE_IN_THREAD_AUTHENTICATION_REPLY",
    "inThreadAuthenticationReply": {"status": "VERIFIED", "businessScopedPasskeyHash": "c2VjcmV0LWhhc2g="},
}
ORDERED = {"productRetailerId": "p-1", "quantity": 2, "itemPrice": 9.5, "currency": "EUR"}

# the message of each inbound WhatsApp kind, by the tail of its sample's name
WHATSAPP: dict[str, Body] = {
    "image": {"type": "IMAGE", "url": MEDIA, "caption": "Look"},
    "video": {"type": "VIDEO", "url": MEDIA, "caption": "Look"},
    "document": {"type": "DOCUMENT", "url": MEDIA, "caption": "invoice-9001.pdf"},
    "voice": {"type": "VOICE", "url": MEDIA},
    "audio": {"type": "AUDIO", "url": MEDIA},
    "sticker": {"type": "STICKER", "url": MEDIA},
    "location": {
        "type": "LOCATION",
        "latitude": 51.5,
        "longitude": -0.12,
        "name": "HQ",
        "address": "1 High St",
        "url": "https://maps.example/hq",
    },
    "contact": {"type": "CONTACT", "contacts": [CARD]},
    "button": {
        "type": "BUTTON",
        "text": "Yes",
        "payload": "yes-9001",
        "context": {"from": "447860099299", "id": "wat-1"},
    },
    "button-reply": {"type": "INTERACTIVE_BUTTON_REPLY", "id": "b1", "title": "Yes", "context": {"id": "wa-1"}},
    "list-reply": {"type": "INTERACTIVE_LIST_REPLY", "id": "row-3", "title": "Blue", "description": "Size M"},
    "flow-reply": {
        "type": "INTERACTIVE_FLOW_REPLY",
        "text": "Sent",
        "response": {"rating": "5", "flow_token": "ft-1"},
    },
    "order": {"type": "ORDER", "catalogId": "c-1", "productItems": [ORDERED], "text": "thanks"},
    "reaction": {"type": "REACTION", "emoji": "👍", "action": "ADDED", "context": {"id": "wa-1"}},
    "reaction-removed": {"type": "REACTION", "action": "REMOVED", "context": {"id": "wa-1"}},
    "referral": {"type": "TEXT", "text": "Is it still on?", "referral": AD},
    "infected": {"type": "INFECTED_CONTENT", "malware": "Eicar"},
    "unsupported": {"type": "UNSUPPORTED"},
    "payment": PAID,
    "payment-acknowledgement": ACKNOWLEDGED,
    "call-permission": PERMITTED,
    "authentication": PASSKEY,
}
