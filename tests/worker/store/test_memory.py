"""Memory is full: nothing new comes in or leaves, and everything that is known is still recorded."""

from collections.abc import Iterator

import pytest
import redis as redis_client
from redis.exceptions import OutOfMemoryError

from tests.worker.store.shelf import LIVE, Shelf, fact
from worker.store import events, lanes, letters, runs
from worker.store.client import is_away
from worker.store.scripts import sources

REFUSED = {
    "ingest",
    "commit",
    "submit",
    "leave",
    "resume",
    "replay",
    "redeliver",
    "reingest",
    "unhold",
}  # they begin something or make something new


@pytest.fixture
def full(shelf: Shelf) -> Iterator[redis_client.Redis]:
    """`full.config_set("maxmemory", 1)` fills the server; afterwards it has room again."""
    try:
        yield shelf.client
    finally:
        shelf.client.config_set("maxmemory", 0)


def test_every_script_says_whether_it_may_write_then() -> None:
    """All but those that bring something new."""
    assert {name for name, text in sources().items() if "flags=allow-oom" not in text} == REFUSED


def test_an_outcome_is_still_recorded(shelf: Shelf, full: redis_client.Redis) -> None:
    """With its events and its dead letter; the lane goes on."""
    run = shelf.submit("1")
    taken = shelf.claim()
    shelf.leave(run, taken, "a1")
    full.config_set("maxmemory", 1)
    letter = {"cause": "rejected", "json": "{}", "keep": 1_000}
    told = fact("f", kind="run.failed", subscriptions=("app",))

    assert "ok" == shelf.finish(run, taken, "a1", "failed", letter=letter, events=[told]).told
    assert ("failed", 1, 1) == (shelf.state(run), events.count(shelf.store), len(letters.listing(shelf.store)))


def test_nothing_new_begins(shelf: Shelf, full: redis_client.Redis) -> None:
    """Refused whole: nothing of it is written; and it counts as Redis being away."""
    run = shelf.submit("1")
    taken = shelf.claim()
    full.config_set("maxmemory", 1)
    for refused in (
        lambda: shelf.submit("2"),
        shelf.ingest,
        lambda: shelf.leave(run, taken),
    ):
        with pytest.raises(OutOfMemoryError) as problem:
            refused()
        assert is_away(problem.value)
    told, _ = events.commit(shelf.store, [fact("1")])

    assert isinstance(told[0].error, OutOfMemoryError)
    assert ([run], "queued", 0) == (shelf.lane(), shelf.state(run), events.count(shelf.store))
    full.config_set("maxmemory", 0)
    assert "left" == shelf.leave(run, taken)


def test_the_machinery_goes_on(shelf: Shelf, full: redis_client.Redis) -> None:
    """Ticks, claims, leases, cancels, expiry, proofs, gates: what drains must not stand still for lack of room."""
    first, second = shelf.submit("1"), shelf.submit("2", f"{LIVE}/bob", expires=1_000)
    third = shelf.submit("3", f"{LIVE}/cat")
    shelf.leave(first, shelf.claim(), "a1", call_ms=1_000)
    shelf.now += 3_000
    full.config_set("maxmemory", 1)

    assert [LIVE] == lanes.tick(shelf.store, 0).rings
    taken = shelf.claim()
    while taken.head is None or taken.head.item != first:
        assert lanes.renew(shelf.store, 0, taken.lane, taken.token, 20_000)
        taken = shelf.claim()
    assert "parked" == shelf.orphan(first, taken)[0]
    assert "settled" == runs.settle(shelf.store, first, "succeeded", {}, [])[0]
    assert runs.expire(shelf.store, 0, second, None, [], {})[0]
    assert "cancelled" == runs.cancel(shelf.store, third)
    shelf.store.run("gate", 0, "shop", shelf.now + 1_000, "breaker")
    assert "wait" == shelf.claim().told
