"""`ferry logs`: what came in, what was refused and why, what went out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from worker.cli import failing, follow, showing
from worker.cli.door import with_door
from worker.cli.failing import Failure
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from worker.cli.door import Door

AGES = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
ARROWS = {"in": "→ in", "out": "out →"}


@click.group()
def logs() -> None:
    """What came in, what was refused and why, what went out; never a text, a number or a secret."""


def told(one: Any) -> str:
    """What it was: a method and its hook, or an action."""
    if one["direction"] == "out":
        return str(one["action"] or "")
    return " ".join(word for word in (one["method"], one["hook"]) if word)


def outcome(one: Any) -> str:
    """How it went, and how often."""
    return f"{one['outcome']} ×{one['count']}" if one["count"] > 1 else str(one["outcome"])


def why(one: Any) -> str:
    """A refusal's reason, or a run's error."""
    return str(one["reason"] or "") if one["direction"] == "in" else _error(one)


def _error(one: Any) -> str:
    words = [one["error"], None if one["reason"] in (None, "other") else one["reason"]]
    return ": ".join(dict.fromkeys(str(word) for word in words if word))


COLUMNS: showing.Columns = {
    "AT": lambda one: one["at"],
    "": lambda one: ARROWS[one["direction"]],
    "CONNECTION": lambda one: one["connection"],
    "WHAT": told,
    "STATUS": lambda one: one["status"],
    "MS": lambda one: one["ms"],
    "OUTCOME": outcome,
    "WHY": why,
    "ID": lambda one: one["run"] or one["request"],
}


def words(line: Any) -> list[str]:
    """One line's cells."""
    return [showing.cell(read(line)) for read in COLUMNS.values()]


@logs.command("tail")
@click.option("--direction", type=click.Choice(["in", "out"]), help="Webhooks only, or calls to providers only.")
@click.option("--status", metavar="5xx|404", help="HTTP statuses by commas.")
@click.option("--outcome", metavar="WORDS", help="By commas: accepted, refused, succeeded, failed, unknown, …")
@click.option("--connection", help="Of this connection only.")
@click.option("--provider", help="Of this provider only.")
@click.option("-n", "--lines", type=click.IntRange(0, 500), default=20, show_default=True, help="So many of before.")
@click.option("--since", metavar="10m|TIME", help="What came after: 30s, 10m, 2h, 1d, or an RFC 3339 time.")
@click.option("-f", "--follow", "on", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--count", type=click.IntRange(1), help="End after so many lines.")
@as_json
@with_door
def tail(
    door: Door, lines: int, since: str | None, count: int | None, *, on: bool, as_json: bool, **wanted: str | None
) -> None:
    """
    Show the newest lines of the activity log: webhooks accepted and refused, calls to providers.

    \b
      ferry logs tail
      ferry logs tail --direction in --status 4xx --since 1h
      ferry logs tail -f --connection 1msg

    About the newest 10,000 lines are kept.  --json is a list; with -f, one object a line.
    """
    items, cursor = _before(door, wanted, lines, since)
    if not on:
        _list(items[:count], cursor, machine=as_json)
        return
    left = _show(items, count, machine=as_json)
    if left == 0:
        return
    showing.note("Waiting for more; Ctrl-C ends.")
    for page in follow.pages(door, "/v1/logs", wanted, cursor):
        left = _show(page, left, machine=as_json)
        if left == 0:
            return


def _before(
    door: Door, wanted: dict[str, str | None], lines: int, since: str | None
) -> tuple[list[dict[str, Any]], str]:
    """What there is already, and the cursor of what comes."""
    if since is None:
        if not lines:
            return [], follow.start(door, "/v1/logs", wanted)
        page = door.ask("GET", "/v1/logs", query={**wanted, "newest": "true", "limit": lines})
        return page["items"], page["cursor"]
    items: list[dict[str, Any]] = []
    query: dict[str, Any] = {**wanted, "since": moment(since), "limit": 500}
    while True:
        page = door.ask("GET", "/v1/logs", query=query)
        items += page["items"]
        if not page["items"]:
            return items, page["cursor"]
        query = {**wanted, "after": page["cursor"], "limit": 500}


def _list(items: list[dict[str, Any]], cursor: str, *, machine: bool) -> None:
    if machine:
        showing.data({"items": items, "cursor": cursor})
        return
    showing.table(items, COLUMNS)
    if not items:
        showing.note("Nothing of the kind.  Try: ferry logs tail -f")


def _show(items: list[dict[str, Any]], left: int | None, *, machine: bool) -> int | None:
    """A line each, of so many as are left to show; how many are left then."""
    chosen = items if left is None else items[:left]
    for one in chosen:
        if machine:
            showing.line(one)
        else:
            click.echo("\t".join(words(one)))
    return None if left is None else left - len(chosen)


def moment(word: str) -> str:
    """A time, or so long ago, as RFC 3339.  raises: Failure"""
    age = re.fullmatch(r"(\d+)([smhd])", word.strip())
    if age:
        at = datetime.now(UTC) - timedelta(**{AGES[age[2]]: int(age[1])})
        return at.isoformat(timespec="milliseconds")
    try:
        at = datetime.fromisoformat(word.strip())
    except ValueError as problem:
        said = f"{word!r} is no time: say 10m, 2h, or 2026-03-01T10:00:00Z"
        raise Failure(said, following="ferry logs tail --since 10m", code=failing.USAGE) from problem
    return (at if at.tzinfo else at.astimezone()).isoformat()
