"""`ferry connection`: accounts and channels of providers, made, tried and looked at."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from worker.cli import failing, showing
from worker.cli.door import with_door, with_door_beside_key
from worker.cli.failing import Failure
from worker.cli.pairs import secrets_of, settings_of
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from worker.cli.door import Door

BUILDING = "BUILDING"
ENDS = {
    # what a state means for whoever asked
    "READY": 0,
    "CLIENT_ACTION_REQUIRED": failing.NEEDS_PERSON,
    "CONFIGURATION_ERROR": failing.REFUSED,
    "SETUP_FAILED": failing.UNREACHABLE,
    BUILDING: failing.TIMED_OUT,
}


@click.group()
def connection() -> None:
    """Accounts and channels of providers: made, tried and looked at."""


@connection.command("list")
@click.option("--provider", help="Of this provider only.")
@click.option("--archived", is_flag=True, help="Archived ones too.")
@as_json
@with_door
def listing(door: Door, provider: str | None, *, archived: bool, as_json: bool) -> None:
    """List connections and their states."""
    query = {"provider": provider, "archived": "true" if archived else None}
    items = list(door.pages("/v1/connections", query))
    if as_json:
        showing.data({"items": items, "cursor": None})
        return
    showing.table(
        items,
        {
            "ID": lambda one: one["id"],
            "PROVIDER": lambda one: one["provider"],
            "STATE": lambda one: "paused" if one.get("paused") else one["state"],
            "LABEL": lambda one: one["label"],
            "WHY": lambda one: (one.get("error") or {}).get("text"),
        },
    )
    if not items:
        showing.note("There is none yet.  Try: ferry connection ensure PROVIDER --key NAME")


@connection.command("get")
@click.argument("ident", metavar="ID")
@click.option("--wait", is_flag=True, help="Wait while it is BUILDING.")
@click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds to wait at most.")
@as_json
@with_door
def get(door: Door, ident: str, timeout: float, *, wait: bool, as_json: bool) -> None:
    """Show one; with --wait its state becomes the exit code (4: a person is needed)."""
    path = f"/v1/connections/{quote(ident, safe='')}"
    found = door.ask("GET", path)
    until = time.monotonic() + timeout
    with showing.waiting(f"{ident} is {found['state']}"):
        while wait and found["state"] == BUILDING and time.monotonic() < until:
            time.sleep(0.2)
            found = door.ask("GET", path)
    show(found, machine=as_json)
    if wait:
        judge(found)


@connection.command("check")
@click.argument("ident", metavar="ID")
@as_json
@with_door
def check(door: Door, ident: str, *, as_json: bool) -> None:
    """Try its credentials and register its webhook again; its state becomes the exit code."""
    with showing.waiting(f"trying {ident}"):
        found = door.ask("POST", f"/v1/connections/{quote(ident, safe='')}/check", seconds=120.0)
    show(found, machine=as_json)
    judge(found)


@connection.command("ensure")
@click.argument("provider")
@click.option("--key", "ident", required=True, metavar="ID", help="Its name: letters, digits, - and _.")
@click.option("--label", help="What people call it.")
@click.option("--set", "changes", multiple=True, metavar="F=V", help="A setting.")
@click.option("--secret", "hidden", multiple=True, metavar="F=@ENV", help="A secret: @ENV, @file, or - for stdin.")
@as_json
@with_door_beside_key
def ensure(
    door: Door,
    provider: str,
    ident: str,
    label: str | None,
    changes: tuple[str, ...],
    hidden: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """
    Find or make a connection, try it, register its webhook; safe to repeat.

    \b
      ferry connection ensure clicksend --key shop-sms --set username=ada --secret api_key=@CLICKSEND_KEY

    Secrets never stand in the command line: name a variable of the environment (@NAME) or a file (@./path).
    """
    words: dict[str, Any] = {"settings": settings_of(changes), "secrets": secrets_of(hidden)}
    if label is not None:
        words["label"] = label
    with showing.waiting(f"making {ident} work"):
        found = _ensure(door, provider, ident, words)
    show(found, machine=as_json)
    judge(found)


def _ensure(door: Door, provider: str, ident: str, words: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/connections/{quote(ident, safe='')}"
    had = next((one for one in door.pages("/v1/connections", {"provider": provider}) if one["id"] == ident), None)
    if had is None:
        made: dict[str, Any] = door.ask(
            "POST", "/v1/connections", body={"id": ident, "provider": provider, **words}, seconds=120.0
        )
        return made
    door.ask("PATCH", path, body=words, seconds=120.0)
    checked: dict[str, Any] = door.ask("POST", f"{path}/check", seconds=120.0)
    return checked


def show(found: dict[str, Any], *, machine: bool) -> None:
    """One connection; its secrets are …last4 already."""
    if machine:
        showing.data(found)
        return
    flat = {key: value for key, value in found.items() if key not in {"settings", "secrets", "clientAction", "error"}}
    flat |= {f"settings.{name}": value for name, value in (found.get("settings") or {}).items()}
    flat |= {f"secrets.{name}": value for name, value in (found.get("secrets") or {}).items()}
    flat["why"] = (found.get("error") or {}).get("text")
    showing.card(flat)


def judge(found: dict[str, Any]) -> None:
    """Ends with the exit code of a state that is not READY, and what to do about it."""
    code = ENDS.get(found["state"], failing.FAILED)
    if not code:
        return
    ident, provider = found["id"], found["provider"]
    action = found.get("clientAction") or {}
    why = action.get("description") or (found.get("error") or {}).get("text") or "it is being made"
    following = f"ferry connection check {ident}"
    if code in {failing.NEEDS_PERSON, failing.REFUSED}:
        following = f"ferry connection ensure {provider} --key {ident} --set NAME=VALUE --secret NAME=@ENV"
    if action.get("type") == "connect":
        following = f"ferry connect {provider} --key {ident}"
    raise Failure(f"{ident} is {found['state']}: {why}", following=following, code=code)
