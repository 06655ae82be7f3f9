"""
Which keys are in use: what each process was started with, and the key that idempotency marks of secrets are made with.

    f:keyed   zset: the fingerprints of a list of FERRY_SECRET_KEYS → ms when some process with that list last said so
    f:rekeyed the fingerprint of the key under which everything was when somebody last looked at all of it
    f:mark    the key of marks, made once, encrypted like everything else: marks outlive every key of the list
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from worker.store.base import Store
from worker.store.text import text
from worker.store.vault import Vault, WrongKey

KEYED, MARK, REKEYED = "f:keyed", "f:mark", "f:rekeyed"
EVERY_SECONDS = 10.0
GONE_MS = 45_000


def announce(store: Store, vault: Vault) -> None:
    """Says which keys this process has."""
    now = int(time.time() * 1000)
    with store.client.pipeline(transaction=False) as pipe:
        pipe.zadd(KEYED, {",".join(vault.keys): now})
        pipe.zremrangebyscore(KEYED, "-inf", now - GONE_MS)
        pipe.execute()


def behind(store: Store, vault: Vault) -> int | None:
    """ms since a process was heard of that does not know our newest key; None where there is none."""
    now = int(time.time() * 1000)
    found: Any = store.client.zrevrangebyscore(KEYED, "+inf", now - GONE_MS, withscores=True)
    for member, score in found:
        if vault.keys[0] not in text(member).split(","):
            return max(0, now - int(score))
    return None


def mark_key(store: Store, vault: Vault) -> bytes:
    """The key of marks; made when it is asked for the first time.  raises: WrongKey"""
    raw: Any = store.client.get(MARK)
    if raw is None:
        store.client.set(MARK, vault.close({"mark": secrets.token_hex(32)}), nx=True)
        raw = store.client.get(MARK)
    return bytes.fromhex(vault.open(text(raw))["mark"])


def renew_mark(store: Store, vault: Vault, *, forget_lost: bool = False) -> bool:
    """The key of marks, encrypted under the newest; False when none of ours opens it, unless it may be forgotten."""
    raw: Any = store.client.get(MARK)
    if raw is None or vault.is_newest(text(raw)):
        return True
    try:
        renewed = vault.renew(text(raw))
    except WrongKey:
        if forget_lost:
            store.client.delete(MARK)
        return forget_lost
    store.client.set(MARK, renewed)  # nobody else writes it but to say the same
    return True
