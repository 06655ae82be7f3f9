"""The bodies ClickSend pushes, one of each kind, addressed to one's own moment and contact (page 4.3 to 4.7)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from connectors.connection import Connection
from connectors.provider import Sample, Stamp
from connectors.samples import at_stand_in

STORAGE = "https://media.example.net"
OUR_NUMBER = "+61491570006"
USER, SUBACCOUNT = 184220, 206611
Body = Callable[[Connection, Stamp], dict[str, Any]]


def identity(seed: str) -> str:
    """An id in ClickSend's form, the same for the same seed."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"clicksend:{seed}")).upper()


def _inbound(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    del connection
    person = f"+{stamp.contact}"
    original = identity(f"{stamp.id}:original")
    return {
        "originalsenderid": OUR_NUMBER,
        "body": stamp.text,
        "message": stamp.text,
        "sms": person,
        "from": person,
        "to": OUR_NUMBER,
        "timestamp": stamp.now,
        "message_id": identity(stamp.id),
        "original_message_id": original,
        "originalmessageid": original,
        "original_body": "Hi Ada, table for 4 at 19:00.",
        "originalmessage": "Hi Ada, table for 4 at 19:00.",
        "user_id": USER,
        "subaccount_id": SUBACCOUNT,
        "custom_string": "bk-1001",
        "customstring": "bk-1001",
    }


def _unsolicited(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """As a person writes first: there is no message of ours it answers."""
    told = _inbound(connection, stamp)
    empty = ("original_message_id", "originalmessageid", "original_body", "originalmessage")
    return {**told, **dict.fromkeys((*empty, "custom_string", "customstring", "originalsenderid"), "")}


def _shortest(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    told = _inbound(connection, stamp)
    names = ("from", "to", "body", "message_id", "timestamp", "custom_string", "user_id", "subaccount_id")
    return {name: told[name] for name in names}


def _mms(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    link = at_stand_in(connection, f"{STORAGE}/mms/{stamp.id}.jpg", STORAGE)
    return {**_unsolicited(connection, stamp), "body": link, "message": link}


def _receipt(**changes: Any) -> Body:
    def body(connection: Connection, stamp: Stamp) -> dict[str, Any]:
        del connection
        message = identity(stamp.id)
        return {
            "message_id": message,
            "messageid": message,
            "status": "Delivered",
            "status_code": 201,
            "status_text": "Success: Message received on handset.",
            "error_code": "",
            "error_text": "",
            "timestamp_send": stamp.now - 9,
            "timestamp": stamp.now,
            "custom_string": "bk-1001",
            "customstring": "bk-1001",
            "user_id": USER,
            "subaccount_id": SUBACCOUNT,
            "message_type": "sms",
            **changes,
        }

    return body


ABSENT: Mapping[str, Any] = {
    "status": "Undelivered",
    "status_code": 301,
    "status_text": "Delivery failure",
    "error_code": 12,
    "error_text": "Absent subscriber",
}

SAMPLES: dict[str, Sample] = {
    "sms": Sample("A text, as JSON", _inbound, "inbound"),
    "sms-form": Sample("A text, as a form", _inbound, "inbound", "form"),
    "sms-get": Sample("A text, as a GET", _shortest, "inbound", "query"),
    "sms-unsolicited": Sample("A text that answers nothing of ours", _unsolicited, "inbound", "form"),
    "mms": Sample("A picture, as a link that lives 7 days", _mms, "inbound", "form"),
    "receipt-delivered": Sample("A receipt: on the handset", _receipt(), "receipt", "form"),
    "receipt-failed": Sample("A receipt: failed for good", _receipt(**ABSENT), "receipt", "form"),
    "receipt-sent": Sample(
        "A receipt: handed to the network",
        _receipt(status="Sent", status_code=200, status_text="Success: Message queued for delivery."),
        "receipt",
        "form",
    ),
    "receipt-temporary": Sample(
        "A receipt: failed for now, tried again by ClickSend",
        _receipt(
            status="Undelivered",
            status_code=300,
            status_text="Temporary delivery failure",
            error_code=16,
            error_text="Temporary network error",
        ),
        "receipt",
        "form",
    ),
    "receipt-json": Sample("A receipt as JSON, should a rule send one", _receipt(**ABSENT), "receipt", "json"),
    "receipt-voice": Sample(
        "A voice receipt, with the key pressed",
        _receipt(status_text="Success", digits="2", custom_string="v-1", customstring="v-1", message_type="voice"),
        "voice-receipt",
        "form",
    ),
}
