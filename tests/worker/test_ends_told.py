"""The end of a run is told each time it ends: a person who has it done again hears how that went, too."""

from __future__ import annotations

import pytest
import redis as redis_client

from tests.worker.pipeline import Pipeline, build
from worker import runs_by_hand
from worker.accept import accept
from worker.endings import KEPT_ATTEMPTS
from worker.runs_by_hand import Said
from worker.store import runs
from worker.ticker import Ticker

TO = "15550100123"
SMS = {"to": "+61411111111", "text": "x"}


@pytest.fixture
def ferry(redis: redis_client.Redis) -> Pipeline:
    """Whose breaker stays out of the way."""
    made = build(redis, breaker_failures=10_000, unknown_hold_seconds=0.1)
    made.connect("1msg")
    made.connect("clicksend")
    return made


def told(ferry: Pipeline, run: str) -> list[str]:
    """The ends told of it."""
    kinds = ("run.failed", "run.unknown", "run.succeeded")
    return [one["type"].removeprefix("run.") for one in ferry.events(*kinds) if one["run"]["id"] == run]


def expire(ferry: Pipeline, run: str) -> None:
    """Its time is over."""
    store = ferry.core.store
    store.client.hset(store.key(0, f"r:{run}"), "expires", 1)
    store.client.zadd(store.key(0, "exp"), {run: 1})
    Ticker(ferry.core, lambda partition, queue: None).tick()


def test_one_that_never_leaves_fails_as_often_as_it_is_tried(ferry: Pipeline) -> None:
    """The window is as closed as before: no attempt was made in between."""
    given = {"to": TO, "text": "x"}
    run = accept(ferry.core, {"connection": "1msg", "action": "send-message", "input": given}).id
    ferry.settle()
    runs_by_hand.retry(ferry.core, run)
    ferry.settle()

    assert ["failed", "failed"] == told(ferry, run)


def test_one_whose_time_passes_twice(ferry: Pipeline) -> None:
    """Its connection was paused for both."""
    before = "2100-01-01T00:00:00Z"
    body = {"connection": "clicksend", "action": "send-sms", "input": SMS, "not_before": before}
    run = accept(ferry.core, body).id
    expire(ferry, run)
    ferry.simulators["clicksend"].behave(action="send-sms", status=429, headers={"Retry-After": "60"})
    runs_by_hand.retry(ferry.core, run)
    ferry.settle()
    expire(ferry, run)

    assert ["failed", "failed"] == told(ferry, run)


def test_one_with_more_attempts_than_are_kept(ferry: Pipeline) -> None:
    """Their number stays the same from then on."""
    run = accept(ferry.core, {"connection": "clicksend", "action": "send-sms", "input": SMS}).id
    ferry.simulators["clicksend"].behave(action="send-sms", drop="before")
    for _ in range(KEPT_ATTEMPTS // 2 + 2):
        ferry.settle()
        runs_by_hand.resolve(ferry.core, run, Said("failed"), by="ann")
        runs_by_hand.retry(ferry.core, run)
    ferry.settle()

    assert "unknown" == (runs.get(ferry.core.store, run) or {})["state"]
    assert [*["unknown", "failed"] * (KEPT_ATTEMPTS // 2 + 2), "unknown"] == told(ferry, run)
