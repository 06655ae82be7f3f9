"""
The activity log: each webhook request that came in, each that was refused, and each call that went out.

It is for a person who looks what is going on, and bounded: some LENGTH lines a partition, the oldest go first.  What
was accepted and what went out is written inside the scripts that store it (`jot` in lua/prelude.lua), at no round trip
of its own.  No texts, numbers or secrets: ids, sizes, statuses, milliseconds, and reasons in our own words.

A line is a stream entry of one field, the kind, and parts joined by tabs.  Readers take what they know of it.

    i  connection, request, method, hook, bytes                   accepted
    x  connection, outcome, status, count, provider, why          refused: `count` of one second, of one process
    o  connection, provider, run, action, status, ms, verdict, error, reason      a call, or an end without one
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.store import ids
from worker.store.base import Store
from worker.store.feed import Feed, cursor_of
from worker.store.text import millis, pairs, stamp, text

STREAM = "log"
LENGTH = 10_000  # as in lua/prelude.lua; trimmed a node of the stream at a time
WORDS = {"again": "waiting", "more": "running"}  # a verdict, as the state it leaves the run in


@dataclass(frozen=True, slots=True)
class Refusal:
    """Requests that were not taken: all of one kind within a second.  connection: "" where it is nobody's."""

    connection: str
    outcome: str
    status: int
    provider: str
    why: str


def line(*parts: object) -> str:
    """Parts as one `v`; a tab or an end of line in one of them would begin another."""
    return "\t".join("" if one is None else " ".join(str(one).split()) for one in parts)


def refused(store: Store, counted: Iterable[tuple[Refusal, int]]) -> None:
    """Writes down what was refused and how often, in one round trip."""
    with store.client.pipeline(transaction=False) as pipe:
        for one, count in counted:
            key = store.key(store.of(one.connection) if one.connection else 0, STREAM)
            said = line(one.connection, one.outcome, one.status, count, one.provider, one.why)
            pipe.xadd(key, {"x": said}, maxlen=LENGTH, approximate=True)
        pipe.execute()


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Which lines.

    direction: "in" | "out" | ""
    status:    "" for all, else e.g. {"5xx", "404"}
    """

    direction: str = ""
    status: frozenset[str] = frozenset()
    connection: str = ""
    provider: str = ""
    outcome: frozenset[str] = frozenset()

    def __call__(self, one: dict[str, Any]) -> bool:
        """Whether this is one of them."""
        if self.direction and one["direction"] != self.direction:
            return False
        if self.connection and one["connection"] != self.connection:
            return False
        if self.provider and one["provider"] != self.provider:
            return False
        if self.outcome and one["outcome"] not in self.outcome:
            return False
        told = str(one["status"] or "")
        return not self.status or (bool(told) and bool({told, f"{told[0]}xx"} & self.status))


Known = Callable[[str], tuple[str | None, int]]
"""Connection → what its provider is called (None: nobody knows it any more), the status it hears of what was taken."""


class Lines(Feed[dict[str, Any]]):
    """The log of all partitions."""

    name = STREAM

    def __init__(self, store: Store, known: Known) -> None:
        super().__init__(store)
        self.known = known

    def forgotten(self, partition: int) -> str:
        del partition
        return "0-0"  # it is a log: what went is gone, and nobody counts on it

    def read(self, stream_id: str, fields: Any) -> dict[str, Any]:
        """One line in the outside's words; what does not belong to its kind is null."""
        kind, said = next(iter((fields if isinstance(fields, dict) else pairs(fields)).items()))
        connection, *parts = text(said).split("\t")
        kind = text(kind)
        title, taken = self.known(connection) if connection else (None, 0)
        told: dict[str, Any] = {
            "id": stream_id,
            "at": stamp(stream_id.split("-", maxsplit=1)[0]),
            "direction": "out" if kind == "o" else "in",
            "connection": connection or None,
            "provider": title,
            "status": None,
            "outcome": None,
            "ms": None,
            "count": 1,
            **dict.fromkeys(("reason", "request", "method", "hook", "bytes", "run", "action", "error")),
        }
        told |= READERS.get(kind, _strange)(connection, [*parts, *[""] * 8])
        if kind == "i":
            told["status"] = taken
        return told


def _accepted(connection: str, parts: list[str]) -> dict[str, Any]:
    return {
        "outcome": "accepted",
        "request": ids.request_id(connection, parts[0]),
        "method": parts[1] or None,
        "hook": parts[2] or None,
        "bytes": _number(parts[3]),
    }


def _refused(connection: str, parts: list[str]) -> dict[str, Any]:
    del connection
    told = {
        "outcome": parts[0],
        "status": _number(parts[1]),
        "count": _number(parts[2]) or 1,
        "reason": parts[4] or None,
    }
    return {**told, "provider": parts[3]} if parts[3] else told


def _out(connection: str, parts: list[str]) -> dict[str, Any]:
    del connection
    told = {
        "run": parts[1] or None,
        "action": parts[2] or None,
        "status": _number(parts[3]),
        "ms": _number(parts[4]),
        "outcome": WORDS.get(parts[5], parts[5]),
        "error": parts[6] or None,
        "reason": parts[7] or None,
    }
    return {**told, "provider": parts[0]} if parts[0] else told


def _strange(connection: str, parts: list[str]) -> dict[str, Any]:
    del connection, parts
    return {"outcome": "unknown"}  # of a version after ours


READERS = {"i": _accepted, "x": _refused, "o": _out}


def _number(word: str) -> int | None:
    return int(word) if word.isdecimal() else None


def since(store: Store, moment: datetime) -> str:
    """A cursor for what came after a time."""
    return cursor_of([f"{millis(moment)}-0"] * store.partitions)
