"""No room: the door closes last, opens well below where it closed, and says so everywhere."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import redis as redis_client

from tests.web.door import Door, open_door
from web.app import create_app
from web.keeper import Keeper


class Room:
    """An app over a Redis of a said size."""

    def __init__(self, client: redis_client.Redis, **settings: Any) -> None:
        self.client = client
        self.door: Door = open_door(client, **settings)
        self.keeper: Keeper = self.door.app.extensions["ferry.keeper"]
        self.stored = self.door.ferry.connect("1msg")

    def use(self, share: float) -> None:
        """Redis uses this share of its memory; web has looked."""
        used = int(self.client.info("memory")["used_memory"])
        settings = dataclasses.replace(self.door.ferry.core.settings, memory_bytes=int(used / share))
        self.door.ferry.core.settings = settings
        self.keeper.turn()

    def hook(self) -> Any:
        """A webhook's answer."""
        return self.door.hook(self.stored, self.door.ferry.hook(self.stored, "message"))

    def statuses(self) -> tuple[int, int, int]:
        """Of a webhook, a live run and a bulk one."""
        live = self.door.ask("POST", "/v1/runs", json=self.door.say())
        bulk = self.door.ask("POST", "/v1/runs", json=self.door.say(priority="bulk"))
        return self.hook().status_code, live.status_code, bulk.status_code


@pytest.fixture
def room(redis: redis_client.Redis) -> Room:
    """One."""
    return Room(redis)


def test_each_closes_at_its_share_and_opens_well_below(room: Room) -> None:
    """Campaigns first, callers next, webhooks last; and what is said does not flap around the edge."""
    told = []
    for share in (0.50, 0.72, 0.82, 0.90, 0.80, 0.74, 0.66, 0.60):
        room.use(share)
        told.append(room.statuses())

    assert told == [
        (200, 202, 202),
        (200, 202, 429),
        (200, 429, 429),
        (503, 429, 429),
        (503, 429, 429),  # opens below 0.765
        (200, 429, 429),  # opens below 0.72
        (200, 202, 429),  # opens below 0.63
        (200, 202, 202),
    ]


def test_both_say_when_to_come_again_and_why(room: Room) -> None:
    """In headers, in words, in `/readyz` and in the metrics."""
    room.use(0.95)
    refused = room.door.ask("POST", "/v1/runs", json=room.door.say())

    assert ("15", "no_room") == (refused.headers["Retry-After"], refused.get_json()["code"])
    assert "of its memory" in refused.get_json()["detail"]
    assert room.hook().headers["Retry-After"]
    ready = room.door.get("/readyz", 503)
    assert any("webhooks are answered 503" in words for words in ready["reasons"])
    assert any("the API answers 429" in words for words in ready["warnings"])
    page = room.door.knock("GET", "/metrics").get_data(as_text=True)
    assert 'ferry_closed{what="door"} 1.0' in page
    assert "ferry_redis_memory_ratio 0.9" in page
    assert [] == room.door.get("/v1/runs")["items"]


def test_every_way_in_of_a_run_is_closed(room: Room) -> None:
    """Batches, messages in neutral words, and proxied requests, too."""
    room.use(0.95)
    door = room.door

    door.post("/v1/runs/batch", {"runs": [door.say(), door.say()]}, 429)
    door.post("/v1/messages", {"connection": "1msg", "to": "15550100123", "text": "x"}, 429)
    door.post("/v1/connections/1msg/request", {"path": "/status"}, 429)
    assert 200 == door.ask("POST", "/v1/runs?dry_run=true", json=door.say()).status_code


def test_what_waits_too_long_closes_too(redis: redis_client.Redis) -> None:
    """No worker for hours: webhooks and callers hear of it, and it opens when they are worked off."""
    room = Room(redis, door_lag_seconds=1000.0, submit_lag_seconds=1000.0)
    assert 200 == room.hook().status_code
    assert 202 == room.door.ask("POST", "/v1/runs", json=room.door.say()).status_code
    for queue in ("in:1msg", "out:1msg:live"):
        key = f"f:{{0}}:q:{queue}"
        lanes: Any = redis.zrange(key, 0, -1)
        for lane in lanes:
            redis.zincrby(key, -2_000_000, lane)
    room.keeper.pressure._looked = float("-inf")
    room.keeper.turn()
    assert (503, 429, 429) == room.statuses()
    assert any("is a worker alive?" in words for words in room.door.get("/readyz", 503)["reasons"])

    room.door.ferry.settle()
    room.keeper.pressure._looked = float("-inf")
    room.keeper.turn()
    assert (200, 202, 202) == room.statuses()


def test_handlers_and_other_apps_are_not_turned_away(room: Room) -> None:
    """A worker's own answers drain what is there; only web asks callers to wait."""
    room.use(0.95)
    app = create_app(room.door.ferry.core.settings, dataclasses.replace(room.door.ferry.core))

    assert app is not None
    worker = dataclasses.replace(room.door.ferry.core, room=lambda priority: None)
    from worker.accept import accept

    assert accept(worker, room.door.say()).new
