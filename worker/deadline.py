"""
What becomes of an unknown run that nobody could prove, once the time for proof is over: its connection's policy says.

It is decided once, whoever dies in between and whoever says something of the run meanwhile: the scripts take the first
word.  Where nothing was chosen, a person decides.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.errors import OutcomeUnknown
from connectors.events import EventType
from worker import policy, runs_by_hand
from worker.accept import WORTH, Conflict
from worker.core import Core
from worker.endings import run_letter, talk_of, turn_of
from worker.normalise import Origin, run_event
from worker.policy import ASSUME_SENT, FAIL, HOLD, SEND_AGAIN
from worker.store import runs
from worker.store.letters import Who
from worker.store.text import text
from worker.unknown import Case, Settled, Word, case_of, settle

log = logging.getLogger("ferry.reconcile")

CAUSE = "unknown"  # of what is held for a person
OWNER = Who("policy")


def decide(core: Core, partition: int, run: str) -> str:
    """Does what the policy says; what was done, or the state it is in instead."""
    record = runs.load(core.store, run)
    if record is None or text(record.get("state")) != "unknown":
        return text(record.get("state")) if record else "gone"
    case = case_of(core, partition, run, record)
    chosen = _chosen(case, record)
    if case is not None and chosen == SEND_AGAIN:
        told = _send_again(case)
    elif case is not None and chosen in {ASSUME_SENT, FAIL}:
        told = _assume(case) if chosen == ASSUME_SENT else _fail(case)
    else:
        told = _hold(core, partition, run, record)
    log.info(
        "unknown run decided",
        extra={"run": run, "connection": text(record.get("connection")), "policy": chosen, "told": told},
    )
    return told


def _chosen(case: Case | None, record: Mapping[str, bytes]) -> str:
    """Never a second time by itself, nor against the word of somebody who asked for its end."""
    if case is None:
        return HOLD
    chosen = policy.of(case.stored, "unknown_outcome")
    once = text(record.get("sent_again")) == "1" or text(record.get("cancel")) == "1" or not case.stored.open
    return HOLD if chosen == SEND_AGAIN and once else chosen


def _assume(case: Case) -> str:
    parts = [replace(part, state="accepted") for part in case.unclear()]
    return _word(settle(case, Word("assumed", parts, who=OWNER)), ASSUME_SENT)


def _fail(case: Case) -> str:
    hours = case.core.settings.reconcile_hours
    problem = OutcomeUnknown(f"it left, and no proof that it arrived was found for {hours:g} h", code="given_up")
    return _word(settle(case, Word("given_up", case.unclear(), who=OWNER, problem=problem)), FAIL)


def _word(settled: Settled, done: str) -> str:
    return done if settled.believed else settled.state


def _send_again(case: Case) -> str:
    core = case.core
    fields: dict[str, Any] = {"first_left": "", "renewed": "", "sent_again": "1"}
    try:
        fields |= runs_by_hand.rest(core, case.run, case.record, case.stored, case.action, force=True)
    except Conflict:  # nothing of it can go again by itself
        return _hold(core, case.partition, case.run, case.record)
    expires = int((time.time() + WORTH[case.action.nature]) * 1000)
    state, rings = runs.resume(core.store, case.run, expires, fields, among=("unknown",), who=OWNER)
    core.ring(case.partition, rings)
    return SEND_AGAIN if state == "resumed" else state


def _hold(core: Core, partition: int, run: str, record: Mapping[str, bytes]) -> str:
    """It is told once more, now as something that needs a person."""
    now = int(time.time() * 1000)
    connection = text(record.get("connection"))
    stored = core.connections.get(connection)
    title = core.provider(stored).title if stored is not None else ""
    shown = runs.show(run, {**record, "held": str(now).encode()})
    hours = core.settings.reconcile_hours
    problem = OutcomeUnknown(f"it left, and no proof that it arrived was found for {hours:g} h: say how it ended")
    letter = run_letter(core, title, {**shown, "error": problem.as_dict()}, CAUSE)
    nth = turn_of(record, f"held:{len(shown['attempts'])}")
    body = {**shown, "attempt": nth, "conversation": text(record.get("conversation"))}
    origin = Origin(partition, connection, title, None, now)
    kind = EventType.RUN_UNKNOWN
    told = [run_event(origin, kind, body, core.hearers(kind), talk_of(record))]
    state, rings = runs.hold(core.store, partition, run, letter, {}, told)
    core.ring(partition, rings)
    return HOLD if state == "held" else state
