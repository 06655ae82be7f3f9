"""
/metrics, for Prometheus.

Depths are read from Redis when somebody asks, so any process of any machine tells the same: take max(), not sum().
Counters are each process's own and carry its `pid`, since a scrape reaches one of gunicorn's processes: sum(rate(…)).
Names of providers, kinds and outcomes are the only labels: nothing personal is in here.
"""

from __future__ import annotations

import logging
import os
import platform
import threading
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from web.blame import where
from web.spool.spool import Spool
from worker.core import Core
from worker.pressure import LIMITS, Pressure
from worker.store import letters, unmatched
from worker.store.backlog import dead_letters, waiting
from worker.store.client import is_away

log = logging.getLogger("ferry.metrics")

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """One app's registry and counters."""

    def __init__(self, core: Core, pressure: Pressure, spool: Spool | None) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(_Depths(core))
        self.registry.register(_Door(pressure, spool))
        self._requests = Counter(
            "ferry_webhook_requests",
            "Webhook requests by what became of them; each process counts its own.",
            ["provider", "outcome", "pid"],
            registry=self.registry,
        )
        self._children: dict[tuple[str, str, int], Counter] = {}
        self._lock = threading.Lock()

    def webhook(self, provider: str, outcome: str) -> None:
        """Counts one webhook request."""
        key = (provider, outcome, os.getpid())
        child = self._children.get(key)
        if child is None:
            with self._lock:
                child = self._children[key] = self._requests.labels(provider, outcome, str(key[2]))
        child.inc()

    def text(self) -> bytes:
        """The page."""
        return generate_latest(self.registry)


class _Depths(Collector):
    """What lies in Redis; ferry_redis_up is 0 and the rest is absent while it is away."""

    def __init__(self, core: Core) -> None:
        self.core = core

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("ferry_build_info", "Always 1.", labels=["version", "python"])
        build.add_metric([_version(), platform.python_version()], 1)
        yield build
        up = GaugeMetricFamily("ferry_redis_up", "1 while Redis answers.")
        try:
            found = waiting(self.core.store)
            waits, gone = dead_letters(self.core.store), letters.dropped(self.core.store)
            lonely = unmatched.count(self.core.store)
        except Exception as problem:  # noqa: BLE001  (a page without depths says more than none)
            if not is_away(problem):
                log.error("depths not read", extra={"error": where(problem)})  # noqa: TRY400  (a traceback has words)
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        ready = GaugeMetricFamily("ferry_ready_lanes", "Lanes a worker could take up now.", labels=["queue"])
        oldest = GaugeMetricFamily("ferry_oldest_seconds", "How long the longest has waited.", labels=["queue"])
        for kind, count in found.ready.items():
            ready.add_metric([kind], count)
            oldest.add_metric([kind], found.oldest[kind])
        yield ready
        yield oldest
        yield GaugeMetricFamily("ferry_parked_lanes", "Lanes that are held or wait for their time.", found.parked)
        yield GaugeMetricFamily("ferry_dead_letters", "Dead letters that wait for a person.", waits)
        dropped = "Dead letters that had to go unread: there were too many."
        yield CounterMetricFamily("ferry_dead_letters_dropped", dropped, gone)
        yield GaugeMetricFamily("ferry_unmatched_receipts", "Messages known by receipts alone for an hour.", lonely)


class _Door(Collector):
    """What closes the door, and what lies on this machine's disk: told also while Redis is away."""

    def __init__(self, pressure: Pressure, spool: Spool | None) -> None:
        self.pressure = pressure
        self.spool = spool

    def collect(self) -> Iterator[Metric]:
        closed = GaugeMetricFamily("ferry_closed", "1 while this is closed for lack of room.", labels=["what"])
        for name in LIMITS:
            closed.add_metric([name], float(name in self.pressure.closed))
        yield closed
        if self.pressure.used is not None:
            yield GaugeMetricFamily("ferry_redis_memory_ratio", "Share of Redis' memory in use.", self.pressure.used)
        if self.spool is not None:
            found = self.spool.standing()
            yield GaugeMetricFamily("ferry_spool_able", "1 while webhooks can be kept on disk.", float(found.able))
            yield GaugeMetricFamily("ferry_spool_requests", "Webhooks on disk, to be handed over.", found.waiting)
            yield GaugeMetricFamily("ferry_spool_bytes", "Bytes of them.", found.bytes)


def _version() -> str:
    try:
        return version("ferry")
    except PackageNotFoundError:
        return "unknown"
