"""A new webhook secret: wherever the rotation stops, the URL that the provider knows is accepted."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis as redis_client

from connectors import client as http
from connectors.registry import PROVIDERS
from tests.worker.pipeline import PUBLIC, Pipeline, build
from worker import address, archiving, provision, rotation, standing, states
from worker.accept import Conflict, accept
from worker.store import runs
from worker.store import stored as records
from worker.store.connections import Former, Gone, Stored
from worker.store.stored import MOST_FORMERS
from worker.store.text import text


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
def test_both_are_accepted(ferry: Pipeline, name: str) -> None:
    """With every provider; the old one ends with the grace, or waits for the new one to be used."""
    stored = ferry.connect(name)
    after = rotation.rotate(ferry.core, stored.id, grace=3600)

    assert after.token != stored.token
    assert [True, True, False] == [after.accepts(one) for one in (after.token, stored.token, "x" * 32)]
    assert "READY" == after.state
    (former,) = after.formers
    if PROVIDERS[name].paste:
        assert former.until is None
    else:
        assert former.until is not None
        assert abs(former.until - (time.time() + 3600) * 1000) < 60_000
    assert not replace(after, formers=(replace(former, until=1),)).accepts(stored.token)
    assert not replace(after, archived=True).accepts(after.token)
    assert not replace(after, token="", formers=()).accepts("-" * 32)


def test_the_provider_knows_the_new_url_alone(ferry: Pipeline) -> None:
    """1msg would call both: the old one is taken out, another's stays.  Infobip has one subscription a channel."""
    stored = ferry.connect("1msg")
    channel: Any = ferry.simulators["onemsg"]
    channel.channel.stored["webhookUrl"] += ["https://inbox.invalid/of-another"]
    after = rotation.rotate(ferry.core, stored.id)
    assert {"https://inbox.invalid/of-another", after.webhook_url(PUBLIC)} == set(channel.channel.stored["webhookUrl"])

    stored = ferry.connect("infobip")
    after = rotation.rotate(ferry.core, stored.id)
    account: Any = ferry.simulators["infobip"]
    urls = [one["profile"]["webhook"]["notifyUrl"] for one in account.kept["subscriptions"].values()]
    assert len(urls) > 1
    assert all(after.webhook_url(PUBLIC) in one for one in urls)


def test_a_signing_key_of_ours_changes_with_it(ferry: Pipeline) -> None:
    """Both sign for the time of the grace: each with its own."""
    stored = ferry.connect("infobip", webhook_username="ferry")
    standing.change(ferry.core, stored.id, secrets={"webhook_password": "made-up-0001", "webhook_hmac_key": "key-0001"})
    after = rotation.rotate(ferry.core, stored.id)

    assert {"webhook_password", "webhook_hmac_key"} == {
        name for name, value in after.secrets.items() if value != {**stored.secrets, **after.formers[0].secrets}[name]
    } | set(after.formers[0].secrets)
    assert ["key-0001", "made-up-0001"] == sorted(after.formers[0].secrets.values())
    account: Any = ferry.simulators["infobip"]
    told = [one["profile"]["security"]["credentials"] for one in account.kept["subscriptions"].values()]
    assert {after.secrets["webhook_hmac_key"]} == {one["secretKey"] for one in told}
    voices = [one.secret("webhook_hmac_key") for one in after.voices()]
    assert [after.secrets["webhook_hmac_key"], "key-0001"] == voices
    ended = replace(after, formers=(replace(after.formers[0], until=1),))
    assert 1 == len(list(ended.voices()))


def test_where_a_person_pastes_it_the_old_one_waits_for_them(ferry: Pipeline) -> None:
    """Asked again, nothing new is made; the first call by the new one starts the grace and ends the clientAction."""
    stored = ferry.connect("instagram")
    address.hear(ferry.core, stored)
    begun = rotation.rotate(ferry.core, stored.id)
    assert begun.action is not None
    assert ("paste-webhook", True) == (begun.action["type"], "webhook_url" in begun.action["agentInstructions"])
    assert begun.token not in json.dumps(begun.action)
    assert begun.token == rotation.rotate(ferry.core, stored.id).token
    assert [None] == [one.until for one in now_of(ferry, stored.id).formers]

    address.hear(ferry.core, stored)  # by the old one, from a cache
    assert now_of(ferry, stored.id).moving
    address.hear(ferry.core, begun)
    done = now_of(ferry, stored.id)
    assert (None, True, False) == (done.action, done.heard, done.moving)
    assert done.formers[0].until is not None
    assert done.accepts(stored.token)


def test_one_that_was_lost_before_it_was_pasted_is_replaced(ferry: Pipeline) -> None:
    """Any of them may have been pasted, so all are accepted until the newest is called; then each has its end."""
    stored = ferry.connect("instagram")
    address.hear(ferry.core, stored)
    lost = rotation.rotate(ferry.core, stored.id)
    begun = rotation.rotate(ferry.core, stored.id, 60.0, anew=True)

    assert 3 == len({stored.token, lost.token, begun.token})
    assert all(begun.accepts(one.token) for one in (stored, lost, begun))
    address.hear(ferry.core, lost)
    assert now_of(ferry, stored.id).moving
    address.hear(ferry.core, begun)
    done = now_of(ferry, stored.id)
    assert (None, False, [lost.token, stored.token]) == (done.action, done.moving, [one.token for one in done.formers])
    assert all(one.until is not None for one in done.formers)


def test_of_those_that_wait_to_be_pasted_there_is_a_handful(ferry: Pipeline) -> None:
    """One more is refused, in words."""
    stored = ferry.connect("instagram")
    for _ in range(MOST_FORMERS):
        rotation.rotate(ferry.core, stored.id, anew=True)
    with pytest.raises(Conflict, match="accepted still: the first of them until the provider calls the new one"):
        rotation.rotate(ferry.core, stored.id, anew=True)


def test_a_new_one_says_what_to_paste(ferry: Pipeline) -> None:
    """READY, as its sends go; and no longer once it was called."""
    stored = ferry.connect("instagram")
    assert ("READY", "paste-webhook") == (stored.state, (stored.action or {}).get("type"))
    address.hear(ferry.core, stored)
    assert now_of(ferry, stored.id).action is None
    assert provision.check(ferry.core, now_of(ferry, stored.id)).action is None


def test_without_a_public_url_a_person_does_it(redis: redis_client.Redis) -> None:
    """Nobody can be told an address that nobody knows."""
    ferry = build(redis)
    ferry.core.settings = replace(ferry.core.settings, public_url="")
    stored = ferry.connect("infobip")
    ferry.core.connections.update(
        stored.id, lambda now: replace(now, secrets={**now.secrets, "webhook_hmac_key": "key-0001"})
    )
    after = rotation.rotate(ferry.core, stored.id)

    assert after.moving
    assert "key-0001" == after.secrets["webhook_hmac_key"]  # nobody can read a new one to paste it
    assert [] == ferry.simulators["infobip"].requests("create-subscription")


def test_a_provider_that_cannot_be_told_leaves_the_old_one_open(ferry: Pipeline) -> None:
    """The chores finish it; asked again meanwhile, no further secret is made."""
    stored = ferry.connect("1msg")
    ferry.simulators["onemsg"].behave(action="set-webhook", status=503, times=2)
    begun = rotation.rotate(ferry.core, stored.id)
    assert ([None], "SETUP_FAILED") == ([one.until for one in begun.formers], begun.state)
    again = rotation.rotate(ferry.core, stored.id, grace=60)
    assert (begun.token, [stored.token]) == (again.token, [one.token for one in again.formers])
    assert again.accepts(stored.token)

    rotation.turn(ferry.core)
    done = now_of(ferry, stored.id)
    assert all(one.until is not None and one.until < (time.time() + 90) * 1000 for one in done.formers)
    assert (begun.token, "READY", None) == (done.token, done.state, done.error)


class Dies(BaseException):
    """A process ends here."""


@pytest.mark.parametrize("action", ["get-channel-status", "set-webhook", "get-webhook", "after"])
def test_whoever_dies_in_between_leaves_the_old_one_accepted(
    ferry: Pipeline, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    """Before each question to the provider and after the last one: what it calls is accepted, and the rest is done."""
    stored = ferry.connect("1msg")
    channel: Any = ferry.simulators["onemsg"]
    real = http.asking

    def asking(*words: Any, **more: Any) -> Any:
        ask = real(*words, **more)

        def dies(key: str, given: Any) -> Any:
            if key == action:
                raise Dies
            return ask(key, given)

        return dies

    def lost(*_: Any) -> Any:
        raise Dies

    with monkeypatch.context() as patch:
        patch.setattr(http, "asking", asking)
        if action == "after":
            patch.setattr(provision, "_verdict", lost)
        with pytest.raises(Dies):
            rotation.rotate(ferry.core, stored.id)
    begun = now_of(ferry, stored.id)
    assert begun.token != stored.token
    called = [url.rpartition("/")[2] for url in channel.channel.stored["webhookUrl"]]
    assert called
    assert all(begun.accepts(token) for token in called)
    assert "BUILDING" == begun.state

    monkeypatch.setattr(provision, "STUCK", timedelta(seconds=-1))
    provision.unstick(ferry.core)
    done = now_of(ferry, stored.id)
    assert ("READY", False) == (done.state, done.moving)
    assert [done.webhook_url(PUBLIC)] == channel.channel.stored["webhookUrl"]


def test_none_that_was_promised_is_dropped(ferry: Pipeline) -> None:
    """A handful is accepted at once; one more has to wait for the first to end."""
    stored = ferry.connect("1msg")
    for _ in range(MOST_FORMERS):
        rotation.rotate(ferry.core, stored.id)
    with pytest.raises(Conflict, match="accepted still"):
        rotation.rotate(ferry.core, stored.id)
    full = now_of(ferry, stored.id)
    assert full.accepts(stored.token)

    ended = replace(full, formers=(*full.formers[:-1], replace(full.formers[-1], until=1)))
    ferry.core.connections.save(ended)
    assert MOST_FORMERS == len(rotation.rotate(ferry.core, stored.id).formers)


def test_an_archive_in_between_keeps_what_the_provider_calls(ferry: Pipeline) -> None:
    """Brought back, a connection that was moving is moving still."""
    stored = ferry.connect("instagram")
    address.hear(ferry.core, stored)
    begun = rotation.rotate(ferry.core, stored.id)
    archiving.archive(ferry.core, stored.id)
    back = archiving.restore(ferry.core, stored.id)

    assert (begun.token, True) == (back.token, back.accepts(stored.token))
    assert back.action is not None


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


def test_a_record_of_the_version_before_is_read(ferry: Pipeline) -> None:
    """Without secrets from before, and without the time of its state."""
    stored = ferry.connect("1msg")
    connections = ferry.core.connections
    body = json.loads(records.write(replace(stored, formers=(Former("x" * 32),)), connections.vault))
    for name in ("since", "heard", "told", "words", "tries", "closing"):
        del body[name]
    opened = connections.vault.open(body["closed"])
    del opened["formers"]
    body["closed"] = connections.vault.close(opened)
    ferry.core.store.client.set(f"f:conn:{stored.id}", json.dumps(body))

    found = now_of(ferry, stored.id)
    assert ((), "", stored.token, "READY") == (found.formers, found.since, found.token, found.told)
