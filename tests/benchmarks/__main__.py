"""
How many webhooks, events and runs a second one process does, and at what CPU: `python -m tests.benchmarks [COUNT]`.

In one process over a real Valkey without fsync, stand-ins behind MockTransport: what is measured is our own code and
Redis, not gunicorn, Celery or the network.  Quote the median of several calls, with the machine.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import redis

from connectors.provider import RECIPIENT
from connectors.registry import PROVIDERS
from tests.worker.pipeline import Pipeline, build
from worker import inbox, valkey
from worker.accept import accept
from worker.store import journal
from worker.store.connections import Stored

TALKS = 500  # conversations the messages are spread over


def timed(what: str, count: int, work: Callable[[], object]) -> None:
    """Prints one row."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{what:<28} {count / wall:>9,.0f} /s {cpu / count * 1e6:>8,.0f} µs CPU each")


def requests(ferry: Pipeline, stored: Stored, count: int) -> Callable[[], object]:
    """Journals `count` webhooks, made beforehand."""
    made = [
        ferry.hook(stored, "message", {"messages.0.chatId": f"1555{number % TALKS:07d}@c.us"})
        for number in range(count)
    ]
    keep = PROVIDERS[stored.provider].keep
    return lambda: [journal.ingest(ferry.core.store, stored.id, one, keep) for one in made]


def submit(ferry: Pipeline, stored: Stored, count: int) -> None:
    """One run for each of many conversations in turn."""
    for number in range(count):
        given = {"to": f"1555{number % TALKS:07d}", "text": f"text {number}"}
        accept(ferry.core, {"connection": stored.id, "action": "send-message", "input": given, "force": True})


def main(count: int) -> None:
    """All rows."""
    with (
        tempfile.TemporaryDirectory() as folder,
        valkey.start(Path(folder), appendfsync="no") as server,
        redis.Redis.from_url(server.url) as client,
    ):
        ferry = build(client)
        stored = ferry.connect("1msg")
        ferry.core.connections.save(dataclasses.replace(stored, limits={"default": 0.0, RECIPIENT: 0.0}))
        time.sleep(1.1)  # the cache asks for changes once a second
        timed("webhooks journalled", count, requests(ferry, stored, count))
        ferry.rung.clear()
        timed("events from webhooks", count, lambda: inbox.drain(ferry.core, 0, f"in:{stored.id}"))
        timed("runs submitted", count, lambda: submit(ferry, stored, count))
        before = int(client.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0))
        timed("runs carried out", count, lambda: ferry.settle(600))
        after = int(client.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0))
        print(f"{'scripts a run carried out':<28} {(after - before) / count:>9.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
