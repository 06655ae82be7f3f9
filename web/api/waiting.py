"""`?wait=SECONDS`: an answer held back until a run has ended."""

from __future__ import annotations

import threading
import time
from typing import Any

from flask import Flask, current_app

from worker import states
from worker.core import Core
from worker.store import runs

MOST_SECONDS = 60.0
FIRST_LOOK = 0.02  # seconds; each further look waits half as long again
LONGEST_PAUSE = 0.5

NAME = "ferry_waiting"


def register(app: Flask, core: Core) -> None:
    """At most half of a process's threads wait at a time, so that webhooks always find one."""
    app.extensions[NAME] = threading.BoundedSemaphore(max(1, core.settings.web_threads // 2))


def until_settled(core: Core, ident: str, seconds: float) -> dict[str, Any] | None:
    """
    The run when it has ended, `seconds` are over, or only a person can let it go on; None at once where too many wait
    already.
    """
    room: threading.BoundedSemaphore = current_app.extensions[NAME]
    if not room.acquire(blocking=False):
        return None
    try:
        until = time.monotonic() + seconds
        pause = FIRST_LOOK
        while True:
            found = runs.get(core.store, ident)
            left = until - time.monotonic()
            if found is None or found["state"] in runs.SETTLED or left <= 0 or _held(core, found):
                return found
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, LONGEST_PAUSE)
    finally:
        room.release()


def _held(core: Core, run: dict[str, Any]) -> bool:
    """Whether its connection lets nothing out until a person has been."""
    if run["state"] not in {"queued", "waiting"}:
        return False
    stored = core.connections.get(run["connection"])
    return stored is not None and bool(states.closed_for(stored))
