"""
Whether there is room for more: Redis' memory and the age of what waits, looked at beside the requests.

    door    webhooks are asked to come again (503)     85 % of the memory, or the oldest webhook waits too long
    submit  the API asks callers to slow down (429)    80 %, or the oldest run waits too long
    bulk    … with campaigns only                      70 %

The door closes last: what came in must find room to be worked off.  Each opens again only well below where it closed.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Any

from worker.accept import NoRoom
from worker.core import Core
from worker.store.backlog import waiting

log = logging.getLogger("ferry.pressure")

LIMITS = {"door": 0.85, "submit": 0.80, "bulk": 0.70}  # shares of the memory
EASED = 0.9  # of where it closed: there it opens again
LAG_EVERY = 5.0  # seconds: lanes are many, memory is one number
AFTER = {"submit": 15, "bulk": 60}  # seconds to come again


@dataclass
class Pressure:
    """
    closed: what is closed now, and why, a sentence
    used:   share of the memory in use, None where there is no limit
    """

    core: Core
    closed: dict[str, str] = field(default_factory=dict)
    used: float | None = None
    _lags: dict[str, float] = field(default_factory=dict)
    _looked: float = float("-inf")

    def look(self) -> None:
        """One look at Redis.  raises: what the client raises when it is away"""
        info: Any = self.core.store.client.info("memory")
        limit = int(info.get("maxmemory", 0)) or self.core.settings.memory_bytes
        self.used = int(info["used_memory"]) / limit if limit else None
        if time.monotonic() - self._looked >= LAG_EVERY:
            self._looked = time.monotonic()
            oldest = waiting(self.core.store).oldest
            self._lags = {"door": oldest["inbox"], "submit": max(oldest["actions"], oldest["bulk"])}
        for name in LIMITS:
            self._judge(name)

    def _judge(self, name: str) -> None:
        ease = EASED if name in self.closed else 1.0
        why = ""
        if self.used is not None and self.used >= LIMITS[name] * ease:
            why = f"Redis uses {self.used * 100:.0f} % of its memory"
        settings = self.core.settings
        lag = {"door": settings.door_lag_seconds, "submit": settings.submit_lag_seconds}.get(name, 0.0)
        if lag and self._lags.get(name, 0.0) >= lag * ease:
            why = f"the oldest has waited for {self._lags[name]:.0f} s: is a worker alive?"
        if bool(why) != (name in self.closed):
            log.warning("pressure", extra={"what": name, "closed": bool(why), "why": why})
        if why:
            self.closed[name] = why
        else:
            self.closed.pop(name, None)

    def room(self, priority: str) -> None:
        """Whether a run may be stored.  raises: NoRoom"""
        for name in ("submit", "bulk") if priority == "bulk" else ("submit",):
            why = self.closed.get(name)
            if why is not None:
                told = f"there is no room for more: {why}"
                raise NoRoom(told, AFTER[name])

    def told(self) -> list[str]:
        """For `/readyz`, sentences; the door's own is a reason not to be ready."""
        words = {"submit": "the API answers 429"}
        if "submit" not in self.closed:
            words["bulk"] = "the API answers bulk runs 429"
        return [f"{words[name]}: {why}" for name, why in list(self.closed.items()) if name in words]
