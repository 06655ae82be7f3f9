"""
The rows of DESIGN §5, each a blow at the moment its row names; a blow returns once what died is at work again.

It says whether it met its moment: a worker killed "after leaving" that had nothing at the socket proves nothing.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.crash.broker import Broker
from tests.crash.load import Load
from tests.crash.stand import REPLIES, P, Stand
from tests.eventually import eventually

MOMENT_SECONDS = 20.0  # how long a moment is waited for
BEHIND = 40  # requests that make a batch


@dataclass
class Scene:
    """What a blow may need; the load goes on until the last blow."""

    stand: Stand
    load: Load
    broker: Broker
    dice: random.Random


def receiver_before_the_script(scene: Scene) -> bool:
    """Killed while its requests wait for Redis: no 2xx was given, so the provider comes again."""
    with scene.stand.frozen("redis"):
        eventually(lambda: scene.load.waiting, MOMENT_SECONDS)
        scene.stand.end_web()
    eventually(scene.stand.answers)
    return True


def receiver_after_the_script(scene: Scene) -> bool:
    """Killed with the request stored and its wake-up unpublished, because the broker stands still."""

    def stored_and_waiting() -> bool:
        return any(scene.stand.journalled(text) for text in seen & set(scene.load.waiting.values()))

    state = scene.stand.state
    _at_once(lambda: scene.stand.unread() == 0)
    with scene.broker.frozen():
        state.delete(*[f"{P}b:in:{one}" for one in REPLIES])  # so that the next request rings
        until = time.monotonic() + MOMENT_SECONDS
        met, seen = False, set[str]()
        while not met and time.monotonic() < until:
            met = stored_and_waiting()
            seen = set(scene.load.waiting.values())
            time.sleep(0.1)  # one that is stored, and waits still at the next look, waits for the broker
        scene.stand.end_web()
    eventually(scene.stand.answers)
    return met


def worker_while_normalising(scene: Scene) -> bool:
    """Killed in the middle of a batch: some of its events are committed, and its cursor has not moved."""
    stand = scene.stand
    with stand.frozen("worker"):
        eventually(lambda: stand.unread(BEHIND) >= BEHIND, MOMENT_SECONDS)
        target = stand.events() + scene.dice.randint(1, BEHIND)
    _at_once(lambda: stand.events() >= target)
    return _kill_worker(scene, lambda: any(stand.state.exists(f"{P}h:in:{one}") for one in REPLIES))


def worker_before_leaving(scene: Scene) -> bool:
    """Killed while it holds a run that has not left: it is sent once, by the next."""
    _at_once(lambda: scene.stand.heads()["queued"] > 0)
    return _kill_worker(scene, lambda: scene.stand.heads()["queued"] > 0)


def worker_after_leaving(scene: Scene) -> bool:
    """Killed while sends are at the socket: they are unknown, until an echo or the history proves them."""
    provider = scene.dice.choice(scene.load.providers)
    scene.stand.behave(provider, delay=1.0, times=4)
    _at_once(lambda: scene.stand.heads()["leaving"] > 0)
    time.sleep(scene.dice.uniform(0.0, 0.5))
    return _kill_worker(scene, lambda: scene.stand.heads()["leaving"] > 0)


def worker_frozen(scene: Scene) -> bool:
    """Stopped until others have taken over all it held, and woken: it sends nothing that is not its own any more."""
    stand = scene.stand
    with stand.second_worker():
        stand.behave(scene.dice.choice(scene.load.providers), delay=0.5, times=4)
        time.sleep(scene.dice.uniform(0.0, 1.0))
        with stand.frozen("worker"):
            held = stand.holders()
            eventually(lambda: not held & stand.holders(), 60.0)
        before = stand.events()
        eventually(lambda: stand.events() > before, MOMENT_SECONDS)
    return bool(held)


def worker_absent(scene: Scene) -> bool:
    """None for a hundred webhooks; the next works the backlog off."""
    with scene.stand.frozen("worker"):
        before = len(scene.load.acknowledged)
        scene.load.reach(before + 100)
        return _kill_worker(scene, lambda: True)


def valkey_killed(scene: Scene) -> bool:
    """kill -9 of the state: what was acknowledged is in its file."""
    scene.stand.kill("redis")
    return True


def valkey_frozen(scene: Scene) -> bool:
    """Slower than everybody's patience: commands that timed out are carried out all the same, later."""
    scene.stand.behave(scene.dice.choice(scene.load.providers), delay=1.0, times=2)
    _at_once(lambda: scene.stand.heads()["leaving"] > 0)
    before = scene.load.refused
    with scene.stand.frozen("redis"):
        eventually(lambda: scene.load.refused > before, 60.0)
    eventually(scene.stand.answers)
    return True


def answer_cut(scene: Scene) -> bool:
    """The connection ends after the request was taken, and once before: proof decides, never a repetition."""
    provider = scene.dice.choice(scene.load.providers)
    scene.stand.behave(provider, drop=scene.dice.choice(["after", "after", "before"]), times=2)
    action = REPLIES[provider]
    seen = len(scene.stand.dev.asked(provider, action))

    def cut() -> bool:
        return any(one["dropped"] for one in scene.stand.dev.asked(provider, action)[seen:])

    eventually(cut, MOMENT_SECONDS)
    return True


def beat_killed(scene: Scene) -> bool:
    """Nothing of all this depends on it."""
    scene.stand.dev.kill("beat")
    return True


def broker_flushed(scene: Scene) -> bool:
    """Every wake-up on its way is gone: the tick rings again."""
    lost = 0
    with scene.stand.frozen("worker"):
        scene.load.reach(len(scene.load.acknowledged) + 20)
        lost = scene.broker.flush()
    for _ in range(20):
        scene.load.reach(len(scene.load.acknowledged) + 1)
        lost += scene.broker.flush()
    return lost > 0


def broker_killed(scene: Scene) -> bool:
    """No wake-up at all for fifty webhooks, each of which is acknowledged."""
    with scene.broker.away():
        scene.load.reach(len(scene.load.acknowledged) + 50)
    return True


ROWS: dict[str, Callable[[Scene], bool]] = {
    "receiver killed before the script answered": receiver_before_the_script,
    "receiver killed before it published": receiver_after_the_script,
    "worker killed while normalising": worker_while_normalising,
    "worker killed before leaving": worker_before_leaving,
    "worker killed after leaving": worker_after_leaving,
    "worker frozen past its lease, then woken": worker_frozen,
    "no worker for a while": worker_absent,
    "Valkey killed": valkey_killed,
    "Valkey frozen past every timeout": valkey_frozen,
    "answer cut in the middle": answer_cut,
    "beat killed": beat_killed,
    "broker flushed": broker_flushed,
    "broker killed": broker_killed,
}


def _at_once(what: Callable[[], bool], seconds: float = MOMENT_SECONDS) -> None:
    """Waits for a moment too short for `eventually`; goes on without it in the end."""
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        pass


def _kill_worker(scene: Scene, met: Callable[[], bool]) -> bool:
    """
    kill -9, whether the moment was met, and waits until the next worker has done what this one had in hand.

    Three deaths on the same run would set it aside, as they should: that is another row.
    """
    stand, pid, before = scene.stand, scene.stand.pid("worker"), scene.stand.ticker()
    os.kill(pid, signal.SIGKILL)
    found, held = met(), scene.stand.holders()
    eventually(lambda: stand.pid("worker") not in (None, pid) and stand.ticker() not in (None, before), 60.0)
    eventually(lambda: not held & stand.holders() and not stand.struck(), 60.0)
    return found
