"""
Making a connection work: its words held against the provider's schemas, its credentials tried, its webhook registered.

Safe to repeat: `ensure` finds the connection by its id or makes it, and leaves alone what is already right.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict, Unpack

from marshmallow import ValidationError, fields

from connectors import client as http
from connectors.connection import Connection, blot
from connectors.errors import ConnectorError, InvalidCall, OutcomeUnknown, Reason, Throttled, Unreachable
from connectors.provider import Provider
from connectors.registry import find
from worker import address, pace, states, tokens
from worker import policy as wishes
from worker.accept import Conflict, known, taking
from worker.core import Core
from worker.resting import heed
from worker.store.connections import READY, BadName, Stored, new_token, proper
from worker.store.text import iso

log = logging.getLogger("ferry.provision")

STUCK = timedelta(minutes=5)  # whoever tries a connection has said how it went long before
MOST_TRIES = 3


class More(TypedDict, total=False):
    """What may be said of a connection besides its provider's words; what is absent stays as it is."""

    label: str
    limits: Mapping[str, Any]
    policy: Mapping[str, Any]
    paused: bool


def hold(
    provider: Provider, settings: Mapping[str, Any], secrets: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """
    Settings and secrets as the provider's schemas read them.

    raises: InvalidCall whose fields name each mistake as "settings.x" or "secrets.x"
    """
    wrong: dict[str, Any] = {}
    held: list[dict[str, Any]] = []
    for part, schema, given in (("settings", provider.settings, settings), ("secrets", provider.secrets, secrets)):
        try:
            made = schema()
            found = made.load({name: _spelt(made.fields.get(name), value) for name, value in given.items()}).items()
            held.append({name: _plain(value) for name, value in found if value is not None})
        except ValidationError as problem:
            told = problem.messages if isinstance(problem.messages, dict) else {"": problem.messages}
            wrong.update({f"{part}.{name}": words for name, words in told.items()})
            held.append({})
    if not wrong:
        try:
            http.origin(Connection("new", provider.name, held[0]), provider.base_url or "https://example.invalid")
        except InvalidCall as problem:
            wrong.update({f"settings.{name}": words for name, words in (problem.fields or {}).items()})
    if wrong:
        sentence = f"a {provider.title} connection cannot be made of this: {', '.join(wrong)}"
        raise InvalidCall(sentence, fields=wrong)
    return held[0], held[1]


def _spelt(field: fields.Field[Any] | None, value: Any) -> Any:
    """A number stands for its digits where a text is wanted: ids come that way from command lines and JSON."""
    return str(value) if type(value) is int and isinstance(field, fields.String) else value


def _plain(value: Any) -> Any:
    """As it is stored: JSON has no times."""
    return iso(value) if isinstance(value, datetime) else value


def named(ident: str) -> None:
    """raises: InvalidCall for what no connection can be called"""
    try:
        proper(ident)
    except BadName as problem:
        raise InvalidCall(str(problem), fields={"id": [str(problem)]}) from problem


def create(
    core: Core,
    provider: str,
    ident: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, Any],
    **more: Unpack[More],
) -> Stored:
    """
    A new connection, stored and still BUILDING; `check` makes it READY.

    raises: InvalidCall, Conflict when the id is taken
    """
    chosen = find(provider)
    named(ident)
    held, hidden = hold(chosen, _over({}, settings), _over({}, secrets))
    made = Stored(
        ident,
        chosen.name,
        more.get("label") or ident,
        states.BUILDING,
        settings=held,
        secrets=hidden,
        token=new_token(),
        source=ident,
        created_at=iso(datetime.now(UTC)),
        limits=pace.hold(chosen, _over({}, more.get("limits") or {})),
        heard=False,
        policy=wishes.hold(_over({}, more.get("policy") or {})),
        paused=more.get("paused", False),
    )
    made = replace(tokens.noted(chosen, None, made), since=made.created_at)
    if not core.connections.save(made, only_new=True):
        told = f"there is a connection {ident!r} already: `ferry connection get {ident}` shows it"
        raise Conflict(told)
    return made


def ensure(
    core: Core,
    provider: str,
    ident: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, Any],
    **more: Unpack[More],
) -> Stored:
    """
    The connection with this id, found or made, with these words laid over what it has, tried and registered.

    raises: InvalidCall, Conflict when the id belongs to another provider
    """
    chosen = find(provider)
    had = core.connections.get(ident, fresh=True)
    if had is None:
        try:
            return check(core, create(core, provider, ident, settings, secrets, **more))
        except Conflict:  # somebody else was faster
            had = get(core, ident)
    same_provider(core, had, chosen)
    changed = core.connections.update(ident, lambda now: laid(chosen, now, settings, secrets, **more))
    if changed.paused != had.paused:
        states.align(core, changed)  # the provider is asked next, and nothing leaves meanwhile
    return check(core, changed if changed.state in {READY, states.BUILDING} else states.building(core, changed))


def laid(
    provider: Provider, had: Stored, settings: Mapping[str, Any], secrets: Mapping[str, Any], **more: Unpack[More]
) -> Stored:
    """
    The connection with these words laid over what it has, None taking one away; an archived one is back.

    raises: InvalidCall
    """
    held, hidden = hold(provider, _over(had.settings, settings), _over(had.secrets, secrets))
    changed = replace(
        had,
        settings=held,
        secrets=hidden,
        label=more.get("label") or had.label,
        limits=pace.hold(provider, _over(had.limits, more.get("limits") or {})),
        policy=wishes.hold(_over(had.policy, more.get("policy") or {})),
        paused=more.get("paused", had.paused),
    )
    return counted(had, tokens.noted(provider, had, replace(changed, archived=False, closing="")))


def counted(had: Stored, changed: Stored) -> Stored:
    """With its words counted on and to be tried, if they are others: a verdict on those of before says nothing then."""
    same = (had.settings, had.secrets, had.open) == (changed.settings, changed.secrets, changed.open)
    return changed if same else states.begun(replace(changed, words=had.words + 1))


def _over(had: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**had, **given}.items() if value is not None}


def get(core: Core, ident: str) -> Stored:
    """The connection as it is stored now.  raises: NotFound"""
    return known(core, ident, fresh=True)


def living(core: Core, ident: str) -> Stored:
    """The connection, unless it is archived or on its way there.  raises: NotFound"""
    return taking(core, ident, fresh=True)


def same_provider(core: Core, had: Stored, wanted: Provider) -> None:
    """raises: Conflict for a connection that is another provider's"""
    if had.provider != wanted.name:
        told = (
            f"the connection {had.id!r} is of {core.provider(had).title}, not of {wanted.title}: "
            f"`ferry connection get {had.id}` shows it"
        )
        raise Conflict(told)


def check(core: Core, stored: Stored) -> Stored:
    """
    Tries the credentials and registers the webhook; the state says how it went, and is stored.

    Unless somebody changes the connection meanwhile: then it is for them to say how theirs went.
    """
    provider = core.provider(stored)
    state, action, error = READY, None, None
    try:
        stored = _tried(core, stored)
    except ConnectorError as problem:
        state, action, error = _judged(provider, stored.speak(core.settings.public_url), problem)
    except Exception:
        told = "its set-up failed by a fault of ours: the log tells more"
        fault = {**OutcomeUnknown(told).as_dict(), "code": "fault"}
        _verdict(core, stored, states.SETUP_FAILED, None, fault)
        raise
    after = _verdict(core, stored, state, action, error)
    log.info("connection checked", extra={"connection": stored.id, "provider": provider.title, "state": state})
    return after


def _tried(core: Core, stored: Stored) -> Stored:
    """With secrets that are good now, and the provider told where to call.  raises: ConnectorError"""
    provider, public = core.provider(stored), core.settings.public_url
    stored = tokens.fresh(core, stored)
    spoken = stored.speak(public)
    with core.clients.one() as client:
        ask = http.asking(provider, spoken, client, heard=heed(core, stored))
        if provider.check is not None:
            provider.check(spoken, ask)
        if provider.register is not None and public:
            provider.register(spoken, ask)
            for former in stored.formers:
                if former.until is None and provider.retire is not None:
                    before = replace(stored, token=former.token).speak(public)
                    provider.retire(before, http.asking(provider, before, client))
    return stored


def _verdict(
    core: Core, tried: Stored, state: str, action: dict[str, Any] | None, error: dict[str, Any] | None
) -> Stored:
    hand = address.by_hand(core, core.provider(tried))

    def judged(now: Stored) -> Stored:
        if now.words != tried.words or not now.open:
            return now
        if state == READY and not hand:
            now = address.settled(replace(now, heard=True))
        told = action or (address.pasted(core, now) if state == READY else None)
        return replace(now, state=state, action=told, error=error, tries=0)

    return states.put(core, tried.id, judged)


def unstick(core: Core) -> int:
    """
    Tries again what somebody began to try and never finished; returns how many there were.

    What ended whoever tried it again and again is left alone, and says so.
    """
    late = iso(datetime.now(UTC) - STUCK)
    stuck = [
        one
        for one in core.connections.all()
        if one.state == states.BUILDING and one.open and (one.since or one.created_at) < late
    ]
    for one in stuck:
        mine = core.connections.update(one.id, functools.partial(_again, since=one.since))
        if mine.tries > MOST_TRIES:
            told = f"whoever tried it ended over it, {MOST_TRIES} times"
            _verdict(core, mine, states.SETUP_FAILED, None, {**OutcomeUnknown(told).as_dict(), "code": "killed"})
        elif mine.tries > one.tries:
            check(core, mine)
    return len(stuck)


def _again(now: Stored, *, since: str) -> Stored:
    if now.state != states.BUILDING or now.since != since:
        return now  # somebody else is at it
    return replace(now, since=iso(datetime.now(UTC)), tries=now.tries + 1)


def _judged(
    provider: Provider, spoken: Connection, problem: ConnectorError
) -> tuple[str, dict[str, Any] | None, dict[str, Any]]:
    error = problem.as_dict()
    error["text"] = blot(str(error["text"]), spoken)
    if problem.reason == Reason.AUTH:
        action = states.required(provider, spoken.id)
        return states.CLIENT_ACTION_REQUIRED, action, error
    if isinstance(problem, InvalidCall):
        return states.CONFIGURATION_ERROR, None, error
    if isinstance(problem, Unreachable | Throttled | OutcomeUnknown):
        return states.SETUP_FAILED, None, error
    return states.CONFIGURATION_ERROR, None, error
