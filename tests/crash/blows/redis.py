"""Redis dies, stands still, is slow, full, loading, a replica, or another one."""

from __future__ import annotations

import time

from tests.crash.blows.scene import MOMENT_SECONDS, Scene, came, leaving, promise
from tests.eventually import eventually

AGAIN_SECONDS = 60.0


def killed(scene: Scene) -> bool:
    """kill -9 of the state: what was acknowledged is in its file."""
    scene.state.kill()
    eventually(scene.stand.answers, AGAIN_SECONDS)
    return True


def frozen(scene: Scene) -> bool:
    """Slower than everybody's patience: commands that timed out are carried out all the same, later."""
    leaving(scene, scene.provider(), times=2)
    with scene.state.frozen():
        _noticed(scene)
    eventually(scene.stand.answers, AGAIN_SECONDS)
    return True


def slow(scene: Scene) -> bool:
    """Every answer of it comes more than a second later: all goes on, at that pace, or is asked to come again."""
    before = len(scene.load.acknowledged) + scene.load.refused
    with scene.state.wire.slow(scene.dice.uniform(1.0, 1.5)):
        eventually(lambda: len(scene.load.acknowledged) + scene.load.refused >= before + 12, AGAIN_SECONDS)
    eventually(scene.stand.answers, AGAIN_SECONDS)
    return True


def loading(scene: Scene) -> bool:
    """Back after its death, it reads its file for a while and says so to all."""
    with scene.state.away(**{"key-load-delay": "500", "loading-process-events-interval-bytes": "1024"}):
        pass
    met = came(scene.state.loads)
    _noticed(scene)
    scene.state.hurry()
    scene.state.ready()
    eventually(scene.stand.answers, AGAIN_SECONDS)
    return met


def read_only(scene: Scene) -> bool:
    """It takes itself for a replica and refuses every write."""
    leaving(scene, scene.provider(), seconds=0.5, times=2)
    with scene.state.replica():
        _noticed(scene)
    eventually(scene.stand.answers, AGAIN_SECONDS)
    return True


def failing_over(scene: Scene) -> bool:
    """Another takes its place while messages are at the socket; whoever still speaks to the old one is refused."""
    met = leaving(scene, scene.provider(), times=4)
    before = scene.load.refused
    with scene.state.failing_over():
        felt = came(lambda: scene.load.refused > before or scene.stand.spool.spooling(), 5.0)
        time.sleep(scene.dice.uniform(0.0, 0.5))
    eventually(scene.stand.answers, AGAIN_SECONDS)
    return met and felt


def memory_full(scene: Scene) -> bool:
    """No memory is left while messages are at the socket: what became of them is recorded, and nothing new is taken."""
    provider = scene.provider()
    leaving(scene, provider, seconds=0.7, times=4)
    with scene.state.full():
        out = {run for _, run, state in scene.stand.in_hand() if state == "leaving"}
        met = came(lambda: out and all(scene.stand.run_state(run) != "leaving" for run in out))
        _noticed(scene)
    eventually(scene.stand.answers, AGAIN_SECONDS)
    return met


def disk_full(scene: Scene) -> bool:
    """Its file cannot grow any more: it ends in the middle of a record, and loses nothing that was acknowledged."""
    scene.state.fill_disk()
    met = came(scene.state.ended)
    _noticed(scene)
    scene.state.kill()  # with room again
    eventually(scene.stand.answers, AGAIN_SECONDS)
    return met


def away_until_the_spool_is_full(scene: Scene) -> bool:
    """Away for longer than the disk has room: then 503, and `/readyz` says so; back, it gets all in its order."""
    stand, load = scene.stand, scene.load
    with scene.state.away():
        met = came(stand.spool.spooling)
        later = load.later
        met = came(lambda: load.later > later + 5, AGAIN_SECONDS) and met
        told = stand.readiness()
        promise(f"a full spool, and /readyz says {told}", not told["ready"] and not told["spool"]["able"])
        promise("more was kept than there is room for", stand.spool.used() <= stand.spool.limit)
    eventually(stand.answers, AGAIN_SECONDS)
    eventually(lambda: not stand.spool.spooling(), AGAIN_SECONDS)
    scene.acknowledged(20)
    return met


def _noticed(scene: Scene) -> None:
    """Waits until somebody has felt it: a webhook was not taken, or was taken where it is kept meanwhile."""
    refused, acknowledged = scene.load.refused, len(scene.load.acknowledged)
    came(lambda: scene.load.refused > refused or len(scene.load.acknowledged) > acknowledged + 20, MOMENT_SECONDS)
