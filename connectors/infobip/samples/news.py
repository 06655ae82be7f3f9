"""Everything else Infobip tells of: voice, numbers, notices of the account."""

from __future__ import annotations

from typing import Any

from connectors.connection import Connection
from connectors.infobip.samples.messages import DELIVERED, NO_ERROR, Body, at, ours
from connectors.provider import Stamp

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


def number_masking_asked(connection: Connection, stamp: Stamp) -> Body:
    """A masked call asks where to go, which a webhook cannot answer; kept all the same."""
    del connection
    return {
        "from": stamp.contact,
        "to": "447860099111",
        "correlationId": "c-1",
        "nmCorrelationId": f"n-{stamp.id}",
        "dtmfCaptured": True,
    }


def unheard_of(connection: Connection, stamp: Stamp) -> Body:
    """An item that tells nothing we know."""
    del connection
    return {"results": [{"hologramId": stamp.id, "beamedAt": at(stamp)}]}


def template(**change: Any) -> Any:
    """A WhatsApp template changed; the ids of entity and application are numbers here."""

    def body(connection: Connection, stamp: Stamp) -> Body:
        del connection
        return {
            "messageTemplateId": f"11{stamp.now}",
            "messageTemplateName": "order_shipped",
            "messageTemplateLanguage": "en_GB",
            "timestamp": at(stamp),
            "change": change,
            "entityId": 123456,
            "applicationId": 1234567,
        }

    return body


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
