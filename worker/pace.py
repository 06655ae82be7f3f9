"""
How fast a connection may call its provider: the provider's documented limits, or what the connection says instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.errors import InvalidCall
from connectors.provider import RECIPIENT, Pace, Provider
from worker.core import Core
from worker.store.connections import Stored


def pace_of(stored: Stored, provider: Provider, kind: str) -> Pace | None:
    """The pace of an action class for this connection; None where nothing limits it."""
    documented = provider.paces.get(kind)
    said = stored.limits.get(kind)
    if said is None:
        return documented
    if said <= 0:
        return None
    burst = documented.burst if documented is not None else 1
    return Pace(said, burst if documented is not None and said <= documented.rate else max(burst, int(said)))


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
    classes = {action.pace for action in provider.actions.values()} | set(provider.paces) | {RECIPIENT}
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


def room(core: Core, stored: Stored, provider: Provider) -> dict[str, Any]:
    """
    The limits with how they stand: {class: {"rate", "burst", "room", "learned"} or None}.

    room: calls that may leave now; learned: the calls a second that a 429 has taught, else None.  Of the pace to one
    person each has a room of their own: see `rooms`.
    """
    found = shown(stored, provider)
    key = core.store.key(core.store.of(stored.id), f"g:{stored.id}")
    names = [name for kind in found for name in (f"tat:{kind}", f"slow:{kind}")]
    told: Any = core.store.client.hmget(key, names) if names else []
    seconds, micros = core.store.client.time() if names else (0, 0)
    now = float(seconds) * 1000 + float(micros) / 1000
    for index, (kind, limit) in enumerate(found.items()):
        if limit is None:
            continue
        if kind == RECIPIENT:
            found[kind] = {**limit, "room": None, "learned": None}
            continue
        factor = float(told[2 * index + 1] or 1)
        step = 1000.0 / limit["rate"] * factor
        ahead = max(0.0, float(told[2 * index] or 0) - now)
        left = max(0, min(limit["burst"], int(limit["burst"] - ahead / step)))
        found[kind] = {**limit, "room": left, "learned": limit["rate"] / factor if factor > 1 else None}
    return found


def rooms(core: Core, stored: Stored, provider: Provider, parties: Sequence[str]) -> dict[str, int | None]:
    """How many messages may leave to each of these now; None where nothing limits it.  One round trip."""
    pace = pace_of(stored, provider, RECIPIENT)
    if pace is None or not parties:
        return dict.fromkeys(parties)
    partition, step = core.store.of(stored.id), 1000.0 / pace.rate
    with core.store.client.pipeline(transaction=False) as pipe:
        pipe.time()
        pipe.mget([core.store.key(partition, f"rp:{stored.id}:{party}") for party in parties])
        (seconds, micros), told = pipe.execute()
    now = float(seconds) * 1000 + float(micros) / 1000
    return {
        party: max(0, int(pace.burst - max(0.0, float(until or 0) - now) / step))
        for party, until in zip(parties, told, strict=True)
    }
