"""
The outbox of the simulation: it keeps the rules of worker/outbox.py, and yields after each step.

No `finally` anywhere: kill -9 runs none.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from tests.simulation.agenda import Dies, Process, Steps
from tests.simulation.provider import Reply
from tests.simulation.world import Run, World
from worker.store import attempts, ids, lanes
from worker.store.events import Commit
from worker.store.text import text

LEASE = 3_000
CALL = 5_000
GRACE = 500
HOLD = 60_000
BREAKER = attempts.Breaker(failures=2, pause_ms=2_000, most_ms=20_000)
ITEMS = 5
STRIKES = 3
TRIES = 8
PATIENCE = 10_000  # ms after which a suspect is not waited for
PAUSE = 200
REMEMBERS = 5_000  # ms a finished flight is still known, for a Redis that forgot it
QUIET = 10_000  # ms without claims after Redis came back without its last moments
PACES = {"k1": (150.0, 2), "k2": (0.0, 1)}
PERSON = {"k1": (0.0, 1), "k2": (400.0, 3)}  # to one person: ms a message, how many at once

Done = Generator[int | None, None, attempts.Finished | None]


@dataclass
class Flight:
    """What a process knows of an attempt of its own."""

    run: Run
    lane: str
    token: str
    left: int
    deadline: int
    ending: attempts.Ending | None = None
    ended: int = 0


def drain(world: World, process: Process, queue: str) -> Steps:
    """Works off a connection's ready lanes."""
    until, answering = world.now + 10_000, True
    while world.now < until and may_claim(world, process):
        taken = lanes.claim(world.store, 0, queue, lease=LEASE, limit=world.crew.parallel, answering=answering)
        answering = False
        yield None
        world.publish(taken.rings)
        if taken.head is None:
            return
        head: lanes.Head | None = taken.head
        strikes, count = taken.strikes, 0
        doubted = text(taken.head.record.get("state")) in {"queued", "waiting"}
        mark = suspect(world, process, strikes if doubted else 0)
        if mark is None:
            lanes.release(world.store, 0, taken.lane, taken.token, world.now + PAUSE)
            yield None
            continue
        while head is not None:
            count += 1
            go_on = count < ITEMS and world.now < until
            done = yield from _head(world, process, taken, head, strikes, go_on=go_on)
            mark = cleared(process, mark)
            if done is None:
                return
            strikes = 0
            world.publish(done.rings)
            head = done.head
    if world.now >= until:
        world.publish([queue])


def suspect(world: World, process: Process, strikes: int) -> int | None:
    """As worker/suspects.py: a mark, 0 where nothing is suspected, None where another suspect is in hand."""
    if not 0 < strikes < STRIKES or not world.rules.alone:
        return 0
    if any(world.now - begun < PATIENCE for begun in process.suspects):
        return None
    process.suspects.append(world.now)
    return world.now


def cleared(process: Process, mark: int) -> int:
    """It has not killed."""
    if mark in process.suspects:
        process.suspects.remove(mark)
    return 0


def may_claim(world: World, process: Process) -> bool:
    """A process whose connection broke looks whether Redis is still what it was, before it claims anything."""
    if process.epoch != world.epoch:
        remember(world, process)
    return world.now >= process.quiet_until


def remember(world: World, process: Process) -> None:
    """Redis came back without its last moments: what left is said again, and nobody claims for a while."""
    if process.epoch == world.epoch:
        return
    process.epoch = world.epoch
    process.quiet_until = world.now + (QUIET if world.rules.reassert else 0)
    if not world.rules.reassert:
        return
    for attempt, flight in process.flights.items():
        if flight.ended and flight.ended + REMEMBERS < world.now:
            continue
        attempts.reassert(world.store, 0, flight.run.id, flight.lane, attempt, flight.left, flight.deadline)
        if flight.ending is not None:
            attempts.finish(
                world.store,
                0,
                flight.run.id,
                flight.lane,
                flight.token,
                attempt,
                flight.ending,
                lease=LEASE,
                go_on=False,
            )


def watch(world: World, process: Process) -> Steps:
    """The thread that looks after Redis while others wait at the socket."""
    yield world.dice.randint(0, 1_000)
    remember(world, process)


def _head(world: World, process: Process, taken: lanes.Claim, head: lanes.Head, strikes: int, *, go_on: bool) -> Done:
    run = world.runs[head.item]
    if text(head.record.get("state")) not in {"queued", "waiting"}:
        return (yield from _orphan(world, taken, run, go_on=go_on))
    if strikes >= STRIKES:
        world.aside.append("" if run.poison else f"run {run.id}")
        return (yield from _finish(world, taken, run, "", failed(world, run, "killed"), go_on=go_on))
    if run.poison:
        raise Dies
    chunk = int(head.record.get("chunk") or 0)
    tries = int(head.record.get("tries") or 0) + 1
    deadline = world.now + CALL  # before asking: the clock of Redis starts later, never earlier
    yield None
    attempt = f"{process.name}.{process.life}.{world.now}.{world.provider.calls}"
    step, burst = PACES[text(head.record["connection"])]
    each, most = PERSON[text(head.record["connection"])]
    told, _ = attempts.leave(
        world.store,
        0,
        attempts.Leaving(
            run.id,
            taken.lane,
            taken.token,
            attempt,
            CALL,
            "send",
            step,
            burst,
            flight_ms=CALL + 5_000,
            person_ms=each,
            person_burst=most,
        ),
    )
    yield None
    if told == "wait":
        return None
    if told == "parked":
        return attempts.Finished("ok", [])
    if told == "lost":
        return attempts.Finished("gone", [])
    if told == "gone":
        return (yield from _orphan(world, taken, run, go_on=go_on))
    if told == "expired":
        return (yield from _finish(world, taken, run, "", failed(world, run, "expired"), go_on=go_on))
    flight = Flight(run, taken.lane, taken.token, world.now, deadline)
    process.flights[attempt] = flight
    yield None
    reply = Reply("late", world.now)
    if world.now < deadline or not world.rules.deadline:
        # Directly before the socket: looking at the deadline and writing are one step.
        reply = world.provider.call(taken.lane, run.id, chunk, attempt, CALL)
        patience = max(deadline, world.now + 1) if world.rules.deadline else world.now + CALL
        yield min(reply.at, patience) - world.now
        if reply.at > patience:
            reply = Reply("unknown", world.now)
    health = {"ok": "ok", "refused": "ok", "busy": "bad"}.get(reply.kind, "")
    flight.ending = replace(ending(world, run, reply, chunk, tries), health=health)
    done = yield from _finish(world, taken, run, attempt, flight.ending, go_on=go_on)
    flight.ended = world.now
    return done


def _orphan(world: World, taken: lanes.Claim, run: Run, *, go_on: bool) -> Done:
    word, finished = attempts.orphan(
        world.store,
        0,
        taken.lane,
        taken.token,
        run.id,
        hold=HOLD,
        lease=LEASE,
        go_on=go_on,
        grace=GRACE,
        events=[run_event(world, run, "unknown")],
    )
    world.note(f"orphan {run.id} {word}")
    yield None
    return finished


def _finish(
    world: World, taken: lanes.Claim, run: Run, attempt: str, end: attempts.Ending, *, go_on: bool
) -> Generator[int | None, None, attempts.Finished]:
    done = attempts.finish(
        world.store, 0, run.id, taken.lane, taken.token, attempt, end, lease=LEASE, go_on=go_on, breaker=BREAKER
    )
    world.note(f"finish {run.id} {attempt} {end.verdict} → {done.told}")
    yield None
    return done


def ending(world: World, run: Run, reply: Reply, chunk: int, tries: int) -> attempts.Ending:
    """What an answer means: worker/retry.py in small."""
    if reply.kind == "ok":
        said = [sent_event(world, run, chunk, by="run")]
        if chunk + 1 < run.chunks:
            lost = failed(world, run, "left its lane")
            return attempts.Ending("more", {"chunk": chunk + 1}, events=said, given_up=lost.events, letter=lost.letter)
        return attempts.Ending("succeeded", {}, events=[*said, run_event(world, run, "succeeded")])
    if reply.kind == "refused":
        return failed(world, run, "refused")
    if reply.kind == "unknown" and not run.repeatable:
        return attempts.Ending("unknown", {}, wait=HOLD, events=[run_event(world, run, "unknown")])
    if reply.kind == "busy" and not run.repeatable:
        return failed(world, run, "busy")
    if tries >= TRIES:
        return failed(world, run, "patience")
    wait = reply.wait or world.dice.randint(100, 3_000)
    given_up = failed(world, run, "left its lane")
    return attempts.Ending("again", {}, wait=wait, scope=reply.scope, letter=given_up.letter, events=given_up.events)


def failed(world: World, run: Run, cause: str) -> attempts.Ending:
    """An end without success, with its dead letter."""
    letter = {"cause": cause, "json": "{}", "keep": 3_600_000}
    return attempts.Ending("failed", {"error": cause}, letter=letter, events=[run_event(world, run, "failed")])


def run_event(world: World, run: Run, how: str) -> Commit:
    """run.succeeded, run.failed, run.unknown."""
    connection = run.lane.split(":")[1]
    body = {"id": ids.event_id(0, connection, f"run.{how}", run.id), "type": f"run.{how}", "connection": connection}
    return Commit(0, body, connection, run=run.id)


def sent_event(world: World, run: Run, chunk: int, *, by: str) -> Commit:
    """message.sent: one fact, from the answer or from the echo, whichever comes first."""
    connection, party = run.lane.split(":")[1], run.lane.split("/")[1]
    provider_id = f"wamid.{run.id}.{chunk}"
    body = {
        "id": ids.event_id(0, connection, "message.sent", provider_id),
        "type": "message.sent",
        "connection": connection,
        "by": by,
        "run": run.id,
    }
    return Commit(
        0,
        body,
        connection,
        conversation=party,
        message=ids.message_id(0, connection, provider_id),
        provider_id=provider_id,
        status="accepted",
        direction="outbound",
        run=run.id if by == "run" else "",
        echo=by == "echo",
    )
