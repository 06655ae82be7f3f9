"""
The one way a run comes in: API, command line, other apps' tasks, handlers and jobs all call `accept`.

The idempotency key makes the run's id, the input is held against the action's schema at the door, and the run joins the
lane of its conversation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from connectors import proxy
from connectors.action import Action, Call, Nature
from connectors.errors import InvalidCall
from connectors.provider import Provider
from connectors.schema import load
from worker import inputs
from worker.core import Core
from worker.store import ids, messages, runs
from worker.store.connections import Stored
from worker.store.text import millis

# How long a run is worth doing, in seconds, when the caller does not say.
WORTH = {
    Nature.SEND: 86_400,
    Nature.REACT: 3_600,
    Nature.READ: 3_600,
    Nature.TYPING: 15,
    Nature.QUERY: 3_600,
    Nature.ACCOUNT: 3_600,
}
# A newer one replaces a queued older one of the same conversation.
COALESCED = frozenset({Nature.READ, Nature.TYPING})
KEY_LENGTH = 255
# Years that survive being moved to another time zone, and a Redis score.
SOME_DAY = validate.Range(datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


class NotFound(Exception):
    """
    No such connection, action or run; the text says what there is.

    field: the word of the body that names it, "" where it was asked for by its address
    """

    def __init__(self, told: str, field: str = "") -> None:
        super().__init__(told)
        self.field = field


class Conflict(Exception):
    """The idempotency key was used before, with another body."""


class NoRoom(Exception):
    """Nothing more is stored at the moment; `after`: seconds to come again."""

    def __init__(self, told: str, after: int) -> None:
        super().__init__(told)
        self.after = after


class RunBody(Schema):
    """What POST /v1/runs and the task `ferry.run` take."""

    class Meta:
        """A word we do not know is the caller's mistake."""

        unknown = RAISE

    connection = fields.Str(required=True, metadata={"description": "the connection's id", "example": "shop-ig"})
    action = fields.Str(required=True, metadata={"description": "the action's key", "example": "send-text-message"})
    input = fields.Dict(
        keys=fields.Str(), load_default=dict, metadata={"description": "as the action's inputSchema says"}
    )
    idempotency_key = fields.Str(
        validate=validate.Length(1, KEY_LENGTH),
        metadata={
            "description": "the same key and body give the same run, carried out once, while it is kept: "
            "for 7 days after its end (FERRY_RUNS_DAYS)"
        },
    )
    not_before = fields.AwareDateTime(validate=SOME_DAY, metadata={"description": "RFC 3339; not carried out before"})
    expires_at = fields.AwareDateTime(validate=SOME_DAY, metadata={"description": "RFC 3339; not carried out after"})
    priority = fields.Str(
        validate=validate.OneOf(["live", "bulk"]),
        load_default="live",
        metadata={"description": "live for replies, bulk for campaigns: bulk never holds live up"},
    )
    force = fields.Bool(
        load_default=False, metadata={"description": "send even though the conversation's window seems closed"}
    )


BODY = RunBody()  # made once: making one costs more than all it checks


@dataclass(frozen=True, slots=True)
class Accepted:
    """A run that is stored; `new` is False when its key had brought it before."""

    id: str
    state: str
    new: bool
    connection: str = ""
    action: str = ""
    key: str | None = None
    priority: str = "live"


@dataclass(frozen=True, slots=True)
class Order:
    """A validated body with all it names."""

    body: Mapping[str, Any]
    stored: Stored
    provider: Provider
    action: Action


def known(core: Core, ident: str, field: str = "", *, fresh: bool = False) -> Stored:
    """
    The connection, whatever its state.

    field:  the word of a body that names it; fresh: as it is stored now
    raises: NotFound
    """
    found = core.connections.get(ident, fresh=fresh)
    if not fresh and (found is None or not found.open):
        found = core.connections.newest(ident)  # before anybody is refused: it may be back already
    if found is None:
        told = f"there is no connection {ident!r}: `ferry connection list` shows those there are"
        raise NotFound(told, field)
    return found


def taking(core: Core, ident: str, field: str = "", *, fresh: bool = False) -> Stored:
    """The connection, if it takes new work.  raises: NotFound that says how to bring it back"""
    found = known(core, ident, field, fresh=fresh)
    if not found.open:
        told = f"the connection {ident!r} is archived: `ferry connection restore {ident}` brings it back"
        raise NotFound(told, field)
    return found


def understand(core: Core, given: Mapping[str, Any]) -> Order:
    """
    Holds a body against its schemas; nothing is stored.

    raises: InvalidCall (fields named), NotFound
    """
    try:
        body = BODY.load(given)  # whatever it is: marshmallow says what is wrong with a list or a word, too
    except ValidationError as problem:
        told = "the body does not fit: see `fields`"
        raise InvalidCall(told, fields=_messages(problem)) from problem
    before, expires = body.get("not_before"), body.get("expires_at")
    if before and expires and expires <= before:
        raise _never("it would be over before it may begin: expires_at must be later than not_before")
    stored = taking(core, body["connection"], "connection")
    provider = core.provider(stored)
    action = proxy.find(provider, body["action"])
    if action is None:
        told = (
            f"{provider.title} has no action {body['action']!r}: "
            f"`ferry action list --connection {stored.id}` shows those there are"
        )
        raise NotFound(told, "action")
    try:
        load(action.request, body["input"], provider=provider.name, action=action.key)
        action.door(Call(stored.speak(core.settings.public_url), body["input"], ""))
    except InvalidCall as problem:
        problem.fields = {"input": problem.fields}
        raise
    return Order(body, stored, provider, action)


def in_time(order: Order) -> None:
    """
    Whether a run could still begin, for those who only ask: a submit looks at it by Redis' clock, after looking whether
    the run is there already.

    raises: InvalidCall
    """
    expires = order.body.get("expires_at")
    if expires and expires <= datetime.now(UTC):
        raise _never(PAST)


PAST = "it is over already: expires_at lies in the past"


def _never(told: str) -> InvalidCall:
    return InvalidCall(told, fields={"expires_at": [told]})


def _messages(problem: ValidationError) -> dict[str, Any]:
    found = problem.messages
    return dict(found) if isinstance(found, dict) else {"_": found}


def accept(core: Core, given: Mapping[str, Any], *, event: str | None = None) -> Accepted:
    """
    Stores a run; by the time this returns it will be carried out.

    event:  the event it answers, for the trace
    raises: InvalidCall, NotFound, Conflict, NoRoom
    """
    return place(core, understand(core, given), event=event)


def place(core: Core, order: Order, *, event: str | None = None) -> Accepted:
    """The same for a body that was understood before."""
    core.room(order.body["priority"])
    run = _run_of(core, order, event)
    return _told(core, order, run, runs.submit(core.store, run))


def place_all(core: Core, orders: Sequence[Order]) -> list[Accepted | Exception]:
    """Many in one round trip, each alone: what became of each, or why not.  raises: NoRoom, for all"""
    for priority in {order.body["priority"] for order in orders}:
        core.room(priority)
    made = [_run_of(core, order, None) for order in orders]
    found: list[Accepted | Exception] = []
    for order, run, told in zip(orders, made, runs.submit_all(core.store, made), strict=True):
        if isinstance(told, Exception):
            found.append(told)
            continue
        try:
            found.append(_told(core, order, run, told))
        except (Conflict, InvalidCall) as problem:
            found.append(problem)
    return found


def _run_of(core: Core, order: Order, event: str | None) -> runs.NewRun:
    body, stored, action = order.body, order.stored, order.action
    partition = core.store.of(stored.id)
    key = body.get("idempotency_key")
    ident = ids.run_id(partition, stored.id, key)
    party = party_of(core, stored, action, body["input"])
    shown, hidden = inputs.split(action, body["input"])
    before = millis(body["not_before"]) if body.get("not_before") else None
    expires = millis(body["expires_at"]) if body.get("expires_at") else f"+{WORTH[action.nature] * 1000}"
    return runs.NewRun(
        id=ident,
        partition=partition,
        lane=lane_of(stored, action, party, body["priority"], ident),
        mark=mark_of({**body, "input": shown}, core.connections.mark(hidden) if hidden else ""),
        expires=expires,
        not_before=before,
        coalesce=f"{stored.id}:{party}:{action.nature}" if party and action.nature in COALESCED else "",
        fields={
            "connection": stored.id,
            "action": action.key,
            "input": json.dumps(shown, ensure_ascii=False),
            "hidden": core.connections.vault.close(hidden) if hidden else "",
            "conversation": party or "",
            "conversation_id": ids.conversation_id(partition, stored.id, party) if party else "",
            "priority": body["priority"],
            "key": key or "",
            "repeatable": "1" if action.repeatable else "",
            "force": "1" if body["force"] else "",
            "event": event or "",
        },
    )


def _told(core: Core, order: Order, run: runs.NewRun, told: runs.Submitted) -> Accepted:
    if told.told == "conflict":
        key = order.body.get("idempotency_key")
        problem = (
            f"the idempotency key {key!r} was used before with another body, see `ferry runs get {run.id}`: "
            "use a new key for a new run"
        )
        raise Conflict(problem)
    if told.told == "late":
        raise _never(PAST)
    core.ring(run.partition, told.rings)
    return Accepted(
        run.id,
        runs.SHOWN.get(told.state, told.state),
        told.told != "same",
        order.stored.id,
        order.action.key,
        order.body.get("idempotency_key"),
        order.body["priority"],
    )


def mark_of(body: Mapping[str, Any], hidden: str = "") -> str:
    """A digest of what makes a run what it is; of what nobody may see only under our key, or a PIN could be guessed."""
    content = {name: value for name, value in body.items() if name != "idempotency_key"}
    return ids.digest(json.dumps(content, sort_keys=True, default=_plain), hidden)


def _plain(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def party_of(core: Core, stored: Stored, action: Action, given: Mapping[str, Any]) -> str | None:
    """The conversation an input belongs to: told by the input, or found by the message it is about."""
    try:
        party = action.party(given)
    except (KeyError, TypeError, ValueError, AttributeError):
        party = None
    if party or not action.about:
        return party
    about = given.get(action.about)
    if not isinstance(about, str):
        return None
    partition = core.store.of(stored.id)
    ident = ids.message_id(partition, stored.id, about)
    return messages.parties(core.store, partition, [ident]).get(ident)


def lane_of(stored: Stored, action: Action, party: str | None, priority: str, run: str) -> str:
    """One lane for each conversation and class; account changes share one; what has no order has its own."""
    queue = f"out:{stored.id}:{priority}"
    if action.nature is Nature.ACCOUNT:
        return f"{queue}/@account"
    return f"{queue}/{party}" if party and action.nature is not Nature.QUERY else f"{queue}/#{run}"
