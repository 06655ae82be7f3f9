"""What people do in the middle of it: cancel, pause and resume."""

from __future__ import annotations

import time

from tests.crash.blows.scene import Scene, came, kill_worker, promise
from tests.crash.sends import PROVIDER

ASKED = 6


def cancelled(scene: Scene) -> bool:
    """Runs are taken back while they wait or fly, and the worker dies in the middle: what is confirmed never leaves."""
    sends, talk = scene.sends, scene.sends.talk()
    scene.stand.behave(PROVIDER, delay=0.5, times=ASKED)
    runs = [sends.ask(scene.client, talk) for _ in range(ASKED)]
    time.sleep(scene.dice.uniform(0.0, 1.0))
    wanted = scene.dice.sample(runs, ASKED - 2)
    half = len(wanted) // 2
    confirmed = [_cancel(scene, run) for run in wanted[:half]]
    kill_worker(scene, lambda: True)
    confirmed += [_cancel(scene, run) for run in wanted[half:]]
    return any(confirmed)


def _cancel(scene: Scene, run: str) -> bool:
    told = scene.sends.insist(scene.client, "POST", f"/v1/runs/{run}/cancel", fine={409})  # 409: it has ended
    sure: bool = told.get("state") == "cancelled"
    if sure:
        scene.sends.withdrawn.add(scene.sends.accepted[run])
    return sure


def paused(scene: Scene) -> bool:
    """A connection rests while messages wait for it, and the worker dies: none leaves until somebody resumes it."""
    stand, ident = scene.stand, scene.stand.connection(PROVIDER).id
    queue = f"out:{ident}:"
    scene.sends.insist(scene.client, "POST", f"/v1/connections/{ident}/pause")
    try:
        came(lambda: not any(stand.lane_of(run).startswith(queue) for _, run, state in stand.in_hand()), 10.0)
        before = scene.replies(PROVIDER)
        scene.acknowledged(20)
        kill_worker(scene, lambda: True)
        scene.acknowledged(20)
        promise("a paused connection sent something", scene.replies(PROVIDER) == before)
    finally:
        scene.sends.insist(scene.client, "POST", f"/v1/connections/{ident}/resume")
    return True
