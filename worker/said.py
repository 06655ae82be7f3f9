"""Messages with what was said in them: the record of a message knows its status, its events know its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.events import EventType
from worker.store import events, messages
from worker.store.base import Store

FIRST = (EventType.RECEIVED, EventType.SENT)
KINDS = frozenset({str(one) for one in (*FIRST, EventType.EDITED)})
WORDS = ("kind", "text", "payload", "reply_to", "attachments")


def whole(store: Store, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    These messages, each with its kind, text, payload, reply_to, attachments and contact; null once it was deleted, and
    when its events are no longer kept.  Three round trips, however many there are.
    """
    tellers = messages.tellers(store, [one["id"] for one in found], KINDS)
    heard = events.many(store, [event for one in tellers.values() for event in one])
    return [_whole(one, [heard[event] for event in tellers[one["id"]] if event in heard]) for one in found]


def _whole(message: dict[str, Any], told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    first = next((one for one in told if one["type"] in FIRST and one.get("message")), None)
    said: dict[str, Any] = dict.fromkeys(WORDS)
    contact = ((first or {}).get("conversation") or {}).get("contact")
    if first is not None and not message["deleted_at"]:
        said |= {name: first["message"].get(name) for name in WORDS}
        edited = [one for one in told if one["type"] == EventType.EDITED and one.get("message")]
        if edited:
            said["text"] = edited[-1]["message"].get("text")
    return {**message, **said, "contact": contact}
