"""
Dead letters: copies of what ended without success and waits for a person.

A letter waits until somebody replays or discards it, or what it tells of is resolved; who did so, when and why stays on
record.  The oldest go after their time, and beyond a number and a size, those that were dealt with first.

kind:  run | request | delivery | task
cause: what people group by; `text` says it in a sentence
state: waiting | replayed | discarded | resolved
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from worker.store import ids, newest
from worker.store.base import Store
from worker.store.text import stamp, text

KINDS = ("run", "request", "delivery", "task")
STATES = ("waiting", "replayed", "discarded", "resolved")
WORDS = 300  # characters of `text`
META = ("kind", "provider", "connection", "cause", "at", "how")


@dataclass(frozen=True, slots=True)
class Who:
    """Who deals with a letter, and why; `ask` makes the asking its own, so that it may be repeated."""

    by: str
    why: str = ""
    sweep: str = ""
    ask: str = field(default_factory=lambda: secrets.token_hex(8))

    def packed(self) -> str:
        """For the scripts."""
        return json.dumps({"by": self.by, "why": self.why, "sweep": self.sweep, "ask": self.ask}, ensure_ascii=False)


def letter(
    store: Store, cause: str, body: Any, *, connection: str = "", provider: str = "", told: str = ""
) -> dict[str, Any]:
    """What the scripts take that may write one."""
    return {
        "cause": cause,
        "connection": connection,
        "provider": provider,
        "text": told[:WORDS],
        "json": json.dumps(body, ensure_ascii=False),
        "most": max(1, store.retention.letters_most // store.partitions),
        "room": max(1, store.retention.letters_bytes // store.partitions),
    }


def put(
    store: Store,
    partition: int,
    ident: str,
    *,
    kind: str,
    cause: str,
    connection: str,
    body: Any,
    provider: str = "",
    told: str = "",
) -> None:
    """Sets aside something that is no run."""
    made = letter(store, cause, body, connection=connection, provider=provider, told=told)
    store.run("aside", partition, ident, kind, json.dumps(made, ensure_ascii=False))


def partition_of(store: Store, ident: str) -> int | None:
    """Where a letter of this id would lie: a run's, an event's, a request's source's, a task's."""
    request = ids.request_of(ident)
    if request is not None:
        return store.of(request[0])
    return ids.partition_in(ident.partition(":")[0], store.partitions)


def get(store: Store, ident: str) -> dict[str, Any] | None:
    """One of them, whatever its state; None when there is none."""
    partition = partition_of(store, ident)
    if partition is None:
        return None
    return _whole(store, [(partition, ident)])[0]


def deal(store: Store, ident: str, how: str, who: Who) -> bool:
    """Takes one that waits out of the list: only the first who does so is told True."""
    partition = partition_of(store, ident)
    return partition is not None and bool(store.run("deal", partition, ident, how, who.packed()))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters; times in ms, `since` included and `until` not.  `ids`: these only."""

    kind: str = ""
    cause: str = ""
    connection: str = ""
    provider: str = ""
    since: int | None = None
    until: int | None = None
    ids: frozenset[str] = frozenset()
    state: str = "waiting"

    @property
    def index(self) -> str:
        """The key all of them stand in."""
        if self.state != "waiting":
            return "dld"
        return f"dlw:{self.cause}" if self.cause else "dl"

    @property
    def bounds(self) -> tuple[str, str]:
        """Of their places, in µs."""
        low = "-inf" if self.since is None else str(self.since * 1000)
        return low, "+inf" if self.until is None else f"({self.until * 1000}"

    def fits(self, meta: Mapping[str, str]) -> bool:
        """Whether one is meant, by its META."""
        named = all(
            not wish or wish == meta[name]
            for name, wish in (
                ("kind", self.kind),
                ("cause", self.cause),
                ("connection", self.connection),
                ("provider", self.provider),
            )
        )
        return named and meta["how"] == ("" if self.state == "waiting" else self.state)


ALL = Wanted()


def metas(store: Store, partition: int, names: Sequence[str]) -> list[dict[str, str] | None]:
    """The META of each, None for each that is gone; one round trip."""
    with store.client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.hmget(store.key(partition, f"dl:{name}"), META)
        rows = pipe.execute() if names else []
    return [dict(zip(META, map(text, row), strict=True)) if row[0] is not None else None for row in rows]


def page(
    store: Store, wanted: Wanted = ALL, *, before: newest.Place | None = None, limit: int = 50
) -> tuple[list[dict[str, Any]], newest.Place | None]:
    """Letters, newest first, and the cursor of the next page: one may be short and still have a next."""
    if wanted.ids:
        chosen = [(at, name) for name in sorted(wanted.ids) if (at := partition_of(store, name)) is not None]
        found = [
            one
            for one in _whole(store, chosen)
            if one and wanted.fits(one | {"how": "" if one["state"] == "waiting" else one["state"]})
        ]
        return found[:limit], None

    def read(partition: int, names: Sequence[str]) -> list[tuple[int, str, dict[str, str]] | None]:
        told = zip(names, metas(store, partition, names), strict=True)
        return [None if meta is None else (partition, name, meta) for name, meta in told]

    indexes = [newest.Index(f"{one:04d}", one, wanted.index) for one in range(store.partitions)]
    rows, place = newest.over(
        store,
        indexes,
        read,
        wanted=lambda row: wanted.fits(row[2]),
        before=before,
        limit=limit,
        bounds=wanted.bounds,
    )
    return [one for one in _whole(store, [row[:2] for row in rows]) if one], place


def listing(store: Store, *, limit: int = 50) -> list[dict[str, Any]]:
    """The newest that wait."""
    return page(store, limit=limit)[0]


def _whole(store: Store, places: Sequence[tuple[int, str]]) -> list[dict[str, Any] | None]:
    with store.client.pipeline(transaction=False) as pipe:
        for partition, name in places:
            pipe.hgetall(store.key(partition, f"dl:{name}"))
        records = pipe.execute() if places else []
    return [_shown(name, record) if record else None for (_, name), record in zip(places, records, strict=True)]


def _shown(name: str, record: Any) -> dict[str, Any]:
    fields = {text(key): value for key, value in record.items()}
    done = stamp(fields.get("done"))
    dealt = {"at": done, "by": text(fields.get("by")), "why": text(fields.get("why")) or None}
    return {
        "id": name,
        "kind": text(fields["kind"]),
        "cause": text(fields["cause"]),
        "text": text(fields.get("text")) or None,
        "connection": text(fields["connection"]),
        "provider": text(fields.get("provider")),
        "at": stamp(fields["at"]),
        "again": int(fields.get("again") or 0),
        "state": text(fields.get("how")) if done else "waiting",
        "dealt_with": dealt if done else None,
        "body": json.loads(fields["json"]),
    }


def dropped(store: Store) -> int:
    """How many had to go while they waited, because there were too many or they took too much room."""
    found = (store.client.hget(store.key(one, "dlb"), "dropped") for one in range(store.partitions))
    return sum(int(one or 0) for one in found)
