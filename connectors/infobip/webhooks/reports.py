"""
What became of our messages: delivery, seen, deleted and voice reports.

times: "2026-03-01T10:00:02.494-0300"; epoch milliseconds in the deprecated voice form
keys:  delivery (messageId, status, doneAt), seen and deleted the message id with the word
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import Malformed
from connectors.events import EventType, Fact, Message, State, Status
from connectors.infobip import addresses
from connectors.infobip.statuses import verdict
from connectors.reading import mapping, moment, number, text

EMAIL_SIGNS = ("smtp", "browserLink", "attemptCount", "timeToFirstAttempt", "sendingIp")


def delivery(item: Mapping[str, Any], channel: str | None) -> Fact:
    """
    One delivery report, of whichever channel and version.

    The recipient names the conversation only where the channel is sure: an item of SMS, MMS and WhatsApp may look the
    same.  Otherwise the message id finds it.
    """
    channel = channel or _hinted(item)
    return _status(item, channel, moment(item.get("doneAt")) or moment(item.get("sentAt")))


def voice(item: Mapping[str, Any], channel: str | None) -> Fact:
    """One voice report, nested (version 2) or flat (version 1): there is no doneAt in the nested one."""
    del channel
    call = mapping(item, "voiceCall") or item
    at = moment(call.get("endTime")) or moment(item.get("doneAt")) or moment(item.get("sentAt"))
    more = {
        "voice": {
            "answered_by": text(call, "answeredBy"),
            "duration_seconds": number(call, "duration"),
            "charged_seconds": number(call, "chargedDuration"),
            "dtmf": call.get("dtmfCodes") if isinstance(call.get("dtmfCodes"), str) else None,
        }
    }
    return _status(item, addresses.VOICE, at, more)


def _status(item: Mapping[str, Any], channel: str | None, at: Any, more: dict[str, Any] | None = None) -> Fact:
    message = _id(item)
    found = verdict(item)
    stamp = text(item, "doneAt", "sentAt") or text(mapping(item, "voiceCall"), "endTime") or ""
    parts = number(item, "messageCount", "smsCount")
    data = {
        "status": found.name,
        "permanent": found.permanent,
        "parts": int(parts) if parts is not None else None,
        "callback_data": text(item, "callbackData"),
        "bulk_id": text(item, "bulkId"),
        **(more or {}),
    }
    return Fact(
        type=EventType.STATUS,
        raw=item,
        key=":".join((message, str(found.id if found.id is not None else found.name or "?"), stamp)),
        at=at,
        conversation=addresses.key(channel, text(item, "to", "destination")) if channel else None,
        channel=channel,
        via=text(item, "sender", "from"),
        status=Status(message, found.state, found.fault, ref=message),
        data={name: told for name, told in data.items() if told is not None},
    )


def seen(item: Mapping[str, Any], channel: str | None) -> Fact:
    """A seen report: the roles of its `from` and `to` are contradictory, so only the message id finds its message."""
    message = _id(item)
    return Fact(
        type=EventType.STATUS,
        raw=item,
        key=f"{message}:seen",
        at=moment(item.get("seenAt")),
        channel=channel or addresses.WHATSAPP,
        status=Status(message, State.READ, ref=message),
    )


def deleted(item: Mapping[str, Any], channel: str | None) -> Fact:
    """The user deleted a message (a shape of older documents)."""
    message = _id(item)
    return Fact(
        type=EventType.DELETED,
        raw=item,
        key=f"{message}:deleted",
        at=moment(item.get("deletedAt")),
        conversation=addresses.key(channel or addresses.WHATSAPP, text(item, "from")),
        channel=channel or addresses.WHATSAPP,
        via=text(item, "to"),
        message=Message(message, "inbound"),
    )


def _id(item: Mapping[str, Any]) -> str:
    found = text(item, "messageId")
    if found is None:
        raise Malformed("a report without messageId")
    return found


def _hinted(item: Mapping[str, Any]) -> str | None:
    if "@" in (text(item, "to") or "") or any(name in item for name in EMAIL_SIGNS):
        return addresses.EMAIL
    return addresses.WHATSAPP if "contact" in item else None
