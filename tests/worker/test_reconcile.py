"""Unknown runs, proven by what arrives later; and connections whose credentials are refused or expire."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest
import redis

from tests.worker.pipeline import Pipeline, build
from worker import provision, reconcile, runs_by_hand, states, tokens
from worker.accept import accept
from worker.store import ids, runs
from worker.store.connections import Stored

TO = "15550100123"


@pytest.fixture
def ferry(redis: redis.Redis) -> Pipeline:
    """A pipeline whose waits are short."""
    return build(redis, unknown_hold_seconds=0.1, lease_seconds=2.0)


def lost(ferry: Pipeline, provider: str, action: str, given: dict[str, Any], **behaviour: Any) -> tuple[Stored, str]:
    """A run whose answer never came though the provider took it."""
    stored = ferry.connect(provider)
    simulator = ferry.simulators[stored.provider]
    simulator.sent.clear()
    simulator.behave(action=action, drop="after", times=1, **behaviour)
    body = {"connection": stored.id, "action": action, "input": given, "force": True}
    ident = accept(ferry.core, body).id
    ferry.settle()
    assert state(ferry, ident) == "unknown"
    return stored, ident


def state(ferry: Pipeline, ident: str) -> str:
    """The run's state as the outside sees it."""
    found = runs.get(ferry.core.store, ident)
    assert found is not None
    return str(found["state"])


def pushed(ferry: Pipeline, stored: Stored) -> None:
    """What the provider pushed meanwhile arrives."""
    for request in ferry.simulators[stored.provider].sent:
        ferry.ingest(stored, request)
    ferry.settle()


def test_an_echo_with_the_same_words_proves_a_send(ferry: Pipeline) -> None:
    """The provider echoes what it took: that is proof, and the echo is then known as the run's."""
    given = {"to": TO, "text": "are you there?"}
    stored, ident = lost(ferry, "1msg", "send-message", given)
    pushed(ferry, stored)
    # the stand-in's own history would prove it too: it may not be asked here
    ferry.simulators["onemsg"].behave(status=503)

    assert reconcile.look(ferry.core, 0, ident) == "proven"
    run = runs.get(ferry.core.store, ident)
    assert run is not None
    assert run["state"] == "succeeded"
    assert run["attempts"][-1]["outcome"] == "proven:echo"
    assert len(ferry.events("message.sent")) == 1
    assert [one["run"]["id"] for one in ferry.events("run.succeeded")] == [ident]


def test_other_words_prove_nothing(ferry: Pipeline) -> None:
    """A person's message in the same conversation is no proof of ours; absence never is."""
    stored, ident = lost(ferry, "1msg", "send-message", {"to": TO, "text": "mine"}, callbacks={"none": True})
    ferry.ingest(stored, ferry.hook(stored, "echo", {"messages.0.body": "theirs"}))
    ferry.settle()
    ferry.simulators["onemsg"].behave(status=503)

    assert reconcile.look(ferry.core, 0, ident) == "unknown"
    assert state(ferry, ident) == "unknown"


def test_one_echo_proves_one_run(ferry: Pipeline) -> None:
    """Two sends of the same words, one echo: one is proven, the other stays unknown."""
    stored, first = lost(ferry, "1msg", "send-message", {"to": TO, "text": "same"}, callbacks={"none": True})
    time.sleep(0.2)
    _, second = lost(ferry, "1msg", "send-message", {"to": TO, "text": "same"})
    pushed(ferry, stored)
    ferry.simulators["onemsg"].behave(status=503)

    told = [reconcile.look(ferry.core, 0, one) for one in (first, second)]
    assert sorted(told) == ["proven", "unknown"]


def test_a_receipt_with_our_reference_proves_a_send(ferry: Pipeline) -> None:
    """The provider gives our own id back in its report."""
    stored, ident = lost(ferry, "infobip", "send-sms-message", {"to": TO, "text": "hi"})
    pushed(ferry, stored)
    ferry.simulators["infobip"].behave(status=503)

    assert reconcile.look(ferry.core, 0, ident) == "proven"
    run = runs.get(ferry.core.store, ident)
    assert run is not None
    assert run["attempts"][-1]["outcome"] == "proven:receipt"


def test_a_receipt_of_an_earlier_attempt_proves_nothing(ferry: Pipeline) -> None:
    """Refused for want of credit, and reported so; tried again by a person, and lost: it carries the same reference."""
    stored, simulator = ferry.connect("infobip"), ferry.simulators.get("infobip")
    assert simulator is not None
    body = {"connection": stored.id, "action": "send-sms-message", "input": {"to": "447700900123", "text": "hi"}}
    ident = accept(ferry.core, body).id
    broke = {"groupId": 5, "groupName": "REJECTED", "id": 12, "name": "REJECTED_NOT_ENOUGH_CREDITS"}
    row = {"messageId": ident, "destination": "447700900123", "status": broke}
    simulator.behave(action="send-sms-message", status=200, body={"messages": [row]}, times=1)
    ferry.settle()
    assert state(ferry, ident) == "failed"
    report = {"results.0.messageId": ident, "results.0.to": "447700900123"}
    ferry.ingest(stored, ferry.hook(stored, "sms-report-rejected", report))
    ferry.settle()
    store = ferry.core.store
    store.scripts._now = lambda: str(int(time.time() * 1000) + 60_000)
    simulator.behave(action="send-sms-message", drop="before", times=1)
    runs_by_hand.retry(ferry.core, ident)
    ferry.settle()
    assert state(ferry, ident) == "unknown"

    assert reconcile.look(ferry.core, 0, ident) == "unknown"

    ferry.ingest(stored, ferry.hook(stored, "sms-report", report))
    ferry.settle()
    assert reconcile.look(ferry.core, 0, ident) == "proven"


def test_receipts_prove_each_of_several_messages(ferry: Pipeline) -> None:
    """WhatsApp has no log to be asked: a template to two is proven as their receipts come in, each by its own."""
    one = {"template": "order_shipped", "language": "en_GB", "placeholders": ["Ann", "9001"], "from": "447860099299"}
    given = {"messages": [{**one, "to": "447700900123"}, {**one, "to": "447700900124"}]}
    stored, ident = lost(ferry, "infobip", "send-whatsapp-template-message", given, callbacks={"none": True})
    assert reconcile.look(ferry.core, 0, ident) == "unknown"

    for place, left, told in ((1, ["unknown", "accepted"], "unknown"), (0, ["accepted", "accepted"], "proven")):
        report = {"results.0.messageId": f"{ident}-{place}", "results.0.to": f"44770090012{3 + place}"}
        ferry.ingest(stored, ferry.hook(stored, "whatsapp-report", report))
        ferry.settle()
        assert told == reconcile.look(ferry.core, 0, ident)
        found = {one["ref"]: one["state"] for one in (runs.get(ferry.core.store, ident) or {})["parts"]}
        assert left == [found["0"], found["1"]]

    assert state(ferry, ident) == "succeeded"
    assert len(ferry.simulators["infobip"].requests("send-whatsapp-template-message")) == 1


@pytest.mark.parametrize(
    ("provider", "action"), [("clicksend", "send-sms"), ("infobip", "send-sms-message"), ("1msg", "send-message")]
)
def test_the_providers_own_records_prove_a_send(ferry: Pipeline, provider: str, action: str) -> None:
    """No callback came; the provider's log has it."""
    given = {"to": "+61411111112", "text": "hi"}
    _, ident = lost(ferry, provider, action, given, callbacks={"none": True})

    assert reconcile.look(ferry.core, 0, ident) == "proven"
    assert state(ferry, ident) == "succeeded"
    assert len(ferry.simulators[ferry.core.connections.get(provider).provider].requests(action)) == 1  # type: ignore[union-attr]


def test_a_message_of_another_run_hides_no_other_message(ferry: Pipeline) -> None:
    """Of a lost batch one message is known as another run's: the other two are proven by the history all the same."""
    given = {"messages": [{"to": f"+6141111111{number}", "text": f"text {number}"} for number in range(3)]}
    stored, ident = lost(ferry, "clicksend", "send-sms", given, callbacks={"none": True})
    asked = accept(ferry.core, {"connection": stored.id, "action": "get-sms-history", "input": {}}).id
    ferry.settle()
    rows = (runs.get(ferry.core.store, asked) or {})["output"]["items"]
    theirs = next(one["message_id"] for one in rows if one["custom_string"] == f"{ident}-1")
    store, key = ferry.core.store, ids.message_id(0, stored.id, theirs)
    store.client.hset(store.key(0, f"m:{key}"), mapping={"connection": stored.id, "pid": theirs, "run": "run_other"})

    assert reconcile.look(ferry.core, 0, ident) == "unknown"

    found = {one["ref"]: one["state"] for one in (runs.get(store, ident) or {})["parts"]}
    assert {f"{ident}-0": "accepted", f"{ident}-1": "unknown", f"{ident}-2": "accepted"} == found


def test_unknown_runs_are_looked_into_again_and_again(ferry: Pipeline) -> None:
    """After 5 s, 30 s, 2 min, 10 min and then hourly, for a day; and a last time when it is over."""
    _, ident = lost(ferry, "1msg", "send-message", {"to": TO, "text": "x"}, callbacks={"none": True})
    store = ferry.core.store
    record = runs.load(store, ident)
    assert record is not None
    since = int(record["unknown_since"])
    seen: list[int] = []
    over: list[str] = []
    while not over:
        at = int(store.client.zscore(store.key(0, "rec"), ident) or 0)
        seen.append((at - since) // 1000)
        store.scripts._now = lambda at=at: str(at)
        found, over = runs.looking(store, 0, 86_400_000)
        assert [ident] == [*found, *over]

    assert seen[:6] == [5, 30, 120, 600, 4200, 7800]
    assert seen[-1] == 86_400


def test_refused_credentials_hold_the_sends_until_there_are_new_ones(ferry: Pipeline) -> None:
    """A 401 fails nothing: the connection asks for a person, and afterwards everything goes out in order."""
    stored = ferry.connect("1msg")
    good = dict(stored.secrets)
    ferry.core.connections.save(dataclasses.replace(stored, secrets={"token": "revoked-token-0000"}))
    time.sleep(1.1)
    idents = [
        accept(
            ferry.core,
            {"connection": stored.id, "action": "send-message", "input": {"to": TO, "text": text}, "force": True},
        ).id
        for text in ("a", "b")
    ]
    ferry.settle()

    held = ferry.core.connections.get(stored.id, fresh=True)
    assert held is not None
    assert held.state == states.CLIENT_ACTION_REQUIRED
    assert held.action is not None
    assert "credentials" in held.action["description"]
    assert [state(ferry, one) for one in idents] == ["waiting", "queued"]
    assert [one["state"]["state"] for one in ferry.events("connection.state")] == [states.CLIENT_ACTION_REQUIRED]

    provision.ensure(ferry.core, "1msg", stored.id, {}, good)
    time.sleep(1.1)
    ferry.settle()
    assert [state(ferry, one) for one in idents] == ["succeeded", "succeeded"]
    took = [one["body"]["body"] for one in ferry.simulators["onemsg"].requests("send-message") if one["status"] == 200]
    assert took == ["a", "b"]


def test_a_token_is_asked_for_before_the_first_call_and_once_on_refusal(ferry: Pipeline) -> None:
    """OAuth: renewed before it is needed, by one worker, and once more when the provider refuses it."""
    secrets = {"client_id": "ferry", "client_secret": "simulated-client-secret"}
    stored = ferry.connect("infobip")
    simulated = ferry.simulators["infobip"]
    given = {**stored.settings, "auth": "oauth2"}
    simulated.secrets.update(secrets)
    kept = dataclasses.replace(stored, settings=given, secrets={**secrets})
    ferry.core.connections.save(kept)
    time.sleep(1.1)
    now = tokens.fresh(ferry.core, kept)
    assert now.secrets["access_token"]
    assert now.settings["token_expires_at"]
    assert tokens.fresh(ferry.core, now) is now

    broken = dataclasses.replace(now, secrets={**now.secrets, "access_token": "stale-token-000000"})
    ferry.core.connections.save(broken)
    time.sleep(1.1)
    body = {"connection": stored.id, "action": "send-sms-message", "input": {"to": TO, "text": "x"}}
    ident = accept(ferry.core, body).id
    until = time.monotonic() + 5
    while state(ferry, ident) != "succeeded" and time.monotonic() < until:
        ferry.settle()
        time.sleep(0.05)
    assert state(ferry, ident) == "succeeded"


def test_whoever_opted_out_gets_nothing(ferry: Pipeline) -> None:
    """STOP is heard before the next send; START opens the way again; a person may insist."""
    stored = ferry.connect("1msg")
    store = ferry.core.store
    store.client.hset(store.key(0, f"oo:{stored.id}"), f"{TO}@c.us", "1")
    body = {"connection": stored.id, "action": "send-message", "input": {"to": TO, "text": "x"}}
    refused = accept(ferry.core, body | {"idempotency_key": "a"}).id
    ferry.ingest(stored, ferry.hook(stored, "message"))
    ferry.settle()
    refused = accept(ferry.core, body | {"idempotency_key": "b"}).id
    ferry.settle()
    run = runs.get(store, refused)
    assert run is not None
    assert run["error"]["reason"] == "opted_out"
    assert ferry.simulators["onemsg"].requests("send-message") == []

    insisted = accept(ferry.core, body | {"idempotency_key": "c", "force": True}).id
    ferry.settle()
    assert state(ferry, insisted) == "succeeded"


@pytest.mark.parametrize(
    ("action", "told"),
    [("get-sms-delivery-reports", "looked for in the logs"), ("get-inbound-sms-messages", "no logs")],
)
def test_a_read_that_took_what_it_read_says_what_may_be_lost(ferry: Pipeline, action: str, told: str) -> None:
    """Infobip hands reports out once: whoever reads the run learns that a batch may be gone."""
    _, ident = lost(ferry, "infobip", action, {"beside_push": True})

    error = (runs.get(ferry.core.store, ident) or {})["error"]
    assert told in error["text"]
