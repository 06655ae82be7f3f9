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
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors import client as http
from connectors import proxy
from connectors.action import Nature, Outcome, Part
from connectors.errors import BadReply, ConnectorError
from connectors.provider import UnknownCall
from worker import deadline
from worker.core import Core
from worker.endings import placed
from worker.resting import heed, obey
from worker.store import events, ids, journal, messages, runs
from worker.store.client import is_away
from worker.store.letters import Who
from worker.store.text import text
from worker.unknown import KEPT_LOOKS, STAYS, Case, Word, case_of, settle

log = logging.getLogger("ferry.reconcile")

EARLIER_MS = 5_000  # an echo's time may be a little before our own "left": clocks differ
LATER_MS = 15 * 60_000


def look(core: Core, partition: int, run: str) -> str:
    """Looks into one unknown run: "proven" | "unknown" | "gone".  Each look is written down, found or not."""
    case = case_of(core, partition, run, runs.load(core.store, run))
    if case is None:
        return "gone"
    asked: list[str] = []
    problem: ConnectorError | None = None
    for how, find in MEANS.items():
        try:
            outcome = find(case)
        except Nothing:  # no such means for this run
            continue
        except ConnectorError as met:
            log.info("nothing proven", extra={"run": run, "connection": case.stored.id, "error": met.name})
            outcome, problem = None, met
        except Exception as mistake:  # ours: it proves nothing, and is written down like any other look
            if is_away(mistake):
                raise
            log.exception("an unknown run was not looked into", extra={"run": run, "error": type(mistake).__name__})
            outcome, problem = None, BadReply("what was found could not be worked up")
        asked.append(how)
        if outcome is not None and (not outcome.parts or any(part.state != "unknown" for part in outcome.parts)):
            _hear(case, outcome)
            parts = [placed(part, case.index) for part in outcome.parts]
            word = Word(f"proven:{how}", parts, outcome.output, Who("proof"), _looks(case, asked, how, None))
            told = settle(case, word)
            facts = {"run": run, "connection": case.stored.id, "proof": how, "believed": told.believed}
            log.info("unknown run proven", extra={**facts, "state": told.state})
            return "unknown" if told.state == STAYS else "proven"
    runs.note(core.store, partition, run, {"looks": json.dumps(_looks(case, asked, None, problem))})
    return "unknown"


def _looks(case: Case, asked: list[str], found: str | None, problem: ConnectorError | None) -> list[dict[str, Any]]:
    """The looks so far and this one: {at, asked, found, error}; `found`: the means that proved something."""
    now = {"at": int(time.time() * 1000), "asked": asked, "found": found, "error": problem.name if problem else None}
    return [*json.loads(case.record.get("looks") or b"[]"), now][-KEPT_LOOKS:]


class Nothing(Exception):
    """This means does not apply to a run: asking it would say nothing."""


def _hear(case: Case, outcome: Outcome) -> None:
    """News that no webhook will bring again are journalled before the run counts as done."""
    if outcome.heard is not None:
        _, rings = journal.ingest(case.core.store, case.stored.id, outcome.heard, case.provider.keep)
        case.core.ring(case.partition, rings)


def _by_receipt(case: Case) -> Outcome | None:
    """
    Receipts that give our references back: whatever they say of a message, it has arrived at the provider.

    Those that came before this attempt left are of an earlier one, which carried the same references.
    """
    if case.action.nature is not Nature.SEND:
        raise Nothing
    unclear = case.unclear()
    refs = [_reference(case, part) if case.several else case.ref for part in unclear]
    keys = [case.core.store.key(case.partition, f"rf:{case.stored.id}:{ref}") for ref in refs]
    told: Any = case.core.store.client.mget(keys)
    found = [_told_since(text(one), case.left) for one in told]
    if not any(found):
        return None
    parts = [
        replace(part, state="accepted", message=message) if message else part
        for part, message in zip(unclear, found, strict=True)
    ]
    return Outcome({} if case.several else {"message_id": found[0]}, tuple(parts))


def _told_since(told: str, left: int) -> str:
    """The message of "<ms> <message>" unless that was before; the version before knew no time."""
    at, timed, message = told.partition(" ")
    if not timed:
        return told
    return message if int(at) >= left - EARLIER_MS else ""


def _reference(case: Case, part: Part) -> str:
    """What one of several messages carried (`Call.ref`); "" for a list, whose members share one."""
    if part.to is None:
        return ""
    return part.ref if part.ref.startswith(f"{case.ref}-") else f"{case.ref}-{part.ref}"


def _by_echo(case: Case) -> Outcome | None:
    """An echo of nobody's, in the same conversation, with the same words, from about when it left."""
    party, words = text(case.record.get("conversation")), case.pieces[case.index].get("text")
    if case.action.nature is not Nature.SEND or not party or not isinstance(words, str):
        raise Nothing
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
        raise Nothing
    spoken = case.stored.speak(case.core.settings.public_url)
    left = datetime.fromtimestamp(case.left / 1000, UTC)
    unknown = UnknownCall(spoken, case.action, case.pieces[case.index], case.ref, left)
    obey(case.core, case.stored)
    with case.core.clients.one() as client:
        ask = http.asking(case.provider, spoken, client, heard=heed(case.core, case.stored))
        found = case.provider.prove(unknown, ask)
    return None if found is None else _without_others(case, found)


def _without_others(case: Case, found: Outcome) -> Outcome:
    """One message proves one run: a part whose message is known as another's stays unknown, and hides no other part."""
    parts = [replace(one, state="unknown", message=None) if _of_another(case, one) else one for one in found.parts]
    return replace(found, parts=tuple(parts))


def _of_another(case: Case, part: Part) -> bool:
    if not part.message:
        return False
    known = messages.get(case.core.store, ids.message_id(case.partition, case.stored.id, part.message))
    return known is not None and known["run"] not in (None, case.run)


MEANS: dict[str, Callable[[Case], Outcome | None]] = {
    # by what, cheapest first
    "receipt": _by_receipt,
    "echo": _by_echo,
    "provider": _by_provider,
}


def turn(core: Core, partition: int) -> int:
    """Looks into every unknown run that is due, a last time into those whose time is over; how many were proven."""
    give_up = int(core.settings.reconcile_hours * 3_600_000)
    found, over = runs.looking(core.store, partition, give_up)
    return sum(_one(core, partition, run, last=run in over) for run in [*found, *over])


def _one(core: Core, partition: int, run: str, *, last: bool) -> bool:
    """Whether it was proven; one that goes wrong keeps nobody from the next, and is decided all the same."""
    told = ""
    for step in (look, deadline.decide) if last else (look,):
        try:
            told = told if told == "proven" else step(core, partition, run)
        except Exception as problem:
            if is_away(problem):
                raise
            log.exception("an unknown run was not dealt with", extra={"run": run, "error": type(problem).__name__})
    return told == "proven"
