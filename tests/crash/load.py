"""
Webhooks as providers send them: each until it is acknowledged, those of one conversation one after the other.

Each message says which it is, "<load>c<conversation>-<number>"; what was answered 2xx is remembered in `acknowledged`.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

import httpx

from connectors.provider import Stamp
from connectors.registry import find
from connectors.samples import make
from tests.crash.stand import HOOKS, Stand
from tests.eventually import eventually
from worker.store.text import iso

# Of one process' loads, so that no two share a conversation; no stand-in does anything odd for a number like these.
CONTACTS = (f"1555{number:05d}99" for number in itertools.count())
ANSWER_SECONDS = 15.0  # as long as a patient provider waits for an answer
AGAIN_SECONDS = 0.2
GIVE_UP_SECONDS = 120.0


@dataclass(frozen=True)
class Talk:
    """One conversation: who writes to which connection."""

    name: str
    provider: str
    contact: str


class Load:
    """`count` webhooks over `talks` conversations, from `callers` threads; `finish` ends it earlier."""

    def __init__(
        self,
        stand: Stand,
        name: str,
        count: int,
        *,
        talks: int = 40,
        callers: int = 6,
        providers: Sequence[str] = ("1msg",),
        rate: float = 0.0,
        seed: int = 0,
    ) -> None:
        """`rate`: webhooks a second at most, all callers together; 0 for as fast as they are answered."""
        self.stand = stand
        self.name = name
        self.count = count
        self.acknowledged: list[str] = []
        self.tries = 0
        self.refused = 0  # 503, or no answer at all
        self.later = 0  # 503 that said when to come again
        self.forgotten: set[str] = set()  # acknowledged by a Redis whose place an older one took
        self.waiting: dict[int, str] = {}  # what each caller is waiting to have acknowledged
        self.poisoned: list[str] = []  # acknowledged as well, and each ends whoever reads or hears it
        self._enough = threading.Event()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._turn = threading.Condition()
        self._held: set[str] = set()
        self._busy: Counter[str] = Counter()
        self._failure: BaseException | None = None
        self._pause = callers / rate if rate else 0.0
        self.began = iso(datetime.now(UTC) - timedelta(seconds=5))
        self.since = stand.newest()
        self.asked = {provider: stand.count(provider) for provider in HOOKS}
        self.connections = {provider: stand.current(provider) for provider in providers}  # change them when they move
        spread = itertools.cycle(providers)
        self.talks = [
            Talk(f"{name}c{nth:03d}", provider, next(CONTACTS))
            for nth, provider in zip(range(talks), spread, strict=False)
        ]
        dice = random.Random(seed)
        turns = [self.talks[nth % talks] for nth in range(count)]
        dice.shuffle(turns)
        mine: list[list[Talk]] = [[] for _ in range(callers)]
        places = {talk.name: nth % callers for nth, talk in enumerate(self.talks)}
        for talk in turns:
            mine[places[talk.name]].append(talk)
        self._threads = [threading.Thread(target=self._call, args=(turns,), daemon=True) for turns in mine]

    @property
    def providers(self) -> list[str]:
        """Those it writes to."""
        return sorted({talk.provider for talk in self.talks})

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def reach(self, count: int, seconds: float = GIVE_UP_SECONDS) -> None:
        """Waits until so many were acknowledged."""

        def reached() -> bool:
            if self._failure is not None:
                raise AssertionError(f"a webhook was never acknowledged: {self._failure!r}")
            return len(self.acknowledged) >= count

        eventually(reached, seconds)

    def join(self) -> None:
        """Waits until all were acknowledged."""
        self.reach(self.count)

    def finish(self) -> None:
        """Begins no more webhooks, and waits until those begun are acknowledged."""
        self._enough.set()
        for thread in self._threads:
            thread.join()
        if self._failure is not None:
            raise AssertionError(f"a webhook was never acknowledged: {self._failure!r}")

    @contextlib.contextmanager
    def held(self, *providers: str) -> Iterator[None]:
        """None of these writes (nobody at all without a name) within this context, and none waits for an answer."""
        chosen = set(providers or self.providers)
        with self._turn:
            self._held |= chosen
        try:
            eventually(lambda: not any(self._busy[one] for one in chosen), GIVE_UP_SECONDS)
            yield
        finally:
            with self._turn:
                self._held -= chosen
                self._turn.notify_all()

    def poison(self, word: str, dice: random.Random) -> str:
        """Says something that kills, in one of the conversations; what it said, once it was acknowledged."""
        talk = dice.choice(self.talks)
        text = f"{self.name}p{len(self.poisoned)} {word}"
        with httpx.Client(trust_env=False, timeout=ANSWER_SECONDS) as client:
            self._say(client, talk, text, self.poisoned)
        return text

    def _call(self, turns: list[Talk]) -> None:
        numbers: dict[str, Iterator[int]] = {}
        try:
            with httpx.Client(trust_env=False, timeout=ANSWER_SECONDS) as client:
                for talk in turns:
                    number = next(numbers.setdefault(talk.name, itertools.count()))
                    if self._enough.is_set() or self._over.is_set():
                        return
                    with self._at_work(talk.provider):
                        self._say(client, talk, f"{talk.name}-{number:04d}", self.acknowledged)
                    if self._pause:
                        self._enough.wait(self._pause)
        except BaseException as problem:  # noqa: BLE001  (told by whoever waits for us)
            self._failure = problem

    @contextlib.contextmanager
    def _at_work(self, provider: str) -> Iterator[None]:
        with self._turn:
            while provider in self._held and not self._over.is_set():
                self._turn.wait(1.0)
            self._busy[provider] += 1
        try:
            yield
        finally:
            with self._turn:
                self._busy[provider] -= 1

    def _say(self, client: httpx.Client, talk: Talk, text: str, heard: list[str]) -> None:
        """One webhook, the very same again and again until a 2xx."""
        provider = find(talk.provider)
        stamp = Stamp(text.partition(" ")[0].replace("-", "n"), int(time.time()), talk.contact, text)
        until = time.monotonic() + GIVE_UP_SECONDS
        me = threading.get_ident()
        self.waiting[me] = text
        while not self._over.is_set():
            connection = self.connections[talk.provider]
            hook = make(provider, provider.samples[HOOKS[talk.provider]], connection, stamp)
            url = f"{connection.webhook_url}{'/' + hook.hook if hook.hook else ''}"
            try:
                self.tries += 1
                answer = client.request(
                    hook.method, url, params=hook.query or None, headers=dict(hook.headers), content=hook.body
                )
                if answer.is_success:
                    del self.waiting[me]
                    with self._lock:
                        heard.append(text)
                    return
                if answer.status_code < 500:
                    raise AssertionError(
                        f"{answer.status_code} for {text}, a good webhook of {talk.provider}: {answer.text}"
                    )
                self.later += "Retry-After" in answer.headers
            except httpx.TransportError:
                pass
            self.refused += 1
            if time.monotonic() > until:
                raise AssertionError(f"no 2xx for {text} in {GIVE_UP_SECONDS:.0f} s")
            self._over.wait(AGAIN_SECONDS)
