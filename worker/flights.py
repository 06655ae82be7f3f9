"""
What this process has at the socket right now.

A Redis that came back without its last moments has forgotten that these runs left; the worker that still knows says so
again, and nobody else sends them meanwhile.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from worker.store import runs
from worker.store.base import Store


@dataclass(frozen=True, slots=True)
class Flight:
    """One attempt between leaving and its outcome; times in ms."""

    partition: int
    run: str
    lane: str
    attempt: str
    left: int
    call_ms: int


class Flights:
    """The attempts under way, by their ids."""

    def __init__(self) -> None:
        self._flying: dict[str, Flight] = {}
        self._lock = threading.Lock()
        self._server = ""

    def begin(self, flight: Flight) -> None:
        """An attempt has left."""
        with self._lock:
            self._flying[flight.attempt] = flight

    def end(self, attempt: str) -> None:
        """Its outcome is recorded."""
        with self._lock:
            self._flying.pop(attempt, None)

    def now(self) -> list[Flight]:
        """All that is under way."""
        with self._lock:
            return list(self._flying.values())

    def watch(self, store: Store, server: str) -> int:
        """
        Looks whether Redis is still the same process; if not, says again what has left.

        server:  Redis' run_id now
        returns: how many flights were told again
        """
        before, self._server = self._server, server
        if not before or before == server:
            return 0
        told = 0
        for one in self.now():
            runs.reassert(store, one.partition, one.run, one.lane, one.attempt, one.left, one.left + one.call_ms)
            told += 1
        return told
