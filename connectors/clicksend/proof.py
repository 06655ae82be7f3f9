"""
Was it sent after all?  The history tells by the custom_string each message bears (page 2.9).

What is found was accepted.  What is not found proves nothing: how long a message takes to show there is not written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from connectors import reading
from connectors.action import Ask, Outcome, Part
from connectors.clicksend import batches, loose
from connectors.errors import OutcomeUnknown
from connectors.provider import UnknownCall

HISTORIES = {"send-sms": "get-sms-history", "send-mms": "get-mms-history", "send-voice": "get-voice-history"}
BEFORE = timedelta(seconds=300)  # their clock and ours
NEAR = timedelta(seconds=60)  # for a reference the caller chose and may have used before
PAGES = 30  # of 100 rows


def prove(unknown: UnknownCall, ask: Ask) -> Outcome | None:
    """
    The messages of an unknown call that ClickSend has in its history, each with its id; the others stay unknown.

    Only whole references count, compared here: the history cannot be searched for them.
    returns: None when nothing is proven
    """
    history = HISTORIES.get(unknown.action.key)
    if history is None:
        return None
    wanted = batches.names(unknown.input, unknown.ref)
    asked: dict[str, Any] = {"since": int((unknown.left - BEFORE).timestamp())}
    if len(wanted) == 1 and wanted[0].to is not None and history != "get-voice-history":
        asked["to"] = wanted[0].to
    rows = [row for row in _rows(history, asked, ask) if row.get("direction") == "outbound" and row.get("message_id")]
    messages = unknown.input.get("messages")
    given = messages if isinstance(messages, list) else [unknown.input]
    parts: list[Part] = []
    for name, one in zip(wanted, given, strict=True):
        parts.extend(_found(name, one, rows, unknown))
    proven = [part for part in parts if part.state == "accepted"]
    if not proven:
        return None
    output = {
        "message_id": proven[0].message if len(parts) == 1 else None,
        "messages": [row for row in rows if row["message_id"] in {part.message for part in proven}],
        "accepted": len(proven),
        "refused": 0,
    }
    return Outcome(output, tuple(parts))


def _found(name: batches.Named, given: Any, rows: list[Mapping[str, Any]], unknown: UnknownCall) -> Iterator[Part]:
    mine = [row for row in rows if row.get("custom_string") == name.mark and _same(name, given, row, unknown)]
    if name.listed and mine:
        for row in mine:
            yield Part(f"{name.ref}:{row.get('to')}", "accepted", row["message_id"], row.get("to"))
    elif len(mine) == 1:
        yield Part(name.ref, "accepted", mine[0]["message_id"], name.to)
    else:
        told = "the history does not (yet) show this message; that proves nothing"
        yield Part(name.ref, "unknown", None, name.to, OutcomeUnknown(told, provider="clicksend"))


def _same(name: batches.Named, given: Any, row: Mapping[str, Any], unknown: UnknownCall) -> bool:
    """Our own reference is enough; one the caller chose must also go to that number, with that text, at that time."""
    theirs = reading.text(given, "custom_string") is not None
    if name.listed or not theirs:
        return name.listed or row.get("to") == name.to
    at, text = reading.moment(row.get("at")), loose.word(row.get("text")) or ""
    wrote = reading.text(given, "text", "body") or ""
    recent = at is not None and at >= unknown.left - NEAR
    return row.get("to") == name.to and recent and bool(text) and wrote.startswith(text)


def _rows(history: str, asked: Mapping[str, Any], ask: Ask) -> Iterator[Mapping[str, Any]]:
    cursor: Any = None
    for _ in range(PAGES):
        page = ask(history, asked if cursor is None else {**asked, "cursor": cursor})
        yield from page.get("items") or ()
        cursor = page.get("cursor")
        if cursor is None:
            return
