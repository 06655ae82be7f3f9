"""Answers to sends and price calls: a row a message, weighed by its own status word (page 2.3, 3.1, 3.2)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, pre_load

from connectors import reading
from connectors.clicksend import errors, loose
from connectors.errors import Rejected
from connectors.schema import Reply


class MessageSent(Reply):
    """What became of one message."""

    class Meta(Reply.Meta):
        """`from` is a word of Python."""

        include = {  # noqa: RUF012  (marshmallow's form)
            "from": loose.Phone(metadata={"description": "The sender really used; ClickSend may have replaced it."})
        }

    message_id = loose.MessageId(metadata={"description": "ClickSend's id; null unless it was accepted."})
    state = fields.String(metadata={"description": "accepted, scheduled, failed or unknown."})
    status = loose.Text(metadata={"description": "ClickSend's own word, as SUCCESS or INVALID_RECIPIENT."})
    to = loose.Phone(metadata={"description": "The recipient, E.164."})
    custom_string = loose.Text(metadata={"description": "The reference the message bears."})
    scheduled_at = loose.Moment(data_key="schedule", metadata={"description": "When it leaves."})
    parts = loose.Count(data_key="message_parts", metadata={"description": "SMS parts; 0 when blocked or a test."})
    price = loose.Money(data_key="message_price", metadata={"description": "In the account's currency."})
    country = loose.Text(metadata={"description": "The recipient's country, as AU."})
    carrier = loose.Text(metadata={"description": "The recipient's network."})
    shared_number = loose.Truth(data_key="is_shared_system_number", metadata={"description": "Sent from the pool."})

    @pre_load
    def weigh(self, row: Any, **_: Any) -> dict[str, Any]:
        """A refused message bears an id too: it proves nothing, so only an accepted one keeps it (page 2.3)."""
        told = dict(row)
        told["state"] = _state(told)
        if told["state"] not in {"accepted", "scheduled"}:
            told["message_id"] = None
        return told


SOON_SECONDS = 60  # a schedule nearer than this to the message's own date is "at once"


def _state(row: Mapping[str, Any]) -> str:
    wrong = errors.refusal(row.get("status"))
    if wrong is not None:
        return "failed" if isinstance(wrong, Rejected) else "unknown"
    if loose.message_id(row.get("message_id")) is None:
        return "unknown"
    due, now = loose.decimal(row.get("schedule")), loose.decimal(row.get("date"))
    base = float(now) if now else time.time()
    return "scheduled" if due and float(due) > base + SOON_SECONDS else "accepted"


class MessagesSent(loose.Told):
    """The answer to a send: a row a message; a list gives a row a contact."""

    message_id = loose.MessageId(metadata={"description": "Of the only message, when it was accepted."})
    messages = fields.List(fields.Nested(MessageSent))
    accepted = fields.Integer(metadata={"description": "Messages accepted, scheduled ones among them."})
    refused = fields.Integer(metadata={"description": "Messages refused."})
    total_price = loose.Money(metadata={"description": "Of the call, in `currency`."})
    currency = loose.Text(metadata={"description": "As AUD."})

    def open(self, data: Any) -> dict[str, Any]:
        """Counts come from the rows: ClickSend's own leave out some refusals (page 2.3)."""
        found = loose.rows(reading.items(data, "messages"))
        states = [_state(row) for row in found]
        return {
            "message_id": found[0].get("message_id") if states in (["accepted"], ["scheduled"]) else None,
            "messages": found,
            "accepted": sum(one in {"accepted", "scheduled"} for one in states),
            "refused": states.count("failed"),
            "total_price": data.get("total_price"),
            "currency": loose.currency(data),
        }


class PriceOfMessage(Reply):
    """What one message would cost; the id ClickSend gives it here is no message's and is left out (page 3.2)."""

    class Meta(Reply.Meta):
        """`from` is a word of Python."""

        include = {  # noqa: RUF012  (marshmallow's form)
            "from": loose.Phone(metadata={"description": "The sender that would be used."})
        }

    to = loose.Phone(metadata={"description": "The recipient, E.164."})
    price = loose.Money(data_key="message_price", metadata={"description": "Null where it is not known."})
    why_unknown = loose.Text(metadata={"description": "ClickSend's word for refusing it, where there is no price."})
    parts = loose.Count(data_key="message_parts", metadata={"description": "SMS parts."})
    custom_string = loose.Text(metadata={"description": "The reference given."})
    country = loose.Text(metadata={"description": "The recipient's country, as AU."})

    @pre_load
    def weigh(self, row: Any, **_: Any) -> dict[str, Any]:
        """A refused message is priced 0: that is unknown, not free."""
        told = dict(row)
        if errors.refusal(told.get("status")) is not None:
            told["message_price"], told["why_unknown"] = None, told.get("status")
        return told


class Prices(loose.Told):
    """What a send would cost; nothing was sent."""

    messages = fields.List(fields.Nested(PriceOfMessage))
    total_price = loose.Money(metadata={"description": "Of the priced messages, in `currency`."})
    currency = loose.Text(metadata={"description": "As AUD."})
    summary = fields.Dict(allow_none=True, metadata={"description": "By country, where `show_summary` was asked."})

    def open(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping) or not isinstance(data.get("messages"), list):
            raise ValidationError("an answer without messages")
        summary = data.get("_summary")
        return {
            "messages": loose.rows(data.get("messages")),
            "total_price": data.get("total_price"),
            "currency": loose.currency(data),
            "summary": dict(summary) if isinstance(summary, Mapping) else None,
        }
