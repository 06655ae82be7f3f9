"""The tick's own thread: a queue that nobody answers for is drained by whoever ticks."""

from __future__ import annotations

import pytest
import redis as redis_client

from tests.eventually import eventually
from tests.worker.pipeline import Pipeline, build
from worker.accept import accept
from worker.store import lanes
from worker.ticker import UNANSWERED, Ticker

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
