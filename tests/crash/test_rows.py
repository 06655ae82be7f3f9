"""The rows of DESIGN §5, each killing or freezing the real thing at the moment it names."""

from __future__ import annotations

import pytest

from tests.crash.blows import ROWS, versions
from tests.crash.server import Server
from tests.crash.stand import Stand
from tests.crash.table import play, table

pytestmark = pytest.mark.crash

TIMES = 20
BRIEF = [name for name, row in ROWS.items() if not row.dear and not name.startswith("broker")]  # test_wakeups.py has it


def test_every_row_once(apart: Stand, state: Server, broker: Server, seed: int) -> None:
    """All that are quick, under one load, in an order of the dice's."""
    played = play(apart, state, broker, BRIEF, 1, seed)

    print(table([played]))
    assert {} == played.figures.broken, played.figures.wrong


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_each_row_many_times(apart: Stand, state: Server, broker: Server, seed: int, row: str) -> None:
    """Nothing acknowledged is lost, doubled, sent twice, reordered or left in no state."""
    if row == "old and new code side by side" and not versions.before():
        pytest.skip("no history here: there is no version before")
    played = play(apart, state, broker, [row], TIMES, seed)

    print(table([played]))
    assert {} == played.figures.broken, played.figures.wrong
    assert played.met > TIMES // 2, f"only {played.met} of {TIMES} met their moment"
