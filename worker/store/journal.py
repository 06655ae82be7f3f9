"""The journal: raw webhook requests as they came.  It is the inbound queue, too: a cursor says what was dealt with."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.guards import HookRequest
from worker.store import ids
from worker.store.base import Store
from worker.store.text import pairs, stamp, text


def ingest(store: Store, source: str, request: HookRequest, keep: frozenset[str]) -> tuple[str, list[str]]:
    """
    Appends a verified request to its source's journal, and learns whom to wake.

    keep:    the headers worth keeping
    returns: (request id, queues to ring); by then it is as safe as the server's `appendfsync` says
    """
    told = store.run("ingest", store.of(source), *_words(source, request, keep))
    return ids.request_id(source, text(told[0])), [text(one) for one in told[1:]]


def ingest_all(store: Store, asked: Sequence[tuple[str, HookRequest, frozenset[str]]]) -> list[tuple[int, str]]:
    """
    The same for many in one round trip, in their order: [(source, request, headers to keep)] → what to ring.

    raises: the first error; all may be journalled again
    """
    calls = [(store.of(source), _words(source, request, keep)) for source, request, keep in asked]
    rings: list[tuple[int, str]] = []
    for (partition, _), told in zip(calls, store.scripts.many("ingest", calls), strict=True):
        if isinstance(told, Exception):
            raise told
        rings += [(partition, text(one)) for one in told[1:]]
    return rings


def _words(source: str, request: HookRequest, keep: frozenset[str]) -> tuple[Any, ...]:
    headers = {name: value for name, value in request.headers.items() if name in keep}
    return (
        source,
        "m", request.method,
        "k", request.hook,
        "q", request.query,
        "h", json.dumps(headers, separators=(",", ":")),
        "b", request.body,
    )  # fmt: skip


def rebuild(fields: Mapping[str, bytes]) -> HookRequest:
    """The request as it was journalled."""
    return HookRequest(
        text(fields.get("m")),
        text(fields.get("k")),
        text(fields.get("q")),
        json.loads(fields.get("h") or b"{}"),
        fields.get("b", b""),
    )


def origin(source: str, stream_id: str, fields: Mapping[str, bytes]) -> str:
    """The id of a journalled request: that of the request it repeats, where it is a dead letter that is replayed."""
    return text(fields.get("o")) or ids.request_id(source, stream_id)


def copy(fields: Mapping[str, bytes]) -> dict[str, Any]:
    """A journalled request as a dead letter keeps it, to the byte: a body that is no UTF-8 as base64."""
    request = rebuild(fields)
    try:
        body = {"body": request.body.decode()}
    except UnicodeDecodeError:
        body = {"body": base64.b64encode(request.body).decode(), "encoding": "base64"}
    return {
        "method": request.method,
        "hook": request.hook,
        "query": request.query,
        "headers": dict(request.headers),
        **body,
    }


def replayed(kept: Mapping[str, Any], ident: str, mark: Mapping[str, Any]) -> list[Any]:
    """The fields of a journal entry that repeats such a copy, as a script takes them."""
    body = kept["body"]
    return [
        "m", kept["method"],
        "k", kept["hook"],
        "q", kept["query"],
        "h", json.dumps(kept["headers"], separators=(",", ":")),
        "b", base64.b64decode(body) if kept.get("encoding") == "base64" else body,
        "o", ident,
        "p", json.dumps(mark, ensure_ascii=False),
    ]  # fmt: skip


def get(store: Store, ident: str) -> dict[str, Any] | None:
    """A raw request by its id: {id, source, received_at, method, hook, headers, body}; None when it is gone."""
    place = ids.request_of(ident)
    if place is None:
        return None
    source, stream_id = place
    key = store.key(store.of(source), f"in:{source}")
    try:
        found: Any = store.client.xrange(key, stream_id, stream_id)
    except Exception as problem:  # a malformed id is simply not there
        if "Invalid stream ID" in str(problem):
            return None
        raise
    if not found:
        return None
    fields = pairs([piece for pair in found[0][1].items() for piece in pair])
    request = rebuild(fields)
    return {
        "id": ident,
        "source": source,
        "received_at": stamp(stream_id.split("-")[0]),
        "method": request.method,
        "hook": request.hook,
        "headers": dict(request.headers),
        "body": request.body.decode("utf-8", "replace"),
    }


def backlog(store: Store, source: str) -> int:
    """How many requests of a source wait unread (counted to 1,000)."""
    partition = store.of(source)
    cursor = text(store.client.get(store.key(partition, f"c:{source}"))) or "0-0"
    found: Any = store.client.xrange(store.key(partition, f"in:{source}"), f"({cursor}", "+", count=1000)
    return len(found)


def trim(store: Store, source: str, now_ms: int) -> int:
    """Forgets requests older than the retention, never past the cursor; returns how many."""
    partition = store.of(source)
    cursor = text(store.client.get(store.key(partition, f"c:{source}"))) or "0-0"
    oldest = min(int(cursor.split("-")[0]), now_ms - store.retention.journal)
    if oldest <= 0:
        return 0
    return int(store.client.xtrim(store.key(partition, f"in:{source}"), minid=str(oldest)))
