"""Events for handlers that are gone: kept for a while, then set aside, so that they hold nothing up for ever."""

from __future__ import annotations

from typing import Any

import pytest
import redis as redis_client

from tests.worker.pipeline import Pipeline, build
from worker import jobs, letters_by_hand, presence, unheard
from worker.app import drain
from worker.core import Subscription
from worker.store import events, letters
from worker.store.letters import Who

heard: list[str] = []


def hear(event: dict[str, Any], ferry: object) -> None:
    """Notes it."""
    del ferry
    heard.append(event["id"])


HANDLER = Subscription("my.bot", frozenset({"message.received"}), hear)


@pytest.fixture
def ferry(redis: redis_client.Redis) -> Pipeline:
    """Three events wait in two conversations, and the process has been started without their handler."""
    heard.clear()
    made = build(redis, handlers=[HANDLER])
    stored = made.connect("1msg")
    for text in ("a", "b"):
        made.ingest(stored, made.hook(stored, "message", {"messages.0.body": text}))
    other = {"messages.0.chatId": "15550100999@c.us", "messages.0.author": "15550100999@c.us"}
    made.ingest(stored, made.hook(stored, "message", other))
    drain(made.core, 0, "in:1msg")
    made.core.subscriptions = []
    return made


def old(ferry: Pipeline) -> None:
    """So is everything that waits."""
    ferry.core.store.retention.events = -1_000


def test_they_wait_as_long_as_events_are_kept(ferry: Pipeline) -> None:
    """In case the handler comes back."""
    jobs.trim(ferry.core)
    assert [] == letters.listing(ferry.core.store)
    ferry.core.subscriptions = [HANDLER]
    ferry.core.store.client.zadd("f:{0}:q:dlv:my.bot", dict.fromkeys(lanes_of(ferry), 1), xx=True)
    ferry.core.store.client.zadd("f:{0}:due", {"dlv:my.bot": 1})
    ferry.settle()

    assert 3 == len(heard)


def lanes_of(ferry: Pipeline) -> list[str]:
    """Those with events."""
    found: Any = ferry.core.store.client.zrange("f:{0}:q:dlv:my.bot", 0, -1)
    return [one.decode() for one in found]


def test_then_they_are_set_aside_and_hold_up_nothing(ferry: Pipeline) -> None:
    """A dead letter each, which a handler of that name takes; what they held up is forgotten like anything else."""
    assert events.count(ferry.core.store)
    old(ferry)
    jobs.trim(ferry.core)

    kept = letters.listing(ferry.core.store)
    assert ["handler_gone"] * 3 == [one["cause"] for one in kept]
    assert [] == lanes_of(ferry)
    assert 0 == events.count(ferry.core.store)

    ferry.core.subscriptions = [HANDLER]
    for one in kept:
        letters_by_hand.replay(ferry.core, one["id"], Who("ann"))
    ferry.settle()
    assert {one["body"]["event"]["id"] for one in kept} == set(heard)


def test_what_another_worker_hears_stays(ferry: Pipeline) -> None:
    """However old it is: not every worker has every handler."""
    old(ferry)
    ferry.core.subscriptions = [HANDLER]
    presence.Presence(ferry.core).beat()
    ferry.core.subscriptions = []
    assert 0 == unheard.turn(ferry.core)


def test_what_a_person_has_stopped_stays(ferry: Pipeline) -> None:
    """It waits for that person."""
    old(ferry)
    ferry.core.store.run("stop", 0, "dlv:my.bot", 9_999_999_999_999)
    assert 0 == unheard.turn(ferry.core)
    assert 2 == len(lanes_of(ferry))
