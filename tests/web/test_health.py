"""Whether we live, whether we are ready, and what a monitor sees."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from tests.web.door import NOBODY, Door, open_door
from web import health
from worker.store.client import connect
from worker.ticker import ELECTED


@pytest.fixture(autouse=True)
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look is a new one."""
    monkeypatch.setattr(health, "FRESH_SECONDS", 0.0)


def ready(door: Door, status: int) -> dict[str, Any]:
    """What /readyz says."""
    answer = door.knock("GET", "/readyz")
    assert status == answer.status_code, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def test_ready_when_redis_takes_writes(door: Door, redis: redis.Redis) -> None:
    """200 with what could be lost in words, and a warning while there is no worker."""
    found = ready(door, 200)

    assert (True, [], {"alive": False}) == (found["ready"], found["reasons"], found["worker"])
    assert any("no worker" in one for one in found["warnings"])
    assert ("noeviction", "no") == (found["redis"]["maxmemory_policy"], found["redis"]["appendfsync"])
    assert any(found["redis"]["can_lose"] in one for one in found["warnings"])
    redis.set(ELECTED, "somebody", px=3000)
    redis.config_set("appendfsync", "always")
    try:
        found = ready(door, 200)
    finally:
        redis.config_set("appendfsync", "no")
    assert ([], {"alive": True}) == (found["warnings"], found["worker"])
    assert found["redis"]["can_lose"].startswith("nothing")


def test_not_ready_when_redis_evicts(door: Door, redis: redis.Redis) -> None:
    """A policy that throws acknowledged things away is a reason."""
    redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert any("allkeys-lru" in one for one in ready(door, 503)["reasons"])
    finally:
        redis.config_set("maxmemory-policy", "noeviction")


def test_not_ready_when_redis_is_full(door: Door, redis: redis.Redis) -> None:
    """It answers, and takes nothing."""
    redis.config_set("maxmemory", "1mb")
    try:
        assert ["Redis is full"] == ready(door, 503)["reasons"]
    finally:
        redis.config_set("maxmemory", "0")


def test_not_ready_when_the_layout_differs(door: Door, redis: redis.Redis) -> None:
    """Another number of partitions would find nothing."""
    redis.set("f:partitions", 64)

    assert any("FERRY_PARTITIONS=64" in one for one in ready(door, 503)["reasons"])


def test_not_ready_with_another_secret_key(door: Door, redis: redis.Redis) -> None:
    """Secrets that cannot be opened are a reason, and the API says which setting is meant."""
    door.ferry.connect("1msg")
    other = open_door(redis)

    assert any("FERRY_SECRET_KEYS" in one for one in ready(other, 503)["reasons"])
    assert "wrong_key" == other.get("/v1/connections", 500)["code"]


def test_alive_but_not_ready_without_redis() -> None:
    """Redis being away is "not ready", never "dead"; metrics say so, too."""
    door = open_door(connect(NOBODY, timeout=0.2, retries=0))

    assert 200 == door.knock("GET", "/healthz").status_code
    found = ready(door, 503)
    assert (False, {"up": False}) == (found["ready"], found["redis"])
    assert "Redis cannot be used" in found["reasons"][0]
    page = door.knock("GET", "/metrics")
    assert 200 == page.status_code
    assert "ferry_redis_up 0.0" in page.get_data(as_text=True)


def test_what_waits_is_seen(door: Door) -> None:
    """Ready lanes by kind and the age of the oldest; what a gate holds back is parked."""
    stored, paused = door.ferry.connect("1msg"), door.ferry.connect("1msg", "paused")
    door.hook(stored, door.ferry.hook(stored, "message"))
    door.post("/v1/runs", door.say())
    door.post("/v1/runs", door.say(priority="bulk"))
    door.post(f"/v1/connections/{paused.id}/pause", status=200)
    door.post("/v1/runs", door.say(connection=paused.id))

    found = ready(door, 200)["backlog"]

    assert 3 == found["ready_lanes"]
    assert {"inbox": 1, "actions": 1, "bulk": 1, "deliveries": 0, "other": 0} == {
        kind: told["ready_lanes"] for kind, told in found["by_queue"].items()
    }
    assert 0 <= found["oldest_seconds"] < 60
    page = door.knock("GET", "/metrics").get_data(as_text=True)
    assert 'ferry_ready_lanes{queue="inbox"} 1.0' in page
    assert "ferry_parked_lanes 1.0" in page
    assert "ferry_build_info" in page
    assert "ferry_dead_letters 0.0" in page
    assert "ferry_dead_letters_dropped_total 0.0" in page
    door.ferry.settle()
    assert 0 == ready(door, 200)["backlog"]["ready_lanes"]
