"""The inbox of the simulation: batches of requests become events; it keeps the rules of worker/inbox.py."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation import sender
from tests.simulation.agenda import Dies, Process, Steps
from tests.simulation.world import World
from worker.store import events, ids, lanes, letters, runs

BATCH = 6
CHUNK = 3  # commits a round trip
SUBSCRIPTIONS = ("app", "crm")


def drain(world: World, process: Process, queue: str) -> Steps:
    """Works off a source's journal."""
    if not sender.may_claim(world, process):
        return
    source = queue.removeprefix("in:")
    until = world.now + 10_000
    taken = lanes.claim(world.store, 0, queue, lease=sender.LEASE, limit=1, batch=BATCH)
    yield None
    batch, strikes = taken.batch, taken.strikes
    mark = sender.suspect(world, process, strikes)
    if mark is None:
        lanes.release(world.store, 0, taken.lane, taken.token, world.now + sender.PAUSE)
        yield None
        return
    while batch is not None:
        if strikes >= sender.STRIKES:
            ident = ids.request_id(source, batch.entries[0][0])
            letters.put(world.store, 0, ident, kind="request", cause="killed", connection=source, body={})
            del batch.entries[1:]
            poison = any("poison" in fact for fact in json.loads(batch.entries[0][1]["b"]))
            world.aside.append("" if poison else f"request {ident}")
            yield None
        else:
            found = [fact for _, fields in batch.entries for fact in json.loads(fields["b"])]
            if any("poison" in fact for fact in found):
                raise Dies
            for begin in range(0, len(found), CHUNK):
                yield from _commit(world, found[begin : begin + CHUNK])
        strikes = 0
        mark = sender.cleared(process, mark)
        more = sender.LEASE if world.now < until else 0
        batch = lanes.advance(world.store, 0, source, taken.token, batch, lease=more, batch=BATCH)
        yield None


def _commit(world: World, found: list[dict[str, Any]]) -> Steps:
    told, rings = events.commit(world.store, [commit_of(world, fact) for fact in found])
    for one in told:
        if one.error is not None:
            raise one.error
    yield None
    world.publish(queue for _, queue in sorted(rings))
    for fact in found:
        if "echo" in fact:  # proof that an unknown run arrived
            done = sender.run_event(world, world.runs[fact["echo"]], "succeeded")
            if fact["chunk"] + 1 == world.runs[fact["echo"]].chunks:
                _, more = runs.settle(world.store, fact["echo"], "succeeded", {}, [done])
                yield None
                world.publish(more)


def commit_of(world: World, fact: dict[str, Any]) -> events.Commit:
    """A fact of a webhook's body as it is committed."""
    if "echo" in fact:
        return sender.sent_event(world, world.runs[fact["echo"]], fact["chunk"], by="echo")
    connection = fact["connection"]
    body = {
        "id": ids.event_id(0, connection, "message.received", fact["key"]),
        "type": "message.received",
        "connection": connection,
        "conversation": fact["from"],
    }
    return events.Commit(
        0,
        body,
        connection,
        conversation=fact["from"],
        message=ids.message_id(0, connection, fact["key"]),
        provider_id=fact["key"],
        direction="inbound",
        subscriptions=SUBSCRIPTIONS,
    )
