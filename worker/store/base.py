"""The store: one client, its scripts and its partitions, handed to everything that touches Redis."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from worker.store import ids
from worker.store.client import connect
from worker.store.scripts import Scripts
from worker.store.witness import Witness


class PartitionsChanged(Exception):
    """FERRY_PARTITIONS differs from what the data was laid out with."""


class Store:
    """See the module.  `retention` is what the writers need to know of lifetimes, in ms."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        partitions: int = 1,
        retention: Retention | None = None,
        now: Callable[[], str] | None = None,
        texts: dict[str, str] | None = None,
        witness: Witness | None = None,
    ) -> None:
        self.client = client
        self.partitions = partitions
        self.retention = retention or Retention()
        self.witness = witness or Witness()
        self.scripts = Scripts(client, now=now, texts=texts)
        self.adrift: deque[tuple[int, str, str]] = deque()  # (partition, queue, token): see lanes.in_hand

    def run(self, script: str, partition: int, *args: Any) -> Any:
        """One script, one round trip."""
        return self.scripts(script, partition, *args)

    def of(self, connection: str) -> int:
        """The partition of a connection or source."""
        return ids.partition_of(connection, self.partitions)

    @property
    def address(self) -> str:
        """Which Redis this is, without what lets anybody in."""
        known = self.client.connection_pool.connection_kwargs
        place = known.get("path") or f"{known.get('host', 'localhost')}:{known.get('port', 6379)}"
        return f"{place}/{known.get('db') or 0}"

    def key(self, partition: int, name: str) -> str:
        """The whole name of a key in a partition."""
        return f"f:{{{partition}}}:{name}"

    def fix_partitions(self) -> None:
        """
        Writes down P at the first start and refuses another one later.

        raises: PartitionsChanged in one sentence
        """
        if self.client.set("f:partitions", self.partitions, nx=True):
            return
        laid = int(self.client.get("f:partitions") or self.partitions)
        if laid != self.partitions:
            told = (
                f"this Redis was laid out with FERRY_PARTITIONS={laid}, not {self.partitions}: "
                f"set FERRY_PARTITIONS={laid}, or start on an empty Redis"
            )
            raise PartitionsChanged(told)

    def close(self) -> None:
        """Lets the connections go."""
        with contextlib.suppress(Exception):
            self.client.close()


class Retention:
    """How long things are kept, in ms; how many bytes requests and events may take (0: any), how many letters."""

    def __init__(
        self,
        *,
        journal_hours: float = 24.0,
        events_hours: float = 72.0,
        runs_days: float = 7.0,
        dead_letter_days: float = 30.0,
        journal_bytes: int = 0,
        events_bytes: int = 0,
        dead_letters: int = 100_000,
        dead_letter_bytes: int = 256 * 1024 * 1024,
    ) -> None:
        self.journal = int(journal_hours * 3_600_000)
        self.events = int(events_hours * 3_600_000)
        self.seen = max(self.events, 72 * 3_600_000)  # deduplication never forgets before three days
        self.runs = int(runs_days * 86_400_000)
        self.letters = int(dead_letter_days * 86_400_000)
        self.journal_bytes = journal_bytes
        self.events_bytes = events_bytes
        self.letters_most = dead_letters  # a number
        self.letters_bytes = dead_letter_bytes


def open_store(settings: Any, *, timeout: float = 5.0, retries: int = 3) -> Store:
    """The store the settings name; nothing is connected before its first use."""
    return Store(
        connect(settings.redis_url, timeout=timeout, retries=retries),
        partitions=settings.partitions,
        retention=Retention(
            journal_hours=settings.journal_hours,
            events_hours=settings.events_hours,
            runs_days=settings.runs_days,
            dead_letter_days=settings.dead_letter_days,
            journal_bytes=settings.journal_bytes,
            events_bytes=settings.events_bytes,
            dead_letters=settings.dead_letters,
            dead_letter_bytes=settings.dead_letter_bytes,
        ),
        witness=Witness(Path(settings.state_dir) if settings.state_dir else None),
    )
