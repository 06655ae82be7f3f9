"""
Lists, newest first, over several indexes, such as one a connection, whose scores are all different (lua `index`).

The cursor is (score, index's name), as scores are unique within one index only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from worker.store.base import Store
from worker.store.text import text

T = TypeVar("T")

Place = tuple[int, str]
Read = Callable[[int, Sequence[str]], Sequence[T | None]]
"""(partition, names) → what they name, None for each that is no longer kept; one round trip."""

STEP = 200  # entries of one index looked at in one round trip
STEPS = 20  # round trips of one listing while it filters
EVERYTHING = ("-inf", "+inf")


@dataclass(frozen=True, slots=True)
class Index:
    """A sorted set of names, by its own name in cursors."""

    name: str
    partition: int
    key: str


def across(
    store: Store,
    family: str,
    connections: Sequence[str],
    read: Read[T],
    *,
    wanted: Callable[[T], bool] | None = None,
    before: Place | None = None,
    limit: int = 50,
) -> tuple[list[T], Place | None]:
    """What `family:<connection>` of these connections names, as `over` gives it."""
    indexes = [Index(one, store.of(one), f"{family}:{one}") for one in connections]
    return over(store, indexes, read, wanted=wanted, before=before, limit=limit)


def over(
    store: Store,
    indexes: Sequence[Index],
    read: Read[T],
    *,
    wanted: Callable[[T], bool] | None = None,
    before: Place | None = None,
    limit: int = 50,
    bounds: tuple[str, str] = EVERYTHING,
) -> tuple[list[T], Place | None]:
    """
    What these indexes name, and the cursor of the next page (None: the last).

    A page may hold fewer than `limit`, even none, and still have a next one: what is rare is not looked for at once in
    all there is.

    bounds: of the scores, as Redis writes them
    """
    found: list[T] = []
    place = before
    for _ in range(STEPS):
        size = min(STEP, limit - len(found)) if wanted is None else STEP
        some, place = _step(store, indexes, read, wanted, place, size, limit - len(found), bounds)
        found += some
        if place is None or len(found) >= limit:
            break
    return found, place


def _step(
    store: Store,
    indexes: Sequence[Index],
    read: Read[T],
    wanted: Callable[[T], bool] | None,
    before: Place | None,
    size: int,
    limit: int,
    bounds: tuple[str, str],
) -> tuple[list[T], Place | None]:
    rows: list[tuple[int, str, T | None]] = []
    unread: Place | None = None  # the newest place that was not read: nothing older may be told
    for index in indexes:
        top = None if before is None else before[0] + (1 if index.name > before[1] else 0)
        names, more = _names(store, index, top, size, bounds)
        items = read(index.partition, [name for name, _ in names]) if names else ()
        rows += [(score, index.name, item) for (_, score), item in zip(names, items, strict=True)]
        if more:
            last = (names[-1][1], index.name)
            unread = last if unread is None or _order(last) < _order(unread) else unread
    found: list[T] = []
    for score, name, item in sorted(rows, key=lambda row: _order((row[0], row[1]))):
        if unread is not None and _order((score, name)) > _order(unread):
            break
        if item is not None and (wanted is None or wanted(item)):
            found.append(item)
            if len(found) >= limit:
                return found, (score, name)
    return found, unread


def _order(place: Place) -> Place:
    return -place[0], place[1]


def _names(
    store: Store, index: Index, before: int | None, size: int, bounds: tuple[str, str]
) -> tuple[list[tuple[str, int]], bool]:
    """[(name, score)], newest first, and whether there may be more."""
    low, top = bounds[0], bounds[1] if before is None else f"({before}"
    key = store.key(index.partition, index.key)
    found: Any = store.client.zrevrangebyscore(key, top, low, start=0, num=size, withscores=True)
    return [(text(name), int(score)) for name, score in found], len(found) == size
