"""Virtual time, and processes that may be killed between any two steps, frozen at any of them, and woken later."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

START = 1_700_000_000_000

Steps = Iterator[int | None]  # a piece of work; it yields after each step: ms to wait, or None for "a moment"


class Dies(Exception):
    """The step just made ends its whole process, as kill -9 does."""


@dataclass(frozen=True)
class Faults:
    """
    How often things go wrong: kill, freeze and stall a step; lose a bell; repeat a script whose answer got lost.

    silence:  whether the provider may leave a call without an answer
    storms:   three quick deaths of everybody, so often, each just after the leases of the one before ran out
    handling: how long a handler may take, in ms
    """

    kill: float = 0.004
    kills: int = 4  # at most
    freeze: float = 0.012
    stall: float = 0.03
    lose: float = 0.2
    repeat: float = 0.02
    silence: bool = True
    storms: int = 0
    handling: int = 300


NONE = Faults(kill=0, kills=0, freeze=0, stall=0, lose=0, repeat=0)
HARSH = Faults(kill=0.01, kills=6, freeze=0.04, stall=0.05)  # to see sooner that a rule is missing
FROZEN = Faults(kills=0, freeze=0.04, silence=False)  # nobody dies, everybody answers: all outcomes can be known
STORMY = Faults(kills=0, freeze=0, stall=0.1, storms=2, handling=2_000)  # everybody dies three times in a row
SLEEPY = Faults(kills=0, freeze=0.1)  # nobody dies by chance, many freeze


@dataclass
class Process:
    """One worker process.  `life` counts its restarts: steps of an earlier life are never made."""

    name: int
    life: int = 0
    up: bool = True
    frozen_until: int = 0
    busy: int = 0
    epoch: int = 0  # of Redis, as this process saw it last
    quiet_until: int = 0  # it claims nothing before
    flights: dict[str, Any] = field(default_factory=dict)
    suspects: list[int] = field(default_factory=list)  # since when an item with strikes is in hand

    def ends(self) -> None:
        """All it was doing and knew is gone."""
        self.life += 1
        self.up = False
        self.busy = 0
        self.frozen_until = 0
        self.flights = {}
        self.suspects = []


class Agenda:
    """What happens when.  Ties are broken by the order of entry, so that a seed replays exactly."""

    def __init__(self, dice: Random, faults: Faults) -> None:
        self.dice = dice
        self.faults = faults
        self.now = START
        self.kills = 0
        self.freezes = 0
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def after(self, ms: float, act: Callable[[], None]) -> None:
        """`act()` in `ms`."""
        heapq.heappush(self._heap, (self.now + int(ms), next(self._count), act))

    def step(self) -> None:
        """The next thing."""
        when, _, act = heapq.heappop(self._heap)
        self.now = max(self.now, when)
        act()

    def spawn(self, process: Process, steps: Steps) -> None:
        """A process takes up a piece of work."""
        process.busy += 1
        self._go_on(process, process.life, steps, self._moment())

    def _moment(self) -> int:
        dice = self.dice
        if dice.random() < self.faults.freeze:
            self.freezes += 1
            return dice.choice((dice.randint(1_000, 8_000), dice.randint(8_000, 90_000)))
        if dice.random() < self.faults.stall:
            return dice.randint(50, 2_000)
        return dice.randint(0, 6)

    def _go_on(self, process: Process, life: int, steps: Steps, ms: int) -> None:
        self.after(ms, lambda: self._make(process, life, steps))

    def _make(self, process: Process, life: int, steps: Steps) -> None:
        if process.life != life:
            return
        if process.frozen_until > self.now:
            self._go_on(process, life, steps, process.frozen_until - self.now + self._moment())
            return
        try:
            wait = next(steps)
        except StopIteration:
            process.busy -= 1
            return
        except Dies:
            self.kill(process)
            return
        if self.kills < self.faults.kills and self.dice.random() < self.faults.kill:
            self.kills += 1
            self.kill(process)
            return
        if self.dice.random() < self.faults.freeze / 3:
            self.freezes += 1
            process.frozen_until = self.now + self.dice.randint(1_000, 90_000)
        self._go_on(process, life, steps, self._moment() if wait is None else wait + self._moment())

    def kill(self, process: Process) -> None:
        """kill -9; a supervisor starts it again soon."""
        process.ends()
        self.after(self.dice.randint(100, 3_000), lambda: setattr(process, "up", True))
