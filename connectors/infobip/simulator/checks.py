"""
A body held against what the page demands, in plain tables of its own: the stand-in shares no schema with the connector,
or a mistake in one would be the truth in the other.

    OBJECT = {"name": must(string(1, 20)), "flag": may(boolean)}     fields the page does not know are not looked at
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Violation = tuple[str, str]
Check = Callable[[Any, str], Iterator[Violation]]
Field = tuple[bool, Check]


def must(check: Check) -> Field:
    """A field that has to be there."""
    return True, check


def may(check: Check) -> Field:
    """A field that can be left out (but not be null)."""
    return False, check


def string(least: int = 0, most: int = 1_000_000, *, form: str | None = None, words: tuple[str, ...] = ()) -> Check:
    """A text of `least` to `most` characters, of a form, or one of some words."""

    def check(value: Any, path: str) -> Iterator[Violation]:
        if not isinstance(value, str):
            yield path, "must be a string"
        elif least and not value.strip():
            yield path, "must not be blank"
        elif not least <= len(value) <= most:
            yield path, f"size must be between {least} and {most}"
        elif form is not None and not re.fullmatch(form, value):
            yield path, f'must match "{form}"'
        elif words and value not in words:
            yield path, f"must be one of {', '.join(words)}"

    return check


def boolean(value: Any, path: str) -> Iterator[Violation]:
    """true or false."""
    if not isinstance(value, bool):
        yield path, "must be a boolean"


def whole(least: int = -(2**31), most: int = 2**31 - 1) -> Check:
    """An integer in a range."""

    def check(value: Any, path: str) -> Iterator[Violation]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield path, "must be an integer"
        elif not least <= value <= most:
            yield path, f"must be between {least} and {most}"

    return check


def real(least: float, most: float) -> Check:
    """A number in a range."""

    def check(value: Any, path: str) -> Iterator[Violation]:
        if not isinstance(value, int | float) or isinstance(value, bool):
            yield path, "must be a number"
        elif not least <= value <= most:
            yield path, f"must be between {least} and {most}"

    return check


def many(check: Check, least: int = 1, most: int = 100_000) -> Check:
    """A list of `least` to `most` things."""

    def checked(value: Any, path: str) -> Iterator[Violation]:
        if not isinstance(value, list):
            yield path, "must be a list"
        elif not value and least:
            yield path, "must not be empty"
        elif not least <= len(value) <= most:
            yield path, f"size must be between {least} and {most}"
        else:
            for position, one in enumerate(value):
                yield from check(one, f"{path}[{position}]")

    return checked


def thing(fields: Mapping[str, Field], more: Check | None = None) -> Check:
    """An object; `more` looks at it whole."""

    def check(value: Any, path: str) -> Iterator[Violation]:
        if not isinstance(value, Mapping):
            yield path, "must be an object"
            return
        for name, (needed, inner) in fields.items():
            below = f"{path}.{name}" if path else name
            if name in value and value[name] is not None:
                yield from inner(value[name], below)
            elif name in value or needed:
                yield below, "must not be null"
        if more is not None:
            yield from more(value, path)

    return check


def texts(value: Any, path: str) -> Iterator[Violation]:
    """An object of texts."""
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
        yield path, "must be an object of strings"


def anything(value: Any, path: str) -> Iterator[Violation]:
    """Whatever it is."""
    del value, path
    yield from ()


URL = string(1, 2048, form=r"https?://.+")
WHEN = string(form=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)")
