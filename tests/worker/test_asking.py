"""What is asked before a run may leave: however long it takes, one worker asks."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import redis as redis_client

from connectors.action import Ask, Call
from connectors.registry import PROVIDERS
from tests.eventually import eventually
from tests.worker.pipeline import Pipeline, build
from worker.accept import accept
from worker.app import drain
from worker.store import runs

QUEUE = "out:clicksend:live"


def question(call: Call, ask: Ask) -> Mapping[str, Any]:
    """Whatever has to be known first."""
    ask("get-account", {})
    return call.input


@pytest.fixture
def ferry(redis: redis_client.Redis, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """Its leases are shorter than the answer to a question takes."""
    made = build(redis, lease_seconds=0.3)
    made.connect("clicksend")
    actions = PROVIDERS["clicksend"].actions
    monkeypatch.setitem(actions, "send-sms", replace(actions["send-sms"], first=question))
    made.simulators["clicksend"].behave(action="get-account", delay=1.0)
    return made


def test_a_question_that_takes_longer_than_a_lease(ferry: Pipeline) -> None:
    """Three workers look for work all the time: one asks, once, and the run leaves."""
    given = {"to": "+61411111111", "text": "x"}
    run = accept(ferry.core, {"connection": "clicksend", "action": "send-sms", "input": given}).id
    before = len(ferry.simulators["clicksend"].requests("get-account"))
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.02):
            drain(ferry.core, 0, QUEUE)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    try:
        eventually(lambda: (runs.get(ferry.core.store, run) or {})["state"] == "succeeded", 10.0)
    finally:
        over.set()
        for one in workers:
            one.join()

    assert before + 1 == len(ferry.simulators["clicksend"].requests("get-account"))
