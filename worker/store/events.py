"""Events: one script a fact, which writes it, and all it touches, once."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.store import ids
from worker.store.base import Store
from worker.store.text import pairs, text


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
    found: list[tuple[tuple[int, int], int, str, dict[str, Any]]] = []
    for partition in range(store.partitions):
        found += _page(store, partition, places[partition], limit, types, connection, newest=newest)
    found.sort(key=lambda one: (one[0], one[1]))
    chosen = found[-limit:] if newest else found[:limit]
    for _, partition, stream_id, body in chosen:
        if body:
            places[partition] = stream_id
    if newest or len(chosen) == len(found):
        for _, partition, stream_id, _body in found:
            places[partition] = max(places[partition], stream_id, key=_order)
    return [body for *_, body in chosen if body], _cursor(places)


def _page(
    store: Store,
    partition: int,
    place: str,
    limit: int,
    types: frozenset[str],
    connection: str | None,
    *,
    newest: bool,
) -> list[tuple[tuple[int, int], int, str, dict[str, Any]]]:
    key = store.key(partition, "ev")
    kept: list[tuple[tuple[int, int], int, str, dict[str, Any]]] = []
    last = ""
    start, scanned = (f"({place}" if place != "0-0" else "-"), 0
    most = max(limit, 100) * 20  # what one page may read while it filters
    while len([one for one in kept if one[3]]) < limit and scanned < most:
        step = max(limit, 100)
        rows: Any = (
            store.client.xrevrange(key, "+", start, count=limit)
            if newest
            else store.client.xrange(key, start, "+", step)
        )
        for stream_id, fields in reversed(rows) if newest else rows:
            name = text(stream_id)
            last = name
            body = json.loads(_json_of(fields))
            if (types and body["type"] not in types) or (connection and body["connection"] != connection):
                continue
            kept.append((_order(name), partition, name, body))
        scanned += len(rows)
        if newest or len(rows) < step:
            break
        start = f"({last}"
    if last and (not kept or kept[-1][2] != last):
        kept.append((_order(last), partition, last, {}))  # only moves the cursor
    return kept


def _places(store: Store, after: str | None) -> list[str]:
    if after is None or after == "":
        return ["0-0"] * store.partitions
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
    for partition, place in enumerate(places):
        dropped = text(_info(store, partition).get("max-deleted-entry-id")) or "0-0"
        if _order(place) < _order(dropped) and place != "0-0":
            raise CursorGone(_cursor([_oldest(store, one) for one in range(store.partitions)]))
    return places


def _info(store: Store, partition: int) -> dict[str, Any]:
    key = store.key(partition, "ev")
    if not store.client.exists(key):
        return {}
    found: Any = store.client.xinfo_stream(key)
    return {text(name): value for name, value in found.items()}


def _last(store: Store, partition: int) -> str:
    return text(_info(store, partition).get("last-generated-id")) or "0-0"


def _oldest(store: Store, partition: int) -> str:
    return text(_info(store, partition).get("max-deleted-entry-id")) or "0-0"


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
