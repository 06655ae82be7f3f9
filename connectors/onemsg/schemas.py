"""
What can be sent to a person through 1msg, and what they answer: our words, `wire` theirs.

Bodies leave the schemas with `to`, the canonical chat id; `actions.addressed` makes their one destination field of it,
as only the connection knows how its channel wants to hear it.

source: our page §2.1 (recipients), §2.9 (limits), §3.4, §3.11 – §3.16
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from connectors.onemsg import address
from connectors.schema import Reply, Request

MAX_TEXT = 4096  # characters of a text (§2.9)
MAX_CAPTION = 1024  # characters of a caption (§2.9)
MAX_ID = 255  # characters of a message id (§2.2)


class Address(fields.String):
    """A recipient in any spelling of §2.1, as its canonical chat id."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        del attr, data, kwargs
        found = address.canonical(value)
        if found is None:
            told = "neither a phone number (6 to 15 digits) nor a chat id, a BSUID or <name>@username"
            raise ValidationError(told)
        return found


TO = {
    "description": "The other party: a phone number with its country code, or the contact id of an event "
    "(`15550100123@c.us`, `US.100000000000001@lid`, `…@g.us`), a BSUID, `<name>@username`.",
    "example": "15550100123@c.us",
    "also": ["chatId", "phone", "bsuid", "username"],
}
REPLY_TO = {
    "wire": "quotedMsgId",
    "description": "Message id this answers; it must begin with `wamid.` unless the connection allows legacy ids.",
    "example": "wamid.INBOUND000111==",
}


class ToSomeone(Request):
    """Whatever reaches a person."""

    to = Address(required=True, metadata=TO)

    @pre_load
    def spell(self, data: Any, **_: Any) -> Any:
        """A bare `username` becomes an address before the spellings are told apart."""
        if isinstance(data, Mapping) and "to" not in data and "username" in data:
            data = {**data, "username": address.spelled("username", data["username"])}
        return super().spell(data)


class SendMessage(ToSomeone):
    """A text (§3.14)."""

    text = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={
            "wire": "body",
            "description": f"1 to {MAX_TEXT} characters; `*bold*`, `_italic_` and line feeds are WhatsApp's.",
            "example": "Hello 🌍",
        },
    )
    reply_to = fields.String(validate=validate.Length(min=1, max=MAX_ID), metadata=REPLY_TO)
    split = fields.Boolean(
        metadata={
            "description": f"Cut a text longer than {MAX_TEXT} characters into several messages; by default it is "
            "refused."
        }
    )

    @validates_schema
    def fits(self, data: Mapping[str, Any], **_: Any) -> None:
        """A long text is cut only for those who asked for it."""
        if len(data.get("text", "")) > MAX_TEXT and not data.get("split"):
            told = f"Longer than {MAX_TEXT} characters; set `split` to send it as several messages."
            raise ValidationError(told, "text")

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in wire.items() if name != "split"}


class SendReaction(ToSomeone):
    """One emoji on a message (§3.11)."""

    message_id = fields.String(
        required=True,
        validate=validate.Length(min=1, max=MAX_ID),
        metadata={
            "wire": "quotedMsgId",
            "description": "Id of the message reacted to.",
            "example": "wamid.INBOUND000111==",
        },
    )
    emoji = fields.String(
        required=True,
        validate=[validate.Length(max=32), validate.Regexp(r"^[^\sA-Za-z]*\Z", error="One emoji, or nothing.")],
        metadata={
            "wire": "body",
            "description": "One emoji; an empty text takes our reaction away.",
            "example": "👍",
        },
    )


class MarkAsRead(Request):
    """The read mark, and the typing indicator that comes with it (§3.4)."""

    message_id = fields.String(
        required=True,
        validate=validate.Length(min=1, max=MAX_ID),
        metadata={
            "wire": "messageId",
            "also": ["msgId"],
            "description": "Id of a received message; earlier ones of the chat become read too.",
            "example": "wamid.INBOUND000111==",
        },
    )
    typing = fields.Boolean(
        metadata={
            "wire": "typingIndicator",
            "description": "Also show “typing…”, for 25 s or until our next message.",
            "example": True,
        }
    )
    to = Address(
        metadata={
            "description": "The other party, where known; 1msg does not need it, our order of work does.",
            "example": "15550100123@c.us",
            "also": ["chatId"],
        }
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in wire.items() if name != "to"}


class Sent(Reply):
    """
    What became of a send: accepted means handed to WhatsApp; delivered or failed comes later, as a receipt.

    `queued` means that 1msg keeps it as a job: its message id is told by the echo, and it must not be sent again.
    """

    message_id = fields.String(
        data_key="id",
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The provider's message id; null when they gave none.",
            "example": "wamid.OUT000222==",
        },
    )
    state = fields.String(
        load_default="accepted", metadata={"description": "`accepted` or `queued`.", "example": "accepted"}
    )
    job_id = fields.String(
        data_key="jobId",
        load_default=None,
        allow_none=True,
        metadata={"description": "Their job, when it is queued.", "example": None},
    )


class Done(Reply):
    """An answer that says no more than yes."""

    done = fields.Boolean(load_default=True, metadata={"description": "Always true: a refusal is an error."})
