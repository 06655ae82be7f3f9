"""Redis comes back without its last moments: all keys are copied at one time and put back at a later one."""

from __future__ import annotations

from typing import Any

from tests.simulation import sender
from tests.simulation.world import World

Copy = dict[bytes, tuple[bytes, int]]


def copy(world: World) -> Copy:
    """All there is, with its lifetimes."""
    names: Any = world.client.keys("*")
    with world.client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.dump(name)
            pipe.pttl(name)
        told = pipe.execute()
    return {name: (told[2 * place], max(0, told[2 * place + 1])) for place, name in enumerate(names)}


def put_back(world: World, kept: Copy) -> None:
    """Everything since the copy is forgotten; who is connected notices, a thread at the socket within a second."""
    with world.client.pipeline(transaction=False) as pipe:
        pipe.flushdb()
        for name, (value, ttl) in kept.items():
            pipe.restore(name, ttl, value)
        pipe.execute()
    world.epoch += 1
    world.note("Redis forgot")
    for process in world.processes:
        if process.up:
            world.agenda.spawn(process, sender.watch(world, process))


def plan(world: World) -> None:
    """It happens a few times, for 0.2 to 1.5 s each."""
    for _ in range(world.dice.randint(2, 4)):
        world.agenda.after(world.dice.randint(1_000, 25_000), lambda: _copy_and_forget(world))


def _copy_and_forget(world: World) -> None:
    kept = copy(world)
    world.agenda.after(world.dice.randint(200, 1_500), lambda: put_back(world, kept))
