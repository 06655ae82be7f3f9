"""Rows of DESIGN §5, each played so often under load, and their figures as a table."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import httpx

from tests.crash.blows import ROWS
from tests.crash.blows.scene import Scene
from tests.crash.figures import Figures, figures
from tests.crash.ledger import gather
from tests.crash.load import Load
from tests.crash.sends import Sends
from tests.crash.server import Server
from tests.crash.stand import Stand

MIX = ("1msg", "instagram", "1msg", "clicksend", "1msg", "infobip")
RATE = 60.0  # webhooks a second: a load, and room to be seen in
PLAYS = itertools.count()  # so that no two loads say the same
ENOUGH = 100_000  # more than any play lasts
HEADINGS = (
    "what dies",
    "kills",
    "in the moment",
    "acknowledged",
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
    """met: how many kills met the moment their row names."""

    row: str
    kills: int
    met: int
    figures: Figures

    def cells(self) -> tuple[object, ...]:
        """As HEADINGS names them."""
        found = self.figures
        lost = found.missing + found.unanswered + found.failed + found.row
        ends = (
            found.doubled,
            found.sent_twice + found.withdrawn,
            found.out_of_order,
            found.unfinished,
            found.proven,
            found.unknown,
            found.set_aside,
        )
        return (self.row, self.kills, self.met, found.acknowledged, lost, *ends)


def play(
    stand: Stand, state: Server, broker: Server, rows: Sequence[str], kills: int, seed: int, rate: float = RATE
) -> Played:
    """
    These rows in an order of the dice's, until each has killed so often, under one load that then drains.

    rate: webhooks a second, and a tenth as many runs over HTTP
    """
    dice = random.Random(seed)
    blows = [row for row in rows for _ in range(-(-kills // ROWS[row].kills))]
    dice.shuffle(blows)
    done, met, broken = 0, 0, list[str]()
    name = f"r{next(PLAYS)}"
    with (
        httpx.Client(trust_env=False, timeout=15.0) as client,
        Load(stand, name, ENOUGH, rate=rate, providers=MIX, seed=seed) as load,
        Sends(stand, name, rate / 10, seed) as sends,
    ):
        load.reach(20)
        scene = Scene(stand, load, sends, state, broker, dice, client)
        for row in blows:
            done += ROWS[row].kills
            try:
                load.reach(len(load.acknowledged) + dice.randint(1, 20))
                met += ROWS[row].kills * ROWS[row].blow(scene)
            except AssertionError as problem:
                broken.append(f"{row}: {problem}")
        for last in (load.finish, sends.finish, stand.drained):
            try:
                last()
            except AssertionError as problem:
                broken.append(str(problem))
        found = figures(gather(load, sends))
    found.row = len(broken)
    found.wrong += broken
    return Played(rows[0] if len(rows) == 1 else "all of them", done, met, found)


def line(cells: Iterable[object]) -> str:
    """In Markdown."""
    return f"| {' | '.join(map(str, cells))} |"


HEAD = (line(HEADINGS), line(("---", *("---:" for _ in HEADINGS[1:]))))


def table(played: Iterable[Played]) -> str:
    """In Markdown."""
    return "\n".join([*HEAD, *(line(one.cells()) for one in played)])
