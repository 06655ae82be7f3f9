"""Secrets at rest: encrypted under the newest of FERRY_SECRET_KEYS, readable with any of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class WrongKey(Exception):
    """None of FERRY_SECRET_KEYS opens what is stored."""


class Vault:
    """Closes and opens small mappings of secrets."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._newest = Fernet(keys[0])
        self._mark = keys[-1].encode()[:64]

    def close(self, secrets: Mapping[str, Any]) -> str:
        """The mapping, encrypted."""
        return self._fernet.encrypt(json.dumps(dict(secrets)).encode()).decode()

    def open(self, closed: str) -> dict[str, Any]:
        """
        The mapping again.

        raises: WrongKey in one sentence
        """
        try:
            found: dict[str, Any] = json.loads(self._fernet.decrypt(closed.encode()))
        except InvalidToken as problem:
            raise WrongKey(told()) from problem
        return found

    def mark(self, secrets: Mapping[str, Any]) -> str:
        """A digest of the mapping under the oldest key, the same until that one is taken away."""
        content = json.dumps(dict(secrets), sort_keys=True, default=str).encode()
        return blake2b(content, digest_size=15, key=self._mark).hexdigest()

    def is_newest(self, closed: str) -> bool:
        """Whether it is encrypted under the newest key."""
        try:
            self._newest.decrypt(closed.encode())
        except InvalidToken:
            return False
        return True

    def renew(self, closed: str) -> str:
        """The same, encrypted under the newest key."""
        return self._fernet.rotate(closed.encode()).decode()


def told(what: str = "the stored secrets") -> str:
    """What is wrong, in one sentence."""
    return f"FERRY_SECRET_KEYS holds no key that opens {what}: put the key they were made with back, as one of the list"


def new_key() -> str:
    """A key for FERRY_SECRET_KEYS."""
    return Fernet.generate_key().decode()
