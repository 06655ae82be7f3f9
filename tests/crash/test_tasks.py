"""Other apps' tasks, sent by a Celery app that imports nothing of ours, while the worker that takes them is killed."""

from __future__ import annotations

import json
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery

from tests.crash.load import CONTACTS
from tests.crash.stand import P, Stand
from tests.eventually import eventually

pytestmark = pytest.mark.crash

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@pytest.fixture
def bare(stand: Stand) -> Iterator[Celery]:
    """Somebody else's app: JSON only, and the broker's address."""
    app = Celery("somebody", broker=stand.dev.info["redis_url"], set_as_current=False)
    yield app
    app.close()


def test_each_task_becomes_one_run(stand: Stand, bare: Celery, seed: int, *, long: bool) -> None:
    """None is lost or doubled, whenever the worker dies.  One in five leaves now: once, or its run says unknown."""
    count, kills = (20_000, 25) if long else (1_500, 2)
    dice = random.Random(seed)
    contacts = [next(CONTACTS) for _ in range(60)]
    index = f"{P}ri:{stand.connection('1msg').id}"
    before = int(stand.state.zcard(index))
    sent: dict[str, str] = {}

    def send() -> None:
        for number in range(count):
            text = f"t{seed}-{number:05d}"
            words = {"to": contacts[number % len(contacts)], "text": text}
            body = {"connection": "1msg", "action": "send-message", "input": words, "force": True}  # nobody wrote first
            if number % 5:
                body["not_before"] = TOMORROW
            sent[str(bare.send_task("ferry.run", kwargs=body, queue="ferry").id)] = text

    def reach(taken: int) -> None:
        eventually(lambda: int(stand.state.zcard(index)) >= before + taken, 120.0)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        for taken in sorted(dice.sample(range(count // 20, count - count // 20), kills)):
            reach(taken)
            stand.kill_worker()
    finally:
        sending.join()
    reach(count)
    stand.drained()

    runs = [run for run in stand.listed("/v1/runs", connection="1msg") if _task(run["idempotency_key"]) in sent]
    assert Counter(sent.keys()) == Counter(_task(run["idempotency_key"]) for run in runs)
    states = Counter(run["state"] for run in runs)
    print(f"{kills} kills; {count} tasks; {dict(states)}")
    assert count - count // 5 == states.pop("scheduled")
    assert {"succeeded", "unknown"} >= set(states)
    pattern = re.compile(rf"t{seed}-\d+")
    heard = Counter(
        told[0] for one in stand.dev.asked("1msg", "send-message") if (told := pattern.search(json.dumps(one["body"])))
    )
    assert [] == [text for text, times in heard.items() if times > 1]
    succeeded = {sent[_task(run["idempotency_key"])] for run in runs if run["state"] == "succeeded"}
    assert succeeded <= set(heard)


def _task(key: str | None) -> str:
    """The task's id, which is the key of a run whose caller gave none."""
    return (key or "").removeprefix("task:")
