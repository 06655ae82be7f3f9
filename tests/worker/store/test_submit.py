"""How a run comes in: once for its key, now or later, and instead of an older one where only the last counts."""

from tests.worker.store.shelf import BOB, LIVE, Shelf
from worker.store import ids, lanes, runs


def test_the_same_key_and_body_is_the_same_run(shelf: Shelf) -> None:
    """It is stored once; asked again, its state is told and nobody woken."""
    _, first = shelf.submitted("1")
    _, second = shelf.submitted("1")

    assert ("queued", "same", "queued", []) == (first.told, second.told, second.state, second.rings)
    assert 1 == len(shelf.lane())


def test_the_same_key_and_another_body_is_a_conflict(shelf: Shelf) -> None:
    """Nothing of the second is stored."""
    run, _ = shelf.submitted("1", input="first")
    _, second = shelf.submitted("1", mark="other", input="second")
    record = runs.load(shelf.store, run)

    assert "conflict" == second.told
    assert record is not None
    assert b"first" == record["input"]


def test_the_same_key_after_the_end_is_still_the_same_run(shelf: Shelf) -> None:
    """It is not carried out again while it is remembered."""
    run = shelf.submit("1")
    runs.cancel(shelf.store, run)

    assert ("same", "cancelled") == (shelf.submitted("1")[1].told, shelf.submitted("1")[1].state)


def test_order_is_order_of_acceptance(shelf: Shelf) -> None:
    """Within a lane."""
    wanted = [shelf.submit(str(number)) for number in range(4)]

    assert wanted == shelf.lane()


def test_a_scheduled_run_enters_its_lane_in_time(shelf: Shelf) -> None:
    """Not a moment before, and then at the tail."""
    later, told = shelf.submitted("later", not_before=5_000)
    shelf.now += 4_999
    lanes.tick(shelf.store, 0)
    assert ("scheduled", []) == (told.told, shelf.lane())
    soon = shelf.submit("soon")
    shelf.now += 1
    rings = lanes.tick(shelf.store, 0).rings

    assert [soon, later] == shelf.lane()
    assert "queued" == shelf.state(later)
    assert [LIVE] == rings


def test_a_scheduled_run_wakes_an_empty_lane(shelf: Shelf) -> None:
    """The tick that lets it in rings for it."""
    shelf.submit("later", not_before=5_000)
    shelf.now += 5_000

    assert [LIVE] == lanes.tick(shelf.store, 0).rings
    assert "lane" == shelf.claim().told


def test_a_cancelled_scheduled_run_never_enters(shelf: Shelf) -> None:
    """It leaves the schedule at once."""
    run = shelf.submit("later", not_before=5_000)

    assert "cancelled" == runs.cancel(shelf.store, run)
    shelf.now += 5_000
    lanes.tick(shelf.store, 0)
    assert [] == shelf.lane()


def test_a_scheduled_run_whose_record_is_gone(shelf: Shelf) -> None:
    """The tick forgets it."""
    run = shelf.submit("later", not_before=5_000)
    shelf.client.delete(shelf.key(f"r:{run}"))
    shelf.now += 5_000
    lanes.tick(shelf.store, 0)

    assert 0 == shelf.client.exists(shelf.key("later"))


def test_a_newer_read_mark_replaces_a_queued_older_one(shelf: Shelf) -> None:
    """Only the last counts; the older says what replaced it, and is never done."""
    old = shelf.submit("1", coalesce="shop:ann:read")
    taken = shelf.claim()
    new = shelf.submit("2", coalesce="shop:ann:read")
    shown = runs.get(shelf.store, old)

    assert shown is not None
    assert ("cancelled", new) == (shown["state"], shown["replaced_by"])
    assert "gone" == shelf.leave(old, taken)
    _, done = shelf.orphan(old, taken)
    assert done.head is not None
    assert new == done.head.item


def test_a_newer_one_does_not_wait_for_what_the_older_waited_for(shelf: Shelf) -> None:
    """A head that ended frees its lane at once, whoever ended it."""
    old = shelf.submit("1", coalesce="shop:ann:read")
    taken = shelf.claim()
    shelf.leave(old, taken)
    shelf.finish(old, taken, "a1", "again", wait=60_000)
    new = shelf.submit("2", coalesce="shop:ann:read")

    assert ([new], 0) == (shelf.lane(), shelf.due())
    assert "left" == shelf.leave(new, shelf.claim())


def test_one_for_later_replaces_nothing_now(shelf: Shelf) -> None:
    """The older is done now, the newer then."""
    old = shelf.submit("1", coalesce="shop:ann:read")
    shelf.submit("2", coalesce="shop:ann:read", not_before=60_000)

    assert "queued" == shelf.state(old)


def test_one_that_is_out_is_not_replaced(shelf: Shelf) -> None:
    """It may have arrived: both are done."""
    old = shelf.submit("1", coalesce="shop:ann:read")
    taken = shelf.claim()
    shelf.leave(old, taken)
    shelf.submit("2", coalesce="shop:ann:read")

    assert "leaving" == shelf.state(old)


def test_others_are_not_replaced(shelf: Shelf) -> None:
    """A read mark of one conversation says nothing of another's."""
    old = shelf.submit("1", coalesce="shop:ann:read")
    shelf.submit("2", BOB, coalesce="shop:bob:read")

    assert "queued" == shelf.state(old)


def test_ids_are_the_same_wherever_they_are_made() -> None:
    """A replayed batch, a poll beside a webhook and a restored backup name the same things alike."""
    assert ids.run_id(0, "shop", "key") == ids.run_id(0, "shop", "key")
    assert ids.run_id(0, "shop", "key") != ids.run_id(0, "shopkey", "")
    assert ids.run_id(0, "shop", None) != ids.run_id(0, "shop", None)
    assert ids.event_id(0, "a", "bc", "d") != ids.event_id(0, "ab", "c", "d")
    assert ids.message_id(3, "shop", "wamid.1").endswith("03")
    assert ids.message_id(0, "shop", "half \ud83d of a pair")


def test_ids_name_their_partition() -> None:
    """So that what they name is found without asking around; another's id names none of ours."""
    assert 7 == ids.partition_in(ids.run_id(7, "shop", "key"), 64)
    assert ids.partition_in(ids.run_id(7, "shop", "key"), 4) is None
    assert ids.partition_in("nonsense", 64) is None
    assert ids.partition_in("", 1) is None
    assert all(0 <= ids.partition_of(f"c{number}", 8) < 8 for number in range(100))


def test_a_conversation_id_is_read_back() -> None:
    """By us alone; anything else is no conversation."""
    assert ("shop", "+1 555") == ids.conversation_of(ids.conversation_id(0, "shop", "+1 555"))
    for other in ("", "cnv_", "cnv_zz00", "run_1", "cnv_" + b"noparty".hex() + "00"):
        assert ids.conversation_of(other) is None


def test_a_connections_runs_page_by_page(shelf: Shelf) -> None:
    """Newest first, none left out though all came in the same ms, and only those of a state if asked."""
    wanted = [shelf.submit(str(number), f"{LIVE}/{number}") for number in range(12)]
    runs.cancel(shelf.store, wanted[3])
    found: list[str] = []
    before: int | None = None
    for _ in range(10):
        page, cursor = runs.listing(shelf.store, "shop", before=before, limit=5)
        found += [one["id"] for one in page]
        if cursor is None:
            break
        before = int(cursor)

    assert wanted[::-1] == found
    only, _ = runs.listing(shelf.store, "shop", state="cancelled")
    assert [wanted[3]] == [one["id"] for one in only]


def test_a_run_as_the_outside_sees_it(shelf: Shelf) -> None:
    """DESIGN.md §6: absent things are null, times RFC 3339 with ms."""
    run = shelf.submit("1", input='{"text": "hi"}', action="send-sms", key="1")
    shown = runs.get(shelf.store, run)

    assert shown is not None
    assert {
        "id": run,
        "connection": "shop",
        "action": "send-sms",
        "input": {"text": "hi"},
        "state": "queued",
        "output": None,
        "error": None,
        "idempotency_key": "1",
        "created_at": "2023-11-14T22:13:20.000Z",
        "expires_at": "2023-11-15T22:13:20.000Z",
        "finished_at": None,
    }.items() <= shown.items()
    shelf.leave(run, shelf.claim())
    assert "running" == (runs.get(shelf.store, run) or {})["state"]
    assert runs.get(shelf.store, ids.run_id(0, "shop", "nobody")) is None
    assert runs.get(shelf.store, "nonsense") is None


def test_what_is_over_already_is_not_stored(shelf: Shelf) -> None:
    """By Redis' own clock; a run that is there already is found again however late its key comes."""
    run, told = shelf.submitted("over", expires=0)
    assert "late" == told.told
    assert not shelf.client.exists(shelf.key(f"r:{run}"))
    assert [] == shelf.lane()

    shelf.submit("1", expires=10)
    shelf.now += 10
    assert "same" == shelf.submitted("1", expires=0)[1].told
    assert "conflict" == shelf.submitted("1", mark="other", expires=0)[1].told
