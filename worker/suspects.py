"""
Items whose holder died: one of them may be what kills.

A process that dies has many items in hand, and takes them up again when it comes back.  If it did so side by side, each
death would strike them all, and three quick ones would set the innocent aside with the guilty.  So an item with a
strike is taken up alone: no other one with a strike beside it in this process.  What kills then strikes itself only.

An item that has been in hand for ten seconds is not waited for: what kills does so soon.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator

STRIKES = 3  # deaths on one item before it is set aside
PATIENCE_SECONDS = 10.0
PAUSE_MS = 200  # a suspect that has to wait is looked at again after so long


class Suspects:
    """Those in this process's hands."""

    def __init__(self, *, patience: float = PATIENCE_SECONDS) -> None:
        self._begun: dict[int, float] = {}
        self._count = itertools.count(1)
        self._lock = threading.Lock()
        self._patience = patience

    @contextlib.contextmanager
    def alone(self, strikes: int) -> Iterator[Callable[[], None] | None]:
        """
        While an item with so many strikes is in hand; what is given is called once it has not killed.

        None is given while another one is in hand: then this one has to wait.
        """
        mark = self._take() if 0 < strikes < STRIKES else 0
        if mark is None:
            yield None
            return
        try:
            yield lambda: self._done(mark)
        finally:
            self._done(mark)

    def _take(self) -> int | None:
        now = time.monotonic()
        with self._lock:
            if any(now - begun < self._patience for begun in self._begun.values()):
                return None
            mark = next(self._count)
            self._begun[mark] = now
            return mark

    def _done(self, mark: int) -> None:
        with self._lock:
            self._begun.pop(mark, None)
