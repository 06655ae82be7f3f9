"""The list of events: in order, from all partitions, by cursors that stay true, and what is forgotten when."""

import pytest
import redis as redis_client

from tests.worker.store.shelf import Shelf, fact
from worker.store import events, ids, letters, messages, runs, trim
from worker.store.events import CursorGone
from worker.store.text import text

HOUR = 3_600_000


@pytest.fixture
def wide(redis: redis_client.Redis) -> Shelf:
    """A store of four partitions."""
    return Shelf(redis, partitions=4)


def put(shelf: Shelf, name: str, connection: str = "shop", kind: str = "message.received") -> None:
    """An event by a short name."""
    partition = shelf.store.of(connection)
    events.commit(shelf.store, [fact(name, connection=connection, partition=partition, kind=kind, body={"name": name})])


def pages(shelf: Shelf, limit: int, **more: object) -> list[list[str]]:
    """The names on each page, until one is empty."""
    found: list[list[str]] = []
    cursor: str | None = None
    while True:
        page, cursor = events.listing(shelf.store, cursor, limit=limit, **more)  # type: ignore[arg-type]
        if not page:
            return found
        found.append([one["name"] for one in page])
        assert len(found) < 100, "the cursor stands still"


def test_pages(shelf: Shelf) -> None:
    """In the order they were committed, none twice, none left out; then a cursor that waits for more."""
    for number in range(5):
        put(shelf, str(number))

    assert [["0", "1"], ["2", "3"], ["4"]] == pages(shelf, 2)
    _, cursor = events.listing(shelf.store)
    assert [] == events.listing(shelf.store, cursor)[0]
    put(shelf, "5")
    assert ["5"] == [one["name"] for one in events.listing(shelf.store, cursor)[0]]


def test_several_partitions_are_one_list(wide: Shelf) -> None:
    """Merged by time, whatever the page's size."""
    connections = [f"c{number}" for number in range(8)]
    assert 4 == len({wide.store.of(one) for one in connections})
    wanted = []
    for number in range(40):
        name = f"{number:02}"
        put(wide, name, connections[number * 7 % 8])
        wanted.append(name)

    for limit in (1, 3, 50):
        told = [name for page in pages(wide, limit) for name in page]
        assert sorted(told) == wanted
        ordered = [stream for stream, _ in sorted((_stream_id(wide, name), name) for name in told)]
        assert ordered == [_stream_id(wide, name) for name in told]


def _stream_id(shelf: Shelf, name: str) -> tuple[int, int, int]:
    number = int(name)
    connection = f"c{number * 7 % 8}"
    partition = shelf.store.of(connection)
    ident = ids.event_id(partition, connection, "message.received", name)
    ms, seq = text(shelf.client.get(shelf.store.key(partition, f"e:{ident}"))).split("-")
    return int(ms), int(seq), partition


def test_a_filter_reads_on(wide: Shelf) -> None:
    """What is not wanted is passed by, in every partition, and the cursor with it."""
    for number in range(300):
        put(wide, str(number), f"c{number % 8}", "message.status")
    put(wide, "wanted", "c3")

    assert [["wanted"]] == pages(wide, 1, types=frozenset({"message.received"}))
    assert ["wanted"] == pages(wide, 50, connection="c3")[-1][-1:]
    nothing, cursor = events.listing(wide.store, limit=1, types=frozenset({"comment.received"}))
    assert [] == nothing
    put(wide, "comment", "c1", "comment.received")
    found, _ = events.listing(wide.store, cursor, limit=1, types=frozenset({"comment.received"}))
    assert ["comment"] == [one["name"] for one in found]


def test_from_now_on(wide: Shelf) -> None:
    """`$` begins with what comes next, also where nothing has been yet."""
    put(wide, "before", "c1")
    nothing, cursor = events.listing(wide.store, "$")
    put(wide, "after", "c1")
    put(wide, "elsewhere", "c2")

    assert [] == nothing
    found, _ = events.listing(wide.store, cursor)
    assert {"after", "elsewhere"} == {one["name"] for one in found}


def test_the_newest(shelf: Shelf) -> None:
    """The last few, oldest first, and a cursor to follow on with."""
    for number in range(9):
        put(shelf, str(number))
    found, cursor = events.listing(shelf.store, newest=True, limit=3)

    assert ["6", "7", "8"] == [one["name"] for one in found]
    put(shelf, "next")
    assert ["next"] == [one["name"] for one in events.listing(shelf.store, cursor)[0]]


def test_the_newest_of_several_partitions(wide: Shelf) -> None:
    """As many as asked for, from wherever they are; the cursor is behind all of them."""
    for number in range(9):
        put(wide, str(number), f"c{number % 3}")
    found, cursor = events.listing(wide.store, newest=True, limit=3)

    assert 3 == len(found)
    put(wide, "next", "c1")
    assert ["next"] == [one["name"] for one in events.listing(wide.store, cursor)[0]]


@pytest.mark.parametrize("cursor", ["nonsense", "MS0w", "!!!!", "MC0wLDAtMA==", "w7w="])
def test_a_cursor_that_is_none_of_ours(shelf: Shelf, cursor: str) -> None:
    """Said in a sentence, or, where it happens to be one, taken; never a traceback of ours."""
    put(shelf, "1")
    try:
        events.listing(shelf.store, cursor)
    except ValueError as problem:
        assert "cursor" in str(problem)  # noqa: PT017  (some of these are cursors)


def at(shelf: Shelf, hours: float) -> int:
    """A time that many hours after the newest event, which carries Redis' own time."""
    rows = shelf.client.xrevrange(shelf.key("ev"), count=1)
    return int(text(rows[0][0]).split("-")[0]) + int(hours * HOUR)  # type: ignore[index]


def test_a_trimmed_cursor_is_told_so(shelf: Shelf) -> None:
    """With the first cursor there is; one that had read all that was trimmed still holds."""
    put(shelf, "1")
    _, early = events.listing(shelf.store)
    put(shelf, "2")
    _, late = events.listing(shelf.store)
    assert 2 == trim.events(shelf.store, 0, at(shelf, 73))
    put(shelf, "3")

    with pytest.raises(CursorGone) as gone:
        events.listing(shelf.store, early)
    assert ["3"] == [one["name"] for one in events.listing(shelf.store, gone.value.first)[0]]
    assert ["3"] == [one["name"] for one in events.listing(shelf.store, late)[0]]
    assert [["3"]] == pages(shelf, 1)


def test_a_cursor_from_before_the_first_event(wide: Shelf) -> None:
    """It has missed what was trimmed meanwhile, too."""
    put(wide, "elsewhere", "c1")
    _, cursor = events.listing(wide.store)
    other = next(f"c{number}" for number in range(9) if wide.store.of(f"c{number}") != wide.store.of("c1"))
    put(wide, "missed", other)
    partition = wide.store.of(other)
    row = wide.client.xrevrange(wide.store.key(partition, "ev"), count=1)
    trim.events(wide.store, partition, int(text(row[0][0]).split("-")[0]) + 73 * HOUR)  # type: ignore[index]

    with pytest.raises(CursorGone):
        events.listing(wide.store, cursor)


def test_events_stay_for_their_time(shelf: Shelf) -> None:
    """72 hours by default."""
    put(shelf, "1")

    assert 0 == trim.events(shelf.store, 0, at(shelf, 71.9))
    assert 1 == trim.events(shelf.store, 0, at(shelf, 72.1))
    assert 0 == trim.events(shelf.store, 0, 0)


def test_what_waits_for_an_app_is_not_trimmed(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """However old: the oldest of any lane, among more lanes than are looked at in one trip."""
    monkeypatch.setattr(trim, "PAGE", 2)
    for number in range(5):
        events.commit(shelf.store, [fact(str(number), conversation=f"c{number}", subscriptions=("app",))])
    late = at(shelf, 100)

    def deliver(verdict: str) -> int:
        taken = shelf.claim("dlv:app")
        item = shelf.lane(taken.lane)[0]
        shelf.store.run("delivered", 0, taken.lane, taken.token, item, verdict, shelf.now + 1_000, "", "", 100)
        return trim.events(shelf.store, 0, late)

    assert [0, 0, 0] == [deliver("again"), deliver("done"), deliver("done")]  # the oldest waits for its next try
    shelf.now += 1_000
    assert [0, 0, 5] == [deliver("done"), deliver("done"), deliver("done")]


def test_indexes_forget(shelf: Shelf) -> None:
    """What they point at is gone by itself; entries still in their time stay."""
    old = shelf.submit("old")
    events.commit(shelf.store, [fact("1")])
    letters.put(shelf.store, 0, "req_1", kind="request", cause="killed", connection="shop", body={})
    shelf.now += 31 * 24 * HOUR
    shelf.submit("new")
    trim.indexes(shelf.store, ["shop"], shelf.now)
    trim.letters(shelf.store, shelf.now)

    assert [ids.run_id(0, "shop", "new")] == [one["id"] for one in runs.listing(shelf.store, "shop")[0]]
    assert 0 == shelf.client.exists(shelf.key("dl"), shelf.key("vi:shop"))
    assert old
    assert [] == messages.conversations(shelf.store, "shop")[0]
