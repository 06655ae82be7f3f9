"""
Runs: one execution of an action each.

How one enters, waits, is taken back, looked into and shown; its attempts are attempts.py.

A run's hash holds: state, lane, connection, action, conversation, input, mark, attempt, left, deadline, tries, parts,
output, error, attempts (JSON), created, expires, not_before, end, priority, key, repeatable, cancel, v.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.store import ids, letters, newest
from worker.store.base import Store
from worker.store.client import WentBack
from worker.store.events import Commit, packed
from worker.store.text import stamp, text

VERSION = 1
UNENDED = 256  # a page of those that have not ended

# What the scripts call a state, and what the outside calls it.
SHOWN = {"leaving": "running"}
STATES = ("scheduled", "queued", "running", "waiting", "succeeded", "failed", "unknown", "cancelled")
SETTLED = frozenset({"succeeded", "failed", "unknown", "cancelled"})  # nothing more happens by itself
ENDED = ("failed", "unknown", "cancelled")  # what a person may try again


@dataclass(frozen=True, slots=True)
class NewRun:
    """
    A run about to be submitted.  Times in ms; `mark` is a digest of all that makes the run what it is.

    expires: a moment, or "+<ms>" from when it may begin, by the clock that looks whether it is over
    """

    id: str
    partition: int
    lane: str
    mark: str
    expires: int | str
    fields: Mapping[str, Any]
    not_before: int | None = None
    coalesce: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    """
    told:  "queued" | "scheduled" | "same" | "conflict" | "late" | "unknown" (worker/restored.py says when)
    state: what the run is in now
    """

    told: str
    state: str
    rings: list[str]


def submit(store: Store, run: NewRun) -> Submitted:
    """
    Stores a run once: the same id and mark again gives the run there is, another mark a conflict.

    raises: WentBack while a restored Redis is being held
    """
    told = _submitted(store.run("submit", run.partition, *_words(store, run)))
    if isinstance(told, Exception):
        raise told
    return told


def submit_all(store: Store, made: Sequence[NewRun]) -> list[Submitted | Exception]:
    """The same for many in one round trip and in their order; an error of one is its own (Scripts.many)."""
    told = store.scripts.many("submit", [(run.partition, _words(store, run)) for run in made])
    return [one if isinstance(one, Exception) else _submitted(one) for one in told]


def _words(store: Store, run: NewRun) -> tuple[Any, ...]:
    flat = [piece for pair in run.fields.items() for piece in pair]
    before = "" if run.not_before is None else run.not_before
    seen = store.witness.seen(run.partition)
    return (run.id, run.lane, run.mark, before, run.expires, run.coalesce, seen, store.retention.runs, *flat)


def _submitted(told: Any) -> Submitted | Exception:
    word = text(told[0])
    if word == "back":
        problem = "Redis was restored from a backup and is being held: a moment"
        return WentBack(problem)
    if word == "same":
        return Submitted(word, text(told[1]), [])
    return Submitted(word, word, [text(one) for one in told[1:]])


def cancel(store: Store, ident: str) -> str | None:
    """Asks for an end before leaving: the state after ("cancelled" is sure), None for no such run."""
    partition = ids.partition_in(ident, store.partitions)
    if partition is None:
        return None
    told = store.run("cancel", partition, ident, store.retention.runs)
    return text(told) or None


def expire(
    store: Store,
    partition: int,
    run: str,
    letter: Mapping[str, Any] | None,
    events: Sequence[Commit],
    fields: Mapping[str, Any],
) -> tuple[bool, list[str]]:
    """Ends a run whose time has passed; (whether it did, queues to ring)."""
    flat = [piece for pair in fields.items() for piece in pair]
    told = store.run(
        "expire",
        partition,
        run,
        store.retention.runs,
        json.dumps(letter) if letter else "",
        packed(store, events),
        *flat,
    )
    return bool(told[0]), [text(one) for one in told[1:]]


def resume(
    store: Store,
    ident: str,
    expires: int,
    fields: Mapping[str, Any],
    events: Sequence[Commit] = (),
    *,
    among: Sequence[str] = ENDED,
    who: letters.Who | None = None,
) -> tuple[str, list[str]]:
    """
    A run that ended in one of the states `among` joins the tail of its lane, and its dead letter is dealt with.

    events:  what is told with it

    returns: ("resumed", rings), or the state that forbids it
    """
    partition = ids.partition_in(ident, store.partitions)
    if partition is None:
        return "gone", []
    flat = [piece for pair in fields.items() for piece in pair]
    asked = (who or letters.Who("")).packed()
    told = store.run("resume", partition, ident, expires, ",".join(among), asked, packed(store, events), *flat)
    return text(told[0]), [text(one) for one in told[1:]]


def settle(
    store: Store,
    ident: str,
    verdict: str,
    fields: Mapping[str, Any],
    events: Sequence[Commit],
    *,
    letter: Mapping[str, Any] | None = None,
    who: letters.Who | None = None,
) -> tuple[str, list[str]]:
    """
    A proof, a person or a policy says how an unknown run ended; its dead letter is dealt with, or `letter` becomes it.

    returns: ("settled", rings), or the state it is in instead
    """
    partition = ids.partition_in(ident, store.partitions)
    if partition is None:
        return "gone", []
    flat = [piece for pair in fields.items() for piece in pair]
    kept = json.dumps(letter, ensure_ascii=False) if letter else ""
    told = store.run(
        "settle",
        partition,
        ident,
        verdict,
        store.retention.runs,
        packed(store, events),
        kept,
        (who or letters.Who("")).packed(),
        *flat,
    )
    return text(told[0]), [text(one) for one in told[1:]]


def note(
    store: Store, partition: int, run: str, fields: Mapping[str, Any], events: Sequence[Commit] = ()
) -> tuple[str, list[str]]:
    """
    Writes what became known of a run that stays unknown as a whole.

    returns: ("unknown", rings), or the state it is in instead
    """
    told = store.run(
        "note", partition, run, packed(store, events), *[piece for pair in fields.items() for piece in pair]
    )
    return text(told[0]), [text(one) for one in told[1:]]


def unended(store: Store, partition: int, alive: Callable[[], object] = lambda: None) -> list[str]:
    """Every run that has not ended; `alive` is called between the pages of a long list."""
    found: dict[str, None] = {}
    cursor = "0"
    while True:
        cursor, *names = [text(one) for one in store.run("doubtful", partition, cursor, UNENDED)]
        found.update(dict.fromkeys(names))  # whole first: what is dealt with leaves the list
        alive()
        if cursor == "0":
            return list(found)


def looking(store: Store, partition: int, give_up: int, most: int = 16) -> tuple[list[str], list[str]]:
    """(the unknown runs to look into now, those whose time for proof is over); `give_up`: ms that is after."""
    found, over = store.run("looking", partition, most, give_up)
    return [text(one) for one in found], [text(one) for one in over]


def hold(
    store: Store,
    partition: int,
    run: str,
    letter: Mapping[str, Any],
    fields: Mapping[str, Any],
    events: Sequence[Commit],
) -> tuple[str, list[str]]:
    """
    An unknown run waits for a person, for as long as its dead letter is kept.

    returns: ("held", rings), or the state it is in instead
    """
    flat = [piece for pair in fields.items() for piece in pair]
    keep = max(store.retention.letters, 2 * store.retention.runs)
    kept = json.dumps(letter, ensure_ascii=False)
    told = store.run("hold", partition, run, keep, kept, packed(store, events), *flat)
    return text(told[0]), [text(one) for one in told[1:]]


def load(store: Store, ident: str) -> dict[str, bytes] | None:
    """The record of a run; None when there is none."""
    partition = ids.partition_in(ident, store.partitions)
    if partition is None:
        return None
    found: Any = store.client.hgetall(store.key(partition, f"r:{ident}"))
    return {text(name): value for name, value in found.items()} or None


def get(store: Store, ident: str) -> dict[str, Any] | None:
    """A run as the outside sees it (DESIGN.md §6)."""
    record = load(store, ident)
    return show(ident, record) if record else None


def show(ident: str, record: Mapping[str, bytes]) -> dict[str, Any]:
    """A record in the outside's words."""
    state = text(record.get("state"))
    return {
        "id": ident,
        "connection": text(record.get("connection")),
        "action": text(record.get("action")),
        "input": _json(record, "input"),
        "state": SHOWN.get(state, state),
        "waiting_until": stamp(record.get("until")) if state == "waiting" else None,
        "output": _json(record, "output"),
        "error": _json(record, "error"),
        "parts": _json(record, "parts") or [],
        "attempts": [{**one, "at": stamp(one["at"])} for one in _json(record, "attempts") or []],
        "conversation": text(record.get("conversation_id")) or None,
        "event": text(record.get("event")) or None,
        "idempotency_key": text(record.get("key")) or None,
        "priority": text(record.get("priority")) or "live",
        "not_before": stamp(record.get("not_before")),
        "expires_at": stamp(record.get("expires")),
        "created_at": stamp(record.get("created")),
        "finished_at": stamp(record.get("end")),
        "replaced_by": text(record.get("replaced_by")) or None,
        "unknown_since": stamp(record.get("unknown_since")),
        "looks": [{**one, "at": stamp(one["at"])} for one in _json(record, "looks") or []],
        "held_since": stamp(record.get("held")) if state == "unknown" else None,
        "resolved": _json(record, "resolved"),
        "retries": [{**one, "at": stamp(one["at"])} for one in _json(record, "retries") or []],
        "cancel_requested": text(record.get("cancel")) == "1" and state == "leaving",
    }


def _json(record: Mapping[str, bytes], name: str) -> Any:
    value = record.get(name)
    return json.loads(value) if value else None


def listing(
    store: Store, connection: str, *, state: str | None = None, before: int | None = None, limit: int = 50
) -> tuple[list[dict[str, Any]], str | None]:
    """A connection's runs, newest first, and the cursor of the next page (None: the last)."""
    place = None if before is None else (before, connection)
    found, after = across(store, [connection], state=state, before=place, limit=limit)
    return found, None if after is None else str(after[0])


def across(
    store: Store,
    connections: Sequence[str],
    *,
    state: str | None = None,
    before: tuple[int, str] | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], tuple[int, str] | None]:
    """The same over several connections, by a cursor as worker/store/newest.py has it."""

    def read(partition: int, names: Sequence[str]) -> list[dict[str, Any] | None]:
        with store.client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hgetall(store.key(partition, f"r:{name}"))
            records = [{text(field): value for field, value in raw.items()} for raw in pipe.execute()]
        return [show(name, record) if record else None for name, record in zip(names, records, strict=True)]

    def wanted(run: dict[str, Any]) -> bool:
        return bool(run["state"] == state)

    return newest.across(store, "ri", connections, read, wanted=wanted if state else None, before=before, limit=limit)
