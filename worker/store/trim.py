"""Forgetting: events nobody waits for and entries of indexes, past their retention.  The journal trims itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from worker.store.base import Store
from worker.store.text import text

PAGE = 1000  # lanes looked at in one round trip
CONVERSATIONS = 30 * 86_400_000  # ms a conversation is remembered after its last word, see lua/record.lua


def events(store: Store, partition: int, now_ms: int) -> int:
    """Forgets events past the retention, never one that waits in a subscription's lane; returns how many."""
    oldest = now_ms - store.retention.events
    for head in _awaited(store, partition):
        oldest = min(oldest, int(head.split("-")[0]))
    return int(store.run("trim", partition, oldest)) if oldest > 0 else 0


def _awaited(store: Store, partition: int) -> Iterator[str]:
    """The first event of each subscription's lane: what follows in a lane is newer."""
    queues: Any = store.client.zrange(store.key(partition, "due"), 0, -1)
    for queue in map(text, queues):
        if not queue.startswith("dlv:"):
            continue
        lanes: Any = store.client.zrange(store.key(partition, f"q:{queue}"), 0, -1)
        for begin in range(0, len(lanes), PAGE):
            with store.client.pipeline(transaction=False) as pipe:
                for lane in lanes[begin : begin + PAGE]:
                    pipe.lindex(store.key(partition, f"l:{text(lane)}"), 0)
                yield from (text(head) for head in pipe.execute() if head)


def indexes(store: Store, connections: Iterable[str], now_ms: int) -> None:
    """Forgets entries whose records are gone by themselves.  Scores of `ri`, `mi` and `vi` are µs, of `dl` ms."""
    for partition in range(store.partitions):
        store.client.zremrangebyscore(store.key(partition, "dl"), "-inf", now_ms - store.retention.letters)
    for connection in connections:
        partition = store.of(connection)
        runs, talks = now_ms - 2 * store.retention.runs, now_ms - CONVERSATIONS
        for family in ("ri", "mi"):
            store.client.zremrangebyscore(store.key(partition, f"{family}:{connection}"), "-inf", runs * 1000)
        store.client.zremrangebyscore(store.key(partition, f"vi:{connection}"), "-inf", talks * 1000)
