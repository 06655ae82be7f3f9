"""
How far a message came: 1msg's acks, and Meta's statuses in raw mode.

    ack     {id, chatId, phone?, bsuid?, userName?, status, error?, category?, mmLite?}   no time
    status  {id, status, timestamp, recipient_id, errors?, pricing?}                      time in Unix seconds

Acks are not ordered, may come twice, and may come before the answer to the send.

source: our page §4.5, §4.6
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors import reading
from connectors.errors import Malformed
from connectors.events import Contact, EventType, Fact, Fault, State, Status
from connectors.onemsg import address
from connectors.onemsg.errors import classify

# §4.5: theirs: ours
STATES = {
    "queued": State.ACCEPTED,
    "accepted": State.ACCEPTED,
    "sent": State.SENT,
    "1": State.SENT,
    "delivered": State.DELIVERED,
    "2": State.DELIVERED,
    "read": State.READ,
    "viewed": State.READ,  # the old word
    "3": State.READ,
    "played": State.READ,
    "failed": State.FAILED,
    "error": State.FAILED,
    "undelivered": State.FAILED,
    "-1": State.FAILED,
}


def ack(item: Any) -> Fact:
    """
    One ack.

    raises: Malformed without a message id
    """
    message_id = reading.text(item, "id", "messageId")
    if not isinstance(item, Mapping) or message_id is None:
        told = "an ack without a message id"
        raise Malformed(told)
    chat = address.canonical(reading.text(item, "chatId", "phone", "bsuid"))
    hidden = address.canonical(reading.text(item, "bsuid"))
    known = None
    if chat is not None:
        aliases = (hidden,) if hidden and hidden != chat else ()
        known = Contact(id=chat, phone=address.phone(chat), username=reading.text(item, "userName"), aliases=aliases)
    word = (reading.text(item, "status") or "").strip().lower().removesuffix(".0")
    extras = {name: item[name] for name in ("category", "mmLite") if item.get(name) is not None}
    return receipt(item, message_id, word, chat=chat, known=known, error=item.get("error"), data=extras)


def receipt(
    item: Any,
    message_id: str,
    word: str,
    *,
    chat: str | None,
    known: Contact | None,
    error: Any,
    data: dict[str, Any],
) -> Fact:
    """The fact of a delivery status, in either format; its key is the message and our word for the state."""
    fact = Fact(type=EventType.STATUS, raw=item, conversation=chat, contact=known, data=data)
    if word == "deleted":
        return replace(fact, type=EventType.DELETED, key=message_id, data={**data, "message": message_id})
    state = STATES.get(word, State.UNKNOWN)
    if word == "played":
        data["played"] = True
    elif state is State.UNKNOWN:
        data["status"] = word
    told = word if word == "played" or state is State.UNKNOWN else str(state)
    found = fault(error) if state is State.FAILED else None
    if found is not None:
        cause = classify(found.text or "", found.code)
        data["error_class"] = cause.name if cause else None
    return replace(fact, key=f"{message_id}:{told}", status=Status(message_id, state, found), data=data)


def fault(error: Any) -> Fault:
    """Why it failed: their sentence, or Meta's object {code, title, message, error_data.details}, or a list of it."""
    while isinstance(error, list):
        error = error[0] if error else None
    if isinstance(error, Mapping):
        code = reading.text(error, "code", "error_code")
        details = reading.text(reading.mapping(error, "error_data"), "details")
        words = [one for one in (reading.text(error, "title"), reading.text(error, "message"), details) if one]
        text = ": ".join(dict.fromkeys(words)) or None
    else:
        code, text = None, reading.text({"error": error}, "error")
    cause = classify(text or "", code)
    return Fault(code=code, text=text, reason=str(cause.reason) if cause else "other")


def status(item: Any) -> Fact:
    """
    One of Meta's statuses, of which an ack is the short form: same message, same key.

    raises: Malformed without a message id
    """
    if isinstance(item, Mapping) and "timestamp" not in item and "recipient_id" not in item:
        return ack(item)
    message_id = reading.text(item, "id", "message_id")
    if message_id is None:
        told = "a status without a message id"
        raise Malformed(told)
    chat = address.canonical(reading.text(item, "recipient_id", "recipient_user_id"))
    fact = receipt(
        item,
        message_id,
        (reading.text(item, "status") or "").strip().lower(),
        chat=chat,
        known=Contact(id=chat, phone=address.phone(chat)) if chat else None,
        error=item.get("errors"),
        data={name: item[name] for name in ("pricing", "conversation") if item.get(name) is not None},
    )
    return replace(fact, at=reading.moment(item.get("timestamp")))
