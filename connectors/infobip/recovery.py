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

from connectors.action import Ask, Outcome
from connectors.guards import HookRequest
from connectors.infobip import addresses, batches
from connectors.infobip.actions.reading import JSON
from connectors.infobip.answers import FAILED, outcomes
from connectors.provider import UnknownCall
from connectors.reading import moment

AT_ONCE = 20  # ids in one question: the query has room for 2048 characters
PAGE = 1000
PAGES = 20
EARLIER = timedelta(seconds=60)  # their clock and ours
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
    if call.input.get("single"):  # takes no id of ours
        return None
    if _named_by_infobip(call):
        rows = list(ask(logs, {"bulk_id": [call.ref], "limit": PAGE})["results"])
    else:
        rows = _by_id(ask, logs, [one.id for one in batches.names(call.input, call.ref)])
        whole = rows[0].get("bulk_id") if rows and (call.input.get("cc") or call.input.get("bcc")) else None
        if whole:  # copies (v4) leave under ids of theirs, in the same request
            rows = list(ask(logs, {"bulk_id": [whole], "limit": PAGE})["results"])
    rows = [row for row in rows if _of_this_attempt(row, call)]
    parts = outcomes(channel, call.input, call.ref, rows, ordered=False)
    if all(part.state == "unknown" for part in parts):
        return None
    messages = [{name: told for name, told in row.items() if name != "raw"} for row in rows]
    output = {"message_id": messages[0]["message_id"], "bulk_id": messages[0].get("bulk_id"), "messages": messages}
    return Outcome({**output, "proven_by": logs}, tuple(parts))


def _of_this_attempt(row: Mapping[str, Any], call: UnknownCall) -> bool:
    """A run that was refused and is tried again carries the same ids: a refusal of before says nothing of it."""
    at = moment(row.get("sent_at"))
    return row["state"] != FAILED or at is None or at >= call.left - EARLIER


def _named_by_infobip(call: UnknownCall) -> bool:
    """An e-mail to several over v3: Infobip makes the ids, and the request carries our reference."""
    v4 = call.connection.setting("email_version", "v3") == "v4"
    return call.action.key == "send-email" and not v4 and batches.several(call.input)


def _by_id(ask: Ask, logs: str, ids: list[str]) -> list[Mapping[str, Any]]:
    if logs == "get-voice-message-logs":  # the older form takes one id
        return [row for one in ids for row in ask(logs, {"message_id": one})["results"]]
    found: list[Mapping[str, Any]] = []
    for start in range(0, len(ids), AT_ONCE):
        found += ask(logs, {"message_id": ids[start : start + AT_ONCE], "limit": PAGE})["results"]
    return found


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
