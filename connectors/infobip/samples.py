"""One real body of each webhook kind, from the page, made fresh by a stamp."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connectors.connection import Connection
from connectors.infobip.addresses import plain
from connectors.infobip.fields import written
from connectors.provider import Sample, Stamp

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


def _at(stamp: Stamp, seconds: float = 0) -> str:
    return written(datetime.fromtimestamp(stamp.now + seconds, UTC))


def _ours(connection: Connection, channel: str, default: str) -> str:
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
            "to": _ours(connection, "sms", "447860099111"),
            "text": stamp.text,
            "cleanText": stamp.text,
            "receivedAt": _at(stamp),
            "smsCount": 1,
            "price": FREE,
        }
    )


def sms_report(connection: Connection, stamp: Stamp) -> Body:
    """A delivery report of /sms/3/messages."""
    return {
        "results": [
            {
                "bulkId": f"bulk-{stamp.id}",
                "messageId": stamp.id,
                "to": stamp.contact,
                "sender": _ours(connection, "sms", "AcmeShop"),
                "sentAt": _at(stamp, -3),
                "doneAt": _at(stamp),
                "messageCount": 1,
                "mccMnc": "23410",
                "price": {"pricePerMessage": 0.031, "currency": "EUR"},
                "status": DELIVERED,
                "error": NO_ERROR,
            }
        ]
    }


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
                "sentAt": _at(stamp, -3),
                "doneAt": _at(stamp),
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
            "to": _ours(connection, "mms", "447860099111"),
            "receivedAt": _at(stamp),
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
            "to": _ours(connection, "whatsapp", "447860099299"),
            "integrationType": "WHATSAPP",
            "receivedAt": _at(stamp),
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
                "sentAt": _at(stamp, -2),
                "doneAt": _at(stamp),
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
                "to": _ours(connection, "whatsapp", "447860099299"),
                "sentAt": _at(stamp, -250),
                "seenAt": _at(stamp),
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
                "to": _ours(connection, "whatsapp", "447860099299"),
                "sentAt": _at(stamp, -360),
                "deletedAt": _at(stamp),
            }
        ]
    }


SAMPLES = {
    "sms": Sample("inbound SMS", sms),
    "sms-report": Sample("SMS delivery report", sms_report, hook="sms"),
    "sms-report-v2": Sample("SMS delivery report in the older form", sms_report_v2, hook="sms"),
    "mms": Sample("inbound MMS", mms),
    "whatsapp-message": Sample(
        "inbound WhatsApp text", whatsapp_of(lambda stamp: {"type": "TEXT", "text": stamp.text})
    ),
    "whatsapp-report": Sample("WhatsApp delivery report", whatsapp_report, hook="whatsapp"),
    "whatsapp-seen": Sample("WhatsApp seen report", whatsapp_seen, hook="whatsapp"),
    "whatsapp-deleted": Sample("WhatsApp message deleted by its sender", whatsapp_deleted, hook="whatsapp"),
}
