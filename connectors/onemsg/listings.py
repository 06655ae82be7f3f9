"""
Their lists and records, whose shapes vary most, folded into ours: templates, history, profile, figures.

source: our page §3.5, §3.8 – §3.10
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors import reading
from connectors.action import Call
from connectors.events import Attachment, EventType, Fact
from connectors.onemsg import address, flat, receipts

MOST_PAGES = 20  # of templates: a channel that ignores `offset` would never end
PROFILE = ("about", "address", "description", "email", "vertical")


def templates(call: Call, data: Any) -> Mapping[str, Any]:
    """
    A page of templates, and a cursor where there may be another.

    A channel may ignore `offset` and give the same set again: the cursor carries a digest of its page, and a page
    that repeats it is the end.
    """
    found = data if isinstance(data, list) else data["templates"]
    rows = [one for one in found if isinstance(one, Mapping)]
    limit = int(call.input.get("limit") or 100)
    before, _, digest = str(call.input.get("cursor") or "0:").partition(":")
    total = reading.number(data, "total")
    names = [f"{one.get('id')}/{one.get('name')}/{language(one)}" for one in rows]
    mark = f"{zlib.crc32('|'.join(names).encode()):08x}"
    if mark == digest:
        return {"items": [], "cursor": None, "total": _whole(total)}
    seen = int(before) + len(rows)
    more = len(rows) == limit and (total is None or seen < total) and seen < MOST_PAGES * limit
    return {
        "items": [template(one, rows) for one in rows],
        "cursor": f"{seen}:{mark}" if more else None,
        "total": _whole(total),
    }


def template(row: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One template; where it has no namespace and all others share one, that one."""
    components = row.get("components")
    if isinstance(components, str):
        try:
            components = json.loads(components)
        except (ValueError, RecursionError):
            components = []
    shared = {name for name in map(namespace, rows) if name}
    own = namespace(row) or (shared.pop() if len(shared) == 1 else None)
    return {
        **{name: reading.text(row, name) for name in ("id", "name", "category", "rejected_reason")},
        "language": language(row),
        "status": (reading.text(row, "status") or "").upper() or None,
        "namespace": own,
        "components": components if isinstance(components, list) else [],
    }


def language(row: Mapping[str, Any]) -> str | None:
    """A code, or an object around it."""
    return reading.text(row, "language") or reading.text(reading.mapping(row, "language"), "code")


def namespace(row: Mapping[str, Any]) -> str | None:
    """Under any of its three names."""
    return reading.text(row, "namespace", "message_template_namespace", "messageTemplateNamespace")


def history(call: Call, data: Any) -> Mapping[str, Any]:
    """
    A page of the history, oldest first.

    The next cursor is the largest number of the page; none where the page is short or does not get ahead.
    """
    notice = reading.text(data, "notice")
    found = data.get("messages") if notice is not None else data["messages"]
    rows = [one for one in found or [] if isinstance(one, Mapping)]
    rows.sort(key=lambda one: (reading.number(one, "messageNumber") or 0, reading.number(one, "time") or 0))
    numbers = [int(number) for one in rows if (number := reading.number(one, "messageNumber")) is not None]
    limit, before = int(call.input.get("limit") or 100), int(call.input.get("cursor") or 0)
    highest = max(numbers, default=0)
    more = not call.input.get("newest") and len(rows) >= limit and highest > before
    facts = [fact for one in rows for fact in reading.each([one], flat.message) if fact.type is not EventType.REFERRAL]
    return {"items": [stored(fact) for fact in facts], "cursor": highest if more else None, "notice": notice}


def stored(fact: Fact) -> dict[str, Any]:
    """A message of the history in the words of our events."""
    said, number = fact.message, reading.number(fact.raw, "messageNumber")
    return {
        "number": _whole(number),
        "message_id": fact.key,
        "type": str(fact.type),
        "to": fact.conversation,
        "at": written(fact.at),
        "kind": str(said.kind) if said else None,
        "text": said.text if said else None,
        "reply_to": said.reply_to if said else None,
        "attachments": [_file(one) for one in said.attachments] if said else [],
        "raw": fact.raw,
    }


def _file(one: Attachment) -> dict[str, Any]:
    return {"kind": str(one.kind), "url": one.url, "name": one.name}


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def written(at: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def profile(call: Call, data: Any) -> Mapping[str, Any]:
    """GET /me, in Meta's envelope or without; a bare text is the phone number."""
    del call
    if isinstance(data, str):
        data = {"phone": data}
    if not isinstance(data, Mapping):
        told = "no profile"
        raise TypeError(told)
    inner = next(iter(reading.items(data, "data")), None)
    merged = {**(inner if isinstance(inner, Mapping) else {}), **data}
    websites = merged.get("websites")
    return {
        **{name: reading.text(merged, name) for name in PROFILE},
        "phone": _number(merged.get("phone")),
        "photo": reading.text(merged, "photo", "profile_picture_url"),
        "websites": [one for one in websites if isinstance(one, str)] if isinstance(websites, list) else [],
        "warning": reading.text(merged, "error"),
    }


def _number(value: Any) -> str | None:
    if isinstance(value, Mapping):
        return reading.text(value, "phone", "display_phone_number", "displayPhoneNumber", "phone_number", "id")
    return reading.text({"phone": value}, "phone")


def statistics(call: Call, data: Any) -> Mapping[str, Any]:
    """GET /statistics: the figure as it is; its currency is not told."""
    month = reading.text(data, "date") or call.input.get("month")
    return {"month": month, "templates_cost": data.get("templates_cost"), "currency": None}


def periods(call: Call, data: Any) -> Mapping[str, Any]:
    """GET /extendedStatistics is a bare list."""
    del call
    if not isinstance(data, list):
        told = "no list"
        raise TypeError(told)
    return {"items": [dict(one) for one in data if isinstance(one, Mapping)]}


def hooks(call: Call, data: Any) -> Mapping[str, Any]:
    """GET /hookInfo, in Meta's vocabulary."""
    del call
    found = []
    for one in data["hooks"]:
        word = (reading.text(one, "status") or "").lower()
        found.append(
            {
                "state": str(receipts.STATES.get(word, "unknown")),
                "status": word or None,
                "at": written(reading.moment(one.get("timestamp"))),
                "to": address.canonical(reading.text(one, "recipient_id")),
                "raw": one,
            }
        )
    return {"items": found}


def output_ip(call: Call, data: Any) -> Mapping[str, Any]:
    """GET /outputIP."""
    del call
    return {"ip": reading.text(data, "result")}
