"""SMS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError

from connectors.action import Action, Call, Nature, Wire
from connectors.errors import InvalidCall
from connectors.infobip import addresses, answers, batches
from connectors.infobip.actions import defaults, reading, scheduling
from connectors.infobip.schemas import queries, schedules
from connectors.infobip.schemas import sms as schemas
from connectors.infobip.schemas.replies import Sent
from connectors.schema import AnyReply

DOCS = "https://www.infobip.com/docs/api/channels/sms"


def party(given: Mapping[str, Any]) -> str | None:
    """The conversation of a send to one number; several numbers are none."""
    messages = given.get("messages")
    if isinstance(messages, list):
        return party(messages[0]) if len(messages) == 1 and isinstance(messages[0], Mapping) else None
    return addresses.key(addresses.SMS, addresses.one(given.get("to", given.get("destinations"))))


def _complete(body: dict[str, Any], call: Call) -> dict[str, Any]:
    defaults.name(call, (recipient for one in body["messages"] for recipient in one["destinations"]))
    return defaults.modern(call, addresses.SMS, body)


def _versioned(wire: Wire, call: Call) -> Wire:
    if call.connection.setting("sms_version", "v3") != "v2":
        return wire
    binary = any("hex" in one["content"] for one in wire.json["messages"])
    try:
        body = schemas.to_v2(wire.json)
    except ValidationError as problem:
        told = "the setting sms_version v2 cannot say this"
        raise InvalidCall(told, fields=dict(problem.messages_dict)) from problem
    return replace(wire, path=f"/sms/2/{'binary' if binary else 'text'}/advanced", json=body)


ROWS = (
    Action(
        key="send-sms-message",
        title="Send SMS",
        description="Sends a text (or binary) SMS to one or more numbers, now or later, each with its own outcome.",
        method="POST",
        path="/sms/3/messages",
        request=schemas.SendSms,
        reply=Sent,
        repeatable=False,  # the message id guards a repeat only probably: how long it is remembered is not published
        nature=Nature.SEND,
        example={"to": "447700900123", "text": "Your parcel arrives today.", "from": "AcmeShop"},
        docs=f"{DOCS}#send-sms-message, page 3.1",
        party=party,
        complete=_complete,
        shape=_versioned,
        parts=answers.parts(addresses.SMS),
        reaches=batches.reaches(addresses.SMS),
        without=batches.without,
        pace="sms",
        cost="each part to each number",
        limits=(
            f"at most {schemas.MAX_PARTS} parts (about 3825 GSM or 1675 UCS-2 characters)",
            "scheduled at most 180 days ahead; validity at most 48 hours",
            "flooding filter: 20 different or 6 identical texts an hour and number unless the account says otherwise",
        ),
    ),
    reading.reports(
        "get-sms-delivery-reports",
        "Get SMS delivery reports",
        "/sms/3/reports",
        addresses.SMS,
        f"{DOCS}#get-outbound-sms-message-delivery-reports, page 3.2",
        pace="sms",
    ),
    reading.logs(
        "get-sms-message-logs",
        "Get SMS logs",
        "/sms/3/logs",
        queries.SmsLogs,
        f"{DOCS}#get-outbound-sms-message-logs, page 3.3",
        pace="sms-logs",
    ),
    reading.inbox(
        "get-inbound-sms-messages",
        "Get inbound SMS",
        "/sms/1/inbox/reports",
        addresses.SMS,
        f"{DOCS}#get-inbound-sms-messages, page 3.19",
    ),
    Action(
        key="preview-sms-message",
        title="Preview an SMS",
        description="How a text would arrive and how many parts it takes; sends nothing.",
        method="POST",
        path="/sms/1/preview",
        request=schedules.Preview,
        reply=schedules.Previews,
        repeatable=True,
        nature=Nature.QUERY,
        example={"text": "Ödeme alındı", "language": "TR"},
        docs=f"{DOCS}#preview-sms-message, page 3.4",
        pace="sms-preview",
    ),
    *scheduling.rows("/sms/1/bulks", "sms-messages", "sms", f"{DOCS}#get-scheduled-sms-messages, page 3.1"),
    Action(
        key="confirm-sms-conversion",
        title="Confirm a conversion",
        description="Tells Infobip that a message sent with conversion tracking led to what it was for.",
        method="POST",
        path="/ct/1/log/end/{messageId}",
        request=schedules.Conversion,
        reply=AnyReply,
        repeatable=True,
        nature=Nature.ACCOUNT,
        example={"message_id": "m-1"},
        docs=f"{DOCS}, page 3.1",
        pace="sms",
    ),
)
