"""What waits: ready lanes and the age of the oldest, for health, metrics and autoscaling."""

from __future__ import annotations

import time
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


def waiting(store: Store, now: float | None = None) -> Waiting:
    """What waits at this moment; `now` in Unix seconds."""
    now_ms = int((time.time() if now is None else now) * 1000)
    ready = dict.fromkeys(KINDS, 0)
    oldest = dict.fromkeys(KINDS, 0.0)
    parked = 0
    for partition in range(store.partitions):
        queues: list[str] = [text(one) for one in _all(store, partition)]
        with store.client.pipeline(transaction=False) as pipe:
            for queue in queues:
                key = store.key(partition, f"q:{queue}")
                pipe.zcount(key, "-inf", now_ms)
                pipe.zcard(key)
                pipe.zrange(key, 0, 0, withscores=True)
                pipe.hmget(store.key(partition, _gate(queue)), "until", f"pace:{queue}")
            answers: list[Any] = pipe.execute() if queues else []
        for index, queue in enumerate(queues):
            count, total, first, gate = answers[4 * index : 4 * index + 4]
            if any(float(one or 0) > now_ms for one in gate):
                count = 0
            parked += total - count
            if count:
                kind = kind_of(queue)
                ready[kind] += count
                oldest[kind] = max(oldest[kind], (now_ms - float(first[0][1])) / 1000)
    return Waiting(ready, oldest, parked)


def _all(store: Store, partition: int) -> Any:
    return store.client.zrange(store.key(partition, "due"), 0, -1)


def _gate(queue: str) -> str:
    return f"g:{queue.split(':')[1]}" if queue.startswith("out:") else f"g:{queue}"


def dead_letters(store: Store) -> int:
    """How many dead letters wait."""
    return sum(int(store.client.zcard(store.key(partition, "dl"))) for partition in range(store.partitions))
