"""How far a message came: every step there is, in a table; and the same receipts end the same, however they come."""

from __future__ import annotations

import itertools
import random
from typing import Any

import hypothesis.strategies as st
import pytest
import redis as redis_client
from hypothesis import HealthCheck, given, settings

from tests.worker.store.shelf import Shelf, fact, status
from worker.store import events, ids, messages, trim, unmatched
from worker.store.unmatched import AFTER_MS

STATUSES = ("accepted", "sent", "delivered", "read", "failed", "expired", "rejected", "unknown")
FORWARD = {name: place for place, name in enumerate(("accepted", "sent", "delivered", "read"))}
EARLY, LATE = 1_000, 2_000
TIMES: list[tuple[int | str, int | str]] = [
    ("", ""),
    (EARLY, ""),
    ("", EARLY),
    (EARLY, LATE),
    (EARLY, EARLY),
    (LATE, EARLY),
]

# What stands after one status (a row) and then another (a column):
#   n  the new one    o  the old one
#   l  the new one only if its time is later than the old one's, both being known
#   e  the new one unless its time is earlier than the old one's, both being known
#   g  of two failures the one with the later time, or with a time at all; with the same or none the graver
TABLE = """
              accepted  sent  delivered  read  failed  expired  rejected  unknown
    accepted      o      n        n       n      n        n        n         o
    sent          o      o        n       n      n        n        n         o
    delivered     o      o        o       n      l        l        l         o
    read          o      o        o       o      l        l        l         o
    failed        o      o        e       e      o        g        g         o
    expired       o      o        e       e      g        o        g         o
    rejected      o      o        e       e      g        g        o         o
    unknown       n      n        n       n      n        n        n         o
"""
GRAVE = {"expired": 1, "failed": 2, "rejected": 3}


def cells() -> list[tuple[str, str, str]]:
    """(old, new, what stands) of the table."""
    head, *rows = [line.split() for line in TABLE.strip().splitlines()]
    return [(row[0], new, word) for row in rows for new, word in zip(head, row[1:], strict=True)]


def stands(old: str, old_at: int | str, new: str, new_at: int | str, word: str) -> str:
    """The status that the table names."""
    both = old_at != "" and new_at != ""
    if word == "g":
        if both and old_at != new_at:
            return new if int(new_at) > int(old_at) else old
        if (old_at == "") != (new_at == ""):
            return new if old_at == "" else old
        return max(old, new, key=GRAVE.__getitem__)
    is_new = {
        "n": True,
        "o": False,
        "l": both and int(new_at or 0) > int(old_at or 0),
        "e": not (both and int(new_at or 0) < int(old_at or 0)),
    }[word]
    return new if is_new else old


def after(shelf: Shelf, receipts: list[tuple[str, int | str]], name: str = "wamid.1") -> tuple[str, str | None]:
    """Status and its time after these receipts of a message."""
    told = [status(name, said, at, key=f"{name}:{place}") for place, (said, at) in enumerate(receipts)]
    events.commit(shelf.store, told)
    found = messages.get(shelf.store, ids.message_id(0, "shop", name)) or {}
    return str(found["status"]), found["status_at"]


def test_the_table_is_whole() -> None:
    """Each status beside each."""
    assert set(itertools.product(STATUSES, STATUSES)) == {(old, new) for old, new, _ in cells()}


@pytest.mark.parametrize("times", TIMES)
def test_every_step(shelf: Shelf, times: tuple[int | str, int | str]) -> None:
    """As the table says, with and without the provider's times."""
    for place, (old, new, word) in enumerate(cells()):
        found, _ = after(shelf, [(old, times[0]), (new, times[1])], f"wamid.{place}")
        assert (old, new, stands(old, times[0], new, times[1], word)) == (old, new, found)


RECEIPTS = st.lists(
    st.tuples(st.sampled_from(STATUSES), st.sampled_from(["", 1, 2, 3, 4])).map(lambda one: (one[0], one[1])),
    min_size=1,
    max_size=7,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(receipts=RECEIPTS, seed=st.integers(0, 2**16))
def test_the_same_receipts_end_the_same(
    redis: redis_client.Redis, receipts: list[tuple[str, int | str]], seed: int
) -> None:
    """In any order and as often as they like: status and time are the same."""
    redis.flushdb()
    shelf, dice = Shelf(redis), random.Random(seed)
    again = receipts + dice.choices(receipts, k=3)
    dice.shuffle(again)

    assert after(shelf, receipts, "one") == after(shelf, again, "two")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(receipts=RECEIPTS)
def test_never_backwards(redis: redis_client.Redis, receipts: list[tuple[str, int | str]]) -> None:
    """What was read is never merely delivered again, and what failed never merely on its way."""
    redis.flushdb()
    shelf = Shelf(redis)
    seen = [after(shelf, receipts[: count + 1], f"m{count}")[0] for count in range(len(receipts))]

    best = -1
    for before, now in itertools.pairwise(seen):
        best = max(best, FORWARD.get(before, -1))
        if now in FORWARD:
            assert FORWARD[now] >= best
            assert before in {*FORWARD, "unknown"} or FORWARD[now] >= FORWARD["delivered"]
        else:
            assert now != "unknown" or before == "unknown"


def test_a_failure_between_two_arrivals(shelf: Shelf) -> None:
    """Delivered, then failed, then read, by the provider's clock: read; however they come."""
    receipts: list[tuple[str, int | str]] = [("delivered", 1), ("failed", 2), ("read", 3)]
    found = {after(shelf, list(one), str(place)) for place, one in enumerate(itertools.permutations(receipts))}

    assert {("read", "1970-01-01T00:00:00.003Z")} == found


def sent(name: str, **more: Any) -> Any:
    """A message of ours, as its answer or its echo tells it."""
    ident = ids.message_id(0, "shop", name)
    words = {"message": ident, "provider_id": name, "direction": "outbound", "status": "accepted", **more}
    return fact(name, kind="message.sent", **words)


def lonely(shelf: Shelf, **more: Any) -> list[str | None]:
    """The provider's ids of the report, newest first."""
    return [one["provider_id"] for one in unmatched.listing(shelf.store, now=shelf.now / 1000, **more)[0]]


def test_what_never_matched_is_reported(shelf: Shelf) -> None:
    """After an hour; what turned up by then, before or after its receipts, is not."""
    events.commit(shelf.store, [sent("first"), status("first", "delivered")])
    for name in ("nobody", "late", "replied", "nobody's second"):
        events.commit(shelf.store, [status(name, "sent"), status(name, "delivered")])
        shelf.now += 1_000
    events.commit(shelf.store, [sent("late", run="run_1")])
    inbound: dict[str, Any] = {
        "message": ids.message_id(0, "shop", "replied"),
        "provider_id": "replied",
        "direction": "inbound",
    }
    events.commit(shelf.store, [fact("replied", **inbound)])
    assert ([], 0) == (lonely(shelf), unmatched.count(shelf.store, shelf.now / 1000))
    shelf.now += AFTER_MS

    assert ["nobody's second", "nobody"] == lonely(shelf)
    assert 2 == unmatched.count(shelf.store, shelf.now / 1000)
    assert (["nobody"], []) == (lonely(shelf, before=page_after(shelf)), lonely(shelf, connection="other"))
    (one, _) = unmatched.listing(shelf.store, now=shelf.now / 1000)[0]
    assert ("delivered", "2023-11-14T22:13:23.000Z") == (one["status"], one["seen_at"])
    events.commit(shelf.store, [sent("nobody")])
    assert ["nobody's second"] == lonely(shelf)


def page_after(shelf: Shelf) -> Any:
    """Where the first page of one ends."""
    return unmatched.listing(shelf.store, limit=1, now=shelf.now / 1000)[1]


def test_the_report_forgets(shelf: Shelf) -> None:
    """With the messages' records, and beyond its number."""
    events.commit(shelf.store, [status("nobody", "sent")])
    shelf.now += shelf.store.retention.runs + 1_000
    trim.indexes(shelf.store, ["shop"], shelf.now)

    assert 0 == shelf.client.exists(shelf.key("um"))
