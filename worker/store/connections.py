"""
Connections: one account or channel each.  Secrets are encrypted; processes read through a cache.

The cache's version is asked for at most once a second, so a change is everywhere within about that time.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import redis

from connectors.connection import Connection, tail
from worker.store.base import Store
from worker.store.client import is_away
from worker.store.text import iso, stamp, text
from worker.store.vault import Vault

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
READY = "READY"
DISABLED = "DISABLED"  # an archived one, as the outside sees it
MOST_TRIES = 50  # of a change that meets others
REFRESH_SECONDS = 1.0


class BadName(ValueError):
    """A connection's id that cannot stand in a URL or a key."""


class Gone(Exception):
    """There is no such connection."""


@dataclass(frozen=True, slots=True)
class Former:
    """A webhook secret from before a rotation: accepted until then (ms); None while the provider may still use it."""

    token: str = field(repr=False)
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """
    A connection whole.

    token:   the secret in its webhook's path; `formers` are those it had before and may still be called by
    source:  whose URL its webhooks come in by
    since:   when its state was last changed
    """

    id: str
    provider: str
    label: str = ""
    state: str = READY
    action: dict[str, Any] | None = None  # clientAction
    error: dict[str, Any] | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    token: str = field(default="", repr=False)
    source: str = ""
    created_at: str = ""
    archived: bool = False
    paused: bool = False
    limits: dict[str, float] = field(default_factory=dict)  # calls a second by action class; 0: none
    formers: tuple[Former, ...] = ()
    since: str = ""

    def speak(self, public_url: str) -> Connection:
        """As the connectors see it."""
        return Connection(self.id, self.provider, self.settings, self.secrets, self.webhook_url(public_url))

    def webhook_url(self, public_url: str) -> str:
        """Where the provider calls; its path holds a secret."""
        return f"{public_url.rstrip('/')}/webhooks/{self.source or self.id}/{self.token}"

    def shown(self, title: str, public_url: str, limits: dict[str, Any]) -> dict[str, Any]:
        """As the API shows it: secrets as …last4; `limits` as they are in force."""
        return {
            "id": self.id,
            "provider": title,
            "label": self.label,
            "state": DISABLED if self.archived else self.state,
            "clientAction": None if self.archived else self.action,
            "error": self.error,
            "settings": self.settings,
            "secrets": {name: tail(value) for name, value in self.secrets.items() if value},
            "limits": limits,
            "paused": self.paused,
            "archived": self.archived,
            "webhook_url": self.webhook_url(public_url),
            "former_webhooks": [{"accepted_until": stamp(one.until)} for one in self.formers],
            "created_at": self.created_at,
        }


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
        self._known: dict[str, Stored] = {}  # as they were last read: what is served while Redis is away
        self._remembered = b"?"
        self._watched = False  # somebody calls `remember` each second: nobody else need ask whether anything changed
        self._away: Exception | None = None  # what `remember` met the last time
        self._asked = 0.0
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

    def remember(self) -> None:
        """
        Reads all that changed since the last time, so that each is known while Redis is away.

        Called each second, it spares all others the question, and the waiting for a Redis that says nothing.
        raises: what the client raises
        """
        self._watched = True
        try:
            version: Any = self.store.client.get("f:ver") or b"0"
            if version != self._remembered:
                self._known = {one.id: one for one in self.all()}
                self._remembered = version
        except Exception as problem:
            self._away = problem if is_away(problem) else None
            raise
        self._away = None
        self._renew(version)

    def save(self, stored: Stored, *, only_new: bool = False) -> bool:
        """
        Writes it as it is, encrypted, and lets every process know; False when `only_new` and there is one already.

        Over what others may have changed meanwhile: a change of one that is there is `update`.
        raises: BadName
        """
        if not NAME.fullmatch(stored.id):
            told = f"{stored.id!r} is no name for a connection: letters, digits, - and _, at most 63"
            raise BadName(told)
        if not stored.created_at:
            stored = replace(stored, created_at=iso(datetime.now(UTC)))
        if not self.store.client.set(f"f:conn:{stored.id}", self._closed(stored), nx=only_new):
            return False
        self.store.client.sadd("f:conns", stored.id)
        self._announce()
        return True

    def update(self, ident: str, change: Callable[[Stored], Stored]) -> Stored:
        """
        Lays a change over what is stored, whoever changes it at the same time; returns what is stored then.

        change: may be called again with what somebody else has written meanwhile; gives its argument back for no change
        raises: Gone, and what `change` raises
        """
        key = f"f:conn:{ident}"
        for _ in range(MOST_TRIES):
            with self.store.client.pipeline() as pipe:
                pipe.watch(key)  # type: ignore[no-untyped-call]
                raw: Any = pipe.get(key)
                if raw is None:
                    told = f"there is no connection {ident!r}"
                    raise Gone(told)
                before = self._open(ident, raw)
                after = change(before)
                if after == before:
                    return before
                if after.state != before.state or not after.since:
                    after = replace(after, since=iso(datetime.now(UTC)))
                pipe.multi()
                pipe.set(key, self._closed(after))
                try:
                    pipe.execute()
                except redis.WatchError:
                    continue
            self._announce()
            return after
        told = f"the connection {ident!r} is being changed by too many at once"
        raise RuntimeError(told)

    def rekey(self, ident: str) -> bool:
        """Encrypts its secrets under the newest key; False when they are already."""
        key = f"f:conn:{ident}"
        for _ in range(MOST_TRIES):
            with self.store.client.pipeline() as pipe:
                pipe.watch(key)  # type: ignore[no-untyped-call]
                raw: Any = pipe.get(key)
                body = json.loads(raw) if raw is not None else None
                if body is None or self.vault.is_newest(body["closed"]):
                    return False
                body["closed"] = self.vault.renew(body["closed"])
                pipe.multi()
                pipe.set(key, json.dumps(body))
                with contextlib.suppress(redis.WatchError):
                    pipe.execute()
                    return True
        return False

    def old_keys(self) -> int:
        """How many connections have their secrets under another key than the newest."""
        names: Any = self.store.client.smembers("f:conns")
        found = [self.store.client.get(f"f:conn:{text(name)}") for name in names]
        return sum(not self.vault.is_newest(json.loads(raw)["closed"]) for raw in found if raw is not None)

    def _closed(self, stored: Stored) -> str:
        """As it is written."""
        hidden = {
            "secrets": stored.secrets,
            "token": stored.token,
            "formers": [[one.token, one.until] for one in stored.formers],
        }
        return json.dumps(
            {
                "v": 1,
                "provider": stored.provider,
                "label": stored.label,
                "state": stored.state,
                "action": stored.action,
                "error": stored.error,
                "settings": stored.settings,
                "closed": self.vault.close(hidden),
                "source": stored.source,
                "created_at": stored.created_at,
                "archived": stored.archived,
                "paused": stored.paused,
                "limits": stored.limits,
                "since": stored.since,
            }
        )

    def _announce(self) -> None:
        self.store.client.incr("f:ver")
        with self._lock:
            self._cache = {}
            self._groups = {}

    def all(self) -> list[Stored]:
        """Every connection, by id, archived ones too."""
        names: Any = self.store.client.smembers("f:conns")
        found = [self._read(text(name)) for name in sorted(names)]
        return [one for one in found if one is not None]

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
        return None if raw is None else self._open(ident, raw)

    def _open(self, ident: str, raw: Any) -> Stored:
        """What is written, readable; one of the version before has no formers and no since."""
        body = json.loads(raw)
        opened = self.vault.open(body["closed"])
        return Stored(
            ident,
            body["provider"],
            body["label"],
            body["state"],
            body["action"],
            body["error"],
            body["settings"],
            opened["secrets"],
            opened["token"],
            body["source"],
            body["created_at"],
            body["archived"],
            body["paused"],
            body.get("limits") or {},
            tuple(Former(token, until) for token, until in opened.get("formers") or ()),
            body.get("since") or "",
        )

    def _check_version(self) -> None:
        now = time.monotonic()
        if self._watched or now - self._asked < REFRESH_SECONDS:
            return
        self._asked = now  # one asks, and while Redis says nothing nobody else waits with it
        try:
            version: Any = self.store.client.get("f:ver") or b"0"
        except Exception as problem:
            if not is_away(problem):
                raise
            return
        self._renew(version)

    def _renew(self, version: Any) -> None:
        with self._lock:
            if version != self._version:
                self._version = version
                self._cache = {}
                self._groups = {}


_MISSING: Any = object()
