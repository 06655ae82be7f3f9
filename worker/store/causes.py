"""What waits among the dead letters, by cause: counters and indexes that the scripts keep, nothing is scanned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from worker.store.base import Store
from worker.store.letters import Wanted
from worker.store.text import stamp, text


@dataclass(slots=True)
class Cause:
    """Letters of one cause that wait now; times in ms."""

    cause: str
    count: int = 0
    kinds: set[str] = field(default_factory=set)
    providers: set[str] = field(default_factory=set)
    connections: set[str] = field(default_factory=set)
    oldest: int | None = None
    newest: int | None = None
    newest_id: str = ""

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "cause": self.cause,
            "count": self.count,
            "kinds": sorted(self.kinds),
            "providers": sorted(self.providers),
            "connections": sorted(self.connections),
            "oldest_at": stamp(self.oldest),
            "newest_at": stamp(self.newest),
            "newest": self.newest_id,
        }


def listing(store: Store, wanted: Wanted) -> list[Cause]:
    """Those that wait now, the most frequent first; of `wanted` its times and ids are not looked at."""
    found: dict[str, Cause] = {}
    for _, meta, count in _groups(store, wanted):
        one = found.setdefault(meta["cause"], Cause(meta["cause"]))
        one.count += count
        one.kinds.add(meta["kind"])
        one.providers |= {meta["provider"]} - {""}
        one.connections |= {meta["connection"]} - {""}
    for partition in range(store.partitions):
        _ends(store, partition, list(found.values()))
    return sorted(found.values(), key=lambda one: (-one.count, one.cause))


def count(store: Store, wanted: Wanted) -> int:
    """How many wait now; where times are given, at most so many."""
    if wanted.ids:
        return len(wanted.ids)
    if wanted.since is None and wanted.until is None:
        return sum(number for *_, number in _groups(store, wanted))
    low, high = wanted.bounds
    return sum(
        int(store.client.zcount(store.key(partition, wanted.index), low, high)) for partition in range(store.partitions)
    )


def _groups(store: Store, wanted: Wanted) -> Iterator[tuple[int, dict[str, str], int]]:
    for partition in range(store.partitions):
        told: Any = store.client.hgetall(store.key(partition, "dlg"))
        for name, number in told.items():
            kind, provider, connection, cause = text(name).split(" ", 3)
            meta = {"kind": kind, "provider": provider, "connection": connection, "cause": cause, "how": ""}
            meta |= {one: "" for one in ("provider", "connection") if meta[one] == "-"}
            if wanted.fits(meta):
                yield partition, meta, int(number)


def _ends(store: Store, partition: int, causes: list[Cause]) -> None:
    """The oldest and the newest of each, whatever connection they are of."""
    with store.client.pipeline(transaction=False) as pipe:
        for one in causes:
            pipe.zrange(store.key(partition, f"dlw:{one.cause}"), 0, 0, withscores=True)
            pipe.zrange(store.key(partition, f"dlw:{one.cause}"), -1, -1, withscores=True)
        told = pipe.execute() if causes else []
    for place, one in enumerate(causes):
        first, last = told[2 * place : 2 * place + 2]
        if not first:
            continue
        oldest, youngest = int(first[0][1]) // 1000, int(last[0][1]) // 1000
        one.oldest = oldest if one.oldest is None else min(one.oldest, oldest)
        if one.newest is None or youngest >= one.newest:
            one.newest, one.newest_id = youngest, text(last[0][0])
