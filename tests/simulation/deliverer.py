"""The deliveries of the simulation: events to apps, in order per conversation, at least once."""

from __future__ import annotations

import json

from tests.simulation import sender
from tests.simulation.agenda import Dies, Process, Steps
from tests.simulation.world import World
from worker.store import lanes
from worker.store.text import text

LEASE = 3_000
TRIES = 4


def drain(world: World, process: Process, queue: str) -> Steps:
    """Hands the events of a subscription's ready lanes to it."""
    until, answering = world.now + 10_000, True
    name = queue.removeprefix("dlv:")
    while world.now < until and sender.may_claim(world, process):
        taken = lanes.claim(world.store, 0, queue, lease=LEASE, limit=world.crew.parallel, answering=answering)
        answering = False
        yield None
        world.publish(taken.rings)
        if taken.head is None:
            return
        head: lanes.Head | None = taken.head
        strikes, count = taken.strikes, 0
        mark = sender.suspect(world, process, strikes)
        if mark is None:
            lanes.release(world.store, 0, taken.lane, taken.token, world.now + sender.PAUSE)
            yield None
            continue
        while head is not None:
            count += 1
            assert head.event is not None, "an event that waits was trimmed"
            event = json.loads(head.event)["id"]
            verdict, at = "done", 0
            if strikes >= sender.STRIKES:
                verdict = "dead"
                world.aside.append("" if event in world.deadly else f"delivery {event}")
            else:
                if event in world.deadly:
                    raise Dies
                world.heard.setdefault(name, []).append(event)  # the app has it from here on, whatever follows
                fails = event in world.stubborn or (not world.calm and world.dice.random() < 0.15)
                yield world.dice.randint(0, world.faults.handling)
                if fails and head.tries + 1 >= TRIES:
                    verdict = "dead"
                elif fails:
                    verdict, at = "again", world.now + world.dice.randint(100, 5_000)
            strikes = 0
            mark = sender.cleared(process, mark)
            letter = {"id": f"{event}:{name}", "cause": "app", "connection": "k1", "json": "{}", "keep": 3_600_000}
            told = world.store.run(
                "delivered",
                0,
                taken.lane,
                taken.token,
                head.item,
                verdict,
                at or "",
                json.dumps(letter) if verdict == "dead" else "",
                "1" if count < sender.ITEMS else "",
                LEASE,
            )
            yield None
            if len(told) > 1:
                world.publish([text(one) for one in told[1]])
            head = lanes.read_head(told[2]) if text(told[0]) == "next" else None
    world.publish([queue])
