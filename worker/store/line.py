"""
One connection to Redis a thread, for the scripts: they are what every message pays for.

redis-py's pool takes one lock twice a command, and 64 threads spend most of their time waiting for it (measured).  Its
connections are used as they are, with their retries, credentials and timeouts; only the pool is passed by.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import redis


class Line:
    """Calls like `client.execute_command`, from any thread."""

    def __init__(self, client: redis.Redis) -> None:
        self._make: Any = client.connection_pool.connection_class
        self._words = client.connection_pool.connection_kwargs
        self._own = threading.local()

    def __call__(self, *words: Any) -> Any:
        """
        One command, one round trip; repeated over a new connection where the one there was is lost.

        raises: what redis-py raises
        """
        connection = self._mine()

        def ask() -> Any:
            connection.send_command(*words)
            return connection.read_response()

        def lost(_: Exception) -> None:
            connection.disconnect()

        return connection.retry.call_with_retry(ask, lost)

    def _mine(self) -> Any:
        """This thread's connection; one that came over by a fork is the parent's."""
        made: _Own | None = getattr(self._own, "made", None)
        if made is None or made.pid != os.getpid():
            made = self._own.made = _Own(os.getpid(), self._make(**self._words))
        return made.connection


class _Own:
    """A connection that is closed when its thread ends."""

    def __init__(self, pid: int, connection: Any) -> None:
        self.pid = pid
        self.connection = connection

    def __del__(self) -> None:
        self.connection.disconnect()
