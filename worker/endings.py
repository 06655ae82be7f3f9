"""
How attempts end: outcomes and errors into what `finish` records: fields, events, dead letters.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from connectors.action import Action, Nature, Outcome, Part
from connectors.errors import ConnectorError, OutcomeUnknown, Rejected
from connectors.events import EventType, Kind, Message
from worker import breaking
from worker.core import Core
from worker.job import Job
from worker.normalise import NO_TALK, Origin, run_event, sent_event
from worker.store import activity, attempts, lanes, letters, runs
from worker.store.client import is_away
from worker.store.events import Commit
from worker.store.messages import Talk, read_talk
from worker.store.text import text

log = logging.getLogger("ferry.outbox")

T = TypeVar("T")

KEPT_ATTEMPTS = 20
INSIST_SECONDS = 600.0  # how long a fact is told again to a Redis that is away


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP call: its id ("" before leaving), when it began, how long it took (ms), the HTTP status."""

    id: str
    at: int
    ms: int
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """kind: succeeded | failed | unknown | again | more; wait in seconds; parts as they are stored."""

    kind: str
    output: Mapping[str, Any] | None = None
    parts: Sequence[Part] = ()
    error: ConnectorError | None = None
    wait: float = 0.0
    scope: str = "lane"


def success(job: Job, outcome: Outcome, *, last: bool) -> Verdict:
    """What an answer means for the run: all parts taken, some refused, or one call of several done."""
    outcome = replace(outcome, parts=(*job.spared, *outcome.parts))
    bad = [part for part in outcome.parts if part.state == "failed"]
    unclear = [part for part in outcome.parts if part.state == "unknown"]
    if not last:
        return Verdict("more", outcome.output, outcome.parts)
    earlier = stored_parts(job.record)
    unknown = len(unclear) + sum(one["state"] == "unknown" for one in earlier)
    lost = len(bad) + sum(one["state"] == "failed" for one in earlier)
    total = len(outcome.parts) + len(earlier)
    if unknown:
        told = f"{unknown} of {total} messages have no clear outcome"
        return Verdict("unknown", outcome.output, outcome.parts, OutcomeUnknown(told, code="partial"))
    if lost:
        error = bad[0].error if total == 1 and bad and bad[0].error else None
        problem = error or Rejected(f"{lost} of {total} messages were refused: see `parts`", code="partial")
        return Verdict("failed", outcome.output, outcome.parts, problem)
    return Verdict("succeeded", outcome.output, outcome.parts)


def stored_parts(record: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """The parts recorded so far."""
    return list(json.loads(record.get("parts") or b"[]"))


def finish(job: Job, attempt: Attempt, verdict: Verdict) -> attempts.Finished:
    """Records a verdict; insists while Redis is away, because a fact nobody recorded is a message nobody knows of."""
    core = job.core
    origin = Origin(job.partition, job.stored.id, job.provider.title, None, int(time.time() * 1000))
    fields, shown = _fields(job, attempt, verdict)
    open_still = verdict.kind in {"again", "more"}
    if open_still:  # told only if the script finds that the run has left its lane: it is given up then
        shown["state"] = "failed"
    ended = _ended(core, job, origin, verdict, shown)
    ending = attempts.Ending(
        verdict.kind,
        fields,
        wait=_wait(core, verdict),
        scope=verdict.scope,
        letter=run_letter(core, job.provider.title, shown) if open_still or verdict.kind == "failed" else None,
        events=[*_sent(core, job, origin, verdict), *([] if verdict.kind == "more" else ended)],
        given_up=ended if verdict.kind == "more" else (),
        health=_health(job, attempt, verdict),
        pace=job.action.pace,
        line=_line(job.stored.id, job.provider.title, job.run, job.action.key, attempt, verdict.kind, verdict.error),
    )

    def tell() -> attempts.Finished:
        return attempts.finish(
            core.store,
            job.partition,
            job.run,
            job.lane,
            job.token,
            attempt.id,
            ending,
            lease=job.lease,
            go_on=job.go_on,
            breaker=breaking.limits(core),
        )

    told = insist(tell)
    if told.breaker is not None:
        breaking.changed(core, job.stored, *told.breaker)
    if attempt.id:
        core.flights.end(attempt.id, tell)
    log.info(
        "run",
        extra={
            "provider": job.provider.title,
            "connection": job.stored.id,
            "action": job.action.key,
            "run": job.run,
            "outcome": verdict.kind,
            "told": told.told,
            "error": verdict.error.name if verdict.error else None,
            "reason": str(verdict.error.reason) if verdict.error else None,
            "status": attempt.status,
            "seconds": round(attempt.ms / 1000, 4),
        },
    )
    return told


def _health(job: Job, attempt: Attempt, verdict: Verdict) -> str:
    """What the call says of the provider, or the question before it that was not answered."""
    if attempt.id:
        return breaking.health(verdict.error, attempt.status)
    return breaking.health(verdict.error, verdict.error.status) if job.asked and verdict.error is not None else ""


def _line(
    connection: str, provider: str, run: str, action: str, attempt: Attempt, verdict: str, error: ConnectorError | None
) -> str:
    """The line of the activity log; without an attempt nothing has left, and there are no milliseconds."""
    ms = attempt.ms if attempt.id else None
    name, reason = (error.name, str(error.reason)) if error else (None, None)
    return activity.line(connection, provider, run, action, attempt.status, ms, verdict, name, reason)


def insist(tell: Callable[[], T]) -> T:
    """Tells it until Redis has heard it, for ten minutes at most; raises what Redis said last."""
    until = time.monotonic() + INSIST_SECONDS
    pause = 0.1
    while True:
        try:
            return tell()
        except Exception as problem:
            if not is_away(problem) or time.monotonic() > until:
                raise
            time.sleep(pause)
            pause = min(2.0, pause * 2)


def _wait(core: Core, verdict: Verdict) -> int | None:
    """In ms; until when, Redis says: the clocks of two machines differ, and one may stand minutes behind."""
    if verdict.kind == "again":
        return int(verdict.wait * 1000)
    return int(core.settings.unknown_hold_seconds * 1000) if verdict.kind == "unknown" else None


def _fields(job: Job, attempt: Attempt, verdict: Verdict) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record's new fields, and the run as it will then look."""
    attempts = list(json.loads(job.record.get("attempts") or b"[]"))
    if attempt.id:
        outcome = verdict.kind if verdict.error is None else verdict.error.name
        attempts.append({"at": attempt.at, "ms": attempt.ms, "status": attempt.status, "outcome": outcome})
    index = int(job.record.get("chunk") or 0)
    parts = stored_parts(job.record) + [part_dict(placed(one, index)) for one in verdict.parts]
    error = verdict.error.as_dict() if verdict.error and verdict.kind != "more" else None
    fields: dict[str, Any] = {
        "attempts": json.dumps(attempts[-KEPT_ATTEMPTS:]),
        "parts": json.dumps(parts, ensure_ascii=False),
        "error": json.dumps(error, ensure_ascii=False) if error else "",
    }
    if verdict.output is not None:
        fields["output"] = json.dumps(_merged(job, verdict.output), ensure_ascii=False, default=str)
    if verdict.kind == "more":
        fields["chunk"] = index + 1
        fields["ready"] = json.dumps(job.ready, ensure_ascii=False)
    if job.renewed:
        fields["renewed"] = "1"
    fields |= _counted(job, attempt, verdict)
    shown = runs.show(job.run, {**job.record, **{name: str(value).encode() for name, value in fields.items()}})
    shown["state"] = verdict.kind
    return fields, shown


def _counted(job: Job, attempt: Attempt, verdict: Verdict) -> dict[str, Any]:
    """Attempts, and since when, of one call with the questions before it.  Those that left are counted by `leave`."""
    if verdict.kind == "more":
        return {"tries": 0, "first_left": ""}
    if not attempt.id and not job.asked:
        return {}
    counted: dict[str, Any] = {} if attempt.id else {"tries": job.tries + 1}
    if not job.record.get("first_left"):
        counted["first_left"] = attempt.at or int(time.time() * 1000)
    return counted


def _merged(job: Job, output: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of several calls of one run as one: lists joined, the rest as said last."""
    before = json.loads(job.record.get("output") or b"{}") if int(job.record.get("chunk") or 0) else {}
    merged = dict(before)
    for name, value in output.items():
        had = merged.get(name)
        merged[name] = [*had, *value] if isinstance(had, list) and isinstance(value, list) else value
    return merged


def placed(part: Part, index: int) -> Part:
    """A part of an answer under the name it has in the run: the only one of a call is named by the call's place."""
    return replace(part, ref=str(index)) if part.ref == "0" else part


def named(refs: set[str], own: set[str]) -> set[str]:
    """
    The messages these outcomes are of: one to the members of a list has several, called "<ref>:<member>".

    own: the names of all messages of the run
    """
    return refs | {ref.rpartition(":")[0] for ref in refs - own}


def part_dict(part: Part) -> dict[str, Any]:
    """A part as it is stored."""
    return {
        "ref": part.ref,
        "state": part.state,
        "message": part.message,
        "to": part.to,
        "error": part.error.as_dict() if part.error else None,
    }


def _sent(core: Core, job: Job, origin: Origin, verdict: Verdict) -> list[Commit]:
    """message.sent of each message that was taken."""
    if job.action.nature is not Nature.SEND:
        return []
    given = json.loads(job.record.get("input") or b"{}")
    party = text(job.record.get("conversation"))
    talk = talk_of(job.record)
    found: list[Commit] = []
    for part in verdict.parts:
        if part.message and part.state == "accepted":
            said = said_by(job.action, given, part.message)
            whom = part.to or party
            known = talk if whom == party else NO_TALK
            found.append(sent_event(origin, said, whom, job.run, core.hearers(EventType.SENT), known))
    return found


ENDS = {"succeeded": EventType.RUN_SUCCEEDED, "unknown": EventType.RUN_UNKNOWN}


def _ended(core: Core, job: Job, origin: Origin, verdict: Verdict, shown: Mapping[str, Any]) -> list[Commit]:
    """run.succeeded, run.unknown or run.failed: the last also for a run that may have to be given up."""
    kind = ENDS.get(verdict.kind, EventType.RUN_FAILED)
    nth = turn_of(job.record, len(shown["attempts"]))
    told = {**shown, "attempt": nth, "conversation": text(job.record.get("conversation"))}
    return [run_event(origin, kind, told, core.hearers(kind), talk_of(job.record))]


def turn_of(record: Mapping[str, bytes], end: object) -> str:
    """Which end of a run an event tells of: it ends as often as somebody has it done again, perhaps in the same way."""
    asked = text(record.get("ask"))
    return f"{asked}:{end}" if asked else str(end)


def said_by(action: Action, given: Mapping[str, Any], provider_id: str) -> Message:
    """The message an input made, as far as its words tell."""
    words = action.key.split("-")
    kind = next((one for one in Kind if one.value in words), Kind.TEXT)
    said = given.get("text") or given.get("caption")
    return Message(provider_id, "outbound", kind, text=said if isinstance(said, str) else None)


def talk_of(record: Mapping[str, bytes]) -> Talk:
    """What came with a lane's head of its conversation."""
    return read_talk(record.get("contact"), record.get("window"))


def run_letter(core: Core, provider: str, shown: Mapping[str, Any], cause: str = "") -> dict[str, Any]:
    """The dead letter of a run as it will then look; by default its cause is where it failed, and how."""
    error = shown.get("error") or {}
    words = (provider, shown["action"], error.get("class", "error"), error.get("reason", "other"))
    return letters.letter(
        core.store,
        cause or ":".join(word for word in words if word),
        shown,
        connection=shown["connection"],
        provider=provider,
        told=str(error.get("text") or ""),
    )


def before_leaving(
    core: Core, partition: int, taken: lanes.Claim, head: lanes.Head, problem: ConnectorError, *, go_on: bool
) -> attempts.Finished:
    """Ends a head that cannot be worked off at all: its connection or action is gone, or it kills its workers."""
    connection = text(head.record.get("connection"))
    action = text(head.record.get("action"))
    shown = runs.show(head.item, head.record)
    shown.update(state="failed", error=problem.as_dict())
    stored = core.connections.get(connection)
    title = core.provider(stored).title if stored is not None else ""
    origin = Origin(partition, connection, title, None, int(time.time() * 1000))
    nth = turn_of(head.record, len(shown["attempts"]))
    told = {**shown, "attempt": nth, "conversation": text(head.record.get("conversation"))}
    ending = attempts.Ending(
        "failed",
        {"error": json.dumps(problem.as_dict(), ensure_ascii=False)},
        letter=run_letter(core, title, shown, f"{action}:{problem.name}:{problem.code or problem.reason}"),
        events=[
            run_event(origin, EventType.RUN_FAILED, told, core.hearers(EventType.RUN_FAILED), talk_of(head.record))
        ],
        line=_line(connection, title, head.item, action, Attempt("", 0, 0), "failed", problem),
    )
    lease = int(core.settings.lease_seconds * 1000)
    return insist(
        lambda: attempts.finish(
            core.store, partition, head.item, taken.lane, taken.token, "", ending, lease=lease, go_on=go_on
        )
    )


def unknown_events(core: Core, head: lanes.Head) -> list[Commit]:
    """run.unknown for a run whose sender died, told by whoever finds it."""
    connection = text(head.record.get("connection"))
    stored = core.connections.get(connection)
    title = core.provider(stored).title if stored is not None else ""
    origin = Origin(core.store.of(connection), connection, title, None, int(time.time() * 1000))
    shown = runs.show(head.item, head.record)
    shown["state"] = "unknown"
    told = {
        **shown,
        "attempt": text(head.record.get("attempt")) or len(shown["attempts"]),
        "conversation": text(head.record.get("conversation")),
    }
    hearers = core.hearers(EventType.RUN_UNKNOWN)
    return [run_event(origin, EventType.RUN_UNKNOWN, told, hearers, talk_of(head.record))]
