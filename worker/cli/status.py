"""`ferry status`: how it goes, on one screen."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from worker.cli import failing, follow, queues, showing
from worker.cli.door import with_door
from worker.cli.failing import Failure
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from worker.cli.door import Door

EVERY = 2.0


@click.command()
@click.option("--watch", is_flag=True, help="Show it anew every few seconds, until Ctrl-C.")
@click.option("--every", type=click.FloatRange(0.5), default=EVERY, show_default=True, help="Seconds, with --watch.")
@click.option("--count", type=click.IntRange(1), help="With --watch, end after so many looks.")
@as_json
@with_door
def status(door: Door, every: float, count: int | None, *, watch: bool, as_json: bool) -> None:
    """
    Show workers, connections, queues with work in them, the last minute's traffic and the newest failures.

    \b
      ferry status
      ferry status --watch
      ferry status --json | jq .traffic

    Ends with 1 when nothing may be sent there, and says why.
    """
    if watch:
        _watch(door, every, count, machine=as_json)
        return
    found = door.ask("GET", "/v1/status")
    if as_json:
        showing.data(found)
    else:
        _print(found, door.url)
    if not found["ready"]:
        told = f"it is not ready: {'; '.join(found['reasons'])}"
        raise Failure(told, following=f"ferry doctor --url {door.url}", code=failing.FAILED)


def _watch(door: Door, every: float, count: int | None, *, machine: bool) -> None:
    looks = _looks(door, every, count)
    if machine:
        for found in looks:
            showing.line(found)
    elif sys.stdout.isatty():
        from rich.live import Live

        with Live(console=showing.console(), screen=True, auto_refresh=False) as live:
            for found in looks:
                live.update(_screen(found, door.url), refresh=True)
    else:
        for found in looks:
            _print(found, door.url)
            click.echo()


def _looks(door: Door, every: float, count: int | None) -> Iterator[dict[str, Any]]:
    """One after the other; while the instance is away that is what is seen."""
    shown = 0
    while True:
        try:
            yield door.ask("GET", "/v1/status", seconds=10.0)
        except Failure as problem:
            if problem.code not in follow.AWAY:
                raise
            yield {"ready": False, "reasons": [str(problem)], "warnings": [], **dict.fromkeys(LISTS, ())}
        shown += 1
        if shown == count:
            return
        time.sleep(every)


LISTS = ("workers", "connections", "queues", "failures")
TABLES: Mapping[str, showing.Columns] = {
    # section: what stands in it
    "workers": {
        "WORKER": lambda one: f"{one['host']}:{one['pid']}",
        "SLOTS": lambda one: one["slots"],
        "HANDLERS": lambda one: ", ".join(one["handlers"]),
        "SINCE": lambda one: one["started_at"],
    },
    "connections": {
        "CONNECTION": lambda one: one["id"],
        "PROVIDER": lambda one: one["provider"],
        "STATE": lambda one: "paused" if one["paused"] and one["state"] == "READY" else one["state"],
        "WHY": lambda one: one["text"] or "; ".join(one["warnings"]),
    },
    "queues": queues.COLUMNS,
    "failures": {
        "FAILED": lambda one: one["at"],
        "KIND": lambda one: one["kind"],
        "CONNECTION": lambda one: one["connection"],
        "CAUSE": lambda one: one["cause"],
        "ID": lambda one: one["id"],
    },
}
NOTHING = {
    # section: what its emptiness means
    "workers": "no worker is alive: what comes in is kept and waits; start one with `ferry worker`",
    "connections": "no connection yet: ferry connect PROVIDER",
    "queues": "nothing waits",
    "failures": "no failure waits for a person",
}


def _head(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """[(name, words)] above the tables."""
    told = [("ready", "yes" if found["ready"] else "no: " + "; ".join(found["reasons"]))]
    told += [("warning", one) for one in found["warnings"]]
    traffic = found.get("traffic")
    if traffic:
        counts = [f"{traffic[name]} {words}" for name, words in TRAFFIC.items()]
        least = "at least " if traffic["at_least"] else ""
        told.append(("last minute", least + ", ".join(counts)))
    if found.get("dead_letters"):
        told.append(("dead letters", f"{found['dead_letters']} wait for a person"))
    return told


TRAFFIC = {"in": "in", "refused": "refused", "out": "out", "failed": "failed", "unknown": "unknown"}


def _print(found: Mapping[str, Any], url: str) -> None:
    """On a terminal as a screen; in a pipe each row begins with its section."""
    if sys.stdout.isatty():
        showing.console().print(_screen(found, url))
        return
    for name, words in _head(found):
        click.echo(f"{name}\t{words}")
    for section, columns in TABLES.items():
        for one in found[section]:
            click.echo("\t".join([section, *(showing.cell(read(one)) for read in columns.values())]))


def _screen(found: Mapping[str, Any], url: str) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [Text(f"Ferry at {url}", style="bold")]
    for name, words in _head(found):
        style = "red" if name == "ready" and not found["ready"] else "yellow" if name == "warning" else ""
        parts.append(Text.assemble((f"{name:<14}", "dim"), (words, style)))
    for section, columns in TABLES.items():
        parts.append(Text())
        rows = found[section]
        parts.append(showing.grid(rows, columns) if rows else Text(NOTHING[section], style="dim"))
    return Group(*parts)
