"""
Rest: what a provider's answers say of the allowance used is obeyed before its limit bites.

Every answer counts, those to our own questions too; for as long as the provider asks, nothing leaves by the queues of
the connection, and no proof is asked for.  Which words of an answer say so, only the provider knows (`Provider.rest`).
"""

from __future__ import annotations

import logging
import time
from typing import Any

from connectors import client as http
from connectors.errors import Throttled
from connectors.provider import Answer
from worker import states
from worker.core import Core
from worker.store.client import is_away
from worker.store.connections import Stored
from worker.store.text import text

log = logging.getLogger("ferry.resting")

REASON = "usage"  # of the gate
ASKED = frozenset({REASON, "throttled"})  # the provider wants us to be quiet


def heed(core: Core, stored: Stored) -> http.Heard:
    """A look at each answer of the connection's provider, which closes its gate where the answer asks for rest."""
    provider = core.provider(stored)

    def look(answer: Answer) -> None:
        seconds = provider.rest(answer)
        if not seconds:
            return
        log.info("the provider asks for rest", extra={"connection": stored.id, "seconds": round(seconds, 1)})
        try:
            states.gate(core, stored.id, int(seconds * 1000), REASON)
        except Exception as problem:
            if not is_away(problem):
                raise
            # The answer is what counts: it is recorded once Redis is back, and the next one asks for rest again.
            log.warning("no rest: redis is away", extra={"connection": stored.id})

    return look


def obey(core: Core, stored: Stored) -> None:
    """
    For questions of ours that can wait: whether the provider has asked us to be quiet, by which they would prolong it.

    raises: Throttled
    """
    key = core.store.key(core.store.of(stored.id), f"g:{stored.id}")
    found: Any = core.store.client.hmget(key, "until", "reason")
    left = float(text(found[0]) or 0) / 1000 - time.time()
    if left > 0 and text(found[1]) in ASKED:
        told = "the provider has asked for rest: it is asked later"
        raise Throttled(told, after=left)
