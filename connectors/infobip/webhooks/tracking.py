"""
Clicks, opens and what else recipients do with links and e-mail: single objects with a `notificationType`.

times: `sendDateTime` is the event's own time, in epoch milliseconds
keys:  `eventId`, else message, recipient, type, URL and time
Previews and scanners also open and click.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import Reason
from connectors.events import Contact, EventType, Fact, Fault, State, Status
from connectors.infobip import addresses
from connectors.reading import mapping, moment, text

TYPES = {
    # notificationType: our event
    "CLICKED": EventType.CLICKED,
    "OPENED": EventType.OPENED,
    "UNSUBSCRIBED": EventType.OPTOUT,
    "COMPLAINED": EventType.OPTOUT,  # reported as spam: whoever writes again loses the sender's reputation
    "LATE_BOUNCE": EventType.STATUS,  # a delivered message turns into failed, the one step backwards
}


def event(item: Mapping[str, Any], channel: str | None) -> Fact:
    """One tracking event; a type new to us is kept as unknown."""
    word = (text(item, "notificationType") or "").upper()
    message, recipient = text(item, "messageId"), text(item, "recipient")
    channel = channel or (addresses.EMAIL if "@" in (recipient or "") else addresses.SMS)
    type_ = TYPES.get(word, EventType.UNKNOWN)
    stamp = text(item, "sendDateTime") or ""
    data = {
        "name": word.lower(),
        "message_id": message,
        "url": text(item, "url"),
        "device": dict(mapping(item, "recipientInfo")) or None,
        "place": dict(mapping(item, "geoLocation") or mapping(item, "geoLocationInfo")) or None,
        "bulk_id": text(item, "bulkId"),
        "callback_data": text(item, "callbackData"),
    }
    status = None
    if type_ is EventType.STATUS and message is not None:
        fault = Fault(code=word, text="the mail was bounced after it had been delivered", reason=str(Reason.OTHER))
        status = Status(message, State.FAILED, fault, ref=message)
    return Fact(
        type=type_ if type_ is not EventType.STATUS or status is not None else EventType.UNKNOWN,
        raw=item,
        key=text(item, "eventId") or ":".join((message or "", recipient or "", word, text(item, "url") or "", stamp)),
        at=moment(item.get("sendDateTime")),
        conversation=addresses.key(channel, recipient),
        contact=Contact(addresses.plain(recipient), addresses.phone(recipient)) if recipient else None,
        channel=channel,
        via=text(item, "sender"),
        status=status,
        data={name: told for name, told in data.items() if told is not None},
        note=None if word in TYPES else f"a tracking event of a type new to us: {word[:40]}",
    )
