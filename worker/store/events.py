"""Events: one script a fact, which writes it, and all it touches, once."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.store import ids
from worker.store.base import Store
from worker.store.text import pairs, text

PAGES = 20  # what one listing reads of a partition while it filters


@dataclass(frozen=True, slots=True)
class Commit:
    """
    One event and what it touches.  Times in ms; "" says there is none; see lua/record.lua.

    body: the event as DESIGN.md §6 shows it, `raw` included
    """

    partition: int
    body: Mapping[str, Any]
    connection: str
    conversation: str = ""
    message: str = ""
    provider_id: str = ""
    status: str = ""
    status_at: int | str = ""
    direction: str = ""
    window_until: int | str = ""
    occurred: int | str = ""
    contact: str = ""  # JSON {contact, channel, via}
    run: str = ""
    echo: bool = False
    subscriptions: Sequence[str] = ()
    ref: str = ""  # our own reference, as a receipt gives it back

    def words(self, store: Store) -> tuple[Any, ...]:
        """The script's arguments."""
        return (
            self.body["id"],
            json.dumps(self.body, ensure_ascii=False, separators=(",", ":")),
            store.retention.seen,
            self.connection,
            self.conversation,
            self.message,
            self.provider_id,
            self.status,
            self.status_at,
            self.direction,
            self.window_until,
            self.occurred,
            self.contact,
            self.run,
            "1" if self.echo else "",
            ",".join(self.subscriptions),
            self.body["type"],
            store.retention.runs,
            self.ref,
        )

    def packed(self, store: Store) -> list[str]:
        """The same for a script that records it among other things."""
        return [str(word) for word in self.words(store)]


def packed(store: Store, commits: Iterable[Commit]) -> str:
    """Commits as one argument of `finish`, `orphan`, `expire` and `settle`."""
    return json.dumps([one.packed(store) for one in commits], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of one commit: "new" | "duplicate" | "held" | "error"."""

    told: str
    error: Exception | None = None


def commit(store: Store, commits: Sequence[Commit]) -> tuple[list[Committed], set[tuple[int, str]]]:
    """
    All of them in one round trip, each alone.

    returns: (what became of each, {(partition, queue)} to ring)
    """
    told = store.scripts.many("commit", [(one.partition, one.words(store)) for one in commits])
    outcomes: list[Committed] = []
    rings: set[tuple[int, str]] = set()
    for one, answer in zip(commits, told, strict=True):
        if isinstance(answer, Exception):
            outcomes.append(Committed("error", answer))
            continue
        word = text(answer[0])
        outcomes.append(Committed(word if word in {"duplicate", "held"} else "new"))
        rings.update((one.partition, text(queue)) for queue in answer[1:])
    return outcomes, rings


def get(store: Store, ident: str) -> dict[str, Any] | None:
    """An event by its id; None when there is none or it is no longer kept."""
    partition = ids.partition_in(ident, store.partitions)
    if partition is None:
        return None
    stream_id = text(store.client.get(store.key(partition, f"e:{ident}")))
    if not stream_id:
        return None
    found: Any = store.client.xrange(store.key(partition, "ev"), stream_id, stream_id)
    return json.loads(_json_of(found[0][1])) if found else None


class CursorGone(Exception):
    """The cursor points before what is still kept; `first` is the oldest cursor there is."""

    def __init__(self, first: str) -> None:
        super().__init__("the events after this cursor are no longer kept")
        self.first = first


def listing(
    store: Store,
    after: str | None = None,
    *,
    limit: int = 50,
    types: frozenset[str] = frozenset(),
    connection: str | None = None,
    newest: bool = False,
) -> tuple[list[dict[str, Any]], str]:
    """
    Events in the order they were committed, from all partitions, and the cursor to ask on with.

    after:  a cursor from before; None begins with the oldest ("$": with what comes now)
    newest: the last `limit` instead, still oldest first
    raises: CursorGone, ValueError for a cursor that is none of ours
    """
    places = _places(store, after)
    pages = [
        _page(store, partition, place, limit, types, connection, newest=newest)
        for partition, place in enumerate(places)
    ]
    merged = sorted(
        ((_order(stream_id), partition, body) for partition, page in enumerate(pages) for stream_id, body in page.kept),
        key=lambda one: one[:2],
    )
    chosen = merged[-limit:] if newest else merged[:limit]
    taken = Counter(partition for _, partition, _ in chosen)
    for partition, page in enumerate(pages):
        if newest or taken[partition] == len(page.kept):  # all it had: on from where it stopped to read
            places[partition] = max(places[partition], page.read, key=_order)
        elif taken[partition]:
            places[partition] = page.kept[taken[partition] - 1][0]
    return [body for *_, body in chosen], _cursor(places)


@dataclass(frozen=True, slots=True)
class _Page:
    """What one partition has: (stream id, event) of those that are wanted, and the place it was read to."""

    kept: list[tuple[str, dict[str, Any]]]
    read: str


def _page(
    store: Store,
    partition: int,
    place: str,
    limit: int,
    types: frozenset[str],
    connection: str | None,
    *,
    newest: bool,
) -> _Page:
    key = store.key(partition, "ev")
    page = _Page([], place)
    step = limit if newest else max(limit, 100)
    for _ in range(1 if newest else PAGES):
        start = f"({page.read}"
        rows: Any = (
            list(reversed(store.client.xrevrange(key, "+", start, step)))  # type: ignore[arg-type]
            if newest
            else store.client.xrange(key, start, "+", step)
        )
        for stream_id, fields in rows:
            body = json.loads(_json_of(fields))
            if (not types or body["type"] in types) and (not connection or body["connection"] == connection):
                page.kept.append((text(stream_id), body))
        if rows:
            page = _Page(page.kept, text(rows[-1][0]))
        if len(rows) < step or len(page.kept) >= limit:
            break
    return page


def _places(store: Store, after: str | None) -> list[str]:
    if after is None or after == "":
        return [_forgotten(store, partition) for partition in range(store.partitions)]
    if after == "$":
        return [_last(store, partition) for partition in range(store.partitions)]
    try:
        places = base64.urlsafe_b64decode(after.encode()).decode().split(",")
        for place in places:
            _order(place)
    except ValueError as problem:
        told = "this cursor is none of ours: leave it out to begin with the oldest event"
        raise ValueError(told) from problem
    if len(places) != store.partitions:
        told = "this cursor is of another layout: leave it out to begin with the oldest event"
        raise ValueError(told)
    gone = [_forgotten(store, partition) for partition in range(store.partitions)]
    if any(_order(place) < _order(dropped) for place, dropped in zip(places, gone, strict=True)):
        raise CursorGone(_cursor(gone))
    return places


def _forgotten(store: Store, partition: int) -> str:
    """The last event that was trimmed: what is kept comes after it."""
    return text(store.client.get(store.key(partition, "eg"))) or "0-0"


def _last(store: Store, partition: int) -> str:
    rows: Any = store.client.xrevrange(store.key(partition, "ev"), "+", "-", count=1)
    return text(rows[0][0]) if rows else _forgotten(store, partition)


def _order(stream_id: str) -> tuple[int, int]:
    ms, _, seq = stream_id.partition("-")
    return int(ms), int(seq or 0)


def _cursor(places: Sequence[str]) -> str:
    return base64.urlsafe_b64encode(",".join(places).encode()).decode()


def _json_of(fields: Any) -> bytes:
    if isinstance(fields, dict):
        return bytes(fields[b"j"])
    return pairs(fields)["j"]


def count(store: Store) -> int:
    """How many events are kept."""
    return sum(int(store.client.xlen(store.key(one, "ev"))) for one in range(store.partitions))
