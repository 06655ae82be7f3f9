"""Pace: a slow class holds up no faster one, a 429 is learned from and forgotten again, and the room left is shown."""

from __future__ import annotations

from typing import Any

import pytest
import redis as redis_client

from connectors.provider import RECIPIENT
from tests.worker.pipeline import Pipeline, build
from tests.worker.store.shelf import ANN, BOB, LIVE, Shelf
from worker import pace, standing
from worker.accept import accept
from worker.store import attempts, runs
from worker.store.text import text

SLOW: dict[str, Any] = {"pace": "slow", "step_ms": 3_000.0}
FAST: dict[str, Any] = {"pace": "fast", "step_ms": 100.0}


@pytest.fixture
def shelf(redis: redis_client.Redis) -> Shelf:
    """A store whose time stands still."""
    return Shelf(redis)


def submit(shelf: Shelf, count: int, name: str) -> list[str]:
    """Runs to as many people."""
    return [shelf.submit(f"{name}{number}", f"{LIVE}/{name}{number}") for number in range(count)]


def turn(shelf: Shelf, kind: dict[str, Any]) -> tuple[str, int | None]:
    """What the next ready lane is told; what leaves is done at once."""
    taken = shelf.claim()
    assert taken.head is not None
    run = taken.head.item
    told = shelf.leaving(run, taken, f"a-{run}", **kind)
    if told[0] == "left":
        shelf.finish(run, taken, f"a-{run}", "succeeded", go_on=False)
    return told


def test_a_slow_class_is_parked_each_for_a_turn_of_its_own(shelf: Shelf) -> None:
    """Nobody is claimed in vain twice, and the queue stays open for others."""
    submit(shelf, 4, "slow")
    assert [("left", None), *[("parked", shelf.now + 3_000 * turn) for turn in (1, 2, 3)]] == [
        turn(shelf, SLOW) for _ in range(4)
    ]
    fast = shelf.submit("fast", BOB)
    assert ("left", None) == turn(shelf, FAST)
    assert "succeeded" == shelf.state(fast)
    assert "idle" == shelf.claim().told

    for _ in range(3):
        shelf.now += 3_000
        assert ("left", None) == turn(shelf, SLOW)


def test_a_fast_class_closes_its_queue_for_a_moment(shelf: Shelf) -> None:
    """Ten thousand ready lanes are not claimed one after the other to be told the same."""
    submit(shelf, 3, "fast")
    assert ("left", None) == turn(shelf, FAST)
    assert ("wait", shelf.now + 100) == turn(shelf, FAST)
    assert "wait" == shelf.claim().told


PERSON: dict[str, Any] = {"pace": "fast", "step_ms": 0.0, "person_ms": 6_000.0, "person_burst": 3}


def test_one_person_waits_alone(shelf: Shelf) -> None:
    """A burst, then one each step; the lane is parked and its worker free, and others go on meanwhile."""
    for number in range(5):
        shelf.submit(f"ann{number}", ANN)
    times = []
    assert [("left", None)] * 3 == [turn(shelf, PERSON) for _ in range(3)]
    assert ("parked", shelf.now + 6_000) == turn(shelf, PERSON)
    assert "idle" == shelf.claim().told

    bob = shelf.submit("bob", BOB)
    assert ("left", None) == turn(shelf, PERSON)
    assert "succeeded" == shelf.state(bob)

    begun = shelf.now
    while taken := shelf.due():
        shelf.now += taken
        times.append(shelf.now - begun)
        assert ("left", None) == turn(shelf, PERSON)
        if shelf.lane(ANN):
            assert ("parked", shelf.now + 6_000) == turn(shelf, PERSON)
    assert [6_000, 12_000] == times


def test_both_classes_of_a_person_share_their_pace(shelf: Shelf) -> None:
    """Live and bulk are one person's; without a conversation there is nobody to wait for."""
    bulk = "out:shop:bulk"
    shelf.submit("live", ANN)
    shelf.submit("bulk", f"{bulk}/ann")
    one = {**PERSON, "person_burst": 1}
    assert ("left", None) == turn(shelf, one)
    taken = shelf.claim(bulk)
    assert taken.head is not None
    assert "parked" == shelf.leave(taken.head.item, taken, **one)

    for number in range(2):
        run = shelf.submit(f"nobody{number}", f"{LIVE}/#{number}", conversation="")
        assert "left" == shelf.leave(run, shelf.claim(), f"a{number}", **one)


def test_what_waits_for_its_person_takes_no_room_of_its_class(shelf: Shelf) -> None:
    """Nor is anything remembered of a person whose whole burst is free again."""
    both = {**PERSON, "step_ms": 100.0, "person_burst": 1}
    shelf.submit("ann0", ANN)
    assert ("left", None) == turn(shelf, both)
    before = shelf.client.hget(shelf.key("g:shop"), "tat:fast")
    shelf.now += 100
    shelf.submit("ann1", ANN)
    assert "parked" == turn(shelf, both)[0]
    assert before == shelf.client.hget(shelf.key("g:shop"), "tat:fast")
    assert 0 < shelf.client.pttl(shelf.key("rp:shop:ann")) <= 6_000


def test_a_flood_to_one_person_leaves_in_order_and_shows_its_room(redis: redis_client.Redis) -> None:
    """Through the whole outbox: the burst leaves at once, the rest says that it waits, another person is answered."""
    ferry: Pipeline = build(redis)
    ferry.connect("1msg")
    stored = standing.change(ferry.core, "1msg", limits={"default": 0})
    provider = ferry.core.provider(stored)
    assert {"rate": 1 / 6, "burst": 45} == pace.shown(stored, provider)[RECIPIENT]

    def send(to: str) -> str:
        given = {"to": to, "text": "x"}
        body = {"connection": stored.id, "action": "send-message", "input": given, "force": True}
        return accept(ferry.core, body).id

    idents = [send("15550100123") for _ in range(47)]
    other = send("15550100777")
    ferry.settle()

    assert ["succeeded"] * 46 == [state(ferry, ident) for ident in (*idents[:45], other)]
    assert ["waiting", "queued"] == [state(ferry, ident) for ident in idents[45:]]
    left = pace.rooms(ferry.core, stored, provider, ["15550100123@c.us", "15550100777@c.us", "nobody"])
    assert {"15550100777@c.us": 44, "nobody": 45, "15550100123@c.us": 0}.items() <= left.items()

    stored = standing.change(ferry.core, "1msg", limits={RECIPIENT: 0})
    assert {"nobody": None} == pace.rooms(ferry.core, stored, provider, ["nobody"])


def test_limits_to_one_person(redis: redis_client.Redis) -> None:
    """May be given where the provider has none, and keep the documented burst where it has one."""
    ferry: Pipeline = build(redis)
    for name, burst in (("1msg", 45), ("clicksend", 1)):
        provider = ferry.core.provider(ferry.connect(name))
        stored = standing.change(ferry.core, name, limits={RECIPIENT: 0.5})
        assert {"rate": 0.5, "burst": burst} == pace.shown(stored, provider)[RECIPIENT]


def state(ferry: Pipeline, run: str) -> str:
    """As Redis has it."""
    return text((runs.load(ferry.core.store, run) or {})["state"])


def told(shelf: Shelf, health: str) -> float:
    """How much slower the class is after an attempt that says so."""
    run = shelf.submit(f"{health}{shelf.now}", ANN)
    taken = shelf.claim()
    assert "left" == shelf.leave(run, taken, f"a{shelf.now}", pace="default", step_ms=10.0)
    ending = attempts.Ending("failed", {}, health=health, pace="default")
    attempts.finish(shelf.store, 0, run, taken.lane, taken.token, f"a{shelf.now}", ending, lease=1_000, go_on=False)
    shelf.now += 10_000
    found: Any = shelf.client.hget(shelf.key("g:shop"), "slow:default")
    return float(text(found) or 1)


def test_a_429_halves_and_answers_give_back(shelf: Shelf) -> None:
    """Down to a sixteenth, and by a twentieth of the documented pace up again, until it is forgotten."""
    assert [2, 4, 8, 16, 16] == [told(shelf, "slow") for _ in range(5)]
    rates = []
    for _ in range(30):
        rates.append(1 / told(shelf, "ok"))
        if rates[-1] == 1:
            break
    assert rates == sorted(rates)
    assert 1.0 == rates[-1]
    assert 15 < len(rates) < 25
    assert 1 == told(shelf, "")


def test_what_was_learned_slows_the_next(shelf: Shelf) -> None:
    """The step between two calls is so much longer."""
    told(shelf, "slow")
    submit(shelf, 2, "p")
    kind = {"pace": "default", "step_ms": 100.0}
    assert ("left", None) == turn(shelf, kind)
    assert ("wait", shelf.now + 200) == turn(shelf, kind)


def test_the_room_left_is_shown(redis: redis_client.Redis) -> None:
    """For a person who asks why it waits: the documented limit, what is left of it, and what was learned."""
    ferry: Pipeline = build(redis)
    stored = ferry.connect("clicksend")
    provider = ferry.core.provider(stored)
    before = pace.room(ferry.core, stored, provider)["account"]
    assert (10, None) == (before["room"], before["learned"])
    for _ in range(4):
        accept(ferry.core, {"connection": stored.id, "action": "get-account", "input": {}})
    ferry.settle()
    redis.hset("f:{0}:g:clicksend", "slow:account", 2)

    after = pace.room(ferry.core, stored, provider)["account"]
    assert after["room"] < before["room"]
    assert before["rate"] / 2 == after["learned"]
