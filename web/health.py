"""
/healthz, the process; /readyz, whether it may be sent anything, and why not; /metrics.

Redis being away is "not ready", never "dead".  A worker that is missing makes nothing unready, because what comes in is
safe without one; it is told among the warnings.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Flask, Response
from redis.exceptions import RedisError

from web.api.speech import told
from web.blame import where
from web.metrics import MEDIA_TYPE, Metrics
from web.spool.spool import Spool, Standing
from worker import restored
from worker.core import Core
from worker.pressure import Pressure
from worker.store.backlog import waiting
from worker.store.client import is_away
from worker.store.condition import condition
from worker.store.text import text
from worker.store.vault import WrongKey
from worker.ticker import ELECTED

log = logging.getLogger("ferry.health")

FRESH_SECONDS = 0.5  # anybody may ask: Redis is asked no more often than this
LATE_SECONDS = 30.0  # a lane that waits so long is worth a warning


def register(app: Flask, core: Core, pressure: Pressure, spool: Spool | None) -> Callable[[str, str], None]:
    """Adds the three; returns what counts a webhook request by (provider, outcome)."""
    metrics = Metrics(core, pressure, spool)
    readiness = app.extensions["ferry-readiness"] = Readiness(core, pressure, spool)

    @app.get("/healthz")
    def healthz() -> Response:
        return told({"status": "ok"})

    @app.get("/readyz")
    def readyz() -> Response:
        found = readiness.ask()
        return told(found, 200 if found["ready"] else 503, None if found["ready"] else {"Retry-After": "5"})

    @app.get("/metrics")
    def page() -> Response:
        return Response(metrics.text(), content_type=MEDIA_TYPE)

    return metrics.webhook


class Readiness:
    """{ready, reasons, warnings, redis, backlog, worker, spool}, remembered for half a second."""

    def __init__(self, core: Core, pressure: Pressure, spool: Spool | None) -> None:
        self.core = core
        self.pressure = pressure
        self.spool = spool
        self._lock = threading.Lock()
        self._until = 0.0
        self._found: dict[str, Any] = {}

    def ask(self) -> dict[str, Any]:
        """What is the case now."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._found = self._look()
                self._until = time.monotonic() + FRESH_SECONDS
            return self._found

    def _look(self) -> dict[str, Any]:
        found = self._of_redis()
        door = self.pressure.closed.get("door")
        if door is not None:
            found["ready"] = False
            found["reasons"].append(f"webhooks are answered 503: {door}")
        found["warnings"] += self.pressure.told()
        found["spool"] = None
        if self.spool is not None:
            _add_spool(found, self._of_spool(self.spool, up=found["redis"]["up"]), self.core.connections.recalled)
        return found

    def _of_spool(self, spool: Spool, *, up: bool) -> Standing:
        """It takes nothing from anybody as long as this process knows nobody."""
        found = spool.standing()
        if up or not found.able or self.core.connections.informed:
            return found
        return replace(found, able=False, why=spool.remembered.why or "no connection is known yet")

    def _of_redis(self) -> dict[str, Any]:
        try:
            state = condition(self.core.store)
            found = waiting(self.core.store)
            alive = bool(self.core.store.client.exists(ELECTED))
            locked = self._locked()
            back = [] if locked else restored.warnings(self.core)
        except Exception as problem:  # noqa: BLE001  (told as the reason)
            return _unready(problem)
        reasons, warnings = [*state.problems, *locked], list(state.warnings)
        warnings += back
        if not alive:
            warnings.append("no worker is alive: what comes in is kept and waits")
        if found.worst > LATE_SECONDS:
            warnings.append(f"the oldest lane has waited for {found.worst:.0f} s")
        return {
            "ready": not reasons,
            "reasons": reasons,
            "warnings": warnings,
            "redis": {
                "up": True,
                "maxmemory_policy": state.policy,
                "appendfsync": state.appendfsync,
                "can_lose": state.can_lose,
            },
            "backlog": {
                "ready_lanes": sum(found.ready.values()),
                "oldest_seconds": round(found.worst, 3),
                "by_queue": {
                    kind: {"ready_lanes": count, "oldest_seconds": round(found.oldest[kind], 3)}
                    for kind, count in found.ready.items()
                },
            },
            "worker": {"alive": alive},
        }

    def _locked(self) -> list[str]:
        """Why the connections' secrets cannot be read, if so: by trying one."""
        name: Any = self.core.store.client.srandmember("f:conns")
        try:
            if name is not None:
                self.core.connections.get(text(name), fresh=True)
        except WrongKey as problem:
            return [str(problem)]
        return []


def _add_spool(found: dict[str, Any], spool: Standing, recalled: str) -> None:
    """With Redis away and a spool that takes them, webhooks may come; a spool that cannot is worth a warning."""
    found["spool"] = {"able": spool.able, "why": spool.why or None, "waiting": spool.waiting, "bytes": spool.bytes}
    if not spool.able:
        found["warnings"].append(f"while Redis is away webhooks get 503: {spool.why}")
    elif not found["redis"]["up"]:
        found["warnings"] += [*found["reasons"], "webhooks are kept on disk meanwhile; everything else gets 503"]
        if recalled:
            found["warnings"].append(f"connections are known from the disk, {recalled}")
        found.update(ready=True, reasons=[])
    if spool.waiting:
        found["warnings"].append(f"{spool.waiting} webhooks wait on disk to be handed over")


def _unready(problem: Exception) -> dict[str, Any]:
    if not (is_away(problem) or isinstance(problem, RedisError)):
        log.error("readiness could not be found out", extra={"error": where(problem)})
    kind = type(problem).__name__
    words = {
        "ReadOnlyError": "Redis takes no writes: it is a replica",
        "BusyLoadingError": "Redis is loading its data",
        "OutOfMemoryError": "Redis is full",
    }
    return {
        "ready": False,
        "reasons": [words.get(kind, f"Redis cannot be used: {kind}")],
        "warnings": [],
        "redis": {"up": False},
        "backlog": None,
        "worker": {"alive": None},
    }
