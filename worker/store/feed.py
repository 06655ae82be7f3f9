"""
Feeds: one stream a partition, read as a single list with a single cursor.

A cursor holds a place in each partition.  What was trimmed is told, so that nobody takes a gap for silence.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from worker.store.base import Store
from worker.store.text import text

PAGES = 20  # what one listing reads of a partition while it filters

T = TypeVar("T")


class CursorGone(Exception):
    """The cursor points before what is still kept; `first` is the oldest cursor there is."""

    def __init__(self, first: str) -> None:
        super().__init__("what comes after this cursor is no longer kept")
        self.first = first


@dataclass(frozen=True, slots=True)
class _Page(Generic[T]):
    """What one partition has: (stream id, item) of those that are wanted, and the place it was read to."""

    kept: list[tuple[str, T]]
    read: str


class Feed(Generic[T]):
    """Base of what lies in a stream a partition; `name` is the stream's."""

    name: str

    def __init__(self, store: Store) -> None:
        self.store = store

    def read(self, stream_id: str, fields: Any) -> T:
        """An entry as people know it."""
        raise NotImplementedError

    def forgotten(self, partition: int) -> str:
        """The last entry that was trimmed: what is kept comes after it."""
        raise NotImplementedError

    def page(
        self, after: str | None, limit: int, wanted: Callable[[T], bool], *, newest: bool = False
    ) -> tuple[list[T], str]:
        """
        At most `limit` items in their order, and the cursor to ask on with.

        after:  a cursor from before; None begins with the oldest ("$": with what comes now)
        newest: the last `limit` instead, still oldest first
        raises: CursorGone, ValueError for a cursor that is none of ours
        """
        places = self._places(after)
        pages = [
            self._newest(partition, limit, wanted) if newest else self._page(partition, place, limit, wanted)
            for partition, place in enumerate(places)
        ]
        merged = sorted(
            (
                (_order(stream_id), partition, item)
                for partition, page in enumerate(pages)
                for stream_id, item in page.kept
            ),
            key=lambda one: one[:2],
        )
        chosen = merged[-limit:] if newest else merged[:limit]
        taken = Counter(partition for _, partition, _ in chosen)
        for partition, page in enumerate(pages):
            if newest or taken[partition] == len(page.kept):  # all it had: on from where it stopped to read
                places[partition] = max(places[partition], page.read, key=_order)
            elif taken[partition]:
                places[partition] = page.kept[taken[partition] - 1][0]
        return [item for *_, item in chosen], cursor_of(places)

    def _page(self, partition: int, place: str, limit: int, wanted: Callable[[T], bool]) -> _Page[T]:
        kept: list[tuple[str, T]] = []
        step = max(limit, 100)
        for _ in range(PAGES):
            rows = self._rows(partition, place, step)
            kept += [(stream_id, item) for stream_id, item in rows if wanted(item)]
            place = rows[-1][0] if rows else place
            if len(rows) < step or len(kept) >= limit:
                break
        return _Page(kept, place)

    def _newest(self, partition: int, limit: int, wanted: Callable[[T], bool]) -> _Page[T]:
        """Backwards from the end, until enough are found."""
        kept: list[tuple[str, T]] = []
        last, end = "", "+"
        for _ in range(PAGES):
            found: Any = self.store.client.xrevrange(
                self.store.key(partition, self.name), end, "-", count=max(limit, 100)
            )
            for stream_id, fields in found:
                last = last or text(stream_id)
                item = self.read(text(stream_id), fields)
                if wanted(item):
                    kept.append((text(stream_id), item))
            if len(found) < max(limit, 100) or len(kept) >= limit:
                break
            end = f"({text(found[-1][0])}"
        return _Page(kept[::-1][-limit:], last or self.forgotten(partition))

    def _rows(self, partition: int, place: str, step: int) -> list[tuple[str, T]]:
        found: Any = self.store.client.xrange(self.store.key(partition, self.name), f"({place}", "+", count=step)
        return [(text(stream_id), self.read(text(stream_id), fields)) for stream_id, fields in found]

    def _places(self, after: str | None) -> list[str]:
        everywhere = range(self.store.partitions)
        if after is None or after == "":
            return [self.forgotten(partition) for partition in everywhere]
        if after == "$":
            return [self._last(partition) for partition in everywhere]
        try:
            places = base64.urlsafe_b64decode(after.encode()).decode().split(",")
            for place in places:
                _order(place)
        except ValueError as problem:
            told = "this cursor is none of ours: leave it out to begin with the oldest"
            raise ValueError(told) from problem
        if len(places) != self.store.partitions:
            told = "this cursor is of another layout: leave it out to begin with the oldest"
            raise ValueError(told)
        gone = [self.forgotten(partition) for partition in everywhere]
        if any(_order(place) < _order(dropped) for place, dropped in zip(places, gone, strict=True)):
            raise CursorGone(cursor_of(gone))
        return places

    def _last(self, partition: int) -> str:
        rows: Any = self.store.client.xrevrange(self.store.key(partition, self.name), "+", "-", count=1)
        return text(rows[0][0]) if rows else self.forgotten(partition)


def _order(stream_id: str) -> tuple[int, int]:
    ms, _, seq = stream_id.partition("-")
    return int(ms), int(seq or 0)


def cursor_of(places: Sequence[str]) -> str:
    """A place in each partition as a cursor."""
    return base64.urlsafe_b64encode(",".join(places).encode()).decode()
