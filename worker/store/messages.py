"""Messages and conversations, as commits leave them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.store import ids, newest
from worker.store.base import Store
from worker.store.text import stamp, text


def get(store: Store, ident: str) -> dict[str, Any] | None:
    """{id, connection, conversation, direction, provider_id, status, status_at, run, deleted_at, at} or None."""
    partition = ids.partition_in(ident, store.partitions)
    if partition is None:
        return None
    found: Any = store.client.hgetall(store.key(partition, f"m:{ident}"))
    return _shown(partition, ident, found) if found else None


def several(store: Store, partition: int, wanted: Sequence[str]) -> list[dict[str, Any] | None]:
    """The same of each, None for each that is gone; one round trip."""
    with store.client.pipeline(transaction=False) as pipe:
        for ident in wanted:
            pipe.hgetall(store.key(partition, f"m:{ident}"))
        records = pipe.execute() if wanted else []
    return [_shown(partition, ident, one) if one else None for ident, one in zip(wanted, records, strict=True)]


def across(
    store: Store,
    connections: Sequence[str],
    *,
    wanted: Callable[[dict[str, Any]], bool] | None = None,
    before: newest.Place | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], newest.Place | None]:
    """The messages of these connections, newest first, and the cursor of the next page (None: the last)."""

    def read(partition: int, names: Sequence[str]) -> list[dict[str, Any] | None]:
        return several(store, partition, names)

    return newest.across(store, "mi", connections, read, wanted=wanted, before=before, limit=limit)


def tellers(store: Store, wanted: Sequence[str], kinds: Collection[str]) -> dict[str, list[str]]:
    """message → its events of these kinds, oldest first; one round trip."""
    placed = [(ident, ids.partition_in(ident, store.partitions)) for ident in wanted]
    with store.client.pipeline(transaction=False) as pipe:
        for ident, partition in placed:
            pipe.lrange(store.key(partition or 0, f"t:{ident}"), 0, -1)
        found = pipe.execute()
    told: dict[str, list[str]] = {}
    for ident, rows in zip(wanted, found, strict=True):
        pointers = [text(row).split(" ") for row in rows]
        told[ident] = [event for kind, event, _ in pointers if kind in kinds]
    return told


def _shown(partition: int, ident: str, found: Mapping[bytes, bytes]) -> dict[str, Any]:
    record = {text(name): text(value) for name, value in found.items()}
    connection, party = record.get("connection", ""), record.get("conversation", "")
    return {
        "id": ident,
        "connection": connection,
        "conversation": ids.conversation_id(partition, connection, party) if party else None,
        "direction": record.get("direction") or None,
        "provider_id": record.get("pid") or None,
        "status": record.get("status") or None,
        "status_at": stamp(record.get("sat")),
        "run": record.get("run") or None,
        "deleted_at": stamp(record.get("deleted")),
        "at": stamp(record.get("at")),
    }


def timeline(store: Store, ident: str) -> list[dict[str, Any]]:
    """What happened to a message, oldest first: [{kind, event, at}]."""
    partition = ids.partition_in(ident, store.partitions)
    if partition is None:
        return []
    rows: Any = store.client.lrange(store.key(partition, f"t:{ident}"), 0, -1)
    found = []
    for row in rows:
        kind, event, at = text(row).split(" ")
        found.append({"kind": kind, "event": event, "at": stamp(at)})
    return found


def parties(store: Store, partition: int, messages: Sequence[str]) -> dict[str, str]:
    """message id → the conversation's party, for those that are known; one round trip."""
    if not messages:
        return {}
    with store.client.pipeline(transaction=False) as pipe:
        for ident in messages:
            pipe.hget(store.key(partition, f"m:{ident}"), "conversation")
        found = pipe.execute()
    return {ident: text(party) for ident, party in zip(messages, found, strict=True) if party}


def deleted(store: Store, partition: int, wanted: Sequence[str]) -> set[str]:
    """Those of these messages that were deleted; one round trip."""
    if not wanted:
        return set()
    with store.client.pipeline(transaction=False) as pipe:
        for ident in wanted:
            pipe.hexists(store.key(partition, f"m:{ident}"), "deleted")
        found = pipe.execute()
    return {ident for ident, gone in zip(wanted, found, strict=True) if gone}


@dataclass(frozen=True, slots=True)
class Talk:
    """What is known of a conversation: its contact as far as the provider told it, channel, our own address, window."""

    contact: dict[str, Any] | None = None
    channel: str | None = None
    via: str | None = None
    window_open_until: str | None = None


def read_talk(contact: bytes | None, window: bytes | None) -> Talk:
    """A conversation's `contact` and `window` fields."""
    told = json.loads(contact) if contact else {}
    return Talk(told.get("contact"), told.get("channel"), told.get("via"), stamp(window))


def talks(store: Store, partition: int, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Talk]:
    """(connection, party) → what is known of it; one round trip."""
    if not wanted:
        return {}
    with store.client.pipeline(transaction=False) as pipe:
        for connection, party in wanted:
            pipe.hmget(store.key(partition, f"v:{connection}:{party}"), "contact", "window")
        found = pipe.execute()
    return {place: read_talk(contact, window) for place, (contact, window) in zip(wanted, found, strict=True)}


def conversation(store: Store, connection: str, party: str) -> dict[str, Any] | None:
    """
    {id, connection, party, contact, channel, via, window_open_until, last_at}; None when nothing is known of it.

    contact: {id, phone, username, name}, each as the provider told it last
    """
    partition = store.of(connection)
    found: Any = store.client.hgetall(store.key(partition, f"v:{connection}:{party}"))
    if not found:
        return None
    record = {text(name): text(value) for name, value in found.items()}
    told = json.loads(record["contact"]) if record.get("contact") else {}
    return {
        "id": ids.conversation_id(partition, connection, party),
        "connection": connection,
        "party": party,
        "contact": told.get("contact") or {"id": party, "phone": None, "username": None, "name": None},
        "channel": told.get("channel"),
        "via": told.get("via"),
        "window_open_until": stamp(record.get("window")),
        "last_at": stamp(record.get("last")),
    }


def conversations(
    store: Store, connection: str, *, before: int | None = None, limit: int = 50
) -> tuple[list[dict[str, Any]], str | None]:
    """A connection's conversations, newest first, and the cursor of the next page."""
    partition = store.of(connection)
    top = "+inf" if before is None else f"({before}"
    rows: Any = store.client.zrevrangebyscore(
        store.key(partition, f"vi:{connection}"), top, "-inf", start=0, num=limit, withscores=True
    )
    found = [conversation(store, connection, text(party)) for party, _ in rows]
    return [one for one in found if one], str(int(rows[-1][1])) if len(rows) == limit else None
