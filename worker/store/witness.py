"""
What this process has seen of the ticks of Redis, kept beside Redis, so that an old backup is known as one.

Redis holds the time of its last tick (`turn`).  One that holds an earlier one than we have seen went back in time, and
has forgotten what left since.  worker/restored.py says what follows.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worker.store.text import text

if TYPE_CHECKING:
    from worker.store.base import Store

log = logging.getLogger("ferry.witness")

BORN = "f:born"  # names the data, as long as it lives; a backup has the same
FILE = "witness.json"
KEEP_SECONDS = 5.0


class Witness:
    """
    The latest tick seen of each partition, in ms.

    folder: where it is kept between two lives of this process; None keeps it in memory only
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = None if folder is None else folder / FILE
        self._born = ""
        self._seen: dict[int, int] = {}
        self._kept = 0.0
        self._read()

    def seen(self, partition: int) -> int | str:
        """For the scripts: ms, or "" when nothing was seen yet."""
        return self._seen.get(partition, "")

    def look(self, store: Store) -> None:
        """
        Asks Redis for its ticks.  Another Redis, or an empty one, is no backup of the one before: we begin anew.

        raises: what the client raises when Redis is away
        """
        if not self._born and not store.client.exists(BORN):  # a Redis that is full refuses to set what stands, too
            store.client.set(BORN, secrets.token_hex(8), nx=True)
        with store.client.pipeline(transaction=False) as pipe:
            pipe.get(BORN)
            for partition in range(store.partitions):
                pipe.get(store.key(partition, "turn"))
            born, *turns = pipe.execute()
        if text(born) != self._born:
            if self._seen:
                log.warning("this Redis holds other data than the one before")
            self._born, self._seen = text(born), {}
        for partition, turn in enumerate(turns):
            if turn is not None:
                self._seen[partition] = max(int(turn), self._seen.get(partition, 0))
        if time.monotonic() - self._kept > KEEP_SECONDS:
            self._kept = time.monotonic()
            self._write()

    def _read(self) -> None:
        if self._path is None:
            return
        try:
            kept: Any = json.loads(self._path.read_text())
            self._born = str(kept["born"])
            self._seen = {int(name): int(turn) for name, turn in kept["turns"].items()}
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            log.warning("the witness cannot be read", extra={"error": type(problem).__name__})

    def _write(self) -> None:
        if self._path is None or not self._born:
            return
        draft = self._path.with_name(f".{FILE}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.write_text(json.dumps({"born": self._born, "turns": self._seen}))
            draft.replace(self._path)
        except OSError as problem:  # a full disk takes nothing from us but this belt
            log.warning("the witness cannot be written", extra={"error": type(problem).__name__})
