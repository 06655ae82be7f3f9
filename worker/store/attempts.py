"""
Attempts: one call of a run each, from the moment it may leave to what became of it.

`leave` is the only way out and a compare-and-set; a fact needs only its attempt.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.store.base import Store
from worker.store.events import Commit, packed
from worker.store.lanes import Head, read_head
from worker.store.text import text


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a run asks before it may leave: see lua/leave.lua."""

    run: str
    lane: str
    token: str
    attempt: str
    call_ms: int
    pace: str = ""
    step_ms: float = 0.0
    burst: int = 1
    needs_window: bool = False
    flight_ms: int = 0
    minds_opt_outs: bool = False
    person_ms: float = 0.0
    person_burst: int = 1


def leave(store: Store, partition: int, leaving: Leaving) -> tuple[str, int | None]:
    """
    ("left" | "lost" | "gone" | "expired" | "window" | "opted_out" | "wait" | "parked", until ms for the last two).

    A "left" with ms probes a provider whose breaker is open since then.
    """
    told = store.run(
        "leave",
        partition,
        leaving.run,
        leaving.lane,
        leaving.token,
        leaving.attempt,
        leaving.call_ms,
        leaving.pace,
        leaving.step_ms,
        leaving.burst,
        "1" if leaving.needs_window else "",
        leaving.flight_ms,
        "1" if leaving.minds_opt_outs else "",
        leaving.person_ms,
        leaving.person_burst,
    )
    return text(told[0]), int(float(told[1])) if len(told) > 1 else None


@dataclass(frozen=True, slots=True)
class Ending:
    """
    What became of an attempt.

    verdict: succeeded | failed | unknown | again | more
    wait:    ms from when it is recorded, for again and unknown: how long the lane, or the connection, waits
    scope:   lane | connection, for again
    letter:  {cause, json, keep} for the dead letters, or None
    events:  what to tell; of "again" only if the run is given up
    given_up: what to tell besides if a late "again" or "more" finds that the run has left its lane, and it fails
    line:     of the activity log: see activity.py
    """

    verdict: str
    fields: Mapping[str, Any]
    wait: int | None = None
    scope: str = "lane"
    letter: Mapping[str, Any] | None = None
    events: Sequence[Commit] = ()
    given_up: Sequence[Commit] = ()
    line: str = ""
    health: str = ""
    pace: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """
    told:    "ok" | "next" | "stale" | "gone"
    head:    what follows in the lane
    breaker: "open" | "closed" when this changed the connection's, and since when it is open (ms)
    """

    told: str
    rings: list[str]
    head: Head | None = None
    breaker: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Breaker:
    """
    When a connection's breaker opens, and for how long.

    failures: attempts in a row that found the provider unreachable or broken
    pause_ms: the first pause; doubled with each probe that fails, up to `most_ms`, and half of it by chance
    """

    failures: int = 5
    pause_ms: int = 10_000
    most_ms: int = 300_000


BREAKER = Breaker()


def finish(
    store: Store,
    partition: int,
    run: str,
    lane: str,
    token: str,
    attempt: str,
    ending: Ending,
    *,
    lease: int,
    go_on: bool,
    breaker: Breaker = BREAKER,
) -> Finished:
    """Records an ending, whoever holds the lane now, and hands over what follows to its holder."""
    flat = [piece for pair in ending.fields.items() for piece in pair]
    told = store.run(
        "finish",
        partition,
        run,
        lane,
        token,
        attempt,
        ending.verdict,
        "" if ending.wait is None else ending.wait,
        ending.scope,
        "1" if go_on else "",
        lease,
        store.retention.runs,
        json.dumps(ending.letter) if ending.letter else "",
        packed(store, ending.events),
        packed(store, ending.given_up),
        ending.line,
        ending.health,
        breaker.failures,
        breaker.pause_ms,
        breaker.most_ms,
        random.random(),
        ending.pace,
        *flat,
    )
    return _finished(told)


def orphan(
    store: Store,
    partition: int,
    lane: str,
    token: str,
    run: str,
    *,
    hold: int,
    lease: int,
    go_on: bool,
    grace: int,
    events: Sequence[Commit],
) -> tuple[str, Finished]:
    """What to do with a head somebody left "leaving", or that is unknown or ended: see lua/orphan.lua."""
    following, keep = "1" if go_on else "", store.retention.runs
    told = store.run("orphan", partition, lane, token, run, hold, following, lease, packed(store, events), grace, keep)
    word = text(told[0])
    if word == "parked":
        return word, Finished("ok", [])
    return word, _finished(told)


def _finished(told: Any) -> Finished:
    word = text(told[0])
    rings = [text(one) for one in told[1]] if len(told) > 1 else []
    changed, _, since = text(told[3]).partition(" ") if len(told) > 3 else ("", "", "")
    head = read_head(told[2]) if word == "next" else None
    return Finished(word, rings, head, (changed, int(float(since))) if changed else None)


def reassert(store: Store, partition: int, run: str, lane: str, attempt: str, left: int, deadline: int) -> str:
    """Says again that a run is at the socket, to a Redis that came back without its last moments."""
    return text(store.run("reassert", partition, run, lane, attempt, left, deadline))
