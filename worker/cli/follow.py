"""A list followed as it grows: nothing twice, nothing left out, whatever becomes of the instance meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from worker.cli import failing, showing
from worker.cli.failing import Failure

if TYPE_CHECKING:
    from worker.cli.door import Door

PAUSE = 0.3  # seconds between two looks
AWAY_PAUSE = 1.0
AWAY = frozenset({failing.UNREACHABLE, failing.TIMED_OUT})
BROKEN = range(500, 600)  # an instance that starts or stops behind a proxy answers so


def start(door: Door, path: str, query: Mapping[str, Any], *, since: str | None = None) -> str:
    """The cursor of what comes from now on, or after a cursor given.  raises: Failure"""
    if since is not None:
        return since
    cursor: str = door.ask("GET", path, query={**query, "after": "$", "limit": 1})["cursor"]
    return cursor


def pages(door: Door, path: str, query: Mapping[str, Any], cursor: str) -> Iterator[list[dict[str, Any]]]:
    """
    What comes after the cursor, page by page as it comes, without end; an empty one when there was nothing.

    An instance that is away is waited for and asked on from the same place.  Where it has forgotten what came after
    that place, the gap is told, and it goes on with the oldest there is.
    raises: Failure for anything else
    """
    away = False
    while True:
        try:
            page = door.ask("GET", path, query={**query, "after": cursor, "limit": 500}, seconds=10.0)
        except Failure as problem:
            status = int(problem.said.get("status") or 0)
            if status == 410 and problem.said.get("cursor"):
                cursor = str(problem.said["cursor"])
                showing.note(
                    "There is a gap: what came next is no longer kept there.  Going on with the oldest there is."
                )
                continue
            if problem.code not in AWAY and status not in BROKEN:
                raise
            if not away:
                showing.note(f"{problem}.  Waiting for it; nothing is left out.")
            away = True
            time.sleep(AWAY_PAUSE)
            continue
        if away:
            showing.note(f"{door.url} is back.")
            away = False
        cursor = page["cursor"]
        yield page["items"]
        if not page["items"]:
            time.sleep(PAUSE)
