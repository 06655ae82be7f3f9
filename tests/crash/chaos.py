"""Kills at random moments that a seed repeats."""

from __future__ import annotations

import random
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event

from tests.crash.stand import Stand


def new_seed() -> int:
    """One to print, so that the same moments can be had again."""
    return secrets.randbelow(10**6)


@dataclass
class Chaos:
    """
    Hurts a stand, one blow after the other.

    within:  seconds from one blow to the next, at most; the moment is the dice's
    """

    stand: Stand
    seed: int
    within: float = 1.5
    done: Counter[str] = field(default_factory=Counter)
    over: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def strike(self, plan: Mapping[str, int], going: Callable[[], bool] = lambda: True) -> Counter[str]:
        """Each part of `plan` so often, in an order of the dice's, while `going()`; what was done."""
        blows = [name for name, count in plan.items() for _ in range(count)]
        self.dice.shuffle(blows)
        return self.follow(blows, going)

    def follow(self, blows: Sequence[str], going: Callable[[], bool] = lambda: True) -> Counter[str]:
        """These, in this order."""
        for name in blows:
            if self.over.wait(self.dice.uniform(0.05, self.within)) or not going():
                break
            self.blow(name)
            self.done[name] += 1
        return self.done

    def blow(self, name: str) -> None:
        """One kill -9, and waits until what died is at work again."""
        stand = self.stand
        blows = {"worker": stand.kill_worker, "web": stand.kill_web, "one of web": stand.kill_one_of_web}
        blows.get(name, lambda: stand.kill(name))()
