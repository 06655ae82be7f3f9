"""A Redis that evicts what was acknowledged, or is a Cluster: nothing starts on it, and one sentence says so."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_client

from tests.eventually import eventually
from tests.worker.cli.conftest import Ferry
from worker import valkey
from worker.ports import free_port
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


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a Cluster of one."""
    port = free_port()
    words = ["--port", str(port), "--bind", valkey.HOST, "--dir", str(tmp_path), "--cluster-enabled", "yes"]
    with subprocess.Popen([valkey.find_server(), *words], stdout=subprocess.DEVNULL) as server:
        eventually(lambda: valkey.answers(port))
        yield f"redis://{valkey.HOST}:{port}/0"
        server.kill()


@pytest.mark.parametrize("command", ["web", "worker", "release"])
def test_nothing_starts_on_a_cluster(ferry: Ferry, cluster: str, unused_port: int, command: str) -> None:
    """Where only some of it would work."""
    variables = {"REDIS_URL": cluster, "FERRY_SECRET_KEYS": new_key(), "PORT": str(unused_port)}
    done = ferry(command, **variables)

    assert 1 == done.exit_code
    assert "this Redis runs as a Cluster" in done.stderr
    assert "Traceback" not in done.stderr
