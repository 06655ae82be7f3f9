"""
Events that wait for a handler no worker has any more: it was renamed, or left out of FERRY_HANDLERS.

They wait as long as events are kept, in case it comes back; then they become dead letters, one each.  Else they would
wait for ever, and with them every later event of the partition: what waits is not forgotten, nor what came after it.
"""

from __future__ import annotations

import json
import logging
import time

from worker import deliveries
from worker.core import Core
from worker.presence import workers
from worker.store import backlog, lanes
from worker.store.text import text

log = logging.getLogger("ferry.unheard")

LEASE_MS = 10_000
LOOK_AGAIN_MS = 60_000  # a lane whose first event is young is ready again then, should its handler come back


def turn(core: Core) -> int:
    """Sets aside what has waited for too long; how many events that were.  What a person has stopped stays."""
    now = int(time.time() * 1000)
    known = {one.name for one in core.subscriptions}
    known |= {name for one in workers(core.store) for name in one["handlers"]}
    count = 0
    for queue in backlog.queues(core.store, now):
        name = queue.name.removeprefix("dlv:")
        if queue.name.startswith("dlv:") and name not in known and queue.closed is None:
            count += _queue(core, queue.partition, queue.name, name, now - core.store.retention.events)
    return count


def _queue(core: Core, partition: int, queue: str, name: str, before: int) -> int:
    count = 0
    while True:
        taken = lanes.claim(core.store, partition, queue, lease=LEASE_MS, limit=1, answering=False)
        head = taken.head
        if head is None:
            break
        with lanes.in_hand(core.store, partition, taken):
            while head is not None and _old(head, before):
                count += 1
                head = _set_aside(core, partition, taken, head, name)
            if head is not None:
                lanes.hold_back(core.store, partition, taken, LOOK_AGAIN_MS)
    if count:
        log.warning("events nobody hears were set aside", extra={"subscription": name, "count": count})
    return count


def _old(head: lanes.Head, before: int) -> bool:
    """A stream id begins with its time; a dead letter that is delivered again was old before."""
    return head.item.startswith("evt_") or int(head.item.partition("-")[0]) < before


def _set_aside(core: Core, partition: int, taken: lanes.Claim, head: lanes.Head, name: str) -> lanes.Head | None:
    letter = ""
    if head.event is not None:
        told = f"no worker has {name} any more"
        letter = json.dumps(deliveries.letter(core, name, deliveries.event_of(head), "handler_gone", told))
    words = (taken.lane, taken.token, head.item, "dead", "", letter, "1", LEASE_MS)
    answer = core.store.run("delivered", partition, *words)
    return lanes.read_head(answer[2]) if text(answer[0]) == "next" else None
