"""The Lua scripts, loaded once; every one gets its partition's `due` key and the time (empty: Redis' own)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha1
from importlib import resources
from typing import Any

import redis
from redis.exceptions import NoScriptError

from worker.store.line import Line
from worker.store.text import wire

SHARED = ("prelude", "record")
SHEBANG = "#!lua"


def sources() -> dict[str, str]:
    """name → the whole script: flags first, then what all share, then its own lines."""
    folder = resources.files("worker.store") / "lua"
    texts = {
        entry.name.removesuffix(".lua"): entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".lua")
    }
    shared = "\n".join(texts[name] for name in SHARED)
    made = {}
    for name, text in texts.items():
        if name in SHARED:
            continue
        flags, own = text.split("\n", 1) if text.startswith(SHEBANG) else ("", text)
        made[name] = (flags + "\n" if flags else "") + shared + "\n" + own
    return made


class Scripts:
    """
    The scripts over one client.

    now: gives the time in ms as text for tests; production leaves it to Redis
    """

    def __init__(
        self, client: redis.Redis, *, now: Callable[[], str] | None = None, texts: dict[str, str] | None = None
    ) -> None:
        self.client: Any = client  # its execute_command carries no types
        self._line = Line(client)
        self.texts = texts if texts is not None else sources()
        self.shas = {name: sha1(text.encode()).hexdigest() for name, text in self.texts.items()}  # noqa: S324  (Redis' own name for a script)
        self._now = now

    def __call__(self, name: str, partition: int, *args: Any) -> Any:
        """Runs one script; loads it where the server does not know it (first use, restart, failover)."""
        words = (self.shas[name], 1, f"f:{{{partition}}}:due", self._now() if self._now else "", *map(wire, args))
        try:
            return self._line("EVALSHA", *words)
        except NoScriptError:
            return self._line("EVAL", self.texts[name], *words[1:])

    def many(self, name: str, calls: list[tuple[int, tuple[Any, ...]]]) -> list[Any]:
        """
        Several calls of one script in one round trip, in their order and as one: were the first refused and the second
        carried out, whoever repeats them would have turned them round.

        calls:   [(partition, args)]
        returns: the answer of each; the error of a call that failed by itself is its answer
        raises:  what redis-py raises, and then none of them was carried out, or nobody knows
        """
        now = self._now() if self._now else ""
        commands = [
            ("EVALSHA", self.shas[name], 1, f"f:{{{partition}}}:due", now, *map(wire, args))
            for partition, args in calls
        ]
        told = self._line.together(commands)
        if any(isinstance(one, NoScriptError) for one in told):  # then all are
            self.client.execute_command("SCRIPT", "LOAD", self.texts[name])
            told = self._line.together(commands)
        return told
