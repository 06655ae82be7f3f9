"""
Forgetting: events nobody waits for and entries of indexes, past their retention; and, when they take more bytes than
they may, the oldest of requests and events.  Nothing unprocessed goes.  By its time the journal trims itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from worker.store.base import Store
from worker.store.text import text

PAGE = 1000  # lanes looked at in one round trip
ENTRIES = 500  # forgotten by one script, which takes a millisecond
SAMPLES = 20  # nodes of a stream that are weighed; the others count as their average
CONVERSATIONS = 30 * 86_400_000  # ms a conversation is remembered after its last word, see lua/record.lua


def events(store: Store, partition: int, now_ms: int) -> int:
    """Forgets events past the retention, never one that waits in a subscription's lane; returns how many."""
    oldest = now_ms - store.retention.events
    awaited = _awaited(store, partition)
    if awaited is not None:
        oldest = min(oldest, int(awaited.split("-")[0]))
    return int(store.run("trim", partition, oldest)) if oldest > 0 else 0


def _awaited(store: Store, partition: int) -> str | None:
    """The oldest event that waits in a subscription's lane."""
    return min(_heads(store, partition), key=_place, default=None)


def _place(stream_id: str) -> tuple[int, int]:
    ms, _, number = stream_id.partition("-")
    return int(ms), int(number or 0)


def _heads(store: Store, partition: int) -> Iterator[str]:
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
                heads: list[str] = [text(head) for head in pipe.execute()]
            for lane, head in zip(lanes[begin : begin + PAGE], heads, strict=True):
                found = head if not head.startswith("evt_") else _behind(store, store.key(partition, f"l:{text(lane)}"))
                if found:
                    yield found


def _behind(store: Store, key: str) -> str:
    """The first event behind dead letters that are replayed: those bring their own copies."""
    begin = 0
    while items := [text(one) for one in store.client.lrange(key, begin, begin + PAGE - 1)]:
        for item in items:
            if not item.startswith("evt_"):
                return item
        begin += PAGE
    return ""


def letters(store: Store, now_ms: int) -> int:
    """Forgets dead letters past their time, those that were dealt with and those that wait; returns how many."""
    before, total = (now_ms - store.retention.letters) * 1000, 0
    for partition in range(store.partitions):
        while count := int(store.run("forget", partition, before, PAGE)):
            total += count
    return total


@dataclass(frozen=True, slots=True)
class Stream:
    """One that grows with traffic: of a partition, by its name in there."""

    partition: int
    name: str


def to_budget(store: Store, sources: Iterable[str]) -> int:
    """Forgets the oldest requests and events where all of them take more bytes than they may; returns how many."""
    journals = [Stream(store.of(source), f"in:{source}") for source in sources]
    streams = [Stream(partition, "ev") for partition in range(store.partitions)]
    return _shrink_all(store, journals, store.retention.journal_bytes) + _shrink_all(
        store, streams, store.retention.events_bytes
    )


def _shrink_all(store: Store, streams: list[Stream], budget: int) -> int:
    if not budget:
        return 0
    used = {stream: _bytes(store, stream) for stream in streams}
    allowed = shares(used, budget)
    return sum(_shrink(store, stream, used[stream], allowed[stream]) for stream in streams)


def shares(used: Mapping[Stream, int], budget: int) -> dict[Stream, int]:
    """What each may take: the small ones what they do, the others an equal part of what is left."""
    allowed: dict[Stream, int] = {}
    left = budget
    for place, stream in enumerate(sorted(used, key=lambda one: used[one])):
        allowed[stream] = min(used[stream], left // (len(used) - place))
        left -= allowed[stream]
    return allowed


def _bytes(store: Store, stream: Stream) -> int:
    found: Any = store.client.memory_usage(store.key(stream.partition, stream.name), samples=SAMPLES)
    return int(found or 0)


def _shrink(store: Store, stream: Stream, used: int, allowed: int) -> int:
    """Its entries are taken to be alike: what is left too much goes next time."""
    if used <= allowed:
        return 0
    length = int(store.client.xlen(store.key(stream.partition, stream.name)))
    wanted, gone = length - length * allowed // used, 0
    last = _last(store, stream)
    while gone < wanted:
        count = int(store.run("shrink", stream.partition, stream.name, min(ENTRIES, wanted - gone), last))
        gone += count
        if count == 0:
            break  # what is left waits
    return gone


def _last(store: Store, stream: Stream) -> str:
    """The last that may go, as XRANGE writes it: the one at a source's cursor, or before the first that is awaited."""
    if stream.name == "ev":
        awaited = _awaited(store, stream.partition)
        return "+" if awaited is None else f"({awaited}"
    source = stream.name.removeprefix("in:")
    return text(store.client.get(store.key(stream.partition, f"c:{source}"))) or "0-0"


def indexes(store: Store, connections: Iterable[str], now_ms: int) -> None:
    """Forgets entries whose records are gone by themselves.  Scores are µs."""
    for partition in range(store.partitions):
        last = (now_ms - store.retention.runs) * 1000
        store.client.zremrangebyscore(store.key(partition, "um"), "-inf", last)
    for connection in connections:
        partition = store.of(connection)
        runs, talks = now_ms - 2 * store.retention.runs, now_ms - CONVERSATIONS
        for family in ("ri", "mi"):
            store.client.zremrangebyscore(store.key(partition, f"{family}:{connection}"), "-inf", runs * 1000)
        store.client.zremrangebyscore(store.key(partition, f"vi:{connection}"), "-inf", talks * 1000)
