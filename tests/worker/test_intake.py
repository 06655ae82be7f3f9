"""The queue of other apps' tasks: taken so that none is lost, most urgent first, and bad ones set aside."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis as redis_client
from celery import Celery

from tests.eventually import eventually
from tests.worker.pipeline import Pipeline, build
from worker.intake import ALIVE_MS, KNOWN_MS, MINE, PRIORITIES, QUEUE, BadTask, Intake, read
from worker.store import letters, runs
from worker.store.ids import run_id

WORDS = {"connection": "clicksend", "action": "send-sms"}


def body(text: str, **more: Any) -> dict[str, Any]:
    """What a task says."""
    return {**WORDS, "input": {"to": "+15550100123", "text": text}, **more}


@pytest.fixture
def ferry(redis: redis_client.Redis, redis_url: str) -> Pipeline:
    """With a connection, over a Redis that is the broker too."""
    made = build(redis, redis_url=redis_url)
    made.connect("clicksend")
    return made


@pytest.fixture
def app(redis_url: str) -> Iterator[Celery]:
    """Somebody else's."""
    made = Celery("somebody", broker=redis_url, set_as_current=False)
    yield made
    made.close()


def take(ferry: Pipeline, redis: redis_client.Redis) -> Intake:
    """One turn of a worker's intake: adopts, and takes what there is."""
    made = Intake(ferry.core)
    made._alive(redis)
    made._adopt(redis)
    while raw := _pop(made, redis):
        made._deal(redis, raw)
    return made


def _pop(intake: Intake, redis: redis_client.Redis) -> bytes | None:
    """The next, without waiting for one."""
    return intake._next(redis) if any(redis.llen(QUEUE + one) for one in PRIORITIES) else None


def said(ferry: Pipeline) -> list[str]:
    """The texts of all runs, oldest first."""
    found, _ = runs.listing(ferry.core.store, "clicksend", limit=1000)
    return [run["input"]["text"] for run in reversed(found)]


def test_a_task_becomes_a_run_whose_key_is_its_id(ferry: Pipeline, redis: redis_client.Redis, app: Celery) -> None:
    """Sent by name with keyword arguments; nothing of it stays behind."""
    sent = app.send_task("ferry.run", kwargs=body("hello"), queue=QUEUE)
    intake = take(ferry, redis)

    run = runs.get(ferry.core.store, run_id(0, "clicksend", f"task:{sent.id}"))
    assert run is not None
    assert ("queued", f"task:{sent.id}") == (run["state"], run["idempotency_key"])
    assert 0 == redis.llen(f"{MINE}{intake.name}")


def test_the_same_task_twice_is_one_run(ferry: Pipeline, redis: redis_client.Redis, app: Celery) -> None:
    """By its id when it comes again, and by the key when the caller gives one."""
    app.send_task("ferry.run", kwargs=body("again"), queue=QUEUE)
    raw: Any = redis.lindex(QUEUE, 0)
    redis.lpush(QUEUE, raw)
    for _ in range(2):
        app.send_task("ferry.run", kwargs=body("keyed", idempotency_key="order-7"), queue=QUEUE)
    take(ferry, redis)

    assert ["again", "keyed"] == said(ferry)
    assert [] == letters.listing(ferry.core.store)


def test_one_dictionary_stands_for_keyword_arguments(ferry: Pipeline, redis: redis_client.Redis, app: Celery) -> None:
    """As callers in other languages find easier."""
    app.send_task("ferry.run", args=[body("as one")], queue=QUEUE)
    take(ferry, redis)

    assert ["as one"] == said(ferry)


def test_the_most_urgent_go_first(ferry: Pipeline, redis: redis_client.Redis, app: Celery) -> None:
    """Celery's priority 0 is the most urgent on Redis, whenever it came; within one, first come, first served."""
    for priority in (9, 6, 3, 0):
        for nth in range(2):
            app.send_task("ferry.run", kwargs=body(f"{priority} {nth}"), queue=QUEUE, priority=priority)
    take(ferry, redis)

    assert ["0 0", "0 1", "3 0", "3 1", "6 0", "6 1", "9 0", "9 1"] == said(ferry)


BAD = {
    "no JSON": b"{",
    "no envelope": b"[]",
    "no headers": json.dumps({"body": ""}).encode(),
    "another task": {"headers": {"task": "tasks.add", "id": "1"}, "body": [[], {}, {}]},
    "positional": {"headers": {"task": "ferry.run", "id": "2"}, "body": [[1, 2], {}, {}]},
    "not a number of words": {"headers": {"task": "ferry.run", "id": "3"}, "body": [[], [], {}]},
    "bytes of another protocol": {"headers": {"task": "ferry.run", "id": "4"}, "body": "\x80\x04"},
}
UNDOABLE = {
    "unknown connection": (body("x", connection="nobody"), "task:NotFound"),
    "unknown action": (body("x", action="sing"), "task:NotFound"),
    "input that does not fit": (body("x", input={"to": 5}), "task:InvalidCall"),
    "over already": (body("x", expires_at="2026-01-01T00:00:00Z"), "task:InvalidCall"),
    "over before it begins": (
        body("x", not_before="2199-01-02T00:00:00Z", expires_at="2199-01-01T00:00:00Z"),
        "task:InvalidCall",
    ),
    "times without a zone": (body("x", not_before="2199-01-02T00:00:00"), "task:InvalidCall"),
    "times that are none": (body("x", not_before=7, expires_at="soon"), "task:InvalidCall"),
    "a word too many": (body("x", colour="red"), "task:InvalidCall"),
}


def raw(bad: Any) -> bytes:
    """As it lies in the list."""
    if isinstance(bad, bytes):
        return bad
    told = bad["body"] if isinstance(bad["body"], str) else json.dumps(bad["body"])
    return json.dumps({**bad, "body": told}).encode()


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_body_nobody_can_read_becomes_a_dead_letter(ferry: Pipeline, redis: redis_client.Redis, bad: Any) -> None:
    """It is kept for a person, and the queue goes on."""
    redis.lpush(QUEUE, raw(bad))
    intake = take(ferry, redis)

    with pytest.raises(BadTask):
        read(raw(bad))
    assert ["task:BadTask"] == [one["cause"] for one in letters.listing(ferry.core.store)]
    assert 0 == redis.llen(QUEUE) == redis.llen(f"{MINE}{intake.name}")


@pytest.mark.parametrize(("words", "cause"), UNDOABLE.values(), ids=UNDOABLE)
def test_a_task_that_cannot_be_done_becomes_a_dead_letter(
    ferry: Pipeline, redis: redis_client.Redis, app: Celery, words: dict[str, Any], cause: str
) -> None:
    """With its cause; the one behind it is carried out."""
    app.send_task("ferry.run", kwargs=words, queue=QUEUE)
    app.send_task("ferry.run", kwargs=body("behind it"), queue=QUEUE)
    take(ferry, redis)

    assert [cause] == [one["cause"] for one in letters.listing(ferry.core.store)]
    assert ["behind it"] == said(ferry)


def test_a_used_key_with_another_body_becomes_a_dead_letter(
    ferry: Pipeline, redis: redis_client.Redis, app: Celery
) -> None:
    """Over HTTP it would be 409."""
    for words in ("first", "second"):
        app.send_task("ferry.run", kwargs=body(words, idempotency_key="order-7"), queue=QUEUE)
    take(ferry, redis)

    assert ["task:Conflict"] == [one["cause"] for one in letters.listing(ferry.core.store)]
    assert ["first"] == said(ferry)


def test_what_a_dead_worker_had_in_hand_goes_back_in_its_order(
    ferry: Pipeline, redis: redis_client.Redis, app: Celery
) -> None:
    """Before what has not been taken yet; a worker that gives signs of life keeps what it has."""
    for nth in range(4):
        app.send_task("ferry.run", kwargs=body(f"{nth}"), queue=QUEUE)
    dead, alive = Intake(ferry.core), Intake(ferry.core)
    for one in (dead, alive):
        one._alive(redis)
    assert dead._next(redis)
    assert dead._next(redis)
    assert alive._next(redis)
    redis.delete(f"{MINE}{dead.name}:alive")
    take(ferry, redis)

    assert ["0", "1", "3"] == said(ferry)
    assert 1 == redis.llen(f"{MINE}{alive.name}")
    assert 0 < redis.pttl(f"{MINE}{alive.name}:alive") <= ALIVE_MS


def test_one_that_wakes_after_it_was_taken_for_dead_leaves_nothing_behind(
    ferry: Pipeline, redis: redis_client.Redis, app: Celery
) -> None:
    """Frozen past its sign of life, adopted, awake for one more task, and killed with it in hand."""
    frozen = Intake(ferry.core)
    frozen._alive(redis)
    redis.delete(f"{MINE}{frozen.name}:alive")
    take(ferry, redis)
    app.send_task("ferry.run", kwargs=body("in the hand of a dead one"), queue=QUEUE)
    assert frozen._next(redis)
    take(ferry, redis)

    assert ["in the hand of a dead one"] == said(ferry)
    assert 0 < redis.pttl(f"{MINE}{frozen.name}:known") <= KNOWN_MS
    redis.delete(f"{MINE}{frozen.name}:known")
    take(ferry, redis)
    assert not redis.sismember("f:takers", frozen.name)


def test_a_busy_one_gives_signs_of_life(
    ferry: Pipeline, redis: redis_client.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many tasks wait and however slowly each is stored, nobody takes it for dead."""
    intake = Intake(ferry.core)
    redis.rpush(QUEUE, *[b"{"] * 20)
    monkeypatch.setattr("worker.intake.ALIVE_SECONDS", 0.05)
    monkeypatch.setattr(intake, "_deal", lambda client, raw: time.sleep(0.02))
    intake._take(redis)

    assert 15 <= redis.llen(QUEUE) < 20


def test_what_was_in_hand_when_redis_went_away_is_dealt_with_first(
    ferry: Pipeline, redis: redis_client.Redis, app: Celery
) -> None:
    """The same worker finds it in its own list."""
    app.send_task("ferry.run", kwargs=body("in hand"), queue=QUEUE)
    intake = Intake(ferry.core)
    intake._alive(redis)
    intake._next(redis)
    intake._adopt(redis)

    assert ["in hand"] == said(ferry)
    assert 0 == redis.llen(f"{MINE}{intake.name}")


def test_where_there_is_no_room_tasks_stay_where_they_are(
    ferry: Pipeline, redis: redis_client.Redis, app: Celery
) -> None:
    """As the API answers 429 then; they are taken once there is some."""
    info: Any = redis.info("memory")
    app.send_task("ferry.run", kwargs=body("later"), queue=QUEUE)
    ferry.core.settings = dataclasses.replace(ferry.core.settings, memory_bytes=int(info["used_memory"]))
    intake = Intake(ferry.core)
    intake.start()
    try:
        eventually(lambda: redis.exists(f"{MINE}{intake.name}:alive"))
        time.sleep(0.3)
        assert ([], 1) == (said(ferry), redis.llen(QUEUE))
        ferry.core.settings = dataclasses.replace(ferry.core.settings, memory_bytes=0)
        eventually(lambda: ["later"] == said(ferry))
    finally:
        intake.stop()


def test_the_thread_takes_and_stops(ferry: Pipeline, redis: redis_client.Redis, app: Celery) -> None:
    """As a worker runs it; its sign of life goes with it."""
    intake = Intake(ferry.core)
    intake.start()
    try:
        app.send_task("ferry.run", kwargs=body("by the thread"), queue=QUEUE)
        eventually(lambda: ["by the thread"] == said(ferry))
    finally:
        intake.stop()
    eventually(lambda: not redis.exists(f"{MINE}{intake.name}:alive"))
