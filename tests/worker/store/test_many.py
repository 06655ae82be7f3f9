"""Many calls of a script at once keep their order, whatever Redis refuses in the middle."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import redis as redis_client

from connectors.guards import HookRequest
from worker.store import journal
from worker.store.base import Store
from worker.store.client import connect

LOTS = 12
LOT = 64


def lot(number: int) -> list[tuple[str, HookRequest, frozenset[str]]]:
    """Requests as a spool hands them over, of some size, each with its number."""
    begin = number * LOT
    return [
        ("shop", HookRequest("POST", "", "", {}, f"{one:06d} {'x' * 4000}".encode()), frozenset())
        for one in range(begin, begin + LOT)
    ]


def test_a_script_that_the_server_forgot_is_told_again(redis_url: str, redis: redis_client.Redis) -> None:
    """As after each of its starts."""
    store = Store(connect(redis_url), partitions=1)
    for number in range(2):
        redis.script_flush()
        journal.ingest_all(store, lot(number))

    assert 2 * LOT == redis.xlen("f:{0}:in:shop")


@pytest.mark.parametrize("what", ["memory", "script"])
def test_a_refusal_turns_nothing_round(redis_url: str, redis: redis_client.Redis, what: str) -> None:
    """Somebody else fills and empties it, or loads and forgets the script, while lots are repeated until taken."""
    store, over = Store(connect(redis_url), partitions=1), threading.Event()
    source = store.scripts.texts["ingest"]

    def meddle() -> None:
        with redis_client.Redis.from_url(redis_url) as other:
            while not over.is_set():
                if what == "memory":
                    other.config_set("maxmemory", 1)
                    other.config_set("maxmemory", 0)
                else:
                    other.script_flush()
                    other.script_load(source)

    meddling = threading.Thread(target=meddle)
    meddling.start()
    try:
        for number in range(LOTS):
            taken = False
            while not taken:
                try:
                    journal.ingest_all(store, lot(number))
                    taken = True
                except (redis_client.OutOfMemoryError, redis_client.exceptions.NoScriptError):
                    continue
    finally:
        over.set()
        meddling.join()
        redis.config_set("maxmemory", 0)

    entries: Any = redis.xrange("f:{0}:in:shop")
    first = list(dict.fromkeys(int(fields[b"b"][:6]) for _, fields in entries))
    assert list(range(LOTS * LOT)) == first
