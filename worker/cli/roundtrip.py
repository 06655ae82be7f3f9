"""
Whether the broker still answers this worker.

A Celery consumer can hang after a broker came back, while its process looks alive: so every few seconds we ask
ourselves, through the broker, and after a minute without an answer the process ends for its supervisor to start anew.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from worker.app import Engine

log = logging.getLogger("ferry.worker")

PATIENCE = 60.0  # seconds without an answer
EVERY = 5.0
ANSWER_WITHIN = 3.0
LANDING = 20.0  # seconds for what is at the socket to come back before the process ends
TRY_AGAIN = os.EX_TEMPFAIL


class RoundTrip:
    """A daemon thread that calls `leave` once nobody has answered `ask` for `patience` seconds."""

    def __init__(
        self,
        ask: Callable[[], bool],
        leave: Callable[[], None],
        *,
        patience: float = PATIENCE,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._leave = leave
        self._patience = patience
        self._now = now
        self._answered = now()

    def start(self) -> None:
        """Begins to ask."""
        threading.Thread(target=self._run, name="ferry-roundtrip", daemon=True).start()

    def _run(self) -> None:
        while not self.over():
            time.sleep(EVERY)

    def over(self) -> bool:
        """Asks once; True when it was once too often, and `leave` has been called."""
        try:
            answered = self._ask()
        except Exception as problem:  # noqa: BLE001  (whatever a broker's client raises means: no answer)
            log.warning("the broker does not answer", extra={"error": type(problem).__name__})
            answered = False
        now = self._now()
        if answered:
            self._answered = now
        if now - self._answered < self._patience:
            return False
        log.error("no answer from the broker: ending, to be started again", extra={"seconds": self._patience})
        self._leave()
        return True


def watch(engine: Engine, hostname: str) -> RoundTrip:
    """The one for a Celery worker of this name: it asks by remote control, which the consumer itself must answer."""

    def ask() -> bool:
        return bool(engine.app.control.ping(destination=[hostname], timeout=ANSWER_WITHIN, limit=1))

    return RoundTrip(ask, lambda: leave(engine))


def leave(engine: Engine) -> None:
    """
    Begins nothing new, lets what is at the socket and in a handler's hands come back, and ends for a supervisor.

    The consumer or a handler hangs, so there is nothing that would stop in order.
    """
    engine.stop()
    until = time.monotonic() + LANDING
    core = engine.core
    while (core.flights.now() or core.hands.busy) and time.monotonic() < until:
        time.sleep(0.1)
    os._exit(TRY_AGAIN)
