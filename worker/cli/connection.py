"""`ferry connection`: accounts and channels of providers, made, tried and looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from worker.cli import showing
from worker.cli.changing import COMMANDS
from worker.cli.door import with_door, with_door_beside_key
from worker.cli.pairs import secrets_of, settings_of
from worker.cli.showing import as_json
from worker.cli.verdict import awaited, judge, show

if TYPE_CHECKING:
    from worker.cli.door import Door


@click.group()
def connection() -> None:
    """Accounts and channels of providers: made, tried and looked at."""


@connection.command("list")
@click.option("--provider", help="Of this provider only.")
@click.option("--archived", is_flag=True, help="Archived ones too.")
@as_json
@with_door
def listing(door: Door, provider: str | None, *, archived: bool, as_json: bool) -> None:
    """
    List connections and their states.

    \b
      ferry connection list --provider 1msg
    """
    query = {"provider": provider, "archived": "true" if archived else None}
    items = list(door.pages("/v1/connections", query))
    columns: showing.Columns = {
        "ID": lambda one: one["id"],
        "PROVIDER": lambda one: one["provider"],
        "STATE": lambda one: "paused" if one.get("paused") and one["state"] == "READY" else one["state"],
        "LABEL": lambda one: one["label"],
        "WHY": lambda one: (one.get("error") or {}).get("text"),
    }
    none = "There is none yet.  Try: ferry connection ensure PROVIDER --key NAME"
    showing.listing(items, columns, machine=as_json, none=none)


@connection.command("get")
@click.argument("ident", metavar="ID")
@click.option("--wait", is_flag=True, help="Wait while it is BUILDING.")
@click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds to wait at most.")
@as_json
@with_door
def get(door: Door, ident: str, timeout: float, *, wait: bool, as_json: bool) -> None:
    """
    Show one; with --wait its state becomes the exit code (4: a person is needed).

    \b
      ferry connection get shop --wait
    """
    path = f"/v1/connections/{quote(ident, safe='')}"
    found = door.ask("GET", path)
    if wait:
        found = awaited(door, found, timeout)
    show(found, machine=as_json)
    if wait:
        judge(found)


@connection.command("ensure")
@click.argument("provider")
@click.option("--key", "ident", required=True, metavar="ID", help="Its name: letters, digits, - and _.")
@click.option("--label", help="What people call it.")
@click.option("--set", "changes", multiple=True, metavar="F=V", help="A setting.")
@click.option(
    "--secret", "hidden", multiple=True, metavar="F=@ENV", help="A secret: @ENV, @file, - for stdin; F alone asks."
)
@click.option("--wait", is_flag=True, help="Wait while it is BUILDING.")
@click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds to wait at most.")
@as_json
@with_door_beside_key
def ensure(
    door: Door,
    provider: str,
    ident: str,
    label: str | None,
    changes: tuple[str, ...],
    hidden: tuple[str, ...],
    timeout: float,
    *,
    wait: bool,
    as_json: bool,
) -> None:
    """
    Find or make a connection, try it, register its webhook; safe to repeat.

    \b
      ferry connection ensure clicksend --key shop-sms --set username=ada --secret api_key=@CLICKSEND_KEY

    Secrets never stand in the command line: name a variable of the environment (@NAME) or a file (@./path), or the
    secret alone to be asked for it.
    """
    words: dict[str, Any] = {"settings": settings_of(changes), "secrets": secrets_of(hidden)}
    if label is not None:
        words["label"] = label
    with showing.waiting(f"making {ident} work"):
        path = f"/v1/connections/{quote(ident, safe='')}"
        found = door.ask("PUT", path, body={"provider": provider, **words}, seconds=120.0)
    found = awaited(door, found, timeout) if wait else found
    show(found, machine=as_json)
    judge(found)


for one in COMMANDS:
    connection.add_command(one)
