"""
Words every area of ClickSend shares, and those of SMS: ours on the left, theirs under `wire` and `data_key`.

The other areas stand beside, each with its rows in the actions_* of the same name.
Source: the provider's page, sections 1.3, 2.4 to 2.6 and 3.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from connectors import reading
from connectors.clicksend import consent, loose, phones
from connectors.schema import Request, Settings

PAST_SECONDS = 60  # how late a time may be and still mean now (page 5, row 25)
AHEAD_SECONDS = 120 * 24 * 3600  # ClickSend does not send what lies further ahead: "about 4 months" (page 3.1)
CUSTOM_STRING = 50  # characters
ALPHA_TAG = 11  # characters
PER_CALL = 1000  # messages in one send or price call, and recipients once lists are expanded (page 2.8)
COUNTRY = validate.Regexp(r"^[A-Za-z]{2}$", error="two letters, as AU")
MESSAGE_ID = validate.Regexp(r"^[A-Za-z0-9-]{1,64}$", error="letters, digits and hyphens, at most 64")
NO_COMMA = validate.Regexp(r"^[^,]+$", error="commas separate ClickSend's filters, so a value may not hold one")
PLACED = "E.164 with + (+61491570156); a local number needs `country` beside it."


class Account(Settings):
    """Settings of a connection."""

    username = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "API username: dashboard, Developers, API Credentials.", "example": "acme"},
    )
    base_url = fields.String(metadata={"description": "Another origin than https://rest.clicksend.com."})
    sender = fields.String(
        metadata={
            "description": "`from` of messages that name none; without it ClickSend chooses.",
            "example": "Bistro",
        }
    )
    dedicated_numbers = fields.String(
        metadata={
            "description": "Numbers you rent, E.164, with commas between: a reply leaves from the one written to.",
            "example": "+61491570006,+61491570007",
        }
    )
    source = fields.String(metadata={"description": "Your application's name in their statistics; default ferry."})
    max_parts = fields.Integer(
        validate=validate.Range(min=1, max=8),
        metadata={"description": "Longest text in SMS parts (default 8); ClickSend cuts longer ones off silently."},
    )
    webhook_type = fields.String(
        validate=validate.OneOf(["json", "post", "get"]),
        metadata={"description": "How the inbound rule Ferry makes pushes; default json."},
    )
    stop_words = fields.String(
        metadata={
            "description": "Whoever writes nothing but one of these is sent nothing more; commas between, - for none. "
            f"Default: {consent.STOP}.",
            "example": "stop, arret, alto",
        }
    )
    start_words = fields.String(
        metadata={"description": f"Takes it back; commas between, - for none. Default: {consent.START}."}
    )


class Keys(Settings):
    """Secrets of a connection."""

    api_key = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "API key, beside the username; not the account's password."},
    )


class Instant(fields.Field[int]):
    """A time to send at: Unix seconds, or ISO 8601 with its zone; on the wire Unix seconds.  0 and "" mean now."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        del attr, data
        if value in (0, "0", ""):
            return 0
        read = None if isinstance(value, bool) else reading.moment(value)
        if read is None:
            raise ValidationError("a time in Unix seconds or ISO 8601")
        seconds = int(read.timestamp())
        now = time.time()
        if seconds < now - PAST_SECONDS:
            raise ValidationError("this time has passed")
        if seconds > now + AHEAD_SECONDS:
            raise ValidationError("ClickSend sends nothing that is scheduled more than 120 days ahead")
        return seconds


class Sender(fields.String):
    """A sender: a number, or up to 11 characters without spaces; "" lets ClickSend choose (page 1.3)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        told = super()._deserialize(value, attr, data, **more).strip()
        if any(one.isspace() for one in told) and not told.startswith("+"):
            raise ValidationError("a sender has no spaces")
        if told.startswith("+"):
            try:
                return phones.to_e164(told)
            except ValueError as problem:
                raise ValidationError(str(problem)) from problem
        if len(told) > ALPHA_TAG and not told.isdigit():
            raise ValidationError("a sender's name has at most 11 characters")
        return told


class Amount(fields.Field[Decimal]):
    """A sum of money as decimal text or number, above 0."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Decimal:
        del attr, data
        read = loose.decimal(value)
        if read is None or read <= 0:
            raise ValidationError("a sum above 0, as 2.50")
        return read


class Recipient(Request):
    """Who gets it, when, under which reference: what SMS, MMS and voice messages have in common."""

    to = fields.String(metadata={"description": f"The other party. {PLACED}", "example": "+61491570156"})
    list_id = fields.Integer(
        validate=validate.Range(min=1),
        metadata={"description": "A contact list instead of `to`: one message for each of its contacts."},
    )
    country = fields.String(validate=COUNTRY, metadata={"description": "ISO 3166 country of a local `to`."})
    send_at = Instant(
        metadata={
            "wire": "schedule",
            "type": ["integer", "string"],
            "description": "When to send, Unix seconds or ISO 8601, at most 120 days ahead; absent: now.",
        }
    )
    custom_string = fields.String(
        validate=validate.Length(min=1, max=CUSTOM_STRING),
        metadata={"description": "Your reference, at most 50 characters; ours when absent. Receipts repeat it."},
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """One recipient or one list; a number in its one spelling; no `schedule` for now."""
        wire = super().to_wire(wire)
        return settle(wire)


def settle(wire: dict[str, Any]) -> dict[str, Any]:
    """
    A message with its number in E.164.

    raises: ValidationError for no recipient, or two: with both, which one wins is not written (page 5, row 29)
    """
    if ("to" in wire) == ("list_id" in wire):
        raise ValidationError({"to": ["exactly one of to and list_id"]})
    if "to" in wire:
        try:
            wire["to"] = phones.to_e164(wire["to"], wire.get("country"))
        except ValueError as problem:
            raise ValidationError({"to": [str(problem)]}) from problem
    if not wire.get("schedule"):
        wire.pop("schedule", None)
    if "country" in wire:
        wire["country"] = wire["country"].upper()
    return wire


class Written(Recipient):
    """A message with a sender: SMS and MMS."""

    class Meta(Request.Meta):
        """`from` is a word of Python."""

        include = {  # noqa: RUF012  (marshmallow's form)
            "from": Sender(
                metadata={
                    "description": "Sender: a number of yours or a registered name, at most 11 characters without "
                    "spaces. Absent: the connection's `sender`, else ClickSend chooses. It may be replaced silently.",
                    "example": "Bistro",
                }
            )
        }

    from_email = fields.Email(metadata={"description": "Address that gets the recipient's answer by e-mail."})
    via = fields.String(
        metadata={"description": "Our number the other party wrote to: the sender, if among `dedicated_numbers`."}
    )


class Sms(Written):
    """One SMS."""

    text = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"wire": "body", "description": "Up to 8 parts: 1,224 GSM-7 or 536 Unicode characters."},
    )


class Batch(Request):
    """
    One message or many in one call; mixed in before the schema of one message, whose fields it takes as its own.

    first, shared, places: set by `batches.cut` and `without`, so that pieces of one large input name their messages as
    the whole would
    """

    ABOVE: frozenset[str] = frozenset({"messages"})  # wire names that stand beside `messages`, not in one

    budget = Amount(
        metadata={
            "description": "Most to spend, in the account's currency: the price is asked first, and a dearer call "
            "does not leave.",
            "example": "2.50",
        }
    )
    first = fields.Integer(
        validate=validate.Range(min=0),
        metadata={"description": "Set by Ferry when it cuts a large batch: position of the first of these messages."},
    )
    places = fields.List(
        fields.Integer(),
        metadata={"description": "Set by Ferry when it takes opted-out people out: positions of those that are left."},
    )
    shared = fields.List(
        fields.String(),
        metadata={"description": "Set by Ferry when it cuts a large batch: custom_strings that several messages bear."},
    )

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """What one message must have, a batch need not: `fold` asks for it where there is no `messages`."""
        del field_name
        field_obj.metadata = {**field_obj.metadata, "needed": field_obj.required}
        field_obj.required = False

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """`{"messages": […]}`, whether one or many were given."""
        told = {name: value for name, value in wire.items() if name not in {"budget", "first", "places", "shared"}}
        above = {name: told.pop(name) for name in self.ABOVE & told.keys()}
        if "messages" in above:
            if told:
                raise ValidationError({name: ["belongs into each of messages"] for name in told})
            _distinct(above["messages"])
            return above
        missing = {
            name: ["Missing data for required field."]
            for name, field in self.fields.items()
            if field.metadata.get("needed") and (theirs := field.metadata.get("wire", name)) not in told
            if theirs not in self.ABOVE
        }
        if missing:
            raise ValidationError(missing)
        return {**above, "messages": [settle(told)]}


def _distinct(messages: list[dict[str, Any]]) -> None:
    """Outcomes are matched by reference and recipient: two messages with both alike could not be told apart."""
    seen: set[tuple[Any, Any]] = set()
    wrong: dict[int, Any] = {}
    for at, one in enumerate(messages):
        if "custom_string" not in one:
            continue
        mark = (one["custom_string"], one.get("to") or one.get("list_id"))
        if mark in seen:
            wrong[at] = {"custom_string": ["another message to the same recipient bears it"]}
        seen.add(mark)
    if wrong:
        raise ValidationError({"messages": wrong})


class SendSms(Batch, Sms):
    """One SMS by its own words, or many under `messages`."""

    ABOVE = Batch.ABOVE | {"shorten_urls", "senders"}

    messages = fields.List(
        fields.Nested(Sms),
        validate=validate.Length(min=1),
        metadata={"description": "Many messages in place of one; more than 1,000 are cut into several calls."},
    )
    shorten_urls = fields.Boolean(metadata={"description": "Shortens one URL of each message."})
    senders = fields.List(
        fields.Dict(),
        metadata={"description": "Default senders by country; only for accounts in that beta."},
    )


class PriceSms(SendSms):
    """The same words as for sending, but for a budget."""

    class Meta(SendSms.Meta):
        """A price has no budget to keep to."""

        exclude = ("budget",)

    ABOVE = SendSms.ABOVE | {"show_summary"}

    show_summary = fields.Boolean(metadata={"description": "Adds what each country asks of a sender."})


class Listing(Request):
    """One page of a list (page 2.6)."""

    limit = fields.Integer(
        load_default=100,
        validate=validate.Range(min=1, max=100),
        metadata={"description": "Rows a page, at most 100; ClickSend gives 15 where fewer are asked."},
    )
    cursor: fields.Field[Any] = fields.Integer(
        validate=validate.Range(min=1),
        metadata={"wire": "page", "description": "From the answer before; absent: the first page."},
    )

    FILTERS: Mapping[str, str] = {}  # wire name of ours → their name in `q`

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Filters join into `q`; a limit below theirs is raised to it."""
        wire["limit"] = max(15, wire["limit"])
        told = [f"{name}:{wire.pop(ours)}" for ours, name in self.FILTERS.items() if ours in wire]
        return {**wire, "q": ",".join(told)} if told else wire
