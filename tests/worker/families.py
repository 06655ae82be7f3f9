"""
Every family of keys there is: whose it is, and what bounds it.

A key of no family here is one that nobody bounds: `strangers` finds it, whatever wrote it.  The families stand in
worker/store/README.md, too, with what they hold; the owners are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import redis

from worker.store.text import text


class Bound(StrEnum):
    """Why a family cannot grow with traffic for ever."""

    EXPIRES = "each key has a time to live"
    ENDS = "each key expires once what it tells of has ended"
    WORK = "there while there is work, and gone when it is done"
    TRIMMED = "what is past its time is taken out by the job `trim`, and an empty one is gone"
    LENGTH = "at most so many entries"
    FIXED = "one for each connection, person or process that is known, whatever the traffic"


@dataclass(frozen=True)
class Family:
    """Whose it is; what bounds it; `most` entries of one key."""

    owner: str
    bound: Bound
    most: int | None = None


PARTITION = {
    # f:{p}:<name>…
    "due": Family("lanes", Bound.WORK),
    "q": Family("lanes", Bound.WORK),
    "h": Family("lanes", Bound.WORK),
    "s": Family("lanes", Bound.WORK),
    "b": Family("lanes", Bound.EXPIRES),
    "l": Family("lanes", Bound.WORK),
    "turn": Family("lanes", Bound.FIXED),
    "in": Family("journal", Bound.TRIMMED),
    "c": Family("journal", Bound.FIXED),
    "r": Family("runs", Bound.ENDS),
    "later": Family("runs", Bound.WORK),
    "exp": Family("runs", Bound.WORK),
    "rec": Family("runs", Bound.WORK),
    "co": Family("runs", Bound.EXPIRES),
    "ri": Family("runs", Bound.TRIMMED),
    "g": Family("runs", Bound.FIXED, most=200),
    "rp": Family("runs", Bound.EXPIRES),
    "ev": Family("events", Bound.TRIMMED),
    "eg": Family("events", Bound.FIXED),
    "e": Family("events", Bound.EXPIRES),
    "eh": Family("events", Bound.WORK),
    "held": Family("events", Bound.WORK),
    "ec": Family("events", Bound.EXPIRES, most=50),
    "rf": Family("events", Bound.EXPIRES),
    "m": Family("messages", Bound.EXPIRES),
    "mi": Family("messages", Bound.TRIMMED),
    "um": Family("messages", Bound.TRIMMED, most=10_000),
    "t": Family("messages", Bound.EXPIRES),
    "v": Family("messages", Bound.EXPIRES),
    "vi": Family("messages", Bound.TRIMMED),
    "oo": Family("messages", Bound.FIXED),
    "back": Family("restored", Bound.EXPIRES),
    "d": Family("lanes", Bound.WORK),
    "dl": Family("letters", Bound.TRIMMED),
    "dlw": Family("letters", Bound.TRIMMED),
    "dlg": Family("letters", Bound.TRIMMED),
    "dld": Family("letters", Bound.TRIMMED),
    "dlb": Family("letters", Bound.FIXED, most=2),
    "sw": Family("sweeps", Bound.EXPIRES),
    "log": Family("activity", Bound.LENGTH, most=11_000),
}
GLOBAL = {
    # f:<name>…
    "conn": Family("connections", Bound.FIXED),
    "conns": Family("connections", Bound.FIXED),
    "ver": Family("connections", Bound.FIXED),
    "key": Family("apikeys", Bound.FIXED),
    "mark": Family("keyring", Bound.FIXED),
    "keyed": Family("keyring", Bound.FIXED),
    "rekeyed": Family("keyring", Bound.FIXED),
    "partitions": Family("base", Bound.FIXED),
    "born": Family("witness", Bound.FIXED),
    "sweep": Family("sweeps", Bound.EXPIRES),
    "sweeps": Family("sweeps", Bound.LENGTH, most=200),
    "sweeping": Family("sweeps", Bound.WORK),
    "tick": Family("ticker", Bound.EXPIRES),
    "worker": Family("presence", Bound.EXPIRES),
    "workers": Family("presence", Bound.FIXED),
    "ready": Family("condition", Bound.EXPIRES),
    "job": Family("jobs", Bound.FIXED),
    "renewing": Family("tokens", Bound.EXPIRES),
    "warned": Family("expiry", Bound.EXPIRES),
    "taken": Family("intake", Bound.WORK),
    "takers": Family("intake", Bound.FIXED),
    "beat": Family("redbeat", Bound.FIXED),
}
BROKER = re.compile(
    # Celery's own, where its broker is the same Redis: queues of wake-ups that expire, and who listens
    r"_kombu\.binding(_deadlines|(_permanent)?\..+)|unacked(_index|_mutex)?|(inbox|actions|deliveries|bulk|jobs|ferry)(\x06\x16\d)?"
    r"|.+\.(reply\.celery|celery)\.pidbox"
)


def name_of(key: str) -> tuple[str, str] | None:
    """("partition" | "global" | "broker", its family); None for one that is nobody's."""
    ours = re.match(r"f:(?:\{\d+\}:)?([a-z]+)", key)
    if ours is None:
        return ("broker", "") if BROKER.fullmatch(key) else None
    where = "partition" if key.startswith("f:{") else "global"
    table = PARTITION if where == "partition" else GLOBAL
    return (where, ours[1]) if ours[1] in table else None


def family(key: str) -> Family | None:
    """What is known of a key's family."""
    found = name_of(key)
    if found is None or found[0] == "broker":
        return None
    return (PARTITION if found[0] == "partition" else GLOBAL)[found[1]]


def keys(client: redis.Redis) -> list[str]:
    """Every key there is."""
    return sorted(text(name) for name in client.scan_iter(count=1000))


def strangers(names: Iterable[str]) -> list[str]:
    """Those of no family."""
    return [name for name in names if name_of(name) is None]


def counted(client: redis.Redis) -> dict[str, int]:
    """How many keys of each family there are."""
    found: dict[str, int] = {}
    for name in keys(client):
        where, what = name_of(name) or ("nobody's", name)
        label = what if where == "partition" else f"{where} {what}".strip()
        found[label] = found.get(label, 0) + 1
    return dict(sorted(found.items()))


def boundless(client: redis.Redis, *, ended: Iterable[str] = ()) -> list[str]:
    """
    Keys that break the word of their family, with why.

    ended: runs that have ended, whose records must expire
    """
    over = {f"r:{run}" for run in ended}
    found = []
    for name in keys(client):
        known = family(name)
        if known is None:
            continue
        lives = int(client.pttl(name))
        short = name.partition("}:")[2]
        if lives == -1 and (known.bound is Bound.EXPIRES or (known.bound is Bound.ENDS and short in over)):
            found.append(f"{name} never expires")
        if known.most is not None and length(client, name) > known.most:
            found.append(f"{name} has more than {known.most} entries")
    return found


def length(client: redis.Redis, name: str) -> int:
    """How many entries a key has."""
    size = {"list": "LLEN", "set": "SCARD", "zset": "ZCARD", "hash": "HLEN", "stream": "XLEN"}
    command = size.get(text(client.type(name)))
    ask: Any = client.execute_command  # redis-py leaves it untyped
    return int(ask(command, name)) if command else 1
