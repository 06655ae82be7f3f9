"""Who tries again, and when: the whole table."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import redis as redis_client

from connectors.action import Nature
from connectors.errors import (
    BadReply,
    ConnectorError,
    InvalidCall,
    OutcomeUnknown,
    Rejected,
    Scope,
    Throttled,
    Unreachable,
    Unsupported,
)
from connectors.provider import Answer, Provider
from connectors.registry import PROVIDERS
from tests.eventually import eventually
from tests.worker.pipeline import build
from worker.accept import Conflict, NotFound, accept
from worker.app import drain
from worker.hands import HandlerTooSlow
from worker.retry import CAP_SECONDS, MOST_TRIES, backoff, decide, decide_delivery
from worker.store import letters, runs
from worker.ticker import Ticker

AGAIN_LATER = ("again", "connection")
AGAIN = ("again", "lane")
FAILED = ("failed", "lane")
UNKNOWN = ("unknown", "lane")

TABLE = {
    # each error, then what follows where the action is repeatable and where it is not
    InvalidCall("x"): (FAILED, FAILED),
    Unsupported("x"): (FAILED, FAILED),
    Unreachable("x"): (AGAIN_LATER, AGAIN_LATER),
    Throttled("x", after=3): (AGAIN_LATER, AGAIN_LATER),
    Throttled("x", after=3, scope=Scope.LANE): (AGAIN, AGAIN),
    OutcomeUnknown("x"): (AGAIN, UNKNOWN),
    Rejected("x"): (FAILED, FAILED),
    BadReply("x"): (AGAIN, FAILED),
}


@pytest.mark.parametrize("problem", TABLE, ids=lambda one: f"{one.name}-{one.scope}")
@pytest.mark.parametrize("repeatable", [True, False])
def test_each_error_has_one_decision(problem: ConnectorError, *, repeatable: bool) -> None:
    """(error class × repeatable) → what follows."""
    made = decide(problem, repeatable=repeatable, tries=1, waited=0.0, patience=120.0)

    assert TABLE[problem][0 if repeatable else 1] == (made.verdict, made.scope)


DELIVERIES = {
    # what a handler raised, and what follows
    InvalidCall("x"): FAILED,
    NotFound("x"): FAILED,
    Conflict("x"): FAILED,
    RuntimeError("x"): AGAIN,
    HandlerTooSlow("x"): AGAIN,
}


@pytest.mark.parametrize("problem", DELIVERIES, ids=lambda one: type(one).__name__)
def test_each_failure_of_a_handler_has_one_decision(problem: Exception) -> None:
    """What would be answered the same again is not asked again."""
    made = decide_delivery(problem, tries=1, waited=0.0, patience=120.0)
    assert DELIVERIES[problem] == (made.verdict, made.scope)


def test_a_delivery_ends_after_so_many_attempts_and_after_so_long() -> None:
    """Whichever comes first."""
    words = {"patience": 1e9, "waited": 0.0, "most": 3}
    told = [decide_delivery(RuntimeError("x"), tries=tries, **words).verdict for tries in (1, 2, 3)]  # type: ignore[arg-type]
    assert ["again", "again", "failed"] == told
    assert "failed" == decide_delivery(RuntimeError("x"), tries=1, waited=121.0, patience=120.0).verdict


def test_every_class_of_error_is_in_the_table() -> None:
    """A new class of error needs a decision before it is used."""

    def below(kind: type[ConnectorError]) -> set[type[ConnectorError]]:
        return {kind}.union(*(below(one) for one in kind.__subclasses__()))

    assert PROVIDERS, "those of every provider are known"
    assert below(ConnectorError) - {ConnectorError} == {type(one) for one in TABLE}


def test_what_waits_for_the_whole_connection_ends_with_its_own_time(redis: redis_client.Redis) -> None:
    """However often it is tried: a dead letter that says so, and nothing of it waits on."""
    ferry = build(redis, attempts=10_000, breaker_failures=10_000)
    ferry.connect("clicksend")
    ferry.simulators["clicksend"].behave(action="send-sms", status=429)
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    given = {"to": "+61411111111", "text": "x"}
    run = accept(ferry.core, {"connection": "clicksend", "action": "send-sms", "input": given, "expires_at": soon}).id
    ticker = Ticker(ferry.core, lambda partition, queue: None)

    def over() -> bool:
        ticker.tick()
        while ferry.rung:
            drain(ferry.core, *ferry.rung.pop())
        return bool((runs.get(ferry.core.store, run) or {})["state"] == "failed")

    eventually(over)
    found = runs.get(ferry.core.store, run) or {}
    assert ("rejected", "expired") == (found["error"]["class"], found["error"]["reason"])
    assert [run] == [one["id"] for one in letters.listing(ferry.core.store)]
    assert {"throttled"} == {one["outcome"] for one in found["attempts"]}
    assert not redis.exists("f:{0}:due")


def test_they_say_when() -> None:
    """Retry-After is obeyed to the second."""
    assert decide(Throttled("x", after=17), repeatable=False, tries=5, waited=0, patience=1).wait == 17


@pytest.mark.parametrize("after", [0.0, 1.0])
def test_a_provider_that_says_at_once_is_asked_less_and_less_often(after: float) -> None:
    """An outage that answers 429 with a short Retry-After does not use up a run's attempts within a minute."""
    told = Throttled("x", after=after)
    waits = [decide(told, repeatable=False, tries=tries, waited=0, patience=1).wait for tries in range(1, MOST_TRIES)]
    assert min(waits) >= after
    assert sum(waits) > 300


def test_a_throttle_that_asking_prolongs_doubles_its_wait() -> None:
    """From `after` to `most`; without `most` what was said is obeyed to the second."""
    told = Throttled("x", after=30, most=900)
    waits = [decide(told, repeatable=False, tries=tries, waited=0, patience=1).wait for tries in (1, 2, 3, 5, 6, 40)]
    assert [30, 60, 120, 480, 900, 900] == waits


def test_patience_ends_what_concerns_one_run() -> None:
    """Past its patience a run gives its conversation way; what concerns the connection waits on."""
    own = Throttled("x", after=30, scope=Scope.LANE)
    assert decide(own, repeatable=False, tries=4, waited=100, patience=120).verdict == "failed"
    assert decide(OutcomeUnknown("x"), repeatable=True, tries=9, waited=120, patience=120).verdict == "failed"
    assert decide(Unreachable("x"), repeatable=False, tries=9, waited=9999, patience=120).verdict == "again"


@pytest.mark.parametrize("problem", TABLE, ids=lambda one: f"{one.name}-{one.scope}")
@pytest.mark.parametrize("repeatable", [True, False])
def test_no_error_is_tried_without_end(problem: ConnectorError, *, repeatable: bool) -> None:
    """After so many attempts it is given up, with its cause; what may be out stays unknown."""
    last = decide(problem, repeatable=repeatable, tries=7, waited=0, patience=120, most=7)

    assert last.verdict in {"failed", "unknown"}
    assert ("unknown" == last.verdict) == (TABLE[problem][0 if repeatable else 1] == UNKNOWN)


def test_a_strange_answer_is_asked_once_more_and_no_more() -> None:
    """A read that is answered in unknown words twice is ours to mend."""
    assert decide(BadReply("x"), repeatable=True, tries=2, waited=1, patience=120).verdict == "failed"


def test_pauses_grow_with_full_jitter_up_to_a_minute() -> None:
    """Every pause lies between nothing and its ceiling; the ceiling doubles and stops at a minute."""
    dice = random.Random(7)
    for tries in range(1, 40):
        ceiling = min(CAP_SECONDS, 0.5 * 2**tries)
        found = [backoff(tries, dice=dice) for _ in range(200)]
        assert all(0.05 <= one <= ceiling for one in found)
        assert max(found) > ceiling * 0.8
        assert min(found) < ceiling * 0.3


@pytest.mark.parametrize(("after", "least", "most"), [(86_400.0, 86_400, 86_400), (1.8e9, 0, CAP_SECONDS)])
def test_a_rest_of_more_than_a_day_is_not_believed(after: float, least: float, most: float) -> None:
    """A header may hold a date where seconds are meant: fifty years would be the end of the connection."""
    made = decide(Throttled("x", after=after), repeatable=False, tries=1, waited=0.0, patience=120.0)
    assert ("again", "connection") == (made.verdict, made.scope)
    assert least <= made.wait <= most


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_a_date_where_seconds_are_meant_closes_no_connection_for_a_day(provider: Provider) -> None:
    """Whoever reads the header leaves it to the one place that decides what is believed."""
    action = next(one for one in provider.actions.values() if one.nature is Nature.SEND)
    met = provider.judge(action, Answer(429, httpx.Headers({"retry-after": "1800000000"}), b"", None))
    assert isinstance(met, Throttled)
    assert decide(met, repeatable=False, tries=1, waited=0.0, patience=120.0).wait <= CAP_SECONDS


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_wait_ends_by_the_clock_of_redis(
    redis: redis_client.Redis, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """A worker whose clock stands minutes off obeys a Retry-After all the same, and waits no longer than it says."""
    ferry = build(redis)
    ferry.connect("clicksend")
    ferry.simulators["clicksend"].behave(action="send-sms", status=429, headers={"Retry-After": "60"})
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + seconds)
    given = {"to": "+61411111111", "text": "x"}
    run = accept(ferry.core, {"connection": "clicksend", "action": "send-sms", "input": given}).id
    ferry.settle()

    assert 1 == len((runs.get(ferry.core.store, run) or {})["attempts"])
    until = float(redis.hget("f:{0}:g:clicksend", "until") or 0) / 1000
    assert 50 < until - real() <= 60


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_run_is_worth_its_time_by_the_clock_of_redis(
    redis: redis_client.Redis, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """A typing mark lives for 15 s, and is not over at once where whoever takes it in has another clock."""
    ferry = build(redis)
    ferry.connect("instagram")
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + seconds)
    given = {"to": "900000000000001", "on": True}
    body = {"connection": "instagram", "action": "send-typing-indicator", "input": given}
    run = accept(ferry.core, body).id
    expires = float(redis.hget(f"f:{{0}}:r:{run}", "expires") or 0) / 1000

    assert 10 < expires - real() <= 15
