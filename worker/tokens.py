"""
Secrets that expire: renewed before they do, by one worker at a time, and once when the provider refuses them.

A renewed secret is stored before it is used; whoever waited for the renewal reads it from there.  A renewal that fails
while calls must wait for it is a state of the connection, told once: sends wait, and the provider is asked again after
a rest, by one of them.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import redis

from connectors.client import sending
from connectors.connection import blot
from connectors.errors import ConnectorError, Reason, Rejected, Unreachable
from connectors.provider import Provider
from worker import states
from worker.core import Core
from worker.store.connections import READY, Stored
from worker.store.text import text

log = logging.getLogger("ferry.tokens")

LOCK_MS = 60_000
WAIT_SECONDS = 15.0
CALL_SECONDS = 20.0
REST_SECONDS = 900  # after a renewal that failed in good time
PRESSING_REST_SECONDS = 15  # after one that calls wait for
FAILED = "renewal"  # the code of such an error


def fresh(core: Core, stored: Stored) -> Stored:
    """
    The connection with secrets that are good now, renewed first if a call must wait for that.

    raises: ConnectorError when they had to be renewed and could not be
    """
    refresh = core.provider(stored).refresh
    spoken, now = stored.speak(""), datetime.now(UTC)
    if refresh is None or not refresh.due(spoken, now) or not refresh.pressing(spoken, now):
        return stored
    if core.store.client.exists(_rests(stored)):
        told = "the secrets could not be renewed a moment ago: it is tried again soon"
        raise Unreachable(told, code=FAILED)
    return renew(core, stored)


def _rests(stored: Stored) -> str:
    return f"f:renewing:{stored.id}:rests"


def renew(core: Core, stored: Stored) -> Stored:
    """
    New secrets, by us or by whoever is at it already.

    raises: Rejected when the provider refuses (the connection then waits for a person), Unreachable and others
    """
    lock, token = f"f:renewing:{stored.id}", secrets.token_hex(8)
    until = time.monotonic() + WAIT_SECONDS
    while not core.store.client.set(lock, token, nx=True, px=LOCK_MS):
        if time.monotonic() > until:
            told = "the secrets are being renewed by another worker, which takes long"
            raise Unreachable(told)
        time.sleep(0.05)
        now = core.connections.get(stored.id, fresh=True)
        if now is not None and now.secrets != stored.secrets:
            return now
    try:
        now = core.connections.get(stored.id, fresh=True)
        if now is None or now.secrets != stored.secrets:
            return now or stored
        return _renewed(core, now)
    finally:
        _let_go(core, lock, token)


def _let_go(core: Core, lock: str, token: str) -> None:
    """Unless it ran out, and is somebody else's by now."""
    pipe: Any
    with core.store.client.pipeline() as pipe, contextlib.suppress(redis.WatchError):
        pipe.watch(lock)
        if text(pipe.get(lock)) == token:
            pipe.multi()
            pipe.delete(lock)
            pipe.execute()


def _renewed(core: Core, stored: Stored) -> Stored:
    provider = core.provider(stored)
    if provider.refresh is None:
        return stored
    with core.clients.one() as client:
        try:
            changed = provider.refresh.call(stored.speak(core.settings.public_url), sending(client, CALL_SECONDS))
        except ConnectorError as problem:
            if isinstance(problem, Rejected) and problem.reason == Reason.AUTH:
                states.refused(core, stored, problem)
                raise
            raise _failed(core, stored, problem) from problem

    def renewed(now: Stored) -> Stored:
        names = [name for name in changed if not name.startswith("settings.")]
        if any(now.secrets.get(name) != stored.secrets.get(name) for name in names):
            return now  # somebody has given another one meanwhile
        after = apply(now, changed)
        if now.state == states.SETUP_FAILED and (now.error or {}).get("code") == FAILED:
            return replace(after, state=READY, error=None)
        return after

    after = states.put(core, stored.id, renewed)
    core.store.client.delete(_rests(stored))
    log.info("secrets renewed", extra={"connection": stored.id, "provider": provider.title})
    return after


def _failed(core: Core, stored: Stored, problem: ConnectorError) -> ConnectorError:
    """What a renewal that went wrong is for whoever waits for it: nothing has left, whatever became of the renewal."""
    refresh = core.provider(stored).refresh
    if refresh is None or not refresh.pressing(stored.speak(""), datetime.now(UTC)):
        return problem
    core.store.client.set(_rests(stored), "1", ex=PRESSING_REST_SECONDS)
    told = f"the secrets could not be renewed: {blot(problem.text, stored.speak(''))}"
    failed = Unreachable(told, code=FAILED, status=problem.status)

    def fails(now: Stored) -> Stored:
        if now.secrets != stored.secrets or now.state != READY:
            return now
        return replace(now, state=states.SETUP_FAILED, error=failed.as_dict())

    states.put(core, stored.id, fails)
    return failed


def apply(stored: Stored, changed: Mapping[str, str | None]) -> Stored:
    """The connection with these laid over it: secrets by name, settings as "settings.<name>"; None takes one away."""
    settings, hidden = dict(stored.settings), dict(stored.secrets)
    for name, value in changed.items():
        place: dict[str, Any] = settings if name.startswith("settings.") else hidden
        bare = name.removeprefix("settings.")
        if value is None:
            place.pop(bare, None)
        else:
            place[bare] = value
    return replace(stored, settings=settings, secrets=hidden)


def noted(provider: Provider, before: Stored | None, after: Stored) -> Stored:
    """The connection with what its provider notes of secrets that a person gives, e.g. since when they are there."""
    if provider.refresh is None:
        return after
    was = None if before is None else before.speak("")
    return apply(after, provider.refresh.given(was, after.speak(""), datetime.now(UTC)))


def turn(core: Core) -> int:
    """Renews whatever is due; returns how many were.  One that fails while the old still serves rests a while."""
    renewed = 0
    for stored in core.connections.all():
        refresh = core.provider(stored).refresh
        if refresh is None or not stored.open or stored.state == states.CLIENT_ACTION_REQUIRED:
            continue
        spoken, now = stored.speak(""), datetime.now(UTC)
        if not refresh.due(spoken, now) or core.store.client.exists(_rests(stored)):
            continue
        try:
            renew(core, stored)
            renewed += 1
        except ConnectorError as problem:
            if not refresh.pressing(spoken, now):
                core.store.client.set(_rests(stored), "1", ex=REST_SECONDS)
            log.warning("secrets not renewed", extra={"connection": stored.id, "error": problem.name})
    return renewed
