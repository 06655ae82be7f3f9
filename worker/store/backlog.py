"""What waits: ready lanes and the age of the oldest, for health, metrics and autoscaling."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from worker.store.base import Store
from worker.store.text import text

KINDS = ("inbox", "actions", "bulk", "deliveries", "other")


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    ready:  lanes anybody could take up now, by kind; gated ones (paused, paced, breaker) are not counted
    oldest: seconds the longest of them has waited, by kind
    parked: lanes that are held or wait for their time
    """

    ready: dict[str, int]
    oldest: dict[str, float]
    parked: int

    @property
    def worst(self) -> float:
        """Seconds of the longest wait."""
        return max(self.oldest.values())


def kind_of(queue: str) -> str:
    """inbox, actions, bulk or deliveries: what a queue holds."""
    if queue.startswith("in:"):
        return "inbox"
    if queue.startswith("out:"):
        return "bulk" if queue.endswith(":bulk") else "actions"
    return "deliveries" if queue.startswith("dlv:") else "other"


@dataclass(frozen=True, slots=True)
class Queue:
    """
    One queue of one partition, as it stands.

    ready:  lanes anybody could take up now, gate or no gate
    held:   lanes a worker has
    parked: lanes that wait for their time
    oldest: ms since when its first lane is ready; None when none is
    closed: ms until when it is closed; None when it is open
    reason: why, the widest first: what its gate tells (paused, auth, throttled, …), "stopped" by a person, "pace"
    """

    name: str
    partition: int
    ready: int = 0
    held: int = 0
    parked: int = 0
    oldest: float | None = None
    closed: int | None = None
    reason: str = ""
    stopped: bool = False


def queues(store: Store, now_ms: int, also: Iterable[str] = ()) -> list[Queue]:
    """Every queue with work in it, in all partitions, and of those in `also` that belong to a connection."""
    found: list[Queue] = []
    for partition in range(store.partitions):
        named = [text(one) for one in _all(store, partition)]
        named += [one for one in also if one not in named and store.of(one.split(":")[1]) == partition]
        with store.client.pipeline(transaction=False) as pipe:
            for name in named:
                key = store.key(partition, f"q:{name}")
                pipe.zcount(key, "-inf", now_ms)
                pipe.zcard(key)
                pipe.zrange(key, 0, 0, withscores=True)
                pipe.hlen(store.key(partition, f"h:{name}"))
                pipe.hmget(store.key(partition, _gate(name)), "until", "reason", f"pace:{name}", f"stop:{name}")
            answers: list[Any] = pipe.execute() if named else []
        for index, name in enumerate(named):
            found.append(_queue(name, partition, answers[5 * index : 5 * index + 5], now_ms))
    return found


def _queue(name: str, partition: int, answers: list[Any], now_ms: int) -> Queue:
    ready, total, first, held, gate = answers
    until, reason, pace, stop = (text(one) for one in gate)
    doors = [(float(until or 0), reason), (float(stop or 0), "stopped"), (float(pace or 0), "pace")]
    shut = [door for door in doors if door[0] > now_ms]
    return Queue(
        name,
        partition,
        ready=int(ready),
        held=min(int(held), int(total) - int(ready)),
        parked=max(0, int(total) - int(ready) - int(held)),
        oldest=now_ms - float(first[0][1]) if ready else None,
        closed=int(max(shut)[0]) if shut else None,
        reason=shut[0][1] if shut else "",
        stopped=float(stop or 0) > now_ms,
    )


def waiting(store: Store, now: float | None = None) -> Waiting:
    """What waits at this moment; `now` in Unix seconds."""
    now_ms = int((time.time() if now is None else now) * 1000)
    ready = dict.fromkeys(KINDS, 0)
    oldest = dict.fromkeys(KINDS, 0.0)
    parked = 0
    for queue in queues(store, now_ms):
        count = 0 if queue.closed is not None else queue.ready
        parked += queue.ready + queue.held + queue.parked - count
        if count and queue.oldest is not None:
            kind = kind_of(queue.name)
            ready[kind] += count
            oldest[kind] = max(oldest[kind], queue.oldest / 1000)
    return Waiting(ready, oldest, parked)


def _all(store: Store, partition: int) -> Any:
    return store.client.zrange(store.key(partition, "due"), 0, -1)


def _gate(queue: str) -> str:
    return f"g:{queue.split(':')[1]}" if queue.startswith("out:") else f"g:{queue}"


def dead_letters(store: Store) -> int:
    """How many dead letters wait."""
    return sum(int(store.client.zcard(store.key(partition, "dl"))) for partition in range(store.partitions))
