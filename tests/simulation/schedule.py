"""One schedule from its seed to its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import redis

from tests.simulation import checks, forgetting, people, sender
from tests.simulation.agenda import Faults
from tests.simulation.world import Crew, Rules, World

PATIENCE = 30 * 60_000  # ms of peace after which what still waits is stuck


@dataclass(frozen=True)
class Report:
    """
    What one schedule showed.

    broken:   sentences, each a promise that was not kept
    aside:    what was set aside because it ended its worker three times; `innocent` of them does not
    """

    seed: int
    broken: list[str]
    runs: int
    deeds: int
    unknown: int
    kills: int
    freezes: int
    aside: int
    innocent: int
    log: list[str]

    def __str__(self) -> str:
        """What broke, how to see it again, and what happened last."""
        again = f"FERRY_SEED={self.seed} .venv/bin/pytest tests/simulation/test_schedules.py -k chosen"
        return "\n".join([f"seed {self.seed}: " + "; ".join(self.broken), again, *self.log[-60:]])


def play(
    client: redis.Redis,
    seed: int,
    scripts: Mapping[str, str],
    rules: Rules | None = None,
    faults: Faults | None = None,
    crew: Crew | None = None,
) -> Report:
    """Plays a schedule on an emptied database."""
    client.flushdb()
    dice = Random(seed)
    world = World(client, dice, rules or Rules(), faults or Faults(), scripts, crew or Crew())
    people.plan(world)
    _storms(world)
    if world.rules.forgets:
        forgetting.plan(world)
    world.agenda.after(dice.choice((25_000, 40_000, 120_000)), lambda: _peace(world))
    drained = _until_peace(world)
    states = checks.states(world)
    return Report(
        seed,
        checks.broken(world, states, drained=drained),
        len(world.runs),
        len(world.provider.deeds),
        sum(state == "unknown" for state in states.values()),
        world.agenda.kills,
        world.agenda.freezes,
        len(world.aside),
        sum(bool(one) for one in world.aside),
        world.log,
    )


def _storms(world: World) -> None:
    for _ in range(world.faults.storms):
        at = world.dice.randint(1_000, people.BUSY_MS)
        for _ in range(3):
            world.agenda.after(at, lambda: _everybody_dies(world))
            at += sender.LEASE + world.dice.randint(100, 1_500)


def _everybody_dies(world: World) -> None:
    for process in world.processes:
        if process.up:
            world.agenda.kill(process)


def _peace(world: World) -> None:
    world.at_peace()
    for connection in ("k1", "k2"):  # Redis may have forgotten that a pause was over
        people.unpause(world, connection)


def _until_peace(world: World) -> bool:
    """Ticks and steps until everything is drained; False when something is stuck."""
    over: list[bool] = []
    peace: list[int] = []

    def turn() -> None:
        if world.calm and not peace:
            peace.append(world.now)
        first = people.tick(world)
        if peace and not world.busy and not _waiting(world):
            over.append(True)
        elif peace and world.now - peace[0] > PATIENCE:
            over.append(False)
        else:
            longest = 60_000 if peace else 1_000
            world.agenda.after(min(longest, max(1_000, (first or 0) - world.now)), turn)

    world.agenda.after(0, turn)
    while not over:
        world.agenda.step()
    return over[0]


def _waiting(world: World) -> bool:
    return bool(world.client.exists(*(world.key(name) for name in ("due", "later", "held"))))
