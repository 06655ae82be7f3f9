"""`ferry runs`: what was asked of providers, and how it went."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from worker.cli import outcome, showing
from worker.cli.door import with_door
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from worker.cli.door import Door


@click.group()
def runs() -> None:
    """What was asked of providers, and how it went."""


@runs.command("list")
@click.option("--connection", help="Of this connection only.")
@click.option("--state", help="In this state only: queued, waiting, succeeded, failed, unknown, …")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="So many at most.")
@as_json
@with_door
def listing(door: Door, connection: str | None, state: str | None, limit: int, *, as_json: bool) -> None:
    """
    List runs, newest first.

    \b
      ferry runs list --state failed
    """
    found = door.pages("/v1/runs", {"connection": connection, "state": state}, size=min(limit, 500))
    items = list(itertools.islice(found, limit))
    if as_json:
        showing.data({"items": items, "cursor": None})
        return
    showing.table(
        items,
        {
            "CREATED": lambda one: one["created_at"],
            "STATE": lambda one: one["state"],
            "CONNECTION": lambda one: one["connection"],
            "ACTION": lambda one: one["action"],
            "WHY": lambda one: (one.get("error") or {}).get("text"),
            "ID": lambda one: one["id"],
        },
    )


@runs.command("get")
@click.argument("ident", metavar="ID")
@as_json
@with_door
def get(door: Door, ident: str, *, as_json: bool) -> None:
    """
    Show one run, each of its attempts included.

    \b
      ferry runs get run_1e47bdff6102be8739825d927a9bad00
    """
    found = door.ask("GET", f"/v1/runs/{quote(ident, safe='')}", following="ferry runs list")
    outcome.show(found, machine=as_json)
    if as_json:
        return
    attempts = found.get("attempts") or []
    if attempts:
        click.echo()
        showing.table(
            attempts,
            {
                "ATTEMPT": lambda one: one.get("at"),
                "MS": lambda one: one.get("ms"),
                "STATUS": lambda one: one.get("status"),
                "OUTCOME": lambda one: one.get("outcome"),
            },
        )
