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


def _legacy(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """With the older keys alone."""
    told = _inbound(connection, stamp)
    names = ("originalsenderid", "message", "from", "timestamp", "message_id", "originalmessageid", "originalmessage")
    return {name: told[name] for name in (*names, "customstring")}


def _test(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """As the account's own test pushes it (page 4.9)."""
    told = {**_unsolicited(connection, stamp), "timestamp_send": stamp.now, "_keyword": stamp.text.split()[0]}
    del told["timestamp"]
    return told


def _empty(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    return {**_unsolicited(connection, stamp), "body": "", "message": ""}


def _media(name: str, extension: str) -> Body:
    """A file under a key of its own, beside a text (page 4.4)."""

    def body(connection: Connection, stamp: Stamp) -> dict[str, Any]:
        link = at_stand_in(connection, f"{STORAGE}/mms/{stamp.id}.{extension}", STORAGE)
        return {**_unsolicited(connection, stamp), name: link}

    return body


def _neither(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    del connection
    return {"user_id": USER, "subaccount_id": SUBACCOUNT, "timestamp": stamp.now, "campaign": f"c{stamp.id}"}


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
    "sms-legacy": Sample("A text, with the older keys alone", _legacy, "inbound", "form"),
    "sms-empty": Sample("A text without a word", _empty, "inbound", "form"),
    "sms-test": Sample("A text, as the account's own test pushes it", _test, "inbound", "form"),
    "mms": Sample("A picture, as a link that lives 7 days", _mms, "inbound", "form"),
    "mms-media": Sample("A video under a key of its own", _media("media_url", "mp4"), "inbound", "form"),
    "mms-json": Sample("A sound under a key of its own, as JSON", _media("_media_file_url", "mp3"), "inbound"),
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
    "receipt-routing": Sample(
        "A receipt: failed at a supplier for now",
        _receipt(status="Undelivered", status_code=302, status_text="Supplier routing problem", error_code=18),
        "receipt",
        "form",
    ),
    "receipt-words": Sample("A receipt in words alone", _receipt(status_code="", status_text=""), "receipt", "form"),
    "receipt-cancelled": Sample(
        "A receipt: cancelled before it left",
        _receipt(status="Cancelled", status_code="", status_text="Cancelled by user"),
        "receipt",
        "form",
    ),
    "receipt-unheard-of": Sample(
        "A receipt with a code nobody told us of",
        _receipt(status="Levitated", status_code=999, status_text="Levitated"),
        "receipt",
        "form",
    ),
    "receipt-test": Sample(
        "A receipt, as the account's own test pushes it", _receipt(custom_string="", customstring=""), "receipt", "form"
    ),
    "receipt-mms": Sample("A receipt of an MMS", _receipt(message_type="mms"), "receipt", "form"),
    "receipt-email": Sample("A receipt of an e-mail", _receipt(message_type="email"), "receipt", "form"),
    "receipt-fax": Sample("A receipt of a fax", _receipt(message_type="fax"), "receipt", "form"),
    "neither": Sample("A push that is neither a text nor a receipt", _neither, "inbound", "form", unknown=True),
    "receipt-json": Sample("A receipt as JSON, should a rule send one", _receipt(**ABSENT), "receipt", "json"),
    "receipt-voice": Sample(
        "A voice receipt, with the key pressed",
        _receipt(status_text="Success", digits="2", custom_string="v-1", customstring="v-1", message_type="voice"),
        "voice-receipt",
        "form",
    ),
}
