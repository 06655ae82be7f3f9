"""Bearer keys of the HTTP API: stored as digests, so what is stored opens nothing."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from worker.store.base import Store
from worker.store.text import iso, text

PREFIX = "fk_"
REMEMBERED_SECONDS = 5.0


def make(store: Store, name: str) -> str:
    """A new key; it is shown this once."""
    key = PREFIX + secrets.token_urlsafe(24)
    store.client.set(f"f:key:{_digest(key)}", json.dumps({"name": name, "created_at": iso(datetime.now(UTC))}))
    return key


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class Keys:
    """Who may speak to the API: keys from the environment and stored ones; a good one is remembered for 5 s."""

    def __init__(self, store: Store, given: tuple[str, ...]) -> None:
        self.store = store
        self._given = {_digest(key) for key in given}
        self._good: dict[str, tuple[float, str]] = {}

    def check(self, key: str) -> str | None:
        """The key's name, or None when it is none of ours."""
        digest = _digest(key)
        if digest in self._given:
            return "environment"
        until, name = self._good.get(digest, (0.0, ""))
        if until > time.monotonic():
            return name
        found: Any = self.store.client.get(f"f:key:{digest}")
        if found is None:
            self._good.pop(digest, None)
            return None
        name = str(json.loads(text(found)).get("name", ""))
        self._good[digest] = (time.monotonic() + REMEMBERED_SECONDS, name)
        return name
