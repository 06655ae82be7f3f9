"""2,000 webhooks with replies while worker, receiver and Valkey are killed in the middle (issue 2)."""

from __future__ import annotations

import pytest

from tests.crash.chaos import Chaos
from tests.crash.figures import figures
from tests.crash.ledger import gather
from tests.crash.load import Load
from tests.crash.stand import Stand

pytestmark = pytest.mark.crash

MIX = ("1msg", "instagram", "1msg", "clicksend", "1msg", "infobip")
SHORT = {"worker": 2, "web": 1, "redis": 1, "one of web": 1}
LONG = {"worker": 20, "web": 20, "redis": 20, "one of web": 20, "beat": 5}


def test_nothing_is_lost_doubled_or_reordered(stand: Stand, seed: int, *, long: bool) -> None:
    """Each acknowledged webhook is one event with one reply; only what says unknown may have stayed without."""
    count, plan, rate = (20_000, LONG, 60.0) if long else (2_000, SHORT, 200.0)
    with Load(stand, "x", count, talks=60, providers=MIX, rate=rate, seed=seed) as load:
        chaos = Chaos(stand, seed, within=1.0)
        done = chaos.strike(plan, lambda: len(load.acknowledged) < count)
        load.join()
        stand.drained()

    found = figures(gather(load))
    print(f"killed {dict(done)}; {load.tries} tries for {count} webhooks; {found}")
    assert {} == found.broken, found.wrong
    assert count == found.acknowledged
    assert all(done[name] for name in ("worker", "web", "redis")), f"killed too late: {done}"
