"""
Facts into events: ids, times and the words of DESIGN.md §6.

A connector tells what happened in provider's ids; here each fact gets its deterministic id and becomes one commit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.events import Contact, EventType, Fact, Message
from worker.store import ids
from worker.store.events import Commit
from worker.store.messages import Talk
from worker.store.text import iso, millis


@dataclass(frozen=True, slots=True)
class Origin:
    """
    Where a fact came from: which connection, which raw request, when it reached us (ms).

    replayed: {id, at, by, force} where the request is a dead letter that is read again
    """

    partition: int
    connection: str
    provider: str  # as people call it
    request: str | None
    received: int
    replayed: Mapping[str, Any] | None = None


def subject(fact: Fact) -> str | None:
    """The provider's id of the message a fact is about, if any."""
    if fact.message is not None:
        return fact.message.provider_id or None
    if fact.status is not None:
        return fact.status.message
    if fact.reaction is not None:
        return fact.reaction.message or None
    if fact.read is not None:
        return fact.read.message
    found = fact.data.get("message")
    return found if isinstance(found, str) else None


def identity(origin: Origin, fact: Fact) -> tuple[str, bool]:
    """The event's id, and whether it had to be taken from the content because the provider gives no id."""
    if fact.key:
        return ids.event_id(origin.partition, origin.connection, fact.type, fact.key), False
    when = iso(fact.at) if fact.at else ""
    content = json.dumps(fact.raw, sort_keys=True, ensure_ascii=True, default=str)
    return ids.event_id(origin.partition, origin.connection, fact.type, f"{when} {content}"), True


NO_TALK = Talk()


def to_commit(
    origin: Origin, fact: Fact, *, conversation: str | None, subscriptions: list[str], talk: Talk = NO_TALK
) -> Commit:
    """
    The commit of one fact.

    conversation: the party, from the fact itself or found by its message
    talk:         what is known of the conversation, for what the fact does not tell
    """
    ident, by_content = identity(origin, fact)
    received = datetime.fromtimestamp(origin.received / 1000, UTC)
    at = fact.at or received
    about = subject(fact)
    message = ids.message_id(origin.partition, origin.connection, about) if about else ""
    until = at + timedelta(seconds=fact.window) if fact.window else None
    body: dict[str, Any] = {
        "id": ident,
        "type": str(fact.type),
        "provider": origin.provider,
        "connection": origin.connection,
        "occurred_at": iso(at),
        "received_at": iso(received),
        "request": origin.request,
        "conversation": _conversation(origin, fact, conversation, until, talk),
        "raw": fact.raw,
    }
    body.update(_details(origin, fact))
    if fact.note:
        body["note"] = fact.note
    if by_content:
        body["deduplicated_by"] = "content"
    if origin.replayed is not None:
        body["replayed_by"] = origin.replayed
    status = fact.status
    return Commit(
        origin.partition,
        body,
        origin.connection,
        conversation=conversation or "",
        message=message,
        provider_id=about or "",
        status=str(status.state) if status else ("accepted" if fact.type is EventType.SENT else ""),
        status_at=millis(fact.at) if status and fact.at else "",
        direction=_direction(fact),
        window_until=millis(until) if until else "",
        occurred=millis(at),
        contact=_contact_json(fact) if conversation else "",
        echo=fact.type is EventType.SENT,
        subscriptions=subscriptions,
        ref=(status.ref or "") if status else "",
    )


def _direction(fact: Fact) -> str:
    if fact.message is not None:
        return fact.message.direction
    return "outbound" if fact.status is not None else ""


def _conversation(
    origin: Origin, fact: Fact, party: str | None, until: datetime | None, talk: Talk
) -> dict[str, Any] | None:
    if not party:
        return None
    told = conversation_dict(origin, party, talk)
    if fact.contact is not None:
        named = contact_dict(fact.contact, party)
        known = talk.contact if talk.contact and talk.contact.get("id") == named["id"] else {}
        told["contact"] = {name: known.get(name) if value is None else value for name, value in named.items()}
    told["channel"] = fact.channel or talk.channel
    told["via"] = fact.via or talk.via
    if until is not None:
        told["window_open_until"] = iso(until)
    return told


def conversation_dict(origin: Origin, party: str, talk: Talk) -> dict[str, Any]:
    """{id, contact, channel, via, window_open_until} as far as it is known."""
    return {
        "id": ids.conversation_id(origin.partition, origin.connection, party),
        "contact": talk.contact or contact_dict(None, party),
        "channel": talk.channel,
        "via": talk.via,
        "window_open_until": talk.window_open_until,
    }


def contact_dict(contact: Contact | None, party: str) -> dict[str, Any]:
    """{id, phone, username, name}."""
    if contact is None:
        return {"id": party, "phone": None, "username": None, "name": None}
    return {"id": contact.id, "phone": contact.phone, "username": contact.username, "name": contact.name}


def _contact_json(fact: Fact) -> str:
    if fact.contact is None:
        return ""
    told = {"contact": contact_dict(fact.contact, fact.contact.id), "channel": fact.channel, "via": fact.via}
    return json.dumps(told, ensure_ascii=False)


def _details(origin: Origin, fact: Fact) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if fact.message is not None:
        told["message"] = message_dict(origin, fact.message)
    if fact.status is not None:
        fault = fact.status.error
        told["status"] = {
            "message": _message(origin, fact.status.message),
            "state": str(fact.status.state),
            "error": {"code": fault.code, "text": fault.text, "class": fault.reason} if fault else None,
        }
    if fact.reaction is not None:
        told["reaction"] = {
            "message": _message(origin, fact.reaction.message),
            "emoji": fact.reaction.emoji,
            "action": fact.reaction.action,
            "by": fact.reaction.by,
        }
    if fact.read is not None:
        told["read"] = {
            "message": _message(origin, fact.read.message),
            "until": iso(fact.read.until) if fact.read.until else None,
        }
    if fact.data:
        name = str(fact.type).rpartition(".")[2]
        told["details" if name in told else name] = _with_message(origin, fact.data)
    return told


def message_dict(origin: Origin, message: Message) -> dict[str, Any]:
    """A message in an event's words."""
    return {
        "id": _message(origin, message.provider_id),
        "provider_id": message.provider_id,
        "direction": message.direction,
        "kind": str(message.kind),
        "text": message.text,
        "payload": message.payload,
        "reply_to": (
            {"message": _message(origin, message.reply_to), "story": message.story}
            if message.reply_to or message.story
            else None
        ),
        "attachments": [
            {
                "kind": str(one.kind),
                "url": one.url,
                "mime_type": one.mime_type,
                "name": one.name,
                "size": one.size,
                "id": one.id,
            }
            for one in message.attachments
        ],
    }


def _message(origin: Origin, provider_id: str | None) -> str | None:
    return ids.message_id(origin.partition, origin.connection, provider_id) if provider_id else None


def _with_message(origin: Origin, data: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(data)
    if isinstance(told.get("message"), str):
        told["message"] = _message(origin, told["message"])
    return told


def run_event(
    origin: Origin, kind: EventType, run: Mapping[str, Any], subscriptions: list[str], talk: Talk = NO_TALK
) -> Commit:
    """run.succeeded, run.failed or run.unknown: once for each run and attempt, so that a person's retry tells again."""
    key = f"{run['id']}:{run['attempt']}"
    ident = ids.event_id(origin.partition, origin.connection, kind, key)
    now = iso(datetime.fromtimestamp(origin.received / 1000, UTC))
    party = run.get("conversation") or ""
    told = {name: value for name, value in run.items() if name not in {"attempt", "conversation"}}
    body: dict[str, Any] = {
        "id": ident,
        "type": str(kind),
        "provider": origin.provider,
        "connection": origin.connection,
        "occurred_at": now,
        "received_at": now,
        "request": None,
        "conversation": conversation_dict(origin, party, talk) if party else None,
        "raw": None,
        "run": told,
    }
    return Commit(
        origin.partition, body, origin.connection, conversation=party, run=run["id"], subscriptions=subscriptions
    )


def sent_event(
    origin: Origin, message: Message, party: str, run: str, subscriptions: list[str], talk: Talk = NO_TALK
) -> Commit:
    """message.sent from a provider's answer: the same event its echo would make, whichever is first."""
    fact = Fact(
        type=EventType.SENT,
        raw=None,
        key=message.provider_id,
        at=datetime.fromtimestamp(origin.received / 1000, UTC),
        conversation=party or None,
        message=message,
    )
    made = to_commit(origin, fact, conversation=party or None, subscriptions=subscriptions, talk=talk)
    body = {**made.body, "run": run}
    return replace(made, body=body, run=run, echo=False)
