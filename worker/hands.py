"""
Handlers run in hands: threads of their own, so that one which never returns costs a thread and not a slot.

Nothing can stop a thread of Python.  A handler past its limit is abandoned: its delivery fails, what it does later
carries the keys it would have carried, and its hand comes back when it does.  When too many are away the process ends,
for its supervisor to start it anew.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger("ferry.hands")


class HandlerTooSlow(Exception):
    """A handler did not return within its limit; it may still be at it."""


class HandlerExited(Exception):
    """A handler wanted to end the whole process."""


@dataclass(slots=True)
class _Job:
    """One call.  `abandoned` and `done` exclude each other: whoever sets one first has it, under the lock of Hands."""

    act: Callable[[], Any]
    ended: threading.Event = field(default_factory=threading.Event)
    problem: BaseException | None = None
    done: bool = False
    abandoned: bool = False


class Hands:
    """
    Those of a process; as many as there are calls at the same time, and each is used again.

    watch: too many away at once end the process
    """

    def __init__(self) -> None:
        self._idle: queue.LifoQueue[queue.SimpleQueue[_Job]] = queue.LifoQueue()
        self._lock = threading.Lock()
        self._away = 0
        self._busy = 0
        self._most = 0
        self._too_many: Callable[[], None] = lambda: None

    def watch(self, most: int, too_many: Callable[[], None]) -> None:
        """Calls `too_many` once, in a thread of its own, when `most` handlers are past their limit at once."""
        self._most, self._too_many = most, too_many

    @property
    def away(self) -> int:
        """How many are past their limit and have not returned."""
        return self._away

    @property
    def busy(self) -> int:
        """How many are at it, within their limit."""
        return self._busy

    def call(self, act: Callable[[], Any], seconds: float) -> None:
        """
        Runs it in a hand.

        raises: what it raises; HandlerTooSlow when it does not return in time, HandlerExited when it wants to exit
        """
        job = _Job(act)
        with self._lock:
            self._busy += 1
        try:
            self._hand().put(job)
            if not job.ended.wait(seconds) and self._abandon(job):
                told = f"it did not return within {seconds:g} s"
                raise HandlerTooSlow(told)
        finally:
            with self._lock:
                self._busy -= 1
        if isinstance(job.problem, Exception):
            raise job.problem
        if job.problem is not None:
            raise HandlerExited(type(job.problem).__name__) from job.problem

    def _hand(self) -> queue.SimpleQueue[_Job]:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
            threading.Thread(target=self._work, args=(jobs,), name="ferry-hand", daemon=True).start()
            return jobs

    def _work(self, jobs: queue.SimpleQueue[_Job]) -> None:
        while True:
            job = jobs.get()
            try:
                job.act()
            except BaseException as problem:  # noqa: BLE001  (it is raised where it was called)
                job.problem = problem
            with self._lock:
                job.done = True
                if job.abandoned:
                    self._away -= 1
            if job.abandoned:
                log.warning("a handler that was given up has returned", extra={"away": self._away})
            job.ended.set()
            self._idle.put(jobs)

    def _abandon(self, job: _Job) -> bool:
        """Whether it is abandoned now: False when it ended this very moment."""
        with self._lock:
            if job.done:
                return False
            job.abandoned = True
            self._away += 1
            over = self._away == self._most
        if over:
            log.error("too many handlers do not return: ending, to be started again", extra={"away": self._most})
            threading.Thread(target=self._too_many, name="ferry-hands-over", daemon=True).start()
        return True
