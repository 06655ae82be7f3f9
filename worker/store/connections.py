"""
Connections: one account or channel each.  Secrets are encrypted; processes read through a cache.

The cache's version is asked for at most once a second, so a change is everywhere within about that time.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from connectors.connection import Connection, tail
from worker.store.base import Store
from worker.store.client import is_away
from worker.store.text import iso, text
from worker.store.vault import Vault

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
READY = "READY"
REFRESH_SECONDS = 1.0


class BadName(ValueError):
    """A connection's id that cannot stand in a URL or a key."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A connection whole.  `token` is the secret in its webhook's path; `source` whose URL its webhooks come in by."""

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
            "state": self.state,
            "clientAction": self.action,
            "error": self.error,
            "settings": self.settings,
            "secrets": {name: tail(value) for name, value in self.secrets.items() if value},
            "limits": limits,
            "paused": self.paused,
            "archived": self.archived,
            "webhook_url": self.webhook_url(public_url),
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
        Writes it, encrypted, and lets every process know; False when `only_new` and there is one already.

        raises: BadName
        """
        if not NAME.fullmatch(stored.id):
            told = f"{stored.id!r} is no name for a connection: letters, digits, - and _, at most 63"
            raise BadName(told)
        if not stored.created_at:
            stored = replace(stored, created_at=iso(datetime.now(UTC)))
        body = {
            "v": 1,
            "provider": stored.provider,
            "label": stored.label,
            "state": stored.state,
            "action": stored.action,
            "error": stored.error,
            "settings": stored.settings,
            "closed": self.vault.close({"secrets": stored.secrets, "token": stored.token}),
            "source": stored.source,
            "created_at": stored.created_at,
            "archived": stored.archived,
            "paused": stored.paused,
            "limits": stored.limits,
        }
        written = self.store.client.set(f"f:conn:{stored.id}", json.dumps(body), nx=only_new)
        if not written:
            return False
        self.store.client.sadd("f:conns", stored.id)
        self.store.client.incr("f:ver")
        with self._lock:
            self._cache = {}
            self._groups = {}
        return True

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
        if raw is None:
            return None
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
