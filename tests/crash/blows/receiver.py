"""The receiver dies; or nobody is there to take what it stored."""

from __future__ import annotations

import time

from tests.crash.blows.scene import MOMENT_SECONDS, Scene, at_once, kill_worker
from tests.crash.stand import REPLIES, P
from tests.eventually import eventually


def before_the_script(scene: Scene) -> bool:
    """Killed while its requests wait for Redis: no 2xx was given, so the provider comes again."""
    with scene.state.frozen():
        eventually(lambda: scene.load.waiting, MOMENT_SECONDS)
        scene.stand.end_web()
    eventually(scene.stand.answers)
    return True


def after_the_script(scene: Scene) -> bool:
    """Killed with the request stored and its wake-up unpublished, because the broker stands still."""

    def stored_and_waiting() -> bool:
        return any(scene.stand.journalled(text) for text in seen & set(scene.load.waiting.values()))

    state = scene.stand.state
    at_once(lambda: scene.stand.unread() == 0)
    with scene.broker.frozen():
        state.delete(*[f"{P}b:in:{one}" for one in REPLIES])  # so that the next request rings
        until = time.monotonic() + MOMENT_SECONDS
        met, seen = False, set[str]()
        while not met and time.monotonic() < until:
            met = stored_and_waiting()
            seen = set(scene.load.waiting.values())
            time.sleep(0.1)  # one that is stored, and waits still at the next look, waits for the broker
        scene.stand.end_web()
    eventually(scene.stand.answers)
    return met


def no_worker(scene: Scene) -> bool:
    """None for a hundred webhooks; the next works the backlog off."""
    with scene.stand.frozen("worker"):
        scene.acknowledged(100)
        return kill_worker(scene, lambda: True)
