"""What Infobip tells of e-mail: what became of ours, what recipients do with it, and what they write (multipart)."""

from __future__ import annotations

import json
from typing import Any

from connectors.connection import Connection
from connectors.infobip.samples.messages import DELIVERED, NO_ERROR, Body, at, ours
from connectors.provider import Stamp

ANN = "ann@customer.example"
PLATFORM = {"entityId": "tenant-42", "applicationId": "news"}
BOUNCED = {
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
        "id": 6012,
        "name": "EC_HARD_BOUNCE",
        "description": "Hard bounce",
        "permanent": True,
    },
    "smtp": {"response": "550 5.1.1 unknown user"},
}
TAKEN = {"status": DELIVERED, "error": NO_ERROR, "smtp": {"response": "250 2.0.0 OK"}}


def reported(outcome: Body) -> Any:
    """A delivery report."""

    def body(connection: Connection, stamp: Stamp) -> Body:
        del connection
        told = {
            "bulkId": f"bulk-{stamp.id}",
            "messageId": stamp.id,
            "to": ANN,
            "sentAt": at(stamp, -2),
            "doneAt": at(stamp),
            "smsCount": 1,
            "attemptCount": 1,
            "timeToFirstAttempt": 410,
            "browserLink": "https://t.acme.example/render?id=9A",
            "sendingIp": "192.0.2.10",
            "price": {"pricePerMessage": 0, "currency": "UNKNOWN"},
            **PLATFORM,
        }
        return {"results": [{**told, **outcome}]}

    return body


def tracked(word: str, recipient: str | None = ANN, **more: Any) -> Any:
    """A tracking event; recipient None is the stamp's number."""

    def body(connection: Connection, stamp: Stamp) -> Body:
        del connection
        place = {"countryName": "United Kingdom", "city": "Leeds"}
        told: Body = {
            "notificationType": word,
            "recipient": recipient or stamp.contact,
            "sendDateTime": stamp.now * 1000,
            "messageId": f"m-{stamp.id}",
            "bulkId": "b-1",
            "callbackData": "x",
            "recipientInfo": {"deviceType": "Phone", "os": "iOS 19", "deviceName": "Apple"},
            **PLATFORM,
            **more,
        }
        if recipient is None:
            return {**told, "geoLocationInfo": place}
        return {**told, "eventId": f"event-{stamp.id}", "domain": "mail.acme.example", "geoLocation": place}

    return body


def bouncing(word: str, scope: str, **thresholds: float) -> Any:
    """A domain that bounces too much: a warning, or it is blocked."""

    def body(connection: Connection, stamp: Stamp) -> Body:
        del connection
        domain = "mail.acme.example"
        details: Body = {"type": word, "accountKey": "8F07", "domain": domain, **thresholds, "bounceRate": 6.6}
        return {
            "eventId": f"event-{stamp.id}",
            "createdAt": stamp.now * 1000,
            "eventDetails": {**details, "scope": scope},
        }

    return body


def received(connection: Connection, stamp: Stamp) -> Body:
    """An inbound e-mail, with a file; parts of multipart/form-data."""
    to = ours(connection, "email", "support@acme.example")
    return {
        "id": f"mail-{stamp.id}",
        "from": f"Ann Example <{ANN}>",
        "to": to,
        "subject": "My order",
        "text": stamp.text,
        "html": f"<p>{stamp.text}</p>",
        "headers": json.dumps({"Message-ID": f"<{stamp.id}@customer.example>", "In-Reply-To": "<9A@acme.example>"}),
        "envelope": json.dumps({"from": ANN, "to": [to]}),
        "spfCheck": "pass",
        "dkimCheck": "pass",
        "senderIp": "192.0.2.20",
        "attachmentInfo": json.dumps([{"name": "order.txt", "type": "text/plain"}]),
        "attachment1": {"name": "order.txt", "content_type": "text/plain", "content": "one scarf, red"},
    }
