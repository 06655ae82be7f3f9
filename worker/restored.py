"""
A Redis that was restored from an old backup starts held.

What it shows as queued may have left in the time that was lost.  So before anything is begun every connection is
paused, each run that must not leave twice becomes *unknown* and is looked into like any other, and tasks of other apps
that the backup still holds become dead letters.  Then a person looks, and resumes one connection after the other.

Found out by the ticks a worker remembers (store/witness.py), or told by `ferry release --restored`.  Every step may be
repeated: until the last one is done, no script lets anything begin, and whoever ticks next goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from worker import endings, intake, standing, states
from worker.accept import NotFound
from worker.core import Core
from worker.store import lanes, runs
from worker.store.base import Store
from worker.store.events import packed
from worker.store.text import stamp, text

log = logging.getLogger("ferry.restored")

WARNING = (
    "Redis was restored from a backup of {turn}: all connections are paused, and what may have left since is unknown. "
    "`ferry runs list --state unknown` shows it; `ferry connection resume ID` (or --all) goes on"
)


def told(store: Store) -> None:
    """Somebody says that this Redis was restored: the workers hold everything before they begin anything."""
    for partition in range(store.partitions):
        store.run("back", partition, "told", "", "")


def hold(core: Core, partition: int, alive: Callable[[], object] = lambda: None) -> int:
    """
    Holds whatever a partition would otherwise begin; returns how many runs became unknown.

    alive: called between the pages of a long list
    """
    core.store.witness.look(core.store)  # another Redis is no backup
    turn, since = [*core.store.run("back", partition, "begin", core.store.witness.seen(partition), ""), None, None][:2]
    if turn is None:
        return 0
    log.error("redis was restored from a backup: holding", extra={"backup_of": stamp(turn)})
    if partition == 0:
        _tasks(core)
    for stored in core.connections.all():
        if core.store.of(stored.id) == partition and not stored.archived:
            _pause(core, stored.id, text(turn), text(since))
            alive()
    count = sum(_doubt(core, partition, run) for run in runs.unended(core.store, partition, alive))
    core.store.run("back", partition, "end", core.store.witness.seen(partition), stamp(since))
    log.error("redis was restored from a backup: held", extra={"backup_of": stamp(turn), "unknown": count})
    return count


def warnings(core: Core) -> list[str]:
    """For `/readyz` and `ferry doctor`: that it was, as long as a connection waits for a person since then."""
    for partition in range(core.store.partitions):
        turn: Any = core.store.client.hget(core.store.key(partition, "back"), "turn")
        if turn is not None and any(one.paused and not one.archived for one in core.connections.all()):
            return [WARNING.format(turn=stamp(turn))]
    return []


def _pause(core: Core, ident: str, turn: str, since: str) -> None:
    try:
        stored = standing.pause(core, ident)
    except NotFound:
        return
    warning = {"code": "restored", "text": WARNING.format(turn=stamp(turn))}
    states.tell(core, stored, stored.state, warnings=[warning], key=f"restored:{since}")


def _doubt(core: Core, partition: int, run: str) -> int:
    record = runs.load(core.store, run)
    if record is None:
        return 0
    events = endings.unknown_events(core, lanes.Head(run, {**record, "attempt": b"restored"}))
    return int(core.store.run("doubt", partition, run, packed(core.store, events)))


def _tasks(core: Core) -> None:
    """
    Tasks of other apps that the backup still holds may have been carried out since.

    Where the broker is another Redis, it was not restored with ours.
    """
    settings = core.settings
    if settings.broker == settings.redis_url and intake.taken_by_list(settings.broker):
        for raw in intake.waiting(core.store.client):
            intake.letter(core, raw.decode("utf-8", "replace"), intake.MayHaveRun("it was in a restored backup"))
