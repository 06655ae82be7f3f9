"""
One connection to Redis a thread, for the scripts: they are what every message pays for.

redis-py's pool takes one lock twice a command, and 64 threads spend most of their time waiting for it (measured).  Its
connections are used as they are, with their retries, credentials and timeouts; only the pool is passed by.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import redis
from redis.exceptions import ResponseError


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

        return _insist(connection, ask)

    def together(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """
        Several commands as one, in one round trip: nobody's come between them, and all are carried out or none.

        returns: the answer of each; an error that one met while it was carried out is its answer
        raises:  what redis-py raises; where Redis refused one of them (no memory, read-only), none was carried out
        """
        connection = self._mine()

        def ask() -> list[Any]:
            connection.send_packed_command(connection.pack_commands([("MULTI",), *commands, ("EXEC",)]))
            refused: ResponseError | None = None
            for _ in range(1 + len(commands)):
                try:
                    connection.read_response()
                except ResponseError as problem:
                    refused = refused or problem
            try:
                told: list[Any] = connection.read_response()
            except ResponseError as problem:
                raise (refused or problem) from None
            return told

        found: list[Any] = _insist(connection, ask)
        return found

    def _mine(self) -> Any:
        """This thread's connection; one that came over by a fork is the parent's."""
        made: _Own | None = getattr(self._own, "made", None)
        if made is None or made.pid != os.getpid():
            made = self._own.made = _Own(os.getpid(), self._make(**self._words))
        return made.connection


def _insist(connection: Any, ask: Callable[[], Any]) -> Any:
    def lost(_: Exception) -> None:
        connection.disconnect()

    return connection.retry.call_with_retry(ask, lost)


class _Own:
    """A connection that is closed when its thread ends."""

    def __init__(self, pid: int, connection: Any) -> None:
        self.pid = pid
        self.connection = connection

    def __del__(self) -> None:
        self.connection.disconnect()
