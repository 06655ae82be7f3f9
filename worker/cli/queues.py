"""`ferry queues`: what waits, and holding it back by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from worker.cli import showing
from worker.cli.door import with_door
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from worker.cli.door import Door


@click.group()
def queues() -> None:
    """What waits: in:CONNECTION, out:CONNECTION:live, out:CONNECTION:bulk, dlv:HANDLER."""


def closed(one: Any) -> str:
    """What closes it, and until when."""
    if not one["reason"]:
        return ""
    return f"{one['reason']} until {one['closed_until']}" if one["closed_until"] else str(one["reason"])


COLUMNS: showing.Columns = {
    "QUEUE": lambda one: one["name"],
    "READY": lambda one: one["ready"],
    "HELD": lambda one: one["held"],
    "PARKED": lambda one: one["parked"],
    "OLDEST": lambda one: None if one["oldest_seconds"] is None else f"{one['oldest_seconds']:.1f} s",
    "CLOSED": closed,
}


@queues.command("list")
@click.option("--busy", is_flag=True, help="Only those with work in them, or closed.")
@as_json
@with_door
def listing(door: Door, *, busy: bool, as_json: bool) -> None:
    """
    List the queues: conversations that are ready, in hand, or wait for their time.

    \b
      ferry queues list --busy
    """
    items = list(door.pages("/v1/queues", {}))
    if busy:
        items = [one for one in items if one["ready"] or one["held"] or one["parked"] or one["reason"]]
    showing.listing(items, COLUMNS, machine=as_json)


@queues.command("pause")
@click.argument("queue")
@as_json
@with_door
def pause(door: Door, queue: str, *, as_json: bool) -> None:
    """
    Hold one queue back; what is in it keeps its order.

    \b
      ferry queues pause out:1msg:bulk
      ferry queues pause dlv:my_bot.greet

    Runs whose time passes meanwhile fail as expired.  What providers send is never held back.
    """
    _change(door, queue, "pause", machine=as_json)


@queues.command("resume")
@click.argument("queue")
@as_json
@with_door
def resume(door: Door, queue: str, *, as_json: bool) -> None:
    """
    Let a queue go on, in its order.

    \b
      ferry queues resume out:1msg:bulk

    What else closes it still does: a paused connection (`ferry connection resume`), its pace.
    """
    _change(door, queue, "resume", machine=as_json)


def _change(door: Door, queue: str, verb: str, *, machine: bool) -> None:
    found = door.ask("POST", f"/v1/queues/{quote(queue, safe='')}/{verb}", following="ferry queues list")
    if machine:
        showing.data(found)
    else:
        showing.table([found], COLUMNS)
