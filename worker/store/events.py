"""Events: one script a fact, which writes it, and all it touches, once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.store import ids
from worker.store.base import Store
from worker.store.feed import CursorGone as CursorGone  # noqa: PLC0414  (callers of `listing` catch it from here)
from worker.store.feed import Feed
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
    All of them in one round trip and in their order; an error of one is its own (Scripts.many).

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


def many(store: Store, idents: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Those of these events that are kept, by id; two round trips."""
    placed = [(ident, ids.partition_in(ident, store.partitions)) for ident in dict.fromkeys(idents)]
    with store.client.pipeline(transaction=False) as pipe:
        for ident, partition in placed:
            pipe.get(store.key(partition or 0, f"e:{ident}"))
        there = [(one, text(place)) for one, place in zip(placed, pipe.execute(), strict=True) if place]
        for (_, partition), place in there:
            pipe.xrange(store.key(partition or 0, "ev"), place, place)
        rows: list[Any] = pipe.execute() if there else []
    return {
        ident: json.loads(_json_of(found[0][1])) for ((ident, _), _), found in zip(there, rows, strict=True) if found
    }


class _Feed(Feed[dict[str, Any]]):
    """The event streams of all partitions, as one."""

    name = "ev"

    def read(self, stream_id: str, fields: Any) -> dict[str, Any]:
        del stream_id
        found: dict[str, Any] = json.loads(_json_of(fields))
        return found

    def forgotten(self, partition: int) -> str:
        return text(self.store.client.get(self.store.key(partition, "eg"))) or "0-0"


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

    def wanted(body: dict[str, Any]) -> bool:
        return (not types or body["type"] in types) and (not connection or body["connection"] == connection)

    return _Feed(store).page(after, limit, wanted, newest=newest)


def _json_of(fields: Any) -> bytes:
    if isinstance(fields, dict):
        return bytes(fields[b"j"])
    return pairs(fields)["j"]


def count(store: Store) -> int:
    """How many events are kept."""
    return sum(int(store.client.xlen(store.key(one, "ev"))) for one in range(store.partitions))
