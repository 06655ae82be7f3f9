"""Celery's messages are wake-ups only: all of them may be lost (LANES.md), and nothing else is."""

from __future__ import annotations

import threading

import pytest

from tests.crash.figures import figures
from tests.crash.ledger import gather
from tests.crash.load import Load
from tests.crash.server import Server
from tests.crash.stand import Stand

pytestmark = pytest.mark.crash


def test_flushing_the_brokers_queue_loses_nothing(apart: Stand, broker: Server, seed: int, *, long: bool) -> None:
    """Its lists, its bindings and what it holds unacknowledged go again and again while webhooks come in."""
    count = 5_000 if long else 400
    over = threading.Event()
    with Load(apart, "f", count, rate=100.0, seed=seed) as load:
        flushing = threading.Thread(target=_flush, args=(broker, over))
        flushing.start()
        try:
            for part in range(1, 4):  # nobody takes wake-ups now, so those that are rung are lost for certain
                load.reach(count * part // 4)
                with apart.frozen("worker"):
                    load.reach(count * part // 4 + 20)
            load.join()
            apart.drained()
        finally:
            over.set()
            flushing.join()

    found = figures(gather(load))
    print(found)
    assert {} == found.broken, found.wrong
    assert count == found.acknowledged


def _flush(broker: Server, over: threading.Event) -> None:
    while not over.wait(0.01):
        broker.flush()


@pytest.mark.slow
def test_nothing_is_lost_without_any_wake_up(apart: Stand, broker: Server, seed: int) -> None:
    """With no broker at all webhooks are acknowledged, and the tick's own thread does all the rest."""
    count = 2_000
    with broker.away(), Load(apart, "w", count, seed=seed) as load:
        load.join()
        apart.drained()

    found = figures(gather(load))
    print(found)
    assert {} == found.broken, found.wrong
    assert count == found.acknowledged
