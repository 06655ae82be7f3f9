"""`ferry events`: what happened."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from worker.cli import showing
from worker.cli.door import with_door
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from worker.cli.door import Door

PAUSE = 0.3  # seconds between two looks


def gist(event: Any) -> str:
    """The heart of an event in a few words."""
    message, status, reaction = event.get("message") or {}, event.get("status") or {}, event.get("reaction") or {}
    run, read = event.get("run") or {}, event.get("read") or {}
    who = ((event.get("conversation") or {}).get("contact") or {}).get("id")
    if message:
        words = message.get("text") or f"[{message.get('kind')}]"
        return f"{who}: {words}" if who else str(words)
    if status:
        return f"{status.get('state')} {(status.get('error') or {}).get('text') or ''}".strip()
    if reaction:
        return f"{reaction.get('emoji') or ''} {reaction.get('action') or ''}".strip()
    if run:
        return str(run.get("action") or run.get("id"))
    return str(read.get("until") or who or "")


COLUMNS: showing.Columns = {
    "AT": lambda one: one["received_at"] or one["occurred_at"],
    "TYPE": lambda one: one["type"],
    "CONNECTION": lambda one: one["connection"],
    "WHAT": gist,
    "ID": lambda one: one["id"],
}


@click.group()
def events() -> None:
    """What happened, in one vocabulary."""


choosing = [
    click.option("--type", "kind", metavar="TYPES", help="By commas, e.g. message.received,message.status."),
    click.option("--connection", help="Of this connection only."),
]


def with_choosing(command: Any) -> Any:
    """Adds the options that choose events."""
    for option in reversed(choosing):
        command = option(command)
    return command


@events.command("list")
@with_choosing
@click.option("--after", metavar="CURSOR", help="Go on after this place; from the oldest without it.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="So many at most.")
@as_json
@with_door
def listing(
    door: Door, kind: str | None, connection: str | None, after: str | None, limit: int, *, as_json: bool
) -> None:
    """List events in the order they were stored."""
    items: list[dict[str, Any]] = []
    cursor = after
    while len(items) < limit:
        query = {"after": cursor, "type": kind, "connection": connection, "limit": min(limit - len(items), 500)}
        page = door.ask("GET", "/v1/events", query=query)
        items += page["items"]
        if not page["items"] or cursor == page["cursor"]:
            break
        cursor = page["cursor"]
    if as_json:
        showing.data({"items": items, "cursor": cursor})
        return
    showing.table(items, COLUMNS)
    if len(items) == limit:
        showing.note(f"There may be more.  Try: ferry events list --after {cursor}")


@events.command("get")
@click.argument("ident", metavar="ID")
@as_json
@with_door
def get(door: Door, ident: str, *, as_json: bool) -> None:
    """Show one event whole, the provider's own words included."""
    found = door.ask("GET", f"/v1/events/{quote(ident, safe='')}")
    if as_json:
        showing.data(found)
    else:
        showing.card(found)


@events.command("tail")
@with_choosing
@click.option("--count", type=click.IntRange(1), help="End after so many.")
@as_json
@with_door
def tail(door: Door, kind: str | None, connection: str | None, count: int | None, *, as_json: bool) -> None:
    """Show events as they happen, one a line, until Ctrl-C."""
    wanted = {"type": kind, "connection": connection, "limit": 500}
    cursor = door.ask("GET", "/v1/events", query={**wanted, "after": "$"})["cursor"]
    showing.note("Waiting for events; Ctrl-C ends.")
    shown = itertools.count(1)
    while True:
        page = door.ask("GET", "/v1/events", query={**wanted, "after": cursor})
        cursor = page["cursor"]
        for event in page["items"]:
            if as_json:
                showing.line(event)
            else:
                click.echo("\t".join(showing.cell(read(event)) for read in COLUMNS.values()))
            if next(shown) == count:
                return
        if not page["items"]:
            time.sleep(PAUSE)
