"""Answers to sends in our words, whichever of Infobip's spellings they come in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from marshmallow import ValidationError, fields, pre_load

from connectors.infobip.fields import Amount, Text, about
from connectors.infobip.statuses import verdict
from connectors.reading import mapping, moment, number, text
from connectors.schema import Reply


class Receipt(Reply):
    """One message of a send."""

    message_id = Text(allow_none=True, metadata=about("Infobip's id of the message, the one we chose"))
    to = Text(allow_none=True, metadata=about("recipient as Infobip writes it"))
    state = Text(metadata=about("accepted, sent, delivered, failed or unknown"))
    status = Text(allow_none=True, metadata=about("Infobip's status name, e.g. PENDING_ACCEPTED"))
    code = Text(allow_none=True, metadata=about("Infobip's status id"))
    reason = Text(allow_none=True, metadata=about("of a failure: credit, blocked, unknown_recipient, …"))
    text = Text(allow_none=True, metadata=about("Infobip's words"))
    parts = fields.Integer(allow_none=True, metadata=about("SMS parts, where Infobip counts them"))
    accepted_earlier = fields.Boolean(metadata=about("an earlier attempt of this same run was the one accepted"))


class Sent(Reply):
    """
    The answer to a send: one entry a recipient, in order.

    Several spellings come in: {messages: […]} of SMS, e-mail, voice, MMS and templates, the one flat object of other
    WhatsApp messages, `destination` or `to`, `details.messageCount`, `messageCount` or `smsCount`.
    """

    message_id = Text(allow_none=True, metadata=about("id of the first message"))
    bulk_id = Text(allow_none=True, metadata=about("id of the request, where Infobip gives one"))
    messages = fields.List(fields.Nested(Receipt), metadata=about("one a recipient, in order"))

    @pre_load
    def fold(self, data: Any, **_: Any) -> dict[str, Any]:
        found = data.get("messages") if "messages" in data else [data]
        if not isinstance(found, list) or not found or not all(isinstance(one, Mapping) for one in found):
            raise ValidationError("no messages in the answer")
        if not any(one.get("status") or one.get("messageId") for one in found):
            raise ValidationError("neither an id nor a status in the answer")
        messages = [receipt(one) for one in found]
        return {
            "message_id": messages[0]["message_id"],
            "bulk_id": text(data, "bulkId"),
            "messages": messages,
        }


def receipt(item: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of an answer in our words; what has a status nobody knows is `unknown`, never an error."""
    found = verdict(item)
    parts = number(mapping(item, "details"), "messageCount") or number(item, "messageCount", "smsCount")
    return {
        "message_id": text(item, "messageId"),
        "to": text(item, "destination", "to"),
        "state": str(found.state),
        "status": found.name,
        "code": str(found.id) if found.id is not None else None,
        "reason": str(found.reason) if found.failed else None,
        "text": found.text,
        "parts": int(parts) if parts is not None else None,
    }


class Done(Reply):
    """An answer that says only that it was done."""

    done = fields.Boolean(metadata=about("true"))


class Row(Reply):
    """One message as a report or a log tells it."""

    message_id = Text(allow_none=True, metadata=about("id of the message"))
    bulk_id = Text(allow_none=True, metadata=about("id of the request it was sent with"))
    to = Text(allow_none=True, metadata=about("recipient"))
    sender = Text(allow_none=True, metadata=about("sender"))
    state = Text(metadata=about("accepted, sent, delivered, failed or unknown"))
    status = Text(allow_none=True, metadata=about("Infobip's status name"))
    code = Text(allow_none=True, metadata=about("of a failure: the id of Infobip's error, else of its status"))
    reason = Text(allow_none=True, metadata=about("of a failure: unknown_recipient, blocked, expired, …"))
    text = Text(allow_none=True, metadata=about("Infobip's words"))
    permanent = fields.Boolean(allow_none=True, metadata=about("Infobip's own hint, not acted on"))
    sent_at = Text(allow_none=True, metadata=about("RFC 3339, UTC"))
    done_at = Text(allow_none=True, metadata=about("RFC 3339, UTC"))
    parts = fields.Integer(allow_none=True, metadata=about("SMS parts"))
    price = Amount(allow_none=True, metadata=about("a part, or a second of a call, in `currency`"))
    currency = Text(allow_none=True, metadata=about("ISO 4217 or UNKNOWN"))
    callback_data = Text(allow_none=True, metadata=about("what the send gave"))
    entity_id = Text(allow_none=True, metadata=about("tenant tag"))
    application_id = Text(allow_none=True, metadata=about("application tag"))
    raw = fields.Raw(metadata=about("Infobip's own item, whole"))


def row(item: Any) -> dict[str, Any]:
    """A report's or log's item in our words, whichever spelling it came in."""
    if not isinstance(item, Mapping):
        return {"state": "unknown", "raw": item}
    found = verdict(item)
    call, price = mapping(item, "voiceCall"), mapping(item, "price")
    platform = mapping(item, "platform") or item
    parts = number(item, "messageCount", "smsCount")
    return {
        "message_id": text(item, "messageId"),
        "bulk_id": text(item, "bulkId"),
        "to": text(item, "to", "destination"),
        "sender": text(item, "sender", "from"),
        "state": str(found.state),
        "status": found.name,
        "code": found.code,
        "reason": str(found.reason) if found.failed else None,
        "text": found.text,
        "permanent": found.permanent,
        "sent_at": _utc(item.get("sentAt")),
        "done_at": _utc(item.get("doneAt") or call.get("endTime")),
        "parts": int(parts) if parts is not None else None,
        "price": text(price, "pricePerMessage", "pricePerSecond"),
        "currency": text(price, "currency"),
        "callback_data": text(item, "callbackData"),
        "entity_id": text(platform, "entityId"),
        "application_id": text(platform, "applicationId"),
        "raw": dict(item),
    }


def _utc(given: Any) -> str | None:
    at = moment(given)
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at is not None else None


class Rows(Reply):
    """Reports or logs."""

    results = fields.List(fields.Nested(Row), metadata=about("one a report or message; empty means nothing new"))
    cursor = Text(allow_none=True, metadata=about("where to go on, null at the end"))

    @pre_load
    def fold(self, data: Any, **_: Any) -> dict[str, Any]:
        found = data.get("results", data.get("emailResults"))  # the twin of /email/4/reports, where results is missing
        if not isinstance(found, list):
            raise ValidationError("no results in the answer")
        return {"results": [row(one) for one in found], "cursor": text(mapping(data, "cursor"), "nextCursor")}


class Inbox(Reply):
    """Inbound messages handed out."""

    results = fields.List(fields.Raw(), metadata=about("Infobip's own items; each also becomes an event"))
    pending = fields.Integer(data_key="pendingMessageCount", metadata=about("how many more wait"))
