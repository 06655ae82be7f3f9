"""
Requests → events.  One worker at a time drains a source, in order; each fact is committed alone and once.

The cursor advances only after every fact of the batch was committed and only if nobody else moved it: a crash repeats
the batch, and deterministic ids make the repetition silent.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from connectors import reading
from connectors.errors import Malformed
from connectors.events import EventType, Fact, Kind, Message
from connectors.provider import Provider
from worker.core import Core
from worker.normalise import NO_TALK, Origin, subject, to_commit
from worker.store import events, ids, journal, lanes, letters, messages
from worker.store.connections import Stored
from worker.store.events import Commit
from worker.suspects import PAUSE_MS, STRIKES

log = logging.getLogger("ferry.inbox")

COMMITS = 64  # a round trip
SECONDS = 10.0  # one wake-up works at most this long before it lets others have the slot
CONTENT = frozenset({EventType.RECEIVED, EventType.SENT, EventType.EDITED})


class CommitFailed(Exception):
    """An event could not be written; its batch is repeated."""


def drain(core: Core, partition: int, queue: str) -> None:
    """Works off a source's journal until it is empty, somebody else has it, or the time is over."""
    source = queue.removeprefix("in:")
    lease = int(core.settings.lease_seconds * 1000)
    taken = lanes.claim(core.store, partition, queue, lease=lease, limit=1)
    if taken.batch is None:
        return
    until = time.monotonic() + SECONDS
    # What goes wrong gives the lane back: what was committed stays, what was not is repeated.
    with lanes.in_hand(core.store, partition, taken), core.suspects.alone(taken.strikes) as cleared:
        if cleared is None:
            lanes.hold_back(core.store, partition, taken, PAUSE_MS)
            return
        _work(core, partition, source, taken, until, cleared)
    if not core.may_go_on(until):
        core.ring(partition, (queue,))


def _work(
    core: Core, partition: int, source: str, taken: lanes.Claim, until: float, cleared: Callable[[], None]
) -> None:
    """Batch after batch.  cleared: the first request of the first has not killed us."""
    lease = int(core.settings.lease_seconds * 1000)
    batch, strikes = taken.batch, taken.strikes
    while batch is not None:
        if strikes >= STRIKES:
            _set_aside(core, partition, source, batch)
        else:
            handle(core, source, batch)
        strikes = 0
        cleared()
        more = lease if core.may_go_on(until) else 0
        batch = lanes.advance(core.store, partition, source, taken.token, batch, lease=more)


def handle(core: Core, source: str, batch: lanes.Batch) -> int:
    """
    Commits every fact of a batch of requests; returns how many were new.

    raises: CommitFailed when an event could not be written for a reason of Redis: the batch is repeated
    """
    stored = core.connections.get(source)
    if stored is None:  # removed while its requests waited: kept as they are, for a person
        for stream_id, fields in batch.entries:
            _letter(core, source, stream_id, fields, "connection_gone")
        return 0
    provider = core.provider(stored)
    new = 0
    rings: set[tuple[int, str]] = set()
    for chunk in _chunks(_commits(core, stored, provider, batch)):
        told, ring = events.commit(core.store, chunk)
        rings |= ring
        for one in told:
            if one.error is not None:
                raise CommitFailed(type(one.error).__name__) from one.error
            new += one.told == "new"
    core.ring_all(rings)
    return new


def _chunks(found: list[Commit]) -> Iterator[list[Commit]]:
    for begin in range(0, len(found), COMMITS):
        yield found[begin : begin + COMMITS]


def _commits(core: Core, stored: Stored, provider: Provider, batch: lanes.Batch) -> list[Commit]:
    found: list[tuple[Origin, Fact]] = []
    for stream_id, fields in batch.entries:
        request = journal.origin(stored.id, stream_id, fields)
        received = int((ids.request_of(request) or ("", stream_id))[1].split("-")[0])
        again = json.loads(fields["p"]) if "p" in fields else None
        for fact in read(provider, fields):
            owner, told = _owner(core, stored, provider, fact)
            origin = Origin(core.store.of(owner), owner, provider.title, request, received, again)
            found.append((origin, told))
            heard_by = stored if owner == stored.id else core.connections.get(owner)
            if heard_by is not None:
                found.extend((origin, also) for also in provider.implied(heard_by.speak(""), told))
    found = _unsent(core, found)
    parties = _parties(core, found)
    placed: list[tuple[Origin, Fact, str | None]] = []
    for origin, fact in found:
        about = subject(fact)
        party = fact.conversation
        if party is None and about:
            party = parties.get(ids.message_id(origin.partition, origin.connection, about))
        placed.append((origin, fact, party))
    talks = _talks(core, placed)
    return [
        to_commit(
            origin,
            fact,
            conversation=party,
            subscriptions=core.hearers(str(fact.type)),
            talk=talks.get((origin.connection, party or ""), NO_TALK),
        )
        for origin, fact, party in placed
    ]


def _talks(core: Core, placed: list[tuple[Origin, Fact, str | None]]) -> dict[tuple[str, str], messages.Talk]:
    """What is known of the conversations of facts that say less (echoes, receipts); one round trip a partition."""
    wanted: dict[int, set[tuple[str, str]]] = {}
    for origin, fact, party in placed:
        if party and (fact.contact is None or fact.window is None):
            wanted.setdefault(origin.partition, set()).add((origin.connection, party))
    known: dict[tuple[str, str], messages.Talk] = {}
    for partition, asked in wanted.items():
        known.update(messages.talks(core.store, partition, sorted(asked)))
    return known


def read(provider: Provider, fields: dict[str, bytes]) -> list[Fact]:
    """The facts of one journalled request; a body nobody can read becomes one `unknown` fact with its raw words."""
    request = journal.rebuild(fields)
    raw = {"body": request.body.decode("utf-8", "replace"), "query": request.query}
    try:
        facts = provider.parse(request)
    except Malformed as problem:
        return [reading.unknown(raw, problem)]
    except Exception as problem:  # a parser's mistake must not hold the source up
        log.exception("a parser failed", extra={"provider": provider.name, "error": type(problem).__name__})
        return [reading.unknown(raw, problem)]
    return facts


def _owner(core: Core, stored: Stored, provider: Provider, fact: Fact) -> tuple[str, Fact]:
    """
    The connection a fact belongs to: by (source, account), never by the account alone.

    A tenant that signs with its own secret must not reach another's account, so only connections behind this source
    are asked.  What is for an account none of them has is kept as `unknown`.
    """
    if fact.account is None:
        return stored.id, fact
    for account in (fact.account, fact.or_account):
        if account is None:
            continue
        mine = provider.account(stored.speak(""))
        if mine is None or mine == account:
            return stored.id, fact
        for other in core.connections.behind(stored.id):
            if other.id != stored.id and not other.archived and provider.account(other.speak("")) == account:
                return other.id, fact
    note = "it is addressed to an account that no connection of this source has"
    kept = reading.unknown({"account": fact.account, "item": fact.raw}, note)
    key = f"{fact.account}:{fact.type}:{fact.key}" if fact.key else None
    return stored.id, replace(kept, key=key, at=fact.at, data=fact.data)


def _unsent(core: Core, found: list[tuple[Origin, Fact]]) -> list[tuple[Origin, Fact]]:
    """
    Facts as they are, but of messages that were deleted before: what arrives late is told without its content.

    Its type and key stay, and with them its id: a message told before and redelivered is a duplicate as ever.
    """
    wanted: dict[int, set[str]] = {}
    for origin, fact in found:
        if fact.message is not None and fact.type in CONTENT:
            wanted.setdefault(origin.partition, set()).add(_message(origin, fact.message))
    gone: set[str] = set()
    for partition, asked in wanted.items():
        gone |= messages.deleted(core.store, partition, sorted(asked))
    told: list[tuple[Origin, Fact]] = []
    for origin, fact in found:
        one = fact
        if fact.message is not None:
            ident = _message(origin, fact.message)
            if fact.type is EventType.DELETED:
                gone.add(ident)
            elif fact.type in CONTENT and ident in gone:
                bare = Message(fact.message.provider_id, fact.message.direction, Kind.UNSUPPORTED)
                one = replace(fact, raw=None, message=bare, data={"unsent": True})
        told.append((origin, one))
    return told


def _message(origin: Origin, message: Message) -> str:
    return ids.message_id(origin.partition, origin.connection, message.provider_id)


def _parties(core: Core, found: list[tuple[Origin, Fact]]) -> dict[str, str]:
    """The conversations of facts that do not tell theirs (receipts), found by their messages."""
    wanted: dict[int, list[str]] = {}
    for origin, fact in found:
        about = subject(fact)
        if fact.conversation is None and about:
            wanted.setdefault(origin.partition, []).append(ids.message_id(origin.partition, origin.connection, about))
    known: dict[str, str] = {}
    for partition, asked in wanted.items():
        known.update(messages.parties(core.store, partition, asked))
    return known


def _set_aside(core: Core, partition: int, source: str, batch: lanes.Batch) -> None:
    """The request that killed its reader three times: kept for a person, and the source goes on."""
    stream_id, fields = batch.entries[0]
    log.error("a request was set aside after it ended its worker three times", extra={"connection": source})
    _letter(core, source, stream_id, fields, "parser_killed_worker", partition)
    del batch.entries[1:]


CAUSES = {
    "parser_killed_worker": "reading it ended the worker three times",
    "connection_gone": "its connection no longer exists",
}


def _letter(
    core: Core, source: str, stream_id: str, fields: dict[str, bytes], cause: str, partition: int | None = None
) -> None:
    where = core.store.of(source) if partition is None else partition
    stored = core.connections.get(source)
    letters.put(
        core.store,
        where,
        journal.origin(source, stream_id, fields),
        kind="request",
        cause=cause,
        connection=source,
        provider=core.provider(stored).title if stored is not None else "",
        told=CAUSES[cause],
        body=journal.copy(fields),
    )
