"""Outcomes: taken from whoever knows them, once, and handing over what follows."""

from typing import Any

import pytest

from tests.worker.store.shelf import ANN, BOB, LIVE, START, Shelf, fact
from worker.store import causes, events, letters, runs
from worker.store.lanes import Claim

LETTER = {"cause": "shop:send:rejected", "json": '{"id": 1}', "keep": 3_600_000}


def out(shelf: Shelf, name: str = "1", **more: Any) -> tuple[str, Claim]:
    """A run that has left, and its holder's claim."""
    run = shelf.submit(name, **more)
    taken = shelf.claim()
    assert "left" == shelf.leave(run, taken, "a1")
    return run, taken


def taken_over(shelf: Shelf, name: str = "1", **more: Any) -> tuple[str, Claim, Claim]:
    """A run whose sender froze, its claim, and the claim of who found it and judged it unknown."""
    run, old = out(shelf, name, **more)
    shelf.now += 6_000
    new = shelf.claim()
    return run, old, new


def test_a_success_hands_over_the_next(shelf: Shelf) -> None:
    """The holder goes on with the next head, without another claim."""
    run, taken = out(shelf)
    second = shelf.submit("2")
    done = shelf.finish(run, taken, "a1", "succeeded", fields={"output": '{"id": "x"}'})

    assert "next" == done.told
    assert done.head is not None
    assert second == done.head.item
    assert "left" == shelf.leave(second, taken, "a2")
    shown = runs.get(shelf.store, run) or {}
    assert ("succeeded", {"id": "x"}, "2023-11-14T22:13:20.000Z") == (
        shown["state"],
        shown["output"],
        shown["finished_at"],
    )


def test_the_last_one_lets_the_lane_go(shelf: Shelf) -> None:
    """And nothing of it is left."""
    run, taken = out(shelf)

    assert "ok" == shelf.finish(run, taken, "a1", "succeeded").told
    assert (None, "empty") == (shelf.due(), shelf.claim().told)


def test_one_who_does_not_go_on_leaves_the_next_for_others(shelf: Shelf) -> None:
    """Ready at once."""
    run, taken = out(shelf)
    shelf.submit("2")

    assert "ok" == shelf.finish(run, taken, "a1", "succeeded", go_on=False).told
    assert ("lane", 0) == (shelf.claim().told, 0)


def test_another_attempts_outcome_is_stale(shelf: Shelf) -> None:
    """Only the attempt that is out decides."""
    run, taken = out(shelf)

    assert "stale" == shelf.finish(run, taken, "a0", "succeeded").told
    assert "leaving" == shelf.state(run)


def test_an_end_before_leaving_is_the_holders_to_tell(shelf: Shelf) -> None:
    """Attempt "": wrong words, closed window; not for a run that is out, and not by a former holder."""
    run = shelf.submit("1")
    old = shelf.claim(lease=100)
    shelf.now += 100
    new = shelf.claim()

    assert "stale" == shelf.finish(run, old, "", "failed").told
    assert "ok" == shelf.finish(run, new, "", "failed", letter=LETTER).told
    assert "failed" == shelf.state(run)


def test_stale_news_give_the_lane_back(shelf: Shelf) -> None:
    """The run was cancelled while its holder prepared it: the holder keeps nothing, and the next is ready."""
    run = shelf.submit("1")
    shelf.submit("2")
    taken = shelf.claim()
    runs.cancel(shelf.store, run)
    done = shelf.finish(run, taken, "", "failed")

    assert ("stale", [LIVE]) == (done.told, done.rings)
    assert "" == shelf.claim().former


def test_a_run_that_vanished(shelf: Shelf) -> None:
    """Its lane is given back, too."""
    run, taken = out(shelf)
    shelf.client.delete(shelf.key(f"r:{run}"))

    assert "gone" == shelf.finish(run, taken, "a1", "succeeded").told
    assert "" == shelf.claim().former


def test_an_outcome_told_twice_is_one(shelf: Shelf) -> None:
    """The answer of the first got lost: the second says the same."""
    run, taken = out(shelf)
    second = shelf.submit("2")
    event = fact("done", kind="run.succeeded")
    for _ in range(2):
        done = shelf.finish(run, taken, "a1", "succeeded", events=[event])
        assert done.head is not None
        assert second == done.head.item

    assert 1 == events.count(shelf.store)


def test_a_retry_parks_its_lane(shelf: Shelf) -> None:
    """What concerns the run alone holds its conversation, in order, and nobody else's."""
    run, taken = out(shelf)
    shelf.submit("2")
    shelf.submit("3", BOB)
    done = shelf.finish(run, taken, "a1", "again", wait=2_000)

    assert ("ok", "waiting") == (done.told, shelf.state(run))
    assert BOB == shelf.claim().lane
    assert "idle" == shelf.claim().told
    shelf.now += 2_000
    again = shelf.claim()
    assert again.head is not None
    assert (ANN, run) == (again.lane, again.head.item)


def test_a_retry_of_the_connection_closes_its_gate(shelf: Shelf) -> None:
    """A 429 of the whole account: one write, and all its lanes wait."""
    run, taken = out(shelf)
    shelf.submit("2", BOB)
    shelf.finish(run, taken, "a1", "again", wait=2_000, scope="connection")

    assert ("wait", START + 2_000) == (shelf.claim().told, shelf.claim().until)
    shelf.now += 2_000
    assert "lane" == shelf.claim().told


def test_a_retry_never_opens_a_gate_earlier(shelf: Shelf) -> None:
    """A pause of a person outlasts a provider's two seconds."""
    run, taken = out(shelf)
    shelf.store.run("gate", 0, "shop", shelf.now + 60_000, "paused")
    shelf.finish(run, taken, "a1", "again", wait=2_000, scope="connection")

    assert START + 60_000 == shelf.claim().until


def test_cancel_beats_retry(shelf: Shelf) -> None:
    """Asked for while it was out: it is not tried again."""
    run, taken = out(shelf)
    assert "leaving" == runs.cancel(shelf.store, run)
    done = shelf.finish(run, taken, "a1", "again", wait=2_000)

    assert ("ok", "cancelled", []) == (done.told, shelf.state(run), shelf.lane())


def test_a_fact_beats_cancel(shelf: Shelf) -> None:
    """What was sent was sent."""
    run, taken = out(shelf)
    runs.cancel(shelf.store, run)
    shelf.finish(run, taken, "a1", "succeeded")

    assert "succeeded" == shelf.state(run)


def test_an_unknown_holds_its_lane(shelf: Shelf) -> None:
    """For a while: its proof may come, and then order is kept."""
    run, taken = out(shelf)
    second = shelf.submit("2")
    shelf.finish(run, taken, "a1", "unknown", wait=60_000)

    assert ("unknown", [run, second], 60_000) == (shelf.state(run), shelf.lane(), shelf.due())


def test_a_late_fact_settles_an_unknown(shelf: Shelf) -> None:
    """One who was cut from Redis, not from the provider, tells it later; the lane goes on at once."""
    run, old, new = taken_over(shelf)
    shelf.submit("2")
    assert "parked" == shelf.orphan(run, new)[0]
    assert "unknown" == shelf.state(run)
    done = shelf.finish(run, old, "a1", "succeeded")

    assert ("ok", "succeeded", [LIVE]) == (done.told, shelf.state(run), done.rings)
    assert "2" == (shelf.lane() and "2")
    assert 0 == shelf.due()


def test_a_late_fact_while_another_holds_the_lane(shelf: Shelf) -> None:
    """It is recorded; the lane stays with its holder, who finds the head gone."""
    run, old, new = taken_over(shelf)
    second = shelf.submit("2")
    shelf.finish(run, old, "a1", "succeeded")
    word, done = shelf.orphan(run, new)

    assert "next" == word
    assert done.head is not None
    assert second == done.head.item


def test_a_late_retry_never_comes_back_into_its_lane(shelf: Shelf) -> None:
    """The conversation has gone on without it: it fails, with its dead letter and its event."""
    run, old, new = taken_over(shelf)
    second = shelf.submit("2")
    shelf.orphan(run, new)
    shelf.now += 60_000
    after = shelf.claim()
    assert "next" == shelf.orphan(run, after)[0]
    done = shelf.finish(run, old, "a1", "again", wait=1_000, letter=LETTER, events=[fact("f", kind="run.failed")])

    assert ("ok", "failed", [second]) == (done.told, shelf.state(run), shelf.lane())
    assert ["run"] == [one["kind"] for one in letters.listing(shelf.store)]
    assert 1 == events.count(shelf.store)


def test_a_retry_in_time_tells_no_failure(shelf: Shelf) -> None:
    """Its letter and events are for the case that it is given up."""
    run, taken = out(shelf)
    shelf.finish(run, taken, "a1", "again", wait=1_000, letter=LETTER, events=[fact("f", kind="run.failed")])

    assert ([], 0) == (letters.listing(shelf.store), events.count(shelf.store))


def test_a_call_of_several(shelf: Shelf) -> None:
    """Each tells what it did; the next has the lane at once, and a new attempt."""
    run, taken = out(shelf)
    sent = fact("wamid.1", kind="message.sent")
    done = shelf.finish(run, taken, "a1", "more", fields={"chunk": 1}, events=[sent])

    assert done.head is not None
    assert (run, b"1", "queued") == (done.head.item, done.head.record["chunk"], shelf.state(run))
    assert 1 == events.count(shelf.store)
    assert "left" == shelf.leave(run, taken, "a2")


def test_a_late_call_of_several_is_given_up(shelf: Shelf) -> None:
    """What it did is told; the rest is not done any more, and a person hears of it."""
    run, old, new = taken_over(shelf)
    shelf.orphan(run, new)
    shelf.now += 60_000
    shelf.orphan(run, shelf.claim())
    shelf.finish(
        run,
        old,
        "a1",
        "more",
        events=[fact("wamid.1", kind="message.sent")],
        given_up=[fact("f", kind="run.failed")],
        letter=LETTER,
    )

    told, _ = events.listing(shelf.store)
    assert ["message.sent", "run.failed"] == [one["type"] for one in told]
    assert ("failed", 1) == (shelf.state(run), len(letters.listing(shelf.store)))


def test_a_failure_is_a_dead_letter(shelf: Shelf) -> None:
    """With a copy and its cause; counted once for a run, and gone when a person tries again."""
    run, taken = out(shelf)
    shelf.finish(run, taken, "a1", "failed", letter=LETTER)

    assert [(run, "run", LETTER["cause"], "shop", {"id": 1})] == [
        (one["id"], one["kind"], one["cause"], one["connection"], one["body"]) for one in letters.listing(shelf.store)
    ]
    assert [(LETTER["cause"], 1)] == [(one.cause, one.count) for one in causes.listing(shelf.store, letters.ALL)]
    runs.resume(shelf.store, run, shelf.now + 1_000, {})
    assert ([], []) == (letters.listing(shelf.store), causes.listing(shelf.store, letters.ALL))


def test_a_failure_the_caller_does_not_keep(shelf: Shelf) -> None:
    """No letter, no dead letter."""
    run, taken = out(shelf)
    shelf.finish(run, taken, "a1", "failed")

    assert ("failed", []) == (shelf.state(run), letters.listing(shelf.store))


@pytest.mark.parametrize("verdict", ["succeeded", "failed"])
def test_an_end_is_remembered_for_its_time(shelf: Shelf, verdict: str) -> None:
    """Seven days, and no longer in the list of what may expire."""
    run, taken = out(shelf)
    shelf.finish(run, taken, "a1", verdict)
    ttl: Any = shelf.client.pttl(shelf.key(f"r:{run}"))

    assert 0 < ttl <= shelf.store.retention.runs
    assert shelf.client.zscore(shelf.key("exp"), run) is None


def test_rest_is_the_connections_whatever_becomes_of_the_run(shelf: Shelf) -> None:
    """A run whose end was asked for while the provider said "not before a minute" ends; the minute stands."""
    run = shelf.submit("one")
    shelf.submit("other", BOB)
    taken = shelf.claim()
    assert "left" == shelf.leave(run, taken)
    assert "leaving" == runs.cancel(shelf.store, run)

    shelf.finish(run, taken, "a1", "again", wait=60_000, scope="connection")
    assert "cancelled" == shelf.state(run)
    assert ("wait", shelf.now + 60_000) == (shelf.claim().told, shelf.claim().until)
