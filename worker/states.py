"""
A connection's state: changed here, told as an event, and acted on: a connection that needs a person holds its sends.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors.connection import blot
from connectors.errors import ConnectorError
from connectors.events import EventType
from connectors.provider import Provider
from worker.core import Core
from worker.store import events, ids
from worker.store.connections import DISABLED, READY, Stored
from worker.store.text import iso, text

log = logging.getLogger("ferry.states")

BUILDING = "BUILDING"
CLIENT_ACTION_REQUIRED = "CLIENT_ACTION_REQUIRED"
CONFIGURATION_ERROR = "CONFIGURATION_ERROR"
SETUP_FAILED = "SETUP_FAILED"
STATES = (READY, BUILDING, CLIENT_ACTION_REQUIRED, CONFIGURATION_ERROR, SETUP_FAILED, DISABLED)
FAR_MS = 10 * 365 * 86_400_000  # a gate that only a person opens
CLASSES = ("live", "bulk")


def required(provider: Provider, ident: str, why: str = "does not accept the credentials") -> dict[str, Any]:
    """What a person has to do for credentials that are good again, in words for them and for an agent."""
    title = provider.title
    if provider.login is not None:
        command = f"`{remedy(provider, ident)}`"
        return {
            "type": "connect",
            "description": f"{title} {why}: log in again with {command}",
            "uiUrl": provider.console,
            "agentInstructions": f"Ask the owner to run {command} at a terminal and to log in to {title} in the "
            "browser it opens: an agent cannot do that for them.",
        }
    return {
        "type": "provide-input",
        "description": f"{title} {why}: give new ones",
        "uiUrl": provider.console,
        "agentInstructions": f"Ask the owner for the credentials of {title}, then run `{remedy(provider, ident)}`.",
    }


def remedy(provider: Provider, ident: str) -> str:
    """The command that gives a connection new credentials."""
    if provider.login is not None:
        return f"ferry connect {provider.title} --key {ident}"
    return f"ferry connection ensure {provider.title} --key {ident} --secret NAME=@ENV"


def refused(core: Core, stored: Stored, problem: ConnectorError) -> Stored:
    """The provider refuses the credentials: the connection waits for a person, and its sends wait with it."""
    error = problem.as_dict()
    error["text"] = blot(str(error["text"]), stored.speak(""))
    action = required(core.provider(stored), stored.id)

    def needs(now: Stored) -> Stored:
        if now.secrets != stored.secrets or now.archived:
            return now  # somebody has given new ones meanwhile
        if now.state == CLIENT_ACTION_REQUIRED:
            return now
        return replace(now, state=CLIENT_ACTION_REQUIRED, action=action, error=error)

    return put(core, stored.id, needs)


def put(core: Core, ident: str, change: Callable[[Stored], Stored]) -> Stored:
    """
    Lays a change over what is stored, opens or closes the gate as it asks for, and tells of a new state.

    Whoever dies in between leaves the rest to `turn`.
    raises: Gone, and what `change` raises
    """

    def changed(now: Stored) -> Stored:
        after = change(now)
        if not after.told and after.stand == READY:
            return replace(after, told=READY)  # whoever makes one hears how it went
        return after

    after = core.connections.update(ident, changed)
    align(core, after)
    return said(core, after)


def said(core: Core, stored: Stored) -> Stored:
    """The state, told once, however often this is repeated; that it is being tried is no news."""
    state = stored.stand
    if state in (stored.told, BUILDING):
        return stored
    tell(core, stored, stored.told or BUILDING, key=f"{state}:{stored.since}")
    return core.connections.update(
        stored.id, lambda now: replace(now, told=state) if now.stand == state and now.since == stored.since else now
    )


def turn(core: Core) -> None:
    """What somebody died over is done: gates as the connections ask for, states that were not told."""
    for stored in core.connections.all():
        align(core, stored)
        said(core, stored)


def building(core: Core, stored: Stored) -> Stored:
    """It is being tried: whoever looks meanwhile sees that."""
    return core.connections.update(stored.id, begun)


def begun(now: Stored) -> Stored:
    """The same, as a part of the change that makes it necessary: whoever dies before the verdict leaves it so."""
    return replace(now, state=BUILDING, action=None, error=None, since=iso(datetime.now(UTC)), tries=0)


# The way out --------------------------------------------------------------------------------------------------------

OURS = frozenset({"auth", "paused", "archived"})  # reasons that stand in the connection itself


def closed_for(stored: Stored) -> str:
    """Why a connection lets nothing out until a person has been; "" where it does."""
    if stored.archived or stored.closing in {"hold", "cancel"}:
        return "archived"
    if stored.paused:
        return "paused"
    return "auth" if stored.state == CLIENT_ACTION_REQUIRED else ""


def align(core: Core, stored: Stored) -> None:
    """The gate as the connection asks for, whoever else changes it at the same time."""
    while True:
        reason = closed_for(stored)
        key = core.store.key(core.store.of(stored.id), f"g:{stored.id}")
        had: Any = core.store.client.hmget(key, "reason", "until")
        shut = float(had[1] or 0) > time.time() * 1000 + FAR_MS / 2
        if reason and (text(had[0]) != reason or not shut):
            gate(core, stored.id, FAR_MS, reason)
        elif not reason and text(had[0]) in OURS:
            gate(core, stored.id, 0, "")
        now = core.connections.get(stored.id, fresh=True)
        if now is None or closed_for(now) == reason:
            return
        stored = now


def gate(core: Core, connection: str, ms: int, reason: str) -> None:
    """Closes the connection's way out for `ms`, or opens it with 0; what waits keeps its order."""
    partition = core.store.of(connection)
    queues = [f"out:{connection}:{kind}" for kind in CLASSES]
    until = int(time.time() * 1000) + ms if ms else 0
    rings = core.store.run("gate", partition, connection, until, reason, *queues)
    core.ring(partition, [text(one) for one in rings])


def tell(
    core: Core,
    stored: Stored,
    before: str,
    *,
    warnings: Sequence[Mapping[str, Any]] = (),
    key: str = "",
    breaker: Mapping[str, Any] | None = None,
) -> None:
    """One connection.state event; the same `key` is the same event, however often it is told."""
    partition, now = core.store.of(stored.id), datetime.now(UTC)
    state = stored.stand
    key = key or f"{state}:{iso(now)}"
    body = {
        "id": ids.event_id(partition, stored.id, EventType.CONNECTION_STATE, key),
        "type": str(EventType.CONNECTION_STATE),
        "provider": core.provider(stored).title,
        "connection": stored.id,
        "occurred_at": iso(now),
        "received_at": iso(now),
        "request": None,
        "conversation": None,
        "raw": None,
        "state": {
            "before": before,
            "state": state,
            "clientAction": stored.action,
            "error": stored.error,
            "warnings": list(warnings),
            "breaker": dict(breaker) if breaker is not None else None,
        },
    }
    hearers = core.hearers(EventType.CONNECTION_STATE)
    _, rings = events.commit(core.store, [events.Commit(partition, body, stored.id, subscriptions=hearers)])
    core.ring_all(rings)
    log.info("connection state", extra={"connection": stored.id, "state": stored.state, "before": before})
