"""Everything about one message in one place: its events, the webhooks they came in, the calls of its run."""

from __future__ import annotations

from typing import Any

from worker.store import events, messages, runs
from worker.store.base import Store

DETAILS = ("status", "reaction", "read")


def steps(store: Store, message: dict[str, Any]) -> list[dict[str, Any]]:
    """
    [{at, kind, event, request, run, detail}] of a message as `messages.get` gives it, oldest first.

    kind: an event's type; "run.accepted" and "run.attempt" for the run that sent it
    """
    run = runs.get(store, message["run"]) if message["run"] else None
    found: list[dict[str, Any]] = []
    if run is not None:
        found.append(_step(run["created_at"], "run.accepted", run=run["id"]))
        for one in run["attempts"]:
            detail = {name: one.get(name) for name in ("ms", "status", "outcome")}
            found.append(_step(one["at"], "run.attempt", run=run["id"], detail=detail))
    found += [_of_event(store, one) for one in messages.timeline(store, message["id"])]
    found.sort(key=lambda one: str(one["at"]))  # what is of one ms stays as it is here: a cause before its effect
    return found


def _of_event(store: Store, pointer: dict[str, Any]) -> dict[str, Any]:
    event = events.get(store, pointer["event"]) or {}
    detail = next((event[name] for name in DETAILS if event.get(name)), None)
    return _step(
        pointer["at"],
        pointer["kind"],
        event=pointer["event"],
        request=event.get("request"),
        run=event.get("run") if isinstance(event.get("run"), str) else None,
        detail=detail,
    )


def _step(at: str | None, kind: str, **more: Any) -> dict[str, Any]:
    return {"at": at, "kind": kind, "event": None, "request": None, "run": None, "detail": None, **more}
