"""Dead letters: copies of what ended without success and waits for a person."""

from __future__ import annotations

import json
from typing import Any

from worker.store.base import Store
from worker.store.text import stamp, text

PAGE = 500  # names of one look


def put(store: Store, partition: int, ident: str, *, kind: str, cause: str, connection: str, body: Any) -> None:
    """Sets aside something that is no run: a request or a delivery."""
    copy = json.dumps(body, ensure_ascii=False)
    store.run("aside", partition, ident, kind, cause, connection, copy, store.retention.letters)


def listing(store: Store, *, limit: int = 50) -> list[dict[str, Any]]:
    """The newest dead letters: [{id, kind, cause, connection, at, body}]."""
    found: list[dict[str, Any]] = []
    for partition in range(store.partitions):
        names: Any = store.client.zrevrange(store.key(partition, "dl"), 0, limit - 1)
        for name in names:
            record: Any = store.client.hgetall(store.key(partition, f"dl:{text(name)}"))
            if record:
                found.append(_shown(text(name), record))
    found.sort(key=lambda one: str(one["at"]), reverse=True)
    return found[:limit]


def page(
    store: Store, *, before: tuple[int, str] | None = None, connection: str | None = None, limit: int = 50
) -> tuple[list[dict[str, Any]], tuple[int, str] | None]:
    """
    Dead letters, newest first, of a connection or of all; and the place (ms, id) where the next page begins after.

    A page may hold fewer than `limit` and still have a next one.
    """
    rows: list[tuple[int, str, int]] = []
    unread: tuple[int, str] | None = None  # the newest place that was not read: nothing older may be told
    for partition in range(store.partitions):
        top: Any = "+inf" if before is None else before[0]
        names: Any = store.client.zrevrangebyscore(
            store.key(partition, "dl"), top, "-inf", start=0, num=PAGE, withscores=True
        )
        places = [(int(at), text(name)) for name, at in names]
        rows += [(*place, partition) for place in places if before is None or place < before]
        if len(places) == PAGE:
            unread = places[-1] if unread is None else max(unread, places[-1])
    found: list[dict[str, Any]] = []
    for at, name, partition in sorted(rows, reverse=True):
        if unread is not None and (at, name) < unread:
            break
        record: Any = store.client.hgetall(store.key(partition, f"dl:{name}"))
        if not record:
            continue
        shown = _shown(name, record)
        if connection is None or shown["connection"] == connection:
            found.append(shown)
            if len(found) >= limit:
                return found, (at, name)
    return found, unread


def _shown(name: str, record: Any) -> dict[str, Any]:
    fields = {text(key): value for key, value in record.items()}
    return {
        "id": name,
        "kind": text(fields["kind"]),
        "cause": text(fields["cause"]),
        "connection": text(fields["connection"]),
        "at": stamp(fields["at"]),
        "body": json.loads(fields["json"]),
    }


def causes(store: Store) -> dict[str, int]:
    """How many dead letters there have been of each cause."""
    counted: dict[str, int] = {}
    for partition in range(store.partitions):
        found: Any = store.client.hgetall(store.key(partition, "dlc"))
        for cause, count in found.items():
            counted[text(cause)] = counted.get(text(cause), 0) + int(count)
    return counted
