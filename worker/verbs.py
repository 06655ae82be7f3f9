"""
The neutral verbs: send, mark read, react, typing, in words that name no provider.

Each becomes a run of the action with which the connection's provider says it; a provider that has none says so plainly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import ConnectorError, InvalidCall, Unsupported
from worker.accept import Accepted, NotFound, accept, taking
from worker.core import Core
from worker.store import ids, messages
from worker.store.connections import Stored


def can(core: Core, connection: str, verb: str, words: Mapping[str, Any]) -> bool:
    """Whether the connection's provider can say this; some can on one channel and not on another."""
    stored = core.connections.get(connection)
    if stored is None:
        return False
    try:
        core.provider(stored).verb(verb, words)
    except Unsupported:
        return False
    except ConnectorError:  # it can; these words are not enough
        return True
    return True


def speak(
    core: Core, connection: str, verb: str, words: Mapping[str, Any], *, event: str | None = None, **options: Any
) -> Accepted:
    """
    One verb to one connection.

    words:   as connectors.provider.Verb lists them, provider's message ids
    options: idempotency_key, not_before, expires_at, priority, force
    raises:  Unsupported, InvalidCall, NotFound, Conflict
    """
    stored = taking(core, connection, "connection")
    key, given = core.provider(stored).verb(verb, words)
    body = {"connection": connection, "action": key, "input": given}
    body.update({name: value for name, value in options.items() if value is not None})
    return accept(core, body, event=event)


def send(core: Core, connection: str, words: Mapping[str, Any], **options: Any) -> Accepted:
    """Sends to `to`, which is a contact's id or a conversation's."""
    return speak(core, connection, "send", _addressed(core, connection, dict(words)), **options)


def _addressed(core: Core, connection: str, words: dict[str, Any]) -> dict[str, Any]:
    """`to` may be a conversation id; `reply_to` may be our message id: both become the provider's."""
    to = words.get("to")
    place = ids.conversation_of(to) if isinstance(to, str) else None
    if place is not None:
        owner, party = place
        if owner != connection:
            told = f"this conversation belongs to the connection {owner!r}"
            raise InvalidCall(told, fields={"to": [told]})
        found = messages.conversation(core.store, connection, party)
        contact = found["contact"]["id"] if found else party
        words["to"] = contact
        if found:
            words.setdefault("channel", found["channel"])
            words.setdefault("via", found["via"])
    if isinstance(words.get("reply_to"), str) and words["reply_to"].startswith("msg_"):
        words["reply_to"] = _message(core, words["reply_to"], "reply_to")["provider_id"]
    return {name: value for name, value in words.items() if value is not None}


def about(core: Core, message: str, verb: str, words: Mapping[str, Any] | None = None, **options: Any) -> Accepted:
    """mark_read, react or unreact of a message of ours (its `msg_…` id)."""
    found = _message(core, message)
    connection = found["connection"]
    if found["conversation"] is None:
        told = f"nobody has told yet whose conversation the message {message!r} belongs to"
        raise NotFound(told)
    said = {"to": found["conversation"], "message": found["provider_id"], **(words or {})}
    return speak(core, connection, verb, _addressed(core, connection, said), **options)


def typing(core: Core, conversation: str, *, on: bool = True, **options: Any) -> Accepted:
    """Shows or hides that we are writing."""
    place = ids.conversation_of(conversation)
    if place is None:
        told = f"there is no conversation {conversation!r}"
        raise NotFound(told)
    said = _addressed(core, place[0], {"to": conversation, "on": on})
    return speak(core, place[0], "typing", said, **options)


def _message(core: Core, ident: str, field: str = "") -> dict[str, Any]:
    found = messages.get(core.store, ident)
    if found is None or not found["provider_id"]:
        told = f"there is no message {ident!r}, or it is no longer kept"
        raise NotFound(told, field)
    return found


def answerer(core: Core, stored: Stored, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The words that address an event's conversation: {to, channel, via}; raises Unsupported where it has none."""
    del core
    talk = event.get("conversation")
    if not talk:
        told = f"this {event['type']} belongs to no conversation, so there is nobody to answer"
        raise Unsupported(told, provider=stored.provider)
    return {"to": talk["contact"]["id"], "channel": talk.get("channel"), "via": talk.get("via")}
