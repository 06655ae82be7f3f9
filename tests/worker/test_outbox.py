"""Runs against stand-ins that misbehave: every way a call can end, and what is recorded of it."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest
import redis
from redis import exceptions as redis_errors

from connectors.provider import Answer
from connectors.registry import PROVIDERS
from tests.eventually import eventually
from tests.worker.pipeline import Pipeline, build
from worker import outbox, reconcile, states
from worker.accept import Conflict, NotFound, accept
from worker.store import attempts, letters, runs
from worker.store.connections import Stored
from worker.store.text import text

TO = "15550100123"


@pytest.fixture
def ferry(redis: redis.Redis) -> Pipeline:
    """A pipeline whose waits are short."""
    return build(redis, unknown_hold_seconds=0.2, patience_seconds=3.0, lease_seconds=2.0)


def open_window(ferry: Pipeline, stored: Stored) -> None:
    """The other party has just written."""
    ferry.ingest(stored, ferry.hook(stored, "message"))
    ferry.settle()


def say(ferry: Pipeline, stored: Stored, text: str, **more: Any) -> str:
    """A run that sends `text`."""
    body = {"connection": stored.id, "action": "send-message", "input": {"to": TO, "text": text}, **more}
    return accept(ferry.core, body).id


def run_of(ferry: Pipeline, ident: str) -> dict[str, Any]:
    """The run as the outside sees it."""
    found = runs.get(ferry.core.store, ident)
    assert found is not None
    return found


def sent(ferry: Pipeline) -> list[str]:
    """The texts the stand-in took, in order."""
    return [
        one["body"]["body"]
        for one in ferry.simulators["onemsg"].requests("send-message")
        if one["status"] == 200 or one["dropped"]
    ]


def test_a_key_is_carried_out_once(ferry: Pipeline) -> None:
    """The same key and body is the same run; another body under the key is a conflict."""
    stored = ferry.connect("1msg")
    open_window(ferry, stored)

    first = say(ferry, stored, "one", idempotency_key="k1")
    again = say(ferry, stored, "one", idempotency_key="k1")
    with pytest.raises(Conflict):
        say(ferry, stored, "two", idempotency_key="k1")
    ferry.settle()

    assert first == again
    assert sent(ferry) == ["one"]
    assert say(ferry, stored, "one", idempotency_key="k1") == first
    ferry.settle()
    assert sent(ferry) == ["one"]


def test_unknown_names_are_told(ferry: Pipeline) -> None:
    """No such connection and no such action are different mistakes."""
    stored = ferry.connect("1msg")
    with pytest.raises(NotFound, match="no connection 'nobody'"):
        accept(ferry.core, {"connection": "nobody", "action": "send-message", "input": {}})
    with pytest.raises(NotFound, match="no action 'fly'"):
        accept(ferry.core, {"connection": stored.id, "action": "fly", "input": {}})


def test_throttled_waits_and_goes_on_in_order(ferry: Pipeline) -> None:
    """429 was not taken: it is sent again after the wait, and what came after it stays after it."""
    stored = ferry.connect("1msg")
    open_window(ferry, stored)
    ferry.simulators["onemsg"].behave(action="send-message", status=429, times=1, body={"error": "rate limit"})

    idents = [say(ferry, stored, text) for text in ("a", "b", "c")]
    until = time.monotonic() + 10
    while sent(ferry) != ["a", "b", "c"] and time.monotonic() < until:
        ferry.settle()
        time.sleep(0.05)

    assert sent(ferry) == ["a", "b", "c"]
    first = run_of(ferry, idents[0])
    assert first["state"] == "succeeded"
    assert [one["outcome"] for one in first["attempts"]] == ["throttled", "succeeded"]


def test_silence_after_leaving_is_unknown_and_never_repeated(ferry: Pipeline) -> None:
    """The connection closed after the request: unknown; the conversation goes on after its hold."""
    stored = ferry.connect("1msg")
    open_window(ferry, stored)
    ferry.simulators["onemsg"].behave(action="send-message", drop="after", times=1)

    lost, following = say(ferry, stored, "a"), say(ferry, stored, "b")
    until = time.monotonic() + 10
    while run_of(ferry, following)["state"] != "succeeded" and time.monotonic() < until:
        ferry.settle()
        time.sleep(0.05)

    assert run_of(ferry, lost)["state"] == "unknown"
    assert run_of(ferry, lost)["error"]["class"] == "outcome_unknown"
    assert run_of(ferry, following)["state"] == "succeeded"
    assert sent(ferry) == ["a", "b"]
    assert [one["run"]["id"] for one in ferry.events("run.unknown")] == [lost]


def test_silence_of_a_repeatable_action_is_tried_again(ferry: Pipeline) -> None:
    """A read mark twice is one read mark."""
    stored = ferry.connect("1msg")
    open_window(ferry, stored)
    ferry.simulators["onemsg"].behave(action="mark-message-as-read", drop="after", times=1)
    body = {"connection": stored.id, "action": "mark-message-as-read", "input": {"message_id": "wamid.X1=="}}
    ident = accept(ferry.core, body).id

    until = time.monotonic() + 10
    while run_of(ferry, ident)["state"] != "succeeded" and time.monotonic() < until:
        ferry.settle()
        time.sleep(0.05)

    assert [one["outcome"] for one in run_of(ferry, ident)["attempts"]] == ["outcome_unknown", "succeeded"]


def test_a_refusal_is_final_and_kept_for_a_person(ferry: Pipeline) -> None:
    """A 200 that says no: failed, with its cause, in the dead letters and as an event."""
    stored = ferry.connect("1msg")
    open_window(ferry, stored)
    ferry.simulators["onemsg"].behave(
        action="send-message", status=200, times=1, body={"sent": False, "message": "wrong file"}
    )
    ident = say(ferry, stored, "a")
    ferry.settle()

    run = run_of(ferry, ident)
    assert run["state"] == "failed"
    assert (run["error"]["class"], run["error"]["reason"]) == ("rejected", "media")
    assert [one["id"] for one in letters.listing(ferry.core.store)] == [ident]
    assert [one["run"]["id"] for one in ferry.events("run.failed")] == [ident]


def test_a_closed_window_fails_before_the_call_unless_forced(ferry: Pipeline) -> None:
    """Nobody wrote to us: a free text is not even tried; with force it is."""
    stored = ferry.connect("1msg")
    ident = say(ferry, stored, "a")
    ferry.settle()
    assert run_of(ferry, ident)["error"]["reason"] == "window_closed"
    assert run_of(ferry, ident)["attempts"] == []
    assert sent(ferry) == []

    say(ferry, stored, "b", force=True)
    ferry.settle()
    assert len(ferry.simulators["onemsg"].requests("send-message")) == 1


def test_a_cancelled_run_never_leaves(ferry: Pipeline) -> None:
    """Confirmed cancelled is final, and its lane goes on."""
    stored = ferry.connect("1msg")
    open_window(ferry, stored)
    first, second = say(ferry, stored, "a"), say(ferry, stored, "b")
    assert runs.cancel(ferry.core.store, first) == "cancelled"
    ferry.settle()

    assert sent(ferry) == ["b"]
    assert run_of(ferry, first)["state"] == "cancelled"
    assert run_of(ferry, second)["state"] == "succeeded"


def test_a_sender_that_died_after_leaving_leaves_an_unknown(ferry: Pipeline) -> None:
    """What left and was never heard of again is judged after its deadline, by whoever takes the lane over."""
    stored = ferry.connect("1msg")
    open_window(ferry, stored)
    ident = say(ferry, stored, "a")
    following = say(ferry, stored, "b")
    store = ferry.core.store
    from worker.store import lanes

    ferry.rung.clear()
    taken = lanes.claim(store, 0, f"out:{stored.id}:live", lease=300, limit=4)
    assert taken.head is not None
    assert taken.head.item == ident
    assert attempts.leave(store, 0, attempts.Leaving(ident, taken.lane, taken.token, "attempt1", 300))[0] == "left"

    until = time.monotonic() + 15
    while run_of(ferry, following)["state"] != "succeeded" and time.monotonic() < until:
        ferry.settle()
        time.sleep(0.05)

    assert run_of(ferry, ident)["state"] == "unknown"
    assert sent(ferry) == ["b"]
    assert [one["run"]["id"] for one in ferry.events("run.unknown")] == [ident]


def test_a_mistake_of_ours_after_the_answer_is_still_recorded(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks while an answer is worked up: the run left, so it is unknown, and its lane goes on."""
    stored = ferry.connect("1msg")
    open_window(ferry, stored)

    def fail(answer: object) -> float | None:
        raise ZeroDivisionError

    broken = dataclasses.replace(PROVIDERS["onemsg"], rest=fail)
    monkeypatch.setitem(PROVIDERS, "onemsg", broken)
    ident = say(ferry, stored, "a")
    ferry.settle()
    assert run_of(ferry, ident)["state"] == "unknown"
    assert run_of(ferry, ident)["error"]["code"] == "ZeroDivisionError"


def test_an_answer_that_asks_for_rest_closes_the_gate(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """The allowance is nearly used: what follows waits, in order, though nothing was refused."""
    stored = ferry.connect("1msg")
    open_window(ferry, stored)
    rests = iter([0.6, None, None])
    resting = dataclasses.replace(PROVIDERS["onemsg"], rest=lambda answer: next(rests, None))
    monkeypatch.setitem(PROVIDERS, "onemsg", resting)
    idents = [say(ferry, stored, text) for text in ("a", "b")]
    ferry.settle()
    assert sent(ferry) == ["a"]
    assert run_of(ferry, idents[1])["state"] == "queued"

    until = time.monotonic() + 5
    while sent(ferry) != ["a", "b"] and time.monotonic() < until:
        ferry.settle()
        time.sleep(0.05)
    assert sent(ferry) == ["a", "b"]


def resting(monkeypatch: pytest.MonkeyPatch, provider: str, rests: dict[str, float]) -> None:
    """The provider asks for rest in its answers that contain these words."""

    def rest(answer: Answer) -> float | None:
        return next((seconds for words, seconds in rests.items() if words in answer.text), None)

    monkeypatch.setitem(PROVIDERS, provider, dataclasses.replace(PROVIDERS[provider], rest=rest))


def test_an_answer_to_a_question_asks_for_rest_too(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """What asked it leaves, or it would ask and wait for ever; what follows waits."""
    stored = ferry.connect("1msg")
    resting(monkeypatch, "onemsg", {"order_ready": 0.4})
    first, second = template(ferry, stored), template(ferry, stored)
    ferry.settle()
    assert ("succeeded", "queued") == (run_of(ferry, first)["state"], run_of(ferry, second)["state"])
    assert "usage" == text(ferry.core.store.client.hget("f:{0}:g:1msg", "reason"))
    assert "succeeded" == settled(ferry, second, "succeeded", "failed")["state"]


def test_no_proof_is_asked_for_while_the_provider_wants_rest(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks while he is blocked prolongs it: an unknown run is looked into later."""
    stored = ferry.connect("clicksend")
    ferry.simulators["clicksend"].behave(action="send-sms", drop="after", times=1)
    body = {"connection": stored.id, "action": "send-sms", "input": {"to": "+61411111111", "text": "x"}}
    ident = accept(ferry.core, body).id
    ferry.settle()
    assert "unknown" == run_of(ferry, ident)["state"]
    before = ferry.simulators["clicksend"].requests()
    states.gate(ferry.core, stored.id, 60_000, "usage")
    assert "unknown" == reconcile.look(ferry.core, 0, ident)
    assert before == ferry.simulators["clicksend"].requests()
    assert "throttled" == run_of(ferry, ident)["looks"][-1]["error"]

    states.gate(ferry.core, stored.id, 0, "")
    assert "proven" == reconcile.look(ferry.core, 0, ident)


def test_nobodys_login_waits_for_anothers(redis: redis.Redis) -> None:
    """Infobip: the answer to one person's PIN was lost; another's is told at once."""
    ferry = build(redis, unknown_hold_seconds=60.0)
    stored = ferry.connect("infobip")
    ferry.simulators["infobip"].behave(action="verify-tfa-pin", drop="after", times=1)
    for pin, state in (("one", "unknown"), ("two", "failed")):  # failed: nobody has a PIN of that id
        body = {"connection": stored.id, "action": "verify-tfa-pin", "input": {"pin_id": pin, "pin": "1"}}
        ident = accept(ferry.core, body).id
        ferry.settle(1)
        assert run_of(ferry, ident)["state"] == state


def test_a_redis_that_is_away_when_rest_is_asked_for_costs_no_outcome(
    ferry: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider took the message: that is recorded, whatever became of the wish for rest."""
    stored = ferry.connect("1msg")
    open_window(ferry, stored)
    monkeypatch.setitem(PROVIDERS, "onemsg", dataclasses.replace(PROVIDERS["onemsg"], rest=lambda answer: 1.0))

    def away(*given: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(states, "gate", away)
    ident = say(ferry, stored, "a")
    ferry.settle()
    assert run_of(ferry, ident)["state"] == "succeeded"


def template(ferry: Pipeline, stored: Stored) -> str:
    """A template without its namespace, which has to be asked for first."""
    given = {"to": TO, "template": "hello", "language": "en"}
    return accept(ferry.core, {"connection": stored.id, "action": "send-template-message", "input": given}).id


def settled(ferry: Pipeline, ident: str, *states: str) -> dict[str, Any]:
    """The run once it is in one of these states."""

    def there() -> bool:
        ferry.settle()
        return run_of(ferry, ident)["state"] in states

    eventually(there)
    return run_of(ferry, ident)


def test_a_question_without_an_answer_is_asked_again(ferry: Pipeline) -> None:
    """Nothing of the run has left: it goes out once the question is answered, and is sent once."""
    stored = ferry.connect("1msg")
    ferry.simulators["onemsg"].behave(action="get-templates", status=503, times=2)

    assert "succeeded" == settled(ferry, template(ferry, stored), "succeeded", "failed")["state"]
    assert 1 == len(ferry.simulators["onemsg"].requests("send-template-message"))


@pytest.mark.parametrize("how", [{"status": 503}, {"drop": "before"}, {"status": 429}])
def test_questions_count_as_attempts(redis: redis.Redis, how: dict[str, Any]) -> None:
    """What keeps failing before it may leave is given up after as many, with a dead letter, and not tried for a day."""
    ferry = build(redis, attempts=3, breaker_failures=2, breaker_seconds=0.05)
    stored = ferry.connect("1msg")
    ferry.simulators["onemsg"].behave(action="get-templates", **how)
    before = len(ferry.simulators["onemsg"].requests("get-templates"))
    ident = template(ferry, stored)

    assert "given up after 3 attempts" in settled(ferry, ident, "failed")["error"]["text"]
    assert 3 == len(ferry.simulators["onemsg"].requests("get-templates")) - before
    assert [] == ferry.simulators["onemsg"].requests("send-template-message")
    assert 1 == len(letters.listing(ferry.core.store))


def test_a_question_tells_of_the_providers_health(redis: redis.Redis) -> None:
    """The breaker opens for it as for any call, and closes once something is answered."""
    ferry = build(redis, breaker_failures=2, breaker_seconds=0.05)
    stored = ferry.connect("1msg")
    ferry.simulators["onemsg"].behave(action="get-templates", status=503, times=2)
    settled(ferry, template(ferry, stored), "succeeded")

    told = [event["state"]["breaker"] for event in ferry.events("connection.state")]
    states_told = [one["state"] for one in told if one]
    assert ("open", "closed") == (states_told[0], states_told[-1])


def test_each_call_of_several_has_its_own_attempts(redis: redis.Redis) -> None:
    """A long text is not given up on its fifth piece because four have gone well before."""
    ferry = build(redis, attempts=3, patience_seconds=60.0)
    stored = ferry.connect("1msg")
    open_window(ferry, stored)
    body = {"to": TO, "text": "word " * 4_000, "split": True}
    ident = accept(ferry.core, {"connection": stored.id, "action": "send-message", "input": body}).id
    simulator = ferry.simulators["onemsg"]
    simulator.behave(action="send-message", times=4)  # as ever
    simulator.behave(action="send-message", status=429, times=1, body={"error": "rate limit"})

    found = settled(ferry, ident, "succeeded", "failed")
    assert ("succeeded", 5) == (found["state"], len(found["parts"]))


def test_a_refusal_of_redis_is_no_death_of_the_worker(ferry: Pipeline, redis: redis.Redis) -> None:
    """With its memory full nothing leaves; its living holder gives the lane back, and nothing counts against it."""
    stored = ferry.connect("1msg")
    open_window(ferry, stored)
    run = say(ferry, stored, "one")
    queue = f"out:{stored.id}:live"
    redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(redis_errors.OutOfMemoryError):
            outbox.drain(ferry.core, 0, queue)
    finally:
        redis.config_set("maxmemory", "0")

    assert {} == redis.hgetall(f"f:{{0}}:h:{queue}") == redis.hgetall(f"f:{{0}}:s:{queue}")

    def over() -> bool:
        ferry.settle()
        return bool(run_of(ferry, run)["state"] == "succeeded")

    eventually(over, 10.0)
    assert ["one"] == sent(ferry)
    assert {} == redis.hgetall(f"f:{{0}}:s:{queue}")
