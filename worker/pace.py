"""
How fast a connection may call its provider: the provider's documented limits, or what the connection says instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import InvalidCall
from connectors.provider import Pace, Provider
from worker.store.connections import Stored


def pace_of(stored: Stored, provider: Provider, kind: str) -> Pace | None:
    """The pace of an action class for this connection; None where nothing limits it."""
    documented = provider.paces.get(kind)
    said = stored.limits.get(kind)
    if said is None:
        return documented
    if said <= 0:
        return None
    burst = documented.burst if documented is not None and said <= documented.rate else max(1, int(said))
    return Pace(said, burst)


def shown(stored: Stored, provider: Provider) -> dict[str, Any]:
    """All limits in force: {class: {"rate": calls a second, "burst": calls at once} or None}."""
    found: dict[str, Any] = {}
    for kind in sorted({*provider.paces, *stored.limits}):
        pace = pace_of(stored, provider, kind)
        found[kind] = {"rate": pace.rate, "burst": pace.burst} if pace is not None else None
    return found


def hold(provider: Provider, given: Mapping[str, Any]) -> dict[str, float]:
    """
    Limits as a caller gives them: {class: calls a second, 0 for none}.

    raises: InvalidCall naming each that is no number or no class of the provider
    """
    classes = {action.pace for action in provider.actions.values()} | set(provider.paces)
    wrong: dict[str, Any] = {}
    held: dict[str, float] = {}
    for kind, value in given.items():
        if kind not in classes:
            wrong[f"limits.{kind}"] = [f"there is no such class; there are {', '.join(sorted(classes))}"]
            continue
        try:
            held[kind] = float(value)
        except (TypeError, ValueError):
            wrong[f"limits.{kind}"] = ["this is no number of calls a second"]
    if wrong:
        told = f"these limits do not fit {provider.title}: {', '.join(wrong)}"
        raise InvalidCall(told, fields=wrong)
    return held
