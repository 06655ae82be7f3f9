"""NAME=VALUE on a command line: settings as they stand, secrets only from where `ps` and the history are blind."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from worker.cli import failing
from worker.cli.failing import Failure


def settings_of(words: Iterable[str], option: str = "--set") -> dict[str, Any]:
    """{name: value}; `true`, `12` and `null` are JSON, anything else is text."""
    return {name: value_of(value) for name, value in (pair(word, option) for word in words)}


def secrets_of(words: Iterable[str]) -> dict[str, str]:
    """
    {name: secret} of NAME=@VARIABLE, NAME=@./file, NAME=- (the first line of stdin), and NAME alone: asked for, unseen.

    raises: Failure for a secret that stands in the command line itself, never quoting it
    """
    return dict(_asked(word) if "=" not in word else _named(*pair(word, "--secret")) for word in words)


def _named(name: str, value: str) -> tuple[str, str]:
    return name, secret_of(name, value)


def _asked(name: str) -> tuple[str, str]:
    """What a person types unseen.  raises: Failure where nobody is"""
    import click

    if not sys.stdin.isatty():
        said = sayable(name)
        told = f"this is no terminal, so nobody is asked for {said}: name a variable or a file"
        raise Failure(told, following=f"… --secret {said}=@{said.upper()}", code=failing.USAGE)
    found: str = click.prompt(name, hide_input=True, err=True)
    return name, found.strip()


def sayable(name: str) -> str:
    """What a secret is called, where some provider calls one so; anything else may be the secret itself."""
    from connectors.registry import PROVIDERS

    known = {one for provider in PROVIDERS.values() for one in provider.secrets().fields}
    return name if name in known else "NAME"


def pair(word: str, option: str) -> tuple[str, str]:
    """Its two halves.  raises: Failure, which does not repeat it"""
    name, equals, value = word.partition("=")
    if not equals or not name:
        raise Failure(f"{option} wants NAME=VALUE", following=f"{_command()} --help", code=failing.USAGE)
    return name, value


def _command() -> str:
    """The command that was typed."""
    import click

    ctx = click.get_current_context(silent=True)
    return ctx.command_path if ctx is not None else "ferry connection ensure"


def value_of(word: str) -> Any:
    """JSON where it is JSON, else the text."""
    try:
        return json.loads(word)
    except ValueError:
        return word


def secret_of(name: str, word: str) -> str:
    """The secret a word names.  raises: Failure, never quoting it"""
    said = sayable(name)
    following = f"{said.upper()}=… {_command()} … --secret {said}=@{said.upper()}"
    return hidden(f"the secret {said}", word, following)


def hidden(what: str, word: str, following: str) -> str:
    """
    What @VARIABLE, @FILE or - (the first line of stdin) holds.

    raises: Failure for a secret that stands in the command line itself, and for nothing; never quoting it
    """
    from worker.settings import environment

    told = f"{what} must not stand in the command line: put it into a variable or a file"
    if word == "-":
        found: str | None = sys.stdin.readline().strip()
        told = f"stdin holds nothing for {what}"
    elif word.startswith("@"):
        place = word[1:]
        found = environment({}).get(place)
        if found is None and Path(place).is_file():
            found = Path(place).read_text().strip()
        told = f"there is neither a variable nor a file {place}" if found is None else f"{place} is empty"
    else:
        found = None
    if not found:
        raise Failure(told, following=following, code=failing.USAGE)
    return found


def document(word: str, what: str) -> dict[str, Any]:
    """
    A JSON object: as it stands, from @FILE, or from stdin (-).

    raises: Failure
    """
    following = "ferry action get ACTION --provider PROVIDER"
    try:
        text = sys.stdin.read() if word == "-" else Path(word[1:]).read_text() if word.startswith("@") else word
        found = json.loads(text)
    except OSError as problem:
        told = f"{word[1:]} cannot be read: {problem.strerror}"
        raise Failure(told, following=following, code=failing.USAGE) from problem
    except ValueError as problem:
        told = f"{what} is no JSON: {problem}"
        raise Failure(told, following=following, code=failing.USAGE) from problem
    if not isinstance(found, dict):
        raise Failure(f"{what} must be a JSON object", following=following, code=failing.USAGE)
    return found
