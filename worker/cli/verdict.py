"""A connection as commands show it, and what its state means for whoever asked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from worker.cli import failing, showing
from worker.cli.failing import Failure

if TYPE_CHECKING:
    from worker.cli.door import Door

BUILDING = "BUILDING"
PAUSE = 0.2  # seconds between two looks
ENDS = {
    # what a state means for whoever asked
    "READY": 0,
    "CLIENT_ACTION_REQUIRED": failing.NEEDS_PERSON,
    "CONFIGURATION_ERROR": failing.REFUSED,
    "SETUP_FAILED": failing.UNREACHABLE,
    BUILDING: failing.TIMED_OUT,
    "DISABLED": 0,  # as it was asked to be
}


def awaited(door: Door, found: dict[str, Any], timeout: float) -> dict[str, Any]:
    """The connection once it is neither BUILDING nor being archived, after `timeout` seconds at the latest."""
    path = f"/v1/connections/{quote(found['id'], safe='')}"
    until = time.monotonic() + timeout
    with showing.waiting(f"{found['id']} is {found['state']}"):
        while (found["state"] == BUILDING or found.get("archiving")) and time.monotonic() < until:
            time.sleep(PAUSE)
            found = door.ask("GET", path)
    return found


def show(found: dict[str, Any], *, machine: bool) -> None:
    """One connection; its secrets are …last4 already."""
    if machine:
        showing.data(found)
        return
    flat = {key: value for key, value in found.items() if key not in {"settings", "secrets", "clientAction", "error"}}
    flat |= {name: found[name] or None for name in ("paused", "archived", "archiving") if name in found}
    flat |= {f"settings.{name}": value for name, value in (found.get("settings") or {}).items()}
    flat |= {f"secrets.{name}": value for name, value in (found.get("secrets") or {}).items()}
    flat["why"] = (found.get("error") or {}).get("text")
    action = found.get("clientAction") or {}
    flat |= {"to do": action.get("description"), "where": action.get("uiUrl")}
    flat |= {"for an agent": action.get("agentInstructions")}
    showing.card(flat)


def judge(found: dict[str, Any]) -> None:
    """Ends with the exit code of a state that is not READY, and what to do about it."""
    code = ENDS.get(found["state"], failing.FAILED)
    if not code:
        if found.get("clientAction"):  # it works, and something is for a person to do still
            showing.note(f"{found['id']}: {found['clientAction']['description']}")
        return
    ident, provider = found["id"], found["provider"]
    action = found.get("clientAction") or {}
    why = action.get("description") or (found.get("error") or {}).get("text") or "it is being made"
    following = f"ferry connection check {ident}"
    if code == failing.NEEDS_PERSON:
        name = next(iter(found.get("secrets") or {}), "NAME")
        following = f"ferry connection reconnect {ident} --secret {name}=@{name.upper()}"
    if code == failing.REFUSED:
        following = f"ferry connection patch {ident} --set NAME=VALUE"
    if action.get("type") == "connect":
        following = f"ferry connect {provider} --key {ident}"
    raise Failure(f"{ident} is {found['state']}: {why}", following=following, code=code)
