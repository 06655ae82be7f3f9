"""`ferry runs`: what was asked of providers, and how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from worker.cli import failing, outcome, showing
from worker.cli.door import with_door
from worker.cli.failing import Failure
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from worker.cli.door import Door


@click.group()
def runs() -> None:
    """What was asked of providers, and how it went."""


@runs.command("list")
@click.option("--connection", help="Of this connection only.")
@click.option("--state", help="In this state only: queued, waiting, succeeded, failed, unknown, …")
@showing.limited
@as_json
@with_door
def listing(door: Door, limit: int, after: str | None, *, as_json: bool, **wanted: str | None) -> None:
    """
    List runs, newest first.

    \b
      ferry runs list --state failed
    """
    items, cursor = door.page("/v1/runs", wanted, limit, after)
    columns: showing.Columns = {
        "CREATED": lambda one: one["created_at"],
        "STATE": lambda one: one["state"],
        "CONNECTION": lambda one: one["connection"],
        "ACTION": lambda one: one["action"],
        "WHY": lambda one: (one.get("error") or {}).get("text"),
        "ID": lambda one: one["id"],
    }
    showing.listing(items, columns, machine=as_json, cursor=cursor)


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


def _path(ident: str, deed: str = "") -> str:
    return f"/v1/runs/{quote(ident, safe='')}{deed}"


def _done(door: Door, ident: str, deed: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a person does with a run; a refusal is about how it stands, unless there is none."""
    try:
        found: dict[str, Any] = door.ask("POST", _path(ident, deed), body=body, following=f"ferry runs get {ident}")
    except Failure as problem:
        if problem.code == failing.NOT_FOUND:
            problem.following = "ferry runs list"
        raise
    return found


@runs.command("wait")
@click.argument("ident", metavar="ID")
@click.option("--timeout", type=float, default=60.0, show_default=True, help="Seconds to wait at most.")
@as_json
@with_door
def wait(door: Door, ident: str, timeout: float, *, as_json: bool) -> None:
    """
    Wait until a run has ended; how it ended becomes the exit code.

    \b
      ferry runs wait run_…
    """
    found = outcome.ended(door, door.ask("GET", _path(ident), following="ferry runs list"), timeout)
    outcome.show(found, machine=as_json)
    outcome.judge(door, found, timeout)


@runs.command("cancel")
@click.argument("ident", metavar="ID")
@as_json
@with_door
def cancel(door: Door, ident: str, *, as_json: bool) -> None:
    """
    Cancel a run before it leaves; of one that is at the provider only a further attempt is cancelled.

    \b
      ferry runs cancel run_…
    """
    found = _done(door, ident, "/cancel")
    outcome.show(found, machine=as_json)
    if found["state"] != "cancelled" and not as_json:
        showing.note("It is at the provider just now: only a further attempt was cancelled.")


@runs.command("retry")
@click.argument("ident", metavar="ID")
@click.option("--yes", is_flag=True, help="Of an unknown run: accept that the message may arrive twice.")
@as_json
@with_door
def retry(door: Door, ident: str, *, yes: bool, as_json: bool) -> None:
    """
    Try a failed, cancelled or unknown run again; it joins the end of its conversation.

    \b
      ferry runs retry run_…
    """
    had = door.ask("GET", _path(ident), following="ferry runs list")
    if had["state"] == "unknown":
        question = "It may have arrived: sent again, it may arrive twice.  Go on?"
        showing.confirmed(question, yes=yes, following=f"ferry runs retry {ident} --yes")
    outcome.show(_done(door, ident, "/retry"), machine=as_json)


@runs.command("resolve")
@click.argument("ident", metavar="ID")
@click.argument("state", type=click.Choice(["succeeded", "failed"]))
@click.option("--note", help="How you know.")
@click.option("--message-id", metavar="ID", help="The provider's id of the message, where you know it.")
@as_json
@with_door
def resolve(door: Door, ident: str, state: str, note: str | None, message_id: str | None, *, as_json: bool) -> None:
    """
    Say how an unknown run ended, because you know: you saw it at the provider, or asked the person.

    \b
      ferry runs resolve run_… succeeded --note "seen in the console"
    """
    body: dict[str, Any] = {"state": state, "note": note}
    body |= {"output": {"message_id": message_id}} if message_id else {}
    outcome.show(_done(door, ident, "/resolve", body), machine=as_json)
