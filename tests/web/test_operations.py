"""How it goes, what waits and closing it by hand, what beat starts: what people who run Ferry look at."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import redis

from tests.web.door import Door, open_door
from worker import jobs, presence
from worker.core import Core, Subscription
from worker.jobs import BrokerAway
from worker.presence import Presence
from worker.store import letters


def queues(door: Door) -> dict[str, dict[str, Any]]:
    """By name."""
    return {one["name"]: one for one in door.get("/v1/queues")["items"]}


def test_each_connection_has_its_queues(door: Door) -> None:
    """Also those with nothing in them; a handler's beside them; what is archived has none."""
    door.ferry.connect("1msg")
    door.ferry.core.subscriptions = [Subscription("bot", frozenset(), lambda event, ferry: None)]
    assert ["in:1msg", "out:1msg:live", "out:1msg:bulk", "dlv:bot"] == list(queues(door))
    first = door.get("/v1/queues?limit=3")
    assert ["dlv:bot"] == [one["name"] for one in door.get(f"/v1/queues?cursor={first['cursor']}")["items"]]

    for number in range(3):
        door.post("/v1/runs", door.say(input={"to": f"1555010012{number}", "text": "x"}, force=True))

    found = queues(door)["out:1msg:live"]
    assert (3, 0, 0, False, None) == tuple(found[name] for name in ("ready", "held", "parked", "paused", "reason"))
    assert found["oldest_seconds"] >= 0
    door.ask("DELETE", "/v1/connections/1msg")
    assert {"out:1msg:live", "dlv:bot"} == set(queues(door))  # with work in it, it is still told


def test_a_queue_is_closed_by_hand(door: Door) -> None:
    """It alone: nothing of it leaves, the other class does; opened again it goes on in order."""
    door.ferry.connect("1msg")
    assert "stopped" == door.post("/v1/queues/out:1msg:live/pause", status=200)["reason"]
    held = [door.post("/v1/runs", door.say(text, force=True))["id"] for text in "ab"]
    bulk = door.post("/v1/runs", door.say("c", priority="bulk", force=True))["id"]
    door.ferry.settle()

    found = queues(door)["out:1msg:live"]
    assert (True, None, 1) == (found["paused"], found["closed_until"], found["ready"])
    assert ["queued", "queued", "succeeded"] == [door.get(f"/v1/runs/{one}")["state"] for one in (*held, bulk)]
    assert [] == [one for one in door.get("/v1/status")["warnings"] if "oldest lane" in one]

    door.post("/v1/connections/1msg/pause", status=200)
    assert (True, "paused") == (queues(door)["out:1msg:live"]["paused"], queues(door)["out:1msg:live"]["reason"])
    assert False is door.post("/v1/queues/out:1msg:live/resume", status=200)["paused"]
    assert "paused" == queues(door)["out:1msg:live"]["reason"]  # the connection still is
    door.post("/v1/connections/1msg/resume", status=200)
    door.ferry.settle()
    assert ["succeeded"] * 2 == [door.get(f"/v1/runs/{one}")["state"] for one in held]
    said = [one["body"] for one in door.ferry.simulators["onemsg"].requests("send-message")]
    assert ["c", "a", "b"] == [json.loads(one)["body"] if isinstance(one, str) else one["body"] for one in said]


def test_deliveries_are_closed_in_every_partition(redis: redis.Redis) -> None:
    """A handler's conversations may lie anywhere."""
    heard: list[str] = []
    door = open_door(redis, partitions=4)
    bot = Subscription("bot", frozenset({"message.received"}), lambda event, ferry: heard.append(event["id"]))
    door.ferry.core.subscriptions = [bot]
    door.post("/v1/queues/dlv:bot/pause", status=200)
    for ident in ("one", "two", "three"):
        door.heard(door.ferry.connect("1msg", ident))
    assert ([], 3) == (heard, queues(door)["dlv:bot"]["ready"])

    door.post("/v1/queues/dlv:bot/resume", status=200)
    door.ferry.settle()

    assert 3 == len(heard)
    assert 0 == queues(door)["dlv:bot"]["ready"]


def test_what_cannot_be_closed(door: Door) -> None:
    """What comes in is never held back; a queue that is not there is not found."""
    door.ferry.connect("1msg")

    assert "never held back" in door.post("/v1/queues/in:1msg/pause", status=422)["detail"]
    assert "no queue" in door.post("/v1/queues/out:nobody:live/pause", status=404)["detail"]


def test_status_is_one_screen(door: Door) -> None:
    """Readiness, workers, connections, queues with work in them, traffic, and the newest failures."""
    stored = door.ferry.connect("1msg")
    Presence(door.ferry.core).beat()
    door.hook(stored, door.ferry.hook(stored, "message"))
    door.hook(stored, door.ferry.hook(stored, "message"), token="x" * 32)
    door.app.wsgi_app.turned_away.write()  # type: ignore[attr-defined]
    door.ferry.settle()
    door.post("/v1/runs", door.say(force=True))
    door.post("/v1/runs", door.say(input={"to": "15550100199", "text": "no window"}))
    door.ferry.settle()
    store = door.ferry.core.store
    for number in range(7):
        letters.put(store, 0, f"l{number}", kind="request", cause="parser", connection="1msg", body={"secret": "x"})
    door.post("/v1/connections/1msg/pause", status=200)
    door.post("/v1/runs", door.say(force=True))

    found = door.get("/v1/status")

    assert (True, []) == (found["ready"], found["reasons"])
    assert [door.ferry.core.settings.slots] == [one["slots"] for one in found["workers"]]
    assert [("1msg", "READY", True)] == [(one["id"], one["state"], one["paused"]) for one in found["connections"]]
    assert {"out:1msg:live": "paused"} == {one["name"]: one["reason"] for one in found["queues"] if one["ready"]}
    assert {"in": 1, "refused": 1, "out": 1, "failed": 1, "unknown": 0} == {
        name: found["traffic"][name] for name in ("in", "refused", "out", "failed", "unknown")
    }
    assert (8, 5) == (found["dead_letters"], len(found["failures"]))
    assert "secret" not in str(found["failures"])


def test_a_worker_that_says_nothing_is_gone(door: Door, redis: redis.Redis) -> None:
    """Its name is forgotten with it; one that ends says so at once."""
    one, two = Presence(door.ferry.core), Presence(door.ferry.core)
    one.beat()
    two.beat()
    one.beat()
    assert {one.name, two.name} == {found["name"] for found in presence.workers(door.ferry.core.store)}

    redis.delete(f"f:worker:{one.name}")
    two.leave()

    assert [] == presence.workers(door.ferry.core.store)
    assert 0 == redis.scard("f:workers")


def test_jobs_are_listed_and_started(door: Door) -> None:
    """In words, with how each went last; `run` has a worker carry it out."""
    started: list[str] = []
    door.ferry.core.start = started.append

    (before,) = door.get("/v1/jobs")["items"]
    told = door.post("/v1/jobs/trim/run")
    jobs.carry_out(door.ferry.core, started.pop())

    after = door.get("/v1/jobs/ferry.trim")
    assert before == told
    assert (None, None, 600.0) == (before["last"], before["next_at"], before["every_seconds"])
    assert before["title"].startswith("Forgets what is past its time")
    assert (True, None) == (after["last"]["ok"], after["last"]["error"])
    assert after["last"]["ended_at"] >= after["last"]["started_at"]
    assert after["next_at"] > after["last"]["started_at"]
    assert 404 == door.ask("POST", "/v1/jobs/dance/run").status_code


def test_a_job_that_fails_says_so(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the kind of its error; what it raised goes on up, for the log and for Sentry."""

    def fail(core: Core) -> None:
        raise RuntimeError("words nobody should read")

    monkeypatch.setitem(jobs.JOBS, "ferry.trim", fail)
    with pytest.raises(RuntimeError):
        jobs.carry_out(door.ferry.core, "ferry.trim")

    last = door.get("/v1/jobs/trim")["last"]
    assert (False, "RuntimeError") == (last["ok"], last["error"])
    assert "nobody" not in str(last)


def test_while_the_broker_is_away_no_job_starts(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """503, and the same request may do better later."""

    def away(job: str) -> None:
        raise BrokerAway

    door.ferry.core.start = away

    with caplog.at_level(logging.ERROR):
        told = door.post("/v1/jobs/trim/run", status=503)
    assert (True, "away") == (told["retryable"], told["code"])
    assert [] == caplog.records
