"""The history, the polled lists, marking them as read, and cancelling (page 3.3 to 3.6, 4.9)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate

from connectors import reading
from connectors.action import Ask, Call
from connectors.clicksend import loose, phones, webhooks
from connectors.clicksend.schemas import CUSTOM_STRING, MESSAGE_ID, NO_COMMA, Listing
from connectors.errors import InvalidCall
from connectors.guards import HookRequest
from connectors.schema import Reply, Request


class Past(fields.Field[int]):
    """A time to look back to: Unix seconds, or ISO 8601 with its zone; on the wire Unix seconds."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        del attr, data
        read = None if isinstance(value, bool) else reading.moment(value)
        if read is None:
            raise ValidationError("a time in Unix seconds or ISO 8601")
        return int(read.timestamp())


PAST = ["integer", "string"]
PLACE = re.compile(r"[1-9]\d{0,6}(@\d{1,12})?")
OVERLAP = 300  # seconds: their clock and ours, and whether `date_before` is inclusive (page 5, row 20)
ID = fields.String(
    required=True,
    validate=MESSAGE_ID,
    metadata={"description": "ClickSend's id of the message.", "example": "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001"},
)


class GetHistory(Listing):
    """Messages of the last four months, both ways."""

    class Meta(Listing.Meta):
        """`from` is a word of Python."""

        include = {  # noqa: RUF012  (marshmallow's form)
            "from": fields.String(validate=NO_COMMA, metadata={"description": "Only from this sender."})
        }

    FILTERS = {  # noqa: RUF012  (a table)
        "to": "to",
        "from": "from",
        "status": "status",
        "message_id": "message_id",
        "subaccount_id": "subaccount_id",
    }

    to = fields.String(validate=NO_COMMA, metadata={"description": "Only to this number, E.164."})
    status = fields.String(
        validate=NO_COMMA,
        metadata={"description": "Only in this state, in ClickSend's word: Sent, Scheduled, Cancelled, Received, …"},
    )
    message_id = fields.String(validate=MESSAGE_ID, metadata={"description": "Only this message."})
    subaccount_id = fields.Integer(metadata={"description": "Only of this subaccount."})
    since = Past(metadata={"wire": "date_from", "type": PAST, "description": "Unix seconds or ISO 8601."})
    until = Past(metadata={"wire": "date_to", "type": PAST, "description": "Unix seconds or ISO 8601."})
    order = fields.String(
        load_default="newest",
        validate=validate.OneOf(["newest", "oldest"]),
        metadata={"wire": "order_by", "description": "newest first (default) or oldest first."},
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Numbers in their one spelling; our word for the order becomes theirs."""
        wire["order_by"] = "date:asc" if wire["order_by"] == "oldest" else "date:desc"
        for name in ("to", "from"):
            if name in wire:
                wire[name] = phones.heard(wire[name])
        return super().to_wire(wire)


class HistoryRow(Reply):
    """One message of the history."""

    class Meta(Reply.Meta):
        """`from` is a word of Python."""

        include = {"from": loose.Phone(metadata={"description": "The sender."})}  # noqa: RUF012  (marshmallow's form)

    message_id = loose.MessageId()
    direction = loose.Text(metadata={"description": "outbound or inbound."})
    at = loose.Moment(data_key="date")
    to = loose.Phone()
    text = loose.Words(data_key="body")
    status = loose.Text(metadata={"description": "ClickSend's word; Completed is handed over, not delivered."})
    state = fields.String(allow_none=True, metadata={"description": "Ours: sent, delivered, failed; null inbound."})
    status_code = loose.Text()
    status_text = loose.Text()
    error_code = loose.Text()
    error_text = loose.Text()
    scheduled_at = loose.Moment(data_key="schedule")
    parts = loose.Count(data_key="message_parts")
    price = loose.Money(data_key="message_price")
    custom_string = loose.Text()
    country = loose.Text()
    carrier = loose.Text()
    list_id = loose.Id()
    contact_id = loose.Id()
    subaccount_id = loose.Id()

    @pre_load
    def weigh(self, row: Any, **_: Any) -> dict[str, Any]:
        """Delivery is decided by the gateway's number, as in a receipt (page 4.6)."""
        inward = str(row.get("direction", "")).lower() == "in"
        state = None if inward else str(webhooks.read_state(row)[1])
        return {**row, "direction": "inbound" if inward else "outbound", "state": state}


class History(loose.Page):
    """One page of the history."""

    items = fields.List(fields.Nested(HistoryRow))


class ReceiptRow(Reply):
    """How far one message came."""

    message_id = loose.MessageId()
    state = fields.String(metadata={"description": "sent, delivered, failed or unknown."})
    status_code = loose.Text()
    status_text = loose.Text()
    error_code = loose.Text()
    error_text = loose.Text()
    sent_at = loose.Moment(data_key="timestamp_send")
    at = loose.Moment(data_key="timestamp")
    custom_string = loose.Text()
    channel = loose.Text(metadata={"description": "sms, mms or voice."})
    digits = loose.Text(metadata={"description": "Keys pressed in a call."})
    subaccount_id = loose.Id()

    @pre_load
    def weigh(self, row: Any, **_: Any) -> dict[str, Any]:
        """The same reading as of a pushed receipt."""
        channel = row.get("message_type") or row.get("_message_type") or "sms"
        return {**row, "state": str(webhooks.read_state(row)[1]), "channel": channel}


MARKED = {"description": "What is older than this was marked as read; null where nothing was."}


class Receipts(loose.Page):
    """One page of unread receipts."""

    items = fields.List(fields.Nested(ReceiptRow))
    marked_before = loose.Moment(metadata=MARKED)


class OneReceipt(loose.Told):
    """The receipt of one message, read or not."""

    receipt = fields.Nested(ReceiptRow, allow_none=True, metadata={"description": "Null while there is none yet."})

    def open(self, data: Any) -> dict[str, Any]:
        return {"receipt": dict(data) if isinstance(data, Mapping) else None}


class Place(fields.Field[str]):
    """A cursor: a page's number, and after "@" when the first page was asked."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        del attr, data
        if isinstance(value, bool) or not PLACE.fullmatch(str(value)):
            raise ValidationError("give the cursor of the answer before, as it is")
        return str(value)


class Poll(Listing):
    """One page of what is unread; `mark_as_read` takes it off ClickSend's list once Ferry has it on disk."""

    cursor = Place(
        metadata={
            "wire": "page",
            "type": ["integer", "string"],
            "description": "From the answer before; absent: the first page.",
        }
    )
    mark_as_read = fields.Boolean(
        metadata={
            "description": "With the last page, mark as read all that is older than five minutes before the first page "
            "was asked. Say so on every page, and let one poll at a time."
        }
    )
    noted = fields.Integer(metadata={"description": "Set by Ferry: when the first page was asked, Unix seconds."})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """The page alone goes out; the rest is between our caller and us."""
        told = {name: value for name, value in wire.items() if name not in {"mark_as_read", "noted"}}
        if "page" in told:
            told["page"] = int(told["page"].partition("@")[0])
        return super().to_wire(told)


class InboundRow(Reply):
    """One text from a person."""

    class Meta(Reply.Meta):
        """`from` is a word of Python."""

        include = {"from": loose.Phone(metadata={"description": "The person."})}  # noqa: RUF012  (marshmallow's form)

    message_id = loose.MessageId()
    to = loose.Phone(metadata={"description": "Our number."})
    text = loose.Words(data_key="body")
    at = loose.Moment()
    reply_to = loose.MessageId(data_key="original_message_id", metadata={"description": "Our message it answers."})
    original_text = loose.Words(data_key="original_body")
    custom_string = loose.Text(metadata={"description": "The reference of the message it answers."})

    @pre_load
    def weigh(self, row: Any, **_: Any) -> dict[str, Any]:
        """Samples name the time in two ways (page 3.5)."""
        return {**row, "at": row.get("timestamp") or row.get("timestamp_send")}


class InboundTexts(loose.Page):
    """One page of unread texts; several POLL rules show each several times."""

    items = fields.List(fields.Nested(InboundRow))
    marked_before = loose.Moment(metadata=MARKED)

    def open(self, data: Any) -> dict[str, Any]:
        """Each text once a page."""
        told = super().open(data)
        seen: dict[Any, dict[str, Any]] = {}
        for at, row in enumerate(told["items"]):
            seen.setdefault(loose.message_id(row.get("message_id")) or at, row)
        return {**told, "items": list(seen.values())}


class OneInbound(loose.Told):
    """The first answer to a message of ours."""

    message = fields.Nested(InboundRow, allow_none=True, metadata={"description": "Null while nobody answered."})

    def open(self, data: Any) -> dict[str, Any]:
        return {"message": dict(data) if isinstance(data, Mapping) else None}


class OfMessage(Request):
    """One message."""

    message_id = ID


class MarkBefore(Request):
    """All before a time; without it ClickSend would mark what came after the list was read (page 3.4)."""

    date_before = Past(
        required=True,
        metadata={
            "type": PAST,
            "description": "Unix seconds or ISO 8601: the moment before the list was read, once it is safely kept.",
            "example": 1790000100,
        },
    )


class Marked(loose.Told):
    """What was marked."""

    marked = fields.Boolean(metadata={"description": "Always true."})
    count = loose.Count(metadata={"description": "Rows marked, where ClickSend says."})

    def open(self, data: Any) -> dict[str, Any]:
        return {"marked": True, "count": data}


class CancelAll(Request):
    """All scheduled SMS under one reference, or, said in so many words, every one of the account."""

    custom_string = fields.String(
        validate=[validate.Length(min=1, max=CUSTOM_STRING), validate.Regexp(r"\S", error="may not be blank")],
        metadata={"description": "Only those with this reference; how exactly it must match is not written."},
    )
    everything = fields.Boolean(
        validate=validate.Equal(True), metadata={"description": "true cancels every scheduled SMS of the account."}
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """The unfiltered form is an empty body: nobody may get it by leaving something out."""
        if ("custom_string" in wire) == ("everything" in wire):
            raise ValidationError({"custom_string": ["either this, or everything: true"]})
        wire.pop("everything", None)
        return wire


class Cancelled(loose.Told):
    """What was cancelled."""

    cancelled = fields.Boolean(metadata={"description": "Always true: a refusal is an error."})
    count = loose.Count(metadata={"description": "Messages cancelled, where several were meant."})

    def open(self, data: Any) -> dict[str, Any]:
        return {"cancelled": True, "count": data.get("count") if isinstance(data, Mapping) else None}


class Export(GetHistory):
    """The history as a file."""

    file_name = fields.String(
        required=True,
        validate=validate.Regexp(r"^[\w.-]+\.csv$", error="a name that ends in .csv"),
        metadata={
            "description": "Name of the CSV file to make, ending in .csv.",
            "wire": "filename",
            "example": "september.csv",
        },
    )


class Exported(loose.Told):
    """Where the file lies for a while."""

    url = loose.Text(metadata={"description": "On another host: never send credentials there."})


class TestPush(Request):
    """A sample push."""

    url = fields.URL(
        required=True,
        schemes={"https", "http"},
        require_tld=False,
        metadata={"description": "Where ClickSend pushes the sample.", "example": "https://hooks.example.net/try"},
    )


class TestInbound(TestPush):
    """A sample text."""

    encoding = fields.String(
        load_default="post",
        validate=validate.OneOf(["post", "get", "json"]),
        metadata={"wire": "webhook_type", "description": "post (a form), get or json."},
    )


class Pushed(loose.Told):
    """The sample ClickSend pushed; its ids are no real message's."""

    sample = fields.Dict()

    def open(self, data: Any) -> dict[str, Any]:
        return {"sample": dict(data) if isinstance(data, Mapping) else {}}


def heard(hook: str) -> Callable[[Call, bytes], HookRequest | None]:
    """
    What makes a push of the rows of a list, so that they are kept before anybody marks them as read.

    A text or receipt that was pushed as well is the same fact: its keys are the same.  The oldest comes first, whatever
    the list's order: of STOP and START the later one counts.
    """

    def told(call: Call, content: bytes) -> HookRequest | None:
        del call
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            return None
        data = answer.get("data") if isinstance(answer, Mapping) else None
        found = loose.rows(data.get("data") if isinstance(data, Mapping) else data)
        found.sort(key=lambda row: loose.integer(row.get("timestamp") or row.get("timestamp_send")) or 0)
        body = json.dumps(found, separators=(",", ":")).encode()
        return HookRequest("POST", hook, "", {"content-type": "application/json"}, body) if found else None

    return told


def note(call: Call, ask: Ask) -> Mapping[str, Any]:
    """
    The input with the time before the first page was asked: what came later must stay unread (page 3.4).

    raises: InvalidCall for a later page whose first one nobody noted
    """
    del ask
    given = call.input
    if not reading.truth(given.get("mark_as_read")):
        return given
    cursor = str(given.get("cursor") or "")
    noted = cursor.partition("@")[2]
    if cursor and not noted:
        told = "to mark what was listed, begin with the first page and say mark_as_read on each"
        raise InvalidCall(told, fields={"cursor": [told]})
    return {**given, "noted": int(noted) if noted.isdecimal() else int(time.time())}


def noted(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """raises: InvalidCall for a page to be marked whose time was not noted."""
    if reading.truth(call.input.get("mark_as_read")) and call.input.get("noted") is None:
        raise InvalidCall("the time was not noted, though the input says mark_as_read")
    return body


def marked(mark: str) -> Callable[[Call, Mapping[str, Any], Ask], Mapping[str, Any]]:
    """
    What marks a list with the action `mark`, after its last page was heard and so is on disk.

    Not between pages, as the list would shift, and not where the pages do not add up to what ClickSend says there is.
    """

    def last(call: Call, output: Mapping[str, Any], ask: Ask) -> Mapping[str, Any]:
        if not reading.truth(call.input.get("mark_as_read")):
            return output
        at, cursor = int(call.input["noted"]), output.get("cursor")
        if cursor is not None:
            return {**output, "cursor": f"{cursor}@{at}", "marked_before": None}
        page = int(str(call.input.get("cursor") or 1).partition("@")[0])
        listed = page * max(15, int(call.input.get("limit") or 100))
        total = output.get("total")
        if not output.get("items") or total is None or total > listed:
            return {**output, "marked_before": None}
        before = at - OVERLAP
        ask(mark, {"date_before": before})
        return {**output, "marked_before": loose.moment(before)}

    return last


def exact(given: Mapping[str, Any], output: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    The rows a filter really meant: whether `q` matches whole values is not written (page 5, row 7).

    Numbers and ids are compared in their one spelling, states without regard to case.
    """
    wanted = {name: str(given[name]) for name in GetHistory.FILTERS if given.get(name) not in (None, "")}
    if not wanted or "items" not in output:
        return output

    def meant(row: Mapping[str, Any]) -> bool:
        return all(_plain(name, value) == _plain(name, row.get(name)) for name, value in wanted.items())

    return {**output, "items": [row for row in output["items"] if meant(row)]}


def _plain(name: str, value: Any) -> str:
    told = str(value or "").strip()
    return (phones.heard(told) or "") if name in {"to", "from"} else told.lower()
