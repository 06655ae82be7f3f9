"""Lists are read lazily, and end."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from connectors.listing import every


def test_pages_follow_each_other_and_keep_what_was_asked() -> None:
    """The cursor of one page asks for the next; the rest of the input stays."""
    asked: list[Mapping[str, Any]] = []
    pages = {None: ([1, 2], "a"), "a": ([], "b"), "b": ([3], None)}

    def ask(action: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        assert action == "list-things"
        asked.append(dict(given))
        items, cursor = pages[given.get("cursor")]
        return {"items": items, "cursor": cursor}

    assert [1, 2, 3] == list(every(ask, "list-things", {"limit": 2}))
    assert [{"limit": 2}, {"limit": 2, "cursor": "a"}, {"limit": 2, "cursor": "b"}] == asked


def test_nothing_is_asked_before_it_is_wanted() -> None:
    """A million rows cost what is read of them; a cursor of 0 is a cursor."""
    asked = []

    def ask(action: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append(given)
        return {"items": [1, 2, 3], "cursor": len(asked) - 1}

    rows = every(ask, "list-things")
    assert [] == asked
    assert 4 == len(list(islice(rows, 4)))
    assert 2 == len(asked)


def test_a_cursor_that_comes_again_is_the_end() -> None:
    """A provider that ignores it gives the same page for ever."""
    assert 2 == len(list(every(lambda action, given: {"items": [1], "cursor": "same"}, "list-things")))
