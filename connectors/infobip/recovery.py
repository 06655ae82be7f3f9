"""
What can be proven of a call that left and was not answered: the logs of the last 48 hours know every message by the
id we chose.  Only finding proves anything; not finding proves nothing (logs may lag behind).

    send-sms-message, send-mms-message,      their ids, or the request's id, in the logs
    send-voice-message-tts, send-email
    the report calls                         a lost batch, rebuilt from the logs
WhatsApp has no logs: its receipts, which carry our id, are the only proof.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connectors.action import Action, Ask, Outcome, Part
from connectors.guards import HookRequest
from connectors.infobip import addresses
from connectors.infobip.actions import defaults
from connectors.infobip.actions.reading import JSON
from connectors.infobip.answers import refusal
from connectors.provider import UnknownCall
from connectors.schema import load

AT_ONCE = 20  # ids in one question: the query has room for 2048 characters
PAGE = 1000
PAGES = 20
KEPT = timedelta(hours=47)  # logs go back 48 hours

# action: (its logs, its channel)
SENDS = {
    "send-sms-message": ("get-sms-message-logs", addresses.SMS),
    "send-mms-message": ("get-mms-message-logs", addresses.MMS),
    "send-email": ("get-email-logs", addresses.EMAIL),
    "send-voice-message-tts": ("get-voice-message-logs", addresses.VOICE),
}
READS = {
    "get-sms-delivery-reports": ("get-sms-message-logs", addresses.SMS),
    "get-mms-delivery-reports": ("get-mms-message-logs", addresses.MMS),
    "get-email-delivery-reports": ("get-email-logs", addresses.EMAIL),
    "get-voice-delivery-reports": ("get-voice-message-logs", addresses.VOICE),
}
FILTERS = ("bulk_id", "message_id", "entity_id", "application_id", "campaign_reference_id")


def prove(call: UnknownCall, ask: Ask) -> Outcome | None:
    """The outcome that the logs prove, None where they prove nothing."""
    key = call.action.key
    if key in SENDS:
        return _sent(call, ask, *SENDS[key])
    if key in READS:
        return _reread(call, ask, *READS[key])
    return None


def _sent(call: UnknownCall, ask: Ask, logs: str, channel: str) -> Outcome | None:
    ids = expected(call.action, call.connection, call.input, call.ref)
    if ids:
        rows = _by_id(ask, logs, ids)
        found = {row["message_id"]: row for row in rows}
        if not found:
            return None
        ordered = [found.get(one, {"message_id": one, "state": "unknown", "to": None}) for one in ids]
    else:
        ordered = list(ask(logs, {"bulk_id": [call.ref], "limit": PAGE})["results"]) if channel == "email" else []
        if not ordered:
            return None
    messages = [{name: told for name, told in row.items() if name != "raw"} for row in ordered]
    parts = tuple(_part(position, row, channel, len(ordered)) for position, row in enumerate(ordered))
    output = {"message_id": messages[0]["message_id"], "bulk_id": messages[0].get("bulk_id"), "messages": messages}
    return Outcome({**output, "proven_by": logs}, parts)


def _part(position: int, row: Mapping[str, Any], channel: str, of: int) -> Part:
    state = {"failed": "failed", "unknown": "unknown"}.get(row["state"], "accepted")
    told = {name: row.get(name) for name in ("text", "status", "reason", "code")}
    return Part(
        str(position),
        state,
        row["message_id"],
        addresses.key(channel, row.get("to")) if of > 1 else None,
        refusal(told) if state == "failed" else None,
    )


def _by_id(ask: Ask, logs: str, ids: list[str]) -> list[Mapping[str, Any]]:
    if logs == "get-voice-message-logs":  # the older form takes one id
        return [row for one in ids for row in ask(logs, {"message_id": one})["results"]]
    found: list[Mapping[str, Any]] = []
    for start in range(0, len(ids), AT_ONCE):
        found += ask(logs, {"message_id": ids[start : start + AT_ONCE], "limit": PAGE})["results"]
    return found


def expected(action: Action, connection: Any, given: Mapping[str, Any], ref: str) -> list[str]:
    """The message ids a send chose; none for an e-mail to several, whose request carries our reference instead."""
    body = load(action.request, given, provider="infobip", action=action.key)
    if action.key == "send-email":
        several = len(body["to"]) > 1 or bool(body.get("cc") or body.get("bcc"))
        if several and connection.setting("email_version", "v3") != "v4":
            return []
        return defaults.ids(ref, body["to"])
    if "messages" not in body:  # the single voice call takes no id of ours
        return []
    return defaults.ids(ref, (one for message in body["messages"] for one in message["destinations"]))


def _reread(call: UnknownCall, ask: Ask, logs: str, channel: str) -> Outcome | None:
    """
    The batch that may have been lost, as far as the logs go: more than it held is harmless, as facts repeat.

    A row tells a message's present state, not each report on the way to it.
    """
    asked: dict[str, Any] = {name: told for name in FILTERS if (told := call.input.get(name)) is not None}
    asked |= {"sent_since": (call.left - KEPT).isoformat(), "limit": PAGE}
    if logs == "get-voice-message-logs":
        rows = list(ask(logs, asked)["results"])
    else:
        rows = []
        cursor: str | None = None
        for _ in range(PAGES):
            page = ask(logs, {**asked, "use_cursor": True, **({"cursor": cursor} if cursor else {})})
            rows += page["results"]
            before, cursor = cursor, page.get("cursor")
            if not cursor or cursor == before:
                break
    reports = [{**row["raw"], "to": row["to"]} for row in rows if row["message_id"] and row["state"] != "accepted"]
    body = json.dumps({"results": reports}).encode()
    heard = HookRequest("POST", channel, "", JSON, body) if reports else None
    return Outcome({"results": rows, "cursor": None, "recovered_from": logs}, (), heard)
