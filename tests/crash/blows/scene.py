"""What a blow may need, and what many of them do."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from tests.crash.load import Load
from tests.crash.sends import Sends
from tests.crash.server import Server
from tests.crash.stand import REPLIES, Stand
from tests.eventually import eventually

MOMENT_SECONDS = 20.0  # how long a moment is waited for
TAKEN_OVER_SECONDS = 60.0  # a limit for what never comes


@dataclass
class Scene:
    """The load goes on until the last blow."""

    stand: Stand
    load: Load
    sends: Sends
    state: Server
    broker: Server
    dice: random.Random
    client: httpx.Client

    def provider(self) -> str:
        """One of those the load writes to."""
        return self.dice.choice(self.load.providers)

    def acknowledged(self, more: int) -> None:
        """Waits until so many more webhooks were acknowledged."""
        self.load.reach(len(self.load.acknowledged) + more)

    def replies(self, provider: str) -> int:
        """How many messages its stand-in was asked to send so far."""
        return self.stand.count(provider)


def at_once(what: Callable[[], bool], seconds: float = MOMENT_SECONDS) -> bool:
    """Waits for a moment too short for `eventually`; goes on without it in the end, and says so."""
    until = time.monotonic() + seconds
    while not (come := what()) and time.monotonic() < until:
        pass
    return come


def came(what: Callable[[], object], seconds: float = MOMENT_SECONDS) -> bool:
    """Waits for a moment that may not come."""
    try:
        eventually(what, seconds)
    except AssertionError:
        return False
    return True


def promise(what: str, kept: object) -> None:
    """A promise of the row's own; raises AssertionError, which the table counts."""
    if not kept:
        raise AssertionError(what)


def kill_worker(scene: Scene, met: Callable[[], bool], *, ticks: bool = True) -> bool:
    """
    kill -9, whether the moment was met, and waits until the next worker has done what this one had in hand.

    ticks: it may be the one that ticks; not where another has been elected meanwhile
    Three deaths on the same run would set it aside, as they should: that is another row.
    """
    stand, pid, before = scene.stand, scene.stand.pid("worker"), scene.stand.ticker()
    os.kill(pid, signal.SIGKILL)
    found, held = met(), scene.stand.holders()
    at_work_again(scene, pid, before if ticks else None)
    eventually(lambda: not held & stand.holders() and not stand.struck(), TAKEN_OVER_SECONDS)
    return found


def at_work_again(scene: Scene, pid: int | None, ticker: bytes | None) -> None:
    """Waits until another worker than this one runs and ticks."""
    stand = scene.stand
    eventually(
        lambda: stand.pid("worker") not in (None, pid) and stand.ticker() not in (None, ticker), TAKEN_OVER_SECONDS
    )


def leaving(scene: Scene, provider: str, seconds: float = 1.0, times: int = 4) -> bool:
    """Slows a provider and waits until messages are at its socket."""
    scene.stand.behave(provider, delay=seconds, times=times)
    return at_once(lambda: scene.stand.heads()["leaving"] > 0)


def flying(scene: Scene, old: set[bytes]) -> set[tuple[str, str, str]]:
    """What is at a provider's socket by others than these holders, as `Stand.in_hand` has it."""
    return {one for one in scene.stand.in_hand() if one[2] == "leaving" and one[0].encode() not in old}


__all__ = ["REPLIES", "Scene", "at_once", "at_work_again", "came", "flying", "kill_worker", "leaving", "promise"]
