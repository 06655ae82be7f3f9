"""What `ferry connection` changes: each a call of the API, whose state becomes the exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from worker.cli import failing, showing
from worker.cli.apply import apply
from worker.cli.door import with_door
from worker.cli.failing import Failure
from worker.cli.pairs import secrets_of, settings_of
from worker.cli.showing import as_json
from worker.cli.verdict import awaited, judge, show

if TYPE_CHECKING:
    from worker.cli.door import Door

SECONDS = 120.0  # the provider is asked meanwhile

ident = click.argument("ident", metavar="ID")
wait = click.option("--wait", is_flag=True, help="Wait while it is BUILDING.")
timeout = click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds to wait at most.")
setting = click.option("--set", "changes", multiple=True, metavar="F=V", help="A setting; null takes it away.")
secret = click.option(
    "--secret", "hidden", multiple=True, metavar="F=@ENV", help="A secret: @ENV, @file, - for stdin; F alone asks."
)


def _asked(door: Door, name: str, deed: str, told: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    with showing.waiting(f"{told} {name}"):
        found: dict[str, Any] = door.ask(
            "POST", f"/v1/connections/{quote(name, safe='')}/{deed}", body=body, seconds=SECONDS
        )
    return found


TRYING = """
    Try its credentials and register its webhook again; its state becomes the exit code.

    \b
      ferry connection {} shop-sms
    """


def _trying(name: str) -> click.Command:
    """The same under two names."""

    @click.command(name, help=TRYING.format(name))
    @ident
    @wait
    @timeout
    @as_json
    @with_door
    def tried(door: Door, ident: str, timeout: float, *, wait: bool, as_json: bool) -> None:
        found = _asked(door, ident, "check", "trying")
        found = awaited(door, found, timeout) if wait else found
        show(found, machine=as_json)
        judge(found)

    return tried


@click.command("patch")
@ident
@click.option("--label", help="What people call it.")
@setting
@secret
@click.option(
    "--limit", "limits", multiple=True, metavar="CLASS=N", help="Calls a second; 0 for no limit, null for ours."
)
@click.option("--policy", "wishes", multiple=True, metavar="NAME=WORD", help="E.g. unknown_outcome=assume_sent.")
@wait
@timeout
@as_json
@with_door
def patch(
    door: Door,
    ident: str,
    label: str | None,
    changes: tuple[str, ...],
    hidden: tuple[str, ...],
    limits: tuple[str, ...],
    wishes: tuple[str, ...],
    timeout: float,
    *,
    wait: bool,
    as_json: bool,
) -> None:
    """
    Change settings, secrets, limits, policy or label; new credentials are tried.

    \b
      ferry connection patch shop-sms --set sender=SHOP --limit default=5
      ferry connection patch shop-sms --policy unknown_outcome=assume_sent
    """
    body: dict[str, Any] = {} if label is None else {"label": label}
    body |= {"settings": settings_of(changes)} if changes else {}
    body |= {"secrets": secrets_of(hidden)} if hidden else {}
    body |= {"limits": settings_of(limits, "--limit")} if limits else {}
    body |= {"policy": settings_of(wishes, "--policy")} if wishes else {}
    if not body:
        raise Failure("nothing to change", following="ferry connection patch --help", code=failing.USAGE)
    with showing.waiting(f"changing {ident}"):
        found = door.ask("PATCH", f"/v1/connections/{quote(ident, safe='')}", body=body, seconds=SECONDS)
    found = awaited(door, found, timeout) if wait else found
    show(found, machine=as_json)
    judge(found)


@click.command("reconnect")
@ident
@setting
@secret
@wait
@timeout
@as_json
@with_door
def reconnect(
    door: Door,
    ident: str,
    changes: tuple[str, ...],
    hidden: tuple[str, ...],
    timeout: float,
    *,
    wait: bool,
    as_json: bool,
) -> None:
    """
    Give it new credentials, or try those it has once more; what waited for them goes on, in order.

    \b
      ferry connection reconnect shop-sms --secret api_key=@CLICKSEND_KEY
      ferry connection reconnect shop-sms --secret api_key      asks for it, unseen
      ferry connection reconnect shop-sms                       asks for what it has, at a terminal

    Where one logs in with a browser, `ferry connect PROVIDER --key ID` does it.
    """
    if not changes and not hidden and sys.stdin.isatty():
        body: dict[str, Any] = {"settings": {}, "secrets": _answered(door, ident)}
    else:
        body = {"settings": settings_of(changes), "secrets": secrets_of(hidden)}
    found = _asked(door, ident, "reconnect", "reconnecting", body)
    found = awaited(door, found, timeout) if wait else found
    show(found, machine=as_json)
    judge(found)


def _answered(door: Door, name: str) -> dict[str, Any]:
    """The secrets a person types unseen; Enter keeps what there is."""
    from connectors.registry import find
    from worker.cli.questions import at_terminal, questions

    there = door.ask("GET", f"/v1/connections/{quote(name, safe='')}")
    asker, kept = at_terminal(), {str(key): str(value) for key, value in (there.get("secrets") or {}).items()}
    known = {**(there.get("settings") or {}), **kept}
    found = {
        one.name: asker.ask(one)
        for one in questions(find(there["provider"]), there.get("settings") or {}, known)
        if one.part == "secrets"
    }
    return {key: value for key, value in found.items() if value is not None}


@click.command("pause")
@ident
@as_json
@with_door
def pause(door: Door, ident: str, *, as_json: bool) -> None:
    """
    Hold back all its runs; webhooks still come in.

    \b
      ferry connection pause shop
    """
    show(_asked(door, ident, "pause", "pausing"), machine=as_json)


@click.command("resume")
@click.argument("idents", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that are paused.")
@as_json
@with_door
def resume(door: Door, idents: tuple[str, ...], *, every: bool, as_json: bool) -> None:
    """
    Let its runs go on, in their order.

    \b
      ferry connection resume shop
    """
    if bool(idents) == every:
        raise Failure("name connections, or say --all", following="ferry connection list", code=failing.USAGE)
    names = [one["id"] for one in door.pages("/v1/connections", {}) if one["paused"]] if every else list(idents)
    found = [_asked(door, name, "resume", "resuming") for name in names]
    if as_json:
        showing.data({"items": found, "cursor": None} if every or len(found) > 1 else found[0])
        return
    for one in found:
        showing.card({"id": one["id"], "state": "paused" if one["paused"] else one["state"]})
    if not found:
        showing.note("None is paused.")


@click.command("rotate")
@ident
@click.option("--grace", type=click.FloatRange(0), metavar="SECONDS", help="How long the old URL is accepted.")
@click.option(
    "--anew", is_flag=True, help="Another one, although the last one is not called yet: it was lost, or seen."
)
@as_json
@with_door
def rotate(door: Door, ident: str, grace: float | None, *, anew: bool, as_json: bool) -> None:
    """
    Change the secret in its webhook's URL; the one before is accepted for a while.  Safe to repeat.

    \b
      ferry connection rotate shop
      ferry connection rotate shop --anew

    The old one is accepted until the provider is known to call the new one, and SECONDS beyond.  Where a person has to
    paste it, it says so.
    """
    body: dict[str, Any] = {"anew": True} if anew else {}
    found = _asked(door, ident, "rotate", "rotating", body if grace is None else {**body, "grace_seconds": grace})
    show(found, machine=as_json)
    if found["former_webhooks"]:
        until = found["former_webhooks"][0]["accepted_until"]
        showing.note(
            f"The old URL is accepted until {until or 'the provider calls the new one'}.  New: {found['webhook_url']}"
        )
        if until is None:
            showing.note(f"Lost, or seen by others, before it is in use?  Try: ferry connection rotate {ident} --anew")
    judge(found)


@click.command("archive")
@ident
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--queued",
    type=click.Choice(["hold", "cancel", "finish"]),
    default="hold",
    show_default=True,
    help="What becomes of runs that wait.",
)
@click.option("--wait", is_flag=True, help="Wait for what is at the provider still.")
@timeout
@as_json
@with_door
def archive(door: Door, ident: str, queued: str, timeout: float, *, yes: bool, wait: bool, as_json: bool) -> None:
    """
    Take it out of service; what it did stays readable, and restore brings it back.

    \b
      ferry connection archive shop --yes
      ferry connection archive shop --queued finish --wait

    What is at the provider is waited for; then its webhook is taken out and its URL answers 404.  What is queued is
    held until it is back or its time is over, or cancelled, or finished first.
    """
    showing.confirmed(f"Archive {ident}?", yes=yes, following=f"ferry connection archive {ident} --yes")
    found = _asked(door, ident, "archive", "archiving", {"queued": queued})
    found = awaited(door, found, timeout) if wait else found
    show(found, machine=as_json)
    if found.get("archiving"):
        told = f"{ident} takes nothing new; something of it is not finished yet"
        raise Failure(told, following=f"ferry connection get {ident} --wait", code=failing.TIMED_OUT)


@click.command("restore")
@ident
@wait
@timeout
@as_json
@with_door
def restore(door: Door, ident: str, timeout: float, *, wait: bool, as_json: bool) -> None:
    """
    Bring an archived one back: it is tried and registered again, and what was held goes on.

    \b
      ferry connection restore shop
    """
    found = _asked(door, ident, "restore", "restoring")
    found = awaited(door, found, timeout) if wait else found
    show(found, machine=as_json)
    judge(found)


COMMANDS = (_trying("check"), _trying("test"), patch, reconnect, pause, resume, rotate, archive, restore, apply)
