"""What a person may do to a connection: change it, give it new credentials, pause it, let it go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from secrets import token_hex
from typing import Any

from connectors.provider import Provider
from worker import pace, states, tokens
from worker import policy as wishes
from worker.accept import NotFound
from worker.core import Core
from worker.provision import check, counted, hold, living
from worker.store.connections import READY, Gone, Stored


def made_up(provider: Provider) -> str:
    """An id for a connection nobody named."""
    return f"{provider.title}-{token_hex(3)}"


def change(
    core: Core,
    ident: str,
    *,
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    policy: Mapping[str, Any] | None = None,
    label: str | None = None,
) -> Stored:
    """
    Lays these words over what the connection has, None taking a word away; tries it when credentials changed.

    raises: NotFound, InvalidCall naming each mistake as "settings.x", "secrets.x", "limits.x" or "policy.x"
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
            policy=wishes.hold(_laid(now.policy, policy)),
            label=now.label if label is None else label,
        )
        return counted(now, tokens.noted(provider, now, changed))

    try:
        changed = core.connections.update(ident, laid)
    except Gone as problem:
        raise NotFound(str(problem)) from problem
    return changed if changed.words == had.words else check(core, changed)


def reconnect(
    core: Core, ident: str, *, settings: Mapping[str, Any] | None = None, secrets: Mapping[str, Any] | None = None
) -> Stored:
    """
    The same connection with new credentials, or the same ones tried once more; what waited for them goes on, in order.

    raises: NotFound, InvalidCall
    """
    had = living(core, ident)
    changed = change(core, ident, settings=settings, secrets=secrets)
    if changed.words != had.words:
        return changed  # its words are others, and were tried
    return check(core, changed if changed.state == READY else states.building(core, changed))


def _laid(had: Mapping[str, Any], given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in {**had, **(given or {})}.items() if value is not None}


def _put(core: Core, ident: str, changed: Callable[[Stored], Stored]) -> Stored:
    try:
        return states.put(core, ident, changed)
    except Gone as problem:
        raise NotFound(str(problem)) from problem


def pause(core: Core, ident: str) -> Stored:
    """Closes the gate of its queues: one write, however many runs wait.  raises: NotFound"""
    living(core, ident)
    return _put(core, ident, lambda now: replace(now, paused=True))


def resume(core: Core, ident: str) -> Stored:
    """
    Opens the gate and wakes what waited, unless the credentials are refused as well.

    A rest that the provider asked for and a breaker's pause end with it: a person says that it shall be tried now.
    raises: NotFound
    """
    living(core, ident)
    found = _put(core, ident, lambda now: replace(now, paused=False))
    if not states.closed_for(found):
        states.gate(core, ident, 0, "")
        states.align(core, found)  # whoever closed it meanwhile
    return found
