"""Dead letters: copies of what ended without success and waits for a person."""

from __future__ import annotations

import json
from typing import Any

from worker.store.base import Store
from worker.store.text import stamp, text


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
            fields = {text(key): value for key, value in record.items()}
            if not fields:
                continue
            found.append(
                {
                    "id": text(name),
                    "kind": text(fields["kind"]),
                    "cause": text(fields["cause"]),
                    "connection": text(fields["connection"]),
                    "at": stamp(fields["at"]),
                    "body": json.loads(fields["json"]),
                }
            )
    found.sort(key=lambda one: str(one["at"]), reverse=True)
    return found[:limit]


def causes(store: Store) -> dict[str, int]:
    """How many dead letters there have been of each cause."""
    counted: dict[str, int] = {}
    for partition in range(store.partitions):
        found: Any = store.client.hgetall(store.key(partition, "dlc"))
        for cause, count in found.items():
            counted[text(cause)] = counted.get(text(cause), 0) + int(count)
    return counted
