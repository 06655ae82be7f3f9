"""Other apps' tasks while the worker that takes them is killed, by whichever broker they come."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.rabbit import missing
from tests.crash.stand import Stand
from tests.crash.tasks import play, somebody, staged
from tests.worker.families import boundless, keys, strangers

pytestmark = pytest.mark.crash


def test_each_task_becomes_one_run(stand: Stand, seed: int, *, long: bool) -> None:
    """None is lost or doubled, whenever the worker dies.  One in five leaves now: once, or its run says unknown."""
    tasks, kills = (20_000, 25) if long else (600, 2)
    with somebody(stand.dev.info["redis_url"]) as app:
        found = play(stand, app, tasks=tasks, kills=kills, seed=seed)
    print(found)
    assert not found.broken, found
    assert tasks - tasks // 5 == found.states["scheduled"]
    assert [] == strangers(keys(stand.state)) == boundless(stand.state)


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")
def test_the_same_with_rabbitmq(tmp_path: Path, seed: int) -> None:
    """There an ordinary consumer takes them, which acknowledges what is stored; what it had in hand comes again."""
    with staged(tmp_path, "rabbitmq") as (stand, app):
        found = play(stand, app, tasks=20_000, kills=25, seed=seed)
    print(found)
    assert not found.broken, found
