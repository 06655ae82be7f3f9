"""Answers to sends in our words, whichever of Infobip's spellings they come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, pre_load

from connectors.infobip.fields import Text, about
from connectors.infobip.statuses import verdict
from connectors.reading import mapping, number, text
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
