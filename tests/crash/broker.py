"""A Valkey of its own for Celery's messages, so that they can be lost without the state."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import redis

from worker import valkey


class Broker:
    """Started at once; `stop` ends it.  What Celery keeps in it are wake-ups, nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = valkey.start(folder)
        self.url = self.server.url
        self.client = redis.Redis.from_url(self.url, socket_timeout=5.0)

    def stop(self) -> None:
        """It ends, and with it what it held."""
        self.client.close()
        self.server.stop()

    def flush(self) -> int:
        """Everything in it is gone; how many messages waited."""
        queues = ("inbox", "actions", "deliveries", "bulk", "jobs")
        with self.client.pipeline(transaction=True) as pipe:
            for queue in queues:
                pipe.llen(queue)
            pipe.hlen("unacked")
            pipe.flushall()
            return sum(pipe.execute()[: len(queues) + 1])

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """kill -9; after this context it is there again, on the same port and empty."""
        self.server.process.kill()
        self.server.process.wait()
        try:
            yield
        finally:
            self.server = valkey.start(self.folder, self.server.port)
            self.client.flushall()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It stands still."""
        os.kill(self.server.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.server.pid, signal.SIGCONT)
