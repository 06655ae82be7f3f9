"""What the stand-in remembers of a message, and how each channel reports and logs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from connectors.infobip.simulator.words import FAILURES, STATUSES, moment, picked

Item = dict[str, Any]


@dataclass(slots=True)
class Message:
    """One message we were given to send; times are Unix seconds."""

    id: str
    channel: str
    to: str
    sender: str | None
    at: float
    bulk: str | None = None
    text: str | None = None
    parts: int = 1
    version: str = "v3"
    status: Item = field(default_factory=dict)
    error: Item = field(default_factory=dict)
    done: float | None = None
    due: float | None = None  # a scheduled message has no outcome before
    url: str | None = None
    notify: bool = True
    intermediate: bool = False
    callback: str | None = None
    entity: str | None = None
    application: str | None = None
    campaign: str | None = None


def ending(channel: str, fate: int | None, failure: int | None) -> tuple[int, int]:
    """(status id, error id) a message ends with: delivered, unless its recipient or a failure says otherwise."""
    if failure is not None:
        return 9, failure
    if fate is not None and fate in STATUSES and STATUSES[fate][0] in {2, 3, 4}:
        return fate, FAILURES.get(fate, 0) if channel != "email" else FAILURES.get(fate, 0) and 6012
    return 5, 5000 if channel == "voice" else 0


def _common(message: Message) -> Item:
    told = {
        "bulkId": message.bulk or "",
        "messageId": message.id,
        "to": message.to,
        "sentAt": moment(message.at),
        "doneAt": moment(message.done or message.at),
        "mccMnc": "23410" if message.channel in {"sms", "mms", "voice"} else None,
        "callbackData": message.callback,
        "campaignReferenceId": message.campaign,
        "status": message.status,
        "error": message.error,
    }
    return {name: value for name, value in told.items() if value is not None}


def _price(message: Message) -> Item:
    return {
        "sms": {"pricePerMessage": 0.031, "currency": "EUR"},
        "email": {"pricePerMessage": 0, "currency": "UNKNOWN"},
    }.get(message.channel, {"pricePerMessage": 0.05, "currency": "EUR"})


def _platform(message: Message) -> Item:
    found = picked({"entityId": message.entity, "applicationId": message.application}, "entityId", "applicationId")
    return {"platform": found} if found else {}


def _flat(message: Message) -> Item:
    return picked({"entityId": message.entity, "applicationId": message.application}, "entityId", "applicationId")


def _report(message: Message) -> Item:
    told = {**_common(message), "price": _price(message)}
    if message.version == "v3":
        told |= picked({"sender": message.sender}, "sender")
        return {**told, "messageCount": message.parts, **_platform(message)}
    told |= picked({"from": message.sender}, "from")
    return {**told, "smsCount": message.parts, **_flat(message)}


def _whatsapp(message: Message) -> Item:
    told = {name: value for name, value in _common(message).items() if name != "callbackData"}
    contact = {"name": "Ann", "phoneNumber": message.to, "userId": "GB.1349120865"}
    return {**told, "messageCount": 1, "price": _price(message), "contact": contact}


def _voice(message: Message) -> Item:
    answered = message.status["id"] == 5
    call: Item = {
        "feature": "Voice Message",
        "startTime": moment(message.at),
        "answerTime": moment(message.at + 7) if answered else None,
        "endTime": moment((message.done or message.at) + 12),
        "duration": 12 if answered else 0,
        "chargedDuration": 60 if answered else 0,
        "fileDuration": 11.2,
        "dtmfCodes": None,
        "answeredBy": "HUMAN" if answered else None,
        "direction": "OUTBOUND",
        "ivr": None,
    }
    told = {name: value for name, value in _common(message).items() if name != "doneAt"}
    return {**told, "from": message.sender, "voiceCall": call, "price": {"pricePerSecond": 0.002, "currency": "EUR"}}


REPORTS: dict[str, Callable[[Message], Item]] = {
    "sms": _report,
    "mms": _report,
    "email": _report,
    "whatsapp": _whatsapp,
    "voice": _voice,
}


def logged(message: Message) -> Item:
    """A row of the logs: current state, `destination` where a report has `to`; with the text."""
    told = {name: value for name, value in _common(message).items() if name != "to"}
    content = {"text": message.text} if message.channel == "email" else {"content": {"text": message.text}}
    if message.text is None:
        content = {}
    row = {**told, "sender": message.sender, "destination": message.to, "messageCount": message.parts, **content}
    return {**row, "price": _price(message), **_platform(message)}


def seen(message: Message, at: float) -> Item:
    """A WhatsApp seen report."""
    return {
        "messageId": message.id,
        "from": message.to,
        "to": message.sender,
        "sentAt": moment(message.at),
        "seenAt": moment(at),
        "contact": {"name": "Ann", "phoneNumber": message.to, "userId": "GB.1349120865"},
    }
