"""One run with many messages: cut into calls, an outcome each, cut off half-way, resumed, nothing sent twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import redis

from tests.worker.pipeline import Pipeline, build
from worker import letters_by_hand, reconcile, runs_by_hand
from worker.accept import Conflict, accept
from worker.store import runs
from worker.store.letters import Who

MANY = 2_500


@pytest.fixture
def ferry(redis: redis.Redis) -> Pipeline:
    """A pipeline that does not wait long behind an unknown."""
    return build(redis, unknown_hold_seconds=0.1)


def run_of(ferry: Pipeline, ident: str) -> dict[str, Any]:
    """The run as the outside sees it."""
    found = runs.get(ferry.core.store, ident)
    assert found is not None
    return found


def test_a_large_batch_cut_off_half_way_goes_on_and_sends_nothing_twice(ferry: Pipeline) -> None:
    """2,500 messages, three kinds of refusal, the answer to the second call lost: each message left at most once."""
    stored = ferry.connect("clicksend")
    simulator = ferry.simulators["clicksend"]
    messages = [{"to": f"+614{10_000_000 + number}", "text": f"text {number}"} for number in range(MANY)]
    messages[5]["to"] = "+612345"  # no mobile number
    messages[8]["to"] = "+5511987654321"  # a country that is not enabled
    messages[2_400]["to"], messages[2_400]["text"] = messages[2_300]["to"], messages[2_300]["text"]  # said just now
    simulator.behave(action="send-sms", times=1)
    simulator.behave(action="send-sms", drop="after", times=1)
    body = {"connection": stored.id, "action": "send-sms", "input": {"messages": messages}}
    ident = accept(ferry.core, body).id
    ferry.settle(60)
    half = run_of(ferry, ident)
    assert half["state"] == "unknown"
    assert len(half["parts"]) == 1_000

    assert reconcile.look(ferry.core, 0, ident) == "proven"
    ferry.settle(60)

    run = run_of(ferry, ident)
    states = Counter(one["state"] for one in run["parts"])
    refusals = {one["error"]["code"] for one in run["parts"] if one["state"] == "failed"}
    assert (run["state"], run["error"]["code"]) == ("failed", "partial")
    assert states["accepted"] + states["failed"] == MANY
    assert len(refusals) == 3
    left: Counter[str] = Counter()
    for one in simulator.requests("send-sms"):
        left.update(message["custom_string"] for message in one["body"]["messages"])
    assert set(left.values()) == {1}
    assert sum(left.values()) == MANY
    assert len(ferry.events("message.sent")) == states["accepted"]


def test_whoever_opted_out_is_taken_out_of_a_batch(ferry: Pipeline) -> None:
    """The others get their message; the outcome of each says which was which."""
    stored = ferry.connect("clicksend")
    store = ferry.core.store
    store.client.hset(store.key(0, f"oo:{stored.id}"), "+61410000001", "1")
    messages = [{"to": f"+6141000000{number}", "text": f"text {number}"} for number in range(4)]
    body = {"connection": stored.id, "action": "send-sms", "input": {"messages": messages}}
    ident = accept(ferry.core, body).id
    ferry.settle()

    run = run_of(ferry, ident)
    told = {one["to"]: (one["state"], (one["error"] or {}).get("reason")) for one in run["parts"]}
    assert told["+61410000001"] == ("failed", "opted_out")
    assert {state for to, (state, _) in told.items() if to != "+61410000001"} == {"accepted"}
    (call,) = ferry.simulators["clicksend"].requests("send-sms")
    assert [one["to"] for one in call["body"]["messages"]] == ["+61410000000", "+61410000002", "+61410000003"]
    assert [one["custom_string"] for one in call["body"]["messages"]] == [f"{ident}-{place}" for place in (0, 2, 3)]


INFOBIP = {"to": ["447700900123", "447700900124", "447700900125"], "text": "hi"}


def infobip(ferry: Pipeline) -> str:
    """A connection, one of whose three people has opted out."""
    stored = ferry.connect("infobip")
    store = ferry.core.store
    store.client.hset(store.key(0, f"oo:{stored.id}"), "sms:447700900124", "1")
    return stored.id


def test_whoever_opted_out_is_no_recipient_of_a_text_to_several(ferry: Pipeline) -> None:
    """Infobip: the others keep the ids they would have had, and the outcome of each says which was which."""
    ident = accept(ferry.core, {"connection": infobip(ferry), "action": "send-sms-message", "input": INFOBIP}).id
    ferry.settle()

    parts = {one["ref"]: (one["to"], one["state"], one["message"]) for one in run_of(ferry, ident)["parts"]}
    assert parts == {
        "0": ("sms:447700900123", "accepted", f"{ident}-0"),
        "1": ("sms:447700900124", "failed", None),
        "2": ("sms:447700900125", "accepted", f"{ident}-2"),
    }
    (call,) = ferry.simulators["infobip"].requests("send-sms-message")
    assert ["447700900123", "447700900125"] == [one["to"] for one in call["body"]["messages"][0]["destinations"]]


def test_proof_of_the_others_settles_a_run_with_people_taken_out(ferry: Pipeline) -> None:
    """The answer was lost: the logs know two of three, and the third was never sent."""
    ident = infobip(ferry)
    ferry.simulators["infobip"].behave(action="send-sms-message", drop="after", times=1)
    ident = accept(ferry.core, {"connection": ident, "action": "send-sms-message", "input": INFOBIP}).id
    ferry.settle()
    assert run_of(ferry, ident)["state"] == "unknown"
    assert [("1", "failed")] == [(one["ref"], one["state"]) for one in run_of(ferry, ident)["parts"]]

    assert reconcile.look(ferry.core, 0, ident) == "proven"

    run = run_of(ferry, ident)
    assert (run["state"], run["error"]["code"]) == ("failed", "partial")
    assert {"0": "accepted", "1": "failed", "2": "accepted"} == {one["ref"]: one["state"] for one in run["parts"]}
    assert len(ferry.simulators["infobip"].requests("send-sms-message")) == 1


def test_a_batch_of_nobody_is_no_call(ferry: Pipeline) -> None:
    """Everybody has opted out: nothing leaves, and each outcome says why."""
    stored = ferry.connect("clicksend")
    store = ferry.core.store
    store.client.hset(store.key(0, f"oo:{stored.id}"), "+61410000001", "1")
    body = {"connection": stored.id, "action": "send-sms", "input": {"messages": [{"to": "+61410000001", "text": "x"}]}}
    ident = accept(ferry.core, body).id
    ferry.settle()

    run = run_of(ferry, ident)
    assert run["state"] == "failed"
    assert run["parts"][0]["error"]["reason"] == "opted_out"
    assert ferry.simulators["clicksend"].requests("send-sms") == []


def test_a_retry_sends_only_what_has_no_outcome(ferry: Pipeline) -> None:
    """The second of three calls was lost and never proven: a person's retry sends the third, and not the others."""
    stored = ferry.connect("clicksend")
    simulator = ferry.simulators["clicksend"]
    messages = [{"to": f"+614{20_000_000 + number}", "text": f"text {number}"} for number in range(MANY)]
    simulator.behave(action="send-sms", times=1)
    simulator.behave(action="send-sms", drop="before", times=1)
    body = {"connection": stored.id, "action": "send-sms", "input": {"messages": messages}}
    ident = accept(ferry.core, body).id
    ferry.settle(60)
    assert run_of(ferry, ident)["state"] == "unknown"

    runs_by_hand.retry(ferry.core, ident)
    ferry.settle(60)
    run = run_of(ferry, ident)
    states = Counter(one["state"] for one in run["parts"])
    assert run["state"] == "unknown"
    assert states == {"accepted": 1_500, "unknown": 1_000}
    left = [[one["custom_string"] for one in call["body"]["messages"]] for call in simulator.requests("send-sms")]
    assert [len(one) for one in left] == [1_000, 1_000, 500]
    assert left[2] == [f"{ident}-{place}" for place in range(2_000, MANY)]
    with pytest.raises(Conflict, match="every message of this run is out, or may be"):
        runs_by_hand.retry(ferry.core, ident)


def test_a_dead_letter_of_a_batch_sends_what_was_refused_and_nothing_else(ferry: Pipeline) -> None:
    """One of three was taken, one has it already, one was refused for want of credit: topped up, that one goes."""
    stored, simulator = ferry.connect("clicksend"), ferry.simulators["clicksend"]
    messages = [{"to": f"+6142222222{number}", "text": f"text {number}"} for number in range(3)]
    body = {"connection": stored.id, "action": "send-sms", "input": {"messages": messages}}
    ident = accept(ferry.core, body).id
    rows = [
        {"to": one["to"], "custom_string": f"{ident}-{at}", "message_id": f"M{at}", "status": status}
        for at, (one, status) in enumerate(zip(messages, ("SUCCESS", "THROTTLED", "INSUFFICIENT_CREDIT"), strict=True))
    ]
    told = {"http_code": 200, "response_code": "SUCCESS", "data": {"messages": rows}}
    simulator.behave(action="send-sms", status=200, body=told, times=1)
    ferry.settle()
    assert run_of(ferry, ident)["state"] == "failed"

    letters_by_hand.replay(ferry.core, ident, Who("ops"))
    ferry.settle()

    left = [[one["custom_string"] for one in call["body"]["messages"]] for call in simulator.requests("send-sms")]
    assert [[f"{ident}-{at}" for at in range(3)], [f"{ident}-2"]] == left
    parts = {one["ref"]: one["state"] for one in run_of(ferry, ident)["parts"]}
    assert {f"{ident}-0": "accepted", f"{ident}-1": "failed", f"{ident}-2": "accepted"} == parts


def test_whoever_writes_stop_to_clicksend_is_left_alone(ferry: Pipeline) -> None:
    """API sends bypass ClickSend's own list: the text is an opt-out here, for one message and in a batch."""
    stored = ferry.connect("clicksend")
    simulator = ferry.simulators["clicksend"]
    ferry.ingest(stored, ferry.hook(stored, "sms", {"from": "+61410000001", "body": "Stop.", "message": "Stop."}))
    ferry.settle()
    (heard,), (out,) = ferry.events("message.received"), ferry.events("conversation.optout")
    assert out["conversation"] == heard["conversation"]
    assert out["optout"] == {"word": "stop", "message": heard["message"]["id"]}

    one = {"to": "+61410000001", "text": "x"}
    for action, given in (
        ("send-sms", one),
        ("send-sms", {"messages": [one, {**one, "to": "+61410000002"}]}),
        ("send-mms", {**one, "subject": "s", "media_url": "https://files.example.net/menu.jpg"}),
        ("send-voice", {**one, "lang": "en-au"}),
    ):
        ident = accept(ferry.core, {"connection": stored.id, "action": action, "input": given}).id
        ferry.settle()
        run = run_of(ferry, ident)
        parts = [one for one in run["parts"] if one["to"] == "+61410000001"]
        assert "opted_out" == (parts[0]["error"] if parts else run["error"])["reason"]
    calls = [call for action in ("send-sms", "send-mms", "send-voice") for call in simulator.requests(action)]
    left = [one["to"] for call in calls for one in call["body"]["messages"]]
    assert left == ["+61410000002"]

    ferry.ingest(stored, ferry.hook(stored, "sms", {"from": "+61410000001", "body": "START", "message": "START"}))
    ferry.settle()
    ident = accept(ferry.core, {"connection": stored.id, "action": "send-sms", "input": one}).id
    ferry.settle()
    assert run_of(ferry, ident)["state"] == "succeeded"
