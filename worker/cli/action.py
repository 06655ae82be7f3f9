"""`ferry action` and `ferry send`: what providers can do, and doing it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from worker.cli import failing, outcome, showing
from worker.cli.door import with_door
from worker.cli.failing import Failure
from worker.cli.pairs import document
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from worker.cli.door import Door

doing = [
    click.option("--idempotency-key", "key", metavar="I", help="The same key and words give the same run."),
    click.option("--force", is_flag=True, help="Send even though the conversation's window seems closed."),
    click.option("--async", "at_once", is_flag=True, help="Do not wait for the outcome."),
    click.option("--timeout", type=float, default=60.0, show_default=True, help="Seconds to wait at most."),
]
EVERYTHING = 1_000_000
SCHEDULE = ("priority", "not_before", "expires_at")
scheduling = [
    click.option("--priority", type=click.Choice(["live", "bulk"]), help="bulk for campaigns: it holds no reply up."),
    click.option("--not-before", metavar="TIME", help="RFC 3339: not carried out before."),
    click.option("--expires-at", metavar="TIME", help="RFC 3339: not carried out after."),
]


def with_doing(command: Any) -> Any:
    """Adds the options of everything that makes a run."""
    for option in reversed([*doing, *scheduling]):
        command = option(command)
    return command


@click.group()
def action() -> None:
    """What providers can do, and doing it."""


@action.command("list")
@click.option("--connection", help="Those of this connection's provider.")
@click.option("--provider", help="Those of this provider.")
@click.option("--intent", metavar="WORDS", help="What you want to do, in your own words.")
@click.option("--limit", type=click.IntRange(1), default=EVERYTHING, help="So many at most; all without it.")
@click.option("--after", metavar="CURSOR", help="Go on after this place, as the list before it names it.")
@as_json
@with_door
def listing(door: Door, limit: int, after: str | None, *, as_json: bool, **wanted: str | None) -> None:
    """
    List actions; with --intent those that do it, the best first.

    \b
      ferry action list --connection 1msg
      ferry action list --intent "tell them we saw it" --limit 3
    """
    items, cursor = door.page("/v1/actions", wanted, limit, after)
    columns: showing.Columns = {
        "PROVIDER": lambda one: one["provider"],
        "ACTION": lambda one: one["key"],
        "": lambda one: one["title"],
        "REPEATABLE": lambda one: one["repeatable"],
    }
    none = "No action is known by these words.  Try others, or: ferry action list"
    # of an intent the next best are no continuation anybody misses
    more = cursor if as_json or wanted["intent"] is None else None
    showing.listing(items, columns, machine=as_json, cursor=more, none=none)


@action.command("get")
@click.argument("name", metavar="ACTION")
@click.option("--connection", help="Of this connection's provider.")
@click.option("--provider", help="Of this provider.")
@as_json
@with_door
def get(door: Door, name: str, connection: str | None, provider: str | None, *, as_json: bool) -> None:
    """
    Show what an action takes and gives.

    \b
      ferry action get send-message --provider 1msg
    """
    if connection:
        provider = door.ask("GET", f"/v1/connections/{quote(connection, safe='')}")["provider"]
    if not provider:
        owners = {one["provider"] for one in door.pages("/v1/actions", {}) if one["key"] == name}
        if len(owners) != 1:
            told = f"no provider has an action {name!r}"
            if owners:
                told = f"{len(owners)} providers have an action {name!r}: say which"
            following = f"ferry action get {name} --provider {min(owners)}" if owners else "ferry action list"
            raise Failure(told, following=following, code=failing.USAGE if owners else failing.NOT_FOUND)
        provider = owners.pop()
    found = door.ask("GET", f"/v1/actions/{quote(provider, safe='')}/{quote(name, safe='')}")
    if as_json:
        showing.data(found)
        return
    plain = {name: value for name, value in found.items() if name not in {"inputSchema", "outputSchema"}}
    showing.card(plain)
    for title in ("inputSchema", "outputSchema"):
        needed = set(found[title].get("required", []))
        rows = [
            {"name": name, "needed": name in needed, **told}
            for name, told in found[title].get("properties", {}).items()
        ]
        click.echo()
        showing.table(
            rows,
            {
                title: lambda one: one["name"],
                "TYPE": lambda one: one.get("type"),
                "REQUIRED": lambda one: one["needed"],
                "": lambda one: one.get("description"),
            },
        )


@action.command("run")
@click.argument("name", metavar="ACTION")
@click.option("--connection", required=True, help="With which connection.")
@click.option("--input", "given", default="{}", metavar="JSON|@FILE|-", help="What the action takes.")
@click.option("--dry-run", is_flag=True, help="Show what would leave; nothing is stored.")
@click.option("--all", "every", is_flag=True, help="Of a list: ask page after page, print one item a line as it comes.")
@with_doing
@as_json
@with_door
def run(
    door: Door, name: str, connection: str, given: str, *, dry_run: bool, every: bool, as_json: bool, **how: Any
) -> None:
    """
    Carry an action out; its result is under `output`.

    \b
      ferry action run send-message --connection 1msg --input '{"to": "15550100123", "text": "hello"}'
      ferry action run get-messages --connection 1msg --all
    """
    body: dict[str, Any] = {"connection": connection, "action": name, "input": document(given, "--input")}
    body |= {"force": True} if how.pop("force") else {}
    body |= {name: how[name] for name in SCHEDULE if how[name]}
    how = {name: word for name, word in how.items() if name not in SCHEDULE}
    try:
        if dry_run:
            showing.data(door.ask("POST", "/v1/runs", query={"dry_run": "true"}, body=body))
        elif every:
            for item in outcome.items(door, body, how["timeout"]):
                click.echo(json.dumps(item, ensure_ascii=False))
        else:
            outcome.carry_out(door, "/v1/runs", body, machine=as_json, **how)
    except Failure as problem:
        if problem.said.get("code") == "invalid":
            problem.following = f"ferry action get {name} --connection {connection}"
        raise


@click.command()
@click.argument("connection")
@click.option("--to", required=True, metavar="N", help="A contact's id or number, or a conversation (cnv_…).")
@click.option("--text", required=True, metavar="T", help="What to say.")
@click.option("--reply-to", metavar="MESSAGE", help="Which message it answers.")
@click.option("--channel", help="Where a provider has several, e.g. sms or whatsapp.")
@with_doing
@as_json
@with_door
def send(door: Door, connection: str, *, as_json: bool, **words: Any) -> None:
    """
    Send a text by a connection, in whatever way its provider does that.

    \b
      ferry send 1msg --to 15550100123 --text hello
    """
    how = {name: words.pop(name) for name in ("key", "at_once", "timeout")}
    said = {name: word for name, word in words.items() if word not in (None, False)}
    outcome.carry_out(door, "/v1/messages", {"connection": connection, **said}, machine=as_json, **how)
