"""The only way out: a compare-and-set on the run, under gate, pace, window and time."""

import pytest

from tests.worker.store.shelf import ANN, BOB, LIVE, START, Shelf, fact
from worker.store import attempts, events, lanes, runs
from worker.store.text import text


def test_leaving_marks_the_run(shelf: Shelf) -> None:
    """The attempt, when it left and until when it may be out; the lane waits for it, and a second beyond."""
    run = shelf.submit("1")
    taken = shelf.claim(lease=1_000)

    assert "left" == shelf.leave(run, taken, "a1", call_ms=5_000)
    record = runs.load(shelf.store, run) or {}
    assert (b"leaving", b"a1", b"1") == (record["state"], record["attempt"], record["tries"])
    assert START + 5_000 == int(record["deadline"])
    assert 6_000 == shelf.due()


def test_asked_again_for_the_same_attempt_it_has_left(shelf: Shelf) -> None:
    """Its answer got lost on the way: it counts one try."""
    run = shelf.submit("1")
    taken = shelf.claim()
    shelf.leave(run, taken, "a1")

    assert "left" == shelf.leave(run, taken, "a1")
    assert b"1" == (runs.load(shelf.store, run) or {})["tries"]


def test_a_second_attempt_does_not_leave_beside_the_first(shelf: Shelf) -> None:
    """Whoever holds the lane."""
    run = shelf.submit("1")
    shelf.leave(run, shelf.claim(lease=100), "a1", call_ms=100)
    shelf.now += 5_000
    other = shelf.claim()

    assert "gone" == shelf.leave(run, other, "a2")


def test_only_the_holder_leaves(shelf: Shelf) -> None:
    """One who was frozen and wakes after takeover sends nothing."""
    run = shelf.submit("1")
    old = shelf.claim(lease=100)
    shelf.now += 100
    shelf.claim()

    assert "lost" == shelf.leave(run, old)


def test_only_the_head_leaves(shelf: Shelf) -> None:
    """Never past somebody else's turn."""
    shelf.submit("1")
    second = shelf.submit("2")

    assert "gone" == shelf.leave(second, shelf.claim())


@pytest.mark.parametrize("how", ["cancelled", "vanished"])
def test_what_is_no_more_does_not_leave(shelf: Shelf, how: str) -> None:
    """Cancelled while its holder prepared it, or its record is gone."""
    run = shelf.submit("1")
    taken = shelf.claim()
    if how == "cancelled":
        runs.cancel(shelf.store, run)
    else:
        shelf.client.delete(shelf.key(f"r:{run}"))

    assert "gone" == shelf.leave(run, taken)


def test_nothing_leaves_after_its_time(shelf: Shelf) -> None:
    """A reply that is no longer worth sending is not sent."""
    run = shelf.submit("1", expires=1_000)
    taken = shelf.claim()
    shelf.now += 1_000

    assert "expired" == shelf.leave(run, taken)


def test_a_window(shelf: Shelf) -> None:
    """Free words leave only while the conversation's window is open, unless the caller insists."""
    run, forced = shelf.submit("1"), shelf.submit("2", BOB, force="1")
    taken, other = shelf.claim(), shelf.claim()

    assert "window" == shelf.leave(run, taken, needs_window=True)
    assert "left" == shelf.leave(forced, other, needs_window=True)
    events.commit(shelf.store, [fact("hi", window_until=shelf.now + 61_000)])
    events.commit(shelf.store, [fact("earlier", window_until=shelf.now - 1_000)])
    assert "left" == shelf.leave(run, taken, needs_window=True)


def test_a_window_closes(shelf: Shelf) -> None:
    """To the ms, a minute before the provider's clock would close it."""
    run = shelf.submit("1")
    taken = shelf.claim()
    events.commit(shelf.store, [fact("hi", window_until=shelf.now + 61_000)])
    shelf.now += 1_000

    assert "window" == shelf.leave(run, taken, needs_window=True)


def test_whoever_opted_out_gets_nothing(shelf: Shelf) -> None:
    """Until they opt in again; `force` is for the answer the law asks for."""
    run, forced = shelf.submit("1"), shelf.submit("2", BOB, force="1")
    taken, other = shelf.claim(), shelf.claim()
    for party in ("ann", "bob"):
        events.commit(shelf.store, [fact(party, conversation=party, kind="conversation.optout")])

    assert "opted_out" == shelf.leave(run, taken, minds_opt_outs=True)
    assert "left" == shelf.leave(forced, other, minds_opt_outs=True)
    events.commit(shelf.store, [fact("back", kind="conversation.optin")])
    assert "left" == shelf.leave(run, taken, minds_opt_outs=True)


def test_an_earlier_opt_in_that_comes_late_changes_nothing(shelf: Shelf) -> None:
    """START, then STOP, redelivered the other way round: whoever said STOP last has opted out."""
    run = shelf.submit("1")
    taken = shelf.claim()
    said = shelf.now - 1_000
    events.commit(shelf.store, [fact("stop", kind="conversation.optout", occurred=said)])
    events.commit(shelf.store, [fact("start", kind="conversation.optin", occurred=said - 60_000)])
    assert "opted_out" == shelf.leave(run, taken, minds_opt_outs=True)

    events.commit(shelf.store, [fact("start again", kind="conversation.optin", occurred=said)])
    assert "left" == shelf.leave(run, taken, minds_opt_outs=True)


def test_an_opt_out_of_the_future_can_be_taken_back(shelf: Shelf) -> None:
    """A provider's clock that runs ahead shuts nobody out for years."""
    run = shelf.submit("1")
    taken = shelf.claim()
    events.commit(shelf.store, [fact("stop", kind="conversation.optout", occurred=shelf.now + 10**12)])
    shelf.now += 1_000
    events.commit(shelf.store, [fact("start", kind="conversation.optin", occurred=shelf.now)])
    assert "left" == shelf.leave(run, taken, minds_opt_outs=True)


def test_pace(shelf: Shelf) -> None:
    """GCRA: a burst, then one each step; a queue that must wait is due when it may go on, and costs no attempts."""
    times: list[int] = []
    for number in range(6):
        shelf.submit(str(number), f"{LIVE}/{number}")
    while len(times) < 6:
        taken = shelf.claim(limit=10)
        if taken.head is None:
            assert "wait" == taken.told
            assert taken.until == shelf.now + (shelf.due() or 0)
            shelf.now = taken.until or 0
            continue
        told, until = shelf.leaving(taken.head.item, taken, pace="send", step_ms=100.0, burst=3)
        if told == "left":
            times.append(shelf.now - START)
            assert b"1" == (runs.load(shelf.store, taken.head.item) or {})["tries"]
        else:
            assert ("wait", "waiting") == (told, shelf.state(taken.head.item))
            assert until is not None

    assert [0, 0, 0, 100, 200, 300] == times


def test_pace_of_a_class(shelf: Shelf) -> None:
    """Two classes of calls of one connection have a pace each."""
    first, second = shelf.submit("1"), shelf.submit("2", BOB)

    assert "left" == shelf.leave(first, shelf.claim(), pace="send", step_ms=1_000.0)
    assert "left" == shelf.leave(second, shelf.claim(), pace="media", step_ms=1_000.0)


def test_a_paced_queue_rings_nobody(shelf: Shelf) -> None:
    """With two ready lanes each claim would ring for the other, without end."""
    for number in range(3):
        shelf.submit(str(number), f"{LIVE}/{number}")
    first, second = shelf.claim(), shelf.claim()
    assert first.head is not None
    assert second.head is not None
    shelf.leave(first.head.item, first, pace="send", step_ms=1_000.0)
    assert "wait" == shelf.leave(second.head.item, second, pace="send", step_ms=1_000.0)

    claimed = shelf.claim()
    _, submitted = shelf.submitted("9", f"{LIVE}/9")
    assert ("wait", [], []) == (claimed.told, claimed.rings, submitted.rings)
    assert [] == lanes.tick(shelf.store, 0).rings
    shelf.now += 1_000
    assert [LIVE] == lanes.tick(shelf.store, 0).rings


def test_fractions_of_a_millisecond_add_up(shelf: Shelf) -> None:
    """Three a second are three a second, not one each 333 ms and a drift."""
    for number in range(7):
        shelf.submit(str(number), f"{LIVE}/{number}")
    sent = 0
    while shelf.now <= START + 2_000:
        taken = shelf.claim(limit=10)
        if taken.head is not None:
            sent += shelf.leave(taken.head.item, taken, pace="send", step_ms=1000 / 3) == "left"
        else:
            shelf.now = taken.until or 0

    assert 7 == sent


def test_a_closed_gate(shelf: Shelf) -> None:
    """A pause is one write for any number of lanes: claims wait, and who already holds a lane does not leave."""
    run = shelf.submit("1")
    shelf.submit("2", BOB)
    taken = shelf.claim()
    shelf.store.run("gate", 0, "shop", shelf.now + 60_000, "paused")

    assert ("wait", START + 60_000) == shelf.leaving(run, taken)
    claimed = shelf.claim()
    assert ("wait", START + 60_000, 60_000) == (claimed.told, claimed.until, shelf.due())
    assert [] == lanes.tick(shelf.store, 0).rings


def test_an_opened_gate_rings(shelf: Shelf) -> None:
    """For the queues it is told, if there is work in them."""
    shelf.submit("1")
    shelf.store.run("gate", 0, "shop", shelf.now + 60_000, "paused")
    shelf.claim()
    rings = shelf.store.run("gate", 0, "shop", 0, "", LIVE, "out:shop:bulk")

    assert [LIVE] == [text(one) for one in rings]
    assert 0 == shelf.due()
    assert "lane" == shelf.claim().told


def test_a_gate_is_one_connections(shelf: Shelf) -> None:
    """One slow provider slows nobody else."""
    shelf.submit("1")
    other = "out:other:live"
    shelf.submit("1", f"{other}/ann")
    shelf.store.run("gate", 0, "shop", shelf.now + 60_000, "breaker")

    assert "wait" == shelf.claim().told
    assert "lane" == shelf.claim(other).told


def test_reassert(shelf: Shelf) -> None:
    """Redis came back without the mark: said again, nobody else sends the run, and its outcome is taken."""
    run = shelf.submit("1")
    taken = shelf.claim()
    before = attempts.reassert(shelf.store, 0, run, ANN, "a1", shelf.now, shelf.now + 5_000)

    assert "leaving" == before
    assert "gone" == shelf.leave(run, taken, "a2")
    word, _ = shelf.orphan(run, taken)
    assert "parked" == word
    assert "ok" == shelf.finish(run, taken, "a1", "succeeded").told
    assert "succeeded" == shelf.state(run)


def test_reassert_changes_nothing_that_is_known(shelf: Shelf) -> None:
    """An end that survived stands; a run that was forgotten itself stays so."""
    run = shelf.submit("1")
    runs.cancel(shelf.store, run)

    assert "cancelled" == attempts.reassert(shelf.store, 0, run, ANN, "a1", shelf.now, shelf.now + 5_000)
    assert "" == attempts.reassert(shelf.store, 0, "run_00", ANN, "a1", shelf.now, shelf.now + 5_000)
