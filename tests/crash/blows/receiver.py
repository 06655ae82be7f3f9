"""The receiver dies; or nobody is there to take what it stored."""

from __future__ import annotations

import time

from tests.crash.blows.scene import MOMENT_SECONDS, Scene, at_once, came, kill_worker, promise
from tests.crash.stand import REPLIES, P
from tests.eventually import eventually
from web.spool.folder import DONE

CLOSED_SECONDS = 60.0  # a limit for what never comes; FERRY_DOOR_LAG_SECONDS is twelve here
HAND_OVER_SECONDS = 0.2  # a round trip of it, so that there is a middle to be killed in


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


def until_the_door_closes(scene: Scene) -> bool:
    """None for longer than a webhook may wait: then 503, and when to come again; the next works off what was taken."""
    stand, load = scene.stand, scene.load
    with stand.frozen("worker"):
        later = load.later
        met = came(lambda: load.later > later and not stand.readiness()["ready"], CLOSED_SECONDS)
        told = stand.readiness()
        promise(
            f"a closed door, and /readyz says {told['reasons']}",
            any("is a worker alive" in one for one in told["reasons"]),
        )
        promise("the door stays open beside a closed one", came(lambda: _nothing_taken(scene), CLOSED_SECONDS))
        kill_worker(scene, lambda: True)
    eventually(stand.answers, CLOSED_SECONDS)
    scene.acknowledged(20)
    return met


def _nothing_taken(scene: Scene, seconds: float = 1.5) -> bool:
    before = len(scene.load.acknowledged)
    time.sleep(seconds)
    return len(scene.load.acknowledged) == before


def spooling(scene: Scene) -> bool:
    """Killed while it keeps webhooks on disk, and again while it hands them over: the next one goes on from there."""
    stand = scene.stand
    with scene.state.wire.slow(HAND_OVER_SECONDS):
        with scene.state.away():
            kept = came(stand.spool.spooling)
            scene.acknowledged(scene.dice.randint(80, 140))  # more than 190 find no room there
            stand.end_web()
        at_once(lambda: _handing_over(scene))
        time.sleep(scene.dice.uniform(0.0, HAND_OVER_SECONDS))
        met = _handing_over(scene)
        stand.end_web()
    eventually(stand.answers)
    eventually(lambda: not stand.spool.spooling(), MOMENT_SECONDS)
    return kept and met


def _handing_over(scene: Scene) -> bool:
    """Whether some of what was spooled is handed over, and not all of it."""
    spool = scene.stand.spool
    return spool.spooling() and any(spool.path.glob(f"*{DONE}"))
