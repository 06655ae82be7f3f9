"""The tick's own thread: a queue that nobody answers for is drained by whoever ticks."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis as redis_client

from tests.eventually import eventually
from tests.worker.pipeline import Pipeline, build
from worker.accept import accept
from worker.chores import Chores
from worker.store import events, lanes, runs
from worker.store.witness import BORN
from worker.ticker import ELECTED, UNANSWERED, Ticker

QUEUE = "out:1msg:live"


@pytest.fixture
def ferry(redis: redis_client.Redis) -> Pipeline:
    """With a connection of 1msg."""
    made = build(redis)
    made.connect("1msg")
    return made


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def rung(ferry: Pipeline, gaps: list[float]) -> list[str]:
    """The queues that were drained after rings so many seconds apart."""
    drained: list[str] = []
    clock = Clock()
    ticker = Ticker(ferry.core, lambda partition, queue: drained.append(queue), clock=clock)
    for gap in gaps:
        clock.now += gap
        ticker._notice(0, [QUEUE])
    eventually(lambda: not ticker._own)
    return drained


@pytest.mark.parametrize(
    "gaps", [[5.0] * UNANSWERED, [1.0, *[5.0] * UNANSWERED], [5.0, 1.0, 4.0, 1.0, 4.0], [5.0, 11.0, 11.0]]
)
def test_rings_in_between_do_not_make_it_wait_for_ever(ferry: Pipeline, gaps: list[float]) -> None:
    """New lanes make a queue due again at once: under load that must not look like an answer."""
    assert QUEUE in rung(ferry, gaps)


@pytest.mark.parametrize("gaps", [[5.0] * (UNANSWERED - 1), [5.0, 20.0, 5.0], [1.0] * 4])
def test_a_ring_may_take_its_time(ferry: Pipeline, gaps: list[float]) -> None:
    """Not before the third, and not for rings of different waits."""
    assert [] == rung(ferry, gaps)


def test_who_is_at_work_is_left_alone(ferry: Pipeline) -> None:
    """Its lane is held, by a lease that has not run out."""
    given = {"to": "15550100123", "text": "hello"}
    accept(ferry.core, {"connection": "1msg", "action": "send-message", "input": given, "force": True})
    taken = lanes.claim(ferry.core.store, 0, QUEUE, lease=60_000, limit=1)
    assert "lane" == taken.told
    assert [] == rung(ferry, [5.0] * 4)

    lanes.renew(ferry.core.store, 0, taken.lane, taken.token, 1)
    ferry.core.store.client.zadd(ferry.core.store.key(0, f"q:{QUEUE}"), {taken.lane: 1})  # it died long ago
    assert QUEUE in rung(ferry, [5.0] * 4)


def test_it_ticks_and_makes_room_while_memory_is_full(ferry: Pipeline, redis: redis_client.Redis) -> None:
    """What has ended is told; and what may be forgotten is, though the broker, full as well, passes on no job."""
    stored = ferry.connect("1msg")
    ferry.ingest(stored, ferry.hook(stored, "message"))
    ferry.settle()
    old = ferry.events("message.received")[0]["id"]
    body = {"connection": "1msg", "action": "get-settings", "input": {}, "not_before": "2100-01-01T00:00:00Z"}
    run = accept(ferry.core, body).id
    redis.zadd("f:{0}:exp", {run: 1})
    redis.hset(f"f:{{0}}:r:{run}", "expires", 1)
    ferry.core.store.retention.events = -1_000
    ticker = Ticker(ferry.core, lambda partition, queue: None)
    chores = Chores(ferry.core, ticker.elected)
    chores._since -= timedelta(hours=1)
    redis.set(BORN, "x")  # others have ticked here before
    redis.config_set("maxmemory", 1)
    try:
        ticker.start()
        chores.start()
        eventually(lambda: "failed" == (runs.get(ferry.core.store, run) or {})["state"])
        eventually(lambda: events.get(ferry.core.store, old) is None)
    finally:
        ticker.stop()
        chores.stop()
        redis.config_set("maxmemory", 0)


def test_one_ticks_at_a_time_and_another_when_it_is_gone(ferry: Pipeline, redis: redis_client.Redis) -> None:
    """For three seconds after it was heard of last."""
    one, other = (Ticker(ferry.core, lambda partition, queue: None) for _ in range(2))
    assert (True, False, True) == (one._elected(), other._elected(), one._elected())
    assert 2_000 < redis.pttl(ELECTED) <= 3_000
    redis.delete(ELECTED)
    assert (True, False) == (other._elected(), one._elected())
