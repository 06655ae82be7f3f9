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
    """
    Closes and opens small mappings of secrets.

    keys: by fingerprints that give nothing away, the newest first
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._newest = Fernet(keys[0])
        self.keys = tuple(blake2b(key.encode(), digest_size=8).hexdigest() for key in keys)

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

    def is_newest(self, closed: str) -> bool:
        """Whether it is encrypted under the newest key."""
        try:
            self._newest.decrypt(closed.encode())
        except InvalidToken:
            return False
        return True

    def renew(self, closed: str) -> str:
        """
        The same, encrypted under the newest key.

        raises: WrongKey
        """
        try:
            return self._fernet.rotate(closed.encode()).decode()
        except InvalidToken as problem:
            raise WrongKey(told()) from problem


def told(what: str = "the stored secrets") -> str:
    """What is wrong, in one sentence."""
    return f"FERRY_SECRET_KEYS holds no key that opens {what}: put the key they were made with back, as one of the list"


def mark(secrets: Mapping[str, Any], key: bytes) -> str:
    """A digest of the mapping under a key of at most 64 bytes: without the key nothing can be guessed from it."""
    content = json.dumps(dict(secrets), sort_keys=True, default=str).encode()
    return blake2b(content, digest_size=15, key=key).hexdigest()


def new_key() -> str:
    """A key for FERRY_SECRET_KEYS."""
    return Fernet.generate_key().decode()
