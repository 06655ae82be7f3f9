"""Long lists, one page at a time: nothing is asked before it is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.action import Ask


def every(ask: Ask, action: str, given: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """
    Every item of an action whose output is {items, cursor} and whose input takes that cursor.

    Ends where there is no cursor, and where one comes again: a provider that ignores it would never end.
    """
    asked, seen = dict(given or {}), set()
    while True:
        page = ask(action, asked)
        yield from page["items"]
        cursor = page.get("cursor")
        if cursor is None or cursor in seen:
            return
        seen.add(cursor)
        asked = {**asked, "cursor": cursor}
