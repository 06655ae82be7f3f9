"""The stage of one schedule: the store, the processes, the bells between them, and what everybody remembers."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import redis

from tests.simulation.agenda import NONE, Agenda, Faults, Process, Steps
from tests.simulation.provider import Deed, Provider
from worker.store import scripts
from worker.store.base import Store


@dataclass(frozen=True)
class Crew:
    """The workers: so many processes with so many slots, of which one queue may hold `parallel`."""

    processes: int = 3
    slots: int = 3
    parallel: int = 2


ALONE = Crew(processes=1, slots=8, parallel=8)  # one who dies takes everything with it


@dataclass(frozen=True)
class Rules:
    """What may be switched off to see that it is needed.  The scripts' own rules are switched off in their texts."""

    deadline: bool = True  # the sender looks at its deadline directly before the socket
    reassert: bool = True  # a worker says again what it knows when Redis forgot
    forgets: bool = False  # Redis comes back without its last second
    alone: bool = True  # what may have killed is taken up alone in its process


@dataclass
class Run:
    """A run as the person who asked for it knows it."""

    id: str
    lane: str
    place: int | None  # in its lane, as accepted; None when order is not promised (scheduled, resumed)
    repeatable: bool
    chunks: int = 1
    poison: bool = False
    coalesce: bool = False
    cancelled_at: int | None = None  # confirmed
    asked_at: int | None = None  # a cancel that came too late to promise


class Shaky(Store):
    """A store whose answers get lost now and then: the client repeats the script, as redis-py would."""

    agenda: Agenda

    def run(self, script: str, partition: int, *args: Any) -> Any:
        told = super().run(script, partition, *args)
        if self.agenda.faults.repeat and self.agenda.dice.random() < self.agenda.faults.repeat:
            told = super().run(script, partition, *args)
        return told


def texts() -> dict[str, str]:
    """The scripts; bells and paces expire by the virtual clock alone, as the real one would make replays differ."""
    found = scripts.sources()
    for real in ("'PX', 2000)", "'PX', math.ceil(theirs + each - now))"):
        assert any(real in text for text in found.values()), real
        found = {name: text.replace(real, "'PX', 3600000)") for name, text in found.items()}
    return found


@dataclass
class World:
    """One schedule's everything."""

    client: redis.Redis
    dice: Random
    rules: Rules
    faults: Faults
    scripts: Mapping[str, str]
    crew: Crew = field(default_factory=Crew)
    agenda: Agenda = field(init=False)
    store: Shaky = field(init=False)
    provider: Provider = field(init=False)
    processes: list[Process] = field(init=False)
    runs: dict[str, Run] = field(default_factory=dict)
    heard: dict[str, list[str]] = field(default_factory=dict)  # subscription → event ids as the app got them
    facts: dict[str, str] = field(default_factory=dict)  # event id → conversation, in the order they were accepted
    in_request: dict[str, list[str]] = field(default_factory=dict)  # request id → event ids
    stubborn: set[str] = field(default_factory=set)  # events an app never manages
    deadly: set[str] = field(default_factory=set)  # events that end the worker that hands them over
    aside: list[str] = field(default_factory=list)  # what was set aside because it ended its worker three times
    epoch: int = 0
    calm: bool = False  # no faults any more
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.agenda = Agenda(self.dice, self.faults)
        self.store = Shaky(self.client, now=lambda: str(self.agenda.now), texts=dict(self.scripts))
        self.store.agenda = self.agenda
        self.provider = Provider(self.agenda, self.dice, self._told)
        self.processes = [Process(name) for name in range(self.crew.processes)]

    def _told(self, deed: Deed) -> None:
        from tests.simulation import people

        people.echo(self, deed)

    @property
    def now(self) -> int:
        return self.agenda.now

    def key(self, name: str) -> str:
        return self.store.key(0, name)

    def publish(self, queues: Iterable[str]) -> None:
        """Bells on their way; some get lost."""
        for queue in queues:
            if self.dice.random() >= self.agenda.faults.lose:
                expires = self.now + 30_000
                self._bell(queue, expires, self.dice.randint(0, 20))

    def _bell(self, queue: str, expires: int, ms: int) -> None:
        self.agenda.after(ms, lambda: self._deliver(queue, expires))

    def _deliver(self, queue: str, expires: int) -> None:
        process = self.dice.choice(self.processes)
        if process.up and process.busy < self.crew.slots:
            self.agenda.spawn(process, self._work(process, queue))
        elif self.now < expires:
            self._bell(queue, expires, self.dice.randint(20, 200))

    def _work(self, process: Process, queue: str) -> Steps:
        from tests.simulation import deliverer, reader, sender  # they know the world, and it starts them

        if queue.startswith("in:"):
            return reader.drain(self, process, queue)
        if queue.startswith("dlv:"):
            return deliverer.drain(self, process, queue)
        return sender.drain(self, process, queue)

    def at_peace(self) -> None:
        """From now on nothing goes wrong any more; what was frozen wakes."""
        self.calm = True
        self.provider.kind = True
        self.agenda.faults = NONE
        for process in self.processes:
            process.frozen_until = 0

    @property
    def busy(self) -> bool:
        return any(process.busy for process in self.processes)

    def note(self, word: str) -> None:
        """One line of what happened, for whoever replays a seed."""
        self.log.append(f"{self.now - 1_700_000_000_000:>8} {word}")


def seed_of(*words: object) -> int:
    """A seed of words, the same in every process."""
    return zlib.crc32("/".join(map(str, words)).encode())
