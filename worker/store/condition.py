"""Redis as it is: whether it can be written to, what it would evict, and what it can lose, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import ResponseError

from worker.store.base import Store
from worker.store.text import text

PROBE = "f:ready"
PROBE_MS = 60_000
LOSSES = {
    "always": "nothing that was acknowledged, on an honest disk",
    "everysec": "up to two seconds of what was acknowledged, if its machine or process dies",
    "no": "whatever the operating system had not written yet, often half a minute",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """
    problems: why nothing may be accepted, sentences
    warnings: what somebody should know, sentences
    """

    policy: str
    appendfsync: str
    can_lose: str
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Unfit(Exception):
    """This Redis would throw away what was acknowledged, or cannot be worked with: nothing starts on it."""


def refuse_unfit(store: Store) -> None:
    """
    Nothing starts on a Redis that evicts, nor on a Cluster; one that does not tell is believed to be fit.

    On a Cluster much would seem to work: what touches two partitions at once does not, and the first such batch of
    webhooks would be repeated for ever.

    raises: Unfit in a sentence, what the client raises when it is away
    """
    clustered: Any = store.client.info("cluster")
    if int(clustered.get("cluster_enabled", 0)):
        told = "this Redis runs as a Cluster, which Ferry cannot use: give it one server, with replicas if you like"
        raise Unfit(told)
    info: Any = store.client.info("memory")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        told = f"maxmemory-policy of this Redis is {policy}: it may throw away what was acknowledged; set noeviction"
        raise Unfit(told)


def condition(store: Store) -> Condition:
    """Asks and tries; raises what the client raises when Redis is away or refuses a write."""
    info: Any = store.client.info()
    store.client.set(PROBE, "1", px=PROBE_MS)
    policy = str(info.get("maxmemory_policy", "unknown"))
    file = bool(int(info.get("aof_enabled", 0)))
    fsync = _asked(store, "appendfsync") if file else "off"
    problems: list[str] = []
    warnings: list[str] = []
    if policy not in {"noeviction", "unknown"}:
        problems.append(f"maxmemory-policy is {policy}: Redis may throw away what was acknowledged; set noeviction")
    if text(info.get("aof_last_write_status", "ok")) != "ok":
        problems.append("Redis cannot write its append-only file: is its disk full?")
    laid = text(store.client.get("f:partitions"))
    if laid and laid != str(store.partitions):
        problems.append(f"the data was laid out with FERRY_PARTITIONS={laid}, not {store.partitions}")
    lose = LOSSES.get(fsync, "unknown: this Redis does not tell its appendfsync")
    if fsync == "off":
        lose = "everything since its last snapshot: it keeps no append-only file"
    if fsync != "always":
        warnings.append(f"appendfsync is {fsync}: a crash can lose {lose}")
    limit, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if limit and used > 0.85 * limit:
        warnings.append(f"Redis uses {used * 100 // limit} % of its maxmemory")
    return Condition(policy, fsync, lose, problems, warnings)


def _asked(store: Store, name: str) -> str:
    """A setting, where the server lets us ask: managed ones often do not."""
    try:
        found: Any = store.client.config_get(name)
    except ResponseError:
        return "unknown"
    return text(found.get(name, found.get(name.encode(), "unknown")))
