"""Handing in a run and waiting for how it ends."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from worker.cli import failing, showing
from worker.cli.failing import Failure

if TYPE_CHECKING:
    from worker.cli.door import Door

ENDED = frozenset({"succeeded", "failed", "unknown", "cancelled"})
AT_ONCE = 20.0  # seconds one request waits at most; after that we ask again
PAUSE = 0.25
CODES = {
    # class of a failed run's error
    "invalid_call": failing.USAGE,
    "unreachable": failing.UNREACHABLE,
    "throttled": failing.REFUSED,
    "rejected": failing.REFUSED,
    "outcome_unknown": failing.TIMED_OUT,
}
NEXT = {
    # reason of a failed run's error, else its class: what to type next
    "window_closed": "ferry action list --connection {connection} --intent 'send a template'",
    "auth": "ferry connection get {connection}",
    "unreachable": "ferry connection check {connection}",
    "invalid_call": "ferry action get {action} --connection {connection}",
}


def carry_out(
    door: Door, path: str, body: dict[str, Any], *, key: str | None, at_once: bool, timeout: float, machine: bool
) -> None:
    """Posts the body, waits unless `at_once`, and shows the run; a bad end is a Failure."""
    found = handed_in(door, path, body, key=key, at_once=at_once, timeout=timeout)
    show(found, machine=machine)
    if not at_once:
        judge(door, found, timeout)


def handed_in(
    door: Door, path: str, body: dict[str, Any], *, key: str | None, at_once: bool, timeout: float
) -> dict[str, Any]:
    """
    The run that a body became, as it is once it has ended, or after `timeout` seconds, or at once.

    A key is made up where none is given, so that a lost answer can be asked for again without a second message.
    """
    key = key or f"cli-{secrets.token_hex(8)}"
    until = time.monotonic() + timeout
    query = {} if at_once else {"wait": min(timeout, AT_ONCE)}
    try:
        with showing.waiting("handed in; waiting for the outcome"):
            found = door.ask(
                "POST", path, query=query, body=body, headers={"Idempotency-Key": key}, seconds=AT_ONCE + 10
            )
            if not at_once and found["state"] not in ENDED and _held(door, found) is None:
                found = ended(door, found, until - time.monotonic())
    except Failure as problem:
        if problem.code in {failing.TIMED_OUT, failing.UNREACHABLE}:
            problem.following = f"the same command with --idempotency-key {key}: it is carried out once"
        raise
    result: dict[str, Any] = found
    return result


def ended(door: Door, run: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The run once it has ended, or is unknown, or after so many seconds."""
    until = time.monotonic() + seconds
    while run["state"] not in ENDED and time.monotonic() < until:
        time.sleep(PAUSE)
        run = door.ask("GET", f"/v1/runs/{run['id']}")
    return run


def items(door: Door, body: dict[str, Any], timeout: float) -> Iterator[Any]:
    """
    The items of a list, page after page as they are wanted, each page a run of its own.

    Ends where there is no cursor, and where one comes again: a provider that ignores it would never end.
    """
    seen: set[Any] = set()
    while True:
        found = door.ask("POST", "/v1/runs", query={"wait": min(timeout, AT_ONCE)}, body=body, seconds=AT_ONCE + 10)
        until = time.monotonic() + timeout
        while found["state"] not in ENDED and time.monotonic() < until:
            time.sleep(PAUSE)
            found = door.ask("GET", f"/v1/runs/{found['id']}")
        judge(door, found, timeout)
        output = found.get("output") or {}
        if not isinstance(output.get("items"), list):
            told = f"{body['action']} gives no list"
            raise Failure(told, following=f"ferry runs get {found['id']}", code=failing.USAGE)
        yield from output["items"]
        cursor = output.get("cursor")
        if cursor is None or cursor in seen:
            return
        seen.add(cursor)
        body = {**body, "input": {**body["input"], "cursor": cursor}}


def show(run: dict[str, Any], *, machine: bool) -> None:
    """One run."""
    if machine:
        showing.data(run)
        return
    error = run.get("error") or {}
    showing.card(
        {
            **{name: run.get(name) for name in ("id", "state", "connection", "action", "output")},
            "error": error.get("text"),
            "reason": error.get("reason"),
            "attempts": len(run.get("attempts") or []) or None,
            "waiting_until": run.get("waiting_until"),
            "finished_at": run.get("finished_at"),
        }
    )


def judge(door: Door, run: dict[str, Any], timeout: float) -> None:
    """Raises the Failure that a run's state is, if it is one; of one that goes on, what it waits for."""
    state, ident = run["state"], run["id"]
    following = f"ferry runs get {ident}"
    if state == "succeeded":
        return
    error = run.get("error") or {}
    if state == "unknown":
        told = "it left, and no answer came: whether it arrived is unknown, and it is not sent again by itself"
        raise Failure(told, following=following, code=failing.TIMED_OUT)
    if state not in ENDED:
        raise _held(door, run) or Failure(
            f"it is still {state} after {timeout:.0f} seconds", following=following, code=failing.TIMED_OUT
        )
    told = error.get("text") or f"the run was {state}"
    following = NEXT.get(str(error.get("reason")), NEXT.get(str(error.get("class")), following)).format(**run)
    raise Failure(told, following=following, code=CODES.get(str(error.get("class")), failing.FAILED))


def _held(door: Door, run: dict[str, Any]) -> Failure | None:
    """What only a person ends, where a run waits for that; it is carried out afterwards."""
    ident = run["connection"]
    try:
        found = door.ask("GET", f"/v1/connections/{quote(ident, safe='')}")
    except Failure:
        return None  # what is asked beside what was wanted
    after = f"the run is {run['state']}, and goes out afterwards"
    if found.get("paused"):
        told = f"{ident} is paused: {after}"
        return Failure(told, following=f"ferry connection resume {ident}", code=failing.TIMED_OUT)
    if found["state"] == "CLIENT_ACTION_REQUIRED":
        told = f"{ident} is {found['state']}: {after}"
        return Failure(told, following=f"ferry connection get {ident}", code=failing.NEEDS_PERSON)
    return None
