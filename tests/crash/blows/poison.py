"""What kills whoever takes it up: after three deaths it is set aside, and the lane goes on."""

from __future__ import annotations

from tests.crash.blows.scene import Scene, at_work_again
from tests.crash.mischief import KILLS_HANDLER, KILLS_PARSER
from tests.crash.stand import P
from tests.eventually import eventually

SET_ASIDE_SECONDS = 240.0  # three leases, and three starts of a worker


def parser(scene: Scene) -> bool:
    """A webhook that ends its reader, three times."""
    return _three_times(scene, KILLS_PARSER)


def handler(scene: Scene) -> bool:
    """A message that ends its handler, three times."""
    return _three_times(scene, KILLS_HANDLER)


def _three_times(scene: Scene, word: str) -> bool:
    stand = scene.stand
    before, pids, ticker = _letters(scene), {stand.pid("worker")}, stand.ticker()
    scene.load.poison(word, scene.dice)

    def over() -> bool:
        pids.add(stand.pid("worker"))
        return _letters(scene) > before

    eventually(over, SET_ASIDE_SECONDS)
    at_work_again(scene, None, ticker)
    return len(pids - {None}) >= 4


def _letters(scene: Scene) -> int:
    return int(scene.stand.state.zcard(f"{P}dl"))
