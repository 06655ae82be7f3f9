"""What a person may do to a connection: change it, pause it, let it go on, archive it, bring it back."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from secrets import token_hex
from typing import Any

from connectors import client as http
from connectors.errors import ConnectorError
from connectors.provider import Provider
from worker import pace, states, tokens
from worker.accept import Conflict, NotFound
from worker.core import Core
from worker.provision import check, get, hold
from worker.store.connections import READY, Gone, Stored
from worker.store.text import text

log = logging.getLogger("ferry.standing")

PAUSED = "paused"
FLIGHT_SECONDS = 30.0  # an archiving waits so long for what is at the provider


def made_up(provider: Provider) -> str:
    """An id for a connection nobody named."""
    return f"{provider.title}-{token_hex(3)}"


def living(core: Core, ident: str) -> Stored:
    """The connection, unless it is archived.  raises: NotFound"""
    found = get(core, ident)
    if found.archived:
        told = f"the connection {ident!r} is archived: `ferry connection restore {ident}` brings it back"
        raise NotFound(told)
    return found


def change(
    core: Core,
    ident: str,
    *,
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    label: str | None = None,
) -> Stored:
    """
    Lays these words over what the connection has, None taking a word away; tries it when credentials changed.

    raises: NotFound, InvalidCall naming each mistake as "settings.x", "secrets.x" or "limits.x"
    """
    had = living(core, ident)
    provider = core.provider(had)

    def laid(now: Stored) -> Stored:
        held, hidden = hold(provider, _laid(now.settings, settings), _laid(now.secrets, secrets))
        changed = replace(
            now,
            settings=held,
            secrets=hidden,
            limits=pace.hold(provider, _laid(now.limits, limits)),
            label=now.label if label is None else label,
        )
        return tokens.noted(provider, now, changed)

    changed = _update(core, ident, laid)
    if (changed.settings, changed.secrets) == (had.settings, had.secrets):
        return changed
    return check(core, states.building(core, changed))


def reconnect(
    core: Core, ident: str, *, settings: Mapping[str, Any] | None = None, secrets: Mapping[str, Any] | None = None
) -> Stored:
    """
    The same connection with new credentials, or the same ones tried once more; what waited for them goes on, in order.

    raises: NotFound, InvalidCall
    """
    changed = change(core, ident, settings=settings, secrets=secrets)
    return changed if changed.state == READY else check(core, states.building(core, changed))


def _laid(had: Mapping[str, Any], given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in {**had, **(given or {})}.items() if value is not None}


def _update(core: Core, ident: str, changed: Any) -> Stored:
    try:
        return core.connections.update(ident, changed)
    except Gone as problem:
        raise NotFound(str(problem)) from problem


def pause(core: Core, ident: str) -> Stored:
    """Closes the gate of its queues: one write, however many runs wait.  raises: NotFound"""
    living(core, ident)
    states.gate(core, ident, states.FAR_MS, PAUSED)
    return _update(core, ident, lambda now: replace(now, paused=True))


def resume(core: Core, ident: str) -> Stored:
    """Opens the gate and wakes what waited, unless the credentials are refused as well.  raises: NotFound"""
    had = living(core, ident)
    if had.state == states.CLIENT_ACTION_REQUIRED:
        states.gate(core, ident, states.FAR_MS, "auth")
    else:
        states.gate(core, ident, 0, "")
    return _update(core, ident, lambda now: replace(now, paused=False))


def archive(core: Core, ident: str, *, seconds: float = FLIGHT_SECONDS) -> Stored:
    """
    Takes it out of service: what is at the provider is waited for, what is queued becomes dead letters, its webhook is
    unregistered as far as the provider lets us, and its URL answers 404.

    raises: NotFound, Conflict while others take their webhooks by its URL, or something is still at the provider
    """
    had = get(core, ident)
    if had.archived:
        return had
    others = [one.id for one in core.connections.behind(ident) if one.id != ident and not one.archived]
    if others:
        told = f"{', '.join(others)} take their webhooks by the URL of {ident!r}: archive or move them first"
        raise Conflict(told)
    states.gate(core, ident, states.FAR_MS, "archived")  # nothing more leaves
    _land(core, had, seconds)
    provider = core.provider(had)
    if provider.unregister is not None and core.settings.public_url:
        spoken = had.speak(core.settings.public_url)
        try:
            with core.clients.one() as client:
                provider.unregister(spoken, http.asking(provider, spoken, client))
        except ConnectorError as problem:
            log.warning("webhook not unregistered", extra={"connection": ident, "error": problem.name})
    changed = _update(core, ident, lambda now: replace(now, archived=True, formers=()))
    states.tell(core, changed, had.state)
    states.gate(core, ident, 0, "")  # what is queued ends now, each with its dead letter
    return changed


def _land(core: Core, stored: Stored, seconds: float) -> None:
    """Waits for runs that are at the provider.  raises: Conflict, with the gate as it was"""
    until = time.monotonic() + seconds
    while count := flying(core, stored.id):
        if time.monotonic() > until:
            if not stored.paused:
                resume(core, stored.id)
            told = f"{count} run(s) of {stored.id!r} are at the provider: archive it once they have ended"
            raise Conflict(told)
        time.sleep(0.05)


def flying(core: Core, connection: str) -> int:
    """How many of its runs are at the provider at this moment."""
    client, partition = core.store.client, core.store.of(connection)
    count = 0
    for kind in states.CLASSES:
        lanes: Any = client.hkeys(core.store.key(partition, f"h:out:{connection}:{kind}"))
        for lane in lanes:
            head: Any = client.lindex(core.store.key(partition, f"l:{text(lane)}"), 0)
            if head is not None:
                state: Any = client.hget(core.store.key(partition, f"r:{text(head)}"), "state")
                count += text(state) == "leaving"
    return count


def restore(core: Core, ident: str) -> Stored:
    """An archived connection is tried and registered again; what it did is still there.  raises: NotFound"""
    had = get(core, ident)
    if not had.archived:
        return had
    back: dict[str, Any] = {"archived": False, "state": states.BUILDING, "action": None, "error": None}
    changed = _update(core, ident, lambda now: replace(now, **back))
    if changed.paused:
        states.gate(core, ident, states.FAR_MS, PAUSED)
    return check(core, changed)
