"""
Unknown runs: looking for proof that what left has arrived.

Absence is never proof.  A run ends as "succeeded, by this proof", or stays unknown; "not sent" comes from the sender,
from the provider's refusal, or from a person.  Proofs, cheapest first: a receipt that carries our own reference, an
echo in the conversation with the same words, and the provider's own means (`Provider.prove`).
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors import client as http
from connectors import proxy
from connectors.action import Action, Nature, Outcome, Part
from connectors.errors import ConnectorError, Rejected
from connectors.events import EventType
from connectors.provider import Provider, UnknownCall
from worker import inputs
from worker.core import Core
from worker.endings import part_dict, said_by, stored_parts, talk_of
from worker.normalise import Origin, run_event, sent_event
from worker.store import events, ids, journal, messages, runs
from worker.store.connections import Stored
from worker.store.letters import Who
from worker.store.text import text

log = logging.getLogger("ferry.reconcile")

EARLIER_MS = 5_000  # an echo's time may be a little before our own "left": clocks differ
LATER_MS = 15 * 60_000


@dataclass(frozen=True, slots=True)
class Case:
    """An unknown run with all it names."""

    core: Core
    partition: int
    run: str
    record: Mapping[str, bytes]
    stored: Stored
    provider: Provider
    action: Action
    pieces: list[Mapping[str, Any]]

    @property
    def index(self) -> int:
        """Which of its calls is unknown."""
        return int(self.record.get("chunk") or 0)

    @property
    def ref(self) -> str:
        """The reference that call carried."""
        return self.run

    @property
    def left(self) -> int:
        """When it left, in ms."""
        return int(float(text(self.record.get("left")) or 0))


def look(core: Core, partition: int, run: str) -> str:
    """Looks into one unknown run: "proven" | "unknown" | "gone"."""
    case = _case(core, partition, run)
    if case is None:
        return "gone"
    for how, find in (("receipt", _by_receipt), ("echo", _by_echo), ("provider", _by_provider)):
        outcome = find(case)
        if outcome is not None and (not outcome.parts or any(part.state != "unknown" for part in outcome.parts)):
            _hear(case, outcome)
            told = settle(case, outcome, how)
            log.info("unknown run proven", extra={"run": run, "connection": case.stored.id, "proof": how, "told": told})
            return "unknown" if told == "unknown" else "proven"
    return "unknown"


def _hear(case: Case, outcome: Outcome) -> None:
    """News that no webhook will bring again are journalled before the run counts as done."""
    if outcome.heard is not None:
        _, rings = journal.ingest(case.core.store, case.stored.id, outcome.heard, case.provider.keep)
        case.core.ring(case.partition, rings)


def _case(core: Core, partition: int, run: str) -> Case | None:
    record = runs.load(core.store, run)
    if record is None or text(record.get("state")) != "unknown":
        return None
    stored = core.connections.get(text(record.get("connection")))
    if stored is None:
        return None
    provider = core.provider(stored)
    action = proxy.find(provider, text(record.get("action")))
    if action is None:
        return None
    try:
        pieces = list(action.cut(inputs.whole(core, record)))
    except Rejected:  # none of our keys opens what it hides; it stays unknown until one does
        return None
    return Case(core, partition, run, record, stored, provider, action, pieces)


def _by_receipt(case: Case) -> Outcome | None:
    """A receipt that gives our reference back: whatever it says of the message, it has arrived at the provider."""
    if case.action.nature is not Nature.SEND:
        return None
    key = case.core.store.key(case.partition, f"rf:{case.stored.id}:{case.ref}")
    found = text(case.core.store.client.get(key))
    if not found:
        return None
    return Outcome({"message_id": found}, (Part("0", "accepted", found),))


def _by_echo(case: Case) -> Outcome | None:
    """An echo of nobody's, in the same conversation, with the same words, from about when it left."""
    party, words = text(case.record.get("conversation")), case.pieces[case.index].get("text")
    if case.action.nature is not Nature.SEND or not party or not isinstance(words, str):
        return None
    store = case.core.store
    key = store.key(case.partition, f"ec:{case.stored.id}:{party}")
    names: Any = store.client.zrangebyscore(key, case.left - EARLIER_MS, case.left + LATER_MS)
    for name in names:
        event = events.get(store, text(name))
        said = (event or {}).get("message") or {}
        if said.get("text") != words:
            continue
        known = messages.get(store, said["id"])
        if known is not None and known["run"] is None and _take(case, key, text(name), said["id"]):
            return Outcome({"message_id": said["provider_id"]}, (Part("0", "accepted", said["provider_id"]),))
    return None


def _take(case: Case, key: str, event: str, message: str) -> bool:
    """One echo proves one run: who removes it from the evidence has it."""
    store = case.core.store
    if not store.client.zrem(key, event):
        return False
    store.client.hset(store.key(case.partition, f"m:{message}"), "run", case.run)
    return True


def _by_provider(case: Case) -> Outcome | None:
    if case.provider.prove is None or case.action.key in proxy.KEYS:
        return None
    spoken = case.stored.speak(case.core.settings.public_url)
    left = datetime.fromtimestamp(case.left / 1000, UTC)
    unknown = UnknownCall(spoken, case.action, case.pieces[case.index], case.ref, left)
    with case.core.clients.one() as client:
        try:
            found = case.provider.prove(unknown, http.asking(case.provider, spoken, client))
        except ConnectorError as problem:
            log.info("nothing proven", extra={"run": case.run, "connection": case.stored.id, "error": problem.name})
            return None
    return None if found is None or _of_another(case, found) else found


def _of_another(case: Case, found: Outcome) -> bool:
    """Whether a message of this proof is known as another run's: one message proves one run."""
    for part in found.parts:
        if not part.message:
            continue
        ident = ids.message_id(case.partition, case.stored.id, part.message)
        known = messages.get(case.core.store, ident)
        if known is not None and known["run"] not in (None, case.run):
            return True
    return False


def settle(case: Case, outcome: Outcome, how: str) -> str:
    """
    Records what was proven: the run has ended, goes on with the calls it still has to make, or stays unknown because
    of some of its messages; the state after.
    """
    core, now = case.core, int(time.time() * 1000)
    attempts = [*json.loads(case.record.get("attempts") or b"[]")]
    attempts.append({"at": now, "ms": 0, "status": None, "outcome": f"proven:{how}"})
    parts = _merged(case, outcome)
    fields: dict[str, Any] = {"parts": json.dumps(parts, ensure_ascii=False)}
    told = _sent(case, outcome, now)
    if case.index + 1 < len(case.pieces):
        fields |= {"chunk": case.index + 1, "attempts": json.dumps(attempts)}
        events.commit(core.store, told)
        expires = int(float(text(case.record.get("expires")) or now))
        state, rings = runs.resume(
            core.store, case.run, max(expires, now + 3_600_000), fields, among=("unknown",), who=Who("proof")
        )
    elif any(part["state"] == "unknown" for part in parts):
        events.commit(core.store, told)
        runs.note(core.store, case.partition, case.run, fields)
        return "unknown"
    else:
        state, rings = _end(case, outcome, parts, fields | {"attempts": json.dumps(attempts)}, told, how)
    core.ring(case.partition, rings)
    return state


def _merged(case: Case, outcome: Outcome) -> list[dict[str, Any]]:
    """The parts recorded so far with those of this proof, each once; what proves nothing takes no outcome away."""
    found = {part["ref"]: part for part in stored_parts(case.record)}
    for part in outcome.parts:
        made = part_dict(part, case.index)
        if made["state"] != "unknown" or made["ref"] not in found:
            found[made["ref"]] = made
    return list(found.values())


def _end(
    case: Case,
    outcome: Outcome,
    parts: list[dict[str, Any]],
    fields: dict[str, Any],
    told: list[events.Commit],
    how: str,
) -> tuple[str, list[str]]:
    core = case.core
    lost = sum(part["state"] == "failed" for part in parts)
    problem = Rejected(f"{lost} of {len(parts)} messages were refused: see `parts`", code="partial") if lost else None
    error = problem.as_dict() if problem else None
    verdict, kind = ("failed", EventType.RUN_FAILED) if lost else ("succeeded", EventType.RUN_SUCCEEDED)
    fields |= {
        "output": json.dumps(dict(outcome.output), ensure_ascii=False, default=str),
        "error": json.dumps(error, ensure_ascii=False) if error else "",
    }
    shown = runs.show(case.run, {**case.record, **{name: str(value).encode() for name, value in fields.items()}})
    shown.update(state=verdict, attempt=f"proven:{how}", conversation=text(case.record.get("conversation")))
    origin = Origin(case.partition, case.stored.id, case.provider.title, None, int(time.time() * 1000))
    told.append(run_event(origin, kind, shown, core.hearers(kind), talk_of(case.record)))
    return runs.settle(core.store, case.run, verdict, fields, told, who=Who("proof"))


def _sent(case: Case, outcome: Outcome, now: int) -> list[events.Commit]:
    if case.action.nature is not Nature.SEND:
        return []
    origin = Origin(case.partition, case.stored.id, case.provider.title, None, now)
    party = text(case.record.get("conversation"))
    given = case.pieces[case.index]
    hearers = case.core.hearers(EventType.SENT)
    return [
        sent_event(origin, said_by(case.action, given, part.message), part.to or party, case.run, hearers)
        for part in outcome.parts
        if part.message and part.state == "accepted"
    ]


def turn(core: Core, partition: int) -> int:
    """Looks into every unknown run that is due; returns how many were proven."""
    give_up = int(core.settings.reconcile_hours * 3_600_000)
    return sum(look(core, partition, run) == "proven" for run in runs.looking(core.store, partition, give_up))
