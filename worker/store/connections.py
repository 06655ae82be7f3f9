"""
Connections: one account or channel each.  Processes read them through a cache, and change them by compare-and-set.

The cache's version is asked for at most once a second, so a change is everywhere within about that time.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import redis

from worker.store import kept, keyring
from worker.store import stored as records
from worker.store import vault as vaults
from worker.store.base import Store
from worker.store.client import Away, is_away
from worker.store.stored import DISABLED as DISABLED  # noqa: PLC0414  (a connection's words; others take them from here)
from worker.store.stored import READY as READY  # noqa: PLC0414
from worker.store.stored import Former as Former  # noqa: PLC0414
from worker.store.stored import Stored as Stored  # noqa: PLC0414
from worker.store.text import iso, stamp, text
from worker.store.vault import Vault, WrongKey

log = logging.getLogger("ferry.connections")

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
MOST_TRIES = 50  # of a change that meets others
VERSION = "f:ver"
REFRESH_SECONDS = 1.0
STALE_SECONDS = 30.0  # whatever a process has missed is seen after so long
LOOK_SECONDS = 0.02  # whoever is about to refuse somebody asks for the version no oftener than this


class BadName(ValueError):
    """A connection's id that cannot stand in a URL or a key."""


def proper(ident: str) -> None:
    """raises: BadName"""
    if not NAME.fullmatch(ident):
        told = f"{ident!r} is no name for a connection: letters, digits, - and _, at most 63"
        raise BadName(told)


class Gone(Exception):
    """There is no such connection."""


def new_token() -> str:
    """A webhook secret: 32 URL-safe characters."""
    return secrets.token_urlsafe(24)


class Connections:
    """All of them, by id."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self.store = store
        self.vault = vault
        self._cache: dict[str, Stored | None] = {}
        self._groups: dict[str, list[Stored]] = {}
        self._version = b""
        self.informed = False  # whether this process knows who there is: from Redis, or from what was kept elsewhere
        self.recalled = ""  # as of when, as long as it knows them from elsewhere
        self._known: dict[str, Stored] = {}  # as they were last read: what is served while Redis is away
        self._remembered = b"?"
        self._watched = False  # somebody calls `remember` each second: nobody else need ask whether anything changed
        self._away: Exception | None = None  # what `remember` met the last time
        self._asked = 0.0
        self._looked = 0.0
        self._filled = 0.0
        self._announce_at = 0.0
        self._mark_key: bytes | None = None
        self._locked: list[str] = []
        self._lock = threading.Lock()

    def get(self, ident: str, *, fresh: bool = False) -> Stored | None:
        """
        The connection, from the cache when that is not older than about a second.

        While Redis is away, as it was last known.  raises: what the client raises, for one that is not known
        """
        if fresh:
            return self._read(ident)
        self._check_version()
        cache = self._cache  # what is read now belongs to this version; a newer one has a new cache
        found: Any = cache.get(ident, _MISSING)
        if found is _MISSING:
            if not NAME.fullmatch(ident):
                return None
            if self._away is not None and ident in self._known:
                return self._known[ident]
            if self._away is not None:
                raise self._away
            try:
                found = self._read(ident)
            except Exception as problem:
                if not is_away(problem) or ident not in self._known:
                    raise
                return self._known[ident]
            if found is not None or len(cache) < 10_000:
                cache[ident] = found
            if found is not None:
                self._known[ident] = found
        kept: Stored | None = found
        return kept

    def newest(self, ident: str) -> Stored | None:
        """
        The connection as it is now, for whoever is about to refuse somebody; cached if others asked just before.

        While Redis is away, as it was last known.
        """
        now = time.monotonic()
        if self._away is None and now - self._looked >= LOOK_SECONDS:
            self._looked = now
            with contextlib.suppress(*Away):
                self._renew(self.store.client.get(VERSION) or b"0")
        return self.get(ident)

    def remember(self) -> bytes:
        """
        Reads all that changed since the last time, so that each is known while Redis is away; returns their version.

        Called each second, it spares all others the question, and the waiting for a Redis that says nothing.
        raises: what the client raises
        """
        self._watched = True
        try:
            version: Any = self.store.client.get(VERSION) or b"0"
            if version != self._remembered or time.monotonic() - self._filled > STALE_SECONDS:
                self._known = {one.id: one for one in self.all()}
                self._remembered = version
        except Exception as problem:
            self._away = problem if is_away(problem) else None
            raise
        self._away = None
        self.informed, self.recalled = True, ""
        self._renew(version)
        self.announce()
        told: bytes = version
        return told

    def copied(self) -> dict[str, str]:
        """All of them as they stand in Redis now, their secrets encrypted: what `recall` takes."""
        return kept.copied(self.store)

    def recall(self, copy: Mapping[str, str], at: float) -> None:
        """
        What was `copied` at this time (s), for a process that begins while Redis is away: known until Redis is read.

        One that cannot be opened stays unknown, and is logged.
        raises: WrongKey when none can be
        """
        known, closed = kept.opened(copy, self.vault)
        if closed and not known:
            raise WrongKey(vaults.told("the connections that were kept on disk"))
        if closed:
            log.error(
                "some connections that were kept on disk cannot be opened: they are not known",
                extra={"connections": closed},
            )
        self._known = known
        left_out = f", {len(closed)} left out that FERRY_SECRET_KEYS does not open" if closed else ""
        self.informed, self.recalled = True, f"as of {stamp(at * 1000)}{left_out}"

    def save(self, stored: Stored, *, only_new: bool = False) -> bool:
        """
        Writes it as it is, encrypted, and lets every process know; False when `only_new` and there is one already.

        Over what others may have changed meanwhile: a change of one that is there is `update`.
        raises: BadName
        """
        proper(stored.id)
        if not stored.created_at:
            stored = replace(stored, created_at=iso(datetime.now(UTC)))
        pipe: Any
        with self.store.client.pipeline() as pipe:  # in one: whoever dies in between would leave others with what was
            pipe.sadd("f:conns", stored.id)
            pipe.set(f"f:conn:{stored.id}", records.write(stored, self.vault), nx=only_new)
            pipe.incr(VERSION)
            _, made, _ = pipe.execute()
        self._forget()
        return bool(made)

    def update(self, ident: str, change: Callable[[Stored], Stored]) -> Stored:
        """
        Lays a change over what is stored, whoever changes it at the same time; returns what is stored then.

        change: may be called again with what somebody else has written meanwhile; gives its argument back for no change
        raises: Gone, and what `change` raises
        """
        for _ in range(MOST_TRIES):
            raw: Any = self.store.client.get(f"f:conn:{ident}") if NAME.fullmatch(ident) else None
            if raw is None:
                told = f"there is no connection {ident!r}"
                raise Gone(told)
            before = records.read(ident, raw, self.vault)
            after = change(before)
            if after == before:
                return before
            if after.stand != before.stand or not after.since:
                after = replace(after, since=iso(datetime.now(UTC)))
            if self._swap(f"f:conn:{ident}", raw, records.write(after, self.vault)):
                return after
        told = f"the connection {ident!r} is being changed by too many at once"
        raise RuntimeError(told)

    def _swap(self, key: str, before: bytes, after: str) -> bool:
        """Writes `after` if `before` stands there still, and lets every process know."""
        pipe: Any
        with self.store.client.pipeline() as pipe:
            try:
                pipe.watch(key)
                if pipe.get(key) != before:
                    return False
                pipe.multi()
                pipe.set(key, after)
                pipe.incr(VERSION)
                pipe.execute()
            except redis.WatchError:  # also when the line broke: whoever called looks again what stands there
                return False
        self._forget()
        return True

    def rekey(self, ident: str, lost: Callable[[Stored], Stored] | None = None) -> str:
        """
        Encrypts its secrets under the newest key: "moved", "newest" when they were, "locked" when no key opens them,
        "gone"; "lost" when they were locked and `lost` said what to make of the rest.
        """
        while True:
            raw: Any = self.store.client.get(f"f:conn:{ident}")
            if raw is None:
                return "gone"
            body, told = json.loads(raw), "moved"
            if self.vault.is_newest(body["closed"]):
                return "newest"
            try:
                body["closed"] = self.vault.renew(body["closed"])
                made = json.dumps(body)
            except WrongKey:
                if lost is None:
                    return "locked"
                told = "lost"
                made = records.write(lost(records.read(ident, raw, self.vault, lost=True)), self.vault)
            if self._swap(f"f:conn:{ident}", raw, made):
                return told

    def old_keys(self) -> int:
        """How many connections have their secrets under another key than the newest."""
        names: Any = self.store.client.smembers("f:conns")
        found = [self.store.client.get(f"f:conn:{text(name)}") for name in names]
        return sum(not self.vault.is_newest(json.loads(raw)["closed"]) for raw in found if raw is not None)

    def _forget(self) -> None:
        """What this process remembers; the others see by the version that something was changed."""
        with self._lock:
            self._cache = {}
            self._groups = {}

    def names(self) -> list[str]:
        """Of all there are."""
        found: Any = self.store.client.smembers("f:conns")
        return sorted(map(text, found))

    def each(self) -> Iterator[tuple[str, Stored | None]]:
        """Every connection by id, archived ones too; None for one that none of our keys opens."""
        for name in self.names():
            try:
                found = self._read(name)
            except WrongKey:
                yield name, None
                continue
            if found is not None:
                yield name, found

    def all(self) -> list[Stored]:
        """
        Every connection, by id, archived ones too.  One that none of our keys opens stops no other: it is logged.

        raises: WrongKey when they open none at all
        """
        found = list(self.each())
        locked = [name for name, one in found if one is None]
        if locked and len(locked) == len(found):
            raise WrongKey(vaults.told())
        if locked and locked != self._locked:
            log.error("none of FERRY_SECRET_KEYS opens these connections", extra={"connections": locked})
        self._locked = locked
        return [one for _, one in found if one is not None]

    def prove(self, *, whole: bool = False) -> None:
        """
        Our keys open what is stored, for whoever is about to start; some that they do not open are logged.

        whole:  all of it has to be
        raises: WrongKey in one sentence; what the client raises
        """
        found = list(self.each())
        locked = [name for name, one in found if one is None]
        if locked and (whole or len(locked) == len(found)):
            more = f" and {len(locked) - 3} more" if len(locked) > 3 else ""
            raise WrongKey(vaults.told(f"the secrets of {', '.join(locked[:3])}{more}"))
        self.all()

    def behind(self, source: str) -> list[Stored]:
        """The connections whose webhooks come in by this source's URL, itself included."""
        self._check_version()
        groups = self._groups
        cached = groups.get(source)
        if cached is None:
            cached = [one for one in self.all() if source in (one.id, one.source)]
            groups[source] = cached
        return cached

    def _read(self, ident: str) -> Stored | None:
        raw: Any = self.store.client.get(f"f:conn:{ident}")
        return None if raw is None else records.read(ident, raw, self.vault)

    def _check_version(self) -> None:
        now = time.monotonic()
        if self._watched or now - self._asked < REFRESH_SECONDS:
            return
        self._asked = now  # one asks, and while Redis says nothing nobody else waits with it
        try:
            version: Any = self.store.client.get(VERSION) or b"0"
        except Exception as problem:
            if not is_away(problem):
                raise
            return
        self._renew(version)

    def announce(self) -> None:
        """Says now and then which keys this process has, for whoever wants to take one away.  Called often."""
        now = time.monotonic()
        if now >= self._announce_at:
            self._announce_at = now + keyring.EVERY_SECONDS
            keyring.announce(self.store, self.vault)

    def mark(self, hidden: Mapping[str, Any]) -> str:
        """A digest of what nobody may see: the same whichever key encrypts it.  raises: WrongKey"""
        key = self._mark_key
        if key is None:
            key = self._mark_key = keyring.mark_key(self.store, self.vault)
        return vaults.mark(hidden, key)

    def _renew(self, version: Any) -> None:
        now = time.monotonic()
        with self._lock:
            if version != self._version or now - self._filled > STALE_SECONDS:
                self._version = version
                self._filled = now
                self._mark_key = None
                self._cache = {}
                self._groups = {}


_MISSING: Any = object()
