"""The breaker in the scripts: opens after so many in a row, lets one probe out, closes, or waits longer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.store.shelf import ANN, BOB, LIVE, Shelf
from worker.store import attempts, lanes, runs
from worker.store.text import text

LIMITS = attempts.Breaker(failures=3, pause_ms=10_000, most_ms=60_000)


def attempt(
    shelf: Shelf, name: str, health: str, *, lane: str = ANN, verdict: str = "failed"
) -> attempts.Finished | None:
    """One run from its submission to what its call said of the provider; None when it may not leave."""
    run = shelf.submit(name, lane)
    taken = shelf.claim()
    if taken.told != "lane":
        return None
    if shelf.leave(run, taken, f"a-{name}") != "left":
        return None
    return told(shelf, run, taken, f"a-{name}", health, verdict=verdict)


def told(
    shelf: Shelf, run: str, taken: lanes.Claim, made: str, health: str, *, verdict: str = "failed"
) -> attempts.Finished:
    """What became of an attempt."""
    ending = attempts.Ending(verdict, {}, health=health)
    return attempts.finish(
        shelf.store, 0, run, taken.lane, taken.token, made, ending, lease=10_000, go_on=False, breaker=LIMITS
    )


def gate(shelf: Shelf) -> dict[str, str]:
    """The connection's gate."""
    found: Any = shelf.client.hgetall(shelf.key("g:shop"))
    return {text(name): text(value) for name, value in found.items()}


def open_it(shelf: Shelf, names: str = "bad") -> int:
    """Three bad ones; since when it is open."""
    found = None
    for number in range(3):
        found = attempt(shelf, f"{names}{number}", "bad")
    assert found is not None
    assert found.breaker is not None
    assert "open" == found.breaker[0]
    return found.breaker[1]


def test_it_opens_after_so_many_in_a_row(shelf: Shelf) -> None:
    """Not before; what says nothing counts for nothing, and one that answers begins anew."""
    for health in ("bad", "bad", "ok", "bad", "", "bad"):
        found = attempt(shelf, f"{health}-{shelf.now}", health)
        assert found is not None
        assert found.breaker is None
        shelf.now += 1
    assert ("open", shelf.now) == (attempt(shelf, "third", "bad") or attempts.Finished("", [])).breaker
    assert "breaker" == gate(shelf)["reason"]
    assert shelf.now + 5_000 <= int(gate(shelf)["until"]) <= shelf.now + 10_000


def test_nothing_leaves_while_it_is_open_and_then_one(shelf: Shelf) -> None:
    """The first of those that wait is the probe; all others wait for what it finds, in every lane."""
    since = open_it(shelf)
    first, second = shelf.submit("first"), shelf.submit("second", BOB)
    assert "wait" == shelf.claim().told
    shelf.now = int(gate(shelf)["until"])

    one, other = shelf.claim(), shelf.claim()
    assert ("left", since) == shelf.leaving(first, one, "probe")
    assert ("wait", shelf.now + 6_000) == shelf.leaving(second, other, "too-soon")
    assert "wait" == shelf.claim().told

    done = told(shelf, first, one, "probe", "ok", verdict="succeeded")
    assert ("closed", since) == done.breaker
    assert [LIVE] == done.rings
    assert {"fails", "broken", "trips", "probe", "until"}.isdisjoint(gate(shelf))
    assert "left" == shelf.leave(second, shelf.claim(), "now")


def test_a_probe_that_fails_makes_the_pause_longer(shelf: Shelf) -> None:
    """Twice as long each time, up to a limit, half of it by chance."""
    since = open_it(shelf)
    for trip in range(1, 6):
        shelf.now = int(gate(shelf)["until"])
        found = attempt(shelf, f"probe{trip}", "bad")
        assert ("open", since) == (found or attempts.Finished("", [])).breaker
        longest = min(60_000, 10_000 * 2**trip)
        assert shelf.now + longest // 2 <= int(gate(shelf)["until"]) <= shelf.now + longest
    assert "5" == gate(shelf)["trips"]


def test_a_probe_whose_worker_dies_holds_nobody_for_long(shelf: Shelf) -> None:
    """Its time ends, and the next is the probe; what it says late is no news any more."""
    since = open_it(shelf)
    lost, second = shelf.submit("lost"), shelf.submit("second", BOB)
    shelf.now = int(gate(shelf)["until"])
    dead = shelf.claim()
    assert ("left", since) == shelf.leaving(lost, dead, "lost")
    shelf.now += 6_000

    one = shelf.claim()
    assert second == (one.head.item if one.head else "")
    assert ("left", since) == shelf.leaving(second, one, "next")
    assert told(shelf, lost, dead, "lost", "bad").breaker is None
    assert ("closed", since) == told(shelf, second, one, "next", "ok").breaker


def test_those_that_left_before_it_opened_change_nothing(shelf: Shelf) -> None:
    """That the provider is down was known; that it answered one of them closes it all the same."""
    late, later = shelf.submit("late", BOB), shelf.submit("later", f"{LIVE}/cat")
    one = shelf.claim()
    shelf.leave(late, one, "late")
    two = shelf.claim()
    shelf.leave(later, two, "later")
    since = open_it(shelf)
    before = gate(shelf)["until"]

    assert told(shelf, late, one, "late", "bad").breaker is None
    assert (before, "0") == (gate(shelf)["until"], gate(shelf)["trips"])
    assert ("closed", since) == told(shelf, later, two, "later", "ok").breaker


@pytest.mark.parametrize("reason", ["paused", "auth"])
def test_what_a_person_closed_stays_closed(shelf: Shelf, reason: str) -> None:
    """Whatever the breaker does; and a person may open it while it is broken: then the next is the probe."""
    run = shelf.submit("out", BOB)
    taken = shelf.claim()
    shelf.leave(run, taken, "out")
    since = open_it(shelf)
    far = shelf.now + 10**9
    shelf.store.run("gate", 0, "shop", far, reason, LIVE)
    assert ("closed", since) == told(shelf, run, taken, "out", "ok").breaker
    assert (reason, str(far)) == (gate(shelf)["reason"], gate(shelf)["until"])

    shelf.store.run("gate", 0, "shop", 0, "", LIVE)
    open_it(shelf, "again")
    shelf.store.run("gate", 0, "shop", 0, "", LIVE)
    probe = shelf.submit("probe", f"{LIVE}/dan")
    assert "left" == shelf.leave(probe, shelf.claim(), "probe")
    assert probe == gate(shelf)["probe"]


def test_what_waits_ends_when_its_time_is_over(shelf: Shelf) -> None:
    """And keeps its order."""
    open_it(shelf)
    names = [shelf.submit(str(number)) for number in range(3)]
    ended = shelf.submit("ended", BOB, expires=1_000)
    shelf.now += 2_000
    assert [ended] == lanes.tick(shelf.store, 0).expired

    assert runs.expire(shelf.store, 0, ended, None, [], {})[0]
    assert names == shelf.lane()


def test_a_probe_that_is_told_to_slow_down_closes_it_and_is_obeyed(shelf: Shelf) -> None:
    """The provider answers again, and says for how long it wants none: nothing leaves before, the probe included."""
    since = open_it(shelf)
    first = shelf.submit("first")
    shelf.now = int(gate(shelf)["until"])
    taken = shelf.claim()
    assert ("left", since) == shelf.leaving(first, taken, "probe")

    ending = attempts.Ending("again", {}, wait=120_000, scope="connection", health="slow")
    done = attempts.finish(
        shelf.store, 0, first, taken.lane, taken.token, "probe", ending, lease=10_000, go_on=False, breaker=LIMITS
    )
    assert ("closed", since) == done.breaker
    assert (str(shelf.now + 120_000), "throttled") == (gate(shelf)["until"], gate(shelf)["reason"])
    shelf.now += 119_999
    assert "wait" == shelf.claim().told
    shelf.now += 1
    assert "lane" == shelf.claim().told
