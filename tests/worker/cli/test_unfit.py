"""A Redis that evicts what was acknowledged: nothing starts on it, and one sentence says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis as redis_client

from tests.worker.cli.conftest import Ferry
from worker.store.vault import new_key


@pytest.fixture
def evicting(redis: redis_client.Redis) -> Iterator[None]:
    """The server of the tests, for a moment."""
    redis.config_set("maxmemory-policy", "allkeys-lru")
    yield
    redis.config_set("maxmemory-policy", "noeviction")


@pytest.mark.parametrize("command", ["web", "worker", "release"])
def test_nothing_starts(ferry: Ferry, evicting: None, redis_url: str, unused_port: int, command: str) -> None:
    """With what to look at next."""
    variables = {"REDIS_URL": redis_url, "FERRY_SECRET_KEYS": new_key(), "PORT": str(unused_port)}
    done = ferry(command, **variables)

    assert 1 == done.exit_code
    assert "maxmemory-policy of this Redis is allkeys-lru" in done.stderr
    assert "Traceback" not in done.stderr
