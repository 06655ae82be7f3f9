"""Redis answers in bytes; these read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any


def text(value: Any) -> str:
    """`value` as text; None as ""."""
    if value is None:
        return ""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def wire(value: Any) -> Any:
    """
    `value` as Redis takes it.

    JSON may hold half of a surrogate pair, which no UTF-8 can: it becomes U+FFFD, so that one odd word sinks nothing.
    """
    if not isinstance(value, str):
        return value
    try:
        return value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def pairs(flat: Iterable[Any]) -> dict[str, bytes]:
    """A flat reply [field, value, …] as a mapping."""
    found = list(flat)
    return {text(found[i]): found[i + 1] for i in range(0, len(found) - 1, 2)}


def stamp(ms: float | str | bytes | None) -> str | None:
    """Unix ms as RFC 3339 UTC with milliseconds; None and "" stay None."""
    if ms in (None, "", b""):
        return None
    return iso(datetime.fromtimestamp(float(text(ms)) / 1000, UTC))


def iso(moment: datetime) -> str:
    """An aware datetime as RFC 3339 UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def millis(moment: datetime) -> int:
    """An aware datetime as Unix ms."""
    return int(moment.timestamp() * 1000)
