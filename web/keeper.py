"""
What a web process does beside its requests, in a thread of its own: looks whether there is room, hands over what was
spooled, and remembers the connections, here and on disk, so that webhooks can be verified while Redis is away.
"""

from __future__ import annotations

import logging
import threading

from web.blame import where
from web.spool.spool import Spool
from worker.core import Core
from worker.pressure import Pressure
from worker.store.client import is_away

log = logging.getLogger("ferry.keeper")

SECOND = 1.0


class Keeper:
    """A daemon thread; `spool` is None where there is none."""

    def __init__(self, core: Core, pressure: Pressure, spool: Spool | None) -> None:
        self.core = core
        self.pressure = pressure
        self.spool = spool
        self._stop = threading.Event()

    def start(self) -> None:
        """
        Begins; once a process, after it was forked.  It knows the connections before it answers anybody: from Redis,
        and while that is away from the disk.
        """
        try:
            self.core.connections.remember()
        except Exception as problem:  # noqa: BLE001  (the thread's turns try again)
            _told(problem)
            if self.spool is not None and is_away(problem) and not self.core.connections.informed:
                self.spool.remembered.recall(self.core)
        threading.Thread(target=self._run, name="ferry-keeper", daemon=True).start()

    def stop(self) -> None:
        """Ends with the turn it is at."""
        self._stop.set()

    def _run(self) -> None:
        while True:
            self.turn()
            if self._stop.wait(SECOND):
                return

    def turn(self) -> None:
        """One turn of all; what is away now is looked for in the next."""
        try:
            version = self.core.connections.remember()
            self.pressure.look()
            if self.spool is not None:
                self.spool.remembered.keep(self.core, version)
                self.spool.hand_over(self.core)
        except Exception as problem:  # noqa: BLE001  (the next turn tries again)
            _told(problem)


def _told(problem: Exception) -> None:
    """That Redis is away is told elsewhere."""
    if not is_away(problem):
        log.warning("the keeper waits", extra={"error": where(problem)})
