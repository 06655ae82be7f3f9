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


def test_a_retry_is_a_step_and_says_whose(door: Door) -> None:
    """By hand, or with its dead letter."""
    door.ferry.connect("1msg")
    run = door.post("/v1/runs", STRANGER)["id"]
    door.ferry.settle()
    door.post(f"/v1/runs/{run}/retry", {}, 202)
    door.ferry.settle()
    steps = door.get(f"/v1/runs/{run}/timeline")["items"]

    assert ["run.accepted", "run.retried", "run.failed"] == [one["kind"] for one in steps]
    assert {"by": "environment"} == steps[1]["detail"]


def test_a_cancel_that_came_too_late_to_promise_is_shown(door: Door) -> None:
    """It ends with the attempt that is under way; until then the run says that somebody asked."""
    door.ferry.connect("clicksend")
    run = door.post("/v1/runs", SMS)["id"]
    door.ferry.core.store.client.hset(f"f:{{0}}:r:{run}", "state", "leaving")
    assert door.get(f"/v1/runs/{run}")["cancel_requested"] is False
    told = door.post(f"/v1/runs/{run}/cancel", {}, 202)

    assert (told["state"], told["cancel_requested"]) == ("running", True)
