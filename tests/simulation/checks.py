"""What every schedule must have kept, whatever happened in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.simulation.reader import SUBSCRIPTIONS
from tests.simulation.sender import sent_event
from tests.simulation.world import Run, World
from worker.store.text import text

ENDS = {"succeeded", "failed", "cancelled", "unknown"}


def states(world: World) -> dict[str, str]:
    """The state of every run."""
    with world.client.pipeline(transaction=False) as pipe:
        for ident in world.runs:
            pipe.hget(world.key(f"r:{ident}"), "state")
        return {ident: text(state) for ident, state in zip(world.runs, pipe.execute(), strict=True)}


def broken(world: World, ends: Mapping[str, str], *, drained: bool) -> list[str]:
    """The promises that were not kept, a sentence each."""
    found = [] if drained else ["stuck: work is left half an hour after all faults stopped"]
    found += nothing_twice(world)
    if world.rules.forgets:
        return found  # a cancel or a place in a lane that Redis forgot it cannot keep; it shall not send twice for that
    found += order(world)
    found += nothing_after_a_cancel(world)
    found += nothing_lost(world, ends)
    found += facts_once(world)
    found += deliveries(world)
    found += left_behind(world)
    return found


def nothing_twice(world: World) -> Iterator[str]:
    """The provider did each call of a non-repeatable run at most once."""
    done = Counter((deed.run, deed.chunk) for deed in world.provider.deeds)
    for (run, chunk), times in done.items():
        if times > 1 and not world.runs[run].repeatable:
            yield f"doubled: {run} call {chunk} was done {times} times"


def order(world: World) -> Iterator[str]:
    """The provider saw a conversation's runs as they were accepted; a repetition follows at once or not at all."""
    seen: dict[str, tuple[int, int]] = {}
    for deed in world.provider.deeds:
        place = world.runs[deed.run].place
        if place is None:
            continue
        here = (place, deed.chunk)
        if here < seen.get(deed.lane, here):
            yield f"reordered: {deed.run} came after a later one of {deed.lane}"
        seen[deed.lane] = max(here, seen.get(deed.lane, here))


def nothing_after_a_cancel(world: World) -> Iterator[str]:
    """Nothing leaves after a confirmed cancel; and after one asked for too late nothing leaves once more."""
    for deed in world.provider.deeds:
        run = world.runs[deed.run]
        if run.cancelled_at is not None and deed.at > run.cancelled_at:
            yield f"cancelled: {run.id} was done after its cancel was confirmed"
        if run.asked_at is not None and int(deed.attempt.split(".")[2]) > run.asked_at:
            yield f"cancelled: {run.id} was tried again after somebody asked for its end"


def nothing_lost(world: World, ends: Mapping[str, str]) -> Iterator[str]:
    """Every run has ended, and its end is true as far as anybody can know."""
    done = Counter(deed.run for deed in world.provider.deeds)
    told = {event["id"] for event in events(world)}
    for ident, state in ends.items():
        run = world.runs[ident]
        if state not in ENDS:
            yield f"lost: {ident} ended as {state or 'nothing'}"
        elif state == "succeeded" and done[ident] < run.chunks:
            yield f"untrue: {ident} succeeded, and the provider did {done[ident]} of {run.chunks} calls"
        elif state in {"failed", "cancelled"} and done[ident] and not run.repeatable and run.chunks == 1:
            yield f"untrue: {ident} is {state}, and the provider did it"
        if state == "failed" and not world.client.exists(world.key(f"dl:{ident}")):
            yield f"lost: {ident} failed, and no dead letter tells of it"
        if state == "succeeded" and any(said(world, run, chunk) not in told for chunk in range(run.chunks)):
            yield f"lost: {ident} succeeded, and its message.sent was never told"


def said(world: World, run: Run, chunk: int) -> str:
    """The id of the message.sent of a call."""
    return str(sent_event(world, run, chunk, by="run").body["id"])


def events(world: World) -> list[dict[str, Any]]:
    """The event stream."""
    rows: Any = world.client.xrange(world.key("ev"))
    return [json.loads(fields[b"j"]) for _, fields in rows]


def facts_once(world: World) -> Iterator[str]:
    """Every fact became one event, a conversation's in the order they came; what kills its reader was set aside."""
    told = [event["id"] for event in events(world)]
    for ident, times in Counter(told).items():
        if times > 1:
            yield f"doubled: event {ident} {times} times"
    there = set(told)
    aside = {text(name) for name in world.client.zrange(world.key("dl"), 0, -1)}
    for request, facts in world.in_request.items():
        for ident in facts:
            if ident not in there and request not in aside:
                yield f"lost: event {ident}"
    yield from _in_order(world, "events", told)


def _in_order(world: World, whose: str, told: list[str]) -> Iterator[str]:
    # What was set aside and came again later, in a redelivery, has no place any more.
    aside = {text(name) for name in world.client.zrange(world.key("dl"), 0, -1)}
    displaced = {ident for request, facts in world.in_request.items() if request in aside for ident in facts}
    told = [ident for ident in told if ident not in displaced]
    places = {ident: place for place, ident in enumerate(world.facts)}
    for conversation in set(world.facts.values()):
        firsts = list(dict.fromkeys(ident for ident in told if world.facts.get(ident) == conversation))
        if firsts != sorted(firsts, key=places.__getitem__):
            yield f"reordered: {whose} of {conversation}"


def deliveries(world: World) -> Iterator[str]:
    """Every event reached every app, a conversation's in order; what an app cannot take is a dead letter."""
    there = [event["id"] for event in events(world) if event["id"] in world.facts]
    aside = {text(name) for name in world.client.zrange(world.key("dl"), 0, -1)}
    for name in SUBSCRIPTIONS:
        heard = world.heard.get(name, [])
        for ident in there:
            if ident not in heard and f"{ident}:{name}" not in aside:
                yield f"lost: {ident} never reached {name}"
        # What was set aside may still be handed over, late, by one who held it frozen: it has no place any more.
        yield from _in_order(world, f"deliveries to {name}", [one for one in heard if f"{one}:{name}" not in aside])


def left_behind(world: World) -> Iterator[str]:
    """Nothing of the machinery is left once all is done: lanes, holders, held echoes, due times."""
    kept = {
        "r",
        "e",
        "m",
        "t",
        "v",
        "vi",
        "ri",
        "g",
        "dl",
        "dlb",
        "dld",
        "dlg",
        "dlw",
        "ev",
        "in",
        "c",
        "co",
        "exp",
        "b",
        "rec",
        "ec",
        "rf",
        "rp",
        "turn",
        "log",
        "mi",
        "um",
    }
    names: Any = world.client.keys("*")
    for name in sorted(map(text, names)):
        family = name.split(":")[2]
        if family not in kept:
            yield f"stuck: {name} is left"
