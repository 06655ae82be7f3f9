"""What a person may say about a run: cancel it, try it again, tell how an unknown one ended."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors import proxy
from connectors.action import Action, Call, Part
from connectors.errors import InvalidCall, Reason, Rejected
from worker import inputs
from worker.accept import WORTH, Conflict, NotFound
from worker.core import Core
from worker.endings import named, part_dict
from worker.store import letters, runs
from worker.store.connections import Stored
from worker.store.letters import Who
from worker.store.text import text
from worker.unknown import Word, case_of, settle


def get(core: Core, ident: str) -> dict[str, Any]:
    """The run as the outside sees it.  raises: NotFound"""
    found = runs.get(core.store, ident)
    if found is None:
        raise _missing(ident)
    return found


def cancel(core: Core, ident: str) -> dict[str, Any]:
    """
    Ends a run before it leaves; for one that is running it is asked only: its next attempt will not be made.

    raises: NotFound, Conflict when it has ended otherwise
    """
    state = runs.cancel(core.store, ident)
    if state is None:
        raise _missing(ident)
    if state not in {"cancelled", "leaving"}:
        more = ": say how it ended with resolve" if state == "unknown" else ""
        told = f"the run cannot be cancelled any more, it is {state}{more}"
        raise Conflict(told)
    return get(core, ident)


def retry(core: Core, ident: str, *, who: letters.Who | None = None, force: bool | None = None) -> dict[str, Any]:
    """
    Puts a failed, cancelled or unknown run at the tail of its lane; of several messages those that were refused or have
    no outcome.

    force:  whether what may have arrived is sent again, too.  By default a single unknown message is: whoever retries
            it accepts a second one; of several, those that are unknown are not
    raises: NotFound; Conflict for another state, and when nothing is left to be sent
    """
    record = _record(core, ident)
    stored, action = _means(core, record)
    before = text(record.get("state"))
    if before not in runs.ENDED:
        raise _goes_on(before)
    doubtful = before == "unknown" or _given_up(record)
    if doubtful and force is False and not reaches(core, ident, record, stored, action):
        told = (
            f"it may have arrived: look there, then `ferry failed retry {ident} --force` sends it again, "
            f"or `ferry runs resolve {ident} succeeded` says that it did"
        )
        raise Conflict(told)
    fields: dict[str, Any] = {"first_left": "", "renewed": "", "sent_again": ""}
    fields |= rest(core, ident, record, stored, action, force=bool(force), refused=True)
    expires = int((time.time() + WORTH[action.nature]) * 1000)
    # What is still to be sent was made out of this state: in another one it may be something else.
    state, rings = runs.resume(core.store, ident, expires, fields, among=(before,), who=who)
    if state != "resumed":
        raise _goes_on(state)
    core.ring(_partition(core, record), rings)
    return get(core, ident)


def _given_up(record: Mapping[str, bytes]) -> bool:
    """Whether it failed because nobody could prove that it arrived: it may have."""
    told: dict[str, Any] = json.loads(record.get("error") or b"null") or {}
    return told.get("code") == "given_up"


def _goes_on(state: str) -> Conflict:
    shown = runs.SHOWN.get(state, state)
    return Conflict(f"only a failed, cancelled or unknown run can be tried again, and this one is {shown}")


def reaches(core: Core, ident: str, record: Mapping[str, bytes], stored: Stored, action: Action) -> list[Part]:
    """The messages of a run to several people, as far as nobody has taken some out; none for a run to one."""
    call = Call(stored.speak(core.settings.public_url), inputs.whole(core, record), ident)
    return list(action.reaches(call))


def rest(
    core: Core,
    ident: str,
    record: Mapping[str, bytes],
    stored: Stored,
    action: Action,
    *,
    force: bool,
    refused: bool = False,
) -> dict[str, Any]:
    """
    What is still to be sent of a run, as fields of its record.

    force:   messages that may be out are sent again; else nothing is that may be
    refused: so are those of several that were refused
    raises:  Conflict when nothing is left
    """
    given = inputs.whole(core, record)
    parts = {one["ref"]: one for one in json.loads(record.get("parts") or b"[]")}
    wanted = reaches(core, ident, record, stored, action)
    if not wanted:
        out = [one for one in parts.values() if one["state"] == "accepted"]
        if out and len(out) < len(parts):
            told = f"{len(out)} of {len(parts)} messages of this run are out: send the others in a new run"
            raise Conflict(told)
        return {} if out else {"parts": "[]", "output": "", "chunk": 0}
    case = case_of(core, _partition(core, record), ident, record)
    if case is not None:  # messages of the call that was lost have an outcome, too: it is unknown
        for one in case.unclear():
            parts.setdefault(one.ref, part_dict(one))
    if force:
        parts = {ref: one for ref, one in parts.items() if one["state"] != "unknown"}
    own = {one.ref for one in wanted}
    if refused:
        parts = {ref: one for ref, one in parts.items() if not (ref in own and _may_go_again(one, force=force))}
    clear = named(set(parts), own)
    known = frozenset(place for place, one in enumerate(wanted) if one.ref in clear)
    left = action.without(given, known) if known else given
    if left is None:
        told = "every message of this run is out, or may be (see `parts`): send in a new run what is to go again"
        raise Conflict(told)
    kept = json.dumps(list(parts.values()), ensure_ascii=False)
    return {"parts": kept, "ready": json.dumps(left, ensure_ascii=False), "chunk": 0}


def _may_go_again(part: Mapping[str, Any], *, force: bool) -> bool:
    """Whether a message was refused, and not because the provider has it already."""
    return part["state"] == "failed" and (force or (part.get("error") or {}).get("reason") != Reason.DUPLICATE)


@dataclass(frozen=True, slots=True)
class Said:
    """
    What a person says of an unknown run: state "succeeded" | "failed", for all its messages that have no clear outcome.

    message: the provider's id of the only one of them
    parts:   ref → (state, provider's id) where they did not all go the same way; the others stay unknown
    """

    state: str
    note: str = ""
    output: Mapping[str, Any] = field(default_factory=dict)
    message: str | None = None
    parts: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)


def resolve(core: Core, ident: str, said: Said, *, by: str) -> dict[str, Any]:
    """
    A person says how an unknown run ended; of two, and of a person and a proof, the first is believed.

    returns: the run, which ends, goes on with calls still to be made, or stays unknown because of other messages
    raises:  NotFound; Conflict when it is unknown no more; InvalidCall for messages it does not have
    """
    record = _record(core, ident)
    state = text(record.get("state"))
    if state != "unknown":
        raise _known(state)
    case = case_of(core, _partition(core, record), ident, record)
    if case is None:
        told = "the connection or the action of this run no longer exists"
        raise Conflict(told)
    output = dict(said.output)
    message = said.message or output.get("message_id")
    if said.message and said.state == "succeeded":
        output["message_id"] = said.message
    parts = _parts(case.unclear(), said, message if isinstance(message, str) else None)
    settled = settle(case, Word("resolved", parts, output, Who(by, said.note)))
    if not settled.believed:
        raise _known(settled.state)
    return get(core, ident)


def _parts(unclear: list[Part], said: Said, message: str | None) -> list[Part]:
    wrong = [ref for ref in said.parts if ref not in {one.ref for one in unclear}]
    if wrong:
        told = f"of this run {', '.join(one.ref for one in unclear)} is unknown, and not {', '.join(wrong)}"
        raise InvalidCall(told, fields={"parts": [told]})
    if message and len(unclear) > 1 and not said.parts:
        told = f"{len(unclear)} messages of this run are unknown: say in `parts` whose id this is"
        raise InvalidCall(told, fields={"message_id": [told]})
    chosen = said.parts or {one.ref: (said.state, message) for one in unclear}
    problem = Rejected(said.note or "a person says that it did not arrive", code="resolved")
    found = []
    for one in unclear:
        state, known = chosen.get(one.ref, ("unknown", None))
        if state == "succeeded":
            found.append(replace(one, state="accepted", message=known or one.message))
        else:
            found.append(replace(one, state=state, error=problem if state == "failed" else None))
    return found


def _known(state: str) -> Conflict:
    shown = runs.SHOWN.get(state, state)
    return Conflict(f"only an unknown run can be resolved, and this one is {shown}")


def _record(core: Core, ident: str) -> dict[str, bytes]:
    record = runs.load(core.store, ident)
    if record is None:
        raise _missing(ident)
    return record


def _missing(ident: str) -> NotFound:
    return NotFound(f"there is no run {ident!r}, or it is no longer kept")


def _partition(core: Core, record: Mapping[str, bytes]) -> int:
    return core.store.of(text(record.get("connection")))


def _means(core: Core, record: Mapping[str, bytes]) -> tuple[Stored, Action]:
    """The connection and action of a run.  raises: Conflict when they are gone"""
    stored = core.connections.get(text(record.get("connection")))
    action = proxy.find(core.provider(stored), text(record.get("action"))) if stored is not None else None
    if stored is None or not stored.open or action is None:
        told = "the connection or the action of this run no longer exists"
        raise Conflict(told)
    return stored, action
