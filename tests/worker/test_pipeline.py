"""A message crosses in both directions, for all four providers, in one process."""

from __future__ import annotations

import gc

import pytest
import redis

from connectors.registry import PROVIDERS
from tests.worker.pipeline import build
from worker.accept import accept
from worker.handlers import load
from worker.store import runs

SAYS = {
    # provider: (sample, its text message action, can mark read, can react)
    "1msg": ("message", "send-message", True, True),
    "instagram": ("message", "send-text-message", True, True),
    "clicksend": ("sms", "send-sms", False, False),
    "infobip": ("sms", "send-sms-message", False, False),
}


@pytest.mark.parametrize("provider", SAYS)
def test_a_webhook_becomes_one_event_and_one_reply(redis: redis.Redis, provider: str) -> None:
    """The same webhook three times is one event; the echo bot's answer reaches the provider once."""
    sample, action, reads, reacts = SAYS[provider]
    ferry = build(redis, handlers=load(["worker.examples.echo"]))
    stored = ferry.connect(provider)
    assert stored.state == "READY"
    ferry.rung.clear()

    request = ferry.hook(stored, sample)
    for _ in range(3):
        ferry.ingest(stored, request)
    ferry.settle()

    received = ferry.events("message.received")
    assert len(received) == 1
    simulator = ferry.simulators[stored.provider]
    assert len([one for one in simulator.requests() if one["action"] == action]) == 1
    made, _ = runs.listing(ferry.core.store, stored.id)
    assert {one["state"] for one in made} == {"succeeded"}, [one["error"] for one in made]
    assert len(made) == 1 + reads + reacts
    sent = ferry.events("message.sent")
    assert len(sent) == 1
    assert sent[0]["run"] in {one["id"] for one in made}
    assert sent[0]["conversation"]["id"] == received[0]["conversation"]["id"]


@pytest.mark.parametrize("provider", SAYS)
def test_a_message_in_and_one_out_leave_nothing_to_the_collector(redis: redis.Redis, provider: str) -> None:
    """What is rubbish in cycles only Python's collector finds, and that took a twelfth of the CPU of a run."""
    ferry = build(redis)
    stored = ferry.connect(provider)

    def talk(text: str) -> None:
        ferry.ingest(stored, ferry.hook(stored, SAYS[provider][0]))
        ferry.settle()
        to = ferry.events("message.received")[0]["conversation"]["contact"]["id"]
        action, given = PROVIDERS[stored.provider].verb("send", {"to": to, "text": text})
        accept(ferry.core, {"connection": stored.id, "action": action, "input": given, "force": True})
        ferry.settle()

    talk("whatever is made once")
    talk("is made now")
    gc.collect()
    gc.disable()
    try:
        for number in range(5):
            talk(f"text {number}")
        found = gc.collect()
    finally:
        gc.enable()

    made, _ = runs.listing(ferry.core.store, stored.id)
    assert [one["state"] for one in made] == ["succeeded"] * 7
    assert found < 5
