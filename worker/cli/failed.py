"""`ferry failed`: what waits for a person, by cause; done again or put away, one or all that match."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from worker.cli import failing, showing, sweeping
from worker.cli.door import with_door
from worker.cli.failing import Failure
from worker.cli.logs import moment
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from worker.cli.door import Door

PATH = "/v1/dead-letters"
LIST = "ferry failed list"


@click.group()
def failed() -> None:
    """What ended without success and waits for a person: runs, requests, deliveries, other apps' tasks."""


CHOOSING = (
    click.option("--kind", help="run, request, delivery or task."),
    click.option("--cause", help="Exactly this cause, as the list shows it."),
    click.option("--connection", help="Of this connection only."),
    click.option("--provider", help="Of this provider only."),
    click.option("--since", metavar="TIME", help="Set aside then or later: 2h, or 2026-03-01T10:00:00Z."),
    click.option("--until", metavar="TIME", help="Set aside before."),
)


def choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that choose dead letters."""
    for option in reversed(CHOOSING):
        command = option(command)
    return command


def chosen(words: Mapping[str, str | None]) -> dict[str, str]:
    """The same as the API takes them."""
    said = {name: word for name, word in words.items() if word is not None}
    return {name: moment(word) if name in {"since", "until"} else word for name, word in said.items()}


COLUMNS: showing.Columns = {
    "AT": lambda one: one["at"],
    "KIND": lambda one: one["kind"],
    "CONNECTION": lambda one: one["connection"],
    "CAUSE": lambda one: one["cause"],
    "WHY": lambda one: one["text"],
    "ID": lambda one: one["id"],
}


@failed.command("list")
@choosing
@click.option(
    "--state",
    type=click.Choice(["waiting", "replayed", "discarded", "resolved"]),
    default="waiting",
    show_default=True,
    help="Those that wait, or that were dealt with.",
)
@showing.limited
@as_json
@with_door
def listing(door: Door, state: str, limit: int, after: str | None, *, as_json: bool, **words: str | None) -> None:
    """
    List what failed: first how much of each cause waits and what to do about it, then one by one, newest first.

    \b
      ferry failed list
      ferry failed list --kind run --since 2h
      ferry failed list --state discarded

    In a pipe each row begins with what it is: cause, or letter.
    """
    query = chosen(words)
    counted = {name: word for name, word in query.items() if name not in {"since", "until"}}
    causes = door.ask("GET", f"{PATH}/causes", query=counted)["items"] if state == "waiting" else []
    items, cursor = door.page(PATH, {**query, "state": state}, limit, after)
    if as_json:
        showing.data({"causes": causes, "items": items, "cursor": cursor})
        return
    _show(causes, items, state)
    if cursor:
        waiting = sum(one["count"] for one in causes)
        showing.note(f"{waiting or 'More'} wait in all.  Try: the same with --after {cursor}")
    if not items:
        showing.note("Nothing failed that waits for a person." if state == "waiting" else "None there.")


def _show(causes: list[dict[str, Any]], items: list[dict[str, Any]], state: str) -> None:
    dealt: showing.Columns = {
        **COLUMNS,
        "BY": lambda one: (one["dealt_with"] or {}).get("by"),
        "REASON": lambda one: (one["dealt_with"] or {}).get("why"),
    }
    columns = COLUMNS if state == "waiting" else dealt
    if not showing.at_terminal():
        showing.table(causes, {"": lambda _: "cause", "COUNT": lambda one: one["count"], **CAUSES})
        showing.table(items, {"": lambda _: "letter", **columns})
        return
    if causes:
        showing.table(causes, {"COUNT": lambda one: f"{one['count']} ×", **CAUSES})
        click.echo()
    if items:
        showing.table(items, columns)


CAUSES: showing.Columns = {
    "CAUSE": lambda one: one["cause"],
    "NEWEST": lambda one: one["newest_at"],
    "OLDEST": lambda one: one["oldest_at"],
    "CONNECTIONS": lambda one: ", ".join(one["connections"]),
    "WHAT TO DO": lambda one: one.get("advice"),
}


@failed.command("show")
@click.argument("ident", metavar="ID")
@as_json
@with_door
def show(door: Door, ident: str, *, as_json: bool) -> None:
    """
    Show one whole: the run, request, delivery or task that failed, and who dealt with it.

    \b
      ferry failed show run_5ba0d00fca3cfcc03e87b025ebee8e00
    """
    found = door.ask("GET", f"{PATH}/{quote(ident, safe='')}", following=LIST)
    if as_json:
        showing.data(found)
        return
    body, dealt = found.pop("body"), found.pop("dealt_with") or {}
    showing.card({**found, **{f"dealt_with.{name}": word for name, word in dealt.items()}})
    click.echo()
    showing.card(body if isinstance(body, dict) else {"body": body})


@failed.command("retry")
@click.argument("idents", metavar="[ID]...", nargs=-1)
@choosing
@click.option("--all", "everything", is_flag=True, help="All that wait.")
@click.option("--force", is_flag=True, help="Also what may have arrived: it may then arrive twice.")
@click.option("--async", "at_once", is_flag=True, help="Do not wait until it is done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@with_door
def retry(
    door: Door,
    idents: tuple[str, ...],
    *,
    everything: bool,
    force: bool,
    at_once: bool,
    yes: bool,
    as_json: bool,
    **words: str | None,
) -> None:
    """
    Have it done again, one or all that match, oldest first; asked for twice it is done once.

    \b
      ferry failed retry run_5ba0d00fca3cfcc03e87b025ebee8e00
      ferry failed retry --cause 1msg:send-message:rejected:credit
      ferry failed retry --all --yes

    A run goes to the end of its conversation's queue, a request is read again, a delivery made again.  What may have
    arrived is skipped, unless you say --force.
    """
    one = _one(idents, words, everything=everything)
    if one is not None:
        body = {"force": force}
        _told(door.ask("POST", f"{PATH}/{quote(one, safe='')}/replay", body=body, following=LIST), machine=as_json)
        return
    which = _filter(idents, words, everything=everything, following="ferry failed retry --help")
    if not yes and showing.asks():
        showing.confirmed(f"Retry {_counted(door, which)}?", yes=yes, following="ferry failed retry --help")
    _sweep(door, "replay", {"filter": which, "force": force}, at_once=at_once, machine=as_json)


@failed.command("discard")
@click.argument("idents", metavar="[ID]...", nargs=-1)
@choosing
@click.option("--all", "everything", is_flag=True, help="All that wait.")
@click.option("--reason", required=True, help="Why; it stays on record with who and when.")
@click.option("--async", "at_once", is_flag=True, help="Do not wait until it is done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@with_door
def discard(
    door: Door,
    idents: tuple[str, ...],
    reason: str,
    *,
    everything: bool,
    at_once: bool,
    yes: bool,
    as_json: bool,
    **words: str | None,
) -> None:
    """
    Put it away, one or all that match, with a reason.

    \b
      ferry failed discard run_5ba0d00fca3cfcc03e87b025ebee8e00 --reason "the customer called"
      ferry failed discard --cause 1msg:send-message:rejected:opted_out --reason "they left" --yes
    """
    one = _one(idents, words, everything=everything)
    which = _filter(idents, words, everything=everything, following="ferry failed discard --help")
    question = f"Discard {one or _counted(door, which)}?"
    showing.confirmed(question, yes=yes, following="the same command with --yes")
    if one is not None:
        body = {"reason": reason}
        _told(door.ask("POST", f"{PATH}/{quote(one, safe='')}/discard", body=body, following=LIST), machine=as_json)
        return
    _sweep(door, "discard", {"filter": which, "reason": reason}, at_once=at_once, machine=as_json)


@failed.command("watch")
@click.argument("ident", metavar="SWEEP")
@as_json
@with_door
def watch(door: Door, ident: str, *, as_json: bool) -> None:
    """
    See how a retry or discard of many goes, until it is done.

    \b
      ferry failed watch swp_5ba0d00fca3cfcc03e87b025ebee8e
    """
    found = door.ask("GET", f"{PATH}/sweeps/{quote(ident, safe='')}", following=LIST)
    sweeping.watch(door, found, machine=as_json)


@failed.command("stop")
@click.argument("ident", metavar="SWEEP")
@as_json
@with_door
def stop(door: Door, ident: str, *, as_json: bool) -> None:
    """
    Stop a retry or discard of many; what it has done stays done.

    \b
      ferry failed stop swp_5ba0d00fca3cfcc03e87b025ebee8e
    """
    found = door.ask("POST", f"{PATH}/sweeps/{quote(ident, safe='')}/stop", following=f"ferry failed watch {ident}")
    sweeping.show(found, machine=as_json)


def _one(idents: tuple[str, ...], words: Mapping[str, str | None], *, everything: bool) -> str | None:
    """The only one meant, where a single id says so."""
    alone = len(idents) == 1 and not everything and not any(words.values())
    return idents[0] if alone else None


def _filter(
    idents: tuple[str, ...], words: Mapping[str, str | None], *, everything: bool, following: str
) -> dict[str, Any]:
    """Which ones; none is meant by saying nothing.  raises: Failure"""
    which: dict[str, Any] = chosen(words)
    if (idents and (which or everything)) or (everything and which):
        raise Failure("say ids, or what they have in common, or --all", following=following, code=failing.USAGE)
    if idents:
        return {"ids": list(idents)}
    if not which and not everything:
        told = "say which: ids, what they have in common (--cause, --connection, …), or --all"
        raise Failure(told, following=following, code=failing.USAGE)
    return which


def _counted(door: Door, which: Mapping[str, Any]) -> str:
    """How many that is, as far as counters know."""
    if "ids" in which:
        return f"these {len(which['ids'])}"
    query = {name: word for name, word in which.items() if name not in {"since", "until"}}
    count = sum(one["count"] for one in door.ask("GET", f"{PATH}/causes", query=query)["items"])
    return f"{'up to ' if len(query) < len(which) else ''}{count} matching"


def _told(found: dict[str, Any], *, machine: bool) -> None:
    if machine:
        showing.data(found)
    else:
        dealt = found["dealt_with"] or {}
        card = {"id": found["id"], "kind": found["kind"], "state": found["state"], "reason": dealt.get("why")}
        showing.card(card)


def _sweep(door: Door, action: str, body: dict[str, Any], *, at_once: bool, machine: bool) -> None:
    found = door.ask("POST", f"{PATH}/{action}", body=body, following=LIST)
    if at_once:
        sweeping.show(found, machine=machine)
    else:
        sweeping.watch(door, found, machine=machine)
