"""
Ferry in one process for tests: a real Valkey, the providers' stand-ins behind MockTransport, wake-ups in a list.

`settle()` drains whatever is due until nothing is, as a worker would on its wake-ups.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import redis

from connectors.client import new_client
from connectors.guards import HookRequest
from connectors.provider import Stamp
from connectors.registry import PROVIDERS, find
from connectors.samples import make
from connectors.simulator import Simulator
from worker.app import drain
from worker.core import Clients, Core, Subscription
from worker.provision import ensure
from worker.settings import Settings
from worker.store import events, journal, lanes
from worker.store.base import Store
from worker.store.connections import Connections, Stored
from worker.store.vault import Vault, new_key

PUBLIC = "http://127.0.0.1:8000"
COUNT = itertools.count(1)


@dataclass
class Pipeline:
    """One core, its stand-ins and the connections made against them."""

    core: Core
    rung: list[tuple[int, str]]
    simulators: dict[str, Simulator] = field(default_factory=dict)

    def connect(self, provider: str, ident: str | None = None, **settings: Any) -> Stored:
        """A READY connection against the provider's stand-in."""
        chosen = find(provider)
        given, secrets = chosen.simulated(f"https://{chosen.name}.invalid")
        if chosen.name not in self.simulators:
            self.simulators[chosen.name] = chosen.simulator(settings=given, secrets=secrets, post=None)
        return ensure(self.core, provider, ident or chosen.title, {**given, **settings}, secrets)

    def hook(
        self, stored: Stored, sample: str, changes: Mapping[str, Any] | None = None, ident: str | None = None
    ) -> HookRequest:
        """One of the provider's samples, signed for this connection."""
        provider = PROVIDERS[stored.provider]
        stamp = Stamp(ident or f"{next(COUNT):08d}", int(time.time()))
        return make(provider, provider.samples[sample], stored.speak(PUBLIC), stamp, changes)

    def ingest(self, stored: Stored, request: HookRequest) -> str:
        """As the receiver does after verifying."""
        ident, rings = journal.ingest(self.core.store, stored.id, request, PROVIDERS[stored.provider].keep)
        self.core.ring(self.core.store.of(stored.id), rings)
        return ident

    def settle(self, seconds: float = 10.0) -> None:
        """Drains until nothing is due within the next moments."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            while self.rung:
                partition, queue = self.rung.pop(0)
                drain(self.core, partition, queue)
            due = False
            for partition in range(self.core.store.partitions):
                told = lanes.tick(self.core.store, partition)
                self.rung += [(partition, queue) for queue in told.rings]
                due = due or bool(told.rings)
            if not due and not self.rung:
                return
        raise AssertionError("it did not settle")

    def events(self, *types: str) -> list[dict[str, Any]]:
        """All events of these types, oldest first."""
        return events.listing(self.core.store, limit=10_000, types=frozenset(types))[0]


def build(
    client: redis.Redis, *, handlers: list[Subscription] | None = None, partitions: int = 1, **changes: Any
) -> Pipeline:
    """A pipeline over this Redis; `changes` are settings."""
    keys = changes.pop("secret_keys", None) or (new_key(),)
    settings = Settings(secret_keys=keys, public_url=PUBLIC, partitions=partitions, **changes)
    store = Store(client, partitions=partitions)
    rung: list[tuple[int, str]] = []

    def publish(partition: int, queue: str) -> None:
        rung.append((partition, queue))

    made = Pipeline(Core(settings, store, Connections(store, Vault(keys)), publish), rung)
    made.core.clients = Clients(lambda: new_client(httpx.MockTransport(_play(made))))
    made.core.subscriptions = handlers or []
    return made


def _play(made: Pipeline) -> Callable[[httpx.Request], httpx.Response]:
    def play(request: httpx.Request) -> httpx.Response:
        return made.simulators[request.url.host.split(".")[0]](request)

    return play
