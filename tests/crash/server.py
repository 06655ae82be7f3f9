"""
A Valkey of the harness' own, behind a wire: the state's, or the broker's, whose loss is not the state's.

It is started as worker/valkey.py starts ours, and again after each death with the same file on the same port.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.crash.wire import HOST, Wire
from tests.eventually import eventually
from worker import valkey
from worker.ports import free_port
from worker.tether import tethered

PATIENCE = 60.0  # seconds for it to be there


class Server:
    """`client` speaks to it directly, whatever is done to the wire; everybody else uses `url`."""

    def __init__(self, folder: Path, appendonly: str = "yes") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.appendonly = appendonly
        self.port = free_port()
        self.wire = Wire(self.port)
        self.url = f"redis://{HOST}:{self.wire.port}/0"
        self.client = self._client()
        self.process = self._launch()
        self.ready()

    def stop(self) -> None:
        """It ends, and with it what it held."""
        self.client.close()
        self.wire.close()
        self.process.kill()
        self.process.wait()

    def _client(self) -> redis.Redis:
        return redis.Redis(HOST, self.port, socket_timeout=5.0, retry_on_error=[redis.ConnectionError])

    @contextlib.contextmanager
    def _asked_once(self) -> Iterator[redis.Redis]:
        """A client that does not wait out what it is told: redis-py takes "loading" for a lost connection."""
        once = Retry(NoBackoff(), 0)
        with redis.Redis(HOST, self.port, socket_timeout=5.0, retry=once) as client:
            yield client

    def _launch(self, **more: str) -> subprocess.Popen[bytes]:
        options = {
            "bind": HOST,
            "port": str(self.port),
            "dir": str(self.folder),
            "appendonly": self.appendonly,
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
            "save": "",
            "logfile": str(self.folder / "server.log"),
            **more,
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return subprocess.Popen(tethered([str(valkey.find_server()), *words]), stdin=subprocess.DEVNULL)

    def ready(self) -> None:
        """Waits until it answers."""
        eventually(lambda: valkey.answers(self.port), PATIENCE)

    # -- hurting it ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def away(self, **more: str) -> Iterator[None]:
        """kill -9; after this context it is started again, with what is in its file, and `more` options."""
        self.process.kill()
        self.process.wait()
        try:
            yield
        finally:
            self.process = self._launch(**more)
            if not more:
                self.ready()

    def kill(self) -> None:
        """kill -9, and it is there again at once."""
        with self.away():
            pass

    def loads(self) -> bool:
        """Whether it is there and still reads its file."""
        with self._asked_once() as client:
            try:
                client.ping()
            except redis.BusyLoadingError:
                return True
            except redis.RedisError:
                return False
        return False

    def hurry(self) -> None:
        """It reads on without pauses."""
        with self._asked_once() as client:
            client.config_set("key-load-delay", 0)

    def ended(self) -> bool:
        """Whether it has died by itself."""
        return self.process.poll() is not None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It stands still."""
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)

    @contextlib.contextmanager
    def replica(self) -> Iterator[None]:
        """It takes itself for a replica, of a master nobody can reach: it refuses all writes."""
        self.client.replicaof(HOST, "1")
        try:
            yield
        finally:
            self.client.replicaof("NO", "ONE")

    @contextlib.contextmanager
    def full(self, spare: int = 0) -> Iterator[None]:
        """Its memory is full: nothing that brings something new is taken; `spare` bytes are left."""
        told: Any = self.client.info("memory")
        self.client.config_set("maxmemory", int(told["used_memory"]) + spare)
        try:
            yield
        finally:
            self.client.config_set("maxmemory", 0)

    @contextlib.contextmanager
    def failing_over(self) -> Iterator[None]:
        """
        Another takes its place without losing a write; within this context everybody still speaks to the old one, which
        is a replica now and refuses.
        """
        old, old_client = self.process, self.client
        self.folder = self.folder.with_name(f"{self.folder.name}-")
        self.folder.mkdir(exist_ok=True)
        before, self.port = self.port, free_port()
        self.process, self.client = self._launch(), self._client()
        self.ready()
        self.client.replicaof(HOST, str(before))
        eventually(lambda: self._replication()["master_link_status"] == "up", PATIENCE)
        asked: Any = old_client.execute_command
        asked("FAILOVER", "TO", HOST, self.port, "TIMEOUT", 10_000)
        eventually(lambda: self._replication()["role"] == "master", PATIENCE)
        yield
        self.wire.aim(self.port)
        old_client.close()
        old.kill()
        old.wait()

    def _replication(self) -> dict[str, Any]:
        told: Any = self.client.info("replication")
        return {"master_link_status": "", **told}

    def backup(self) -> Path:
        """A copy of its file as it is at one moment."""
        copy = self.folder.with_name(f"{self.folder.name}.backup")
        shutil.rmtree(copy, ignore_errors=True)
        with self.frozen():
            shutil.copytree(self.folder / "appendonlydir", copy)
        return copy

    def put_back(self, copy: Path) -> None:
        """While it is away: its file is that one again."""
        shutil.rmtree(self.folder / "appendonlydir")
        shutil.copytree(copy, self.folder / "appendonlydir")

    def fill_disk(self) -> None:
        """Its file may not grow any more, as on a full disk: its next write ends it (`appendfsync always`)."""
        file = max(self.folder.glob("appendonlydir/*.incr.aof"), key=lambda one: one.stat().st_mtime_ns)
        limit = file.stat().st_size + 1  # the last record that is begun is torn
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def flush(self) -> int:
        """Everything in it is gone; how many of Celery's messages waited."""
        queues = ("inbox", "actions", "deliveries", "bulk", "jobs")
        with self.client.pipeline(transaction=True) as pipe:
            for queue in queues:
                pipe.llen(queue)
            pipe.hlen("unacked")
            pipe.flushall()
            return sum(pipe.execute()[: len(queues) + 1])
