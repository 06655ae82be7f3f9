"""
What this process has at the socket right now.

A Redis that came back without its last moments has forgotten that these runs left; the worker that still knows says so
again, and nobody else sends them meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from worker.store import attempts
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


KEPT_SECONDS = 5.0  # an outcome told this lately may be among the moments Redis forgot
CALM_SECONDS = 10.0  # nobody else begins anything meanwhile


class Flights:
    """The attempts under way, and those that ended a moment ago, by their ids."""

    def __init__(self) -> None:
        self._flying: dict[str, Flight] = {}
        self._ended: dict[str, tuple[float, Flight, Callable[[], object]]] = {}
        self._lock = threading.Lock()
        self._server = ""
        self._calm_until = 0.0

    def begin(self, flight: Flight) -> None:
        """An attempt has left."""
        with self._lock:
            self._flying[flight.attempt] = flight

    def end(self, attempt: str, tell: Callable[[], object]) -> None:
        """Its outcome is recorded; `tell` records it once more."""
        now = time.monotonic()
        with self._lock:
            flight = self._flying.pop(attempt, None)
            if flight is not None:
                self._ended[attempt] = (now, flight, tell)
            while self._ended:  # oldest first, so each is looked at once
                oldest = next(iter(self._ended))
                if now - self._ended[oldest][0] <= KEPT_SECONDS:
                    break
                del self._ended[oldest]

    def forget(self, attempt: str) -> None:
        """It came to no outcome that could be recorded."""
        with self._lock:
            self._flying.pop(attempt, None)

    def now(self) -> list[Flight]:
        """All that is under way."""
        with self._lock:
            return list(self._flying.values())

    def calm(self) -> bool:
        """Whether nothing should be begun: Redis has just come back, perhaps without its last moments."""
        return time.monotonic() < self._calm_until

    def watch(self, store: Store, server: str, *, forgets: Callable[[], bool]) -> int:
        """
        Looks whether Redis is still the same process; if not, says again what has left and what came of it.

        server:  Redis' run_id now
        forgets: whether this Redis may have lost its last moments; then claims rest as well.  Asked only when needed
        returns: how many flights were told again
        """
        before, self._server = self._server, server
        if not before or before == server:
            return 0
        if forgets():
            self._calm_until = time.monotonic() + CALM_SECONDS
        since = time.monotonic() - KEPT_SECONDS
        with self._lock:
            ended = [(flight, tell) for at, flight, tell in self._ended.values() if at >= since]
        flying, over = self.now(), {flight.run for flight, _ in ended}
        for one in flying:
            if one.run not in over:
                _again(store, one)
        for one, tell in ended:  # one after the other: a run of several calls is told of each in its turn
            _again(store, one)
            tell()
        for one in flying:
            if one.run in over:
                _again(store, one)
        return len(flying) + len(ended)


def _again(store: Store, one: Flight) -> None:
    attempts.reassert(store, one.partition, one.run, one.lane, one.attempt, one.left, one.left + one.call_ms)
