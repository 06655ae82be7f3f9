"""A run of 2,500 messages whose worker is killed while the second of its three calls is at the provider."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest

from tests.crash.stand import Stand
from tests.eventually import eventually

pytestmark = pytest.mark.crash

MANY = 2_500
FINAL = {"succeeded", "failed", "cancelled"}


def behave(stand: Stand, **words: Any) -> None:
    """Tells ClickSend's stand-in how to misbehave."""
    address = stand.dev.info["simulators"]["clicksend"]
    httpx.post(f"{address}/_sim/behaviour", json=words).raise_for_status()


def test_a_batch_goes_on_after_its_worker_was_killed(stand: Stand) -> None:
    """Three kinds of refusal, kill -9 half-way: receipts or records prove the lost call, and nothing goes twice."""
    messages = [{"to": f"+614{30_000_000 + number}", "text": f"batch {number}"} for number in range(MANY)]
    messages[5]["to"] = "+612345"  # no mobile number
    messages[8]["to"] = "+5511987654321"  # a country that is not enabled
    messages[2_400] = dict(messages[2_300])  # the same text to the same person, moments ago
    before = len(stand.dev.asked("clicksend", "send-sms"))
    behave(stand, action="send-sms", times=1)
    behave(stand, action="send-sms", times=1, delay=2.0)
    body = {
        "connection": stand.connection("clicksend").id,
        "action": "send-sms",
        "input": {"messages": messages},
        "idempotency_key": "half-way",
    }
    ident = stand.dev.api("POST", "/v1/runs", json=body).raise_for_status().json()["id"]
    eventually(lambda: len(stand.dev.asked("clicksend", "send-sms")) == before + 2, 60)
    stand.dev.kill("worker")

    def run() -> dict[str, Any]:
        found: dict[str, Any] = stand.dev.api("GET", f"/v1/runs/{ident}").raise_for_status().json()
        return found

    eventually(lambda: run()["state"] in FINAL, 120)
    told = run()
    states = Counter(part["state"] for part in told["parts"])
    refused = {part["error"]["code"] for part in told["parts"] if part["state"] == "failed"}
    assert (told["state"], told["error"]["code"]) == ("failed", "partial")
    assert states["accepted"] + states["failed"] == MANY
    assert len(refused) == 3
    assert {"proven:provider", "proven:receipt"} & {attempt["outcome"] for attempt in told["attempts"]}

    taken: Counter[str] = Counter()
    for asked in stand.dev.asked("clicksend", "send-sms")[before:]:
        taken.update(message["custom_string"] for message in asked["body"]["messages"])
    mine = {name: times for name, times in taken.items() if name.startswith(ident)}
    assert len(mine) == MANY
    assert set(mine.values()) == {1}
