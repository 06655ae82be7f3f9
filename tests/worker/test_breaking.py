"""A provider that is down: the breaker opens, is told and shown, and closes by itself; nobody else notices."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
import redis as redis_client

from connectors.errors import InvalidCall, OutcomeUnknown, Rejected, Scope, Throttled, Unreachable
from tests.eventually import eventually
from tests.worker.pipeline import Pipeline, build
from worker import breaking
from worker.accept import accept
from worker.store import runs
from worker.store.text import text

COUNT = itertools.count(1)


@pytest.fixture
def ferry(redis: redis_client.Redis) -> Pipeline:
    """A breaker that opens soon and for a moment only."""
    return build(redis, breaker_failures=3, breaker_seconds=0.2, unknown_hold_seconds=0.1)


def send(ferry: Pipeline, connection: str = "clicksend") -> str:
    """A text to somebody else each time."""
    given = {"to": f"+614111{next(COUNT):05d}", "text": "x"}
    return accept(ferry.core, {"connection": connection, "action": "send-sms", "input": given}).id


def told(ferry: Pipeline) -> list[str]:
    """What was told of breakers, in order."""
    return [
        event["state"]["breaker"]["state"] for event in ferry.events("connection.state") if event["state"]["breaker"]
    ]


def state(ferry: Pipeline, run: str) -> str:
    """As Redis has it."""
    record = runs.load(ferry.core.store, run)
    assert record is not None
    return text(record["state"])


def test_down_and_up_again(ferry: Pipeline) -> None:
    """Open, half open, closed: each told once; what waited goes out, and another provider's went out meanwhile."""
    ferry.connect("clicksend")
    ferry.connect("1msg")
    simulator = ferry.simulators["clicksend"]
    simulator.behave(action="send-sms", status=503)
    bad = [send(ferry) for _ in range(3)]
    ferry.settle()
    shown = breaking.shown(ferry.core, "clicksend")
    assert ("open", 3) == (shown["state"], shown["failures"])
    assert ["unknown"] * 3 == [state(ferry, run) for run in bad]
    waiting = [send(ferry) for _ in range(5)]
    body = {"connection": "1msg", "action": "get-settings", "input": {}}
    other = accept(ferry.core, body).id
    ferry.settle()
    assert "succeeded" == state(ferry, other)
    asked = len(simulator.requests("send-sms"))
    assert 3 == asked

    simulator._behaviours.clear()

    def done() -> bool:
        ferry.settle()
        return all(state(ferry, run) == "succeeded" for run in waiting)

    eventually(done)
    assert ["open", "half_open", "closed"] == told(ferry)
    assert "closed" == breaking.shown(ferry.core, "clicksend")["state"]
    assert asked + 5 == len(simulator.requests("send-sms"))


def test_a_change_is_told_though_whoever_saw_it_died(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between recording it and telling it: somebody else does, once, and forgets it then."""
    ferry.connect("clicksend")
    simulator = ferry.simulators["clicksend"]
    simulator.behave(action="send-sms", status=503)
    with monkeypatch.context() as died:
        died.setattr(breaking, "changed", lambda *_: None)
        for _ in range(3):
            send(ferry)
        ferry.settle()
        assert [] == told(ferry)
    breaking.turn(ferry.core)
    breaking.turn(ferry.core)
    assert ["open"] == told(ferry)

    simulator._behaviours.clear()
    run = send(ferry)

    def done() -> bool:
        ferry.settle()
        return state(ferry, run) == "succeeded"

    with monkeypatch.context() as died:
        died.setattr(breaking, "changed", lambda *_: None)
        eventually(done)
    breaking.turn(ferry.core)
    breaking.turn(ferry.core)
    assert ["open", "closed"] == told(ferry)
    assert not ferry.core.store.client.hexists("f:{0}:g:clicksend", "news")


def test_while_it_is_down_one_asks_at_a_time(ferry: Pipeline) -> None:
    """A probe that fails is told, and the pause grows; a hundred that wait cost one call each time."""
    ferry.connect("clicksend")
    ferry.simulators["clicksend"].behave(action="send-sms", status=503)
    for _ in range(3):
        send(ferry)
    ferry.settle()
    for _ in range(20):
        send(ferry)
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        ferry.settle()

    trips = breaking.shown(ferry.core, "clicksend")["trips"]
    assert 1 <= trips <= 8
    assert 3 + trips <= len(ferry.simulators["clicksend"].requests("send-sms")) <= 4 + trips
    found = told(ferry)
    assert ["open", *["half_open", "open"] * trips] == found[: 1 + 2 * trips]


HEALTH: dict[str, tuple[Any, int | None, str]] = {
    # an attempt's error and status: what it says of the provider
    "nobody answers": (Unreachable("x"), None, "bad"),
    "broken": (OutcomeUnknown("x"), 500, "bad"),
    "a gateway's": (OutcomeUnknown("x"), 502, "bad"),
    "refused with a 500": (Rejected("x"), 500, "bad"),
    "not built": (Rejected("x"), 501, "ok"),
    "silence": (OutcomeUnknown("x"), None, ""),
    "too fast": (Throttled("x"), 429, "slow"),
    "too fast for one person": (Throttled("x", scope=Scope.LANE), 429, "ok"),
    "refused": (Rejected("x"), 400, "ok"),
    "taken": (None, 200, "ok"),
    "never left": (InvalidCall("x"), None, ""),
}


@pytest.mark.parametrize(("problem", "status", "said"), HEALTH.values(), ids=HEALTH)
def test_what_a_call_says_of_its_provider(problem: Any, status: int | None, said: str) -> None:
    """One slow call stops no connection; a refusal is an answer."""
    assert said == breaking.health(problem, status)
