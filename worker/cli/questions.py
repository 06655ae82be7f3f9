"""
Asking a person for what a connection takes: one question a setting or secret, each saying where the answer is found.

Which are asked is said by the provider's schemas; connectors/provider.py tells how.
"""

from __future__ import annotations

import secrets
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click
from marshmallow import ValidationError, fields, missing

from connectors.provider import Provider

WIDTH = 100
MADE_UP_BYTES = 18


@dataclass(frozen=True)
class Question:
    """One setting or secret; `kept` is how the answer that stands already is shown, "" without one."""

    part: str
    name: str
    field: fields.Field[Any]
    required: bool
    kept: str = ""

    @property
    def hidden(self) -> bool:
        """Whether the answer is typed unseen."""
        return self.part == "secrets"

    @property
    def made_up(self) -> bool:
        """Whether a random one will do."""
        return bool(self.field.metadata.get("made_up")) and not self.kept

    def words(self) -> str:
        """What it is, and where to find it."""
        told = str(self.field.metadata.get("description") or self.name.replace("_", " ")).rstrip(".") + "."
        example = self.field.metadata.get("example")
        return told if example is None else f"{told}  For example {example}"

    def without(self) -> str:
        """What Enter alone does."""
        if self.kept:
            return f"Enter keeps {self.kept}"
        if self.made_up:
            return "Enter makes up a random one"
        if self.required:
            return "needed"
        default = _default(self.field)
        return "Enter leaves it out" if default is None else f"Enter takes {default}"

    def read(self, word: str) -> Any:
        """
        The answer as the API takes it.

        raises: ValidationError
        """
        value: Any = word
        if isinstance(self.field, fields.List):
            value = [one.strip() for one in word.split(",") if one.strip()]
        self.field.deserialize(value)
        return value


@dataclass(frozen=True)
class Asker:
    """A person at a terminal; `read` is (prompt, whether it is typed unseen) → the line, `say` tells them something."""

    read: Callable[[str, bool], str]
    say: Callable[[str], None]

    def ask(self, question: Question) -> Any:
        """The answer, asked for until it fits; None where there is none."""
        self.say("")
        self.say(textwrap.fill(question.words(), WIDTH))
        while True:
            word = self.read(f"{question.name} ({question.without()})", question.hidden).strip()
            if not word and question.made_up:
                return secrets.token_urlsafe(MADE_UP_BYTES)
            if not word and (question.kept or not question.required):
                return None
            if not word:
                self.say("There is no connection without it.")
                continue
            try:
                return question.read(word)
            except ValidationError as problem:
                self.say(" ".join(map(str, problem.messages)))

    def choose(self, what: str, titles: list[str]) -> int:
        """The place of one of several."""
        for place, title in enumerate(titles, 1):
            self.say(f"  {place}  {title}")
        while True:
            word = self.read(f"{what} (1 to {len(titles)})", False).strip()
            if word.isascii() and word.isdigit() and 1 <= int(word) <= len(titles):
                return int(word) - 1


def at_terminal() -> Asker:
    """The person at this one; they are spoken to on stderr, as stdout is for data."""

    def read(prompt: str, hidden: bool) -> str:  # noqa: FBT001
        found: str = click.prompt(prompt, default="", show_default=False, hide_input=hidden, err=True)
        return found

    return Asker(read, lambda words: click.echo(words, err=True))


def questions(
    provider: Provider,
    said: Mapping[str, Any],
    kept: Mapping[str, str],
    *,
    needs: Collection[str] = (),
    gives: Collection[str] = (),
    everything: bool = False,
) -> Iterator[Question]:
    """
    What is to be asked, in the order of the schemas.

    said:  settings and secrets that are known, by name; may grow while we go, as some questions hang on others' answers
    kept:  what the connection has already, as it is shown
    needs, gives: what its login takes, and what it answers
    """
    defaults = {name: _default(field) for name, field in provider.settings().fields.items()}
    for part, schema in (("settings", provider.settings), ("secrets", provider.secrets)):
        for name, field in schema().fields.items():
            needed = name in needs
            if name in said or (name in gives and not needed):
                continue
            if name in kept and not everything and (part == "settings" or (gives and not needed)):
                continue
            known = {**defaults, **kept, **said}
            if needed or _wanted(field, known, everything=everything or name in kept):
                lost = needed and part == "secrets"  # nobody can read a secret back, and the login takes it whole
                yield Question(part, name, field, field.required or needed, "" if lost else kept.get(name, ""))


def _wanted(field: fields.Field[Any], known: Mapping[str, Any], *, everything: bool) -> bool:
    ask = field.metadata.get("ask")
    if isinstance(ask, Mapping):
        return all(known.get(other) in values for other, values in ask.items())
    return False if ask is False else bool(ask) or field.required or everything


def _default(field: fields.Field[Any]) -> Any:
    return None if field.load_default is missing or callable(field.load_default) else field.load_default
