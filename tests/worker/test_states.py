"""States and gates: the last reason counts, a gate does what its connection says, each state is told once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis

from connectors.errors import Reason, Rejected
from tests.worker.pipeline import Pipeline, build
from worker import address, provision, rotation, standing, states
from worker.accept import accept
from worker.core import Core
from worker.store import runs
from worker.store.connections import READY
from worker.store.text import text


def test_a_reason_given_in_the_same_millisecond_replaces_the_former(
    redis: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paused and resumed at once while the credentials are refused: what is left is the refusal."""
    ferry = build(redis)
    stored = ferry.connect("1msg")
    moment = time.time()
    monkeypatch.setattr(time, "time", lambda: moment)
    for reason in ("auth", "paused", "auth"):
        states.gate(ferry.core, stored.id, states.FAR_MS, reason)
    assert redis.hget(f"f:{{0}}:g:{stored.id}", "reason") == b"auth"

    states.gate(ferry.core, stored.id, 1_000, "usage")
    assert redis.hget(f"f:{{0}}:g:{stored.id}", "reason") == b"auth"
    states.gate(ferry.core, stored.id, 0, "")
    assert redis.hget(f"f:{{0}}:g:{stored.id}", "reason") is None


@pytest.fixture
def ferry(redis: redis.Redis) -> Pipeline:
    """A pipeline."""
    return build(redis)


def told(ferry: Pipeline) -> list[tuple[str, str]]:
    """Each connection.state event: before, state."""
    return [(one["state"]["before"], one["state"]["state"]) for one in ferry.events("connection.state")]


def reason(ferry: Pipeline, ident: str) -> str:
    """Why its gate is closed."""
    return text(ferry.core.store.client.hget(f"f:{{0}}:g:{ident}", "reason"))


def test_the_gate_follows_the_connection_whoever_died(ferry: Pipeline) -> None:
    """What was written and not acted on is acted on by the chores; what another reason closes stays closed."""
    core, stored = ferry.core, ferry.connect("1msg")
    core.connections.update(stored.id, lambda now: replace(now, paused=True))
    states.turn(core)
    assert "paused" == reason(ferry, stored.id)
    core.connections.update(stored.id, lambda now: replace(now, paused=False, state=states.CLIENT_ACTION_REQUIRED))
    states.turn(core)
    assert "auth" == reason(ferry, stored.id)
    core.connections.update(stored.id, lambda now: replace(now, state="READY"))
    states.turn(core)
    assert "" == reason(ferry, stored.id)

    states.gate(core, stored.id, 60_000, "throttled")
    standing.pause(core, stored.id)
    assert "paused" == reason(ferry, stored.id)
    standing.resume(core, stored.id)
    states.gate(core, stored.id, 60_000, "throttled")
    states.turn(core)
    assert "throttled" == reason(ferry, stored.id)


def test_two_who_pause_and_resume_at_once_agree_with_the_gate(ferry: Pipeline) -> None:
    """Whatever stands in the connection in the end is what its gate does."""
    core, stored = ferry.core, ferry.connect("1msg")

    def work(deed: Any) -> None:
        for _ in range(15):
            deed(core, stored.id)

    threads = [threading.Thread(target=work, args=(deed,)) for deed in (standing.pause, standing.resume)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    now = provision.get(core, stored.id)
    assert ("paused" if now.paused else "") == reason(ferry, stored.id)


def test_a_state_is_told_once_whoever_died(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written and not told: the chores tell it.  Told and not written down: they tell nothing new."""
    core, stored = ferry.core, ferry.connect("clicksend")
    problem = Rejected("no", reason=Reason.AUTH)

    def dies(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(states, "tell", dies)
        with pytest.raises(KeyboardInterrupt):
            states.refused(core, stored, problem)
    assert [] == told(ferry)
    states.turn(core)
    states.turn(core)
    once = [("READY", "CLIENT_ACTION_REQUIRED")]
    assert once == told(ferry)
    core.connections.update(stored.id, lambda now: replace(now, told="READY"))
    states.turn(core)
    states.refused(core, stored, problem)
    assert once == told(ferry)

    assert "READY" == provision.check(core, provision.get(core, stored.id)).state
    assert [*once, ("CLIENT_ACTION_REQUIRED", "READY")] == told(ferry)


def test_a_verdict_on_words_of_before_is_dropped(ferry: Pipeline) -> None:
    """Somebody gives new credentials while the old ones are tried: what is said of these does not count."""
    core, stored = ferry.core, ferry.connect("clicksend")
    old = provision.get(core, stored.id)
    ferry.simulators["clicksend"].behave(status=401, times=1)
    tried = replace(old)
    standing.change(core, stored.id, label="Only a name")
    changed = core.connections.update(
        stored.id, lambda now: provision.counted(now, replace(now, settings={**now.settings, "sender": "Ferry"}))
    )
    assert ("BUILDING", None) == (provision.check(core, tried).state, provision.get(core, stored.id).error)
    assert changed.settings == provision.get(core, stored.id).settings
    assert [] == told(ferry)

    refused = Rejected("no", reason=Reason.AUTH)
    other = {**stored.secrets, "api_key": "another-key-0001"}
    core.connections.update(stored.id, lambda now: replace(now, secrets=other))
    assert "BUILDING" == states.refused(core, stored, refused).state


def test_a_set_up_that_ends_its_process_is_not_begun_for_ever(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times, and then a person hears of it."""
    core, stored = ferry.core, ferry.connect("1msg")
    states.building(core, stored)
    monkeypatch.setattr(provision, "STUCK", timedelta(seconds=-1))

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(provision, "_tried", dies)
    for _ in range(provision.MOST_TRIES):
        with pytest.raises(KeyboardInterrupt):
            provision.unstick(core)
    provision.unstick(core)
    now = provision.get(core, stored.id)
    assert ("SETUP_FAILED", "killed") == (now.state, (now.error or {})["code"])


def test_a_fault_of_ours_leaves_no_set_up_behind(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is raised for the log, and the connection says that it failed."""
    core, stored = ferry.core, ferry.connect("1msg")

    def breaks(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(provision, "_tried", breaks)
    with pytest.raises(ZeroDivisionError):
        provision.check(core, states.building(core, stored))
    now = provision.get(core, stored.id)
    assert ("SETUP_FAILED", "fault") == (now.state, (now.error or {})["code"])


class Dies(BaseException):
    """A process ends here."""


DEEDS: dict[str, Callable[[Core, str], Any]] = {
    "ensure": lambda core, ident: provision.ensure(
        core, "instagram", ident, {}, {"access_token": "IGAA-new-token-0009"}
    ),
    "change": lambda core, ident: standing.change(core, ident, secrets={"access_token": "IGAA-new-token-0009"}),
    "rotate": rotation.rotate,  # by hand: nobody but the verdict says what is to be pasted
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_whoever_dies_after_a_change_leaves_it_to_be_tried(
    ferry: Pipeline, monkeypatch: pytest.MonkeyPatch, deed: Callable[[Core, str], Any]
) -> None:
    """New words, and that they are to be tried, are one write: else they would be READY for ever, untried."""
    core, stored = ferry.core, ferry.connect("instagram")
    address.hear(core, stored)

    def dies(*_: Any) -> Any:
        raise Dies

    with monkeypatch.context() as patched:
        patched.setattr(provision, "_tried", dies)
        patched.setattr(states, "building", dies)
        with pytest.raises(Dies):
            deed(core, stored.id)
    left = provision.get(core, stored.id)
    assert ("BUILDING", True) == (left.state, left.words > stored.words)

    core.connections.save(replace(left, since="2026-01-01T00:00:00.000Z"))
    assert 1 == provision.unstick(core)
    after = provision.get(core, stored.id)
    assert "BUILDING" != after.state
    assert after.moving == bool(after.action and after.action["type"] == "paste-webhook")


def test_reconnecting_asks_the_provider_once(ferry: Pipeline) -> None:
    """Whether with new words, or with those it has, even if it is READY."""
    core, stored = ferry.core, ferry.connect("clicksend")
    simulator = ferry.simulators["clicksend"]
    for words, status in (({}, 200), ({}, 401), ({}, 401), ({"settings": {"sender": "X"}}, 401)):
        simulator.behave(action="get-account", status=status, times=1) if status != 200 else None
        before = len(simulator.requests("get-account"))
        standing.reconnect(core, stored.id, **words)
        assert 1 == len(simulator.requests("get-account")) - before


@pytest.mark.parametrize("reason", ["throttled", "usage", "breaker"])
def test_a_person_ends_a_rest(redis: redis.Redis, reason: str) -> None:
    """What waits for it goes out at once, and not before."""
    ferry = build(redis)
    ferry.connect("clicksend")
    states.gate(ferry.core, "clicksend", 3_600_000, reason)
    given = {"to": "+61411111111", "text": "x"}
    run = accept(ferry.core, {"connection": "clicksend", "action": "send-sms", "input": given}).id
    ferry.settle()
    assert "queued" == (runs.get(ferry.core.store, run) or {})["state"]

    standing.resume(ferry.core, "clicksend")
    ferry.settle()
    assert "succeeded" == (runs.get(ferry.core.store, run) or {})["state"]


@pytest.mark.parametrize("action", ["get-email-logs", "send-voice-message-tts"])
def test_a_right_that_is_missing_concerns_one_call(ferry: Pipeline, action: str) -> None:
    """Infobip gives scopes area by area: who asks for what they may not stops nobody's texts."""
    stored = ferry.connect("infobip")
    ferry.simulators["infobip"].behave(action=action, status=403, body={"errorCode": "E403"})
    given = {"get-email-logs": {}}.get(action, {"to": "447700900123", "text": "hi", "language": "en"})
    words = [(action, given), ("send-sms-message", {"to": "447700900123", "text": "hi"})]
    made = [accept(ferry.core, {"connection": stored.id, "action": key, "input": said}).id for key, said in words]
    ferry.settle()

    found = [runs.get(ferry.core.store, one) or {} for one in made]
    assert ["failed", "succeeded"] == [one["state"] for one in found]
    assert "scopes is needed" in found[0]["error"]["text"]
    assert READY == (ferry.core.connections.get(stored.id, fresh=True) or stored).state
