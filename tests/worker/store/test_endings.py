"""Ends without an outcome: orphans, cancels, expiry, a person's retry, and proof of what was unknown."""

from typing import Any

import pytest

from tests.worker.store.shelf import ANN, DAY, LIVE, START, Shelf, fact
from worker.store import events, ids, lanes, letters, runs
from worker.store.lanes import Claim


def orphaned(shelf: Shelf, *, call_ms: int = 5_000, **more: Any) -> tuple[str, Claim]:
    """A run whose sender died after leaving, and the claim of who found it a second after its deadline."""
    run = shelf.submit("1", **more)
    shelf.leave(run, shelf.claim(), "a1", call_ms=call_ms)
    shelf.now += call_ms + 1_000
    taken = shelf.claim()
    assert ANN == taken.lane
    return run, taken


def test_nothing_is_judged_before_its_deadline(shelf: Shelf) -> None:
    """Its sender may still be at the socket: the lane waits until then, and a little beyond."""
    run = shelf.submit("1")
    old = shelf.claim()
    shelf.leave(run, old, call_ms=5_000)
    shelf.client.hdel(shelf.key(f"h:{LIVE}"), ANN)  # however it lost the lane
    shelf.client.zadd(shelf.key(f"q:{LIVE}"), {ANN: shelf.now})
    word, _ = shelf.orphan(run, shelf.claim(), grace=500)

    assert ("parked", "leaving", 5_500) == (word, shelf.state(run), shelf.due())


def test_one_that_may_not_be_repeated_is_unknown(shelf: Shelf) -> None:
    """It holds its lane for a while, then the conversation goes on without it."""
    run, taken = orphaned(shelf)
    second = shelf.submit("2")
    word, _ = shelf.orphan(run, taken, hold=60_000, events=[fact("u", kind="run.unknown")])

    assert ("parked", "unknown", 60_000, 1) == (word, shelf.state(run), shelf.due(), events.count(shelf.store))
    shelf.now += 60_000
    word, done = shelf.orphan(run, shelf.claim())
    assert "next" == word
    assert done.head is not None
    assert (second, "unknown") == (done.head.item, shelf.state(run))


def test_one_that_may_be_repeated_is_handed_over_again(shelf: Shelf) -> None:
    """Same place, new attempt."""
    run, taken = orphaned(shelf, repeatable="1")
    word, done = shelf.orphan(run, taken)

    assert "next" == word
    assert done.head is not None
    assert (run, "queued") == (done.head.item, shelf.state(run))
    assert "left" == shelf.leave(run, taken, "a2")


def test_one_whose_end_was_asked_for_is_not_repeated(shelf: Shelf) -> None:
    """Cancel beats retry, here too."""
    run, taken = orphaned(shelf, repeatable="1")
    runs.cancel(shelf.store, run)
    word, _ = shelf.orphan(run, taken)

    assert ("ok", "cancelled", []) == (word, shelf.state(run), shelf.lane())


def test_only_the_holder_judges(shelf: Shelf) -> None:
    """Another gets nothing."""
    run, taken = orphaned(shelf)
    shelf.release(taken)

    assert "lost" == shelf.orphan(run, taken)[0]
    assert "leaving" == shelf.state(run)


@pytest.mark.parametrize("how", ["cancelled", "vanished"])
def test_an_ended_head_is_dropped(shelf: Shelf, how: str) -> None:
    """And what follows is handed over."""
    run = shelf.submit("1")
    second = shelf.submit("2")
    taken = shelf.claim()
    if how == "cancelled":
        runs.cancel(shelf.store, run)
    else:
        shelf.client.delete(shelf.key(f"r:{run}"))
    _, done = shelf.orphan(run, taken)

    assert done.head is not None
    assert (second, [second]) == (done.head.item, shelf.lane())


def test_a_confirmed_cancel_is_sure(shelf: Shelf) -> None:
    """Before leaving, whether queued or waiting; its lane is free at once."""
    run = shelf.submit("1")
    second = shelf.submit("2")
    taken = shelf.claim()
    shelf.leave(run, taken, "a1")
    shelf.finish(run, taken, "a1", "again", wait=60_000)

    assert "cancelled" == runs.cancel(shelf.store, run)
    assert ([second], 0) == (shelf.lane(), shelf.due())
    after = shelf.claim()
    assert "gone" == shelf.leave(run, after)


def test_a_cancel_tells_what_there_is(shelf: Shelf) -> None:
    """An end stands, and no run is none."""
    run = shelf.submit("1")
    taken = shelf.claim()
    shelf.leave(run, taken, "a1")
    shelf.finish(run, taken, "a1", "succeeded")

    assert "succeeded" == runs.cancel(shelf.store, run)
    assert runs.cancel(shelf.store, ids.run_id(0, "shop", "nobody")) is None
    assert runs.cancel(shelf.store, "nonsense") is None


def expire(shelf: Shelf, run: str) -> tuple[bool, list[str]]:
    """What the ticker does with a run that is past its time."""
    letter = {"cause": "expired", "json": "{}", "keep": 3_600_000}
    return runs.expire(shelf.store, 0, run, letter, [fact("x", kind="run.failed")], {"error": '"expired"'})


def test_expiry(shelf: Shelf) -> None:
    """The tick names it, once in 5 s; it fails with a letter, and its lane goes on."""
    run = shelf.submit("1", expires=1_000)
    shelf.submit("2")
    shelf.now += 999
    assert [] == lanes.tick(shelf.store, 0).expired
    shelf.now += 1
    assert [run] == lanes.tick(shelf.store, 0).expired
    assert [] == lanes.tick(shelf.store, 0).expired

    assert expire(shelf, run)[0]
    assert ("failed", 1, 1) == (shelf.state(run), len(letters.listing(shelf.store)), events.count(shelf.store))
    assert run not in shelf.lane()
    assert not expire(shelf, run)[0]


def test_what_is_out_does_not_expire(shelf: Shelf) -> None:
    """It is looked at again later."""
    run = shelf.submit("1", expires=1_000)
    shelf.leave(run, shelf.claim())
    shelf.now += 1_000
    lanes.tick(shelf.store, 0)

    assert not expire(shelf, run)[0]
    shelf.now += 5_000
    assert [run] == lanes.tick(shelf.store, 0).expired


def test_a_longer_life_than_the_list_thinks(shelf: Shelf) -> None:
    """It stays, and is put right in the list."""
    run = shelf.submit("1", expires=1_000)
    shelf.client.hset(shelf.key(f"r:{run}"), "expires", START + 9_000)
    shelf.now += 1_000

    assert not expire(shelf, run)[0]
    assert START + 9_000 == shelf.client.zscore(shelf.key("exp"), run)


def test_a_scheduled_run_expires_too(shelf: Shelf) -> None:
    """It never enters its lane."""
    run = shelf.submit("1", not_before=5_000, expires=1_000)
    shelf.now += 1_000
    assert expire(shelf, run)[0]
    shelf.now += 5_000
    lanes.tick(shelf.store, 0)

    assert [] == shelf.lane()


def test_a_persons_retry_joins_the_tail(shelf: Shelf) -> None:
    """Whatever was before is forgotten; a late fact of the old attempt is stale."""
    run, taken = orphaned(shelf)
    second = shelf.submit("2")
    shelf.orphan(run, taken)
    told, _ = runs.resume(shelf.store, run, shelf.now + DAY, {})

    assert ("resumed", [second, run], "queued") == (told, shelf.lane(), shelf.state(run))
    assert "stale" == shelf.finish(run, taken, "a1", "succeeded").told
    record = runs.load(shelf.store, run) or {}
    assert (b"0", b"") == (record["tries"], record["attempt"])
    assert -1 == shelf.client.pttl(shelf.key(f"r:{run}"))


def test_a_retry_wakes_an_empty_lane(shelf: Shelf) -> None:
    """And rings."""
    run = shelf.submit("1")
    runs.cancel(shelf.store, run)
    shelf.now += 2_000
    told, rings = runs.resume(shelf.store, run, shelf.now + DAY, {})

    assert ("resumed", [LIVE]) == (told, rings)


def test_what_goes_on_by_itself_is_not_resumed(shelf: Shelf) -> None:
    """The state that forbids it is told."""
    run = shelf.submit("1")

    assert "queued" == runs.resume(shelf.store, run, shelf.now + DAY, {})[0]
    assert [run] == shelf.lane()
    shelf.leave(run, shelf.claim())
    assert "leaving" == runs.resume(shelf.store, run, shelf.now + DAY, {})[0]
    assert "gone" == runs.resume(shelf.store, ids.run_id(0, "shop", "nobody"), 0, {})[0]


def test_proof_settles_an_unknown(shelf: Shelf) -> None:
    """Its lane goes on at once."""
    run, taken = orphaned(shelf)
    shelf.submit("2")
    shelf.orphan(run, taken)
    told, rings = runs.settle(shelf.store, run, "succeeded", {"proof": "echo"}, [fact("s", kind="run.succeeded")])

    assert ("settled", [LIVE], "succeeded", 0) == (told, rings, shelf.state(run), shelf.due())
    assert 1 == events.count(shelf.store)


def test_nothing_else_is_settled(shelf: Shelf) -> None:
    """A proof for a run that is known changes nothing."""
    run = shelf.submit("1")

    assert "queued" == runs.settle(shelf.store, run, "succeeded", {}, [])[0]
    assert "gone" == runs.settle(shelf.store, ids.run_id(0, "shop", "nobody"), "succeeded", {}, [])[0]
    assert "queued" == shelf.state(run)


def test_settled_while_somebody_holds_the_lane(shelf: Shelf) -> None:
    """The holder drops it."""
    run, taken = orphaned(shelf)
    second = shelf.submit("2")
    shelf.orphan(run, taken)
    shelf.now += 60_000
    holder = shelf.claim()
    runs.settle(shelf.store, run, "failed", {}, [])
    _, done = shelf.orphan(run, holder)

    assert done.head is not None
    assert second == done.head.item
