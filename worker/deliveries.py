"""
Events → apps.  Each subscription has a lane per conversation, so an app hears a conversation in order.

A delivery that fails, or takes longer than it may, is tried again with growing pauses while its conversation waits
(retry.py); in the end it is set aside as a dead letter and the conversation goes on.  At least once: an app tells
doubles by the event's id.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from worker.core import Core, Subscription
from worker.handlers import Ferry
from worker.hands import HandlerTooSlow
from worker.retry import decide_delivery
from worker.store import lanes, letters
from worker.store.text import text
from worker.suspects import PAUSE_MS, STRIKES

log = logging.getLogger("ferry.deliveries")

ITEMS = 25  # of one lane before others get their turn
SECONDS = 10.0
MARGIN = 5000  # ms a lease is longer than a handler may take


def drain(core: Core, partition: int, queue: str) -> None:
    """Hands the events of a subscription's ready lanes to it until none is ready or the time is over."""
    wanted = queue.removeprefix("dlv:")
    subscription = next((one for one in core.subscriptions if one.name == wanted), None)
    if subscription is None:
        return  # another worker has it, or nobody: its lanes wait
    until = time.monotonic() + SECONDS
    lease = int(core.settings.handler_seconds * 1000) + MARGIN
    limit, answering = core.settings.per_queue, True
    while core.may_go_on(until):
        taken = lanes.claim(core.store, partition, queue, lease=lease, limit=limit, answering=answering)
        answering = False
        core.ring(partition, taken.rings)
        if taken.head is None:
            return
        with lanes.in_hand(core.store, partition, taken), core.suspects.alone(taken.strikes) as cleared:
            if cleared is None:
                lanes.hold_back(core.store, partition, taken, PAUSE_MS)
            else:
                _lane(core, partition, subscription, taken, lease, until, cleared)
    core.ring(partition, (queue,))


def _lane(
    core: Core,
    partition: int,
    subscription: Subscription,
    taken: lanes.Claim,
    lease: int,
    until: float,
    cleared: Callable[[], None],
) -> None:
    """Hands one lane's events over.  cleared: its first head has not killed us."""
    head: lanes.Head | None = taken.head
    strikes = taken.strikes
    for count in range(1, ITEMS + 1):
        if head is None:
            return
        verdict, wait, aside = _deliver(core, subscription, head, strikes)
        strikes = 0
        cleared()
        at = int(_now(core) + wait * 1000) if verdict == "again" else ""
        told = core.store.run(
            "delivered",
            partition,
            taken.lane,
            taken.token,
            head.item,
            verdict,
            at,
            json.dumps(aside) if aside else "",
            "1" if count < ITEMS and core.may_go_on(until) else "",
            lease,
        )
        if len(told) > 1:
            core.ring(partition, [text(one) for one in told[1]])
        head = lanes.read_head(told[2]) if text(told[0]) == "next" else None


def _now(core: Core) -> float:
    seconds, micros = core.store.client.time()
    return float(seconds) * 1000 + float(micros) / 1000


def _deliver(
    core: Core, subscription: Subscription, head: lanes.Head, strikes: int
) -> tuple[str, float, dict[str, Any] | None]:
    """(verdict, seconds to wait, dead letter)."""
    if head.event is None:
        return "done", 0.0, None  # no longer kept
    event = event_of(head)

    def dead(cause: str, told: str) -> tuple[str, float, dict[str, Any]]:
        return "dead", 0.0, letter(core, subscription.name, event, cause, told)

    if strikes >= STRIKES:
        return dead("handler_killed_worker", "it ended its worker three times")
    stored = core.connections.get(event["connection"])
    if stored is None:
        return dead("connection_gone", "its connection no longer exists")
    begun = time.monotonic()
    answer = Ferry(core, stored, event, subscription.name)
    try:
        core.hands.call(lambda: subscription.call(event, answer), core.settings.handler_seconds)
    except Exception as problem:  # whatever an app's function raises is its delivery's failure
        kind = type(problem).__name__
        log.warning(
            "a handler failed",
            extra={"subscription": subscription.name, "event": event["id"], "type": event["type"], "error": kind},
            exc_info=log.isEnabledFor(logging.DEBUG),
        )
        why = _why(core, subscription, problem)
        now = _now(core)
        decision = decide_delivery(
            problem,
            tries=head.tries + 1,
            waited=(now - (head.since if head.since is not None else now)) / 1000,
            patience=core.settings.delivery_patience_seconds,
            most=core.settings.attempts,
        )
        return dead(*why) if decision.verdict == "failed" else ("again", decision.wait, None)
    log.info(
        "delivered",
        extra={
            "subscription": subscription.name,
            "event": event["id"],
            "type": event["type"],
            "seconds": round(time.monotonic() - begun, 4),
        },
    )
    return "done", 0.0, None


def _why(core: Core, subscription: Subscription, problem: Exception) -> tuple[str, str]:
    """The cause of a dead letter, and in a sentence: what a handler raises may have people's words in it."""
    if isinstance(problem, HandlerTooSlow):
        return "handler_too_slow", f"{subscription.name} took longer than {core.settings.handler_seconds:g} s"
    kind = type(problem).__name__
    return f"handler_raised:{kind}", f"{subscription.name} raised {kind}"


def event_of(head: lanes.Head) -> dict[str, Any]:
    """What is told: the event as it was committed, or the copy in a dead letter that is replayed, marked so."""
    told: dict[str, Any] = json.loads(head.event or b"{}")
    if head.mark is None:
        return told
    return {**told["event"], "replayed_by": json.loads(head.mark)}


def letter(core: Core, subscription: str, event: dict[str, Any], cause: str, told: str) -> dict[str, Any]:
    """The dead letter of an event that this subscription did not take."""
    stored = core.connections.get(event["connection"])
    made = letters.letter(
        core.store,
        cause,
        {"subscription": subscription, "event": event},
        connection=event["connection"],
        provider=core.provider(stored).title if stored is not None else "",
        told=told,
    )
    return {"id": f"{event['id']}:{subscription}", **made}
