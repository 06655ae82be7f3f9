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
from worker.store import trim as forget

log = logging.getLogger("ferry.jobs")

MINUTE = 60.0


def trim(core: Core) -> None:
    """Forgets what is past its retention: requests behind their cursor, events nobody waits for, indexes."""
    now = int(time.time() * 1000)
    for stored in core.connections.all():
        journal.trim(core.store, stored.id, now)
    for partition in range(core.store.partitions):
        forget.events(core.store, partition, now)
    forget.indexes(core.store, [stored.id for stored in core.connections.all()], now)


JOBS: dict[str, Callable[[Core], None]] = {"ferry.trim": trim}
EVERY: dict[str, float] = {"ferry.trim": 10 * MINUTE}


def schedule() -> dict[str, dict[str, Any]]:
    """What beat starts, and how often (seconds)."""
    return {
        name: {"task": name, "schedule": seconds, "options": {"queue": "jobs", "expires": seconds}}
        for name, seconds in EVERY.items()
    }
