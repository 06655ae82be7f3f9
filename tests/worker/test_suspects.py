"""What may have killed a worker is taken up alone, and everything else goes on beside it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import redis

from tests.eventually import eventually
from tests.worker.pipeline import Pipeline, build
from worker import deliveries, inbox
from worker.core import Subscription
from worker.handlers import Ferry
from worker.store.text import text as text_of
from worker.suspects import STRIKES, Suspects


def test_one_suspect_at_a_time() -> None:
    """The next one has to wait, until the first has not killed or has taken very long about it."""
    suspects = Suspects()
    with suspects.alone(1) as first, suspects.alone(2) as second:
        assert (True, None) == (first is not None, second)
        assert first is not None
        first()
        with suspects.alone(1) as third:
            assert third is not None
    with Suspects(patience=0.0).alone(1), Suspects(patience=0.0).alone(1) as other:
        assert other is not None


def test_who_is_no_suspect_waits_for_nobody() -> None:
    """What was never struck, and what is set aside anyway; and nobody is left behind by an error."""
    suspects = Suspects()
    with pytest.raises(ZeroDivisionError), suspects.alone(1):
        _ = 1 / 0
    with suspects.alone(1) as first, suspects.alone(0) as innocent, suspects.alone(STRIKES) as guilty:
        assert None not in (first, innocent, guilty)


def test_deliveries_that_died_once_are_made_one_after_the_other(redis: redis.Redis) -> None:
    """Two conversations whose worker died, and one that has nothing to do with it."""
    go_on, heard = threading.Event(), []
    begun = threading.Event()

    def hear(event: dict[str, Any], ferry: Ferry) -> None:
        text = event["message"]["text"]
        heard.append(text)
        if text == "struck 0":
            begun.set()
            go_on.wait(20)

    ferry: Pipeline = build(redis, handlers=[Subscription("bot", frozenset({"message.received"}), hear)])
    stored = ferry.connect("1msg")
    store, core = ferry.core.store, ferry.core
    for number, text in enumerate(("struck 0", "struck 1", "other")):
        changes = {"messages.0.body": text, "messages.0.chatId": f"1555010000{number}@c.us"}
        ferry.ingest(stored, ferry.hook(stored, "message", changes))
    inbox.drain(core, 0, "in:1msg")
    lanes: Any = store.client.zrange(store.key(0, "q:dlv:bot"), 0, -1)
    for lane in map(text_of, lanes):
        item: Any = store.client.lindex(store.key(0, f"l:{lane}"), 0)
        if "15550100002" not in lane:
            store.client.hset(store.key(0, "s:dlv:bot"), lane, f"{text_of(item)} somebody -")

    first = threading.Thread(target=lambda: deliveries.drain(core, 0, "dlv:bot"))
    first.start()
    try:
        assert begun.wait(20)
        deliveries.drain(core, 0, "dlv:bot")
        beside = set(heard)
    finally:
        go_on.set()
        first.join()

    def settled() -> bool:
        ferry.settle()
        return len(heard) == 3

    assert {"struck 0", "other"} == beside
    eventually(settled)
    assert 0 == store.client.hlen(store.key(0, "s:dlv:bot"))
