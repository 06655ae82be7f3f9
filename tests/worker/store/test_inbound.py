"""The journal and its cursor: requests in, batches out, and what happens when a batch kills its reader."""

import pytest

from connectors.guards import HookRequest
from tests.worker.store.shelf import Shelf
from worker.store import ids, journal, lanes
from worker.store.lanes import Batch, Claim

QUEUE = "in:shop"


def claim(shelf: Shelf, **more: int) -> tuple[Claim, Batch]:
    """The source's lane, with its first batch."""
    taken = shelf.claim(QUEUE, **more)
    assert taken.batch is not None
    return taken, taken.batch


def bodies(batch: Batch | None) -> list[bytes]:
    """What stands in a batch."""
    return [] if batch is None else [fields["b"] for _, fields in batch.entries]


def advance(shelf: Shelf, taken: Claim, done: Batch, *, lease: int = 10_000, batch: int = 128) -> Batch | None:
    """The next batch."""
    return lanes.advance(shelf.store, 0, "shop", taken.token, done, lease=lease, batch=batch)


def test_a_request_comes_back_as_it_came(shelf: Shelf) -> None:
    """Bytes, query and the headers worth keeping; others are never stored."""
    request = HookRequest("POST", "status", "a=1&b", {"content-type": "text/x", "authorization": "secret"}, b"\xff\x00")
    ident, rings = journal.ingest(shelf.store, "shop", request, frozenset({"content-type"}))
    _, batch = claim(shelf)

    assert [QUEUE] == rings
    assert HookRequest("POST", "status", "a=1&b", {"content-type": "text/x"}, b"\xff\x00") == journal.rebuild(
        batch.entries[0][1]
    )
    kept = journal.get(shelf.store, ident)
    assert kept is not None
    assert ("shop", "POST", "status", {"content-type": "text/x"}) == (
        kept["source"],
        kept["method"],
        kept["hook"],
        kept["headers"],
    )


@pytest.mark.parametrize("ident", ["", "req_", "req_x_shop", "req_1-1_", "evt_1", "req_1-1_nobody"])
def test_a_request_that_is_not_there(shelf: Shelf, ident: str) -> None:
    """An id of another kind, or of nothing, is simply not there."""
    assert journal.get(shelf.store, ident) is None


def test_a_batch_has_a_limit_and_advance_gives_the_next(shelf: Shelf) -> None:
    """The cursor moves behind what was dealt with; the last advance lets the lane go."""
    for number in range(5):
        shelf.ingest(str(number))
    taken, first = claim(shelf, batch=2)
    second = advance(shelf, taken, first, batch=2)
    assert second is not None
    third = advance(shelf, taken, second, batch=2)
    assert third is not None

    assert [[b"0", b"1"], [b"2", b"3"], [b"4"]] == [bodies(first), bodies(second), bodies(third)]
    assert 1 == journal.backlog(shelf.store, "shop")
    assert advance(shelf, taken, third) is None
    assert 0 == journal.backlog(shelf.store, "shop")
    assert shelf.due(QUEUE) is None
    assert "empty" == shelf.claim(QUEUE).told


def test_a_batch_is_bounded_in_bytes(shelf: Shelf) -> None:
    """Large bodies come in smaller batches: about a megabyte."""
    for _ in range(40):
        shelf.ingest("x" * 100_000)
    _, batch = claim(shelf)

    assert 16 == len(batch.entries)


def test_one_reader_a_source(shelf: Shelf) -> None:
    """Order within a source is order of acceptance."""
    shelf.ingest()
    claim(shelf)
    shelf.ingest()

    assert "idle" == shelf.claim(QUEUE).told


def test_what_came_meanwhile_is_not_forgotten(shelf: Shelf) -> None:
    """A reader whose time is over gives the lane back, and the queue is due at once."""
    shelf.ingest("1")
    taken, batch = claim(shelf)
    shelf.ingest("2")

    assert advance(shelf, taken, batch, lease=0) is None
    assert 0 == shelf.due(QUEUE)
    assert [b"2"] == bodies(claim(shelf)[1])


def test_only_the_holder_advances(shelf: Shelf) -> None:
    """A reader that was frozen moves nothing when it wakes."""
    shelf.ingest("1")
    old, batch = claim(shelf, lease=100)
    shelf.now += 100
    claim(shelf)

    assert advance(shelf, old, batch) is None
    assert 1 == journal.backlog(shelf.store, "shop")


def test_the_cursor_moves_only_from_where_the_batch_began(shelf: Shelf) -> None:
    """Moved by hand meanwhile, it stays where it was put."""
    stream_id, _ = shelf.ingest("1")
    shelf.ingest("2")
    taken, batch = claim(shelf, batch=2)
    shelf.client.set(shelf.key("c:shop"), stream_id)

    assert advance(shelf, taken, batch) is None
    assert stream_id.encode() == shelf.client.get(shelf.key("c:shop"))


def test_an_advance_may_be_repeated(shelf: Shelf) -> None:
    """Its answer may get lost on the way; asked again it answers the same."""
    for number in range(3):
        shelf.ingest(str(number))
    taken, batch = claim(shelf, batch=2)

    assert [b"2"] == bodies(advance(shelf, taken, batch))
    assert [b"2"] == bodies(advance(shelf, taken, batch))


def after_a_rest(shelf: Shelf) -> tuple[Claim, Batch]:
    """A claim; what was struck twice rests for two leases before it."""
    taken = shelf.claim(QUEUE, lease=100)
    if taken.batch is None:
        shelf.now += 200
        return claim(shelf, lease=100)
    return taken, taken.batch


def test_an_item_that_kills_is_found_and_its_batch_goes_on(shelf: Shelf) -> None:
    """
    After a death the batch is read one by one, so only the item that kills is struck; the third strike names it.

    0 and 1 are fine, 2 kills its reader, 3 was in the same batch, 4 comes later.
    """
    for number in range(4):
        shelf.ingest(str(number))
    claim(shelf, lease=100)  # dies
    shelf.now += 100
    taken, batch = claim(shelf, lease=100)
    assert ([b"0"], 1) == (bodies(batch), taken.strikes)
    one = advance(shelf, taken, batch, lease=100)
    assert one is not None
    assert [b"1"] == bodies(one)
    two = advance(shelf, taken, one, lease=100)
    assert [b"2"] == bodies(two)  # dies
    strikes = []
    for _ in range(3):
        shelf.now += 100
        taken, batch = after_a_rest(shelf)
        assert [b"2"] == bodies(batch)
        strikes.append(taken.strikes)
    assert [1, 2, 3] == strikes
    three = advance(shelf, taken, batch, lease=100)
    assert three is not None
    assert [b"3"] == bodies(three)

    shelf.ingest("4")
    shelf.ingest("5")
    assert [b"4", b"5"] == bodies(advance(shelf, taken, three))  # behind the careful batch all is as usual


def test_the_first_of_a_batch_that_kills(shelf: Shelf) -> None:
    """It is struck from the first death on: three, not four."""
    shelf.ingest("kills")
    shelf.ingest("fine")
    strikes = []
    claim(shelf, lease=100)
    for _ in range(3):
        shelf.now += 100
        taken, batch = after_a_rest(shelf)
        strikes.append((bodies(batch), taken.strikes))

    assert [([b"kills"], 1), ([b"kills"], 2), ([b"kills"], 3)] == strikes


def test_trimming_never_passes_the_cursor(shelf: Shelf) -> None:
    """What nobody has read stays, however old; what was read goes after its time."""
    first, _ = shelf.ingest("1")
    shelf.ingest("2")
    late = int(first.split("-")[0]) + 2 * 86_400_000

    assert 0 == journal.trim(shelf.store, "shop", late)
    for _ in range(300):
        shelf.ingest("x")
    taken, batch = claim(shelf, batch=250)
    advance(shelf, taken, batch, lease=0)
    assert 0 == journal.trim(shelf.store, "shop", late - 2 * 86_400_000)
    journal.trim(shelf.store, "shop", late)
    assert 52 == journal.backlog(shelf.store, "shop")
    place = ids.request_id("shop", batch.entries[-1][0])
    assert journal.get(shelf.store, place) is not None
