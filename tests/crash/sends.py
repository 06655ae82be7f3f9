"""
What another app sends over HTTP while all this happens: runs by `POST /v1/runs`, each until its 202.

Each says which it is, "<load>s<conversation>-<number>", one conversation's one after the other; each has an idempotency
key, and is asked for the very same again when no answer came.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
import time
from collections.abc import Collection, Iterator
from typing import Any, Self

import httpx

from tests.crash.load import ANSWER_SECONDS, CONTACTS, GIVE_UP_SECONDS
from tests.crash.stand import Stand

AGAIN_SECONDS = 0.2
PROVIDER, ACTION = "1msg", "send-message"
TALKS = 6


class Sends:
    """A thread that sends at `rate` a second until the context ends; `ask` sends beside it."""

    def __init__(self, stand: Stand, name: str, rate: float, seed: int) -> None:
        self.stand = stand
        self.name = name
        self.accepted: dict[str, str] = {}  # run → its text
        self.withdrawn: set[str] = set()  # texts whose cancel was confirmed
        self.forgotten: set[str] = set()  # runs that were accepted by a Redis whose place an older one took
        self.refused = 0  # 429, 503, or no answer at all
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._numbers: dict[str, itertools.count[int]] = {}
        self._names = itertools.count()
        self._dice = random.Random(seed)
        self._pause = 1.0 / rate
        self._failure: BaseException | None = None
        self._talks = [self.talk() for _ in range(TALKS)]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def finish(self) -> None:
        """Sends no more, and waits for the answer to what was begun."""
        self._over.set()
        self._thread.join()
        if self._failure is not None:
            raise AssertionError(f"a run was never accepted: {self._failure!r}")

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The thread sends nothing within this context, and waits for no answer."""
        with self._turn:
            yield

    def talk(self) -> tuple[str, str]:
        """A new conversation: (its name, whom it is with)."""
        return f"{self.name}s{next(self._names):03d}", next(CONTACTS)

    def ask(self, client: httpx.Client, talk: tuple[str, str]) -> str:
        """One run in a conversation, the very same until it is accepted; its id."""
        number = next(self._numbers.setdefault(talk[0], itertools.count()))
        text = f"{talk[0]}-{number:04d}"
        body = {
            "connection": self.stand.connection(PROVIDER).id,
            "action": ACTION,
            "input": {"to": talk[1], "text": text},
            "idempotency_key": text,
            "force": True,  # nobody wrote first
        }
        told = self.insist(client, "POST", "/v1/runs", json=body)
        run = str(told["id"])
        with self._lock:
            self.accepted[run] = text
        return run

    def insist(
        self,
        client: httpx.Client,
        method: str,
        path: str,
        *,
        fine: Collection[int] = (),
        **words: Any,
    ) -> dict[str, Any]:
        """Asks the API again and again until a 2xx, or a status that is fine; what it said."""
        until = time.monotonic() + GIVE_UP_SECONDS
        while True:
            try:
                info = self.stand.dev.info
                headers = {"Authorization": f"Bearer {info['api_key']}"}
                answer = client.request(method, info["url"] + path, headers=headers, **words)
                if answer.is_success or answer.status_code in fine:
                    told: dict[str, Any] = answer.json()
                    return told
                if answer.status_code < 500 and answer.status_code != 429:
                    raise AssertionError(f"{answer.status_code} for {method} {path}: {answer.text}")
            except httpx.TransportError:
                pass
            self.refused += 1
            if time.monotonic() > until:
                raise AssertionError(f"no 2xx for {method} {path} in {GIVE_UP_SECONDS:.0f} s")
            time.sleep(AGAIN_SECONDS)

    def _run(self) -> None:
        try:
            with httpx.Client(trust_env=False, timeout=ANSWER_SECONDS) as client:
                while not self._over.wait(self._pause):
                    with self._turn:
                        self.ask(client, self._dice.choice(self._talks))
        except BaseException as problem:  # noqa: BLE001  (told by whoever waits for us)
            self._failure = problem
