"""`ferry signature`: what a provider's signature is over a body, and whether a captured request has the right one."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.cli import failing, showing
from worker.cli.door import with_address
from worker.cli.failing import Failure
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from connectors.connection import Connection
    from connectors.guards import HookRequest
    from connectors.provider import Provider

JSON = "application/json"


@click.group()
def signature() -> None:
    """What signs a provider's webhooks, and whether a captured request is signed rightly."""


def with_whose(command: Any) -> Any:
    """Gives a command the options that say whose secrets count."""
    for option in (
        click.option("--setting", "settings", multiple=True, metavar="NAME=V", help="A setting to count with."),
        click.option("--secret", "secrets", multiple=True, metavar="NAME=@ENV", help="A secret to count with."),
        click.option("--connection", help="Whose secrets; the provider's first connection without it."),
    ):
        command = option(command)
    return as_json(with_address()(click.pass_context(command)))


@signature.command("sign")
@click.argument("provider")
@click.argument("body", metavar="@FILE|-", default="-")
@with_whose
def sign(ctx: click.Context, /, provider: str, body: str, *, as_json: bool, **whose: Any) -> None:
    """
    Print the headers that PROVIDER would sign a body with: of a file, or of stdin.

    \b
      ferry signature sign instagram @body.json
      ferry trigger instagram message --curl    # the same over a sample, ready to paste
      ferry signature sign instagram @body.json --secret app_secret=@APP_SECRET

    The secrets are the connection's own where this shell may have them (see `ferry trigger --help`).
    """
    from connectors.guards import HookRequest

    chosen, connection = _whose(ctx, provider, whose)
    request = HookRequest("POST", "", "", {"content-type": JSON}, _read(body))
    signed = chosen.sign(connection, request)
    added = {name: value for name, value in signed.headers.items() if request.headers.get(name) != value}
    if as_json:
        showing.data({"provider": chosen.title, "headers": added, "trust": chosen.trust})
        return
    for name, value in added.items():
        click.echo(f"{name}: {value}")
    if not added:
        showing.note(f"{chosen.title} signs nothing here: {chosen.trust}.")


@signature.command("verify")
@click.argument("provider")
@click.argument("body", metavar="@FILE|-", default="-")
@click.option("-H", "--header", "headers", multiple=True, metavar="NAME: VALUE", help="A header it came with.")
@click.option("--http", is_flag=True, help="The file is a whole request: its headers, an empty line, its body.")
@with_whose
def verify(
    ctx: click.Context,
    /,
    provider: str,
    body: str,
    headers: tuple[str, ...],
    *,
    http: bool,
    as_json: bool,
    **whose: Any,
) -> None:
    """
    Say whether a captured request is PROVIDER's, and what does not fit.

    \b
      ferry signature verify instagram @body.json -H "X-Hub-Signature-256: sha256=…"
      ferry signature verify instagram @request.txt --http

    The body must be the raw bytes as they came.  What the right signature would have been is never told.  Ends with 5
    when it is refused.
    """
    from connectors.errors import Refused

    chosen, connection = _whose(ctx, provider, whose)
    request = _captured(_read(body), headers, whole=http)
    try:
        chosen.guard(connection, request)
    except Refused as problem:
        told = f"it is refused: {problem}"
        hints = _hints(chosen, connection, request)
        if as_json:
            showing.data({"provider": chosen.title, "fits": False, "reason": str(problem), "hints": hints})
        else:
            for hint in hints:
                showing.note(f"  {hint}")
        raise Failure(
            told, following=f"ferry signature verify {chosen.title} --help", code=failing.REFUSED
        ) from problem
    signed = bool(_missing(chosen, connection, request))
    if as_json:
        showing.data({"provider": chosen.title, "fits": True, "signed": signed, "trust": chosen.trust})
    else:
        click.echo("It fits." if signed else f"There is nothing to verify in it; {chosen.trust}.")


def _whose(ctx: click.Context, name: str, words: dict[str, Any]) -> tuple[Provider, Connection]:
    """raises: Failure when no secret is known to count with"""
    from connectors.registry import find
    from worker.cli import whose
    from worker.cli.pairs import secrets_of, settings_of

    provider = find(name)
    secrets = secrets_of(words["secrets"])
    return provider, whose.connection_of(
        provider,
        words["connection"],
        secrets=secrets,
        settings=settings_of(words["settings"]),
        url=words["url"],
        key=words["api_key"],
        transport=ctx.obj,
        bare=bool(secrets) or not provider.signing,
    )


def _read(word: str) -> bytes:
    """raises: Failure"""
    if word == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(word.removeprefix("@")).read_bytes()
    except OSError as problem:
        told = f"{word.removeprefix('@')} cannot be read: {problem.strerror}"
        raise Failure(told, following="ferry signature --help", code=failing.USAGE) from problem


def _captured(raw: bytes, given: tuple[str, ...], *, whole: bool) -> HookRequest:
    """The request, of its parts or of a whole one as it went over the wire.  raises: Failure"""
    from connectors.guards import HookRequest

    lines = list(given)
    if whole:
        separator = b"\r\n\r\n" if b"\r\n\r\n" in raw else b"\n\n"
        head, found, raw = raw.partition(separator)
        if not found:
            told = "there is no empty line between headers and body: it is no whole request"
            raise Failure(told, following="ferry signature verify --help", code=failing.USAGE)
        above = head.decode("latin-1").splitlines()
        lines = [*(above[1:] if above and ": " not in above[0] else above), *lines]
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            told = "a header is NAME: VALUE"
            raise Failure(told, following='… -H "X-Hub-Signature-256: sha256=…"', code=failing.USAGE)
        headers[name.strip().lower()] = value.strip()
    return HookRequest("POST", "", "", headers, raw)


def _missing(provider: Provider, connection: Connection, request: HookRequest) -> list[str]:
    """Names of the headers that the provider would have added."""
    bare = replace(request, headers={"content-type": JSON})
    signed = provider.sign(connection, bare)
    return [name for name, value in signed.headers.items() if bare.headers.get(name) != value]


def _hints(provider: Provider, connection: Connection, request: HookRequest) -> list[str]:
    """What commonly goes wrong, where it did; no hint names a signature."""
    from connectors.errors import Refused

    found = [
        f"It came without the header {name}."
        for name in _missing(provider, connection, request)
        if name not in request.headers and name != "user-agent"
    ]
    for body, words in (
        (request.body.rstrip(b"\r\n"), "the line end at its end was added, by an editor or by echo"),
        (request.body + b"\n", "the line end at its end was taken away"),
        (request.body.replace(b"\r\n", b"\n"), "its line ends were changed"),
        (_compact(request.body), "it was written anew as JSON, with other blanks, on the way"),
    ):
        if body == request.body:
            continue
        try:
            provider.guard(connection, replace(request, body=body))
        except Refused:
            continue
        found.append(f"The signature is right, the body is not as it was sent: {words}.")
        break
    return found


def _compact(body: bytes) -> bytes:
    """As Meta writes JSON: no blanks, nothing but ASCII."""
    import json

    try:
        return json.dumps(json.loads(body), separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return body
