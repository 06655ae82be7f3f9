"""
Connections as they stand in Redis, for whoever keeps them elsewhere too: a record is copied letter by letter, so that
what nobody may see of it stays encrypted under FERRY_SECRET_KEYS wherever it lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.store import stored as records
from worker.store.base import Store
from worker.store.stored import Stored
from worker.store.text import text
from worker.store.vault import Vault, WrongKey


def copied(store: Store) -> dict[str, str]:
    """Every record by its connection's id.  raises: what the client raises"""
    names: Any = store.client.smembers("f:conns")
    found = sorted(map(text, names))
    with store.client.pipeline(transaction=False) as pipe:
        for name in found:
            pipe.get(f"f:conn:{name}")
        raw: list[Any] = pipe.execute()
    return {name: text(one) for name, one in zip(found, raw, strict=True) if one is not None}


def opened(copy: Mapping[str, str], vault: Vault) -> tuple[dict[str, Stored], list[str]]:
    """
    (the connections by id, the ids of those that cannot be opened).

    None of our keys opens them, or another version wrote them: they stop no other.
    """
    known: dict[str, Stored] = {}
    closed: list[str] = []
    for name, raw in copy.items():
        try:
            known[name] = records.read(name, raw, vault)
        except (WrongKey, ValueError, KeyError, TypeError, AttributeError):
            closed.append(name)
    return known, closed
