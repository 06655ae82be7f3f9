"""
Looking for a send whose answer never came: the echo of it in the channel's history.

Only a positive finding proves anything; a channel without history, or a message that is not there yet, proves nothing.
Two that would fit prove nothing either: one of them may be another run's.

source: our page §2.6, §3.9
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors import reading
from connectors.action import Ask, Outcome, Part
from connectors.events import EventType
from connectors.onemsg import address
from connectors.provider import UnknownCall

SOON = 60.0  # seconds after leaving within which WhatsApp takes a message
EARLY = 1.0  # their clock counts whole seconds


def prove(call: UnknownCall, ask: Ask) -> Outcome | None:
    """The outcome of a text or a reaction found in the history; None when nothing is proven.  raises: ConnectorError"""
    fits = FITS.get(call.action.key)
    chat = address.party(call.input)
    if fits is None or chat is None:
        return None
    page = ask("get-messages", {"to": chat, "newest": True, "limit": 50})
    found = [one for one in page["items"] if _is_ours(one, call) and fits(one, call.input)]
    if len(found) != 1 or not found[0]["message_id"]:
        return None
    message_id = str(found[0]["message_id"])
    output = {"message_id": message_id, "state": "accepted", "job_id": None}
    return Outcome(output, (Part(ref="0", message=message_id),))


def _is_ours(one: Mapping[str, Any], call: UnknownCall) -> bool:
    """Sent by the API, around the time the call left."""
    at = reading.moment(one["at"])
    if at is None or reading.truth(one["raw"].get("self")) is False:
        return False
    return -EARLY <= (at - call.left).total_seconds() <= SOON


def _same_text(one: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    if one["type"] != EventType.SENT or one["kind"] != "text":
        return False
    quoted = given.get("reply_to", given.get("quotedMsgId"))
    return bool(one["text"] == given.get("text", given.get("body")) and one["reply_to"] == quoted)


def _same_reaction(one: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    if one["type"] != EventType.REACTION:
        return False
    said, quoted = one["raw"].get("body") or "", one["raw"].get("quotedMsgId")
    return bool(
        said == given.get("emoji", given.get("body")) and quoted == given.get("message_id", given.get("quotedMsgId"))
    )


FITS = {"send-message": _same_text, "send-reaction": _same_reaction}
