"""Handlers that never return: they cost a thread, not a slot; and a worker that has too many of them ends."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.eventually import eventually
from tests.worker.pipeline import Pipeline, build
from worker.core import Subscription
from worker.handlers import Ferry
from worker.hands import HandlerExited, HandlerTooSlow, Hands
from worker.settings import environment
from worker.store import letters


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What a handler waits for, that comes only when the test is over."""
    made = threading.Event()
    yield made
    made.set()


def test_what_returns_in_time_is_as_if_it_were_called(stuck: threading.Event) -> None:
    """Its error is raised where it was called; its hand is used again."""
    hands, names = Hands(), []
    for _ in range(5):
        hands.call(lambda: names.append(threading.current_thread()), 5.0)
    assert 1 == len(set(names))
    with pytest.raises(ZeroDivisionError):
        hands.call(lambda: 1 / 0, 5.0)
    with pytest.raises(HandlerExited, match="SystemExit"):
        hands.call(lambda: sys.exit(1), 5.0)
    assert (0, 0) == (hands.away, hands.busy)


def test_one_past_its_limit_is_left_behind(stuck: threading.Event) -> None:
    """Its caller goes on; it is counted as long as it is away, and comes back."""
    hands = Hands()
    with pytest.raises(HandlerTooSlow):
        hands.call(stuck.wait, 0.01)
    assert (1, 0) == (hands.away, hands.busy)

    hands.call(lambda: None, 5.0)
    stuck.set()

    eventually(lambda: hands.away == 0)


def test_too_many_at_once_are_told_once(stuck: threading.Event) -> None:
    """Whoever ends the process hears it one time, when the limit is met."""
    hands, told = Hands(), []
    hands.watch(2, lambda: told.append(hands.away))
    for _ in range(3):
        with pytest.raises(HandlerTooSlow):
            hands.call(stuck.wait, 0.01)

    eventually(lambda: bool(told))
    assert 1 == len(told)


def test_a_stuck_handler_holds_up_its_conversation_only(redis: redis.Redis, stuck: threading.Event) -> None:
    """Its delivery fails and is set aside; others are heard meanwhile, its conversation afterwards."""
    heard: list[str] = []

    def hear(event: dict[str, Any], ferry: Ferry) -> None:
        if event["message"]["text"] == "stuck":
            stuck.wait()
        heard.append(event["message"]["text"])

    hearer = Subscription("test.hear", frozenset({"message.received"}), hear)
    ferry: Pipeline = build(redis, handlers=[hearer], handler_seconds=0.05, delivery_patience_seconds=0.0)
    stored = ferry.connect("1msg")
    for text, who in (("stuck", "15550100123"), ("after", "15550100123"), ("other", "15550100999")):
        changes = {"messages.0.body": text, "messages.0.chatId": f"{who}@c.us"}
        ferry.ingest(stored, ferry.hook(stored, "message", changes))
    ferry.settle()

    assert {"after", "other"} == set(heard)
    (kept,) = letters.listing(ferry.core.store)
    assert ("handler_too_slow", "test.hear took longer than 0.05 s") == (kept["cause"], kept["text"])
    assert 1 == ferry.core.hands.away


HANDLERS = """
import threading
from worker.handlers import on

@on("message.received")
def hear(event, ferry):
    if event["message"]["text"] == "stuck":
        threading.Event().wait()
    with open("heard.txt", "a") as file:
        file.write(event["message"]["text"] + "\\n")
"""


def test_a_worker_with_too_many_ends_for_its_supervisor(redis: redis.Redis, redis_url: str, tmp_path: Path) -> None:
    """A real one: with one stuck it goes on with all else; with a quarter of its slots' worth it ends with 75."""
    (tmp_path / "stubborn.py").write_text(HANDLERS)
    ferry = build(redis)
    stored = ferry.connect("1msg")

    def ingest(text: str, number: int) -> None:
        changes = {"messages.0.body": text, "messages.0.chatId": f"1555010{number:04d}@c.us"}
        ferry.ingest(stored, ferry.hook(stored, "message", changes))

    given = {
        "REDIS_URL": redis_url,
        "FERRY_SECRET_KEYS": ferry.core.settings.secret_keys[0],
        "FERRY_HANDLERS": "stubborn",
        "FERRY_SLOTS": "8",  # a quarter is two
        "FERRY_QUEUE_SLOTS": "4",
        "FERRY_HANDLER_SECONDS": "0.3",
        "FERRY_DELIVERY_PATIENCE_SECONDS": "0",
    }
    log, heard = tmp_path / "worker.log", tmp_path / "heard.txt"
    heard.touch()
    with log.open("wb") as out:
        words = [sys.executable, "-m", "worker.cli", "worker"]
        worker = subprocess.Popen(words, cwd=tmp_path, env=environment(given), stdout=out, stderr=out)
        try:
            ingest("stuck", 0)
            eventually(lambda: letters.listing(ferry.core.store))
            for number in range(10, 16):
                ingest("fine", number)
            eventually(lambda: ["fine"] * 6 == heard.read_text().split())
            assert worker.poll() is None, log.read_text()
            ingest("stuck", 1)
            assert 75 == worker.wait(60), log.read_text()
        finally:
            worker.kill()
            worker.wait()
    assert ["handler_too_slow"] * 2 == [one["cause"] for one in letters.listing(ferry.core.store)]
    assert "too many handlers do not return" in log.read_text()
