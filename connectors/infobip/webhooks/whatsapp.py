"""
Inbound WhatsApp: every `message.type` of the page; one that is new to us is kept as unsupported, with its raw words.

Who wrote: `from` is a number or, for a user who hides it, a business-scoped user id; replies go to it, as given.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from connectors.errors import Malformed
from connectors.events import Attachment, Contact, EventType, Fact, Kind, Message, Reaction
from connectors.infobip import addresses
from connectors.reading import items, mapping, moment, number, text

WINDOW = 24 * 3600  # seconds a user's message lets us answer freely
HIDDEN = "…"

MEDIA = {
    "IMAGE": Kind.IMAGE,
    "VIDEO": Kind.VIDEO,
    "DOCUMENT": Kind.FILE,
    "VOICE": Kind.AUDIO,
    "AUDIO": Kind.AUDIO,
    "STICKER": Kind.STICKER,
}

Body = Mapping[str, Any]
Said = tuple[dict[str, Any], dict[str, Any]]  # fields of Message, data of Fact


def _text(body: Body) -> Said:
    return {"kind": Kind.TEXT, "text": text(body, "text") or ""}, {}


def _media(body: Body) -> Said:
    kind = MEDIA[str(body["type"]).upper()]
    caption = text(body, "caption")
    name = caption if body["type"] == "DOCUMENT" else None  # a document's caption is often its file name
    told: dict[str, Any] = {"kind": kind, "text": caption}
    url = text(body, "url")
    if url is not None:
        told["attachments"] = (Attachment(kind, url, name=name, id=url.rpartition("/")[2] or None),)
    return told, {"voice_note": True} if body["type"] == "VOICE" else {}


def _location(body: Body) -> Said:
    place = {
        "latitude": number(body, "latitude"),
        "longitude": number(body, "longitude"),
        "name": text(body, "name"),
        "address": text(body, "address"),
        "url": text(body, "url"),
    }
    return {"kind": Kind.LOCATION, "text": place["name"] or place["address"]}, {"location": place}


def _contacts(body: Body) -> Said:
    found = items(body, "contacts")
    names = [text(mapping(one, "name"), "formattedName", "firstName") for one in found]
    return {"kind": Kind.CONTACT, "text": ", ".join(name for name in names if name) or None}, {"contacts": found}


def _button(body: Body) -> Said:
    return {"kind": Kind.INTERACTIVE, "text": text(body, "text"), "payload": text(body, "payload")}, {}


def _reply(body: Body) -> Said:
    more = {"description": text(body, "description")} if text(body, "description") else {}
    return {"kind": Kind.INTERACTIVE, "text": text(body, "title"), "payload": text(body, "id")}, more


def _flow(body: Body) -> Said:
    response = body.get("response")
    if isinstance(response, str):
        try:
            response = json.loads(response)
        except (ValueError, RecursionError):
            response = {"text": response}
    payload = json.dumps(response, ensure_ascii=False) if response is not None else None
    return {"kind": Kind.INTERACTIVE, "text": text(body, "text"), "payload": payload}, {"form": response}


def _order(body: Body) -> Said:
    order = {"catalog_id": text(body, "catalogId"), "items": items(body, "productItems")}
    return {"kind": Kind.INTERACTIVE, "text": text(body, "text")}, {"order": order}


def _infected(body: Body) -> Said:
    return {"kind": Kind.UNSUPPORTED}, {"malware": text(body, "malware") or "unnamed"}


def _payment(body: Body) -> Said:
    total = mapping(body, "totalAmount")
    value, offset = number(total, "value"), number(total, "offset")
    payment = {
        "kind": text(body, "type"),
        "reference_id": text(body, "referenceId"),
        "payment_id": text(body, "paymentId"),
        "status": text(body, "status", "paymentAcknowledgementType"),
        "amount": f"{value / offset:.6f}".rstrip("0").rstrip(".") if value is not None and offset else None,
        "currency": text(body, "currency"),
        "transaction_id": text(body, "transactionId"),
    }
    return {"kind": Kind.INTERACTIVE}, {"payment": payment}


def _call_permission(body: Body) -> Said:
    told = mapping(body, "callPermissionReply")
    consent = {"response": text(told, "response"), "until": text(told, "expirationTimestamp")}
    return {"kind": Kind.INTERACTIVE, "payload": consent["response"]}, {"call_permission": consent}


def _authentication(body: Body) -> Said:
    status = text(mapping(body, "inThreadAuthenticationReply"), "status")
    return {"kind": Kind.INTERACTIVE, "payload": status}, {"authentication": {"status": status}}


def _unsupported(body: Body) -> Said:
    return {"kind": Kind.UNSUPPORTED, "text": text(body, "text")}, {"unsupported": text(body, "type")}


TYPES: dict[str, Callable[[Body], Said]] = {
    "TEXT": _text,
    **dict.fromkeys(MEDIA, _media),
    "LOCATION": _location,
    "CONTACT": _contacts,
    "BUTTON": _button,
    "INTERACTIVE_BUTTON_REPLY": _reply,
    "INTERACTIVE_LIST_REPLY": _reply,
    "INTERACTIVE_FLOW_REPLY": _flow,
    "ORDER": _order,
    "INFECTED_CONTENT": _infected,
    "UNSUPPORTED": _unsupported,
    "INTERACTIVE_PAYMENT_CONFIRMATION": _payment,
    "INTERACTIVE_PAYMENT_ACKNOWLEDGEMENT": _payment,
    "INTERACTIVE_CALL_PERMISSION_REPLY": _call_permission,
    "INTERACTIVE_IN_THREAD_AUTHENTICATION_REPLY": _authentication,
}


def received(item: Mapping[str, Any], channel: str | None) -> Fact:
    """One inbound message or reaction; `integrationType` names the channel where it is another chat app."""
    sender, message_id = text(item, "from"), text(item, "messageId")
    if sender is None or message_id is None:
        raise Malformed("an inbound message without from or messageId")
    told = text(item, "integrationType")
    channel = told.lower() if told else channel or addresses.WHATSAPP
    body = mapping(item, "message")
    facts: dict[str, Any] = {
        "raw": _without_hash(item, body),
        "key": message_id,
        "at": moment(item.get("receivedAt")),
        "conversation": addresses.key(channel, sender),
        "contact": contact(item, channel, sender),
        "channel": channel,
        "via": text(item, "to"),
    }
    context = text(mapping(body, "context"), "id")
    kind = (text(body, "type") or "").upper()
    if kind == "REACTION":
        if context is None:
            raise Malformed("a reaction without the message it is about")
        removed = (text(body, "action") or "").upper() == "REMOVED"
        made = Reaction(context, text(body, "emoji"), "removed" if removed else "added")
        return Fact(type=EventType.REACTION, reaction=made, **facts)
    words, data = TYPES.get(kind, _unsupported)(body)
    common = {
        "keyword": text(item, "keyword"),
        "callback_data": text(item, "callbackData"),
        "answers": text(item, "pairedMessageId"),
        "referral": dict(mapping(body, "referral")) or None,
    }
    return Fact(
        type=EventType.RECEIVED,
        window=WINDOW if channel == addresses.WHATSAPP else None,
        message=Message(message_id, "inbound", reply_to=context, **words),
        data={**{name: found for name, found in common.items() if found is not None}, **data},
        **facts,
    )


def contact(item: Mapping[str, Any], channel: str, sender: str) -> Contact:
    """The person: replies go to `from` as given, and a user id beside a number is the same person."""
    told = mapping(item, "contact")
    number_told = text(told, "phoneNumber")
    others = (addresses.key(channel, one) for one in (number_told, text(told, "userId"), text(told, "parentUserId")))
    mine = addresses.key(channel, sender)
    return Contact(
        id=addresses.plain(sender),
        phone=addresses.phone(number_told or sender),
        username=text(told, "username"),
        name=text(told, "name"),
        aliases=tuple(dict.fromkeys(one for one in others if one is not None and one != mine)),
    )


def _without_hash(item: Mapping[str, Any], body: Body) -> Mapping[str, Any]:
    """The item as it came, but for the passkey's hash: that is a secret of the user's, and events are handed on."""
    told = mapping(body, "inThreadAuthenticationReply")
    if "businessScopedPasskeyHash" not in told:
        return item
    return {
        **item,
        "message": {**body, "inThreadAuthenticationReply": {**told, "businessScopedPasskeyHash": HIDDEN}},
    }
