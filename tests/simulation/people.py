"""Who wants what of Ferry in a schedule: sends, cancels, retries, pauses, webhooks, redeliveries."""

from __future__ import annotations

import json
from random import Random

from tests.simulation import sender
from tests.simulation.provider import Deed
from tests.simulation.world import Run, World
from worker.store import ids, lanes, runs
from worker.store.text import text

LANES = ("out:k1:live/ann", "out:k1:live/bob", "out:k2:live/ann", "out:k2:bulk/ann", "out:k1:bulk/ann")
BUSY_MS = 20_000  # while people do things
DAY = 86_400_000


def plan(world: World) -> None:
    """Puts everybody's doings on the agenda."""
    dice = world.dice
    for number in range(dice.randint(6, 14)):
        world.agenda.after(dice.randint(0, BUSY_MS), lambda number=number: submit(world, number))  # type: ignore[misc]
    for number in range(dice.randint(4, 9)):
        world.agenda.after(dice.randint(0, BUSY_MS), lambda number=number: webhook(world, number))  # type: ignore[misc]
    for _ in range(dice.randint(0, 4)):
        world.agenda.after(dice.randint(1_000, BUSY_MS + 5_000), lambda: cancel(world))
    for _ in range(dice.randint(0, 2)):
        world.agenda.after(dice.randint(5_000, BUSY_MS + 60_000), lambda: resume(world))
    if dice.random() < 0.3:
        world.agenda.after(dice.randint(0, BUSY_MS), lambda: pause(world))


def submit(world: World, number: int) -> None:
    """A run; now and then a scheduled one, one that kills, one a newer replaces, or the same once more."""
    dice: Random = world.dice
    lane = dice.choice(LANES)
    connection, party = lane.split(":")[1], lane.split("/")[1]
    ident = ids.run_id(0, connection, f"key-{number}")
    scheduled = dice.random() < 0.1
    run = Run(
        ident,
        lane,
        None if scheduled else len(world.runs),
        repeatable=dice.random() < 0.4,
        chunks=2 if dice.random() < 0.15 else 1,
        poison=dice.random() < 0.02,
        coalesce=dice.random() < 0.1,
    )
    world.runs[ident] = run
    new = runs.NewRun(
        ident,
        0,
        lane,
        f"mark-{number}",
        world.now + DAY,
        {"connection": connection, "conversation": party, "input": "{}", "repeatable": "1" if run.repeatable else ""},
        not_before=world.now + dice.randint(100, 10_000) if scheduled else None,
        coalesce=f"{connection}:{party}:read" if run.coalesce else "",
    )
    for _ in range(2 if dice.random() < 0.1 else 1):
        told = runs.submit(world.store, new)
        world.note(f"submit {ident} {lane} {told.told}")
        world.publish(told.rings)


def cancel(world: World) -> None:
    """Somebody takes something back."""
    if not world.runs:
        return
    run = world.runs[world.dice.choice(sorted(world.runs))]
    told = runs.cancel(world.store, run.id)
    world.note(f"cancel {run.id} {told}")
    if told == "cancelled":
        run.cancelled_at = run.cancelled_at or world.now
    elif told == "leaving":
        run.asked_at = run.asked_at or world.now


def resume(world: World) -> None:
    """A person tries something again that surely did not leave."""
    for ident in sorted(world.runs):
        run = world.runs[ident]
        state = text(world.client.hget(world.key(f"r:{ident}"), "state"))
        if state not in {"failed", "cancelled"} or run.poison or run.chunks > 1:
            continue
        told, rings = runs.resume(world.store, ident, world.now + DAY, {})
        world.note(f"resume {ident} {told}")
        run.place = run.cancelled_at = run.asked_at = None  # it joined the tail, and may leave again
        world.publish(rings)
        return


def pause(world: World) -> None:
    """A connection is paused, and opened again."""
    connection = world.dice.choice(("k1", "k2"))
    world.store.run("gate", 0, connection, world.now + DAY, "paused")
    world.agenda.after(world.dice.randint(500, 15_000), lambda: unpause(world, connection))


def unpause(world: World, connection: str) -> None:
    """It is opened again."""
    queues = [f"out:{connection}:{priority}" for priority in ("live", "bulk")]
    world.publish(text(one) for one in world.store.run("gate", 0, connection, 0, "", *queues))


def webhook(world: World, number: int) -> None:
    """A request with some facts, sometimes delivered twice, sometimes one that kills its reader."""
    dice = world.dice
    if dice.random() < 0.02:
        ingest(world, json.dumps([{"poison": True}]))
        return
    found = []
    for place in range(dice.randint(1, 3)):
        fact = {"key": f"in-{number}-{place}", "connection": "k1", "from": dice.choice(("ann", "bob"))}
        ident = ids.event_id(0, "k1", "message.received", fact["key"])
        world.facts[ident] = fact["from"]
        if dice.random() < 0.03:
            world.stubborn.add(ident)
        if dice.random() < 0.02:
            world.deadly.add(ident)
        found.append(fact)
    request = ingest(world, json.dumps(found))
    world.in_request[request] = [ids.event_id(0, "k1", "message.received", fact["key"]) for fact in found]
    if dice.random() < 0.3:
        world.agenda.after(dice.randint(0, 10_000), lambda: _again(world, json.dumps(found)))


def echo(world: World, deed: Deed) -> None:
    """The provider tells what was said from our side."""
    if world.dice.random() < 0.6:
        body = json.dumps([{"echo": deed.run, "chunk": deed.chunk}])
        world.agenda.after(world.dice.randint(0, 400), lambda: _again(world, body))


def _again(world: World, body: str) -> None:
    ingest(world, body)


def ingest(world: World, body: str) -> str:
    """The receiver's part; the id of the request."""
    told = world.store.run("ingest", 0, "k1", "m", "POST", "k", "", "q", "", "h", "{}", "b", body)
    world.publish(text(one) for one in told[1:])
    return ids.request_id("k1", text(told[0]))


def failed_letter() -> dict[str, object]:
    """The dead letter of a run whose time passed."""
    return {"cause": "expired", "json": "{}", "keep": 3_600_000}


def tick(world: World) -> int | None:
    """The ticker's turn; when to look again (ms), None when nothing waits for any time."""
    told = lanes.tick(world.store, 0)
    world.publish(told.rings)
    for ident in told.expired:
        run = world.runs[ident]
        done, rings = runs.expire(
            world.store, 0, ident, failed_letter(), [sender.run_event(world, run, "failed")], {"error": "expired"}
        )
        world.note(f"expire {ident} {done}")
        world.publish(rings)
    _, *rest = world.store.run("unhold", 0, 64)
    world.publish(text(one) for one in rest)
    return told.first
