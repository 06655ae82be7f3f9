"""Inbound SMS and MMS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import Malformed
from connectors.events import Attachment, Contact, EventType, Fact, Kind, Message
from connectors.infobip import addresses
from connectors.reading import items, moment, text

KINDS = {"image": Kind.IMAGE, "video": Kind.VIDEO, "audio": Kind.AUDIO}


def kind_of(content_type: str | None) -> Kind:
    """The kind of a file by its media type."""
    return KINDS.get((content_type or "").partition("/")[0].lower(), Kind.FILE)


def sms(item: Mapping[str, Any], channel: str | None) -> Fact:
    """
    One inbound SMS.  `text` is whole, `cleanText` lacks the keyword; both may be empty, and the message still came.

    `from` may be a word ("MTN") or a short code; STOP and the like arrive as ordinary text.
    """
    del channel
    words = text(item, "text")
    if words is None and not isinstance(item.get("text"), str):
        words = text(item, "cleanText")
    return _fact(item, addresses.SMS, Message(_id(item), "inbound", Kind.TEXT, words or ""))


def mms(item: Mapping[str, Any], channel: str | None) -> Fact:
    """One inbound MMS: `message` is a list of segments with a `value` (text) or a `url`; SMIL is layout."""
    del channel
    said: list[str] = []
    files: list[Attachment] = []
    for segment in items(item, "message"):
        media = text(segment, "contentType") or ""
        value, url = text(segment, "value"), text(segment, "url")
        if media.startswith("application/smil"):
            continue
        if url is not None:
            files.append(Attachment(kind_of(media), url, media or None))
        elif value is not None:
            said.append(value)
    words = "\n".join(said) or None
    kind = files[0].kind if files else Kind.TEXT
    return _fact(item, addresses.MMS, Message(_id(item), "inbound", kind, words, attachments=tuple(files)))


def _fact(item: Mapping[str, Any], channel: str, message: Message) -> Fact:
    sender = text(item, "from")
    if sender is None:
        raise Malformed("an inbound message without from")
    data = {
        "keyword": text(item, "keyword"),
        "clean_text": text(item, "cleanText"),
        "callback_data": text(item, "callbackData"),
        "answers": text(item, "pairedMessageId"),
    }
    return Fact(
        type=EventType.RECEIVED,
        raw=item,
        key=message.provider_id,
        at=moment(item.get("receivedAt")),
        conversation=addresses.key(channel, sender),
        contact=Contact(addresses.plain(sender), addresses.phone(sender)),
        channel=channel,
        via=text(item, "to"),
        message=message,
        data={name: told for name, told in data.items() if told is not None},
    )


def _id(item: Mapping[str, Any]) -> str:
    found = text(item, "messageId")
    if found is None:
        raise Malformed("an inbound message without messageId")
    return found
