"""
Chores: what the elected worker does now and then beside the tick, in a thread of its own because it calls providers.

Looking for proof of unknown runs each second, finishing what dead processes left half done with a connection and
renewing what expires each minute, warning of what ends each hour; and jobs that nobody has started for long.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from worker import archiving, breaking, expiry, jobs, provision, reconcile, rotation, states, tokens
from worker.core import Core

log = logging.getLogger("ferry.chores")

SECOND, SOON, MINUTE, HOUR = 1.0, 5.0, 60.0, 3600.0


class Chores:
    """A daemon thread of a worker process; `elected` says whether it is this one's turn."""

    def __init__(self, core: Core, elected: Callable[[], bool]) -> None:
        self.core = core
        self.elected = elected
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._since = datetime.now(UTC)
        self._late_at = 0.0
        self._archive_at = 0.0
        self._renew_at = 0.0
        self._warn_at = 0.0

    def start(self) -> None:
        """Begins."""
        self._thread = threading.Thread(target=self._run, name="ferry-chores", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begins nothing new."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(SECOND):
            try:
                if self.elected():
                    self.late()
                self.core.connections.announce()
                if self.elected():
                    self.turn()
            except Exception as problem:  # noqa: BLE001  (Redis may be away; the next second tries again)
                log.warning("chores wait", extra={"error": type(problem).__name__})

    def late(self) -> None:
        """Jobs that nobody has started for long; first, as they may make room for all the rest."""
        if time.monotonic() >= self._late_at:
            self._late_at = time.monotonic() + MINUTE
            jobs.overdue(self.core, self._since)

    def turn(self) -> None:
        """One turn of everything that is due."""
        for partition in range(self.core.store.partitions):
            reconcile.turn(self.core, partition)
        if time.monotonic() >= self._archive_at:
            self._archive_at = time.monotonic() + SOON
            archiving.turn(self.core)
            breaking.turn(self.core)
        if time.monotonic() >= self._renew_at:
            self._renew_at = time.monotonic() + MINUTE
            tokens.turn(self.core)
            rotation.turn(self.core)
            provision.unstick(self.core)
            states.turn(self.core)
        if time.monotonic() >= self._warn_at:
            self._warn_at = time.monotonic() + HOUR
            expiry.turn(self.core)
