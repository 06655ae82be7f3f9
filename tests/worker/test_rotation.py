"""A new webhook secret: wherever the rotation stops, the URL that the provider knows is accepted."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace

import pytest
import redis as redis_client

from connectors.registry import PROVIDERS
from tests.worker.pipeline import Pipeline, build
from worker import provision, rotation, standing, states
from worker.accept import Conflict, NotFound, accept
from worker.rekeying import rekey
from worker.store import lanes, letters, runs
from worker.store.connections import Connections, Former, Gone, Stored
from worker.store.text import text
from worker.store.vault import Vault, WrongKey, new_key


@pytest.fixture
def ferry(redis: redis_client.Redis) -> Pipeline:
    """A pipeline."""
    return build(redis)


def now_of(ferry: Pipeline, ident: str) -> Stored:
    """As it is stored."""
    found = ferry.core.connections.get(ident, fresh=True)
    assert found is not None
    return found


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_the_provider_calls_the_new_url_and_both_are_accepted(ferry: Pipeline, name: str) -> None:
    """With every provider; the old one ends after the grace."""
    stored = ferry.connect(name)
    after = rotation.rotate(ferry.core, stored.id, grace=3600)

    assert after.token != stored.token
    assert rotation.fits(after, after.token)
    assert rotation.fits(after, stored.token)
    assert not rotation.fits(after, "x" * len(stored.token))
    (former,) = after.formers
    assert former.until is not None
    assert abs(former.until - (time.time() + 3600) * 1000) < 60_000
    assert not rotation.fits(replace(after, formers=(replace(former, until=1),)), stored.token)


def test_the_stand_in_is_told(ferry: Pipeline) -> None:
    """1msg has one webhook, and it is the new one."""
    stored = ferry.connect("1msg")
    after = rotation.rotate(ferry.core, stored.id)
    ferry.settle()
    told = [one["body"] for one in ferry.simulators["onemsg"].requests("set-webhook")]

    assert after.token in str(told[-1])
    assert stored.token not in str(told[-1])


def test_a_provider_that_cannot_be_told_leaves_the_old_one_open(ferry: Pipeline) -> None:
    """The chores finish it; asked again meanwhile, no further secret is made."""
    stored = ferry.connect("1msg")
    ferry.simulators["onemsg"].behave(action="set-webhook", status=503, times=2)
    begun = rotation.rotate(ferry.core, stored.id)
    assert [None] == [one.until for one in begun.formers]
    assert begun.error is not None
    again = rotation.rotate(ferry.core, stored.id)
    assert (begun.token, [stored.token]) == (again.token, [one.token for one in again.formers])
    assert rotation.fits(again, stored.token)

    rotation.turn(ferry.core)
    done = now_of(ferry, stored.id)
    assert all(one.until is not None for one in done.formers)
    assert (begun.token, None) == (done.token, done.error)


def test_whoever_dies_in_between_leaves_the_old_one_accepted(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right after the new secret was stored."""
    stored = ferry.connect("1msg")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "finish", dies)
        with pytest.raises(KeyboardInterrupt):
            rotation.rotate(ferry.core, stored.id)
    begun = now_of(ferry, stored.id)
    assert begun.token != stored.token
    assert rotation.fits(begun, stored.token)
    rotation.turn(ferry.core)
    assert rotation.fits(now_of(ferry, stored.id), stored.token)


def test_secrets_of_before_do_not_pile_up(ferry: Pipeline) -> None:
    """A handful is accepted at once, the newest."""
    stored = ferry.connect("1msg")
    for _ in range(rotation.MOST + 3):
        rotation.rotate(ferry.core, stored.id)

    assert rotation.MOST == len(now_of(ferry, stored.id).formers)


def test_one_behind_another_url_is_told_which(ferry: Pipeline) -> None:
    """Its own secret is nobody's."""
    first, second = ferry.connect("instagram", "ig-1"), ferry.connect("instagram", "ig-2")
    ferry.core.connections.save(replace(second, source=first.id))
    with pytest.raises(Conflict, match="ig-1"):
        rotation.rotate(ferry.core, second.id)


def test_two_who_change_one_connection_lose_nothing(ferry: Pipeline) -> None:
    """Each lays its own change over what the other has written meanwhile."""
    stored = ferry.connect("1msg")

    def add(word: str) -> None:
        ferry.core.connections.update(stored.id, lambda now: replace(now, limits={**now.limits, word: 1.0}))

    def work(name: str) -> None:
        for number in range(25):
            add(f"{name}{number}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 100 == len(now_of(ferry, stored.id).limits)
    with pytest.raises(Gone):
        ferry.core.connections.update("nobody", lambda now: now)


def test_archived_and_back(ferry: Pipeline) -> None:
    """What is queued becomes a dead letter each; it is DISABLED outside, and restored it works as before."""
    stored = ferry.connect("clicksend")
    standing.pause(ferry.core, stored.id)
    standing.resume(ferry.core, stored.id)
    states.gate(ferry.core, stored.id, 60_000, "paused")
    body = {"connection": stored.id, "action": "send-sms", "input": {"to": "+61411111111", "text": "x"}}
    run = accept(ferry.core, body).id
    archived = standing.archive(ferry.core, stored.id)
    ferry.settle()

    shown = archived.shown("clicksend", "", {})
    assert ("DISABLED", None) == (shown["state"], shown["clientAction"])
    record = runs.load(ferry.core.store, run)
    assert record is not None
    assert "failed" == text(record["state"])
    assert [run] == [one["id"] for one in letters.listing(ferry.core.store)]
    with pytest.raises(NotFound, match="ferry connection restore"):
        standing.living(ferry.core, stored.id)
    restored = standing.restore(ferry.core, stored.id)
    assert ("READY", False) == (restored.state, restored.archived)
    assert ["DISABLED"] == [
        event["state"]["state"] for event in ferry.events("connection.state") if event["state"]["state"] == "DISABLED"
    ]


def test_an_archiving_waits_for_what_is_at_the_provider(ferry: Pipeline) -> None:
    """And says so when that takes too long, with the connection going on as before."""
    stored = ferry.connect("clicksend")
    body = {"connection": stored.id, "action": "send-sms", "input": {"to": "+61411111111", "text": "x"}}
    run = accept(ferry.core, body).id
    taken = lanes.claim(ferry.core.store, 0, f"out:{stored.id}:live", lease=60_000, limit=1)
    runs.leave(ferry.core.store, 0, runs.Leaving(run, taken.lane, taken.token, "a1", 60_000))
    with pytest.raises(Conflict, match="at the provider"):
        standing.archive(ferry.core, stored.id, seconds=0.1)

    assert not now_of(ferry, stored.id).archived
    ending = runs.Ending("succeeded", {})
    runs.finish(ferry.core.store, 0, run, taken.lane, taken.token, "a1", ending, lease=1, go_on=False)
    assert standing.archive(ferry.core, stored.id).archived


def test_one_whose_maker_died_is_tried_again(ferry: Pipeline) -> None:
    """It does not stay BUILDING for ever; one that somebody is at just now is left alone."""
    stored = ferry.connect("1msg")
    ferry.core.connections.save(replace(stored, state=states.BUILDING, since="2026-01-01T00:00:00.000Z"))
    assert 1 == provision.unstick(ferry.core)
    assert "READY" == now_of(ferry, stored.id).state
    states.building(ferry.core, stored)
    assert 0 == provision.unstick(ferry.core)


def test_reconnected_with_good_credentials_what_waited_goes_out(ferry: Pipeline) -> None:
    """The same connection, no second one beside it."""
    stored = ferry.connect("clicksend")
    ferry.simulators["clicksend"].behave(status=401, times=1)
    body = {"connection": stored.id, "action": "send-sms", "input": {"to": "+61411111111", "text": "x"}}
    run = accept(ferry.core, body).id
    ferry.settle()
    assert states.CLIENT_ACTION_REQUIRED == now_of(ferry, stored.id).state

    after = standing.reconnect(ferry.core, stored.id, secrets=dict(stored.secrets))
    ferry.settle()

    record = runs.load(ferry.core.store, run)
    assert record is not None
    assert ("READY", "succeeded") == (after.state, text(record["state"]))


def test_all_secrets_under_the_newest_key_while_everything_runs(redis: redis_client.Redis) -> None:
    """Connections and what runs hide; then the old key can go, and without it the old ones would have been lost."""
    ferry = build(redis)
    old = ferry.core.settings.secret_keys[0]
    stored = ferry.connect("infobip")
    rotation.rotate(ferry.core, stored.id)
    pin = {"connection": stored.id, "action": "verify-tfa-pin", "input": {"pin_id": "P1", "pin": "1234"}}
    run = accept(ferry.core, pin).id
    new = new_key()
    ferry.core.connections.vault = Vault([new, old])
    assert 1 == ferry.core.connections.old_keys()

    told = rekey(ferry.core)
    assert (1, 1, 0) == (told.connections, told.runs, told.left)
    again = rekey(ferry.core)
    assert (0, 0, 0) == (again.connections, again.runs, again.left)

    alone = Connections(ferry.core.store, Vault([new]))
    found = alone.get(stored.id, fresh=True)
    assert found is not None
    assert (dict(stored.secrets), 1) == (dict(found.secrets), len(found.formers))
    record = runs.load(ferry.core.store, run)
    assert record is not None
    assert {"pin": "1234"} == Vault([new]).open(text(record["hidden"]))
    with pytest.raises(WrongKey):
        Connections(ferry.core.store, Vault([old])).get(stored.id, fresh=True)


def test_a_record_of_the_version_before_is_read(ferry: Pipeline) -> None:
    """Without secrets from before, and without the time of its state."""
    stored = ferry.connect("1msg")
    connections = ferry.core.connections
    raw = connections._closed(replace(stored, formers=(Former("x" * 32),)))
    body = json.loads(raw)
    del body["since"]
    opened = connections.vault.open(body["closed"])
    del opened["formers"]
    body["closed"] = connections.vault.close(opened)
    ferry.core.store.client.set(f"f:conn:{stored.id}", json.dumps(body))

    found = now_of(ferry, stored.id)
    assert ((), "", stored.token) == (found.formers, found.since, found.token)
