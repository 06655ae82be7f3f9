"""Dead letters: counted by what waits now, dealt with by one, bounded, and gone after their time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import redis as redis_client
from hypothesis import HealthCheck, given, settings

from tests.worker.store.shelf import DAY, Shelf
from worker.store import causes, letters, trim
from worker.store.base import Retention
from worker.store.letters import ALL, Wanted, Who

SOMEBODY = Who("ann", "seen")


def put(shelf: Shelf, name: str, cause: str = "broken", **more: Any) -> str:
    """A letter; its id."""
    ident = f"task_{name}00"
    words = {"kind": "task", "connection": "shop", "provider": "1msg", "body": {"name": name}, "told": "why", **more}
    letters.put(shelf.store, 0, ident, cause=cause, **words)
    return ident


def counted(shelf: Shelf, wanted: Wanted = ALL) -> dict[str, int]:
    """Cause → how many wait."""
    return {one.cause: one.count for one in causes.listing(shelf.store, wanted)}


def names(shelf: Shelf, wanted: Wanted = ALL) -> list[str]:
    """The ids of a list."""
    return [one["id"] for one in letters.page(shelf.store, wanted)[0]]


def test_it_is_found_with_all_it_holds(shelf: Shelf) -> None:
    """The copy whole, the cause and its words, and nothing of who dealt with it."""
    ident = put(shelf, "a")

    found = letters.get(shelf.store, ident) or {}

    assert [found] == letters.listing(shelf.store)
    assert {"kind": "task", "cause": "broken", "text": "why", "connection": "shop", "provider": "1msg"}.items() <= (
        found.items()
    )
    assert ({"name": "a"}, "waiting", None, 0) == tuple(
        found[name] for name in ("body", "state", "dealt_with", "again")
    )
    assert letters.get(shelf.store, "nonsense") is None
    assert letters.get(shelf.store, "task_none00") is None


def test_said_twice_it_is_one(shelf: Shelf) -> None:
    """A batch that is repeated after a crash writes its letters again: neither the count nor the copy changes."""
    ident = put(shelf, "a")
    shelf.now += 1_000
    put(shelf, "a", "other", body={"name": "later"})

    assert {"broken": 1} == counted(shelf)
    assert {"name": "a"} == (letters.get(shelf.store, ident) or {})["body"]


def test_causes_count_what_waits_now(shelf: Shelf) -> None:
    """By connection, provider and kind, too; the most frequent first; with the ends of each."""
    first = put(shelf, "a")
    shelf.now += 1_000
    last = put(shelf, "b", connection="other")
    put(shelf, "c", "refused", kind="run", provider="infobip")
    (broken, refused) = (one.shown() for one in causes.listing(shelf.store, ALL))

    assert {
        "cause": "broken",
        "count": 2,
        "kinds": ["task"],
        "connections": ["other", "shop"],
    }.items() <= broken.items()
    assert (last, "2023-11-14T22:13:20.000Z", "2023-11-14T22:13:21.000Z") == (
        broken["newest"],
        broken["oldest_at"],
        broken["newest_at"],
    )
    assert ("refused", 1, ["infobip"]) == (refused["cause"], refused["count"], refused["providers"])
    assert {"broken": 1} == counted(shelf, Wanted(connection="other"))
    assert {"refused": 1} == counted(shelf, Wanted(provider="infobip"))
    assert {"broken": 2} == counted(shelf, Wanted(kind="task"))

    letters.deal(shelf.store, first, "discarded", SOMEBODY)

    assert {"broken": 1, "refused": 1} == counted(shelf)
    assert 1 == causes.count(shelf.store, Wanted(cause="broken"))
    assert 2 == causes.count(shelf.store, Wanted(until=shelf.now + 1))


def test_a_list_is_of_what_is_asked_for(shelf: Shelf) -> None:
    """By cause from its own index, by time, connection, state and id; page by page, none twice."""
    made = []
    for count in range(7):
        made.append(put(shelf, f"n{count}", f"cause{count % 2}", connection=f"c{count % 3}"))
        shelf.now += 1_000
    start = shelf.now - 7_000

    assert made[::-1] == names(shelf)
    assert [made[5], made[3], made[1]] == names(shelf, Wanted(cause="cause1"))
    assert [made[6], made[3], made[0]] == names(shelf, Wanted(connection="c0"))
    assert [made[3], made[2]] == names(shelf, Wanted(since=start + 2_000, until=start + 4_000))
    assert [made[1], made[2]] == names(shelf, Wanted(ids=frozenset(made[1:3])))
    assert [] == names(shelf, Wanted(state="discarded"))
    found: list[str] = []
    before = None
    while True:
        page, before = letters.page(shelf.store, Wanted(cause="cause0"), before=before, limit=2)
        found += [one["id"] for one in page]
        if before is None:
            break
    assert [made[6], made[4], made[2], made[0]] == found


def test_one_of_two_deals_with_it(shelf: Shelf) -> None:
    """And who, when and why stays on record; the same asking told again, as after a lost answer, is the same."""
    ident = put(shelf, "a")
    assert letters.deal(shelf.store, ident, "discarded", SOMEBODY)
    assert not letters.deal(shelf.store, ident, "replayed", Who("bob"))
    assert letters.deal(shelf.store, ident, "discarded", SOMEBODY)

    found = letters.get(shelf.store, ident) or {}
    assert ("discarded", {"at": "2023-11-14T22:13:20.000Z", "by": "ann", "why": "seen"}) == (
        found["state"],
        found["dealt_with"],
    )
    assert ([], [ident], {}) == (names(shelf), names(shelf, Wanted(state="discarded")), counted(shelf))
    assert not letters.deal(shelf.store, "task_none00", "discarded", SOMEBODY)


def test_what_comes_back_waits_again(shelf: Shelf) -> None:
    """Under its new cause, as the newest, and it tells how often that was."""
    ident = put(shelf, "a")
    letters.deal(shelf.store, ident, "replayed", SOMEBODY)
    shelf.now += 1_000
    put(shelf, "a", "other")

    found = letters.get(shelf.store, ident) or {}
    assert ("waiting", None, 1, "other") == tuple(found[one] for one in ("state", "dealt_with", "again", "cause"))
    assert ([ident], [], {"other": 1}) == (names(shelf), names(shelf, Wanted(state="replayed")), counted(shelf))


def test_the_oldest_go_beyond_their_number(shelf: Shelf) -> None:
    """First what was dealt with, then what waits, and that is told."""
    shelf.store.retention = Retention(dead_letters=3)
    made = [put(shelf, f"n{count}") for count in range(3)]
    letters.deal(shelf.store, made[1], "discarded", SOMEBODY)
    made += [put(shelf, "n3"), put(shelf, "n4")]

    assert [made[4], made[3], made[2]] == names(shelf)
    assert letters.get(shelf.store, made[1]) is None
    assert 1 == letters.dropped(shelf.store)
    assert {"broken": 3} == counted(shelf)


def test_and_beyond_their_size(shelf: Shelf) -> None:
    """What is kept never takes more than its room, but for a single one that is larger."""
    shelf.store.retention = Retention(dead_letter_bytes=10_000)
    for count in range(8):
        put(shelf, f"n{count}", body="x" * 3_000)
    assert ["task_n700", "task_n600"] == names(shelf)
    put(shelf, "large", body="x" * 30_000)

    assert ["task_large00"] == names(shelf)
    assert {"broken": 1} == counted(shelf)


def test_they_are_forgotten_after_their_time(shelf: Shelf) -> None:
    """One that was discarded keeps its record for the same time after that; nothing of the machinery is left."""
    waits, gone = put(shelf, "a"), put(shelf, "b", "other")
    shelf.now += 20 * DAY
    letters.deal(shelf.store, gone, "discarded", SOMEBODY)
    shelf.now += 11 * DAY

    assert 1 == trim.letters(shelf.store, shelf.now)
    assert letters.get(shelf.store, waits) is None
    assert {} == counted(shelf)
    shelf.now += 20 * DAY
    assert 1 == trim.letters(shelf.store, shelf.now)
    left: Any = shelf.client.keys("*")
    assert [shelf.key("dlb").encode()] == left
    assert {b"bytes": b"0"} == shelf.client.hgetall(shelf.key("dlb"))


DOINGS = st.lists(
    st.tuples(st.sampled_from(["put", "discard", "forget"]), st.integers(0, 5), st.sampled_from(["x", "y"])),
    max_size=40,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(doings=DOINGS)
def test_counters_are_true_whatever_is_done(redis: redis_client.Redis, doings: list[tuple[str, int, str]]) -> None:
    """The counts by cause, each index and the list say the same; the bytes are those of what is there."""
    redis.flushdb()
    shelf = Shelf(redis)
    shelf.store.retention = replace_most(4)
    for doing, number, cause in doings:
        shelf.now += 1_000
        ident = f"task_n{number}00"
        todo: dict[str, Callable[[], Any]] = {
            "put": lambda ident=ident, cause=cause, number=number: put(shelf, f"n{number}", cause),  # type: ignore[misc]
            "discard": lambda ident=ident: letters.deal(shelf.store, ident, "discarded", replace(SOMEBODY, ask=ident)),  # type: ignore[misc]
            "forget": lambda: shelf.store.run("forget", 0, (shelf.now - 5_000) * 1000, 10),
        }
        todo[doing]()
    waits = letters.listing(shelf.store)
    for cause in ("x", "y"):
        mine = [one["id"] for one in waits if one["cause"] == cause]
        assert counted(shelf).get(cause, 0) == len(mine)
        assert names(shelf, Wanted(cause=cause)) == mine
    kept: Any = redis.keys(shelf.key("dl:*"))
    assert len(kept) <= 4
    sizes = sum(int(redis.hget(one, "size") or 0) for one in kept)
    assert sizes == int(redis.hget(shelf.key("dlb"), "bytes") or 0)


def replace_most(most: int) -> Retention:
    """Room for so many."""
    return Retention(dead_letters=most)
