"""
The breaker of a connection: a provider that is down is left alone for a while, and then asked by one call.

Counted and kept within the scripts that record what became of a call (store/lua/finish.lua) and let one out
(leave.lua); here is what a call says of its provider's health, and how a change is told.  Webhooks come in all the
same, what waits keeps its order and ends when its time is over, and no other connection notices.
"""

from __future__ import annotations

import logging
from typing import Any

from connectors.errors import ConnectorError, Scope, Throttled, Unreachable
from worker import states
from worker.core import Core
from worker.store.attempts import Breaker
from worker.store.connections import Stored
from worker.store.text import stamp, text

log = logging.getLogger("ferry.breaking")

MOST_SECONDS = 300.0
BROKEN = 500  # statuses from here on say that it is the provider's own trouble
NOT_BUILT = 501  # … but for this one, which says that there is no such thing


def limits(core: Core) -> Breaker:
    """As the settings say."""
    pause = int(core.settings.breaker_seconds * 1000)
    return Breaker(core.settings.breaker_failures, pause, max(pause, int(MOST_SECONDS * 1000)))


def health(problem: ConnectorError | None, status: int | None) -> str:
    """
    What a call says of its provider: "ok", "slow" (we are too fast for it), "bad", or "" when it says nothing.

    A refusal is an answer like any other.  Silence is neither: one slow call must not stop a whole connection.
    """
    if isinstance(problem, Throttled) and problem.scope == Scope.CONNECTION:
        return "slow"
    if isinstance(problem, Unreachable):
        return "bad"
    if status is None:
        return ""
    return "bad" if status >= BROKEN and status != NOT_BUILT else "ok"


def changed(core: Core, stored: Stored, word: str, since: int) -> None:
    """Tells of a breaker that opened, probes or closed, once, however many workers saw it."""
    now = shown(core, stored.id)
    current = core.connections.get(stored.id) or stored
    told = {**now, "state": word, "since": stamp(since)}
    key = f"breaker:{word}:{since}:{now['trips']}"
    states.tell(core, current, current.state, key=key, breaker=told)
    log.warning("breaker", extra={"connection": stored.id, "state": word})
    key = _gate(core, stored.id)
    if text(core.store.client.hget(key, "news")) == f"{word} {since}":
        core.store.client.hdel(key, "news")


def turn(core: Core) -> None:
    """Tells of what changed, where whoever saw it died before it was told."""
    found = core.connections.all()
    with core.store.client.pipeline(transaction=False) as pipe:
        for stored in found:
            pipe.hget(_gate(core, stored.id), "news")
        news = [text(one) for one in pipe.execute()] if found else []
    for stored, one in zip(found, news, strict=True):
        word, _, since = one.partition(" ")
        if word:
            changed(core, stored, word, int(since))


def _gate(core: Core, connection: str) -> str:
    return core.store.key(core.store.of(connection), f"g:{connection}")


def shown(core: Core, connection: str) -> dict[str, Any]:
    """{state: closed | open | half_open, since, until, failures, trips} as it is now."""
    key = _gate(core, connection)
    found: Any = core.store.client.hmget(key, "broken", "fails", "trips", "until", "probe", "reason")
    broken, fails, trips, until, probe, reason = (text(one) for one in found)
    state = "closed" if not broken else "half_open" if probe else "open"
    return {
        "state": state,
        "since": stamp(broken),
        "until": stamp(until) if broken and reason == "breaker" else None,
        "failures": int(fails or 0),
        "trips": int(trips or 0),
    }
