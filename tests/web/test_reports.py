"""What does not add up: receipts of messages that nobody here sent."""

from __future__ import annotations

from typing import Any

from tests.web.door import Door


def test_receipts_that_match_nothing(door: Door) -> None:
    """After an hour they are listed, counted for Prometheus, and gone once their message turns up."""
    stored = door.ferry.connect("1msg")
    assert 200 == door.hook(stored, door.ferry.hook(stored, "ack-delivered")).status_code
    door.ferry.settle()
    assert [] == door.get("/v1/reports/unmatched")["items"]
    store = door.ferry.core.store
    names: Any = store.client.zrange(store.key(0, "um"), 0, -1)
    store.client.zincrby(store.key(0, "um"), -3_600_000_000, names[0])

    (found,) = door.get("/v1/reports/unmatched?connection=1msg&limit=5")["items"]

    assert ("1msg", "delivered", None) == (found["connection"], found["status"], found["run"])
    assert found["seen_at"]
    assert "ferry_unmatched_receipts 1.0" in door.knock("GET", "/metrics").get_data(as_text=True)
    assert [] == door.get("/v1/reports/unmatched?connection=other")["items"]
    assert ["conection"] == list(door.get("/v1/reports/unmatched?conection=x", 422)["fields"])
