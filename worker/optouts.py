"""
Who has opted out of hearing from a connection: set by what providers tell and by people, minded before every send.

A record is (connection, party); its id is the conversation's.
"""

from __future__ import annotations

import time
from typing import Any

from connectors.action import Nature
from connectors.errors import InvalidCall, Unsupported
from worker.accept import NotFound
from worker.core import Core
from worker.store import ids, messages
from worker.store.connections import Stored
from worker.store.text import stamp, text


def _key(core: Core, connection: str) -> str:
    return core.store.key(core.store.of(connection), f"oo:{connection}")


def _connection(core: Core, ident: str) -> Stored:
    found = core.connections.get(ident)
    if found is None or found.archived:
        told = f"there is no connection {ident!r}: `ferry connection list` shows those there are"
        raise NotFound(told)
    return found


def party_of(core: Core, stored: Stored, to: str) -> str:
    """
    The party key of a contact's id, a phone number or a conversation id.

    raises: InvalidCall for what names nobody of this connection
    """
    place = ids.conversation_of(to)
    if place is not None:
        if place[0] != stored.id:
            told = f"this conversation belongs to the connection {place[0]!r}"
            raise InvalidCall(told, fields={"to": [told]})
        return place[1]
    if messages.conversation(core.store, stored.id, to) is not None:
        return to
    provider = core.provider(stored)
    try:
        key, given = provider.verb("send", {"to": to, "text": "."})
    except Unsupported:
        key, given = "", {}
    action = provider.actions.get(key)
    party = action.party(given) if action is not None and action.nature is Nature.SEND else None
    if not party:
        told = f"{provider.title} knows nobody by this: give a contact's id, a phone number or a conversation (cnv_…)"
        raise InvalidCall(told, fields={"to": [told]})
    return party


def add(core: Core, connection: str, to: str) -> dict[str, Any]:
    """Nothing more is sent to this person by this connection.  raises: NotFound, InvalidCall"""
    stored = _connection(core, connection)
    party = party_of(core, stored, to)
    core.store.client.hsetnx(_key(core, connection), party, str(int(time.time() * 1000)))
    return _shown(core, connection, party, text(core.store.client.hget(_key(core, connection), party)))


def remove(core: Core, ident: str) -> None:
    """The way to this person is open again.  raises: NotFound"""
    place = ids.conversation_of(ident)
    if place is None or not core.store.client.hdel(_key(core, place[0]), place[1]):
        told = f"there is no opt-out {ident!r}"
        raise NotFound(told)


def listing(core: Core, connection: str, cursor: int = 0, limit: int = 50) -> tuple[list[dict[str, Any]], int]:
    """Some of a connection's opt-outs, in no order, and where to go on (0: that was all).  raises: NotFound"""
    _connection(core, connection)
    found: list[dict[str, Any]] = []
    while True:
        scanned: Any = core.store.client.hscan(_key(core, connection), cursor, count=limit)
        cursor, page = scanned
        found += [_shown(core, connection, text(party), text(at)) for party, at in page.items()]
        if cursor == 0 or len(found) >= limit:
            return found, int(cursor)


def _shown(core: Core, connection: str, party: str, at: str) -> dict[str, Any]:
    partition = core.store.of(connection)
    ident = ids.conversation_id(partition, connection, party)
    return {"id": ident, "connection": connection, "contact": party, "at": stamp(at)}
