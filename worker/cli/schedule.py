"""`ferry schedule`: the jobs that beat starts, and starting one now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from worker.cli import failing, showing
from worker.cli.door import with_door
from worker.cli.failing import Failure
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from worker.cli.door import Door

PAUSE = 0.25
UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@click.group()
def schedule() -> None:
    """The jobs that beat starts."""


def every(seconds: float) -> str:
    """An interval in words: "every 10 minutes"."""
    for name, size in UNITS:
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"every {name}" if count == 1 else f"every {count} {name}s"
    return f"every {seconds:g} seconds"


def last(one: Any) -> str:
    """How its last turn went."""
    turn = one["last"]
    if not turn:
        return "never yet"
    if not turn.get("ended_at"):
        return f"{turn['started_at']} and not ended"
    return f"{turn['started_at']} {'well' if turn['ok'] else turn['error']} in {turn['ms']} ms"


@schedule.command("list")
@as_json
@with_door
def listing(door: Door, *, as_json: bool) -> None:
    """
    List the jobs, how often beat starts each, and how each went last.

    \b
      ferry schedule list
    """
    found = door.ask("GET", "/v1/jobs")
    if as_json:
        showing.data(found)
        return
    showing.table(
        found["items"],
        {
            "JOB": lambda one: one["name"],
            "WHEN": lambda one: every(one["every_seconds"]),
            "LAST": last,
            "NEXT": lambda one: one["next_at"],
            "": lambda one: one["title"],
        },
    )


@schedule.command("run")
@click.argument("job")
@click.option("--async", "at_once", is_flag=True, help="Do not wait for its end.")
@click.option("--timeout", type=float, default=60.0, show_default=True, help="Seconds to wait at most.")
@as_json
@with_door
def run(door: Door, job: str, timeout: float, *, at_once: bool, as_json: bool) -> None:
    """
    Have a worker carry a job out now, beside its schedule, and wait for its end.

    \b
      ferry schedule run trim
    """
    path = f"/v1/jobs/{quote(job, safe='')}"
    found = door.ask("POST", f"{path}/run", following="ferry schedule list")
    before, until = (found["last"] or {}).get("id"), time.monotonic() + timeout
    ended = False
    with showing.waiting("handed to a worker; waiting for its end"):
        while not at_once and not ended and time.monotonic() < until:
            time.sleep(PAUSE)
            found = door.ask("GET", path)
            turn = found["last"] or {}
            ended = turn.get("id") != before and turn.get("ended_at") is not None
    if as_json:
        showing.data(found)
    elif ended:
        click.echo(f"{found['name']}\t{last(found)}")
    elif at_once:
        showing.note("Handed to a worker.  Try: ferry schedule list")
    if at_once:
        return
    if not ended:
        told = f"{found['name']} has not ended within {timeout:.0f} seconds"
        raise Failure(told, following="ferry status", code=failing.TIMED_OUT)
    if not found["last"]["ok"]:
        told = f"{found['name']} failed ({found['last']['error']}): the worker's log says where"
        raise Failure(told, following="ferry logs tail", code=failing.FAILED)
