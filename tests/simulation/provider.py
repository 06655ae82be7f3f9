"""The provider of the simulation: what it did, in the order it did it, and how it may answer or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.simulation.agenda import Agenda


@dataclass(frozen=True)
class Reply:
    """kind: ok | unknown (silence, or the line dropped) | throttled | refused | busy; `at`: when it is known."""

    kind: str
    at: int
    scope: str = "lane"
    wait: int = 0


@dataclass(frozen=True)
class Deed:
    """One thing the provider did: a call of a run that took effect."""

    at: int
    lane: str
    run: str
    chunk: int
    attempt: str


class Provider:
    """See the module.  `told` is called for each deed, for the echo."""

    def __init__(self, agenda: Agenda, dice: Random, told: Callable[[Deed], None]) -> None:
        self.agenda = agenda
        self.dice = dice
        self.told = told
        self.calls = 0
        self.deeds: list[Deed] = []
        self.kind = False  # from some time on it only says yes
        self.moods: tuple[str, ...] = ("ok",) * 12 + ("throttled", "throttled", "refused", "busy")
        if agenda.faults.silence:
            self.moods += ("silence", "lost", "dropped", "slow")

    def call(self, lane: str, run: str, chunk: int, attempt: str, timeout: int) -> Reply:
        """The request is written to the socket now; it arrives a little later, if it does."""
        self.calls += 1
        dice, now = self.dice, self.agenda.now
        mood = dice.choice(self.moods) if not self.kind else "ok"
        never = now + 10 * timeout
        if mood == "throttled":
            scope = dice.choice(("lane", "lane", "connection"))
            return Reply("throttled", now + dice.randint(5, 200), scope, dice.randint(200, 4_000))
        if mood in {"refused", "busy"}:
            return Reply(mood, now + dice.randint(5, 200))
        if mood == "lost":
            return Reply("unknown", never)
        arrives = dice.randint(1, 100)
        self.agenda.after(arrives, lambda: self._do(lane, run, chunk, attempt))
        if mood == "dropped":
            return Reply("unknown", now + arrives + dice.randint(0, 50))
        if mood == "silence":
            return Reply("unknown", never)
        longest = timeout + 1_000 if mood == "slow" else 300
        return Reply("ok", now + arrives + dice.randint(1, longest))

    def _do(self, lane: str, run: str, chunk: int, attempt: str) -> None:
        deed = Deed(self.agenda.now, lane, run, chunk, attempt)
        self.deeds.append(deed)
        self.told(deed)
