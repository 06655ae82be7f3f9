"""The timeline of a run over HTTP: also an end that took no attempt."""

from __future__ import annotations

from tests.web.door import Door

NOON = "2199-01-01T12:00:00Z"
SMS = {"connection": "clicksend", "action": "send-sms", "input": {"to": "+61411111111", "text": "x"}}
STRANGER = {"connection": "1msg", "action": "send-message", "input": {"to": "15550100177", "text": "x"}}


def kinds(door: Door, run: str) -> list[str]:
    """Its steps."""
    return [one["kind"] for one in door.get(f"/v1/runs/{run}/timeline")["items"]]


def test_an_end_without_an_attempt_is_a_step(door: Door) -> None:
    """Cancelled while it waited, or refused before it could leave: nothing left, and it says so."""
    for name in ("clicksend", "1msg"):
        door.ferry.connect(name)
    cancelled = door.post("/v1/runs", {**SMS, "not_before": NOON})["id"]
    door.post(f"/v1/runs/{cancelled}/cancel", {}, 200)
    closed = door.post("/v1/runs", STRANGER)["id"]
    door.ferry.settle()

    assert ["run.accepted", "run.cancelled"] == kinds(door, cancelled)
    assert ["run.accepted", "run.failed"] == kinds(door, closed)
    assert "window_closed" == door.get(f"/v1/runs/{closed}/timeline")["items"][-1]["detail"]["reason"]
