"""What the stand-in remembers, and the words every area answers with (page 2.1, 2.2, 2.6)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

USER, SUBACCOUNT = 184220, 206611
OUR_NUMBER = "+61491570006"
CURRENCY = {
    "currency_name_short": "AUD",
    "currency_prefix_d": "$",
    "currency_prefix_c": "c",
    "currency_name_long": "Australian Dollars",
}
Row = dict[str, Any]

TEXT = frozenset({"message_id", "from", "to", "body", "timestamp"})  # what a text that really came in has


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: the HTTP status and the envelope's words."""

    data: Any = None
    text: str = "Here are your data."
    word: Any = "SUCCESS"
    status: int = 200

    def envelope(self) -> Row:
        """As it goes over the wire."""
        return {"http_code": self.status, "response_code": self.word, "response_msg": self.text, "data": self.data}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, read: the path's ids by name, the query, the JSON body."""

    ids: Mapping[str, str]
    query: Mapping[str, str]
    body: Any


class Refused(Exception):
    """Raised by any area to answer with an error."""

    def __init__(self, told: Told) -> None:
        super().__init__(told.text)
        self.told = told


def bad(text: str, data: Any = None) -> Refused:
    """400, in the shape of a validation."""
    return Refused(Told(data, text, "BAD_REQUEST", 400))


def absent(text: str = "Resource not found.") -> Refused:
    """404."""
    return Refused(Told(None, text, "NOT_FOUND", 404))


def forbidden(text: str = "You don't have permission to access this resource.") -> Refused:
    """403."""
    return Refused(Told(None, text, "FORBIDDEN", 403))


def needed(body: Any, *names: str) -> Mapping[str, Any]:
    """The body with all of `names` filled; raises 400 naming those that are not."""
    if not isinstance(body, Mapping):
        raise bad("Invalid input.", dict.fromkeys(names, "This field is required."))
    missing = [name for name in names if body.get(name) in (None, "")]
    if missing:
        told = {name: f"{name.replace('_', ' ').capitalize()} field is required." for name in missing}
        raise bad("Invalid input.", told)
    return body


def page(rows: list[Row], asked: Asked) -> Told:
    """One page of rows, as ClickSend wraps them; the limit is held to 15 to 100."""
    try:
        current, limit = int(asked.query.get("page", "1")), int(asked.query.get("limit", "15"))
    except ValueError:
        raise bad("Invalid input.", {"page": "The page must be an integer."}) from None
    limit, current = min(100, max(15, limit)), max(1, current)
    shown = rows[(current - 1) * limit : current * limit]
    last = -(-len(rows) // limit)
    return Told(
        {
            "total": len(rows),
            "per_page": limit,
            "current_page": current,
            "last_page": last,
            "next_page_url": f"/?page={current + 1}" if current < last else None,
            "prev_page_url": f"/?page={current - 1}" if current > 1 else None,
            "from": (current - 1) * limit + 1 if shown else None,
            "to": (current - 1) * limit + len(shown) if shown else None,
            "data": shown,
        }
    )


@dataclass
class Memory:
    """All of it; `clock` gives Unix seconds, `option` what the stand-in was told to be like."""

    option: Callable[[str, Any], Any]
    receipt: Callable[[Row, int], None] = lambda row, code: None  # noqa: ARG005  (pushes one)
    clock: Callable[[], float] = time.time
    api_key: str = ""
    spent: Decimal = Decimal(0)
    messages: list[Row] = field(default_factory=list)
    inbound: list[Row] = field(default_factory=list)  # texts, with "read"
    receipts: list[Row] = field(default_factory=list)  # for polling, with "read"
    recent: dict[tuple[str, str, str], float] = field(default_factory=dict)
    records: dict[str, dict[int, Row]] = field(default_factory=dict)  # kind → id → row
    asked_account: list[float] = field(default_factory=list)
    number: int = 7000

    @property
    def now(self) -> int:
        return int(self.clock())

    @property
    def balance(self) -> Decimal:
        return Decimal(str(self.option("balance", "10000"))) - self.spent

    def kind(self, name: str) -> dict[int, Row]:
        """The records of one kind: templates, rules, lists, …"""
        return self.records.setdefault(name, {})

    def add(self, kind: str, id_name: str, row: Mapping[str, Any]) -> Row:
        """A new record under the next number."""
        self.number += 1
        made = {id_name: self.number, **row}
        self.kind(kind)[self.number] = made
        return made

    def find(self, kind: str, given: str, told: Refused | None = None) -> Row:
        """The record; raises `told`, or 404."""
        found = self.kind(kind).get(int(given)) if given.isdigit() else None
        if found is None:
            raise told or absent()
        return found

    def heard(self, document: Mapping[str, Any]) -> None:
        """A text that came in stands in the history too; what is none, or a test, does not."""
        if not TEXT <= document.keys():
            return
        self.messages.append(
            {
                "direction": "in",
                "date": int(document["timestamp"]),
                "to": document["to"],
                "body": document["body"],
                "from": document["from"],
                "status": "Received",
                "message_id": document["message_id"],
                "custom_string": document.get("custom_string", ""),
                "message_parts": 1,
                "message_price": "0.0000",
                "schedule": "",
                "message_type": "sms",
            }
        )

    def forget(self) -> None:
        """Forgets messages and money spent; rules, templates and lists stay."""
        self.spent = Decimal(0)
        for one in (self.messages, self.inbound, self.receipts, self.asked_account):
            one.clear()
        self.recent.clear()


def new_id() -> str:
    """An id in ClickSend's form."""
    return str(uuid.uuid4()).upper()
