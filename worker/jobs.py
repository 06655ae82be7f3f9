"""
Scheduled jobs: maintenance that beat starts and of which a skipped turn harms nothing.

Each is safe to run twice at once; what people schedule themselves are entries in Redis that the tick releases.
How each went last is remembered, for whoever asks.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from worker import unheard
from worker.accept import NotFound
from worker.core import Core
from worker.store import journal
from worker.store import trim as forget
from worker.store.text import iso, text

log = logging.getLogger("ferry.jobs")

MINUTE = 60.0


class BrokerAway(Exception):
    """Nobody can be told to carry out a job."""

    def __init__(self) -> None:
        super().__init__("the broker is away: no worker can be told to carry out a job")


def trim(core: Core) -> None:
    """Forgets what is past its time or its bytes: requests behind their cursor, unawaited events, indexes, letters."""
    now = int(time.time() * 1000)
    for stored in core.connections.all():
        journal.trim(core.store, stored.id, now)
    unheard.turn(core)
    for partition in range(core.store.partitions):
        forget.events(core.store, partition, now)
    names = [stored.id for stored in core.connections.all()]
    forget.indexes(core.store, names, now)
    forget.to_budget(core.store, names)
    forget.letters(core.store, now)


JOBS: dict[str, Callable[[Core], None]] = {"ferry.trim": trim}
EVERY: dict[str, float] = {"ferry.trim": 10 * MINUTE}


def schedule() -> dict[str, dict[str, Any]]:
    """What beat starts, and how often (seconds)."""
    return {
        name: {"task": name, "schedule": seconds, "options": {"queue": "jobs", "expires": seconds}}
        for name, seconds in EVERY.items()
    }


def carry_out(core: Core, name: str) -> None:
    """One turn of a job, in a worker; how it went is written down, and what it raises goes on up."""
    turn: dict[str, Any] = {"id": secrets.token_hex(6), "started_at": iso(datetime.now(UTC)), "ended_at": None}
    begun = time.monotonic()
    _note(core, name, turn)
    try:
        JOBS[name](core)
    except Exception as problem:
        turn |= {"ok": False, "error": type(problem).__name__}
        raise
    else:
        turn |= {"ok": True, "error": None}
    finally:
        turn |= {"ended_at": iso(datetime.now(UTC)), "ms": int((time.monotonic() - begun) * 1000)}
        _note(core, name, turn)


def _note(core: Core, name: str, turn: dict[str, Any]) -> None:
    try:
        core.store.client.set(f"f:job:{name}", json.dumps(turn))
    except Exception as problem:  # noqa: BLE001  (the job is what counts; Redis being away is its own story)
        log.warning("a job's turn was not written down", extra={"job": name, "error": type(problem).__name__})


def shown(core: Core) -> list[dict[str, Any]]:
    """[{name, title, every_seconds, last: {id, started_at, ended_at, ms, ok, error} | null, next_at}]."""
    found = []
    for name, job in JOBS.items():
        raw: Any = core.store.client.get(f"f:job:{name}")
        last = json.loads(text(raw)) if raw is not None else None
        started = datetime.fromisoformat(last["started_at"]) if last else None
        found.append(
            {
                "name": name,
                "title": (job.__doc__ or "").strip().partition("\n")[0],
                "every_seconds": EVERY[name],
                "last": last,
                "next_at": iso(started + timedelta(seconds=EVERY[name])) if started else None,
            }
        )
    return found


def get(core: Core, name: str) -> dict[str, Any]:
    """One of them, by its name or what follows "ferry.".  raises: NotFound"""
    for one in shown(core):
        if name in (one["name"], one["name"].removeprefix("ferry.")):
            return one
    told = f"there is no job {name!r}: there is {', '.join(JOBS)}"
    raise NotFound(told)


LATE = 2  # turns after which nobody waits for beat and the broker any more


def overdue(core: Core, since: datetime) -> None:
    """
    Carries out here what beat has not started for too long, or the broker has not passed on.

    since: when we began to look, for what was never started at all

    Without it a Redis that is full, and its broker with it, would stay full: what makes room is a job, too.
    """
    now = datetime.now(UTC)
    for one in shown(core):
        started = datetime.fromisoformat(one["last"]["started_at"]) if one["last"] else since
        if now - started > timedelta(seconds=LATE * one["every_seconds"]):
            log.warning("a job was not started for long: carrying it out here", extra={"job": one["name"]})
            carry_out(core, one["name"])


def start(core: Core, name: str) -> dict[str, Any]:
    """Has a worker carry it out now, beside its schedule; the job as it was until now.  raises: NotFound"""
    found = get(core, name)
    core.start(str(found["name"]))
    return found
