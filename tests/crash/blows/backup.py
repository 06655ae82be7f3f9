"""Redis is made again of an old backup: it does not know what has left since."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from tests.crash.blows.scene import MOMENT_SECONDS, TAKEN_OVER_SECONDS, Scene, came, leaving, promise
from tests.crash.stand import P
from tests.eventually import eventually

OLD_SECONDS = 70.0  # a backup so old is known as one by whoever has worked since; of a younger one somebody has to tell
NOTICED = 4  # one of so many is noticed, the others are told of
CALM_SECONDS = 3.0


def restored(scene: Scene) -> bool:
    """
    It starts held: what was queued and cannot be sent twice is unknown, and nothing leaves until a person lets it go.

    What it took after the backup it has forgotten: that is promised no longer, but that none of it leaves twice is.
    """
    stand, load, sends, state = scene.stand, scene.load, scene.sends, scene.state
    told = scene.dice.randrange(NOTICED) > 0
    with load.held(), sends.held():  # else what waits still after the last one would become unknown, too
        stand.drained()
    for provider in load.providers:
        leaving(scene, provider, times=4)
    eventually(lambda: not stand.spool.spooling())
    kept, runs = len(load.acknowledged), set(sends.accepted)
    begun, copy = time.monotonic(), state.backup()
    scene.acknowledged(scene.dice.randint(20, 60))
    while not told and time.monotonic() - begun < OLD_SECONDS:
        time.sleep(1.0)
    with contextlib.ExitStack() as gone:
        # Nobody waits for an answer at that moment: who asks again across it cannot be told from who asks for more.
        with load.held(), sends.held():
            eventually(lambda: not stand.spool.spooling())
            gone.enter_context(state.wire.cut())
            load.forgotten.update(load.acknowledged[kept:])
            sends.forgotten.update(sends.accepted.keys() - runs)
        # What is acknowledged from here on is kept on disk, and must not be lost.
        with state.away():
            state.put_back(copy)
        if told:
            done = stand.dev.ferry("release", "--restored", REDIS_URL=f"redis://127.0.0.1:{state.port}/0", **stand.keys)
            promise(f"nobody could be told: {done.stderr}", done.returncode == 0)
    eventually(lambda: _held(scene), TAKEN_OVER_SECONDS)
    met = int(state.client.zcard(f"{P}rec")) > 0
    _rests(scene)
    for provider in stand.wires:
        sends.insist(scene.client, "POST", f"/v1/connections/{stand.connection(provider).id}/resume")
    eventually(stand.answers, MOMENT_SECONDS)
    scene.acknowledged(20)
    return met


def _held(scene: Scene) -> bool:
    found: Any = scene.state.client.hget(f"{P}back", "done")
    return bytes(found or b"") == b"1"


def _rests(scene: Scene) -> None:
    """What had left is there by now; from then on nothing leaves, whatever comes in."""
    stand = scene.stand
    time.sleep(CALM_SECONDS)
    before = {provider: scene.replies(provider) for provider in scene.load.providers}
    came(stand.answers)
    scene.acknowledged(40)
    time.sleep(CALM_SECONDS)
    after = {provider: scene.replies(provider) for provider in scene.load.providers}
    promise(f"a restored backup sent by itself: {before}, then {after}", before == after)
    told = stand.readiness()["warnings"]
    promise("/readyz does not say that a backup was restored", any("restored from a backup" in one for one in told))
