"""Unknown runs nobody could prove: decided once, as the connection's owner wants; a person decides by default."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import redis

from connectors.registry import PROVIDERS
from tests.worker.pipeline import Pipeline, build
from worker import deadline, policy, reconcile, runs_by_hand, unknown
from worker.accept import Conflict, accept
from worker.runs_by_hand import Said
from worker.store import letters, runs

HOURS = 24.0
TO = "15550100123"
SMS = {"messages": [{"to": f"+6141000000{number}", "text": f"text {number}"} for number in range(3)]}


@pytest.fixture
def ferry(redis: redis.Redis) -> Pipeline:
    """A pipeline whose waits are short."""
    return build(redis, unknown_hold_seconds=0.1, reconcile_hours=HOURS)


def lost(ferry: Pipeline, provider: str = "1msg", given: dict[str, Any] | None = None, **chosen: str) -> str:
    """A run whose answer never came, and of which nothing will ever be heard; `chosen` is its connection's policy."""
    stored = ferry.connect(provider)
    ferry.core.connections.save(replace(stored, policy=policy.hold(chosen)))
    action = "send-message" if provider == "1msg" else "send-sms"
    simulator = ferry.simulators[stored.provider]
    simulator.behave(action=action, drop="before", times=1)
    words = given or {"to": TO, "text": "are you there?"}
    ident = accept(ferry.core, {"connection": stored.id, "action": action, "input": words, "force": True}).id
    ferry.settle()
    assert "unknown" == run_of(ferry, ident)["state"]
    return ident


def run_of(ferry: Pipeline, ident: str) -> dict[str, Any]:
    """The run as the outside sees it."""
    found = runs.get(ferry.core.store, ident)
    assert found is not None
    return found


def time_is_over(ferry: Pipeline, ident: str) -> None:
    """It became unknown a day ago."""
    store, now = ferry.core.store, int(time.time() * 1000)
    store.client.hset(store.key(0, f"r:{ident}"), "unknown_since", now - int(HOURS * 3_600_000))
    store.client.zadd(store.key(0, "rec"), {ident: now}, xx=True)
    reconcile.turn(ferry.core, 0)
    ferry.settle()


def waiting(ferry: Pipeline) -> list[tuple[str, str]]:
    """(id, cause) of the dead letters."""
    return [(one["id"], one["cause"]) for one in letters.listing(ferry.core.store)]


def test_by_default_a_person_decides(ferry: Pipeline) -> None:
    """It stays unknown and becomes a dead letter; it is told once more; every look stands in it, the last one too."""
    ident = lost(ferry)
    reconcile.look(ferry.core, 0, ident)
    time_is_over(ferry, ident)
    deadline.decide(ferry.core, 0, ident)  # whoever took it for undecided

    run = run_of(ferry, ident)
    assert ("unknown", None) == (run["state"], run["resolved"])
    assert run["held_since"]
    assert [(ident, "unknown")] == waiting(ferry)
    assert [False, True] == [bool(one["run"]["held_since"]) for one in ferry.events("run.unknown")]
    assert [["receipt", "echo", "provider"]] * 2 == [one["asked"] for one in run["looks"]]
    assert {(None, None)} == {(one["found"], one["error"]) for one in run["looks"]}
    store = ferry.core.store
    assert store.client.zscore(store.key(0, "rec"), ident) is None
    assert 0 < store.client.pttl(store.key(0, f"r:{ident}"))

    runs_by_hand.resolve(ferry.core, ident, Said("succeeded", "seen", message="wamid.1"), by="ann")
    assert [] == waiting(ferry)
    resolved = letters.get(store, ident) or {}
    assert ("resolved", "ann", "seen") == (
        resolved["state"],
        resolved["dealt_with"]["by"],
        resolved["dealt_with"]["why"],
    )


def test_what_a_provider_does_not_answer_is_written_down(ferry: Pipeline) -> None:
    """A look that could not be made says so."""
    ident = lost(ferry)
    ferry.simulators["onemsg"].behave(status=503)

    reconcile.look(ferry.core, 0, ident)

    (look,) = run_of(ferry, ident)["looks"]
    assert look["error"] in {"unreachable", "throttled", "outcome_unknown"}


def test_looks_are_bounded(ferry: Pipeline) -> None:
    """The newest stay."""
    ident = lost(ferry)
    for _ in range(45):
        reconcile.look(ferry.core, 0, ident)

    assert 40 == len(run_of(ferry, ident)["looks"])


def test_it_is_assumed_to_have_arrived(ferry: Pipeline) -> None:
    """Succeeded, and marked so; told as an event; no dead letter."""
    ident = lost(ferry, unknown_outcome="assume_sent")
    time_is_over(ferry, ident)

    run = run_of(ferry, ident)
    assert ("succeeded", "assumed", "policy") == (run["state"], run["resolved"]["how"], run["resolved"]["by"])
    assert [(True, "accepted", None)] == [(one["assumed"], one["state"], one["message"]) for one in run["parts"]]
    (event,) = ferry.events("run.succeeded")
    assert "assumed" == event["run"]["resolved"]["how"]
    assert ([], "assumed") == (waiting(ferry), run["attempts"][-1]["outcome"])


def test_it_has_failed(ferry: Pipeline) -> None:
    """With a dead letter; as it may have arrived, only force sends it again."""
    ident = lost(ferry, unknown_outcome="fail")
    time_is_over(ferry, ident)

    run = run_of(ferry, ident)
    assert ("failed", "outcome_unknown", "given_up") == (run["state"], run["error"]["class"], run["error"]["code"])
    assert [ident] == [one["run"]["id"] for one in ferry.events("run.failed")]
    assert [ident] == [one for one, _ in waiting(ferry)]
    with pytest.raises(Conflict, match="it may have arrived"):
        runs_by_hand.retry(ferry.core, ident, force=False)
    runs_by_hand.retry(ferry.core, ident, force=True)
    ferry.settle()
    assert ("succeeded", []) == (run_of(ferry, ident)["state"], waiting(ferry))


def test_it_is_sent_once_more(ferry: Pipeline) -> None:
    """Because the owner chose it; one that is unknown again is held, and not sent for ever."""
    ident = lost(ferry, unknown_outcome="send_again")
    ferry.simulators["onemsg"].behave(action="send-message", drop="before", times=1)
    time_is_over(ferry, ident)
    assert (2, "unknown") == (len(calls(ferry)), run_of(ferry, ident)["state"])

    time_is_over(ferry, ident)

    assert (2, [(ident, "unknown")]) == (len(calls(ferry)), waiting(ferry))
    runs_by_hand.retry(ferry.core, ident)  # a person's word counts anew
    ferry.settle()
    assert (3, "succeeded") == (len(calls(ferry)), run_of(ferry, ident)["state"])


def calls(ferry: Pipeline) -> list[dict[str, Any]]:
    """What the provider was asked to send."""
    return ferry.simulators["onemsg"].requests("send-message")


def test_one_whose_end_was_asked_for_is_not_sent_again(ferry: Pipeline) -> None:
    """Somebody wanted it cancelled while it was out."""
    ident = lost(ferry, unknown_outcome="send_again")
    store = ferry.core.store
    store.client.hset(store.key(0, f"r:{ident}"), "cancel", "1")

    time_is_over(ferry, ident)

    assert (1, [(ident, "unknown")]) == (len(calls(ferry)), waiting(ferry))


def test_proof_at_the_last_moment_beats_the_policy(ferry: Pipeline) -> None:
    """It is looked for once more when the time is over."""
    stored = ferry.connect("1msg")
    ferry.core.connections.save(replace(stored, policy={"unknown_outcome": "fail"}))
    ferry.simulators["onemsg"].behave(action="send-message", drop="after", times=1)
    body = {"connection": "1msg", "action": "send-message", "input": {"to": TO, "text": "x"}, "force": True}
    ident = accept(ferry.core, body).id
    ferry.settle()

    time_is_over(ferry, ident)

    run = run_of(ferry, ident)
    assert ("succeeded", "proven:provider") == (run["state"], run["resolved"]["how"])
    assert "provider" == run["looks"][-1]["found"]


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        ("assume_sent", {"accepted": 3}),
        ("fail", {"unknown": 3}),
        ("hold", {}),
    ],
)
def test_each_of_several_messages_has_its_outcome(ferry: Pipeline, chosen: str, left: dict[str, int]) -> None:
    """All of the lost call have the same."""
    ident = lost(ferry, "clicksend", SMS, unknown_outcome=chosen)
    time_is_over(ferry, ident)

    states = [one["state"] for one in run_of(ferry, ident)["parts"]]
    assert left == {state: states.count(state) for state in set(states)}
    if chosen == "fail":
        with pytest.raises(Conflict, match="every message of this run is out, or may be"):
            runs_by_hand.retry(ferry.core, ident, force=False)


def test_what_is_sure_of_several_is_not_sent_again(ferry: Pipeline) -> None:
    """Of three, one is known by its receipt: the policy sends the other two."""
    ident = lost(ferry, "clicksend", SMS, unknown_outcome="send_again")
    said = Said("succeeded", parts={f"{ident}-1": ("succeeded", "MSG-1")})
    assert "unknown" == runs_by_hand.resolve(ferry.core, ident, said, by="ann")["state"]

    time_is_over(ferry, ident)

    run = run_of(ferry, ident)
    assert ("succeeded", 3) == (run["state"], len(run["parts"]))
    (_, again) = ferry.simulators["clicksend"].requests("send-sms")
    assert [f"{ident}-0", f"{ident}-2"] == [one["custom_string"] for one in again["body"]["messages"]]


def test_a_connection_that_is_gone_leaves_it_to_a_person(ferry: Pipeline) -> None:
    """Nobody can be asked, and nothing can be sent."""
    ident = lost(ferry, unknown_outcome="send_again")
    store = ferry.core.store
    store.client.delete("f:conn:1msg")
    ferry.core.connections._cache.clear()

    time_is_over(ferry, ident)

    assert [(ident, "unknown")] == waiting(ferry)


def odd(*_: object) -> Any:
    """Whatever nobody foresaw."""
    raise KeyError("odd")


def test_a_mistake_while_looking_is_a_look_and_keeps_nobody_from_deciding(
    ferry: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be looked into each minute for ever, and no person would hear of it."""
    ident = lost(ferry)
    monkeypatch.setitem(reconcile.MEANS, "provider", odd)
    time_is_over(ferry, ident)

    assert [(ident, "unknown")] == waiting(ferry)
    assert [("provider", "bad_reply")] == [(one["asked"][-1], one["error"]) for one in run_of(ferry, ident)["looks"]]


def test_words_that_can_be_cut_no_more_are_held(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """The action is another one by now: a person decides."""
    ident = lost(ferry)
    action = PROVIDERS["onemsg"].actions["send-message"]
    monkeypatch.setitem(PROVIDERS["onemsg"].actions, "send-message", replace(action, cut=odd))
    time_is_over(ferry, ident)

    assert [(ident, "unknown")] == waiting(ferry)


RACES: dict[str, Callable[[Pipeline, str], object]] = {
    "a person resolves it": lambda ferry, ident: runs_by_hand.resolve(ferry.core, ident, Said("failed"), by="ann"),
    "a person retries it": lambda ferry, ident: runs_by_hand.retry(ferry.core, ident),
    "another worker decided": lambda ferry, ident: deadline.decide(ferry.core, 0, ident),
}


@pytest.mark.parametrize("first", RACES.values(), ids=RACES)
@pytest.mark.parametrize("chosen", policy.POLICY["unknown_outcome"].answers)
def test_the_first_word_is_believed(
    ferry: Pipeline, monkeypatch: pytest.MonkeyPatch, first: Callable[[Pipeline, str], object], chosen: str
) -> None:
    """Whoever is between reading and writing when another has spoken changes nothing, and doubles nothing."""
    ident = lost(ferry, unknown_outcome=chosen)
    real = unknown.case_of
    others: list[object] = []

    def slow(*words: Any) -> Any:
        case = real(*words)
        if not others:
            others.append(None)
            first(ferry, ident)
        return case

    monkeypatch.setattr("worker.deadline.case_of", slow)
    deadline.decide(ferry.core, 0, ident)
    ferry.settle()

    run = run_of(ferry, ident)
    ended = {"a person resolves it": "failed", "a person retries it": "succeeded"}
    name = next(name for name, one in RACES.items() if one is first)
    if name in ended:
        assert ended[name] == run["state"]
    assert len(calls(ferry)) <= 2
    told = [one["type"] for one in ferry.events("run.succeeded", "run.failed")]
    assert len(told) == (run["state"] != "unknown")
    assert len(waiting(ferry)) <= 1
