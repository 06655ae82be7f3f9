"""`ferry events`: what happened."""

from __future__ import annotations

import itertools
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from worker.cli import follow, showing
from worker.cli.door import with_door
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from worker.cli.door import Door


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
@click.option("--newest", is_flag=True, help="The last ones instead, the newest at the end.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="So many at most.")
@as_json
@with_door
def listing(
    door: Door,
    kind: str | None,
    connection: str | None,
    after: str | None,
    limit: int,
    *,
    newest: bool,
    as_json: bool,
) -> None:
    """
    List events in the order they were stored, or the newest.

    \b
      ferry events list --newest --limit 5
      ferry events list --type message.status --connection 1msg
    """
    if newest:
        page = door.ask(
            "GET",
            "/v1/events",
            query={"type": kind, "connection": connection, "newest": "true", "limit": min(limit, 500)},
        )
        showing.listing(page["items"], COLUMNS, machine=as_json, cursor=page["cursor"] if as_json else None)
        return
    items: list[dict[str, Any]] = []
    cursor = after
    while len(items) < limit:
        query = {"after": cursor, "type": kind, "connection": connection, "limit": min(limit - len(items), 500)}
        page = door.ask("GET", "/v1/events", query=query)
        items += page["items"]
        if not page["items"] or cursor == page["cursor"]:
            break
        cursor = page["cursor"]
    more = as_json or len(items) == limit  # this cursor is a place to go on from at any time, also at the end
    showing.listing(items, COLUMNS, machine=as_json, cursor=cursor if more else None)


@events.command("get")
@click.argument("ident", metavar="ID")
@as_json
@with_door
def get(door: Door, ident: str, *, as_json: bool) -> None:
    """
    Show one event whole, the provider's own words included.

    \b
      ferry events get evt_5ba0d00fca3cfcc03e87b025ebee8e00
    """
    found = door.ask("GET", f"/v1/events/{quote(ident, safe='')}", following="ferry events list")
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
    """
    Show events as they happen, one a line, until Ctrl-C; a restart of the instance leaves none out.

    \b
      ferry events tail
      ferry events tail --type message.received,message.status
    """
    wanted = {"type": kind, "connection": connection}
    cursor = follow.start(door, "/v1/events", wanted)
    showing.note("Waiting for events; Ctrl-C ends.")
    shown = itertools.count(1)
    for page in follow.pages(door, "/v1/events", wanted, cursor):
        for event in page:
            if as_json:
                showing.line(event)
            else:
                click.echo("\t".join(showing.cell(read(event)) for read in COLUMNS.values()))
            if next(shown) == count:
                return


@events.command("replay")
@click.argument("idents", metavar="ID...", nargs=-1, required=True)
@click.option("--subscription", metavar="NAME", help="To this handler only.")
@click.option("--force", is_flag=True, help="What handlers do because of it is done again, too.")
@as_json
@with_door
def replay(door: Door, idents: tuple[str, ...], subscription: str | None, *, force: bool, as_json: bool) -> None:
    """
    Tell events once more, under their own ids and marked replayed_by: to handlers, and in the stream.

    \b
      ferry events replay evt_5ba0d00fca3cfcc03e87b025ebee8e00
      ferry events replay ID --force

    Nothing is done twice, a handler's answer is not sent again, unless --force says so.
    """
    body = {"force": force, **({"subscription": subscription} if subscription else {})}
    told: list[dict[str, Any]] = []
    for ident in idents:
        path = f"/v1/events/{quote(ident, safe='')}/replay"
        key = {"Idempotency-Key": f"cli-{secrets.token_hex(8)}"}
        told.append(door.ask("POST", path, body=body, headers=key, following="ferry events list"))
    columns: showing.Columns = {
        "TYPE": lambda one: one["type"],
        "REPLAY": lambda one: one["replayed_by"]["id"],
        "ID": lambda one: one["id"],
    }
    showing.listing(told, columns, machine=as_json)
