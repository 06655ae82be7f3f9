"""Lines of the activity log that scripts write by themselves."""

from __future__ import annotations

from typing import Any

from tests.worker.store.shelf import Shelf
from worker.store import activity, runs


def lines(shelf: Shelf) -> list[dict[str, Any]]:
    """All of them."""
    return activity.Lines(shelf.store, lambda connection: (f"of {connection}", 200)).page(None, 100, lambda _: True)[0]


def test_each_end_is_a_line_once(shelf: Shelf) -> None:
    """An outcome told twice, because its answer got lost, was one call all the same."""
    run = shelf.submit("1", action="send-message")
    taken = shelf.claim()
    shelf.leave(run, taken, "a1")
    said = activity.line("shop", "1msg", run, "send-message", 429, 87, "again", "throttled", "throttled")
    shelf.finish(run, taken, "a1", "again", wait=1000, line=said)
    shelf.finish(run, taken, "a1", "again", wait=1000, line=said)

    (one,) = lines(shelf)

    assert ("out", "shop", "1msg", run, "send-message", 429, 87, "waiting") == tuple(
        one[name] for name in ("direction", "connection", "provider", "run", "action", "status", "ms", "outcome")
    )


def test_a_run_whose_worker_died(shelf: Shelf) -> None:
    """Whoever finds it writes the line: how long ago it left, and that its outcome is unknown."""
    run = shelf.submit("1", action="send-message")
    shelf.leave(run, shelf.claim(), "a1", call_ms=1_000)
    shelf.now += 20_000
    taken = shelf.claim()
    shelf.orphan(run, taken)
    shelf.now += 100_000
    shelf.orphan(run, shelf.claim())

    (one,) = lines(shelf)

    assert (run, "send-message", "unknown", "outcome_unknown", 20_000, "of shop") == tuple(
        one[name] for name in ("run", "action", "outcome", "error", "ms", "provider")
    )


def test_a_run_whose_time_passed(shelf: Shelf) -> None:
    """It never left, and says so."""
    run = shelf.submit("1", expires=1_000, action="send-message")
    shelf.now += 2_000
    runs.expire(shelf.store, 0, run, None, [], {})
    runs.expire(shelf.store, 0, run, None, [], {})

    (one,) = lines(shelf)

    assert (run, "failed", "expired", None) == tuple(one[name] for name in ("run", "outcome", "reason", "ms"))


def test_a_part_cannot_begin_another() -> None:
    """Tabs and ends of lines in a part are blanks."""
    assert "a\tb c\t\t5" == activity.line("a", "b\t\nc", None, 5)
