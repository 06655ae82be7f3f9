"""
Messages in Meta's own shape, which a channel with `rawHooks` passes on (§4.6).

    {"from", "id", "timestamp", "type": T, T: {…}, "context"?: {"id", "forwarded"}, "referral"?}
    an echo has "to" as well, and its "from" is the business

Media have an id and no address: GET /retrieveMedia gives one for some minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from connectors import reading
from connectors.errors import Malformed
from connectors.events import Attachment, Contact, EventType, Fact, Kind, Message
from connectors.onemsg import address, contents, flat


def is_theirs(item: Mapping[str, Any]) -> bool:
    """Neither a chat nor a body in a text, and an object under its type or a `timestamp`."""
    if item.get("chatId") is not None or isinstance(item.get("body"), str):
        return False
    return "timestamp" in item or isinstance(item.get(str(item.get("type"))), Mapping)


def people(contacts: Iterable[Any]) -> dict[str, str]:
    """Names by chat id, from the `contacts` beside the messages."""
    found: dict[str, str] = {}
    for one in contacts:
        chat = address.canonical(reading.text(one, "wa_id", "user_id"))
        name = reading.text(reading.mapping(one, "profile"), "name")
        if chat and name:
            found[chat] = name
    return found


def message(item: Mapping[str, Any], names: Mapping[str, str], *, echo: bool = False) -> Iterable[Fact]:
    """
    One message, in or (an echo) out.

    raises: Malformed for a message nobody can be named for
    """
    chat = address.canonical(reading.text(item, "to", "recipient_id") if echo else reading.text(item, "from"))
    if chat is None:
        told = "a message that names no chat"
        raise Malformed(told)
    name = None if echo else names.get(chat)
    fact = Fact(
        type=EventType.SENT if echo else EventType.RECEIVED,
        raw=item,
        key=reading.text(item, "id"),
        at=reading.moment(item.get("timestamp")),
        conversation=chat,
        contact=Contact(id=chat, phone=address.phone(chat), name=name),
    )
    word = (reading.text(item, "type") or "").lower()
    inner = reading.mapping(item, word)
    if word == "reaction":
        target = reading.text(inner, "message_id")
        if target is None:
            told = "a reaction to no message"
            raise Malformed(told)
        return [flat.reacted(fact, target, reading.text(inner, "emoji"))]
    if word in flat.SPECIAL:
        # the same rare words as in the flat format; their object holds what a flat message has at its top
        return [replace(flat.SPECIAL[word]({**inner, "body": _words(inner)}, fact), raw=item)]
    said = _said(item, word, inner, fact)
    referral = reading.mapping(item, "referral")
    if echo or not referral:
        return [said]
    return [said, replace(fact, type=EventType.REFERRAL, data=dict(referral))]


def _words(inner: Mapping[str, Any]) -> str | None:
    """The text of an edited message, however deep it stands."""
    inner = reading.mapping(inner, "message") or inner
    return reading.text(reading.mapping(inner, "text"), "body") or reading.text(inner, "body", "caption")


def _said(item: Mapping[str, Any], word: str, inner: Mapping[str, Any], fact: Fact) -> Fact:
    kind = flat.TYPES.get(word, flat.OTHER)
    context = reading.mapping(item, "context")
    data: dict[str, Any] = {"label": kind.label} if kind.label else {}
    text, payload = reading.text(inner, "body"), None
    attachments: tuple[Attachment, ...] = ()
    if kind.kind in flat.FILES:
        text = reading.text(inner, "caption")
        attachments = (_file(kind.kind, inner),)
        if kind.kind is Kind.AUDIO:
            data["is_voice"] = reading.truth(inner.get("voice"))
            if data["is_voice"]:
                data["label"] = flat.VOICE.label
    elif kind.kind is Kind.INTERACTIVE:
        reply = contents.reply(item) or {"id": None, "title": None, "description": None, "data": None}
        text, payload, data["reply"] = reply["title"], reply["id"], reply
    elif kind.kind is Kind.LOCATION:
        data["location"], text = contents.place(item), reading.text(inner, "name")
    elif kind.kind is Kind.CONTACT:
        data["contacts"] = contents.cards(item)
    if reading.truth(context.get("forwarded")) or reading.truth(context.get("frequently_forwarded")):
        data["forwarded"] = True
    if kind.kind is Kind.UNSUPPORTED and inner:
        data[word] = dict(inner)
    if fact.type is EventType.SENT:
        data["origin"] = "app"  # Meta echoes what was written in its own app
    return replace(
        fact,
        message=Message(
            provider_id=fact.key or "",
            direction=flat.direction(fact),
            kind=kind.kind,
            text=text,
            payload=payload,
            reply_to=reading.text(context, "id", "message_id"),
            attachments=attachments,
        ),
        window=flat.DAY if kind.opens and fact.type is EventType.RECEIVED else None,
        data=data,
    )


def _file(kind: Kind, inner: Mapping[str, Any]) -> Attachment:
    size = reading.number(inner, "file_size")
    return Attachment(
        kind,
        url=contents.web(reading.text(inner, "url", "link")),
        mime_type=reading.text(inner, "mime_type"),
        name=reading.text(inner, "filename"),
        size=None if size is None else int(size),
        id=reading.text(inner, "id"),
    )
