"""A Redis that came back without its last moments hears again what has left, and what came of it."""

from __future__ import annotations

import pytest
import redis

from tests.worker.pipeline import Pipeline, build
from tests.worker.test_restored import Backup
from worker.accept import accept
from worker.flights import Flight
from worker.store import lanes, runs


@pytest.fixture
def ferry(redis: redis.Redis) -> Pipeline:
    """A pipeline with a connection that may always send."""
    return build(redis)


def queued(ferry: Pipeline) -> tuple[str, str]:
    """(run, its connection), waiting in its lane."""
    stored = ferry.connect("1msg")
    body = {"connection": stored.id, "action": "send-message", "input": {"to": "15550100123", "text": "x"}}
    return accept(ferry.core, {**body, "force": True}).id, stored.id


def state(ferry: Pipeline, ident: str) -> bytes:
    """The state as Redis has it."""
    record = runs.load(ferry.core.store, ident)
    assert record is not None
    return record["state"]


def test_what_is_at_the_socket_is_not_sent_by_another(ferry: Pipeline) -> None:
    """Redis has forgotten that it left; said again, nobody else sends it."""
    ident, _ = queued(ferry)
    record = runs.load(ferry.core.store, ident)
    assert record is not None
    flights = ferry.core.flights
    flights.begin(Flight(0, ident, record["lane"].decode(), "a1", 1, 30_000))

    assert flights.watch(ferry.core.store, "one", forgets=lambda: True) == 0
    assert state(ferry, ident) == b"queued"
    assert flights.watch(ferry.core.store, "two", forgets=lambda: True) == 1
    assert state(ferry, ident) == b"leaving"


def test_an_outcome_of_a_moment_ago_is_told_again(ferry: Pipeline) -> None:
    """The run is as it was before it left; its outcome is still in the worker's memory."""
    ident, _ = queued(ferry)
    before = ferry.core.store.client.dump(f"f:{{0}}:r:{ident}")
    ferry.core.flights.watch(ferry.core.store, "one", forgets=lambda: True)
    ferry.settle()
    assert state(ferry, ident) == b"succeeded"
    assert before is not None
    ferry.core.store.client.restore(f"f:{{0}}:r:{ident}", 0, before, replace=True)
    assert state(ferry, ident) == b"queued"

    ferry.core.flights.watch(ferry.core.store, "two", forgets=lambda: False)
    assert state(ferry, ident) == b"succeeded"
    assert len(ferry.simulators["onemsg"].requests("send-message")) == 1


def test_each_call_of_a_run_is_told_again_in_its_turn(ferry: Pipeline) -> None:
    """A long text in three; Redis has forgotten all of them, and none is sent once more."""
    stored = ferry.connect("1msg")
    words = {"to": "15550100123", "text": "and on " * 1_400, "split": True}
    body = {"connection": stored.id, "action": "send-message", "input": words, "force": True}
    ident = accept(ferry.core, body).id
    before = Backup(ferry.core.store.client)
    ferry.core.flights.watch(ferry.core.store, "one", forgets=lambda: True)
    ferry.settle()
    before.put_back()
    assert state(ferry, ident) == b"queued"

    assert ferry.core.flights.watch(ferry.core.store, "two", forgets=lambda: False) == 3
    ferry.settle()

    assert state(ferry, ident) == b"succeeded"
    assert len(ferry.simulators["onemsg"].requests("send-message")) == 3


def test_a_call_at_the_socket_comes_after_those_that_ended(ferry: Pipeline) -> None:
    """Its answer is to come: what ended before it is told first."""
    ident, _ = queued(ferry)
    store, key = ferry.core.store, f"f:{{0}}:r:{ident}"
    lane = (runs.load(store, ident) or {})["lane"].decode()
    flights = ferry.core.flights
    flights.begin(Flight(0, ident, lane, "a1", 1, 30_000))
    flights.end("a1", lambda: store.client.hset(key, mapping={"state": "queued", "attempt": ""}))
    flights.begin(Flight(0, ident, lane, "a2", 2, 30_000))
    flights.watch(store, "one", forgets=lambda: True)
    flights.watch(store, "two", forgets=lambda: True)

    assert [b"leaving", b"a2"] == store.client.hmget(key, "state", "attempt")


def test_claims_rest_only_after_a_redis_that_forgets(ferry: Pipeline) -> None:
    """With every write on disk before its answer nothing was forgotten, and nobody waits."""
    ident, connection = queued(ferry)
    flights = ferry.core.flights
    flights.watch(ferry.core.store, "one", forgets=lambda: True)
    flights.watch(ferry.core.store, "two", forgets=lambda: False)
    assert not flights.calm()
    flights.watch(ferry.core.store, "three", forgets=lambda: True)
    assert flights.calm()

    ferry.settle()
    assert state(ferry, ident) == b"queued"
    assert lanes.claim(ferry.core.store, 0, f"out:{connection}:live", lease=1000, limit=1).told == "lane"
