"""Queues and lanes: who holds what, for how long, and who is woken."""

from tests.worker.store.shelf import ANN, BOB, LIVE, START, Shelf
from worker.store import lanes


def test_first_work_rings_once(shelf: Shelf) -> None:
    """One wake-up on its way a queue: what comes meanwhile finds it rung."""
    _, first = shelf.submitted("1")
    _, second = shelf.submitted("2", BOB)

    assert [LIVE] == first.rings
    assert [] == second.rings


def test_a_bell_that_got_lost_stands_two_seconds(shelf: Shelf) -> None:
    """After that new work rings again."""
    shelf.submit("1")
    shelf.now += 2_000
    _, told = shelf.submitted("2", BOB)

    assert [LIVE] == told.rings


def test_a_claim_takes_the_bell_down(shelf: Shelf) -> None:
    """Whoever answers a wake-up makes room for the next; who only goes on does not."""
    shelf.submit("1")
    shelf.claim()
    _, told = shelf.submitted("2", BOB)
    lanes.claim(shelf.store, 0, LIVE, lease=1_000, limit=4, answering=False)
    _, after = shelf.submitted("3", f"{LIVE}/cat")

    assert ([LIVE], []) == (told.rings, after.rings)


def test_a_claim_hands_over_the_head_whole(shelf: Shelf) -> None:
    """One round trip gives the lane, a token and the run's record."""
    run = shelf.submit("1", input='{"text": "hi"}')
    taken = shelf.claim()

    assert ("lane", ANN, "", 0) == (taken.told, taken.lane, taken.former, taken.strikes)
    assert taken.head is not None
    assert run == taken.head.item
    assert b'{"text": "hi"}' == taken.head.record["input"]


def test_a_held_lane_is_nobody_elses(shelf: Shelf) -> None:
    """Two messages of one conversation never fly at once."""
    shelf.submit("1")
    shelf.submit("2")
    shelf.claim(lease=700)

    second = shelf.claim()
    assert ("idle", START + 700) == (second.told, second.until)


def test_a_claim_rings_for_the_next_ready_lane(shelf: Shelf) -> None:
    """Parallelism grows by itself while there is work and room."""
    shelf.submit("1")
    shelf.submit("2", BOB)

    assert [LIVE] == shelf.claim(limit=2).rings
    assert [] == shelf.claim(limit=2).rings


def test_full(shelf: Shelf) -> None:
    """One connection never takes more than its share of the slots."""
    for number in range(3):
        shelf.submit(str(number), f"{LIVE}/{number}")
    shelf.claim(limit=2)
    taken = shelf.claim(limit=2)

    assert "full" == shelf.claim(limit=2).told
    shelf.release(taken)
    assert "lane" == shelf.claim(limit=2).told


def test_a_dead_holder_is_found_behind_ready_lanes(shelf: Shelf) -> None:
    """Its slot would be lost for ever: ready lanes come first, and all slots seem taken."""
    shelf.submit("1", ANN)
    held = shelf.claim(lease=1_000, limit=1)
    shelf.now -= 500
    shelf.submit("2", BOB)
    shelf.now += 1_500

    taken = shelf.claim(limit=1)
    assert (ANN, held.token) == (taken.lane, taken.former)


def test_a_holder_without_a_lane_holds_no_slot(shelf: Shelf) -> None:
    """A token whose lane is gone (data put back by hand) is swept away."""
    shelf.submit("1", ANN)
    shelf.client.hset(shelf.key(f"h:{LIVE}"), f"{LIVE}/ghost", "token")

    assert ANN == shelf.claim(limit=1).lane


def test_an_empty_lane_is_swept_away(shelf: Shelf) -> None:
    """A lane whose items are gone does not stop the claim of the next."""
    shelf.submit("1", ANN)
    shelf.now += 1
    shelf.submit("2", BOB)
    shelf.client.delete(shelf.key(f"l:{ANN}"))

    assert BOB == shelf.claim().lane
    assert "idle" == shelf.claim().told
    assert [BOB.encode()] == shelf.client.zrange(shelf.key(f"q:{LIVE}"), 0, -1)


def test_nothing_to_claim(shelf: Shelf) -> None:
    """A wake-up too many costs one round trip."""
    assert "empty" == shelf.claim().told


def test_only_the_holder_renews_and_releases(shelf: Shelf) -> None:
    """A token of before opens nothing."""
    shelf.submit("1")
    old = shelf.claim(lease=100)
    shelf.now += 100
    new = shelf.claim(lease=100)

    assert not lanes.renew(shelf.store, 0, ANN, old.token, 1_000)
    assert not shelf.release(old)
    assert lanes.renew(shelf.store, 0, ANN, new.token, 1_000)
    assert 1_000 == shelf.due()
    assert shelf.release(new)


def test_renewing_never_shortens(shelf: Shelf) -> None:
    """An attempt holds the lane beyond its deadline; a heartbeat must not give it away before."""
    run = shelf.submit("1")
    taken = shelf.claim()
    shelf.leave(run, taken, call_ms=60_000)

    assert lanes.renew(shelf.store, 0, ANN, taken.token, 1_000)
    assert 61_000 == shelf.due()


def test_nobody_renews_past_the_deadline(shelf: Shelf) -> None:
    """A thread that hangs in a call does not keep its conversation for ever."""
    run = shelf.submit("1")
    taken = shelf.claim()
    shelf.leave(run, taken, call_ms=5_000)
    shelf.now += 5_000

    assert not lanes.renew(shelf.store, 0, ANN, taken.token, 10_000)


def test_release_parks(shelf: Shelf) -> None:
    """A parked lane waits until its time, and the queue's due time says so."""
    shelf.submit("1")
    shelf.release(shelf.claim(), shelf.now + 3_000)

    assert 3_000 == shelf.due()
    assert "idle" == shelf.claim().told
    shelf.now += 3_000
    assert "lane" == shelf.claim().told


def test_the_tick_pushes_on_and_never_removes(shelf: Shelf) -> None:
    """Who dies between the tick and the publishing leaves the queue due again in 5 s."""
    shelf.submit("1")
    first = lanes.tick(shelf.store, 0)
    shelf.now += 4_999
    early = lanes.tick(shelf.store, 0)
    shelf.now += 1
    again = lanes.tick(shelf.store, 0)

    assert ([LIVE], [], [LIVE]) == (first.rings, early.rings, again.rings)


def test_the_tick_finds_a_dead_holder(shelf: Shelf) -> None:
    """The queue is due when the lease ends."""
    shelf.submit("1")
    shelf.claim(lease=8_000)
    shelf.now += 7_999
    assert [] == lanes.tick(shelf.store, 0).rings
    shelf.now += 1
    assert [LIVE] == lanes.tick(shelf.store, 0).rings


def test_the_tick_knows_when_to_look_again(shelf: Shelf) -> None:
    """The earliest of what is due, scheduled or to expire; nothing: None."""
    assert lanes.tick(shelf.store, 0).first is None
    shelf.submit("1", not_before=9_000, expires=60_000)
    assert START + 9_000 == lanes.tick(shelf.store, 0).first
    shelf.submit("2", expires=4_000)
    shelf.claim(lease=30_000)
    assert START + 4_000 == lanes.tick(shelf.store, 0).first


def test_a_tick_names_at_most_so_many(shelf: Shelf) -> None:
    """A thousand due queues are rung in several ticks, the oldest first."""
    for number in range(5):
        shelf.submit("1", f"out:c{number}:live/ann")
        shelf.now += 1

    assert ["out:c0:live", "out:c1:live"] == lanes.tick(shelf.store, 0, most=2).rings
    assert ["out:c2:live", "out:c3:live"] == lanes.tick(shelf.store, 0, most=2).rings
