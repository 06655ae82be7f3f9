"""
Into the archive and back.

1. The connection takes no new runs, and nothing more leaves (unless what is queued is to be finished first).
2. What is at the provider is waited for.
3. Its webhook is unregistered as far as the provider lets us; it is DISABLED, its URL answers 404.

What is queued is held: it goes on in its order when the connection comes back, and becomes dead letters when its time
passes before.  Whoever dies in between leaves the rest to `turn`; what was archived before is done again without harm.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Any

from connectors import client as http
from connectors.errors import ConnectorError
from worker import outbox, provision, states
from worker.accept import Conflict
from worker.core import Core
from worker.store import runs
from worker.store.connections import Stored
from worker.store.text import text

log = logging.getLogger("ferry.archiving")

FLIGHT_SECONDS = 5.0  # whoever archives waits so long; after that the elected worker goes on
QUEUED = ("hold", "cancel", "finish")


def archive(core: Core, ident: str, queued: str = "hold", *, seconds: float = FLIGHT_SECONDS) -> Stored:
    """
    Takes it out of service; `archiving` as long as something is at the provider still, or to be finished.

    queued: what becomes of runs that wait: they are held, cancelled, or finished first
    raises: NotFound, Conflict while others take their webhooks by its URL
    """
    had = provision.get(core, ident)
    if had.archived:
        return had
    others = [one.id for one in core.connections.behind(ident) if one.id != ident and not one.archived]
    if others:
        told = f"{', '.join(others)} take their webhooks by its URL: `ferry connection archive {others[0]}` comes first"
        raise Conflict(told)
    stored = states.put(core, ident, lambda now: now if now.archived else replace(now, closing=queued))
    until = time.monotonic() + seconds
    while True:
        stored = proceed(core, stored)
        if not stored.closing or time.monotonic() > until or core.stopping.wait(0.05):
            return stored


def proceed(core: Core, stored: Stored) -> Stored:
    """Archives it, if nothing stands in the way any more."""
    if not stored.closing or (stored.closing == "finish" and _waiting(core, stored.id)) or flying(core, stored.id):
        return stored
    if stored.closing == "cancel":
        _cancel(core, stored.id)
    error = _unregistered(core, stored)

    def away(now: Stored) -> Stored:
        if now.closing != stored.closing:
            return now  # brought back meanwhile, or archived by somebody else
        return replace(now, archived=True, closing="", action=None, error=error, words=now.words + 1)

    return states.put(core, stored.id, away)


def _unregistered(core: Core, stored: Stored) -> dict[str, Any] | None:
    """Takes our address out at the provider; what went wrong, if it did."""
    provider, public = core.provider(stored), core.settings.public_url
    if provider.unregister is None or not public:
        return None
    spoken = stored.speak(public)
    try:
        with core.clients.one() as client:
            provider.unregister(spoken, http.asking(provider, spoken, client))
    except ConnectorError as problem:
        log.warning("webhook not unregistered", extra={"connection": stored.id, "error": problem.name})
        told = f"{provider.title} could not be told to stop calling; its calls are answered 404"
        return {**problem.as_dict(), "text": told}
    return None


def flying(core: Core, connection: str) -> int:
    """How many of its runs are at the provider at this moment; those whose worker died are judged first."""
    client, partition = core.store.client, core.store.of(connection)
    outbox.judge(core, connection)
    count = 0
    for kind in states.CLASSES:
        held: Any = client.hkeys(core.store.key(partition, f"h:out:{connection}:{kind}"))
        for lane in held:
            head: Any = client.lindex(core.store.key(partition, f"l:{text(lane)}"), 0)
            if head is not None:
                state: Any = client.hget(core.store.key(partition, f"r:{text(head)}"), "state")
                count += text(state) == "leaving"
    return count


def _waiting(core: Core, connection: str) -> bool:
    """Whether anything of its queues is to be done still; what is scheduled for later is not."""
    names = (core.store.key(core.store.of(connection), f"q:out:{connection}:{kind}") for kind in states.CLASSES)
    return any(core.store.client.exists(name) for name in names)


def _cancel(core: Core, connection: str) -> None:
    for run in runs.unended(core.store, core.store.of(connection)):
        record = runs.load(core.store, run)
        if record is not None and text(record.get("connection")) == connection:
            runs.cancel(core.store, run)


def restore(core: Core, ident: str) -> Stored:
    """
    An archived connection is tried and registered again, and what was held goes on; what it did is still there.

    raises: NotFound
    """
    had = provision.get(core, ident)
    if had.open:
        return had

    def back(now: Stored) -> Stored:
        if now.open:
            return now
        was: dict[str, Any] = {"archived": False, "closing": "", "action": None, "error": None}
        return replace(now, state=states.BUILDING, words=now.words + 1, **was)

    return provision.check(core, core.connections.update(ident, back))


def turn(core: Core) -> None:
    """Goes on with what is on its way into the archive, and judges what dead workers left behind a closed gate."""
    for stored in core.connections.all():
        if stored.closing:
            proceed(core, stored)
        elif states.closed_for(stored):
            outbox.judge(core, stored.id)
