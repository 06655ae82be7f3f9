"""
Receipts that match nothing: a provider told of a message that nobody here sent, and that nobody told the words of.

A receipt may come before the answer of its send or its echo, so a message counts after an hour.  `um` holds, newest
last, what is known by receipts alone; the scripts take out what turns up after all.  The newest 10,000 a partition.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from worker.store import messages, newest
from worker.store.base import Store
from worker.store.text import stamp

AFTER_MS = 3_600_000
KEY = "um"


def listing(
    store: Store,
    *,
    connection: str | None = None,
    before: newest.Place | None = None,
    limit: int = 50,
    now: float | None = None,
) -> tuple[list[dict[str, Any]], newest.Place | None]:
    """Messages, newest first, with `seen_at`, when their first receipt came; and the cursor of the next page."""

    def read(partition: int, names: Sequence[str]) -> list[dict[str, Any] | None]:
        found = messages.several(store, partition, names)
        with store.client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.zscore(store.key(partition, KEY), name)
            seen = pipe.execute()
        pairs = zip(found, seen, strict=True)
        return [None if one is None or at is None else {**one, "seen_at": stamp(float(at) / 1000)} for one, at in pairs]

    indexes = [newest.Index(f"{one:04d}", one, KEY) for one in range(store.partitions)]
    wanted = None if connection is None else (lambda one: bool(one["connection"] == connection))
    return newest.over(
        store, indexes, read, wanted=wanted, before=before, limit=limit, bounds=("-inf", f"({_before(now)}")
    )


def count(store: Store, now: float | None = None) -> int:
    """How many there are."""
    top = f"({_before(now)}"
    return sum(int(store.client.zcount(store.key(one, KEY), "-inf", top)) for one in range(store.partitions))


def _before(now: float | None) -> int:
    """In µs, as the index has it; `now` in Unix seconds."""
    return (int((time.time() if now is None else now) * 1000) - AFTER_MS) * 1000
