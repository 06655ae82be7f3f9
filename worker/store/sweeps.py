"""
Sweeps: all dead letters that match, replayed or discarded in the background.

What was asked is one record (`f:sweep:<id>`); how far it came stands in each partition (`sw:<id>`), where the scripts
that deal with a letter count it.  `f:sweeping` names those that are not over.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from worker.store import letters
from worker.store.base import Store
from worker.store.letters import Wanted
from worker.store.text import text

KEPT = 200  # in the list
COUNTS = ("done", "failed", "skipped")


@dataclass(frozen=True, slots=True)
class Sweep:
    """
    What was asked.

    action: replay | discard
    total:  how many waited when it was begun, and may match
    begun:  ms; what was set aside later is not meant
    mark:   a digest of all that makes it what it is
    """

    id: str
    action: str
    wanted: Wanted
    by: str
    why: str
    force: bool
    total: int
    begun: int
    mark: str


@dataclass(slots=True)
class Progress:
    """
    How far it came in one partition.

    cursor: where it goes on; notes: [{id, why}] of the last that failed or were skipped
    done is counted by the scripts that deal with a letter, the others by `advance`
    """

    cursor: str = ""
    notes: list[dict[str, str]] = field(default_factory=list)
    over: bool = False
    stopped: bool = False
    done: int = 0
    failed: int = 0
    skipped: int = 0


def begin(store: Store, sweep: Sweep) -> tuple[Sweep, bool]:
    """Writes it down once: (the sweep of this id, whether it is this one)."""
    new = bool(store.client.set(f"f:sweep:{sweep.id}", _packed(sweep), nx=True, px=store.retention.letters))
    found = sweep if new else get(store, sweep.id)
    if found is None:  # the time of the one before ended this very moment
        return begin(store, sweep)
    store.client.zadd("f:sweeps", {sweep.id: found.begun})
    store.client.zremrangebyrank("f:sweeps", 0, -KEPT - 1)
    if not over(progress(store, sweep.id)):
        store.client.sadd("f:sweeping", sweep.id)
    return found, new


def _packed(sweep: Sweep) -> str:
    asked = asdict(sweep)
    asked["wanted"]["ids"] = sorted(sweep.wanted.ids)
    return json.dumps(asked, ensure_ascii=False)


def get(store: Store, ident: str) -> Sweep | None:
    """What was asked; None when there is no such sweep, or it is no longer kept."""
    raw: Any = store.client.get(f"f:sweep:{ident}")
    if raw is None:
        return None
    asked = json.loads(raw)
    wanted = asked.pop("wanted")
    return Sweep(**asked, wanted=Wanted(**{**wanted, "ids": frozenset(wanted["ids"])}))


def listing(store: Store, *, limit: int) -> list[Sweep]:
    """The newest."""
    names: Any = store.client.zrevrange("f:sweeps", 0, limit - 1)
    found = [get(store, text(name)) for name in names]
    return [one for one in found if one is not None]


def going_on(store: Store) -> list[str]:
    """Those that are not over."""
    found: Any = store.client.smembers("f:sweeping")
    return sorted(text(one) for one in found)


def end(store: Store, ident: str) -> None:
    """It is over, or its record is gone."""
    store.client.srem("f:sweeping", ident)


def stop(store: Store, ident: str) -> None:
    """Somebody has seen enough: what is done stays done."""
    for partition in range(store.partitions):
        key = store.key(partition, f"sw:{ident}")
        store.client.hset(key, mapping={"over": "1", "stopped": "1"})
        store.client.pexpire(key, store.retention.letters)
    end(store, ident)


def progress(store: Store, ident: str) -> list[Progress]:
    """How far it came, partition by partition."""
    with store.client.pipeline(transaction=False) as pipe:
        for partition in range(store.partitions):
            pipe.hgetall(store.key(partition, f"sw:{ident}"))
        return [_read(raw) for raw in pipe.execute()]


def _read(raw: Any) -> Progress:
    told = {text(name): text(value) for name, value in raw.items()}
    counts = {name: int(told.get(name) or 0) for name in COUNTS}
    return Progress(
        told.get("cursor", ""),
        json.loads(told.get("notes") or "[]"),
        over="over" in told,
        stopped="stopped" in told,
        **counts,
    )


def over(found: list[Progress]) -> bool:
    """Whether it is, everywhere."""
    return all(one.over for one in found)


def advance(store: Store, partition: int, ident: str, start: str, now: Progress) -> bool:
    """Writes down how far it came from `start`, with what `now` counts since; False when another was at it."""
    told = store.run(
        "swept",
        partition,
        ident,
        start,
        now.cursor,
        now.failed,
        now.skipped,
        json.dumps(now.notes, ensure_ascii=False),
        "1" if now.over else "",
        store.retention.letters,
    )
    return bool(told)


def following(store: Store, partition: int, wanted: Wanted, cursor: str, most: int) -> list[tuple[str, str]]:
    """[(cursor behind it, letter)] of those that may match, oldest first, so that runs go again as they came."""
    if wanted.ids:
        mine = sorted(one for one in wanted.ids if letters.partition_of(store, one) == partition and one > cursor)
        return [(one, one) for one in mine[:most]]
    low, high = wanted.bounds
    key = store.key(partition, wanted.index)
    rows: Any = store.client.zrangebyscore(
        key, f"({cursor}" if cursor else low, high, start=0, num=most, withscores=True
    )
    return [(str(int(at)), text(name)) for name, at in rows]
