"""
A connection's state: changed here, told as an event, and acted on: a connection that needs a person holds its sends.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
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
    fresh = core.connections.get(stored.id, fresh=True) or stored
    if fresh.secrets != stored.secrets:
        return fresh  # somebody has given new ones meanwhile
    if fresh.state == CLIENT_ACTION_REQUIRED:
        return fresh
    error = problem.as_dict()
    error["text"] = blot(str(error["text"]), fresh.speak(""))
    return change(core, fresh, CLIENT_ACTION_REQUIRED, action=required(core.provider(fresh), fresh.id), error=error)


def change(
    core: Core, stored: Stored, state: str, *, action: dict[str, Any] | None = None, error: dict[str, Any] | None = None
) -> Stored:
    """Stores the state, opens or closes the gate as it asks for, and tells whoever listens of a change."""
    before = stored.state

    def changed(now: Stored) -> Stored:
        nonlocal before
        before = now.state
        return replace(now, state=state, action=action, error=error)

    after = core.connections.update(stored.id, changed)
    if state == CLIENT_ACTION_REQUIRED:
        gate(core, stored.id, FAR_MS, "auth")
    elif state == READY and not after.paused and _held_for_auth(core, stored.id):
        gate(core, stored.id, 0, "")
    if before != state and (before, state) != (BUILDING, READY):  # whoever builds one hears how it went
        tell(core, after, before)
    return after


def _held_for_auth(core: Core, connection: str) -> bool:
    key = core.store.key(core.store.of(connection), f"g:{connection}")
    return text(core.store.client.hget(key, "reason")) == "auth"


def building(core: Core, stored: Stored) -> Stored:
    """It is being tried: whoever looks meanwhile sees that."""
    return core.connections.update(stored.id, lambda now: replace(now, state=BUILDING, action=None, error=None))


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
    state = DISABLED if stored.archived else stored.state
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
