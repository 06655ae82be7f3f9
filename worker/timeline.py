"""Everything about one message in one place: its events, the webhooks they came in, the calls of its run."""

from __future__ import annotations

from typing import Any

from worker.store import events, messages, runs
from worker.store.base import Store

DETAILS = ("status", "reaction", "read")


def steps(store: Store, message: dict[str, Any]) -> list[dict[str, Any]]:
    """
    [{at, kind, event, request, run, detail}] of a message as `messages.get` gives it, oldest first.

    kind: an event's type; "run.…" for what became of the run that sent it, as `of_run` says
    """
    run = runs.get(store, message["run"]) if message["run"] else None
    found = [] if run is None else of_run(run)
    return _sorted(found + [_of_event(store, one) for one in messages.timeline(store, message["id"])])


def of_run(run: dict[str, Any]) -> list[dict[str, Any]]:
    """
    The same of a run as `runs.get` gives it.

    kind: "run.accepted", "run.attempt", "run.unknown"; "run.look" for each look for proof, whatever it found;
          "run.held" when it waits for a person; "run.resolved" when a proof, a person or a policy said how it ended;
          "run.retried" when a person, a replay or a policy had it tried again;
          "run.cancelled" and "run.failed" for an end that is no success
    """
    found = [_step(run["created_at"], "run.accepted", run=run["id"])]
    for one in run["attempts"]:
        detail = {name: one.get(name) for name in ("ms", "status", "outcome")}
        detail |= {name: one[name] for name in ("by", "note") if one.get(name)}  # of a word that settled it
        found.append(_step(one["at"], "run.attempt", run=run["id"], detail=detail))
    if run["unknown_since"]:
        found.append(_step(run["unknown_since"], "run.unknown", run=run["id"]))
    for one in run["looks"]:
        looked = {name: one.get(name) for name in ("asked", "found", "error")}
        found.append(_step(one["at"], "run.look", run=run["id"], detail=looked))
    if run["held_since"]:
        found.append(_step(run["held_since"], "run.held", run=run["id"]))
    if run["resolved"]:
        detail = {name: run["resolved"].get(name) for name in ("how", "by", "note")}
        found.append(_step(run["resolved"]["at"], "run.resolved", run=run["id"], detail=detail))
    for one in run["retries"]:
        detail = {name: one[name] for name in ("by", "why") if one[name]}
        found.append(_step(one["at"], "run.retried", run=run["id"], detail=detail or None))
    if run["state"] in {"cancelled", "failed"} and run["finished_at"]:
        error = run["error"] or {}
        why = {"reason": error.get("reason"), "text": error.get("text"), "replaced_by": run["replaced_by"]}
        ended = {name: value for name, value in why.items() if value}
        found.append(_step(run["finished_at"], f"run.{run['state']}", run=run["id"], detail=ended or None))
    return _sorted(found)


def _sorted(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda one: str(one["at"]))  # what is of one ms stays as it is: a cause before its effect


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
