"""
A connection's state: changed here, told as an event, and acted on: a connection that needs a person holds its sends.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors.connection import blot
from connectors.errors import ConnectorError
from connectors.events import EventType
from worker.core import Core
from worker.store import events, ids
from worker.store.connections import READY, Stored
from worker.store.text import iso, text

log = logging.getLogger("ferry.states")

BUILDING = "BUILDING"
CLIENT_ACTION_REQUIRED = "CLIENT_ACTION_REQUIRED"
FAR_MS = 10 * 365 * 86_400_000  # a gate that only a person opens
CLASSES = ("live", "bulk")


def required(title: str, ident: str) -> dict[str, Any]:
    """What a person has to do when a provider does not accept the credentials, in words for them and for an agent."""
    return {
        "type": "provide-input",
        "description": f"{title} does not accept the credentials: give new ones",
        "uiUrl": None,
        "agentInstructions": f"Ask the owner for the credentials of {title}, then run "
        f"`ferry connection ensure {title} --key {ident} --secret NAME=@ENV`.",
    }


def refused(core: Core, stored: Stored, problem: ConnectorError) -> Stored:
    """The provider refuses the credentials: the connection waits for a person, and its sends wait with it."""
    fresh = core.connections.get(stored.id, fresh=True) or stored
    if fresh.secrets != stored.secrets:
        return fresh  # somebody has given new ones meanwhile
    if fresh.state == CLIENT_ACTION_REQUIRED:
        return fresh
    error = problem.as_dict()
    error["text"] = blot(str(error["text"]), fresh.speak(""))
    title = core.provider(fresh).title
    return change(core, fresh, CLIENT_ACTION_REQUIRED, action=required(title, fresh.id), error=error)


def change(
    core: Core, stored: Stored, state: str, *, action: dict[str, Any] | None = None, error: dict[str, Any] | None = None
) -> Stored:
    """Stores the state, opens or closes the gate as it asks for, and tells whoever listens of a change."""
    before = stored.state
    after = replace(stored, state=state, action=action, error=error)
    if after != stored:
        core.connections.save(after)
    if state == CLIENT_ACTION_REQUIRED:
        gate(core, stored.id, FAR_MS, "auth")
    elif state == READY and not stored.paused and _held_for_auth(core, stored.id):
        gate(core, stored.id, 0, "")
    if before != state and (before, state) != (BUILDING, READY):  # whoever builds one hears how it went
        _tell(core, after, before)
    return after


def _held_for_auth(core: Core, connection: str) -> bool:
    key = core.store.key(core.store.of(connection), f"g:{connection}")
    return text(core.store.client.hget(key, "reason")) == "auth"


def gate(core: Core, connection: str, ms: int, reason: str) -> None:
    """Closes the connection's way out for `ms`, or opens it with 0; what waits keeps its order."""
    partition = core.store.of(connection)
    queues = [f"out:{connection}:{kind}" for kind in CLASSES]
    until = int(time.time() * 1000) + ms if ms else 0
    rings = core.store.run("gate", partition, connection, until, reason, *queues)
    core.ring(partition, [text(one) for one in rings])


def _tell(core: Core, stored: Stored, before: str) -> None:
    partition, now = core.store.of(stored.id), datetime.now(UTC)
    body = {
        "id": ids.event_id(partition, stored.id, EventType.CONNECTION_STATE, f"{stored.state}:{iso(now)}"),
        "type": str(EventType.CONNECTION_STATE),
        "provider": core.provider(stored).title,
        "connection": stored.id,
        "occurred_at": iso(now),
        "received_at": iso(now),
        "request": None,
        "conversation": None,
        "raw": None,
        "state": {"before": before, "state": stored.state, "clientAction": stored.action, "error": stored.error},
    }
    hearers = core.hearers(EventType.CONNECTION_STATE)
    _, rings = events.commit(core.store, [events.Commit(partition, body, stored.id, subscriptions=hearers)])
    core.ring_all(rings)
    log.info("connection state", extra={"connection": stored.id, "state": stored.state, "before": before})
