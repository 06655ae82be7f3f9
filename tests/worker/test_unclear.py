"""Runs of several calls: each message whose outcome nobody knows is named, and none goes out twice by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import redis

from tests.worker.pipeline import Pipeline, build
from tests.worker.test_restored import Backup, later, look, tick
from worker import deadline, policy, reconcile, runs_by_hand, standing
from worker.accept import Conflict, accept
from worker.runs_by_hand import Said
from worker.store import runs

LONG = {"to": "15550100123", "text": "and on " * 1_400, "split": True}  # three messages


@pytest.fixture
def ferry(redis: redis.Redis) -> Pipeline:
    """A pipeline that does not wait long behind an unknown."""
    return build(redis, unknown_hold_seconds=0.1)


def run_of(ferry: Pipeline, ident: str) -> dict[str, Any]:
    """The run as the outside sees it."""
    found = runs.get(ferry.core.store, ident)
    assert found is not None
    return found


def parts(ferry: Pipeline, ident: str) -> dict[str, str]:
    """ref → state."""
    return {one["ref"]: one["state"] for one in run_of(ferry, ident)["parts"]}


def text_to(ferry: Pipeline) -> str:
    """A long text, cut into three."""
    body = {"connection": ferry.connect("1msg").id, "action": "send-message", "input": LONG, "force": True}
    return accept(ferry.core, body).id


def batch(ferry: Pipeline, messages: list[dict[str, Any]], unclear: frozenset[int]) -> str:
    """A batch whose first call is answered, some of it without a clear word, and whose second is lost after it left."""
    stored, simulator = ferry.connect("clicksend"), ferry.simulators["clicksend"]
    body = {"connection": stored.id, "action": "send-sms", "input": {"messages": messages}}
    ident = accept(ferry.core, body).id
    rows = [
        {
            "to": one.get("to", "+61411111111"),
            "custom_string": f"{ident}-{at}",
            "message_id": f"M{at}",
            "status": "INTERNAL_ERROR" if at in unclear else "SUCCESS",
        }
        for at, one in enumerate(messages[:1_000])
    ]
    told = {"http_code": 200, "response_code": "SUCCESS", "data": {"messages": rows}}
    simulator.behave(action="send-sms", status=200, body=told, times=1)
    simulator.behave(action="send-sms", drop="after", times=1)
    ferry.settle(60)
    return ident


def test_a_lost_call_is_not_hidden_by_an_unclear_message_of_the_call_before(ferry: Pipeline) -> None:
    """Given up by its policy and tried again by a person: what may be out has that outcome and is not sent again."""
    stored = ferry.connect("clicksend")
    ferry.core.connections.save(replace(stored, policy=policy.hold({"unknown_outcome": "fail"})))
    many = [{"to": f"+614{20_000_000 + number}", "text": f"text {number}"} for number in range(1_002)]
    ident = batch(ferry, many, frozenset({7}))
    assert "unknown" == run_of(ferry, ident)["state"]

    assert "fail" == deadline.decide(ferry.core, 0, ident)

    assert {"accepted": 999, "unknown": 3} == Counter(parts(ferry, ident).values())
    with pytest.raises(Conflict, match="every message of this run is out, or may be"):
        runs_by_hand.retry(ferry.core, ident, force=False)
    calls = ferry.simulators["clicksend"].requests("send-sms")
    assert [1_000, 2] == [len(one["body"]["messages"]) for one in calls]


def test_a_person_is_asked_of_each_and_believed(ferry: Pipeline) -> None:
    """The first of three texts was queued, the answer to the second lost: the word counts for both."""
    ident = text_to(ferry)
    simulator = ferry.simulators["onemsg"]
    simulator.behave(action="send-message", status=200, body={"sent": False, "jobId": "job-1"}, times=1)
    simulator.behave(action="send-message", drop="after", times=1)
    ferry.settle()
    assert "unknown" == run_of(ferry, ident)["state"]

    runs_by_hand.resolve(ferry.core, ident, Said("succeeded"), by="ops")
    ferry.settle()

    assert ("succeeded", {"0", "1", "2"}) == (run_of(ferry, ident)["state"], set(parts(ferry, ident)))
    assert 3 == len(simulator.requests("send-message"))


def test_members_of_a_list_are_not_sent_to_again(ferry: Pipeline) -> None:
    """Beside a list, one message was lost before it left: a person's retry is of that one, as the list has its rows."""
    stored, simulator = ferry.connect("clicksend"), ferry.simulators["clicksend"]
    messages = [{"list_id": 7, "text": "sale"}, {"to": "+61411111112", "text": "hello"}]
    body = {"connection": stored.id, "action": "send-sms", "input": {"messages": messages}}
    ident = accept(ferry.core, body).id
    rows = [
        {"to": to, "custom_string": f"{ident}-0", "message_id": f"M{to}", "status": "SUCCESS"}
        for to in ("+61422222221", "+61422222222")
    ]
    told = {"http_code": 200, "response_code": "SUCCESS", "data": {"messages": rows}}
    simulator.behave(action="send-sms", status=200, body=told, times=1)
    ferry.settle()
    assert {"accepted": 2, "unknown": 1} == Counter(parts(ferry, ident).values())

    runs_by_hand.retry(ferry.core, ident, force=True)
    ferry.settle()

    left = [[one.get("to") for one in call["body"]["messages"]] for call in simulator.requests("send-sms")]
    assert [[None, "+61411111112"], ["+61411111112"]] == left


def test_further_calls_of_a_restored_run_may_be_out_too(redis: redis.Redis) -> None:
    """The backup is of before the first of three: none goes again, whatever is said or found of one of them."""
    ferry = build(redis, unknown_hold_seconds=0.1)
    look(ferry)
    ident = text_to(ferry)
    backup = Backup(redis)
    ferry.settle()
    later(ferry)
    backup.put_back()
    tick(ferry)
    standing.resume(ferry.core, "1msg")
    ferry.settle()
    assert "unknown" == run_of(ferry, ident)["state"]

    runs_by_hand.resolve(ferry.core, ident, Said("succeeded", parts={"0": ("succeeded", None)}), by="ops")
    assert {"0": "accepted", "1": "unknown", "2": "unknown"} == parts(ferry, ident)
    reconcile.look(ferry.core, 0, ident)
    runs_by_hand.resolve(ferry.core, ident, Said("succeeded"), by="ops")
    ferry.settle()

    assert "succeeded" == run_of(ferry, ident)["state"]
    assert 3 == len(ferry.simulators["onemsg"].requests("send-message"))


def test_a_restored_batch_is_proven_call_by_call(redis: redis.Redis) -> None:
    """ClickSend's history knows all of it: it ends without a call."""
    ferry = build(redis, unknown_hold_seconds=0.1)
    look(ferry)
    stored = ferry.connect("clicksend")
    many = [{"to": f"+614{30_000_000 + number}", "text": f"text {number}"} for number in range(1_002)]
    ident = accept(ferry.core, {"connection": stored.id, "action": "send-sms", "input": {"messages": many}}).id
    backup = Backup(redis)
    ferry.settle(60)
    later(ferry)
    backup.put_back()
    tick(ferry)
    standing.resume(ferry.core, stored.id)

    assert ["unknown", "proven"] == [reconcile.look(ferry.core, 0, ident) for _ in range(2)]

    ferry.settle()
    assert ("succeeded", {"accepted": 1_002}) == (run_of(ferry, ident)["state"], Counter(parts(ferry, ident).values()))
    assert 2 == len(ferry.simulators["clicksend"].requests("send-sms"))
