"""`ferry config` and `ferry completion`: settings as this shell has them, and the shell itself."""

from __future__ import annotations

from typing import Any

import click

from worker.cli import failing, showing
from worker.cli.failing import Failure
from worker.cli.showing import as_json


@click.group()
def config() -> None:
    """Settings as this shell has them."""


@config.command("show")
@as_json
def show(*, as_json: bool) -> None:
    """
    List every setting, its value here and its meaning; secrets as …last4.  Says what is missing or wrong.

    \b
      ferry config show
    """
    from worker.settings import SettingsError, read

    items = told()
    if as_json:
        showing.data({"items": items, "cursor": None})
    else:
        showing.table(
            items,
            {
                "NAME": lambda one: one["name"],
                "VALUE": lambda one: one["value"],
                "FROM": lambda one: one["from"],
                "": lambda one: one["meaning"],
            },
        )
    try:
        read()
    except SettingsError as problem:
        raise Failure(str(problem), following="ferry config key", code=failing.USAGE) from problem


def told() -> list[dict[str, Any]]:
    """Each setting as this process would read it."""
    from dataclasses import fields

    from worker.settings import Settings, environment

    given = environment({})
    found = []
    for one in fields(Settings):
        name, word = one.metadata["name"], given.get(one.metadata["name"], "").strip()
        value = word or (",".join(one.default) if isinstance(one.default, tuple) else str(one.default))
        if one.metadata["secret"] and word:
            value = blotted(word)
        found.append(
            {"name": name, "value": value, "from": "set" if word else "default", "meaning": one.metadata["meaning"]}
        )
    return found


def blotted(word: str) -> str:
    """A secret as it is shown: of a URL the password, of anything else all but the last four."""
    from connectors.connection import tail
    from worker.reporting import scrub

    return scrub(word) if "://" in word else ",".join(tail(piece.strip()) for piece in word.split(","))


@config.command("check")
@as_json
def check(*, as_json: bool) -> None:
    """
    Say what is missing or wrong in the settings, and what is only odd; nothing is connected.

    \b
      ferry config check
      ferry config check && ferry release

    Ends with 2 when Ferry would not start.  `ferry doctor` looks at Redis and at connections as well.
    """
    wrong, odd = examined()
    if as_json:
        showing.data({"ok": not wrong, "problems": wrong, "warnings": odd})
    else:
        for words in odd:
            click.echo(f"warning\t{words}")
        if not wrong:
            click.echo("ok\tFerry would start with these settings")
    if wrong:
        raise Failure("; ".join(wrong), following="ferry config show", code=failing.USAGE)


def examined() -> tuple[list[str], list[str]]:
    """(what keeps Ferry from starting, what is worth a word)."""
    from urllib.parse import urlsplit

    from worker.cli import folder
    from worker.handlers import HandlersError, load
    from worker.settings import SettingsError, read

    try:
        settings = read()
    except SettingsError as problem:
        return [str(problem)], []
    wrong: list[str] = []
    odd: list[str] = []
    folder.importable()
    try:
        load(settings.handlers)
    except HandlersError as problem:
        wrong.append(str(problem))
    for name, url in (("REDIS_URL", settings.redis_url), ("BROKER_URL", settings.broker)):
        if not urlsplit(url).scheme:
            wrong.append(f"{name} is no URL: it begins with redis://, rediss:// or unix://")
    public = urlsplit(settings.public_url)
    if not settings.public_url:
        odd.append("FERRY_PUBLIC_URL is not set: no provider can be told where to call")
    elif public.scheme not in {"http", "https"} or not public.hostname:
        wrong.append("FERRY_PUBLIC_URL is no address: https://ferry.example.com, e.g.")
    elif public.scheme == "http" and public.hostname not in {"localhost", "127.0.0.1", "::1"}:
        odd.append("FERRY_PUBLIC_URL is plain http: providers call https only, and anybody could read along")
    if not settings.handlers:
        odd.append("FERRY_HANDLERS is not set: nobody hears events but readers of the API")
    return wrong, odd


@config.command("key")
def key() -> None:
    """
    Make a key for FERRY_SECRET_KEYS.

    \b
      export FERRY_SECRET_KEYS=$(ferry config key)
    """
    from worker.store.vault import new_key

    click.echo(new_key())
    showing.note("Put it into FERRY_SECRET_KEYS.  To change a key: the new one first, then the old one, by a comma.")


@config.command("rotate")
@click.option("--forget-lost", is_flag=True, help="Empty what no key opens any more; give those credentials anew.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--timeout", type=float, default=60.0, show_default=True, help="Seconds to wait for old processes.")
@as_json
def rotate(timeout: float, *, forget_lost: bool, yes: bool, as_json: bool) -> None:
    """
    Encrypt all secrets under the newest of FERRY_SECRET_KEYS, while everything runs.

    \b
      1. put the new key in front of the old one, everywhere, and restart
      2. ferry config rotate
      3. take the old key away, and restart

    It may be stopped and repeated, and begins once no process is heard of that does not know the newest key.
    """
    from worker.cli.backstage import core_here
    from worker.rekeying import CAN_GO, known_everywhere, rekey

    if forget_lost:
        following = "ferry config rotate --forget-lost --yes"
        showing.confirmed("Forget the secrets that no key opens any more?", yes=yes, following=following)
    core = core_here()
    try:
        if not forget_lost:
            core.connections.prove()  # a wrong key is no reason to wait for anybody
        with showing.waiting("waiting for processes that do not know the newest key"):
            known_everywhere(core, timeout)
        told = rekey(core, forget_lost=forget_lost)
    finally:
        core.store.close()
    if as_json:
        showing.data(told.shown())
    else:
        click.echo(f"{told.connections} connection(s) and {told.runs} run(s) encrypted under the newest key.")
        for name in told.forgotten:
            click.echo(f"{name}\tforgotten: ferry connection reconnect {name}")
    if told.locked:
        sentence = f"none of FERRY_SECRET_KEYS opens {', '.join(told.locked)}: put the key they were made with back"
        raise Failure(sentence, following="ferry config rotate --forget-lost", code=failing.USAGE)
    if told.left:
        raise Failure(f"{told.left} are still under an old key", following="ferry config rotate")
    showing.note(f"{CAN_GO[0].upper()}{CAN_GO[1:]}.")


SOURCES = {
    "bash": 'eval "$(ferry completion bash)"     in ~/.bashrc',
    "zsh": 'eval "$(ferry completion zsh)"      in ~/.zshrc',
    "fish": "ferry completion fish | source      in ~/.config/fish/config.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(list(SOURCES)))
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> None:
    """
    Print what makes SHELL complete commands, options, providers, actions, connections and more.

    \b
      eval "$(ferry completion bash)"
      ferry completion fish | source
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:  # pragma: no cover  (click knows the three)
        raise Failure(f"click knows no completion for {shell}", following="ferry completion --help")
    click.echo(kind(ctx.find_root().command, {}, "ferry", "_FERRY_COMPLETE").source())
    showing.note(SOURCES[shell])
