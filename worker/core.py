"""What every part of a process shares: settings, store, connections, subscriptions, and how to wake a worker."""

from __future__ import annotations

import contextlib
import logging
import queue
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from connectors.client import new_client
from connectors.provider import Provider
from connectors.registry import named
from worker.flights import Flights
from worker.hands import Hands
from worker.outside import Outside
from worker.settings import Settings
from worker.store.base import Store, open_store
from worker.store.connections import Connections, Stored
from worker.store.vault import Vault
from worker.suspects import Suspects

log = logging.getLogger("ferry")


@dataclass(frozen=True, slots=True)
class Subscription:
    """
    An app that wants events: so far a handler in Python.

    name:  stands in keys: letters, digits, "_", "." and "-"
    types: the events it hears; empty for all
    """

    name: str
    types: frozenset[str]
    call: Callable[..., Any]

    def wants(self, kind: str) -> bool:
        """Whether it hears of this type."""
        return not self.types or kind in self.types


class Clients:
    """A LIFO of HTTP clients, one a slot: one shared by many threads is a trap, and the last used is the warmest."""

    def __init__(self, make: Callable[[], httpx.Client] | None = None) -> None:
        self._idle: queue.LifoQueue[httpx.Client] = queue.LifoQueue()
        self._ssl: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._make = make or self._new

    def _new(self) -> httpx.Client:
        with self._lock:
            if self._ssl is None:
                self._ssl = httpx.create_ssl_context(trust_env=False)
        return new_client(verify=self._ssl)

    @contextlib.contextmanager
    def one(self) -> Iterator[httpx.Client]:
        """A client for one call; it goes back afterwards."""
        try:
            client = self._idle.get_nowait()
        except queue.Empty:
            client = self._make()
        try:
            yield client
        finally:
            self._idle.put(client)


@dataclass
class Core:
    """One a process.  `publish` wakes a worker for (partition, queue); it may be lost, the tick finds what is due."""

    settings: Settings
    store: Store
    connections: Connections
    publish: Callable[[int, str], None]
    subscriptions: list[Subscription] = field(default_factory=list)
    start: Callable[[str], None] = lambda job: None  # noqa: ARG005  (has a worker carry out a job of worker/jobs.py)
    clients: Clients = field(default_factory=Clients)
    flights: Flights = field(default_factory=Flights)
    hands: Hands = field(default_factory=Hands)  # where handlers run
    suspects: Suspects = field(default_factory=Suspects)
    outside: Outside = field(default_factory=Outside)  # where the files of attachments are
    room: Callable[[str], None] = lambda priority: None  # noqa: ARG005  (raises NoRoom where runs are not to be stored)
    stopping: threading.Event = field(default_factory=threading.Event)

    def may_go_on(self, until: float) -> bool:
        """Whether a drain may begin another piece of work: its time is not over and nobody asked us to stop."""
        return not self.stopping.is_set() and time.monotonic() < until

    def ring(self, partition: int, queues: Iterable[str]) -> None:
        """Wakes somebody for each queue; a lost wake-up costs time, never work."""
        for name in queues:
            try:
                self.publish(partition, name)
            except Exception as problem:  # noqa: BLE001  (the broker may be away: the tick rings again)
                log.warning("wake-up not published", extra={"queue_kind": name[:3], "error": type(problem).__name__})

    def ring_all(self, rings: Iterable[tuple[int, str]]) -> None:
        """The same for queues of several partitions."""
        for partition, name in rings:
            self.ring(partition, (name,))

    def provider(self, stored: Stored) -> Provider:
        """The provider of a connection."""
        return named(stored.provider)

    def hearers(self, kind: str) -> list[str]:
        """The subscriptions that hear of this type of event."""
        return [one.name for one in self.subscriptions if one.wants(kind)]


def build(settings: Settings, publish: Callable[[int, str], None], *, timeout: float = 5.0, retries: int = 3) -> Core:
    """A core over the Redis the settings name; nothing is connected yet."""
    store = open_store(settings, timeout=timeout, retries=retries)
    return Core(settings, store, Connections(store, Vault(settings.secret_keys)), publish)
