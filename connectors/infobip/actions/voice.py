"""Voice messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.action import Action, Call, Nature, Wire
from connectors.infobip import access, addresses, answers, batches
from connectors.infobip.actions import defaults, reading
from connectors.infobip.schemas import queries
from connectors.infobip.schemas import voice as schemas
from connectors.infobip.schemas.replies import Sent

DOCS = "https://www.infobip.com/docs/api/channels/voice"


def party(given: Mapping[str, Any]) -> str | None:
    """The conversation of a call to one number."""
    return addresses.key(addresses.VOICE, addresses.one(given.get("to")))


def _complete(body: dict[str, Any], call: Call) -> dict[str, Any]:
    if "messages" not in body:
        defaults.sender(call.connection, addresses.VOICE, body, "from")
        defaults.needed(body, "from", addresses.VOICE)
        return body
    message = body["messages"][0]
    defaults.sender(call.connection, addresses.VOICE, message, "from")
    defaults.needed(message, "from", addresses.VOICE)
    defaults.name(call, message["destinations"])
    url = access.notify_url(call.connection, addresses.VOICE)
    if url is not None:
        message.setdefault("notifyUrl", url)
    if "notifyUrl" in message:
        message |= {"notifyContentType": "application/json", "notifyContentVersion": 2}
    return body


def _addressed(wire: Wire, call: Call) -> Wire:
    del call
    return wire if "messages" in wire.json else replace(wire, path="/tts/3/single")


ROWS = (
    Action(
        key="send-voice-message-tts",
        title="Send a voice message",
        description="Calls one or more numbers and reads a text out, or plays a sound file.",
        method="POST",
        path="/tts/3/advanced",
        request=schemas.SendVoice,
        reply=Sent,
        repeatable=False,
        nature=Nature.SEND,
        example={
            "to": "447700900123",
            "text": "Your appointment is at ten.",
            "language": "en-gb",
            "from": "442071838750",
        },
        docs=f"{DOCS}#send-multiple-voice-messages, page 3.15",
        party=party,
        complete=_complete,
        shape=_addressed,
        parts=answers.parts(addresses.VOICE),
        reaches=batches.reaches(addresses.VOICE),
        without=batches.without,
        pace="voice",
        cost="each second of each call",
        limits=("20 000 numbers a call", "1400 characters", "callback_data at most 700 characters", "2000 a second"),
    ),
    reading.reports(
        "get-voice-delivery-reports",
        "Get voice delivery reports",
        "/voice/1/reports",
        addresses.VOICE,
        f"{DOCS}#get-voice-delivery-reports, page 3.16",
        pace="voice-reports",
        request=queries.VoiceReports,
    ),
    reading.logs(
        "get-voice-message-logs",
        "Get voice logs",
        "/tts/3/logs",
        queries.VoiceLogs,
        f"{DOCS}#get-sent-voice-messages-logs, page 3.15",
        pace="voice-logs",
    ),
)
