"""
Runs a second of a real `ferry worker` beside a bare thread pool that makes the same calls.

`python -m tests.benchmarks.pool [COUNT]`:
64 slots, a provider that answers in 50 ms, one message to each of many people.  The two take turns, so that their ratio
holds on a machine whose speed drifts: quote that, and the medians with their machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from connectors.client import new_client
from tests.eventually import eventually
from worker import standing, valkey
from worker.accept import accept
from worker.cli.plan import listens
from worker.core import Core, build
from worker.ports import free_port
from worker.provision import create
from worker.settings import environment, read
from worker.store.connections import READY
from worker.store.vault import new_key

SLOTS = 64
ANSWER_SECONDS = 0.05
ROUNDS = 3
HOST = "127.0.0.1"
TICK = os.sysconf("SC_CLK_TCK")


async def _serve(port: int) -> None:
    """A provider that takes everything, 50 ms after it was asked."""
    count = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0
                )
                await reader.readexactly(length)
                await asyncio.sleep(ANSWER_SECONDS)
                count += 1
                body = b'{"sent":true,"id":"wamid.%d","message":"ok"}' % count
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                    + body
                )
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, HOST, port, backlog=512)
    await server.serve_forever()


def bare(port: int, count: int) -> tuple[float, float]:
    """(calls a second, CPU µs a call) of nothing but the calls, in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.pool", "bare", str(port), str(count)],
        check=True,
        capture_output=True,
        text=True,
    )
    rate, cpu = told.stdout.split()
    return float(rate), float(cpu)


def _bare(port: int, count: int) -> None:
    clients = [new_client(verify=False) for _ in range(SLOTS)]

    def work(slot: int) -> None:
        for number in range(slot, count, SLOTS):
            body = {"chatId": f"1555{number:07d}@c.us", "body": f"text {number}"}
            clients[slot].post(
                f"http://{HOST}:{port}/x/sendMessage", params={"token": "t"}, json=body
            ).raise_for_status().json()

    begun, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(SLOTS) as pool:
        list(pool.map(work, range(SLOTS)))
    print(count / (time.perf_counter() - begun), (time.process_time() - cpu) / count * 1e6)


@contextlib.contextmanager
def process(words: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program for as long as the block."""
    with subprocess.Popen([sys.executable, *words], env=env, stderr=subprocess.DEVNULL) as started:
        try:
            yield started
        finally:
            started.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                started.wait(20)
            started.kill()


def spent(pid: int) -> float:
    """CPU seconds of a process so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICK


def carried_out(core: Core, pid: int, count: int, name: str) -> tuple[float, float]:
    """(runs a second, CPU µs of the worker a run); all are queued before any may leave."""
    standing.pause(core, "bench")
    for number in range(count):
        given = {"to": f"1555{number:07d}", "text": f"text {number}"}
        body = {"connection": "bench", "action": "send-message", "input": given, "force": True}
        accept(core, {**body, "idempotency_key": f"{name}-{number}"})
    key = core.store.key(0, "exp")  # what has not ended

    cpu, begun = spent(pid), time.perf_counter()
    standing.resume(core, "bench")
    eventually(lambda: not core.store.client.zcard(key), 600.0)
    return count / (time.perf_counter() - begun), (spent(pid) - cpu) / count * 1e6


def main(count: int) -> None:
    """Interleaved rounds, and the ratio of each."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with tempfile.TemporaryDirectory() as folder, valkey.start(Path(folder)) as server:
        env = environment(
            {
                "REDIS_URL": server.url,
                "FERRY_SECRET_KEYS": new_key(),
                "FERRY_SLOTS": str(SLOTS),
                "FERRY_QUEUE_SLOTS": str(SLOTS),
                "FERRY_LOG_LEVEL": "WARNING",
            }
        )
        core = build(read(env), lambda partition, queue: None)
        core.store.fix_partitions()
        port = free_port(HOST)
        settings = {"channel_id": "x", "base_url": f"http://{HOST}:{port}"}
        made = create(core, "1msg", "bench", settings, {"token": "t"}, limits={"default": 0})
        core.connections.save(replace(made, state=READY))
        with (
            process(["-m", "tests.benchmarks.pool", "serve", str(port)], env),
            process(["-m", "worker.cli", "worker"], env) as worker,
        ):
            eventually(lambda: listens(port), 20.0)
            carried_out(core, worker.pid, SLOTS, "warm")
            rows = []
            for turn in range(ROUNDS):
                ours = carried_out(core, worker.pid, count, str(turn))
                theirs = bare(port, count)
                rows.append((*ours, *theirs, ours[0] / theirs[0]))
                print(
                    "ferry {:>6,.0f} /s {:>6,.0f} µs   bare {:>6,.0f} /s {:>6,.0f} µs   ratio {:.2f}".format(*rows[-1])
                )
            print(f"median ratio {statistics.median(row[-1] for row in rows):.2f}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", port]:
            asyncio.run(_serve(int(port)))
        case ["bare", port, count]:
            _bare(int(port), int(count))
        case [count]:
            main(int(count))
        case _:
            main(3_000)
