"""
The connections on disk beside the spool, so that a process that begins while Redis is away knows whom to let in.

    connections         "FCN1 " | BLAKE2b of the rest (hex) | newline | JSON {redis: address, connections: {id: record}}
    connections.draft   the next one while it is written; whoever dies at it leaves it behind, to be written over
    connections.lock    held by the process that writes

A record is what stands in Redis, letter by letter: the URL's token and the secrets are encrypted under
FERRY_SECRET_KEYS.  The file's time is when Redis said so last; it is set each half minute.

Redis is asked and the file is written under one lock, so no older state comes over a newer one, whoever stalls in
between.  Versions are not compared: a Redis restored from a backup has an older one, and is right.

A file is believed no longer than a URL from before a rotation is: what was rotated since is mostly accepted still.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import time
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from web.spool.folder import Folder, sync
from worker.core import Core
from worker.store.text import stamp
from worker.store.vault import WrongKey

log = logging.getLogger("ferry.spool")

MAGIC = b"FCN1 "
AGAIN_SECONDS = 30.0
LEAST_SECONDS = 3600.0  # believed so long with any grace: a restart takes less
NEXT = "webhooks get 503 until Redis is back, and the file is written anew then"


class Useless(Exception):
    """The file tells us of nobody; why, a sentence that anybody may read."""


class Remembered:
    """
    One a process.

    seconds: the age from which on it is not believed
    why:     why `recall` found nobody, a sentence; "" when it did, or was not asked
    """

    def __init__(self, folder: Folder, seconds: float) -> None:
        self.folder = folder
        self.seconds = max(seconds, LEAST_SECONDS)
        self.why = ""
        self._version = b""
        self._again = 0.0

    @property
    def file(self) -> Path:
        """Where they stand."""
        return self.folder.path / "connections"

    def keep(self, core: Core, version: bytes) -> None:
        """
        Has the file say what Redis says, if it may not: at another version, and each half minute.  Called each second.

        A process that is at it spares all others; they look again a second later, as it may have asked too early.
        A disk that takes nothing is logged: the file of before stays.
        raises: what the client raises
        """
        if version == self._version and time.monotonic() < self._again:
            return
        try:
            with self.folder.remembering() as chosen:
                if not chosen:
                    return
                at = time.time()
                self._write(pack(core.store.address, core.connections.copied()), at)
        except OSError as problem:
            told = {"file": str(self.file), "why": problem.strerror, "next": "see to the disk; it is tried again"}
            log.warning("the connections are not kept on disk", extra=told)
        self._version, self._again = version, time.monotonic() + AGAIN_SECONDS

    def recall(self, core: Core) -> None:
        """Has the connections known as they were kept; where they cannot be, `why` says so, and the log."""
        try:
            copy, at = self._read(core.store.address)
            core.connections.recall(copy, at)
        except (Useless, WrongKey) as problem:
            self.why = f"no connection is known: {problem}"
            told = {"file": str(self.file), "why": str(problem), "next": NEXT}
            log.error("redis is away and no connection is known", extra=told)  # noqa: TRY400  (a sentence says it)
        else:
            self.why = ""
            log.warning("redis is away: connections are known from the disk", extra={"as_of": stamp(at * 1000)})

    def _read(self, address: str) -> tuple[Mapping[str, str], float]:
        try:
            with self.file.open("rb") as source:
                at, content = os.fstat(source.fileno()).st_mtime, source.read()
        except FileNotFoundError as problem:
            told = "there is no file that remembers them yet"
            raise Useless(told) from problem
        except OSError as problem:
            told = f"the file that remembers them cannot be read: {problem.strerror}"
            raise Useless(told) from problem
        copy = unpack(content, address)
        age = time.time() - at
        if age > self.seconds:
            told = f"the file that remembers them is {age / 3600:.0f} h old, and they may have been rotated since"
            raise Useless(told)
        return copy, at

    def _write(self, content: bytes, at: float) -> None:
        """Whole or not at all, wherever we die.  raises: OSError"""
        if self._says(content):
            os.utime(self.file, (at, at))
        else:
            draft = self.folder.path / "connections.draft"
            try:
                with open(draft, "wb", opener=_ours) as target:
                    target.write(content)
                    target.flush()
                    os.fsync(target.fileno())
                os.utime(draft, (at, at))
                draft.replace(self.file)
            except OSError:
                with contextlib.suppress(OSError):
                    draft.unlink(missing_ok=True)  # a full disk has better use for it
                raise
            sync(self.folder.path)

    def _says(self, content: bytes) -> bool:
        try:
            return self.file.read_bytes() == content
        except OSError:
            return False


def pack(address: str, copy: Mapping[str, str]) -> bytes:
    """The file; the same for the same connections."""
    rest = json.dumps({"redis": address, "connections": dict(copy)}, sort_keys=True).encode()
    return MAGIC + blake2b(rest, digest_size=16).hexdigest().encode() + b"\n" + rest


def unpack(content: bytes, address: str) -> Mapping[str, str]:
    """The records by id.  raises: Useless for a file that is torn, spoilt, of another kind or of another Redis"""
    head, _, rest = content.partition(b"\n")
    if head != MAGIC + blake2b(rest, digest_size=16).hexdigest().encode():
        told = "the file that remembers them is torn, spoilt, or none of ours"
        raise Useless(told)
    words: Any = json.loads(rest)  # as one of us wrote it, says the checksum
    if words["redis"] != address:
        told = "the file that remembers them is of another Redis"
        raise Useless(told)
    found: dict[str, str] = words["connections"]
    return found


def _ours(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
