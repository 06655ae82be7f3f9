"""
Fields that read what ClickSend says today and said yesterday; none of them raises (page 2.4).

A price is 0.07, "0.0792" or 0, a count "1.00", a time 1790000000, "1790000000", "" or "1721099039,", an absent thing
null, "" or 0.  What cannot be read is None: a strange price must not sink the message it stands beside.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import fields, pre_load

from connectors import reading
from connectors.clicksend import phones
from connectors.schema import Reply

NONE_WORDS = frozenset({"", "null", "none"})  # how a form or an older answer writes "nothing"
MAX_DIGITS = 30


def decimal(value: Any) -> Decimal | None:
    """A finite decimal number, or None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        read = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return read if read.is_finite() and abs(read.adjusted()) < MAX_DIGITS else None


def integer(value: Any) -> int | None:
    """A whole number: 1, "1" or "1.00"; else None."""
    read = decimal(value)
    return int(read) if read is not None else None


def word(value: Any) -> str | None:
    """A text or number as text; what stands for nothing is None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    told = str(value)
    return None if told.strip().lower() in NONE_WORDS else told


def message_id(value: Any) -> str | None:
    """A message's id, in capitals: ClickSend compares them without regard to case (page 2.5)."""
    told = word(value)
    return told.strip().upper() if told else None


def moment(value: Any) -> str | None:
    """A time as RFC 3339 in UTC with milliseconds; a trailing comma seen in a sample is dropped."""
    read = reading.moment(value.strip(" ,") if isinstance(value, str) else value)
    return None if read is None else read.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Loose:
    """`deserialize` without marshmallow's own checks; subclasses say how a value is read."""

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **_: Any) -> Any:
        del attr, data
        return self.read(value)

    def read(self, value: Any) -> Any:
        raise NotImplementedError


class Text(_Loose, fields.String):
    """Text, None where it stands for nothing."""

    def read(self, value: Any) -> str | None:
        return word(value)


class Words(_Loose, fields.String):
    """Text exactly as it came, "" too."""

    def read(self, value: Any) -> str | None:
        return value if isinstance(value, str) else word(value)


class Phone(_Loose, fields.String):
    """A number in E.164, or a sender's name as it is."""

    def read(self, value: Any) -> str | None:
        return phones.heard(word(value))


class MessageId(_Loose, fields.String):
    """See `message_id`."""

    def read(self, value: Any) -> str | None:
        return message_id(value)


class Id(_Loose, fields.String):
    """An id; null, "" and 0 mean there is none."""

    def read(self, value: Any) -> str | None:
        told = word(value)
        return None if told is None or told.strip() == "0" else told.strip()


class Count(_Loose, fields.Integer):
    """A whole number, None where there is none."""

    def read(self, value: Any) -> int | None:
        return integer(value)


class Money(_Loose, fields.String):
    """A decimal number as text, e.g. "0.0792", in the account's currency."""

    def read(self, value: Any) -> str | None:
        read = decimal(value)
        return None if read is None else format(read, "f")


class Moment(_Loose, fields.String):
    """See `moment`."""

    def read(self, value: Any) -> str | None:
        return moment(value)


class Truth(_Loose, fields.Boolean):
    """True or False of 1, "1", "true" and their opposites; else None."""

    def read(self, value: Any) -> bool | None:
        return reading.truth(value)


class Told(Reply):
    """The `data` of an envelope, in our words; `data` that is no object gives nothing to read."""

    @pre_load
    def unfold(self, answer: Any, **_: Any) -> dict[str, Any]:
        """What stands under `data`; subclasses may fold it further in `open`."""
        data = answer.get("data") if isinstance(answer, Mapping) else None
        return self.open(data)

    def open(self, data: Any) -> dict[str, Any]:
        """Override where `data` is not the object itself."""
        return dict(data) if isinstance(data, Mapping) else {}


class Page(Told):
    """
    One page of rows under `items`, and the `cursor` that asks for the next.

    ClickSend's own next_page_url loses filters and limit, so the cursor is a page number; it is null when the last page
    was reached or the page has no rows (page 2.6).  A bare array is read as the only page.
    """

    cursor = fields.String(
        allow_none=True, metadata={"description": "Give it as `cursor` for the next page; null at the end."}
    )
    total = Count(metadata={"description": "Rows over all pages."})

    def open(self, data: Any) -> dict[str, Any]:
        if isinstance(data, list):
            return {"items": rows(data), "cursor": None, "total": len(data)}
        if not isinstance(data, Mapping):
            return {"items": [], "cursor": None, "total": 0}
        found = rows(data.get("data"))
        current, last = integer(data.get("current_page")) or 1, integer(data.get("last_page")) or 0
        more = bool(found) and current < last
        return {"items": found, "cursor": str(current + 1) if more else None, "total": data.get("total")}


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; anything else in it is left out, alone."""
    return [dict(one) for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def currency(data: Mapping[str, Any]) -> str | None:
    """ "AUD" of `_currency`, or of `currency` in older answers."""
    for name in ("_currency", "currency"):
        found = reading.text(reading.mapping(data, name), "currency_name_short")
        if found:
            return found
    return None


class Gone(Told):
    """What was deleted; `existed` is false where ClickSend knew nothing of it (any more)."""

    deleted = fields.Boolean(metadata={"description": "Always true: it is not there now."})
    existed = fields.Boolean(metadata={"description": "Whether this call found it."})

    @pre_load
    def unfold(self, answer: Any, **_: Any) -> dict[str, Any]:
        """A 404 is an answer here: what a repeat of an unknown deletion hears (page 3.10)."""
        status = integer(answer.get("http_code")) if isinstance(answer, Mapping) else None
        return {"deleted": True, "existed": status != 404}
