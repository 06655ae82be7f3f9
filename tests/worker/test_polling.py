"""What is taken off a provider's list of unread things is on our disk before."""

from __future__ import annotations

import time

import pytest
import redis

from connectors.client import asking
from connectors.registry import PROVIDERS
from tests.worker.pipeline import PUBLIC, Pipeline, build
from worker.accept import accept
from worker.store import journal, runs


@pytest.fixture
def ferry(redis: redis.Redis) -> Pipeline:
    """A pipeline over one Redis."""
    return build(redis)


def test_what_is_marked_as_read_was_journalled_before(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is in the journal by the time ClickSend is told to forget it, and becomes one event."""
    stored = ferry.connect("clicksend")
    simulator = ferry.simulators["clicksend"]
    order: list[str] = []
    whole = journal.ingest

    def ingest(*given: object) -> object:
        order.append(f"journalled, marked {len(simulator.requests('mark-inbound-as-read'))}")
        return whole(*given)  # type: ignore[arg-type]

    with ferry.core.clients.one() as client:
        ask = asking(PROVIDERS["clicksend"], stored.speak(PUBLIC), client)
        ask("create-inbound-rule", {"name": "polled", "do": "POLL"})
    simulator.memory.clock = lambda: time.time() - 900  # type: ignore[attr-defined]
    simulator.fire("sms", {"from": "+61410000001", "body": "stop", "message": "stop"})
    simulator.memory.clock = time.time  # type: ignore[attr-defined]
    simulator.behave(action="mark-inbound-as-read", status=503, times=1)
    monkeypatch.setattr(journal, "ingest", ingest)

    body = {"connection": stored.id, "action": "get-inbound-sms", "input": {"mark_as_read": True}}
    ident = accept(ferry.core, body).id
    until = time.monotonic() + 30
    while (run := runs.get(ferry.core.store, ident)) is not None and run["state"] != "succeeded":
        assert time.monotonic() < until
        ferry.settle()
        time.sleep(0.1)
    assert run is not None
    assert run["output"]["marked_before"] is not None
    assert order[0] == "journalled, marked 0"
    assert len(simulator.requests("mark-inbound-as-read")) == 2
    assert len(ferry.events("message.received")) == 1
    assert len(ferry.events("conversation.optout")) == 1


def test_what_was_handed_out_once_is_kept_though_nobody_can_read_it(ferry: Pipeline) -> None:
    """A report list in words we do not know: the run says so, and the words are an unknown event."""
    stored = ferry.connect("infobip")
    simulator = ferry.simulators["infobip"]
    odd = {"results": [{"never": "seen before"}]}
    simulator.behave(action="get-sms-delivery-reports", status=200, body=odd, times=1)
    given = {"beside_push": True}
    body = {"connection": stored.id, "action": "get-sms-delivery-reports", "input": given}
    ident = accept(ferry.core, body).id
    ferry.settle()

    assert runs.get(ferry.core.store, ident) is not None
    (event,) = ferry.events("unknown")
    assert event["raw"] == {"never": "seen before"}
