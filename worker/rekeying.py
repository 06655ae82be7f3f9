"""
Secrets under the newest of FERRY_SECRET_KEYS, while everything runs: connections, and what runs hide of their inputs.

May be stopped anywhere and repeated.  An old key can be taken away once `left` is 0; runs of before whose inputs hide
something are then no longer recognised by their idempotency keys, as their marks were made with the oldest key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis

from worker.core import Core
from worker.store.text import text

PAGE = 500


@dataclass(slots=True)
class Rekeyed:
    """How many were encrypted anew, and how many are `left` under an old key."""

    connections: int = 0
    runs: int = 0
    left: int = 0


def rekey(core: Core) -> Rekeyed:
    """Encrypts all there is under the newest key.  raises: WrongKey for what none of the keys opens"""
    told = Rekeyed()
    for stored in core.connections.all():
        told.connections += core.connections.rekey(stored.id)
        told.runs += _runs(core, stored.id)
    told.left = core.connections.old_keys()
    return told


def _runs(core: Core, connection: str) -> int:
    """Of a connection, by its own list, page by page."""
    client, partition = core.store.client, core.store.of(connection)
    index, count, begin = core.store.key(partition, f"ri:{connection}"), 0, 0
    while names := client.zrange(index, begin, begin + PAGE - 1):
        found: Any = names
        for name in found:
            count += _run(core, core.store.key(partition, f"r:{text(name)}"))
        begin += PAGE
    return count


def _run(core: Core, key: str) -> bool:
    vault = core.connections.vault
    with core.store.client.pipeline() as pipe:
        pipe.watch(key)  # type: ignore[no-untyped-call]
        hidden = text(pipe.hget(key, "hidden"))
        if not hidden or vault.is_newest(hidden):
            return False
        pipe.multi()
        pipe.hset(key, "hidden", vault.renew(hidden))
        try:
            pipe.execute()
        except redis.WatchError:  # it went on meanwhile, or is gone: looked at again
            return _run(core, key)
    return True
