"""Holders that died on an item: what counts as a death, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import pytest
import redis

from tests.worker.store.shelf import BOB, LIVE, Shelf
from worker.store import lanes


def gone(*_: object) -> NoReturn:
    """Redis is away."""
    told = "away"
    raise redis.ConnectionError(told)


def test_a_death_on_an_item_is_a_strike(shelf: Shelf) -> None:
    """
    Each takeover without progress counts; the third is for whoever claims to set aside.

    Before what may be its last try it rests for two leases: quick deaths do not meet it again.
    """
    shelf.submit("1")
    told = []
    for _ in range(6):
        taken = shelf.claim(lease=100)
        told.append((taken.told, taken.strikes))
        shelf.now += 100

    assert [("lane", 0), ("lane", 1), ("idle", 0), ("idle", 0), ("lane", 2), ("lane", 3)] == told


def test_one_who_was_frozen_takes_its_strike_back(shelf: Shelf) -> None:
    """It lost its lane and asks for it: it is not dead, and nothing was killed."""
    run = shelf.submit("1")
    frozen = shelf.claim(lease=100)
    shelf.now += 100
    second = shelf.claim(lease=100)
    assert 1 == second.strikes

    assert "lost" == shelf.leave(run, frozen)

    shelf.now += 100
    assert 1 == shelf.claim(lease=100).strikes  # the second's


@pytest.mark.parametrize("how", ["release", "renew", "orphan", "finish"])
def test_whatever_it_asks(shelf: Shelf, how: str) -> None:
    """Every question of one who lost a lane says that it lives."""
    run = shelf.submit("1")
    frozen = shelf.claim(lease=100)
    shelf.now += 100
    shelf.claim(lease=100)
    asks: dict[str, Callable[[], object]] = {
        "release": lambda: shelf.release(frozen),
        "renew": lambda: lanes.renew(shelf.store, 0, frozen.lane, frozen.token, 100),
        "orphan": lambda: shelf.orphan(run, frozen),
        "finish": lambda: shelf.finish(run, frozen, "a9", "succeeded"),
    }

    asks[how]()

    assert 0 == shelf.client.hlen(shelf.key(f"s:{LIVE}"))


@pytest.mark.parametrize("late", [0, 100])
def test_who_could_not_give_it_back_does_so_before_its_next_claim(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, late: int
) -> None:
    """Redis was away when its work went wrong: it lives, and neither its lane nor a strike remains."""
    shelf.submit("1")
    taken = shelf.claim(lease=100)
    with monkeypatch.context() as away:
        away.setattr(shelf.store, "run", gone)
        with pytest.raises(redis.ConnectionError), lanes.in_hand(shelf.store, 0, taken):
            gone()
    other = Shelf(shelf.client, now=shelf.now + late)  # who comes after its lease has ended takes it
    assert ("lane" if late else "idle") == other.claim(lease=100).told

    shelf.now += late
    again = shelf.claim(lease=100)

    assert (("idle" if late else "lane"), 0) == (again.told, again.strikes)
    assert 0 == shelf.client.hlen(shelf.key(f"s:{LIVE}"))


def test_a_claim_whose_answer_was_lost_strikes_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was carried out, and nobody knows the lane: it is found by its token."""
    shelf.submit("1")
    run = shelf.store.run

    def unheard(*words: Any) -> None:
        run(*words)
        gone()

    with monkeypatch.context() as away:
        away.setattr(shelf.store, "run", unheard)
        with pytest.raises(redis.ConnectionError):
            shelf.claim()
    again = shelf.claim()

    assert ("lane", "", 0) == (again.told, again.former, again.strikes)


def test_a_claim_that_is_repeated_takes_no_second_lane(shelf: Shelf) -> None:
    """The client asks again, with the same token, when its connection was lost before the answer."""
    shelf.submit("1")
    shelf.submit("2", BOB)
    words = ("claim", 0, LIVE, "token", 10_000, 4, 128, "1", "", "")

    first, second = shelf.store.run(*words), shelf.store.run(*words)

    assert first[:4] == second[:4]
    assert 1 == shelf.client.hlen(shelf.key(f"h:{LIVE}"))


@pytest.mark.parametrize(("repeatable", "struck"), [("", 0), ("1", 1)])
def test_what_is_not_done_again_is_not_struck(shelf: Shelf, repeatable: str, struck: int) -> None:
    """A run that left and may not be repeated can kill nobody any more."""
    run = shelf.submit("1", repeatable=repeatable)
    shelf.leave(run, shelf.claim(), "a1", call_ms=1_000)
    shelf.now += 3_000

    assert struck == shelf.claim().strikes


def test_an_answer_clears_the_strikes(shelf: Shelf) -> None:
    """Whoever tells what came of it lived; and another item starts anew."""
    run = shelf.submit("1")
    second = shelf.submit("2")
    for pause in (100, 100, 200, 100):
        taken = shelf.claim(lease=100)
        shelf.now += pause
    taken = shelf.claim(lease=100)
    assert 3 == taken.strikes
    shelf.leave(run, taken, "a1")
    shelf.finish(run, taken, "a1", "again", wait=0)
    taken = shelf.claim(lease=100)
    assert 0 == taken.strikes
    shelf.leave(run, taken, "a2")
    done = shelf.finish(run, taken, "a2", "succeeded")

    assert done.head is not None
    assert second == done.head.item
    shelf.now += 10_000
    assert 1 == shelf.claim().strikes
