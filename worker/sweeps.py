"""
All dead letters that match, replayed or discarded in the background.

The elected worker goes through them, oldest first, and writes down how far it came after each few; whoever is elected
after it goes on there.  The scripts that deal with a letter let one win and count it, so that nothing is done twice,
whoever died where, and however often the same is asked for.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from worker.accept import Conflict, NotFound
from worker.core import Core
from worker.letters_by_hand import discard, replay
from worker.store import causes, ids, letters, sweeps
from worker.store.client import is_away
from worker.store.letters import Wanted, Who
from worker.store.sweeps import Progress, Sweep
from worker.store.text import stamp

log = logging.getLogger("ferry.sweeps")

PAGE = 50  # letters between two marks of how far it came
SECONDS = 2.0  # of one sweep before the next gets its turn
PAUSE = 0.5  # between two looks whether there is any
NOTES = 20  # of what was not done, a partition
REPLAY, DISCARD = "replay", "discard"


def begin(
    core: Core, action: str, wanted: Wanted, *, by: str, why: str = "", force: bool = False, key: str | None = None
) -> tuple[dict[str, Any], bool]:
    """
    Has all that match dealt with, as they wait now; a worker takes it up within moments.

    key:     the same key and words again begin nothing again
    returns: (the sweep, whether it was begun now)
    raises:  Conflict when the key began another one
    """
    seconds, micros = core.store.client.time()  # as the scripts time letters
    begun = int(seconds) * 1000 + int(micros) // 1000 + 1
    until = begun if wanted.until is None else min(begun, wanted.until)
    told = asdict(wanted) | {"ids": sorted(wanted.ids)}
    asked = Sweep(
        f"swp_{ids.digest(by, key) if key is not None else secrets.token_hex(15)}",
        action,
        replace(wanted, until=until),
        by,
        why,
        force=force,
        total=causes.count(core.store, wanted),
        begun=begun,
        mark=ids.digest(action, json.dumps(told, sort_keys=True), why, str(force)),
    )
    found, new = sweeps.begin(core.store, asked)
    if found.mark != asked.mark:
        words = f"the idempotency key {key!r} began another sweep before: use a new key"
        raise Conflict(words)
    return get(core, asked.id), new


def get(core: Core, ident: str) -> dict[str, Any]:
    """A sweep and how far it came.  raises: NotFound"""
    found = sweeps.get(core.store, ident)
    if found is None:
        told = f"there is no sweep {ident!r}, or it is no longer kept"
        raise NotFound(told)
    return _shown(core, found)


def recent(core: Core, *, limit: int) -> list[dict[str, Any]]:
    """The newest sweeps."""
    return [_shown(core, one) for one in sweeps.listing(core.store, limit=limit)]


def stop(core: Core, ident: str) -> dict[str, Any]:
    """Nothing more is done by it; what was done stays done.  raises: NotFound, Conflict when it is over"""
    found = get(core, ident)
    if found["state"] != "running":
        told = f"the sweep is {found['state']} already"
        raise Conflict(told)
    sweeps.stop(core.store, ident)
    return get(core, ident)


def _shown(core: Core, sweep: Sweep) -> dict[str, Any]:
    parts = sweeps.progress(core.store, sweep.id)
    counts = {name: sum(getattr(one, name) for one in parts) for name in sweeps.COUNTS}
    matched = sum(counts.values())
    state = "stopped" if any(one.stopped for one in parts) else "done" if sweeps.over(parts) else "running"
    wanted = asdict(sweep.wanted)
    asked = {name: wanted[name] or None for name in ("kind", "cause", "connection", "provider")}
    return {
        "id": sweep.id,
        "action": sweep.action,
        "state": state,
        "filter": {
            **asked,
            "since": stamp(sweep.wanted.since),
            "until": stamp(sweep.wanted.until),
            "ids": sorted(sweep.wanted.ids) or None,
        },
        "force": sweep.force,
        "reason": sweep.why or None,
        "by": sweep.by,
        "begun_at": stamp(sweep.begun),
        "total": max(sweep.total, matched) if state == "running" else matched,
        "matched": matched,
        **counts,
        "notes": [note for one in parts for note in one.notes],
    }


class Sweeper:
    """A daemon thread of a worker process; `elected` says whether it is this one's turn."""

    def __init__(self, core: Core, elected: Callable[[], bool]) -> None:
        self.core = core
        self.elected = elected
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins."""
        self._thread = threading.Thread(target=self._run, name="ferry-sweeps", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begins nothing new."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(PAUSE):
            try:
                if self.elected():
                    turn(self.core, self._may_go_on)
            except Exception as problem:  # noqa: BLE001  (Redis may be away; the next look tries again)
                log.warning("sweeps wait", extra={"error": type(problem).__name__})

    def _may_go_on(self) -> bool:
        return self.elected() and not self._stop.is_set()


def turn(core: Core, may_go_on: Callable[[], bool] = lambda: True) -> None:
    """Goes on with each sweep for a moment."""
    for ident in sweeps.going_on(core.store):
        found = sweeps.get(core.store, ident)
        if found is None or sweeps.over(sweeps.progress(core.store, ident)):
            sweeps.end(core.store, ident)
            continue
        until = time.monotonic() + SECONDS
        for partition in range(core.store.partitions):
            while may_go_on() and time.monotonic() < until:
                if not _page(core, found, partition, may_go_on):
                    break


def _page(core: Core, sweep: Sweep, partition: int, may_go_on: Callable[[], bool]) -> bool:
    """Deals with the next few of a partition; whether there may be more."""
    before = sweeps.progress(core.store, sweep.id)[partition]
    if before.over:
        return False
    rows = sweeps.following(core.store, partition, sweep.wanted, before.cursor, PAGE)
    now = Progress(before.cursor, before.notes)
    found = letters.metas(core.store, partition, [name for _, name in rows])
    for (cursor, name), meta in zip(rows, found, strict=True):
        if not may_go_on():
            break
        now.cursor = cursor
        if meta is not None and sweep.wanted.fits(meta):
            _one(core, sweep, name, now)
    else:
        now.over = len(rows) < PAGE
    now.notes = now.notes[-NOTES:]
    return sweeps.advance(core.store, partition, sweep.id, before.cursor, now) and not now.over


def _one(core: Core, sweep: Sweep, name: str, now: Progress) -> None:
    """One letter; what cannot be done is counted, and the next has its turn."""
    who = Who(sweep.by, sweep.why, sweep.id)
    try:
        if sweep.action == DISCARD:
            discard(core, name, who)
        else:
            replay(core, name, who, force=sweep.force)
    except (Conflict, NotFound) as problem:
        now.skipped += 1
        now.notes.append({"id": name, "why": str(problem)})
    except Exception as problem:
        if is_away(problem):
            raise
        now.failed += 1
        kind = type(problem).__name__
        log.warning("a dead letter could not be dealt with", extra={"letter": name, "error": kind})
        now.notes.append({"id": name, "why": f"{kind}: {problem}"[:300]})
