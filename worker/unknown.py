"""
An unknown run, with all it names, and how it ends: by a proof, a person's word, or what its connection wants.

Of its messages those without a clear outcome get one.  The run then ends, goes on with the calls it still has to make,
or stays unknown because of the rest.  Whoever comes second is told the state it is in instead.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors import proxy
from connectors.action import Action, Call, Nature, Part
from connectors.errors import ConnectorError, Rejected
from connectors.events import EventType
from connectors.provider import Provider
from worker import inputs
from worker.core import Core
from worker.endings import KEPT_ATTEMPTS, named, part_dict, run_letter, said_by, stored_parts, talk_of, turn_of
from worker.normalise import Origin, run_event, sent_event
from worker.store import events, runs
from worker.store.connections import Stored
from worker.store.letters import Who
from worker.store.text import stamp, text

KEPT_LOOKS = 40  # the newest
STAYS = "unknown"


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
        """Which of its calls is unknown; where several are, the first with a message that has no clear outcome."""
        calls = self._calls()
        if len(calls) == 1:
            return calls[0]
        clear = {one["ref"] for one in stored_parts(self.record) if one["state"] != "unknown"}
        return next((at for at in calls if any(one.ref not in clear for one in self._messages(at))), calls[0])

    @property
    def restored(self) -> bool:
        """Whether the backup it comes from is older than what became of it: all its further calls may be out, too."""
        return self.record.get("restored") == b"1"

    @property
    def several(self) -> bool:
        """Whether a call carries several messages, each under a reference of its own."""
        return any(list(self.action.reaches(self._call(at))) for at in self._calls())

    @property
    def ref(self) -> str:
        """The reference that call carried."""
        return self.run

    @property
    def left(self) -> int:
        """When it left, in ms."""
        return int(float(text(self.record.get("left")) or 0))

    @property
    def party(self) -> str:
        """The conversation, "" where it has none."""
        return text(self.record.get("conversation"))

    def unclear(self) -> list[Part]:
        """
        Its messages whose outcome nobody knows, by the names they have in the run: those that an answer left open, in
        this call or one before, and those of a call without an answer.
        """
        known = stored_parts(self.record)
        doubtful = [
            Part(one["ref"], "unknown", one["message"], one["to"]) for one in known if one["state"] == "unknown"
        ]
        own = {one.ref for at in range(len(self.pieces)) for one in self._messages(at)}
        told = named({one["ref"] for one in known}, own)
        lost = [one for at in self._calls() for one in self._messages(at) if one.ref not in told]
        if known and own == {"0"}:  # its only message, by whatever names the answer gave it
            lost = []
        return [*doubtful, *lost] or [Part(str(self.index), "unknown")]

    def _calls(self) -> range:
        """The calls that may be out without an answer."""
        first = int(self.record.get("chunk") or 0)
        return range(first, len(self.pieces) if self.restored else first + 1)

    def _messages(self, at: int) -> list[Part]:
        """What one of its calls carries."""
        several = [replace(one, state="unknown") for one in self.action.reaches(self._call(at))]
        return several or [Part(str(at), "unknown")]

    def _call(self, at: int) -> Call:
        return Call(self.stored.speak(self.core.settings.public_url), self.pieces[at], self.run)


def case_of(core: Core, partition: int, run: str, record: Mapping[str, bytes] | None) -> Case | None:
    """The case; None when the run is unknown no more, or its connection, action or words are gone."""
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
    except (Rejected, IndexError, KeyError, ValueError, TypeError):
        # None of our keys opens what it hides, or the action cuts other words by now: it stays unknown.
        return None
    return Case(core, partition, run, record, stored, provider, action, pieces)


@dataclass(frozen=True, slots=True)
class Word:
    """
    What is said of an unknown run.

    how:     "proven:<means>" | "resolved" (by a person) | "assumed" | "given_up" (by its connection's policy)
    parts:   its messages that have an outcome now
    output:  as far as it is known
    looks:   what was looked for so far, or None where nobody looked
    problem: why it fails, where that is no part's own fault; "given_up" leaves parts unknown for it
    """

    how: str
    parts: Sequence[Part] = ()
    output: Mapping[str, Any] = field(default_factory=dict)
    who: Who = field(default_factory=lambda: Who("ferry"))
    looks: Sequence[Mapping[str, Any]] | None = None
    problem: ConnectorError | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """believed: whether this word was the first; state: what the run is in now, "queued" where it goes on."""

    believed: bool
    state: str


def settle(case: Case, word: Word) -> Settled:
    """Records it, unless another word was first."""
    core, now = case.core, int(time.time() * 1000)
    attempts = [*json.loads(case.record.get("attempts") or b"[]")]
    said = {"by": word.who.by, "note": word.who.why or None}
    attempts.append({"at": now, "ms": 0, "status": None, "outcome": word.how, **said})
    parts = _merged(case, word)
    fields: dict[str, Any] = {"parts": json.dumps(parts, ensure_ascii=False)}
    if word.looks is not None:
        fields["looks"] = json.dumps(word.looks[-KEPT_LOOKS:])
    open_still = any(part["state"] == "unknown" for part in parts) and word.problem is None
    ended = {"attempts": json.dumps(attempts[-KEPT_ATTEMPTS:])}
    told = _sent(case, word, now)
    if open_still:
        state, rings = runs.note(core.store, case.partition, case.run, fields, told)
        settled = Settled(state == STAYS, state)
    elif _goes_on(case, word):
        fields |= ended | {"chunk": case.index + 1}
        expires = int(float(text(case.record.get("expires")) or now))
        state, rings = runs.resume(
            core.store, case.run, max(expires, now + 3_600_000), fields, told, among=(STAYS,), who=word.who
        )
        settled = Settled(state == "resumed", "queued" if state == "resumed" else state)
    else:
        settled, rings = _end(case, word, parts, fields | ended, told, len(attempts))
    core.ring(case.partition, rings)
    return settled


def _goes_on(case: Case, word: Word) -> bool:
    """Whether calls follow: of a sequence none after one that failed."""
    if case.index + 1 >= len(case.pieces) or word.problem is not None or case.restored:
        return False
    several = bool(list(case.action.reaches(Call(case.stored.speak(""), case.pieces[case.index], case.run))))
    return several or all(part.state != "failed" for part in word.parts)


def _merged(case: Case, word: Word) -> list[dict[str, Any]]:
    """The parts recorded so far with those of this word, each once; what proves nothing takes no outcome away."""
    found = {part["ref"]: part for part in stored_parts(case.record)}
    if case.restored and len(case.pieces) > 1:  # this word may be of one call only
        found = {one.ref: part_dict(one) for one in case.unclear()} | found
    for part in word.parts:
        made = part_dict(part)
        if word.how == "assumed":
            made["assumed"] = True
        if made["state"] != "unknown" or made["ref"] not in found:
            found[made["ref"]] = made
    return list(found.values())


def _end(
    case: Case,
    word: Word,
    parts: list[dict[str, Any]],
    fields: dict[str, Any],
    told: list[events.Commit],
    count: int,
) -> tuple[Settled, list[str]]:
    core = case.core
    problem = word.problem or _lost(word, parts)
    error = problem.as_dict() if problem else None
    verdict, kind = ("failed", EventType.RUN_FAILED) if problem else ("succeeded", EventType.RUN_SUCCEEDED)
    resolved = {"at": stamp(time.time() * 1000), "how": word.how, "by": word.who.by, "note": word.who.why or None}
    fields |= {
        "output": json.dumps(dict(word.output), ensure_ascii=False, default=str) if word.output else "",
        "error": json.dumps(error, ensure_ascii=False) if error else "",
        "resolved": json.dumps(resolved, ensure_ascii=False),
    }
    shown = runs.show(case.run, {**case.record, **{name: str(value).encode() for name, value in fields.items()}})
    shown["state"] = verdict
    letter = run_letter(core, case.provider.title, shown) if word.how == "given_up" else None
    origin = Origin(case.partition, case.stored.id, case.provider.title, None, int(time.time() * 1000))
    body = {**shown, "attempt": turn_of(case.record, f"{word.how}:{count}"), "conversation": case.party}
    told.append(run_event(origin, kind, body, core.hearers(kind), talk_of(case.record)))
    state, rings = runs.settle(core.store, case.run, verdict, fields, told, letter=letter, who=word.who)
    return (Settled(True, verdict) if state == "settled" else Settled(False, state)), rings


def _lost(word: Word, parts: list[dict[str, Any]]) -> ConnectorError | None:
    """Why the run fails, where messages of it did."""
    lost = sum(part["state"] == "failed" for part in parts)
    if not lost:
        return None
    if len(parts) == 1 and word.parts and word.parts[0].error is not None:
        return word.parts[0].error
    return Rejected(f"{lost} of {len(parts)} messages were refused: see `parts`", code="partial")


def _sent(case: Case, word: Word, now: int) -> list[events.Commit]:
    if case.action.nature is not Nature.SEND:
        return []
    origin = Origin(case.partition, case.stored.id, case.provider.title, None, now)
    given = case.pieces[case.index]
    hearers = case.core.hearers(EventType.SENT)
    return [
        sent_event(origin, said_by(case.action, given, part.message), part.to or case.party, case.run, hearers)
        for part in word.parts
        if part.message and part.state == "accepted"
    ]
