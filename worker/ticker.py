"""
The tick: once a second somebody looks what is due and rings for it, so a lost wake-up costs seconds, never work.

One worker at a time is elected.  A queue that stays due although it was rung (no consumer, broker away) is drained by
the ticker itself.
"""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from redis.exceptions import OutOfMemoryError, ResponseError

from connectors.errors import Reason, Rejected
from connectors.events import EventType
from worker import restored
from worker.core import Core
from worker.endings import run_letter, turn_of
from worker.normalise import Origin, run_event
from worker.presence import Presence
from worker.store import lanes, runs
from worker.store.text import text

log = logging.getLogger("ferry.ticker")

ELECTED = "f:tick"  # there while some worker ticks
ELECTED_MS = 3000
EVERY_SECONDS = 1.0
UNANSWERED = 3  # rings of one queue, 5 s apart, before the ticker drains it itself


class Ticker:
    """A daemon thread of a worker process."""

    def __init__(
        self, core: Core, drain: Callable[[int, str], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.core = core
        self.drain = drain
        self._clock = clock
        self.token = secrets.token_hex(8)
        self._stop = threading.Event()
        self._chosen = False
        self._thread: threading.Thread | None = None
        self._rung: dict[tuple[int, str], tuple[int, float]] = {}
        self._own: set[tuple[int, str]] = set()
        self._presence = Presence(core)

    def start(self) -> None:
        """Begins to tick."""
        self._thread = threading.Thread(target=self._run, name="ferry-tick", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the ticking and gives the election back."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            wait = EVERY_SECONDS
            try:
                with contextlib.suppress(OutOfMemoryError):
                    self._presence.beat()
                self._chosen = self._elected()
                if self._chosen:
                    wait = self.tick()
                self._watch_server()
            except Exception as problem:  # noqa: BLE001  (Redis may be away; the next second tries again)
                self._chosen = False
                log.warning("tick failed", extra={"error": type(problem).__name__})
            self._stop.wait(wait)
        with contextlib.suppress(Exception):  # Redis may be away: then it forgets us by itself
            self._presence.leave()

    def elected(self) -> bool:
        """Whether this worker is the one that ticks."""
        return self._chosen

    def _elected(self) -> bool:
        return bool(self.core.store.run("elect", 0, ELECTED, self.token, ELECTED_MS))

    def _watch_server(self) -> None:
        self.core.store.witness.look(self.core.store)
        info: Any = self.core.store.client.info("server")
        again = self.core.flights.watch(self.core.store, str(info.get("run_id", "")), forgets=self._forgets)
        if again:
            log.warning("redis restarted: flights told again", extra={"count": again})

    def _forgets(self) -> bool:
        """Whether this Redis may come back without its last moments; one that will not tell is believed to."""
        try:
            told: Any = self.core.store.client.config_get("append*")
        except ResponseError:
            return True
        words = {text(name): text(value) for name, value in told.items()}
        return (words.get("appendonly"), words.get("appendfsync")) != ("yes", "always")

    def tick(self) -> float:
        """One turn over all partitions; returns how many seconds until the next."""
        first: int | None = None
        for partition in range(self.core.store.partitions):
            told = lanes.tick(self.core.store, partition)
            if told.back:
                restored.hold(self.core, partition, self._elected)
                told = lanes.tick(self.core.store, partition)
            self.core.ring(partition, told.rings)
            self._notice(partition, told.rings)
            for run in told.expired:
                self._expire(partition, run)
            with contextlib.suppress(OutOfMemoryError):  # echoes are told once there is room for them
                held = self.core.store.run("unhold", partition, 64)
                self.core.ring(partition, [text(one) for one in held[1:]])
            if told.first is not None:
                first = told.first if first is None else min(first, told.first)
        if first is None:
            return EVERY_SECONDS
        return min(EVERY_SECONDS, max(0.02, first / 1000 - time.time()))

    def _notice(self, partition: int, rings: list[str]) -> None:
        """A queue rung again and again without anybody at work on it is drained here."""
        now = self._clock()
        for queue in rings:
            place = (partition, queue)
            count, last = self._rung.get(place, (0, 0.0))
            if now - last < 4.0:
                continue  # a new lane made it due again; it has not been given its time to be answered
            count = count + 1 if now - last < 20.0 else 1  # with a broker away a turn takes its time
            self._rung[place] = (count, now)
            if count >= UNANSWERED and place not in self._own and not lanes.at_work(self.core.store, partition, queue):
                self._own.add(place)
                threading.Thread(target=self._drain_here, args=place, name="ferry-tick-drain", daemon=True).start()
        for place in [one for one, (_, last) in self._rung.items() if now - last > 60.0]:
            del self._rung[place]

    def _drain_here(self, partition: int, queue: str) -> None:
        try:
            log.warning("nobody answers the wake-ups of a queue: draining it here")
            self.drain(partition, queue)
        except Exception as problem:  # noqa: BLE001  (the queue stays due: the next tick finds it)
            log.warning("drain failed", extra={"error": type(problem).__name__})
        finally:
            self._own.discard((partition, queue))

    def _expire(self, partition: int, run: str) -> None:
        record = runs.load(self.core.store, run)
        if record is None:
            self.core.store.client.zrem(self.core.store.key(partition, "exp"), run)
            return
        connection = text(record.get("connection"))
        stored = self.core.connections.get(connection)
        title = self.core.provider(stored).title if stored is not None else ""
        problem = Rejected("its time passed before it could leave", reason=Reason.EXPIRED).as_dict()
        shown = runs.show(run, record)
        shown.update(state="failed", error=problem)
        origin = Origin(partition, connection, title, None, int(time.time() * 1000))
        told = {**shown, "attempt": turn_of(record, "expired"), "conversation": text(record.get("conversation"))}
        letter = run_letter(self.core, title, shown)
        commits = [run_event(origin, EventType.RUN_FAILED, told, self.core.hearers(EventType.RUN_FAILED))]
        _, rings = runs.expire(
            self.core.store, partition, run, letter, commits, {"error": json.dumps(problem, ensure_ascii=False)}
        )
        self.core.ring(partition, rings)
