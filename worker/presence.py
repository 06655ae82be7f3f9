"""Which workers there are: each says so every few seconds, and who says nothing for a while is gone."""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from datetime import UTC, datetime
from typing import Any

from worker.core import Core
from worker.store.base import Store
from worker.store.text import iso, text

NAMES = "f:workers"
EVERY_SECONDS = 3.0
GONE_MS = 12_000


class Presence:
    """One a worker process; `beat` is called often and writes now and then."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"
        self._described = {
            "name": self.name,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "slots": core.settings.slots,
            "handlers": [one.name for one in core.subscriptions],
            "started_at": iso(datetime.now(UTC)),
        }
        self._next = 0.0

    def beat(self) -> None:
        """We are here."""
        if time.monotonic() < self._next:
            return
        client = self.core.store.client
        if not client.pexpire(_key(self.name), GONE_MS):  # goes on while memory is full, as the tick does
            client.set(_key(self.name), json.dumps(self._described), px=GONE_MS)
            client.sadd(NAMES, self.name)
        if not self._next:
            workers(self.core.store)  # drops those that died, in case nobody ever asks for the list
        self._next = time.monotonic() + EVERY_SECONDS

    def leave(self) -> None:
        """We are not any more."""
        client = self.core.store.client
        client.srem(NAMES, self.name)
        client.delete(_key(self.name))


def _key(name: str) -> str:
    return f"f:worker:{name}"


def workers(store: Store) -> list[dict[str, Any]]:
    """Those that are alive, the oldest first: [{name, host, pid, slots, handlers, started_at}]."""
    names: Any = sorted(text(one) for one in store.client.smembers(NAMES))
    with store.client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.get(_key(name))
        found = pipe.execute() if names else []
    gone = [name for name, told in zip(names, found, strict=True) if told is None]
    if gone:
        store.client.srem(NAMES, *gone)  # if one comes back, it says so again
    return sorted((json.loads(told) for told in found if told is not None), key=lambda one: str(one["started_at"]))
