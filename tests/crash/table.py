"""Rows of DESIGN §5, each played so often under load, and their figures as a table."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.crash.blows import ROWS, Scene
from tests.crash.broker import Broker
from tests.crash.figures import Figures, figures
from tests.crash.load import Load
from tests.crash.stand import Stand

MIX = ("1msg", "instagram", "1msg", "clicksend", "1msg", "infobip")
RATE = 60.0  # webhooks a second: a load, and room to be seen in
PLAYS = itertools.count()  # so that no two loads say the same
ENOUGH = 100_000  # more than any play lasts
HEADINGS = (
    "what dies",
    "times",
    "webhooks acknowledged",
    "missing",
    "doubled",
    "sent twice",
    "out of order",
    "in no final state",
    "proven later",
    "still unknown",
    "for a person",
)


@dataclass(frozen=True)
class Played:
    """met: how many blows met the moment their row names."""

    row: str
    times: int
    met: int
    figures: Figures

    def cells(self) -> tuple[object, ...]:
        """As HEADINGS names them."""
        found = self.figures
        lost = found.missing + found.unanswered + found.failed
        ends = (
            found.doubled,
            found.sent_twice,
            found.out_of_order,
            found.unfinished,
            found.proven,
            found.unknown,
            found.set_aside,
        )
        return (self.row, self.times, found.acknowledged, lost, *ends)


def play(stand: Stand, broker: Broker, rows: Sequence[str], times: int, seed: int) -> Played:
    """These rows, so often each in an order of the dice's, under one load that then drains."""
    dice = random.Random(seed)
    blows = [row for row in rows for _ in range(times)]
    dice.shuffle(blows)
    met = 0
    with Load(stand, f"r{next(PLAYS)}", ENOUGH, rate=RATE, providers=MIX, seed=seed) as load:
        load.reach(20)
        for row in blows:
            load.reach(len(load.acknowledged) + dice.randint(1, 20))
            met += ROWS[row](Scene(stand, load, broker, dice))
        load.finish()
        stand.drained()
    return Played(rows[0] if len(rows) == 1 else "all of them", len(blows), met, figures(load))


def table(played: Iterable[Played]) -> str:
    """In Markdown."""
    lines = [HEADINGS, ("---", *("---:" for _ in HEADINGS[1:])), *(one.cells() for one in played)]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)
