"""Deliveries: an app hears a conversation in order; what it cannot take waits, and is set aside in the end."""

from typing import Any

from tests.worker.store.shelf import Shelf, fact
from worker.store import events, lanes, letters
from worker.store.lanes import Claim, Head
from worker.store.text import text

QUEUE = "dlv:app"
LANE = "dlv:app/shop:ann"
LETTER = '{"id": "evt_1:app", "cause": "handler_raised", "connection": "shop", "json": "{}", "keep": 3600000}'


def put(shelf: Shelf, *names: str, conversation: str = "ann") -> None:
    """Events an app wants to hear."""
    told = [fact(name, conversation=conversation, body={"name": name}, subscriptions=("app",)) for name in names]
    events.commit(shelf.store, told)


def delivered(shelf: Shelf, taken: Claim, item: str, verdict: str, until: int | str = "", letter: str = "") -> Any:
    """(what was told, the next head)."""
    told = shelf.store.run("delivered", 0, taken.lane, taken.token, item, verdict, until, letter, "1", 10_000)
    return text(told[0]), lanes.read_head(told[2]) if text(told[0]) == "next" else None


def claimed(shelf: Shelf) -> tuple[Claim, Head]:
    """The first ready lane of the app, with its head."""
    taken = shelf.claim(QUEUE)
    assert taken.head is not None
    return taken, taken.head


def test_a_conversation_in_order(shelf: Shelf) -> None:
    """One after the other, each handed over by the one before."""
    put(shelf, "1", "2")
    taken, head = claimed(shelf)
    assert head.event is not None
    assert b'"name":"1"' in head.event
    assert (0, None) == (head.tries, head.since)
    told, following = delivered(shelf, taken, head.item, "done")

    assert "next" == told
    assert b'"name":"2"' in following.event
    assert ("ok", None) == delivered(shelf, taken, following.item, "done")
    assert "empty" == shelf.claim(QUEUE).told


def test_one_that_fails_holds_its_conversation_alone(shelf: Shelf) -> None:
    """It is tried again later, and knows how often and since when; other conversations go on."""
    put(shelf, "1", "2")
    put(shelf, "3", conversation="bob")
    begun = shelf.now
    for tries in range(3):
        taken, head = claimed(shelf)
        assert (LANE, tries) == (taken.lane, head.tries)
        assert head.since == (begun if tries else None)
        assert ("ok", None) == delivered(shelf, taken, head.item, "again", shelf.now + 1_000)
        if not tries:
            assert "dlv:app/shop:bob" == shelf.claim(QUEUE).lane
        shelf.now += 1_000
    taken, head = claimed(shelf)
    _, following = delivered(shelf, taken, head.item, "done")
    assert (0, None) == (following.tries, following.since)


def test_one_that_is_given_up_is_a_dead_letter(shelf: Shelf) -> None:
    """And the conversation goes on."""
    put(shelf, "1", "2")
    taken, head = claimed(shelf)
    told, following = delivered(shelf, taken, head.item, "dead", letter=LETTER)

    assert "next" == told
    assert b'"name":"2"' in following.event
    assert [("delivery", "handler_raised")] == [(one["kind"], one["cause"]) for one in letters.listing(shelf.store)]


def test_only_the_holder_tells(shelf: Shelf) -> None:
    """One who was frozen past its lease moves nothing."""
    put(shelf, "1", "2")
    old, head = claimed(shelf)
    shelf.now += 10_000
    claimed(shelf)

    assert ("lost", None) == delivered(shelf, old, head.item, "done")
    assert 2 == len(shelf.lane(LANE))


def test_told_twice_it_is_done_once(shelf: Shelf) -> None:
    """The first answer got lost: what follows is not skipped."""
    put(shelf, "1", "2")
    taken, head = claimed(shelf)
    _, one = delivered(shelf, taken, head.item, "done")
    _, two = delivered(shelf, taken, head.item, "done")

    assert one == two
    assert 1 == len(shelf.lane(LANE))


def test_a_paused_app_waits(shelf: Shelf) -> None:
    """Its gate is its own, and one write for all its lanes."""
    put(shelf, "1", "2")
    taken, head = claimed(shelf)
    shelf.store.run("gate", 0, QUEUE, shelf.now + 60_000, "paused")

    assert ("ok", None) == delivered(shelf, taken, head.item, "done")
    assert ("wait", 60_000) == (shelf.claim(QUEUE).told, shelf.due(QUEUE))
    assert [QUEUE] == [text(one) for one in shelf.store.run("gate", 0, QUEUE, 0, "", QUEUE)]
    assert "lane" == shelf.claim(QUEUE).told


def test_an_event_that_is_gone(shelf: Shelf) -> None:
    """The head says so, and its holder passes it by."""
    put(shelf, "1", "2")
    shelf.client.xdel(shelf.key("ev"), shelf.lane(LANE)[0])
    taken, head = claimed(shelf)

    assert head.event is None
    assert "next" == delivered(shelf, taken, head.item, "done")[0]
