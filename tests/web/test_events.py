"""Events over HTTP: in order, by cursor, without a gap nobody is told of."""

from __future__ import annotations

import time
from typing import Any

from tests.web.door import Door
from worker.store import trim


def test_events_are_read_by_cursor(door: Door) -> None:
    """Each once, in order; the last cursor finds what comes later."""
    stored = door.ferry.connect("1msg")
    heard = [door.heard(stored)["id"] for _ in range(5)]

    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = door.get(f"/v1/events?limit=2&type=message.received&after={after}")
        if not page["items"]:
            break
        found += page["items"]
        after = page["cursor"]

    assert heard == [one["id"] for one in found]
    later = door.heard(stored)
    assert [later["id"]] == [one["id"] for one in door.get(f"/v1/events?cursor={after}")["items"]]
    assert later == door.get(f"/v1/events/{later['id']}")


def test_events_are_filtered(door: Door) -> None:
    """By types and by connection; from now on with $."""
    stored, other = door.ferry.connect("1msg"), door.ferry.connect("1msg", "other")
    first, second = door.heard(stored), door.heard(other)
    assert first["id"] != second["id"]

    assert [second["id"]] == [
        one["id"] for one in door.get("/v1/events?connection=other&type=message.received,message.sent")["items"]
    ]
    assert [] == door.get("/v1/events?type=message.sent")["items"]
    now = door.get("/v1/events?after=$")
    assert [] == now["items"]
    third = door.heard(stored)
    assert [third["id"]] == [one["id"] for one in door.get(f"/v1/events?after={now['cursor']}")["items"]]


def test_a_cursor_that_is_gone_is_told(door: Door) -> None:
    """410 with the first cursor there is, and it leads on."""
    stored = door.ferry.connect("1msg")
    old = door.get("/v1/events?limit=1")["cursor"]
    door.heard(stored)
    store = door.ferry.core.store
    trim.events(store, 0, int(time.time() * 1000) + store.retention.events + 60_000)

    told = door.get(f"/v1/events?after={old}", 410)

    assert ("cursor_gone", False) == (told["code"], told["retryable"])
    assert [] == door.get(f"/v1/events?after={told['cursor']}")["items"]
    later = door.heard(stored)
    assert later["id"] in [one["id"] for one in door.get(f"/v1/events?after={told['cursor']}")["items"]]
