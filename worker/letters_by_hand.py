"""
What a person may do with a dead letter: look at it, have it done again, or put it away with a reason.

A run joins the tail of its lane; a request is read again from its copy; a delivery joins the lane of its conversation
again; a task of another app is handed in again.  Nothing is done twice for being asked twice: ids are deterministic,
and of two who ask at once one is told that the other was first.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from connectors.errors import InvalidCall
from worker import intake, runs_by_hand
from worker.accept import Conflict, NotFound
from worker.core import Core
from worker.store import ids, journal, letters
from worker.store.letters import Who
from worker.store.text import iso, text


def get(core: Core, ident: str) -> dict[str, Any]:
    """One of them, whatever became of it.  raises: NotFound"""
    found = letters.get(core.store, ident)
    if found is None:
        told = f"there is no dead letter {ident!r}, or it is no longer kept"
        raise NotFound(told)
    return found


def discard(core: Core, ident: str, who: Who) -> dict[str, Any]:
    """Puts it away; who, when and why stay on record.  raises: NotFound, Conflict when it waits no more"""
    _waiting(core, ident)
    if not letters.deal(core.store, ident, "discarded", who):
        raise _dealt_with(get(core, ident))
    return get(core, ident)


def replay(core: Core, ident: str, who: Who, *, force: bool = False) -> dict[str, Any]:
    """
    Has it done again.

    force:   what may have arrived is sent again, and handlers do again what they did because of the event
    returns: the letter as it is now
    raises:  NotFound; Conflict when it waits no more or may not be done again; InvalidCall for a task still wrong
    """
    found = _waiting(core, ident)
    AGAIN[found["kind"]](core, found, who, force=force)
    return get(core, ident)


def _waiting(core: Core, ident: str) -> dict[str, Any]:
    found = get(core, ident)
    if found["state"] != "waiting":
        raise _dealt_with(found)
    return found


def _dealt_with(found: dict[str, Any]) -> Conflict:
    dealt = found["dealt_with"] or {}
    by = f" by {dealt['by']}" if dealt.get("by") else ""
    return Conflict(f"this dead letter waits no more: it was {found['state']}{by} at {dealt.get('at')}")


def _run(core: Core, found: dict[str, Any], who: Who, *, force: bool) -> None:
    try:
        runs_by_hand.retry(core, found["id"], who=who, force=force)
    except NotFound as problem:
        told = "its run is no longer kept: hand it in again as a new one, its input stands in `body`"
        raise Conflict(told) from problem


def _request(core: Core, found: dict[str, Any], who: Who, *, force: bool) -> None:
    source = found["connection"]
    if core.connections.get(source) is None:
        told = f"there is no connection {source!r} that could read it: make it again first, under the same id"
        raise Conflict(told)
    words = journal.replayed(found["body"], found["id"], _mark(who, force=force))
    partition = core.store.of(source)
    _done(core, partition, found, core.store.run("reingest", partition, found["id"], source, who.packed(), *words))


def _delivery(core: Core, found: dict[str, Any], who: Who, *, force: bool) -> None:
    name, event = found["body"]["subscription"], found["body"]["event"]
    if name not in {one.name for one in core.subscriptions}:
        told = f"nobody here is called {name!r} any more: FERRY_HANDLERS names who is"
        raise Conflict(told)
    partition = letters.partition_of(core.store, found["id"])
    place = ids.conversation_of((event.get("conversation") or {}).get("id") or "")
    lane = f"dlv:{name}/{event['connection']}:{place[1] if place else ''}"
    mark = json.dumps(_mark(who, force=force), ensure_ascii=False)
    told = core.store.run("redeliver", partition or 0, found["id"], lane, mark, who.packed())
    _done(core, partition or 0, found, told)


def _task(core: Core, found: dict[str, Any], who: Who, *, force: bool) -> None:
    if found["cause"] == f"task:{intake.MayHaveRun.__name__}" and not force:
        told = (
            "it may have been carried out before Redis was restored: "
            f"`ferry failed retry {found['id']} --force` hands it in again"
        )
        raise Conflict(told)
    try:
        intake.again(core, found["body"])
    except (intake.BadTask, NotFound, TypeError) as problem:
        told = f"the task is still wrong: {problem}"
        raise InvalidCall(told, fields={"task": [told]}) from problem
    if not letters.deal(core.store, found["id"], "replayed", who):
        raise _dealt_with(get(core, found["id"]))


def _mark(who: Who, *, force: bool) -> dict[str, Any]:
    return {"id": f"rpl_{who.ask}", "at": iso(datetime.now(UTC)), "by": who.by, "force": force}


def _done(core: Core, partition: int, found: dict[str, Any], told: Any) -> None:
    if not told[0]:
        raise _dealt_with(get(core, found["id"]))
    core.ring(partition, [text(one) for one in told[1:]])


AGAIN = {"run": _run, "request": _request, "delivery": _delivery, "task": _task}
