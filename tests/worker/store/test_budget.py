"""Requests and events take no more bytes than they may; what nobody has dealt with stays, whatever it takes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.store.shelf import Shelf, fact
from worker.store import events, journal, trim
from worker.store.feed import CursorGone
from worker.store.text import text
from worker.store.trim import Stream, shares

KB = "x" * 1000


def fill(shelf: Shelf, source: str, count: int, *, read: int) -> None:
    """Requests of a kilobyte, the first of them read."""
    found = [shelf.ingest(KB, source)[0] for _ in range(count)]
    if read:
        shelf.client.set(shelf.store.key(shelf.store.of(source), f"c:{source}"), found[read - 1])


def left(shelf: Shelf, stream: str) -> int:
    """How many entries it has."""
    return int(shelf.client.xlen(shelf.key(stream)))


def used(shelf: Shelf, stream: str) -> int:
    """Its bytes."""
    found: Any = shelf.client.memory_usage(shelf.key(stream), samples=0)
    return int(found)


def test_the_oldest_requests_go_first(shelf: Shelf) -> None:
    """Until what is left fits; a second turn finds nothing to do."""
    fill(shelf, "shop", 2_000, read=2_000)
    rows: Any = shelf.client.xrange(shelf.key("in:shop"))
    shelf.store.retention.journal_bytes = 1_000_000
    gone = trim.to_budget(shelf.store, ["shop"])

    assert 500 < gone < 1_500
    assert 900_000 < used(shelf, "in:shop") < 1_100_000
    assert rows[gone:] == shelf.client.xrange(shelf.key("in:shop"))
    assert trim.to_budget(shelf.store, ["shop"]) < 100


@pytest.mark.parametrize("read", [0, 1, 700, 1_200])
def test_what_was_not_read_stays(shelf: Shelf, read: int) -> None:
    """However many bytes it takes."""
    fill(shelf, "shop", 1_200, read=read)
    shelf.store.retention.journal_bytes = 10_000
    trim.to_budget(shelf.store, ["shop"])

    kept = 1_200 - read
    assert kept <= left(shelf, "in:shop") <= max(kept, 40)
    assert min(kept, 1_000) == journal.backlog(shelf.store, "shop")


def test_without_a_budget_or_within_it_nothing_goes(shelf: Shelf) -> None:
    """0 means by time only."""
    fill(shelf, "shop", 100, read=100)
    for budget in (0, 1_000_000):
        shelf.store.retention.journal_bytes = shelf.store.retention.events_bytes = budget
        assert 0 == trim.to_budget(shelf.store, ["shop", "nobody"])
    assert 100 == left(shelf, "in:shop")


def test_a_small_source_does_not_pay_for_a_large_one(shelf: Shelf) -> None:
    """It keeps all of its requests."""
    fill(shelf, "large", 1_000, read=1_000)
    fill(shelf, "small", 50, read=50)
    shelf.store.retention.journal_bytes = 400_000
    trim.to_budget(shelf.store, ["large", "small"])

    assert 50 == left(shelf, "in:small")
    assert left(shelf, "in:large") < 400


def test_shares() -> None:
    """The small ones take what they do, the others an equal part of what is left; all of it is given."""
    one, two, three = (Stream(0, name) for name in ("a", "b", "c"))

    assert {one: 10, two: 45, three: 45} == shares({one: 10, two: 500, three: 60}, 100)
    assert {one: 10, two: 20} == shares({one: 10, two: 20}, 100)
    assert {} == shares({}, 100)


def test_events_go_up_to_the_first_that_an_app_waits_for(shelf: Shelf) -> None:
    """And a cursor before what has gone is told so."""
    events.commit(shelf.store, [fact(str(number), body={"text": KB}) for number in range(600)])
    _, cursor = events.listing(shelf.store, limit=10)
    awaited = fact("awaited", subscriptions=("app",), body={"text": KB})
    events.commit(shelf.store, [awaited])
    events.commit(shelf.store, [fact(f"{number} later", body={"text": KB}) for number in range(100)])
    shelf.store.retention.events_bytes = 10_000

    assert 600 == trim.to_budget(shelf.store, [])
    first: Any = shelf.client.xrange(shelf.key("ev"), count=1)
    assert awaited.body["id"] == text(first[0][1][b"id"])
    with pytest.raises(CursorGone):
        events.listing(shelf.store, cursor)

    taken = shelf.claim("dlv:app")
    item = shelf.lane(taken.lane)[0]
    shelf.store.run("delivered", 0, taken.lane, taken.token, item, "done", "", "", "", 100)
    trim.to_budget(shelf.store, [])
    assert left(shelf, "ev") < 20
