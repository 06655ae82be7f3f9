"""What a person may do to a connection: change it, pause it, let it go on, archive it."""

from __future__ import annotations

import logging
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
from worker.store.connections import Stored

log = logging.getLogger("ferry.standing")

PAUSED = "paused"


def made_up(provider: Provider) -> str:
    """An id for a connection nobody named."""
    return f"{provider.title}-{token_hex(3)}"


def living(core: Core, ident: str) -> Stored:
    """The connection, unless it is archived.  raises: NotFound"""
    found = get(core, ident)
    if found.archived:
        told = f"the connection {ident!r} is archived"
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
    held, hidden = hold(provider, _laid(had.settings, settings), _laid(had.secrets, secrets))
    changed = replace(
        had,
        settings=held,
        secrets=hidden,
        limits=pace.hold(provider, _laid(had.limits, limits)),
        label=had.label if label is None else label,
    )
    changed = tokens.noted(provider, had, changed)
    if (changed.settings, changed.secrets) == (had.settings, had.secrets):
        core.connections.save(changed)
        return changed
    changed = replace(changed, state=states.BUILDING)
    core.connections.save(changed)
    return check(core, changed)


def _laid(had: Mapping[str, Any], given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in {**had, **(given or {})}.items() if value is not None}


def pause(core: Core, ident: str) -> Stored:
    """Closes the gate of its queues: one write, however many runs wait.  raises: NotFound"""
    had = living(core, ident)
    states.gate(core, ident, states.FAR_MS, PAUSED)
    changed = replace(had, paused=True)
    core.connections.save(changed)
    return changed


def resume(core: Core, ident: str) -> Stored:
    """Opens the gate and wakes what waited, unless the credentials are refused as well.  raises: NotFound"""
    had = living(core, ident)
    if had.state == states.CLIENT_ACTION_REQUIRED:
        states.gate(core, ident, states.FAR_MS, "auth")
    else:
        states.gate(core, ident, 0, "")
    changed = replace(had, paused=False)
    core.connections.save(changed)
    return changed


def archive(core: Core, ident: str) -> Stored:
    """
    Takes it out of service: its webhook is unregistered as far as the provider lets us, and its URL answers 404.

    raises: NotFound, Conflict while others take their webhooks by its URL
    """
    had = get(core, ident)
    if had.archived:
        return had
    others = [one.id for one in core.connections.behind(ident) if one.id != ident and not one.archived]
    if others:
        told = f"{', '.join(others)} take their webhooks by the URL of {ident!r}: archive or move them first"
        raise Conflict(told)
    provider = core.provider(had)
    if provider.unregister is not None and core.settings.public_url:
        spoken = had.speak(core.settings.public_url)
        try:
            with core.clients.one() as client:
                provider.unregister(spoken, http.asking(provider, spoken, client))
        except ConnectorError as problem:
            log.warning("webhook not unregistered", extra={"connection": ident, "error": problem.name})
    changed = replace(had, archived=True)
    core.connections.save(changed)
    return changed
