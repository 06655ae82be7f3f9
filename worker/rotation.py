"""
A new webhook secret, in steps that may stop anywhere: the URL that the provider knows is accepted all the time.

1. The new secret is stored, and the one before is kept beside it without an end.
2. The provider is told the new URL, or a person is, where only a person can.
3. Then the end of the one before is set: a grace for what is on its way and for what people have still to paste.

Whoever stops after 1 leaves one without an end: asked again, or by the elected worker a minute later, 2 follows.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from connectors import client as http
from connectors.errors import ConnectorError
from connectors.guards import same
from worker.accept import Conflict
from worker.core import Core
from worker.standing import living
from worker.store.connections import READY, Former, Stored, new_token

log = logging.getLogger("ferry.rotation")

GRACE_SECONDS = 86_400.0  # where the provider is told by us
PASTE_SECONDS = 7 * 86_400.0  # where a person has to paste the URL
MOST = 4  # secrets from before that are accepted at once


def rotate(core: Core, ident: str, grace: float | None = None) -> Stored:
    """
    The connection with a new webhook secret; those from before are accepted for `grace` seconds.

    Safe to repeat: one that was not finished is finished instead of begun anew.
    raises: NotFound, Conflict for one whose webhooks come in by another's URL
    """
    stored = living(core, ident)
    if stored.source not in ("", ident):
        told = f"the webhooks of {ident!r} come in by the URL of {stored.source!r}: rotate that one"
        raise Conflict(told)
    begun = core.connections.update(ident, _begin)
    return finish(core, begun, grace)


def _begin(now: Stored) -> Stored:
    if any(one.until is None for one in now.formers):
        return now
    formers = (Former(now.token), *living_formers(now))[:MOST]
    return replace(now, token=new_token(), formers=formers)


def living_formers(stored: Stored) -> tuple[Former, ...]:
    """Those that are still accepted."""
    now = time.time() * 1000
    return tuple(one for one in stored.formers if one.until is None or one.until > now)


def finish(core: Core, stored: Stored, grace: float | None = None) -> Stored:
    """Tells the provider, and sets the end of the secret before; while the provider cannot be told it stays open."""
    provider = core.provider(stored)
    if provider.register is not None and core.settings.public_url:
        try:
            _tell(core, stored)
        except ConnectorError as problem:
            log.warning(
                "the new webhook URL is not registered yet", extra={"connection": stored.id, "error": problem.name}
            )
            error = {
                **problem.as_dict(),
                "text": "the provider could not be told the new webhook URL; it is tried again",
            }
            return core.connections.update(stored.id, lambda now: replace(now, error=error))
    seconds = grace if grace is not None else PASTE_SECONDS if provider.paste else GRACE_SECONDS
    until = int((time.time() + seconds) * 1000)

    def ended(now: Stored) -> Stored:
        kept = tuple(Former(one.token, until if one.until is None else one.until) for one in living_formers(now))
        return replace(now, formers=kept, error=None if now.state == READY else now.error)

    after = core.connections.update(stored.id, ended)
    log.info("webhook secret rotated", extra={"connection": stored.id, "provider": provider.title})
    return after


def _tell(core: Core, stored: Stored) -> None:
    """The provider calls the new URL, and the old one no more where it would call both.  raises: ConnectorError"""
    provider, public = core.provider(stored), core.settings.public_url
    with core.clients.one() as client:
        spoken = stored.speak(public)
        if provider.register is not None:
            provider.register(spoken, http.asking(provider, spoken, client))
        for one in stored.formers:
            if one.until is None and provider.unregister is not None:
                before = replace(stored, token=one.token).speak(public)
                provider.unregister(before, http.asking(provider, before, client))


def fits(stored: Stored, token: str) -> bool:
    """Whether a webhook's secret is this connection's, in the same time whichever of them it is."""
    found = same(token, stored.token)
    for one in living_formers(stored):
        found = same(token, one.token) or found
    return found


def turn(core: Core) -> None:
    """Finishes what somebody had to leave unfinished."""
    for stored in core.connections.all():
        if not stored.archived and any(one.until is None for one in stored.formers):
            finish(core, stored)
