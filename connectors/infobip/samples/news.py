"""Everything else Infobip tells of: e-mail, voice, clicks, notices of the account, the Messages API form."""

from __future__ import annotations

from typing import Any

from connectors.connection import Connection
from connectors.infobip.samples.messages import DELIVERED, NO_ERROR, Body, at, ours
from connectors.provider import Stamp

ANN = "ann@customer.example"
PLATFORM = {"entityId": "tenant-42", "applicationId": "news"}


def email_report(connection: Connection, stamp: Stamp) -> Body:
    """A delivery report of an e-mail: a hard bounce."""
    del connection
    return {
        "results": [
            {
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
                "smtp": {"response": "550 5.1.1 unknown user"},
                "price": {"pricePerMessage": 0, "currency": "UNKNOWN"},
                **PLATFORM,
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
            }
        ]
    }


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


def email_blocked(connection: Connection, stamp: Stamp) -> Body:
    """A domain that bounces too much was blocked."""
    del connection
    details: Body = {
        "type": "HIGH_BOUNCE_RATE_BLOCKED",
        "accountKey": "8F07",
        "domain": "mail.acme.example",
        "blockThreshold": 5.0,
        "bounceRate": 6.6,
        "scope": "DAILY",
    }
    return {"eventId": f"event-{stamp.id}", "createdAt": stamp.now * 1000, "eventDetails": details}


ANSWERED = {
    "groupId": 0,
    "groupName": "OK",
    "id": 5000,
    "name": "VOICE_ANSWERED",
    "description": "Call answered by human",
    "permanent": True,
}


def voice_report(connection: Connection, stamp: Stamp) -> Body:
    """An answered call."""
    return {
        "results": [
            {
                "bulkId": "vb-1",
                "messageId": stamp.id,
                "from": ours(connection, "voice", "442071838750"),
                "to": stamp.contact,
                "sentAt": at(stamp, -20),
                "mccMnc": "23410",
                "callbackData": "appt=5",
                "voiceCall": {
                    "feature": "Voice Message",
                    "startTime": at(stamp, -18),
                    "answerTime": at(stamp, -12),
                    "endTime": at(stamp),
                    "duration": 12,
                    "chargedDuration": 60,
                    "fileDuration": 11.2,
                    "dtmfCodes": "1",
                    "answeredBy": "HUMAN",
                    "direction": "OUTBOUND",
                    "ivr": {"scenarioId": "83A1", "scenarioName": "Survey", "collectedDtmfs": '{"q1":"3"}'},
                },
                "price": {"pricePerSecond": 0.002, "currency": "EUR"},
                "status": DELIVERED,
                "error": ANSWERED,
            }
        ]
    }


def voice_report_v1(connection: Connection, stamp: Stamp) -> Body:
    """The same in the deprecated flat form: times are mixed."""
    del connection
    return {
        "results": [
            {
                "bulkId": "vb-1",
                "messageId": stamp.id,
                "to": stamp.contact,
                "sentAt": at(stamp, -20),
                "doneAt": at(stamp),
                "startTime": (stamp.now - 18) * 1000,
                "answerTime": (stamp.now - 12) * 1000,
                "endTime": stamp.now * 1000,
                "duration": 12,
                "fileDuration": 11.2,
                "mccMnc": "23410",
                "callbackData": "appt=5",
                "dtmfCodes": "1",
                "dtmfCodesAsJson": '{"q1":"3"}',
                "scenarioId": "83A1",
                "scenarioName": "Survey",
                "price": {"pricePerSecond": 0.002, "currency": "EUR"},
                "status": DELIVERED,
                "error": ANSWERED,
            }
        ]
    }


def number_lookup(connection: Connection, stamp: Stamp) -> Body:
    """A number lookup's result."""
    del connection
    network = {"networkName": "N", "countryName": "UK", "countryPrefix": "44", "networkPrefix": "7700"}
    row = {
        "to": stamp.contact,
        "mccMnc": "23410",
        "originalNetwork": network,
        "ported": False,
        "roaming": False,
        "status": DELIVERED,
        "error": NO_ERROR,
    }
    return {"results": [row], "bulkId": f"nl-{stamp.id}"}


def number_masking(connection: Connection, stamp: Stamp) -> Body:
    """A masked call's status; its times have no zone."""
    del connection
    return {
        "action": "dial",
        "from": stamp.contact,
        "to": "447860099111",
        "transferTo": "447700900777",
        "duration": 15,
        "status": "answered",
        "nmCorrelationId": f"n-{stamp.id}",
        "correlationId": "c-1",
        "ringingTime": "2026-03-01 12:00:00",
        "answeredTime": "2026-03-01 12:00:10",
        "inboundDuration": 30,
        "pricePerSecond": 0.01,
        "currency": "EUR",
    }


def template(connection: Connection, stamp: Stamp) -> Body:
    """A WhatsApp template was rejected; the ids of entity and application are numbers here."""
    del connection
    return {
        "messageTemplateId": f"11{stamp.now}",
        "messageTemplateName": "order_shipped",
        "messageTemplateLanguage": "en_GB",
        "timestamp": at(stamp),
        "change": {"type": "TEMPLATE_STATUS_UPDATE", "newStatus": "REJECTED", "reason": "SCAM"},
        "entityId": 123456,
        "applicationId": 1234567,
    }


def noticed(content: Body) -> Any:
    """A WhatsApp notice: the outer `from` is our sender."""

    def body(connection: Connection, stamp: Stamp) -> Body:
        sender = ours(connection, "whatsapp", "447860099299")
        named = {name: stamp.contact if told == "?" else told for name, told in content.items()}
        return {"from": sender, "content": named, "createdAt": at(stamp)}

    return body


IDENTITY: Body = {
    "type": "user_identity_changed",
    "description": "Security code changed.",
    "hash": "eU2Fdi4EMUw=",
    "userNumber": "?",
    "userId": "GB.1349120865",
}
MARKETING: Body = {
    "sender": "447860099299",
    "from": "?",
    "notificationMessagesStatus": "stop",
    "description": "The user wants no more marketing.",
}
PAYMENT: Body = {
    "type": "payment",
    "from": "?",
    "referenceId": "r-1",
    "paymentId": "p-1",
    "paymentStatus": "CAPTURED",
    "currency": "INR",
    "totalAmountValue": 21000,
    "totalAmountOffset": 100,
    "callbackData": {"k": "v"},
    "transactions": [{"id": "t-1", "type": "UPI", "status": "SUCCESS"}],
}


PICTURE = [{"type": "IMAGE", "url": "https://files.example/i.jpg", "text": "Hi"}]


def form(event: str, **more: Any) -> Any:
    """An item of the Messages API form."""

    def body(connection: Connection, stamp: Stamp) -> Body:
        sender = ours(connection, "whatsapp", "447860099299")
        inbound = event not in {"DELIVERY", "SEEN"}
        told: Body = {
            "event": event,
            "channel": "WHATSAPP",
            "sender": stamp.contact if inbound else sender,
            "destination": sender if inbound else stamp.contact,
            "messageId": stamp.id,
            **({"receivedAt": at(stamp)} if inbound else {"sentAt": at(stamp, -3), "bulkId": "b"}),
            "platform": {"entityId": "e", "applicationId": "a"},
        }
        if event == "SEEN":
            told["seenAt"] = at(stamp)
        if event == "DELIVERY":
            told |= {"doneAt": at(stamp), "mccMnc": 23410, "status": DELIVERED, "error": {"id": 0}}
        return {"results": [{**told, **more}]}

    return body
