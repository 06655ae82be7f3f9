"""
Queues and lanes: taking hold of ordered work, keeping it, letting it go.  The rules stand in README.md.

A token is random and fresh for each claim; whoever holds a lane proves it with the token.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from worker.store.base import Store
from worker.store.text import pairs, text

BATCH = 128  # requests a claim
FAILED_MS = 1_000  # until a lane whose work went wrong is claimed again


@dataclass(frozen=True, slots=True)
class Head:
    """The first item of a lane: a run's record, or an event's JSON with how often its delivery was tried."""

    item: str
    record: dict[str, bytes] = field(default_factory=dict)
    event: bytes | None = None
    tries: int = 0
    since: int | None = None  # ms of the first try
    mark: bytes | None = None  # JSON {id, at, by, force} where `event` is a dead letter's JSON that is replayed


@dataclass(frozen=True, slots=True)
class Batch:
    """Raw requests after a source's cursor: [(stream id, fields)]."""

    cursor: str
    entries: list[tuple[str, dict[str, bytes]]]


@dataclass(frozen=True, slots=True)
class Claim:
    """
    What a claim gave.

    told:    "lane" with the rest filled, or "empty" | "idle" | "wait" | "full" | "back" (see worker/restored.py)
    until:   ms, for idle and wait
    strikes: how often a holder died on this very head
    rings:   queues to wake besides
    """

    told: str
    until: int | None = None
    lane: str = ""
    token: str = ""
    former: str = ""
    strikes: int = 0
    rings: list[str] = field(default_factory=list)
    head: Head | None = None
    batch: Batch | None = None


def claim(
    store: Store,
    partition: int,
    queue: str,
    *,
    lease: int,
    limit: int,
    batch: int = BATCH,
    answering: bool = True,
    judging: bool = False,
) -> Claim:
    """
    Takes hold of the queue's first ready lane for `lease` ms, unless `limit` of its lanes are held already.

    answering: this is the first claim after a wake-up, not one that goes on to the next lane
    judging:   only what a dead holder has left at the provider is taken, also behind a closed gate
    """
    _disown(store)
    token = secrets.token_hex(8)
    seen = store.witness.seen(partition)
    first, dead = "1" if answering else "", "1" if judging else ""
    try:
        told = store.run("claim", partition, queue, token, lease, limit, batch, first, seen, dead)
    except Exception:
        store.adrift.append((partition, queue, token))  # it may have been carried out
        raise
    word = text(told[0])
    if word != "lane":
        return Claim(word, until=int(float(told[1])) if len(told) > 1 and told[1] is not None else None)
    lane = text(told[1])
    source = lane.startswith("in:")
    return Claim(
        "lane",
        lane=lane,
        token=token,
        former=text(told[2]),
        strikes=int(told[3]),
        rings=[text(one) for one in told[4]],
        head=None if source else read_head(told[5]),
        batch=read_batch(told[5]) if source else None,
    )


def read_head(told: Any) -> Head:
    """{id, record} or {id, event JSON, tries, mark?} as a Head."""
    item, rest = text(told[0]), told[1]
    if isinstance(rest, list):
        return Head(item, record=pairs(rest))
    tries, _, since = text(told[2]).partition(" ") if len(told) > 2 else ("", "", "")
    mark = told[3] if len(told) > 3 else None
    return Head(item, event=rest, tries=int(tries or 0), since=int(float(since)) if since else None, mark=mark)


def read_batch(told: Any) -> Batch:
    """{cursor, entries} as a Batch."""
    return Batch(text(told[0]), [(text(entry[0]), pairs(entry[1])) for entry in told[1]])


def renew(store: Store, partition: int, lane: str, token: str, lease: int) -> bool:
    """Keeps a lane for `lease` ms more; False when it is no longer ours."""
    return bool(store.run("renew", partition, lane, token, lease))


def release(store: Store, partition: int, lane: str, token: str, until: int | None = None) -> bool:
    """Lets a lane go, parked until `until` (ms); False when it was no longer ours."""
    told = store.run("release", partition, lane, token, "" if until is None else until)
    return bool(told[0])


def hold_back(store: Store, partition: int, taken: Claim, ms: int) -> None:
    """Lets a lane that was just claimed go, to be looked at again in `ms`; its strikes stay."""
    seconds, micros = store.client.time()
    release(store, partition, taken.lane, taken.token, int(seconds) * 1000 + int(micros) // 1000 + ms)


@contextlib.contextmanager
def in_hand(store: Store, partition: int, taken: Claim) -> Iterator[None]:
    """
    While a claimed lane is worked off: what goes wrong gives it back, to be claimed again in a second.

    Its holder lives; left to its lease the lane would count as a dead one's, and three of those set its head aside.
    While Redis is away it is remembered, and given back before the next claim.
    """
    try:
        yield
    except Exception:
        try:
            hold_back(store, partition, taken, FAILED_MS)
        except Exception:  # noqa: BLE001  (what went wrong first is raised)
            store.adrift.append((partition, taken.lane.partition("/")[0], taken.token))
        raise


def _disown(store: Store) -> None:
    """Gives back what could not be given back while Redis was away.  raises: what the client raises"""
    while store.adrift:
        try:
            partition, queue, token = one = store.adrift.pop()
        except IndexError:
            return  # another thread was faster
        try:
            store.run("disown", partition, queue, token)
        except Exception:
            store.adrift.append(one)
            raise


def advance(
    store: Store, partition: int, source: str, token: str, done: Batch, *, lease: int, batch: int = BATCH
) -> Batch | None:
    """
    Moves the cursor past a batch that was dealt with, and gives the next; None when there is none or it is not ours.

    lease: 0 lets the lane go
    """
    told = store.run("advance", partition, source, token, done.cursor, done.entries[-1][0], lease, batch)
    return read_batch([told[1], told[2]]) if text(told[0]) == "next" else None


def at_work(store: Store, partition: int, queue: str) -> bool:
    """Whether somebody holds a lane of the queue whose lease has not run out."""
    held: Any = store.client.hkeys(store.key(partition, f"h:{queue}"))
    if not held:
        return False
    until: Any = store.client.zmscore(store.key(partition, f"q:{queue}"), held)
    seconds, micros = store.client.time()
    return any(score is not None and score > seconds * 1000 + micros / 1000 for score in until)


@dataclass(frozen=True, slots=True)
class Tick:
    """
    What became due: queues to ring, runs past their expiry, and when to look again (ms, None: nothing waits).

    back: Redis was restored from an old backup, and nothing is due before worker/restored.py has held it
    """

    rings: list[str]
    expired: list[str]
    first: int | None
    back: bool = False


def tick(store: Store, partition: int, most: int = 64) -> Tick:
    """Pushes due queues on by 5 s and names them; lets scheduled runs into their lanes."""
    told = store.run("tick", partition, most, store.witness.seen(partition))
    if text(told[0]) == "back":
        return Tick([], [], None, back=True)
    rings, expired, first = told
    return Tick(
        [text(one) for one in rings], [text(one) for one in expired], int(float(first)) if first is not None else None
    )
