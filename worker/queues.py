"""Queues as a person sees them: what waits in each, what closes it, and closing one by hand."""

from __future__ import annotations

import time
from typing import Any

from connectors.errors import InvalidCall
from worker.accept import NotFound
from worker.core import Core
from worker.states import CLASSES, FAR_MS
from worker.store import backlog
from worker.store.backlog import Queue
from worker.store.text import stamp, text


def table(core: Core) -> list[dict[str, Any]]:
    """
    Every queue of a connection that is not archived, and every other one with work in it.

    [{name, kind, connection, subscription, ready, held, parked, oldest_seconds, paused, closed_until, reason}], where
    a subscription's queues of all partitions are one
    """
    living = [one.id for one in core.connections.all() if not one.archived]
    also = [name for ident in living for name in (f"in:{ident}", *(f"out:{ident}:{kind}" for kind in CLASSES))]
    merged: dict[str, list[Queue]] = {}
    for one in backlog.queues(core.store, int(time.time() * 1000), also):
        merged.setdefault(one.name, []).append(one)
    for hearer in core.subscriptions:
        merged.setdefault(f"dlv:{hearer.name}", [])
    order = {name: place for place, name in enumerate(also)}
    return [_shown(name, merged[name]) for name in sorted(merged, key=lambda name: (order.get(name, len(order)), name))]


def _shown(name: str, parts: list[Queue]) -> dict[str, Any]:
    kind = backlog.kind_of(name)
    owner = name.split(":")[1]
    oldest = max((one.oldest for one in parts if one.oldest is not None), default=None)
    closed = max((one for one in parts if one.closed is not None), key=lambda one: one.closed or 0, default=None)
    return {
        "name": name,
        "kind": kind,
        "connection": None if kind == "deliveries" else owner,
        "subscription": owner if kind == "deliveries" else None,
        "ready": sum(one.ready for one in parts),
        "held": sum(one.held for one in parts),
        "parked": sum(one.parked for one in parts),
        "oldest_seconds": None if oldest is None else round(oldest / 1000, 3),
        "paused": any(one.stopped for one in parts),
        "closed_until": _until(closed),
        "reason": closed.reason if closed else None,
    }


def _until(closed: Queue | None) -> str | None:
    """A time; null for one that only a person opens."""
    if closed is None or closed.closed is None or closed.closed > time.time() * 1000 + FAR_MS / 2:
        return None
    return stamp(closed.closed)


def pause(core: Core, name: str) -> dict[str, Any]:
    """Closes one queue: its lanes keep their order, and nothing of it leaves.  raises: NotFound, InvalidCall"""
    return _stop(core, name, int(time.time() * 1000) + FAR_MS)


def resume(core: Core, name: str) -> dict[str, Any]:
    """Opens it again; what else closes it (a paused connection, its pace) still does.  raises: NotFound, InvalidCall"""
    return _stop(core, name, 0)


def _stop(core: Core, name: str, until: int) -> dict[str, Any]:
    found = next((one for one in table(core) if one["name"] == name), None)
    if found is None:
        told = f"there is no queue {name!r}: `ferry queues list` names them"
        raise NotFound(told)
    if found["kind"] == "inbox":
        told = f"{name} takes in what providers send, which is never held back: pause what goes out or a handler's"
        raise InvalidCall(told, fields={"name": [told]})
    subscription = found["subscription"] is not None
    partitions = range(core.store.partitions) if subscription else [core.store.of(found["connection"])]
    for partition in partitions:
        rings = core.store.run("stop", partition, name, until)
        core.ring(partition, [text(one) for one in rings])
    return next(one for one in table(core) if one["name"] == name)
