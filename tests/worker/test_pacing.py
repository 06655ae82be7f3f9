"""Pace: a slow class holds up no faster one, a 429 is learned from and forgotten again, and the room left is shown."""

from __future__ import annotations

from typing import Any

import pytest
import redis as redis_client

from tests.worker.pipeline import Pipeline, build
from tests.worker.store.shelf import ANN, BOB, LIVE, Shelf
from worker import pace
from worker.accept import accept
from worker.store import runs
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


def told(shelf: Shelf, health: str) -> float:
    """How much slower the class is after an attempt that says so."""
    run = shelf.submit(f"{health}{shelf.now}", ANN)
    taken = shelf.claim()
    assert "left" == shelf.leave(run, taken, f"a{shelf.now}", pace="default", step_ms=10.0)
    ending = runs.Ending("failed", {}, health=health, pace="default")
    runs.finish(shelf.store, 0, run, taken.lane, taken.token, f"a{shelf.now}", ending, lease=1_000, go_on=False)
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
