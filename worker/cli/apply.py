"""
`ferry connection apply`: connections as a file says they should be.

    [shop-sms]
    provider = "clicksend"
    label = "The shop's texts"
    settings = { username = "acme" }
    secrets = { api_key = "${CLICKSEND_KEY}" }
    limits = { default = 5 }
    paused = false
    remove = ["settings.sender"]

Secrets are named, never written: "${NAME}" is the variable NAME of the environment.  What is not named stays as it
is; `remove` takes it away, as TOML has no word for nothing.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from worker.cli import failing, showing
from worker.cli.door import with_door
from worker.cli.failing import Failure
from worker.cli.showing import as_json
from worker.cli.verdict import ENDS

if TYPE_CHECKING:
    from worker.cli.door import Door

HELP = "ferry connection apply --help"
PARTS = ("settings", "secrets", "limits", "policy")
WORDS = {"provider", "label", *PARTS, "paused", "remove"}
NAMED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
SECONDS = 120.0


@click.command("apply")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--dry-run", "--diff", "dry_run", is_flag=True, help="Show what would change; change nothing.")
@click.option("--prune", is_flag=True, help="Archive the connections that FILE does not name.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@with_door
def apply(door: Door, file: str, *, dry_run: bool, prune: bool, yes: bool, as_json: bool) -> None:
    """
    Make connections as FILE says they should be: shows the difference first, then asks.

    \b
      ferry connection apply connections.toml --dry-run

    \b
      [shop-sms]
      provider = "clicksend"
      settings = { username = "acme" }
      secrets = { api_key = "${CLICKSEND_KEY}" }
      paused = true
      remove = ["settings.sender", "limits.default"]

    Safe to repeat; what FILE does not name stays as it is, unless --prune archives it.  Each connection stands alone: a
    bad one stops no other, and the exit code tells of it.
    """
    wanted = read(file)
    plans = [_plan(door, name, body) for name, body in wanted.items()]
    if prune:
        plans += [_pruned(one) for one in door.pages("/v1/connections", {}) if one["id"] not in wanted]
    todo = [plan for plan in plans if plan["change"] in {"create", "update", "archive"}]
    if not as_json:
        for plan in plans:
            _show(plan)
    if todo and not dry_run:
        question = f"Apply {len(todo)} change(s)?"
        showing.confirmed(question, yes=yes, following=f"ferry connection apply {file} --yes")
        for plan in todo:
            plan.update(_done(door, plan["id"], wanted.get(plan["id"])))
            if not as_json:
                words = plan["state"] if plan["error"] is None else f"{plan['state']}: {plan['error']}"
                click.echo(f"{plan['id']}\t{words}")
    if as_json:
        showing.data({"items": plans, "cursor": None})
    _judge(plans, done=not dry_run)


def read(file: str) -> dict[str, dict[str, Any] | Failure]:
    """
    {id: the body of its PUT, or what is wrong with it}, secrets taken from the environment.

    raises: Failure for a file that cannot be read at all
    """
    try:
        found = tomllib.loads(Path(file).read_text())
    except OSError as problem:
        raise Failure(f"{file} cannot be read: {problem.strerror}", following=HELP, code=failing.USAGE) from problem
    except ValueError as problem:
        raise Failure(f"{file} is no TOML: {problem}", following=HELP, code=failing.USAGE) from problem
    made: dict[str, dict[str, Any] | Failure] = {}
    for name, words in found.items():
        try:
            made[name] = _body(name, words)
        except Failure as problem:
            made[name] = problem
    return made


def _body(name: str, words: Any) -> dict[str, Any]:
    if not isinstance(words, dict) or not isinstance(words.get("provider"), str):
        raise Failure(f"[{name}] needs a provider", following=HELP, code=failing.USAGE)
    strange = sorted(set(words) - WORDS)
    if strange:
        told = f"[{name}] knows no {strange[0]!r}: there are {', '.join(sorted(WORDS))}"
        raise Failure(told, following=HELP, code=failing.USAGE)
    flat = next((part for part in PARTS if not isinstance(words.get(part, {}), dict)), None)
    if flat is not None:
        raise Failure(f"[{name}] {flat} must be a table", following=HELP, code=failing.USAGE)
    secrets = {field: _secret(name, field, value) for field, value in words.get("secrets", {}).items()}
    kept = {word: value for word, value in words.items() if word != "remove"}
    return _without(name, {**kept, "secrets": secrets}, words.get("remove", []))


def _without(name: str, body: dict[str, Any], places: Any) -> dict[str, Any]:
    """The body with these taken away, each a "part.word"."""
    if not isinstance(places, list) or not all(isinstance(place, str) for place in places):
        raise Failure(f'[{name}] remove is a list, as ["settings.sender"]', following=HELP, code=failing.USAGE)
    for place in places:
        part, _, word = place.partition(".")
        if part not in PARTS or not word:
            told = f"[{name}] remove names {place!r}: it is {', '.join(PARTS)}, a dot, and the word that goes"
            raise Failure(told, following=HELP, code=failing.USAGE)
        if word in body.get(part, {}):
            raise Failure(f"[{name}] {place} is said, and removed: take one", following=HELP, code=failing.USAGE)
        body = {**body, part: {**body.get(part, {}), word: None}}
    return body


def _secret(name: str, field: str, word: Any) -> str:
    from worker.settings import environment

    named = NAMED.fullmatch(word) if isinstance(word, str) else None
    if named is None:
        variable = field.upper()
        told = f'[{name}] secrets.{field} must name a variable, as "${{{variable}}}": a secret does not stand in a file'
        raise Failure(told, following=HELP, code=failing.USAGE)
    found = environment({}).get(named.group(1))
    if not found:
        told = f"[{name}] secrets.{field}: the variable {named.group(1)} is not set"
        raise Failure(told, following=f"{named.group(1)}=… ferry connection apply FILE", code=failing.USAGE)
    return found


def _pruned(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one["id"],
        "provider": one["provider"],
        "change": "archive",
        "differences": [],
        "error": None,
        "code": 0,
    }


def _plan(door: Door, name: str, body: dict[str, Any] | Failure) -> dict[str, Any]:
    try:
        if isinstance(body, Failure):
            raise body
        found = door.ask("PUT", _path(name), query={"dry_run": "true"}, body=body)
    except Failure as problem:
        if problem.code in {failing.UNREACHABLE, failing.TIMED_OUT}:
            raise
        return {"id": name, "change": "wrong", "differences": [], "error": str(problem), "code": problem.code}
    return {**found, "error": None, "code": 0}


def _done(door: Door, name: str, body: Any) -> dict[str, Any]:
    try:
        if body is None:
            found = door.ask("POST", f"{_path(name)}/archive", body={}, seconds=SECONDS)
            return {"state": found["state"], "error": None, "code": 0}
        with showing.waiting(f"making {name} work"):
            found = door.ask("PUT", _path(name), body=body, seconds=SECONDS)
    except Failure as problem:
        return {"state": "failed", "error": str(problem), "code": problem.code}
    why = (found.get("clientAction") or {}).get("description") or (found.get("error") or {}).get("text")
    return {"state": found["state"], "error": why, "code": ENDS.get(found["state"], failing.FAILED)}


def _path(name: str) -> str:
    return f"/v1/connections/{quote(name, safe='')}"


SIGNS = {"create": "+", "update": "~", "archive": "-", "none": "=", "wrong": "!"}


def _show(plan: dict[str, Any]) -> None:
    words = f": {plan['error']}" if plan["error"] else ""
    click.echo(f"{SIGNS[plan['change']]} {plan['id']}{words}")
    for one in plan["differences"]:
        before = "" if one["before"] is None else f"{showing.cell(one['before'])} → "
        click.echo(
            f"    {one['field']}: {before}{'taken away' if one['after'] is None else showing.cell(one['after'])}"
        )


def _judge(plans: list[dict[str, Any]], *, done: bool) -> None:
    bad = [plan for plan in plans if plan["code"]]
    if bad:
        told = (
            f"{len(bad)} of {len(plans)} connections are not as they should be: {', '.join(one['id'] for one in bad)}"
        )
        wrong = bad[0]["change"] == "wrong"
        raise Failure(told, following=HELP if wrong else f"ferry connection get {bad[0]['id']}", code=bad[0]["code"])
    if done and not any(plan["change"] != "none" for plan in plans):
        showing.note("Nothing to change.")
