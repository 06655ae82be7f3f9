"""Events handed to handlers: in order, at least once, never for ever."""

from __future__ import annotations

import sys
import time
import types
from typing import Any

import pytest
import redis

from tests.worker.pipeline import Pipeline, build
from worker.core import Subscription
from worker.handlers import Ferry, HandlersError, load, on
from worker.store import letters, runs


def subscription(call: Any, *kinds: str) -> Subscription:
    """A handler as FERRY_HANDLERS would load it."""
    return Subscription("test.hear", frozenset(kinds), call)


def wait(ferry: Pipeline, done: Any, seconds: float = 10.0) -> None:
    """Drains until `done()`."""
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        ferry.settle()
        time.sleep(0.02)
    assert done()


def test_a_conversation_is_heard_in_order_though_one_event_fails_first(redis: redis.Redis) -> None:
    """The event that fails is tried again before the next of its conversation; others are not held up."""
    heard: list[str] = []
    failed: list[str] = []

    def hear(event: dict[str, Any], ferry: Ferry) -> None:
        text = event["message"]["text"]
        if text == "b" and not failed:
            failed.append(text)
            raise RuntimeError("not now")
        heard.append(text)

    ferry = build(redis, handlers=[subscription(hear, "message.received")])
    stored = ferry.connect("1msg")
    for text in ("a", "b", "c"):
        ferry.ingest(stored, ferry.hook(stored, "message", {"messages.0.body": text}))
    other = {"messages.0.body": "x", "messages.0.chatId": "15550100999@c.us"}
    ferry.ingest(stored, ferry.hook(stored, "message", other))
    ferry.settle()
    assert heard == ["a", "x"]

    wait(ferry, lambda: len(heard) == 4)
    assert [one for one in heard if one != "x"] == ["a", "b", "c"]


def test_an_event_nobody_can_take_is_set_aside(redis: redis.Redis) -> None:
    """Past its patience a delivery becomes a dead letter, and the conversation goes on."""
    heard: list[str] = []

    def hear(event: dict[str, Any], ferry: Ferry) -> None:
        if event["message"]["text"] == "bad":
            raise RuntimeError("never")
        heard.append(event["message"]["text"])

    ferry = build(redis, handlers=[subscription(hear, "message.received")], delivery_patience_seconds=0.6)
    stored = ferry.connect("1msg")
    for text in ("bad", "good"):
        ferry.ingest(stored, ferry.hook(stored, "message", {"messages.0.body": text}))
    wait(ferry, lambda: heard == ["good"])

    kept = letters.listing(ferry.core.store)
    assert [(one["kind"], one["cause"]) for one in kept] == [("delivery", "handler_raised:RuntimeError")]
    assert kept[0]["body"]["event"]["message"]["text"] == "bad"


def test_a_delivery_is_tried_so_often(redis: redis.Redis) -> None:
    """However long it may take."""
    heard: list[str] = []

    def hear(event: dict[str, Any], ferry: Ferry) -> None:
        heard.append(event["id"])
        raise RuntimeError("never")

    ferry = build(redis, handlers=[subscription(hear, "message.received")], delivery_patience_seconds=1e9, attempts=2)
    stored = ferry.connect("1msg")
    ferry.ingest(stored, ferry.hook(stored, "message"))
    wait(ferry, lambda: bool(letters.listing(ferry.core.store)))

    assert 2 == len(heard)


def test_hearing_twice_says_nothing_twice(redis: redis.Redis) -> None:
    """A handler that answers and then fails is called again; its answer goes out once."""
    calls: list[str] = []

    def hear(event: dict[str, Any], ferry: Ferry) -> None:
        ferry.send("first")
        ferry.send("second")
        calls.append(event["id"])
        if len(calls) == 1:
            raise RuntimeError("after answering")

    ferry = build(redis, handlers=[subscription(hear, "message.received")])
    stored = ferry.connect("1msg")
    ferry.ingest(stored, ferry.hook(stored, "message"))
    wait(ferry, lambda: len(calls) == 2)
    ferry.settle()

    texts = [one["body"]["body"] for one in ferry.simulators["onemsg"].requests("send-message")]
    assert texts == ["first", "second"]
    made, _ = runs.listing(ferry.core.store, stored.id)
    assert {one["event"] for one in made} == {calls[0]}


def test_what_a_provider_cannot_do_is_said_plainly(redis: redis.Redis) -> None:
    """A read mark by SMS: the handler hears why, and asking again would change nothing."""
    told: list[str] = []

    def hear(event: dict[str, Any], ferry: Ferry) -> None:
        assert not ferry.can("mark_read")
        assert ferry.can("send")
        try:
            ferry.mark_read()
        except Exception as problem:
            told.append(str(problem))
            raise

    ferry = build(redis, handlers=[subscription(hear, "message.received")])
    stored = ferry.connect("clicksend")
    ferry.ingest(stored, ferry.hook(stored, "sms"))
    ferry.settle()

    assert len(told) == 1
    assert len(told[0]) > 20
    assert [one["cause"] for one in letters.listing(ferry.core.store)] == ["handler_raised:Unsupported"]


def test_a_handler_hears_only_its_types(redis: redis.Redis) -> None:
    """Without types it hears everything."""
    some: list[str] = []
    every: list[str] = []
    handlers = [
        Subscription("a", frozenset({"message.status"}), lambda event, ferry: some.append(event["type"])),
        Subscription("b", frozenset(), lambda event, ferry: every.append(event["type"])),
    ]
    ferry = build(redis, handlers=handlers)
    stored = ferry.connect("1msg")
    for sample in ("message", "ack-delivered"):
        ferry.ingest(stored, ferry.hook(stored, sample))
    ferry.settle()

    assert some == ["message.status"]
    assert every == ["message.received", "message.status"]


def test_modules_without_handlers_are_a_clear_mistake() -> None:
    """A name that cannot be imported, and a module that marks nothing."""
    with pytest.raises(HandlersError, match=r"no\.such\.module, which cannot be imported"):
        load(["no.such.module"])
    with pytest.raises(HandlersError, match="no function marked with @on"):
        load(["worker.retry"])


def test_functions_are_loaded_where_they_are_defined() -> None:
    """An imported handler is its own module's, not also the importer's."""
    module = types.ModuleType("made_up")

    def mine(event: dict[str, Any], ferry: Ferry) -> None:
        """Hears."""

    mine.__module__ = "made_up"
    module.mine = on("message.received")(mine)  # type: ignore[attr-defined]
    from worker.examples.echo import echo

    module.echo = echo  # type: ignore[attr-defined]
    sys.modules["made_up"] = module
    try:
        found = load(["made_up"])
    finally:
        del sys.modules["made_up"]

    assert [(one.name, one.types) for one in found] == [("made_up.mine", frozenset({"message.received"}))]
