"""
The Messages API form (`MO_MESSAGES_API_JSON`): an explicit `event`, `sender`/`destination`, and `content` as a list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from connectors.errors import Malformed
from connectors.events import Attachment, Contact, EventType, Fact, Kind, Message, Reaction
from connectors.infobip import addresses
from connectors.infobip.webhooks import reports
from connectors.infobip.webhooks.whatsapp import WINDOW
from connectors.reading import items, mapping, moment, number, text, unknown

FILES = {
    "IMAGE": Kind.IMAGE,
    "VIDEO": Kind.VIDEO,
    "AUDIO": Kind.AUDIO,
    "DOCUMENT": Kind.FILE,
    "FILE": Kind.FILE,
}
TAPS = {"BUTTON_REPLY", "LIST_REPLY", "FLOW_RESPONSE", "FORM_RESPONSE", "PAYMENT_RESPONSE"}
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def read(item: Mapping[str, Any], channel: str | None) -> Fact | Iterable[Fact]:
    """One item with an `event`; one that is new to us is kept as unknown."""
    word = text(item, "event")
    told = text(item, "channel")
    channel = told.lower() if told else channel
    if word == "MO":
        return _received(item, channel or addresses.SMS)
    if word == "DELIVERY":
        return reports.delivery(item, channel)
    if word == "SEEN":
        return reports.seen(item, channel)
    if word in {"TYPING_STARTED", "TYPING_STOPPED"}:
        return _typing(item, channel or addresses.WHATSAPP, on=word == "TYPING_STARTED")
    return unknown(item, f"an event of the Messages API form that is new to us: {str(word)[:40]}")


def _common(item: Mapping[str, Any], channel: str) -> dict[str, Any]:
    sender = text(item, "sender", "from")
    if sender is None:
        raise Malformed("an inbound item without sender")
    return {
        "raw": item,
        "at": moment(item.get("receivedAt")) or moment(item.get("sentAt")),
        "conversation": addresses.key(channel, sender),
        "contact": Contact(
            addresses.plain(sender), addresses.phone(sender), name=text(mapping(item, "contact"), "name")
        ),
        "channel": channel,
        "via": text(item, "destination", "to"),
    }


def _typing(item: Mapping[str, Any], channel: str, *, on: bool) -> Fact:
    stamp = text(item, "receivedAt", "sentAt") or ""
    key = f"{text(item, 'messageId') or text(item, 'sender') or ''}:{'on' if on else 'off'}:{stamp}"
    return Fact(type=EventType.TYPING, key=key, data={"on": on}, **_common(item, channel))


def _received(item: Mapping[str, Any], channel: str) -> Fact | list[Fact]:
    message_id = text(item, "messageId")
    if message_id is None:
        raise Malformed("an inbound item without messageId")
    content = items(item, "content")
    common = _common(item, channel)
    answered = text(mapping(item, "context"), "id", "messageId") or text(item, "pairedMessageId")
    reactions = [one for one in content if text(one, "type") == "REACTION"]
    if reactions and len(reactions) == len(content):
        facts = [_reaction(one, item, message_id, common) for one in reactions]
        return [
            replace(fact, key=f"{fact.key}:{position}" if position else fact.key) for position, fact in enumerate(facts)
        ]
    said, files, payloads, data = _content(content)
    kind = files[0].kind if files else Kind.TEXT
    if any(text(one, "type") in TAPS for one in content):
        kind = Kind.INTERACTIVE
    elif "location" in data:
        kind = Kind.LOCATION
    elif not content or not (said or files):
        kind = Kind.TEXT if content else Kind.UNSUPPORTED
    return Fact(
        type=EventType.RECEIVED,
        key=message_id,
        window=WINDOW if channel == addresses.WHATSAPP else None,
        message=Message(
            message_id,
            "inbound",
            kind,
            "\n".join(said) or None,
            payload=payloads[0] if payloads else None,
            reply_to=answered,
            attachments=tuple(files),
        ),
        data=data,
        **common,
    )


def _content(content: list[Any]) -> tuple[list[str], list[Attachment], list[str], dict[str, Any]]:
    said: list[str] = []
    files: list[Attachment] = []
    payloads: list[str] = []
    data: dict[str, Any] = {}
    for one in content:
        word = text(one, "type") or ""
        url, words = text(one, "url"), text(one, "text")
        if word in FILES and url is not None:
            files.append(Attachment(FILES[word], url))
        elif word == "LOCATION":
            data["location"] = {name: number(one, name) for name in ("latitude", "longitude")} | {"url": url}
        elif word == "SUBJECT":
            data["subject"] = words
        elif word == "URL" and url is not None:
            words = words or url
        if word in {"FLOW_RESPONSE", "FORM_RESPONSE", "PAYMENT_RESPONSE"}:
            payloads.append(json.dumps(one.get("response"), ensure_ascii=False))
        elif word in TAPS:
            found = text(one, "payload", "id")
            if found is not None:
                payloads.append(found)
        if words is not None and word != "SUBJECT":
            said.append(words)
        if text(one, "keyword") is not None:
            data["keyword"] = text(one, "keyword")
    if len(payloads) > 1:
        data["payloads"] = payloads
    return said, files, payloads, data


def _reaction(one: Any, item: Mapping[str, Any], message_id: str, common: dict[str, Any]) -> Fact:
    about = text(mapping(one, "context"), "id", "messageId") or text(mapping(item, "context"), "id", "messageId")
    about = about or text(one, "messageId") or text(item, "pairedMessageId")
    if about is None:
        raise Malformed("a reaction without the message it is about")
    removed = (text(one, "action") or "").upper() in {"REMOVED", "UNREACT"}
    made = Reaction(about, emoji(text(one, "emoji")), "removed" if removed else "added")
    return Fact(type=EventType.REACTION, key=message_id, reaction=made, **common)


def emoji(given: str | None) -> str | None:
    r"""The emoji; it may be written as `\\u2764\\uFE0F` in plain characters, surrogate pairs included."""
    if given is None or "\\u" not in given:
        return given
    units = ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), given)
    return units.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
