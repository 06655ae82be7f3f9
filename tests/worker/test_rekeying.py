"""Secrets move to a new key while everything runs; what a key that is missing does, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import redis as redis_client

from tests.worker.pipeline import Pipeline, build
from worker import provision, rekeying, rotation, standing
from worker.accept import Conflict, accept
from worker.store import keyring, runs
from worker.store.connections import Connections
from worker.store.text import text
from worker.store.vault import Vault, WrongKey, new_key

OLD, NEW = new_key(), new_key()


def pin(key: str = "", word: str = "1234", **more: Any) -> dict[str, Any]:
    """A run whose input hides something."""
    given = {"pin_id": "P1", "pin": word}
    named = {"idempotency_key": key} if key else {}
    return {"connection": "infobip", "action": "verify-tfa-pin", "input": given, **named, **more}


def opened(redis: redis_client.Redis, *keys: str) -> Pipeline:
    """Ferry with these keys, over the same Redis."""
    return build(redis, secret_keys=keys)


def hidden(ferry: Pipeline, run: str) -> str:
    """What a run hides, as it is stored."""
    return text((runs.load(ferry.core.store, run) or {}).get("hidden"))


@pytest.fixture
def before(redis: redis_client.Redis) -> Pipeline:
    """Ferry with the old key: connections, one rotated, and runs that hide something."""
    ferry = opened(redis, OLD)
    for name in ("1msg", "infobip"):
        ferry.connect(name)
    rotation.rotate(ferry.core, "infobip")
    return ferry


def test_all_there_is_moves_and_the_old_key_can_go(redis: redis_client.Redis, before: Pipeline) -> None:
    """Connections, hidden inputs, also of runs no list holds any more, and the key of marks; again changes nothing."""
    idents = [accept(before.core, pin(key)).id for key in ("a", "b")]
    redis.delete("f:{0}:ri:infobip")
    redis.hset("f:{0}:r:with-nothing-to-hide", "state", "queued")
    both = opened(redis, NEW, OLD)
    assert "2 connection(s)" in rekeying.advice(both.core)
    assert "" == rekeying.advice(before.core)

    told = rekeying.rekey(both.core)
    assert (2, 2, 0, []) == (told.connections, told.runs, told.left, told.locked)
    assert told.shown()["old_keys_can_go"]
    assert rekeying.CAN_GO == rekeying.advice(both.core)
    again = rekeying.rekey(both.core)
    assert (0, 0) == (again.connections, again.runs)

    alone = opened(redis, NEW)
    assert {"pin": "1234"} == alone.core.connections.vault.open(hidden(alone, idents[0]))
    found = alone.core.connections.get("infobip", fresh=True)
    assert found is not None
    assert 1 == len(found.formers)
    same = accept(alone.core, pin("a"))
    assert (idents[0], False) == (same.id, same.new)  # recognised, whichever key is gone
    with pytest.raises(Conflict):
        accept(alone.core, pin("a", "9999"))
    with pytest.raises(WrongKey):
        before.core.connections.get("1msg", fresh=True)


def test_it_may_be_killed_anywhere(redis: redis_client.Redis, before: Pipeline) -> None:
    """What is half done is read with both keys, and finished by the next."""
    accept(before.core, pin("a"))
    both = opened(redis, NEW, OLD)
    both.core.connections.rekey("1msg")
    assert rekeying.CAN_GO != rekeying.advice(both.core)
    assert ["1msg", "infobip"] == [one.id for one in both.core.connections.all()]
    told = rekeying.rekey(both.core)
    assert (1, 1, 0) == (told.connections, told.runs, told.left)

    old = opened(redis, OLD)  # a process that nobody restarted has written meanwhile
    old.connect("clicksend")
    assert "1 connection(s)" in rekeying.advice(both.core)


def test_what_changes_meanwhile_is_not_overwritten(
    redis: redis_client.Redis, before: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that somebody saves between reading and writing; a run that is gone leaves nothing behind."""
    run = accept(before.core, pin("a")).id
    both = opened(redis, NEW, OLD)
    swap = Connections._swap
    overtaken: list[str] = []

    def slow(self: Connections, key: str, was: bytes, made: str) -> bool:
        if not overtaken:
            overtaken.append(key)
            standing.change(both.core, "1msg", label="New")
        return swap(self, key, was, made)

    monkeypatch.setattr(Connections, "_swap", slow)
    rekeying.rekey(both.core)
    assert "New" == provision.get(both.core, "1msg").label
    redis.delete(f"f:{{0}}:r:{run}")
    assert not both.core.store.run("reclose", 0, run, "hidden", "x", "y")
    assert not redis.exists(f"f:{{0}}:r:{run}")


def test_a_process_that_does_not_know_the_newest_key_is_waited_for(redis: redis_client.Redis, before: Pipeline) -> None:
    """It could read nothing of what is encrypted anew; one that says nothing any more is gone."""
    both = opened(redis, NEW, OLD)
    before.core.connections.announce()
    both.core.connections.announce()
    with pytest.raises(rekeying.Behind, match="restart web and worker"):
        rekeying.known_everywhere(both.core, 0.0)
    later: list[float] = []

    def ends(seconds: float) -> None:
        later.append(seconds)
        redis.zadd(keyring.KEYED, {",".join(before.core.connections.vault.keys): 1})

    rekeying.known_everywhere(both.core, 5.0, sleep=ends)
    assert 1 == len(later)
    assert not [name for name in redis.zrange(keyring.KEYED, 0, -1) if OLD in text(name)]


def test_a_connection_that_no_key_opens_stops_no_other(redis: redis_client.Redis, before: Pipeline) -> None:
    """It is logged and told; none at all is another matter."""
    vault = Vault([new_key()])
    strange = Connections(before.core.store, vault)
    strange.save(replace(provision.get(before.core, "1msg"), id="strange"))

    assert ["1msg", "infobip"] == [one.id for one in before.core.connections.all()]
    before.core.connections.prove()
    with pytest.raises(WrongKey, match="opens the secrets of strange: put the key"):
        before.core.connections.prove(whole=True)
    with pytest.raises(WrongKey, match="1msg, infobip, strange"):
        Connections(before.core.store, Vault([new_key()])).prove()
    told = rekeying.rekey(before.core)
    assert (["strange"], False) == (told.locked, told.shown()["old_keys_can_go"])


def test_what_is_lost_for_good_can_be_forgotten(redis: redis_client.Redis, before: Pipeline) -> None:
    """The connection stays with its name and settings; it waits for new credentials, at a new URL."""
    accept(before.core, pin("a"))
    old = provision.get(before.core, "1msg")
    lost = opened(redis, NEW)
    lost.simulators = before.simulators
    with pytest.raises(WrongKey):
        lost.core.connections.all()
    told = rekeying.rekey(lost.core, forget_lost=True)
    assert ["1msg", "infobip"] == told.forgotten

    now = provision.get(lost.core, "1msg")
    assert ("CLIENT_ACTION_REQUIRED", {}, old.settings) == (now.state, now.secrets, now.settings)
    assert not now.accepts(old.token)
    back = standing.reconnect(lost.core, "1msg", secrets=dict(old.secrets))
    assert "READY" == back.state
    assert accept(lost.core, pin("c")).new


def test_a_run_whose_secret_no_key_opens_fails_and_can_be_retried(redis: redis_client.Redis, before: Pipeline) -> None:
    """It stops neither its lane nor its worker, and says which key is wanted."""
    run = accept(before.core, pin("a")).id
    both = opened(redis, NEW, OLD)
    both.simulators = before.simulators
    for name in both.core.connections.names():
        both.core.connections.rekey(name)
    alone = opened(redis, NEW)
    alone.simulators = before.simulators
    alone.settle()
    shown = runs.get(alone.core.store, run)
    assert shown is not None
    assert ("failed", "wrong_key") == (shown["state"], shown["error"]["code"])
    assert "FERRY_SECRET_KEYS holds no key" in shown["error"]["text"]
