"""
Reading what a provider sends, whatever its types happen to be today: none of these raises on a strange value.

Webhooks carry 0/1 for booleans, digits in strings for numbers, seconds or milliseconds for times, and objects where a
text should be.  A parser reads through these and decides only what is missing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.errors import Malformed
from connectors.events import EventType, Fact

NO_MAPPING: Mapping[str, Any] = {}


def text(item: Any, *names: str) -> str | None:
    """The first of `names` that holds a non-empty text or number, as text."""
    if not isinstance(item, Mapping):
        return None
    for name in names:
        value = item.get(name)
        if isinstance(value, str):
            if value:
                return value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return None


def number(item: Any, *names: str) -> float | None:
    """The first of `names` that reads as a finite number."""
    if not isinstance(item, Mapping):
        return None
    for name in names:
        value = item.get(name)
        if isinstance(value, bool) or value is None:
            continue
        try:
            found = float(value)
        except (TypeError, ValueError, OverflowError):
            continue
        if math.isfinite(found):
            return found
    return None


def truth(value: Any) -> bool | None:
    """True, False, or None for what says neither (1, "1", "true", "yes" are true)."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0
    if isinstance(value, str):
        word = value.strip().lower()
        if word in {"1", "true", "yes", "on"}:
            return True
        if word in {"0", "false", "no", "off", ""}:
            return False
    return None


def mapping(item: Any, name: str) -> Mapping[str, Any]:
    """The object under `name`, or an empty one."""
    value = item.get(name) if isinstance(item, Mapping) else None
    return value if isinstance(value, Mapping) else NO_MAPPING


def items(item: Any, name: str) -> list[Any]:
    """The list under `name`; one object there counts as a list of it; anything else is an empty list."""
    value = item.get(name) if isinstance(item, Mapping) else None
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, Mapping) else []


def moment(value: Any) -> datetime | None:
    """Unix seconds or milliseconds (number or digits), or an ISO time, as an aware datetime; else None."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _epoch(float(value))
    if isinstance(value, str):
        word = value.strip()
        try:
            return _epoch(float(word))
        except ValueError:
            pass
        try:
            read = datetime.fromisoformat(word)
        except ValueError:
            return None
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read
    return None


def _epoch(seconds: float) -> datetime | None:
    if not math.isfinite(seconds) or seconds <= 0:
        return None
    if seconds >= 1e11:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def document(body: bytes) -> Any:
    """
    The JSON of a webhook body.

    raises: Malformed for anything else (also for depth that would exhaust the parser, NaN, bytes that are no text)
    """
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:
        told = "the body is not JSON"
        raise Malformed(told) from problem


def _refuse_constant(word: str) -> Any:
    told = f"{word} is not JSON"
    raise ValueError(told)


def each(found: Iterable[Any], translate: Callable[[Any], Fact | Iterable[Fact]]) -> list[Fact]:
    """
    Every item translated alone: one that cannot be read becomes an `unknown` fact with its raw words, and the rest of
    its batch is not touched.
    """
    facts: list[Fact] = []
    for item in found:
        try:
            told = translate(item)
            facts.extend([told] if isinstance(told, Fact) else told)
        except Exception as problem:  # noqa: BLE001  (a bad item falls alone; its raw words are kept)
            facts.append(unknown(item, problem))
    return facts


def unknown(item: Any, why: Exception | str) -> Fact:
    """An item nobody could read, kept whole; the note names the kind of mistake and quotes nothing of the item."""
    note = why if isinstance(why, str) else (str(why) if isinstance(why, Malformed) else type(why).__name__)
    return Fact(type=EventType.UNKNOWN, raw=item, note=note)
