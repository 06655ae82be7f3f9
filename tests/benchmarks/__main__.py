"""
How many webhooks, events and runs a second one process does, and at what CPU: `python -m tests.benchmarks [COUNT]`.

In one process over a real Valkey without fsync, stand-ins behind MockTransport: what is measured is our own code and
Redis, not gunicorn, Celery or the network.  A row tells the CPU of this process and of Redis, and the commands that
Redis carried out, each for one; then follow the scripts of a run, as Redis' slow log times them.  Quote the median of
several calls, with the machine.
"""

from __future__ import annotations

import dataclasses
import statistics
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
SLOW = 10  # µs: scripts take longer, the commands in them hardly ever, which cost more to log than to carry out


def timed(client: redis.Redis, what: str, count: int, work: Callable[[], object]) -> None:
    """Prints one row."""
    client.config_resetstat()
    wall, cpu, theirs = time.perf_counter(), time.process_time(), redis_cpu(client)
    work()
    wall, cpu, theirs = time.perf_counter() - wall, time.process_time() - cpu, redis_cpu(client) - theirs
    commands = sum(row["calls"] for row in client.info("commandstats").values())
    print(
        f"{what:<28} {count / wall:>9,.0f} /s {cpu / count * 1e6:>8,.0f} µs CPU"
        f" {theirs / count * 1e6:>6,.0f} µs Redis {commands / count:>6.1f} commands"
    )


def redis_cpu(client: redis.Redis) -> float:
    """CPU seconds of its one thread so far."""
    told = client.info("cpu")
    return float(told["used_cpu_user_main_thread"]) + float(told["used_cpu_sys_main_thread"])


def scripts(ferry: Pipeline, count: int, work: Callable[[], object]) -> None:
    """Prints how often each script ran, and what Redis says it took in the middle."""
    client, names = ferry.core.store.client, {sha: name for name, sha in ferry.core.store.scripts.shas.items()}
    client.config_set("slowlog-max-len", 100 * count)
    client.config_set("slowlog-log-slower-than", SLOW)
    client.slowlog_reset()
    work()
    took: dict[str, list[int]] = {}
    for row in client.slowlog_get(100 * count):
        words = row["command"].split(b" ", 2)
        if words[0] == b"EVALSHA":
            took.setdefault(names[words[1].decode()], []).append(row["duration"])
    for name, found in sorted(took.items()):
        print(f"  {name:<26} {len(found) / count:>9.2f} a run {statistics.median(found):>6,.0f} µs")


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
        timed(client, "webhooks journalled", count, requests(ferry, stored, count))
        ferry.rung.clear()
        timed(client, "events from webhooks", count, lambda: inbox.drain(ferry.core, 0, f"in:{stored.id}"))
        timed(client, "runs submitted", count, lambda: submit(ferry, stored, count))
        timed(client, "runs carried out", count, lambda: ferry.settle(600))
        submit(ferry, stored, count)
        scripts(ferry, count, lambda: ferry.settle(600))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
