"""
Messages in 1msg's own format, in the words it has from Chat-API.

    message   {id, body, type, fromMe, self, time, chatId, author, senderName, caption, quotedMsgId, …}
    units     time in Unix seconds, as number or text

`chatId` is the customer in both directions.  `senderName` is the customer's only on what they wrote: on an echo it is
the business's own number.

source: our page §4.3, §4.4
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors import reading
from connectors.errors import Malformed
from connectors.events import Attachment, Contact, EventType, Fact, Kind, Message, Reaction
from connectors.onemsg import address, contents

DAY = 24 * 3600  # seconds for which a message from the customer lets us answer (§2.7)


@dataclass(frozen=True, slots=True)
class Type:
    """
    A `type` of §4.4 in our words.

    opens: whether it is a message from a person, which opens the window.  What we are not sure of does not.
    """

    kind: Kind
    opens: bool = True
    label: str | None = None  # the page's finer word, where ours is coarser


TEXT = Type(Kind.TEXT)
FILE = Type(Kind.FILE)
VOICE = Type(Kind.AUDIO, label="voice")
REPLY = Type(Kind.INTERACTIVE, label="interactive_reply")
CARD = Type(Kind.CONTACT)
CALL = Type(Kind.UNSUPPORTED, opens=False, label="call_event")
OTHER = Type(Kind.UNSUPPORTED, opens=False, label="other")
ODD = Type(Kind.UNSUPPORTED, label="other")  # theirs and genuine, yet nothing we can show

# §4.4: theirs: ours
TYPES = {
    "chat": TEXT,
    "text": TEXT,
    "image": Type(Kind.IMAGE),
    "video": Type(Kind.VIDEO),
    "document": FILE,
    "sticker": Type(Kind.STICKER),
    "audio": Type(Kind.AUDIO),
    "voice": VOICE,
    "ptt": VOICE,
    "interactive": REPLY,
    "button_reply": REPLY,
    "list_reply": REPLY,
    "nfm_reply": REPLY,
    "button": Type(Kind.INTERACTIVE, label="button_reply"),
    "location": Type(Kind.LOCATION),
    "contacts": CARD,
    "contact": CARD,
    "vcard": CARD,
    "multi_vcard": CARD,
    "call_log": CALL,
    "call_permission_reply": CALL,
    "order": ODD,
    "product": ODD,
    "ephemeral": ODD,
    "unsupported": ODD,
    "template": Type(Kind.TEMPLATE, opens=False),
    "system": OTHER,  # e.g. a changed number: nobody wrote anything
}
FILES = frozenset({Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.FILE, Kind.STICKER})


def message(item: Mapping[str, Any]) -> Iterable[Fact]:
    """
    One message, in or out.

    returns: message.received or .sent; .reaction, .edited, .deleted; conversation.postback for a first opening of the
             chat; with an ad it came from, conversation.referral besides
    raises:  Malformed for a message nobody can be named for
    """
    outbound = is_outbound(item)
    chat = chat_of(item, outbound=outbound)
    kind = (reading.text(item, "type") or "").strip().lower()
    fact = Fact(
        type=EventType.SENT if outbound else EventType.RECEIVED,
        raw=item,
        key=reading.text(item, "id"),
        at=reading.moment(item.get("time")),
        conversation=chat,
        contact=contact(item, chat, outbound=outbound),
    )
    special = SPECIAL.get(kind)
    if special is not None:
        return [special(item, fact)]
    said = _said(item, fact, TYPES.get(kind, OTHER), outbound=outbound)
    referral = _referral(item)
    if outbound or not referral:
        return [said]
    return [said, replace(fact, type=EventType.REFERRAL, data=referral)]


def is_outbound(item: Mapping[str, Any]) -> bool:
    """`fromMe` tells; where it is absent, `self` (§4.3)."""
    from_me = reading.truth(item.get("fromMe"))
    return from_me if from_me is not None else reading.truth(item.get("self")) is True


def chat_of(item: Mapping[str, Any], *, outbound: bool) -> str:
    """The conversation: `chatId`, else `from`, else on what they wrote its author (§4.8)."""
    names = ("chatId", "from") if outbound else ("chatId", "from", "author")
    for name in names:
        found = address.canonical(item.get(name))
        if found is not None:
            return found
    told = "a message that names no chat"
    raise Malformed(told)


def contact(item: Mapping[str, Any], chat: str, *, outbound: bool) -> Contact:
    """The customer; on an echo no more than the chat tells, as its names are the business's."""
    if outbound or chat.endswith("@g.us"):
        return Contact(id=chat, phone=address.phone(chat))
    hidden = address.canonical(reading.text(item, "authorBsuid"))
    return Contact(
        id=chat,
        phone=address.phone(chat),
        username=reading.text(item, "authorUserName"),
        name=reading.text(item, "senderName"),
        aliases=(hidden,) if hidden and hidden != chat else (),
    )


def _said(item: Mapping[str, Any], fact: Fact, kind: Type, *, outbound: bool) -> Fact:
    body, caption = reading.text(item, "body"), reading.text(item, "caption")
    data: dict[str, Any] = {"label": kind.label} if kind.label else {}
    text: str | None = body
    payload = None
    attachments: tuple[Attachment, ...] = ()
    what = kind.kind
    if what in FILES:
        url = contents.web(body)
        name, text = (
            contents.document_name(caption, url) if what is Kind.FILE else (contents.name_in_path(url), caption)
        )
        attachments = (Attachment(what, url=url, name=name),)
        if what is Kind.AUDIO:
            data["is_voice"] = True if kind is VOICE else None  # a voice note may come as plain audio (§5.8)
        if url is None:
            data["media_missing"] = True
    elif what is Kind.INTERACTIVE:
        reply = contents.reply(item) or {"id": None, "title": None, "description": None, "data": None}
        reply["title"] = text = reply["title"] or body
        payload = reply["id"]
        data["reply"] = reply
    elif what is Kind.LOCATION:
        text, data["location"] = caption, contents.place(item)
    elif what is Kind.CONTACT or (what is Kind.UNSUPPORTED and contents.is_blob(body)):
        found = contents.cards(item)
        what = Kind.CONTACT if found else what
        text, data["contacts"] = None, found
    data.update(_extras(item, outbound=outbound))
    return replace(
        fact,
        message=Message(
            provider_id=fact.key or "",
            direction=direction(fact),
            kind=what,
            text=text,
            payload=payload,
            reply_to=reading.text(item, "quotedMsgId"),
            attachments=attachments,
        ),
        window=DAY if kind.opens and not outbound else None,
        data=data,
    )


def _extras(item: Mapping[str, Any], *, outbound: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if reading.truth(item.get("isForwarded")):
        found["forwarded"] = True
    if outbound:
        by_us = reading.truth(item.get("self"))
        found["origin"] = {True: "api", False: "app", None: "unknown"}[by_us]
    for name in ("order", "product"):
        if isinstance(item.get(name), Mapping):
            found[name] = dict(item[name])
    return found


def _referral(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """The ad a conversation came from, in Meta's words, wherever it hides."""
    if not ("referral" in item or item.get("metadata") or item.get("meta")):
        return None
    for holder in (item, reading.mapping(item, "metadata"), reading.mapping(item, "meta")):
        found = reading.mapping(holder, "referral")
        if found:
            return dict(found)
    return None


def _reaction(item: Mapping[str, Any], fact: Fact) -> Fact:
    target = reading.text(item, "quotedMsgId") or reading.text(reading.mapping(item, "reaction"), "message_id")
    if target is None:
        told = "a reaction to no message"
        raise Malformed(told)
    emoji = reading.text(item, "body") or reading.text(reading.mapping(item, "reaction"), "emoji")
    return reacted(fact, target, emoji)


def direction(fact: Fact) -> str:
    """Of the message a fact is about."""
    return "outbound" if fact.type is EventType.SENT else "inbound"


def reacted(fact: Fact, target: str, emoji: str | None) -> Fact:
    """A reaction, or without an emoji its removal; it does not open the window."""
    action, by = "added" if emoji else "removed", "us" if fact.type is EventType.SENT else "contact"
    return replace(fact, type=EventType.REACTION, reaction=Reaction(target, emoji, action, by))


def _welcome(item: Mapping[str, Any], fact: Fact) -> Fact:
    """The chat was opened for the first time; nobody wrote anything."""
    del item
    return replace(fact, type=EventType.POSTBACK, data={"payload": "request_welcome", "title": None})


def _edited(item: Mapping[str, Any], fact: Fact) -> Fact:
    """Not documented: the text as it is now, of the message it names or of its own id; each edit is a fact."""
    edited = Message(
        provider_id=original(item) or fact.key or "",
        direction=direction(fact),
        text=reading.text(item, "body"),
    )
    return replace(fact, type=EventType.EDITED, key=None, message=edited)


def _revoked(item: Mapping[str, Any], fact: Fact) -> Fact:
    """Not documented: the message it names, else the one whose id it carries, is gone."""
    return replace(fact, type=EventType.DELETED, data={"message": original(item) or fact.key})


def original(item: Mapping[str, Any]) -> str | None:
    """The id of the message an edit or a deletion is about, where it names one."""
    for holder in (item, reading.mapping(item, "metadata"), reading.mapping(item, "meta")):
        found = reading.text(holder, "original_message_id", "originalMessageId")
        if found:
            return found
    return reading.text(item, "quotedMsgId")


SPECIAL = {
    "reaction": _reaction,
    "request_welcome": _welcome,
    "edited": _edited,
    "edit": _edited,
    "revoked": _revoked,
    "revoke": _revoked,
}
