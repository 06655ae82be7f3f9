"""The worker dies, stands still, or loses Redis but not its providers."""

from __future__ import annotations

import time

from tests.crash.blows.scene import (
    MOMENT_SECONDS,
    TAKEN_OVER_SECONDS,
    Scene,
    at_once,
    came,
    flying,
    kill_worker,
    leaving,
)
from tests.crash.stand import REPLIES, P
from tests.crash.wire import Wire
from tests.eventually import eventually

BEHIND = 40  # requests that make a batch
TRIES = 10  # of a moment that lasts milliseconds
LOOK_SECONDS = 1.0  # what stays in hand for so long, while nothing is slow, is in a hand that stands still


def while_normalising(scene: Scene) -> bool:
    """Killed in the middle of a batch: some of its events are committed, and its cursor has not moved."""
    stand = scene.stand
    with stand.frozen("worker"):
        eventually(lambda: stand.unread(BEHIND) >= BEHIND, MOMENT_SECONDS)
        target = stand.events() + scene.dice.randint(1, BEHIND)
    at_once(lambda: stand.events() >= target)
    return kill_worker(scene, lambda: any(stand.state.exists(f"{P}h:in:{one}") for one in REPLIES))


def before_leaving(scene: Scene) -> bool:
    """Killed while it holds a run that has not left: it is sent once, by the next."""
    at_once(lambda: scene.stand.heads()["queued"] > 0)
    return kill_worker(scene, lambda: scene.stand.heads()["queued"] > 0)


def after_leaving(scene: Scene) -> bool:
    """Killed while sends are at the socket: they are unknown, until an echo or the history proves them."""
    leaving(scene, scene.provider())
    time.sleep(scene.dice.uniform(0.0, 0.5))
    return kill_worker(scene, lambda: scene.stand.heads()["leaving"] > 0)


def frozen_before_leaving(scene: Scene) -> bool:
    """Stopped with runs in hand until others have them, and woken: `leave` refuses it, and it sends nothing."""
    return _frozen(scene, "queued")


def frozen_after_leaving(scene: Scene) -> bool:
    """Stopped with messages at the socket until others have judged them, and woken: a late fact is taken."""
    return _frozen(scene, "leaving")


def _frozen(scene: Scene, state: str) -> bool:
    """Stopped again and again, each time for too short to lose anything, until its hands hold what is wanted."""
    stand = scene.stand
    with stand.second_worker():
        met = any(_stopped(scene, state) for _ in range(TRIES))
        before = stand.events()
        eventually(lambda: stand.events() > before, MOMENT_SECONDS)
        _over(scene)  # it is the second that dies now: nothing shall be in its hands
    return met


def _stopped(scene: Scene, state: str) -> bool:
    """Whether it stood still with a run of this state in hand; then until another has all it held."""
    stand = scene.stand
    if state == "leaving":
        leaving(scene, scene.provider(), 0.5)
    else:
        at_once(lambda: stand.heads()["queued"] > 0)
    with stand.frozen("worker"):
        held = stand.holders()
        before = {one for one in stand.in_hand() if one[2] == state}
        if before:
            time.sleep(LOOK_SECONDS)
        met = bool(before & stand.in_hand())
        if met:
            eventually(lambda: not held & stand.holders(), TAKEN_OVER_SECONDS)
    return met


def _over(scene: Scene) -> None:
    """Waits for a moment at which nothing is in anybody's hands, so that an end of a worker is no blow."""
    came(lambda: not scene.stand.in_hand(), 5.0)


def cut_from_redis(scene: Scene) -> bool:
    """Its line to Redis is gone while its messages are at the provider: told once it is back."""
    stand = scene.stand
    wire = Wire(scene.state.port)
    try:
        with stand.second_worker(REDIS_URL=f"redis://127.0.0.1:{wire.port}/0"):
            provider = scene.provider()
            with stand.frozen("worker"):  # so that what is taken now is the other's
                old = stand.holders()
                stand.behave(provider, delay=2.0, times=4)
                met = at_once(lambda: any(flying(scene, old)))
                out = {run for _, run, _ in flying(scene, old)}
                away = scene.dice.choice([wire.cut, wire.silence])()
                away.__enter__()
            try:
                unknown: set[str] = set()  # taken over and judged by the other; what is not was told before the cut

                def judged() -> bool:
                    states = {run: stand.run_state(run) for run in out}
                    unknown.update(run for run, state in states.items() if state == "unknown")
                    return "leaving" not in states.values()

                eventually(judged, TAKEN_OVER_SECONDS)
            finally:
                away.__exit__(None, None, None)
            # The one who is back knows it; or it is proven by now.
            came(lambda: all(stand.run_state(run) == "succeeded" for run in unknown), MOMENT_SECONDS)
            _over(scene)
        return met and bool(unknown)
    finally:
        wire.close()
