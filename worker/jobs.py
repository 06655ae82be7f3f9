"""
Scheduled jobs: maintenance that beat starts and of which a skipped turn harms nothing.

Each is safe to run twice at once; what people schedule themselves are entries in Redis that the tick releases.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from worker.core import Core
from worker.store import journal
from worker.store.text import text

log = logging.getLogger("ferry.jobs")

MINUTE = 60.0


def trim(core: Core) -> None:
    """Forgets what is past its retention: requests behind their cursor, events nobody waits for, indexes."""
    now = int(time.time() * 1000)
    for stored in core.connections.all():
        journal.trim(core.store, stored.id, now)
    for partition in range(core.store.partitions):
        _trim_events(core, partition, now)
        _trim_indexes(core, partition, now)


def _trim_events(core: Core, partition: int, now: int) -> None:
    store = core.store
    oldest = now - store.retention.events
    for queue in _waiting(core, partition, "dlv:"):
        lanes: Any = store.client.zrange(store.key(partition, f"q:{queue}"), 0, 999)
        for lane in lanes:
            head = text(store.client.lindex(store.key(partition, f"l:{text(lane)}"), 0))
            if head:
                oldest = min(oldest, int(head.split("-")[0]))
    store.client.xtrim(store.key(partition, "ev"), minid=str(max(0, oldest)))


def _waiting(core: Core, partition: int, prefix: str) -> list[str]:
    found: Any = core.store.client.zrange(core.store.key(partition, "due"), 0, -1)
    return [text(one) for one in found if text(one).startswith(prefix)]


def _trim_indexes(core: Core, partition: int, now: int) -> None:
    store = core.store
    store.client.zremrangebyscore(store.key(partition, "dl"), "-inf", now - store.retention.letters)
    for stored in core.connections.all():
        if store.of(stored.id) != partition:
            continue
        store.client.zremrangebyscore(store.key(partition, f"ri:{stored.id}"), "-inf", now - 2 * store.retention.runs)
        store.client.zremrangebyscore(store.key(partition, f"vi:{stored.id}"), "-inf", now - 30 * 86_400_000)


JOBS: dict[str, Callable[[Core], None]] = {"ferry.trim": trim}
EVERY: dict[str, float] = {"ferry.trim": 10 * MINUTE}


def schedule() -> dict[str, dict[str, Any]]:
    """What beat starts, and how often (seconds)."""
    return {
        name: {"task": name, "schedule": seconds, "options": {"queue": "jobs", "expires": seconds}}
        for name, seconds in EVERY.items()
    }
