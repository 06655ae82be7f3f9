"""Watching a retry or discard of many: a bar at a terminal, then what came of it."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from worker.cli import failing, showing
from worker.cli.failing import Failure

if TYPE_CHECKING:
    from worker.cli.door import Door

PAUSE = 0.3  # seconds between two looks
WORDS = {"replay": "Retrying", "discard": "Discarding"}


def watch(door: Door, found: dict[str, Any], *, machine: bool) -> None:
    """
    Waits until it is over, and shows it.

    raises: Failure where some could not be dealt with
    """
    try:
        last = _bar(found, _looks(door, found))
    except KeyboardInterrupt:
        showing.note(
            f"It goes on without us.  Try: ferry failed watch {found['id']}, or ferry failed stop {found['id']}"
        )
        raise
    show(last, machine=machine)
    if last["skipped"]:
        showing.note(
            f"{last['skipped']} wait on: they may have arrived (--force sends them again), or cannot be done again."
        )
    if last["failed"]:
        told = f"{last['failed']} of {last['matched']} could not be dealt with, and wait on"
        raise Failure(told, following="ferry failed list", code=failing.FAILED)


def show(found: dict[str, Any], *, machine: bool) -> None:
    """How it stands."""
    if machine:
        showing.data(found)
        return
    notes = found.pop("notes")
    names = ("id", "action", "state", "reason", "total", "done", "failed", "skipped")
    showing.card({name: found[name] for name in names if found[name] is not None})
    if notes:
        showing.table(notes, {"LEFT": lambda one: one["id"], "WHY": lambda one: one["why"]})


def _looks(door: Door, found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield found
    while found["state"] == "running":
        time.sleep(PAUSE)
        found = door.ask("GET", f"/v1/dead-letters/sweeps/{quote(found['id'], safe='')}")
        yield found


def _bar(found: dict[str, Any], looks: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """The last look; on the way there each is shown where somebody sees it."""
    if not sys.stderr.isatty():
        return deque(looks, maxlen=1).pop()
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=showing.console(stderr=True)) as progress:
        task = progress.add_task(WORDS[found["action"]], total=found["total"] or None)
        last = found
        for last in looks:
            progress.update(task, completed=last["matched"], total=last["total"] or None)
    return last
