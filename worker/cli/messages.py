"""`ferry messages`: what was said, with whom, and what became of it."""

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
def messages() -> None:
    """What was said, in either direction, and what became of it."""


def who(one: Any) -> str:
    """The other party, as people know them best."""
    contact = one.get("contact") or {}
    return str(contact.get("name") or contact.get("username") or contact.get("phone") or contact.get("id") or "")


def said(one: Any) -> str:
    """Its words, or what it is instead."""
    if one.get("deleted_at"):
        return "[taken back]"
    return str(one.get("text") or (f"[{one['kind']}]" if one.get("kind") else ""))


@messages.command("list")
@click.option("--connection", help="Of this connection only.")
@click.option("--conversation", metavar="ID", help="Of this conversation only.")
@click.option("--direction", type=click.Choice(["inbound", "outbound"]), help="One direction only.")
@click.option("--status", help="As it is now: accepted, sent, delivered, read, failed, …")
@showing.limited
@as_json
@with_door
def listing(door: Door, limit: int, after: str | None, *, as_json: bool, **wanted: str | None) -> None:
    """
    List messages, newest first.

    \b
      ferry messages list --connection 1msg
      ferry messages list --direction outbound --status failed
    """
    items, cursor = door.page("/v1/messages", wanted, limit, after)
    columns: showing.Columns = {
        "AT": lambda one: one["at"],
        "CONNECTION": lambda one: one["connection"],
        "": lambda one: {"inbound": "←", "outbound": "→"}.get(one["direction"] or ""),
        "WITH": who,
        "WHAT": said,
        "STATUS": lambda one: one["status"],
        "ID": lambda one: one["id"],
    }
    showing.listing(items, columns, machine=as_json, cursor=cursor)


@messages.command("get")
@click.argument("ident", metavar="ID")
@as_json
@with_door
def get(door: Door, ident: str, *, as_json: bool) -> None:
    """
    Show one message: its words, its status, the run that sent it.

    \b
      ferry messages get msg_5ba0d00fca3cfcc03e87b025ebee8e00
    """
    found = door.ask("GET", f"/v1/messages/{quote(ident, safe='')}", following="ferry messages list")
    if as_json:
        showing.data(found)
    else:
        showing.card(found)


@messages.command("timeline")
@click.argument("ident", metavar="ID")
@as_json
@with_door
def timeline(door: Door, ident: str, *, as_json: bool) -> None:
    """
    Show everything that happened to a message: webhooks, calls to the provider, statuses.

    \b
      ferry messages timeline msg_5ba0d00fca3cfcc03e87b025ebee8e00
    """
    found = door.ask("GET", f"/v1/messages/{quote(ident, safe='')}/timeline", following="ferry messages list")
    if as_json:
        showing.data(found)
        return
    showing.table(
        found["items"],
        {
            "AT": lambda one: one["at"],
            "KIND": lambda one: one["kind"],
            "WHAT": lambda one: ", ".join(f"{name} {value}" for name, value in (one["detail"] or {}).items() if value),
            "ID": lambda one: one["event"] or one["run"],
        },
    )


@messages.command("unmatched")
@click.option("--connection", help="Of this connection only.")
@showing.limited
@as_json
@with_door
def unmatched(door: Door, connection: str | None, limit: int, after: str | None, *, as_json: bool) -> None:
    """
    List receipts that match nothing: of messages that nobody here sent, an hour after the first of them.

    \b
      ferry messages unmatched --connection shop-sms

    Somebody else sends with these credentials, or the answer of a send was lost and its run is unknown.
    """
    items, cursor = door.page("/v1/reports/unmatched", {"connection": connection}, limit, after)
    columns: showing.Columns = {
        "SEEN": lambda one: one["seen_at"],
        "CONNECTION": lambda one: one["connection"],
        "STATUS": lambda one: one["status"],
        "PROVIDER ID": lambda one: one["provider_id"],
        "ID": lambda one: one["id"],
    }
    showing.listing(items, columns, machine=as_json, cursor=cursor, none="Every receipt has found its message.")


@messages.command("conversations")
@click.option("--connection", required=True, help="Whose.")
@showing.limited
@as_json
@with_door
def talks(door: Door, connection: str, limit: int, after: str | None, *, as_json: bool) -> None:
    """
    List a connection's conversations, those where something happened last first.

    \b
      ferry messages conversations --connection 1msg
    """
    items, cursor = door.page("/v1/conversations", {"connection": connection}, limit, after)
    columns: showing.Columns = {
        "LAST": lambda one: one["last_at"],
        "WITH": who,
        "CHANNEL": lambda one: one["channel"],
        "OPEN UNTIL": lambda one: one["window_open_until"],
        "ID": lambda one: one["id"],
    }
    showing.listing(items, columns, machine=as_json, cursor=cursor)
