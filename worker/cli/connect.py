"""`ferry connect`: a connection made by question and answer, or by logging in at the provider."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import click

from worker.cli import failing, showing
from worker.cli.door import with_door_beside_key
from worker.cli.failing import Failure
from worker.cli.pairs import secrets_of, settings_of
from worker.cli.showing import as_json
from worker.cli.verdict import judge, show

if TYPE_CHECKING:
    from connectors.provider import Grant, Login, Provider
    from worker.cli.door import Door
    from worker.cli.questions import Asker
    from worker.cli.walk import Way

SECONDS = 120.0  # the provider is asked meanwhile


@click.command()
@click.argument("provider")
@click.option("--key", "ident", metavar="ID", help="Its name: letters, digits, - and _.")
@click.option("--label", help="What people call it.")
@click.option("--set", "changes", multiple=True, metavar="F=V", help="A setting, which is then not asked for.")
@click.option("--secret", "hidden", multiple=True, metavar="F=@ENV", help="A secret: @ENV, @file, or - for stdin.")
@click.option("--all", "everything", is_flag=True, help="Ask for what has a default, too.")
@click.option("--no-login", is_flag=True, help="Ask for the token instead of fetching it by a login.")
@click.option("--no-browser", is_flag=True, help="Only print the address of the login.")
@click.option("--account", metavar="ID", help="Which account, where a login gives several.")
@click.option("--port", type=click.IntRange(0, 65535), help="Where the browser comes back to on this machine.")
@click.option("--redirect-uri", default="", metavar="URL", help="The same in full, as the provider's app knows it.")
@click.option("--timeout", type=float, default=300.0, show_default=True, help="Seconds to wait for the login.")
@as_json
@with_door_beside_key
def connect(
    door: Door,
    provider: str,
    ident: str | None,
    label: str | None,
    changes: tuple[str, ...],
    hidden: tuple[str, ...],
    account: str | None,
    *,
    everything: bool,
    no_login: bool,
    as_json: bool,
    **how: Any,
) -> None:
    """
    Make a connection, or mend one, by question and answer; each question says where to find the answer.

    \b
      ferry connect clicksend
      ferry connect instagram --key shop-ig         logs in with the browser
      ferry connect instagram --no-login            asks for a token

    Safe to repeat.  What --set and --secret say is not asked for; off a terminal nothing is.
    """
    from connectors.registry import find
    from worker.cli.questions import at_terminal

    chosen = find(provider)
    asker = at_terminal() if sys.stdin.isatty() else None
    if ident is None:
        ident = asker.read(f"Its name here (Enter takes {chosen.title})", False).strip() if asker else ""
        ident = ident or chosen.title
    had = known(door, chosen, ident)
    told = {"settings": settings_of(changes), "secrets": secrets_of(hidden)}
    proven(chosen, told)
    login = None if no_login or (chosen.login and chosen.login.gives & told["secrets"].keys()) else chosen.login
    made_up = answers(chosen, ident, told, had, login, asker, everything=everything)
    if login is not None:
        grant = granted(chosen, login, ident, told, had, account, way(**how), asker)
        for name, value in grant.changes.items():
            told["settings" if name.startswith("settings.") else "secrets"][name.removeprefix("settings.")] = value
    with showing.waiting(f"making {ident} work"):
        found = keep(door, chosen, ident, {**told, **({} if label is None else {"label": label})})
    finish(chosen, found, made_up, machine=as_json)


def way(*, no_browser: bool, port: int | None, redirect_uri: str, timeout: float) -> Way:
    """As the options say it."""
    from worker.cli.walk import PORT, Way

    found = Way(PORT if port is None else port, redirect_uri, seconds=timeout)
    return Way(found.port, redirect_uri, None, timeout) if no_browser else found


def proven(provider: Provider, told: dict[str, dict[str, Any]]) -> None:
    """
    Holds what the command line says against the schemas, before anybody is asked or logs in.

    raises: Failure
    """
    from marshmallow import ValidationError, fields

    for part, schema in (("settings", provider.settings), ("secrets", provider.secrets)):
        there = schema().fields
        for name, value in told[part].items():
            if name not in there:
                near = ", ".join(there)
                raise Failure(f"{provider.title} has no {part}.{name}, but {near}", code=failing.USAGE)
            try:
                digits = type(value) is int and isinstance(there[name], fields.String)
                there[name].deserialize(str(value) if digits else value)
            except ValidationError as problem:
                sentence = f"{part}.{name}: {' '.join(map(str, problem.messages))}"
                raise Failure(sentence, following="ferry connect --help", code=failing.USAGE) from problem


def known(door: Door, provider: Provider, ident: str) -> dict[str, Any] | None:
    """The connection as it is, if it is.  raises: Failure where it is another provider's"""
    try:
        found: dict[str, Any] = door.ask("GET", f"/v1/connections/{quote(ident, safe='')}")
    except Failure as problem:
        if problem.code != failing.NOT_FOUND:
            raise
        return None
    if found["provider"] != provider.title:
        told = f"the connection {ident!r} is of {found['provider']}, not of {provider.title}"
        raise Failure(told, following=f"ferry connect {provider.title} --key ANOTHER", code=failing.USAGE)
    return found


def answers(
    provider: Provider,
    ident: str,
    told: dict[str, dict[str, Any]],
    had: dict[str, Any] | None,
    login: Login | None,
    asker: Asker | None,
    *,
    everything: bool,
) -> dict[str, str]:
    """
    Adds to `told` what is asked for and answered; returns what was made up for the person.

    raises: Failure off a terminal, when something is needed
    """
    from worker.cli.questions import Question, questions

    kept = {
        name: str(value) for part in ("settings", "secrets") for name, value in ((had or {}).get(part) or {}).items()
    }
    said = {**told["settings"], **told["secrets"]}
    needs = login.needs({**kept, **said}) if login else ()
    made_up: dict[str, str] = {}
    missing: list[Question] = []
    for question in questions(
        provider, said, kept, needs=needs, gives=login.gives if login else (), everything=everything
    ):
        if asker is None:
            missing.append(question)
            continue
        answer = asker.ask(question)
        if answer is not None:
            said[question.name] = told[question.part][question.name] = answer
            made_up |= {question.name: answer} if question.made_up else {}
    if any(one.required and not one.kept for one in missing):
        raise unasked(provider, ident, [one for one in missing if one.required or not one.kept], login)
    return made_up


def unasked(provider: Provider, ident: str, missing: list[Any], login: Login | None) -> Failure:
    """What to type where nobody can be asked."""
    title = provider.title
    names = ", ".join(one.name for one in missing if one.required)
    words = [
        f"--secret {one.name}=@{one.name.upper()}" if one.hidden else f"--set {one.name}=…"
        for one in missing
        if one.required or one.field.metadata.get("ask") is not None
    ]
    if login is None:
        told = f"this is no terminal, so nobody is asked for {names}"
        return Failure(told, following=" ".join(["ferry connection ensure", title, "--key", ident, *words]), code=2)
    secrets = [one for one in provider.secrets().fields if one in login.gives]
    settings = [name for name, field in provider.settings().fields.items() if name in login.gives and field.required]
    told = (
        f"this is no terminal, so nobody is asked for {names}; with a token at hand there is "
        f"`ferry connection ensure {title} --key {ident} "
        + " ".join([*(f"--set {one}=…" for one in settings), *(f"--secret {one}=@{one.upper()}" for one in secrets)])
        + "`, with a browser"
    )
    return Failure(told, following=" ".join(["ferry connect", title, "--key", ident, *words]), code=failing.USAGE)


def granted(
    provider: Provider,
    login: Login,
    ident: str,
    told: dict[str, dict[str, Any]],
    had: dict[str, Any] | None,
    account: str | None,
    how: Way,
    asker: Asker | None,
) -> Grant:
    """
    The one account of a login that this connection is for.

    raises: Failure
    """
    from connectors.connection import Connection
    from worker.cli.walk import walk

    settings = {**((had or {}).get("settings") or {}), **told["settings"]}
    spoken = Connection(ident, provider.name, settings, told["secrets"])
    found = walk(provider, login, spoken, how, showing.note, asker)
    wanted = account or provider.account(spoken)
    if wanted is not None:
        found, others = [one for one in found if one.account == wanted], found
        if not found:
            names = ", ".join(one.title for one in others)
            sentence = f"{ident} is for account {wanted}, and the login was for {names}"
            raise Failure(sentence, following=f"ferry connect {provider.title} --key ANOTHER", code=failing.REFUSED)
    if len(found) == 1:
        return found[0]
    if asker is not None:
        return found[asker.choose("Which account", [one.title for one in found])]
    sentence = f"the login gives several accounts: {', '.join(one.title for one in found)}"
    again = f"ferry connect {provider.title} --key {ident} --account {found[0].account}"
    raise Failure(sentence, following=again, code=failing.USAGE)


def keep(door: Door, provider: Provider, ident: str, words: dict[str, Any]) -> dict[str, Any]:
    """Makes the connection or lays these words over it; tried and registered, it is shown."""
    body = {**words, "provider": provider.title}
    made: dict[str, Any] = door.ask("PUT", f"/v1/connections/{quote(ident, safe='')}", body=body, seconds=SECONDS)
    return made


def finish(provider: Provider, found: dict[str, Any], made_up: dict[str, str], *, machine: bool) -> None:
    """
    What there is now, what is left to paste, what to do next.

    raises: Failure where the connection is not READY
    """
    from connectors.client import is_loopback

    show(found, machine=machine)
    url = found["webhook_url"]
    if provider.paste:
        showing.note(f"Paste the webhook's URL into {provider.paste}:\n  {url}")
    for name, value in made_up.items():
        showing.note(f"Made up for you, and shown only now: {name} is\n  {value}")
    if is_loopback(urlsplit(url).hostname or "localhost"):
        showing.note(f"Nobody but this machine reaches {url.partition('/webhooks')[0] or 'it'}: set FERRY_PUBLIC_URL.")
    judge(found)
    for one in found.get("warnings") or []:
        showing.note(one["text"])
    showing.note(f"{found['id']} is READY.  Next: ferry events tail --connection {found['id']}")
