"""SMS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError

from connectors.action import Action, Call, Nature, Wire
from connectors.errors import InvalidCall
from connectors.infobip import addresses, answers
from connectors.infobip.actions import defaults, reading
from connectors.infobip.schemas import queries, schedules
from connectors.infobip.schemas import sms as schemas
from connectors.infobip.schemas.replies import Sent
from connectors.schema import AnyReply, Request

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


def by_bulk(wire: Wire, call: Call) -> Wire:
    """The bulk's id stands in the query, all else in the body."""
    del call
    body = dict(wire.json or wire.query)
    bulk = body.pop("bulkId")
    return replace(wire, query={"bulkId": bulk}, json=body or None)


def _cancel(body: dict[str, Any], call: Call) -> dict[str, Any]:
    del call
    return {**body, "status": "CANCELED"}


def _bulk(key: str, title: str, method: str, tail: str, request: type[Request], complete: Any = None) -> Action:
    more = {"complete": complete} if complete is not None else {}
    example = {"bulk_id": "bulk-2026-03-01-a"}
    if request is schedules.Move:
        example["send_at"] = "2026-12-24T09:00:00+00:00"
    if request is schedules.Change:
        example["status"] = "PAUSED"
    return Action(
        key=key,
        title=title,
        description="For a request that was sent with a bulk_id and a send_at; 404 for one that Infobip does not know.",
        method=method,
        path=f"/sms/1/bulks{tail}",
        request=request,
        reply=schedules.BulkState,
        repeatable=True,  # a repeat says the same again
        nature=Nature.QUERY if method == "GET" else Nature.ACCOUNT,
        example=example,
        docs=f"{DOCS}#get-scheduled-sms-messages, page 3.1",
        shape=by_bulk,
        pace="sms",
        **more,
    )


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
    _bulk("get-scheduled-sms-messages", "Get a scheduled SMS request", "GET", "", schedules.Bulk),
    _bulk("reschedule-sms-messages", "Reschedule an SMS request", "PUT", "", schedules.Move),
    _bulk("get-scheduled-sms-messages-status", "Get a scheduled request's status", "GET", "/status", schedules.Bulk),
    _bulk(
        "update-scheduled-sms-messages-status", "Pause, resume or cancel a request", "PUT", "/status", schedules.Change
    ),
    _bulk("cancel-scheduled-sms-messages", "Cancel a scheduled SMS request", "PUT", "/status", schedules.Bulk, _cancel),
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
