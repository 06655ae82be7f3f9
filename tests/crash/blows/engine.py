"""Celery's side: its broker, its consumer, and beat.  Wake-ups only; nothing of the promises rests on them."""

from __future__ import annotations

import time
from typing import Any

from tests.crash.blows.scene import TAKEN_OVER_SECONDS, Scene, at_work_again, came, promise
from tests.eventually import eventually

TICKS_ITSELF_SECONDS = 60.0  # three rings without an answer, five seconds apart, and then its own thread
ENTRY = "f:beat:ferry.trim"


def flushed(scene: Scene) -> bool:
    """Every wake-up on its way is gone: the tick rings again."""
    lost = 0
    with scene.stand.frozen("worker"):
        scene.acknowledged(20)
        lost = scene.broker.flush()
    for _ in range(20):
        scene.acknowledged(1)
        lost += scene.broker.flush()
    return lost > 0


def killed(scene: Scene) -> bool:
    """No wake-up at all for fifty webhooks, each of which is acknowledged."""
    with scene.broker.away():
        scene.acknowledged(50)
    scene.broker.client.flushall()
    return True


def down(scene: Scene) -> bool:
    """No broker at all: the tick's own thread reads what is acknowledged meanwhile, and answers it."""
    before = scene.replies("1msg")
    with scene.broker.away():
        scene.acknowledged(20)
        met = came(lambda: scene.replies("1msg") > before + 10, TICKS_ITSELF_SECONDS)
    scene.broker.client.flushall()
    return met


def consumer_dead(scene: Scene) -> bool:
    """Its line to the broker is silent: the consumer hangs in a living process, which ends for its supervisor."""
    pid, ticker = scene.stand.pid("worker"), scene.stand.ticker()
    with scene.broker.wire.silence():
        met = came(lambda: scene.stand.pid("worker") not in (None, pid), TAKEN_OVER_SECONDS + TICKS_ITSELF_SECONDS)
    at_work_again(scene, pid, ticker)
    return met


def no_beat(scene: Scene) -> bool:
    """It stands still, or dies: nothing of all this depends on it."""
    if scene.dice.random() < 0.5:
        scene.stand.dev.kill("beat")
    else:
        with scene.stand.frozen("beat"):
            scene.acknowledged(50)
    return True


def two_beats(scene: Scene) -> bool:
    """A second one beside the first: what is due is started once."""
    stand = scene.stand
    with stand.second("beat", ""):
        scene.acknowledged(10)
        with stand.frozen("worker"):  # so that what is started stays to be counted
            _due_now(scene)
            met = came(lambda: _started(scene) > 0, TAKEN_OVER_SECONDS)
            time.sleep(scene.dice.uniform(1.0, 6.0))  # a turn of either, which is five seconds at most
            promise("two beats started the same job twice", _started(scene) <= 1)
    eventually(lambda: stand.ticker() is not None, TAKEN_OVER_SECONDS)
    return met


def _due_now(scene: Scene) -> None:
    scene.broker.client.delete("jobs")
    # Beat looks into its own list of what is due when; what has never run is due.
    state = scene.stand.state
    state.hdel(ENTRY, "meta")
    state.zadd("f:beat::schedule", {ENTRY: 0})


def _started(scene: Scene) -> int:
    told: Any = scene.broker.client.lrange("jobs", 0, -1)
    return sum(b"ferry.trim" in one for one in told)
