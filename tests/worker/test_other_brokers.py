"""Other apps' tasks where the broker is no Redis: an ordinary consumer, acknowledging only what is stored."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
import redis as redis_client
from celery.exceptions import Reject
from kombu.exceptions import OperationalError

from tests.worker.pipeline import Pipeline, build
from worker import app
from worker.app import QUEUES, Engine, celery_queue
from worker.intake import TASKS, consume
from worker.settings import Settings
from worker.store import letters, runs
from worker.store.vault import new_key

RUN = {"connection": "1msg", "action": "send-message", "input": {"to": "15550100123", "text": "hi"}, "force": True}


@pytest.fixture
def pipeline(redis: redis_client.Redis) -> Pipeline:
    """Ferry in one process, with a connection of 1msg."""
    made = build(redis)
    made.connect("1msg")
    return made


def hand_in(pipeline: Pipeline, name: str, ident: str, *args: Any, **words: Any) -> None:
    """As Celery calls the task's body."""
    consume(pipeline.core, name)(SimpleNamespace(request=SimpleNamespace(id=ident)), *args, **words)


def found(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Every run there is."""
    return list(runs.across(pipeline.core.store, ["1msg"], limit=100)[0])


def test_a_message_that_comes_twice_is_one_run(pipeline: Pipeline) -> None:
    """The task's id is the key where none is given; keywords or one object say the same."""
    hand_in(pipeline, "ferry.run", "t1", **RUN)
    hand_in(pipeline, "ferry.run", "t1", dict(RUN))

    assert 1 == len(found(pipeline))


def test_what_cannot_be_done_becomes_a_dead_letter(pipeline: Pipeline) -> None:
    """It is acknowledged, as it would fail for ever, and waits for a person."""
    hand_in(pipeline, "ferry.run", "t2", **{**RUN, "action": "fly"})
    hand_in(pipeline, "ferry.send", "t3", connection="1msg")
    hand_in(pipeline, "ferry.react", "t4", mesage="typing error")

    assert [] == found(pipeline)
    assert 3 == len(letters.page(pipeline.core.store, limit=10)[0])


def test_while_there_is_no_room_it_goes_back(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unacknowledged, for later."""
    monkeypatch.setattr("worker.intake.time.sleep", lambda seconds: None)
    pipeline.core.settings = dataclasses.replace(pipeline.core.settings, memory_bytes=1)
    with pytest.raises(Reject) as problem:
        hand_in(pipeline, "ferry.run", "t5", **RUN)

    assert problem.value.requeue
    assert [] == found(pipeline)


def test_while_redis_is_away_it_goes_back(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not acknowledged, not a dead letter: it comes again."""
    monkeypatch.setattr("worker.intake.time.sleep", lambda seconds: None)

    def away(*args: Any, **words: Any) -> Any:
        raise redis_client.ConnectionError

    monkeypatch.setitem(TASKS, "ferry.run", away)

    with pytest.raises(Reject) as told:
        hand_in(pipeline, "ferry.run", "t5", **RUN)
    assert told.value.requeue


def engine(broker: str) -> Engine:
    """A worker's engine; nothing is connected."""
    return Engine(Settings(redis_url="redis://127.0.0.1:1/0", broker_url=broker, secret_keys=(new_key(),)))


def test_who_takes_the_queue_of_other_apps() -> None:
    """Of a Redis our own thread, which loses nothing; of any other broker Celery's consumer."""
    redis, rabbit = engine(""), engine("amqp://127.0.0.1:1//")

    assert [*QUEUES] == redis.queues
    assert [*QUEUES, "ferry"] == rabbit.queues
    assert set() == set(TASKS) & set(redis.app.tasks)
    assert set(TASKS) <= set(rabbit.app.tasks)
    assert all(rabbit.app.tasks[name].acks_late for name in TASKS)


def test_every_wake_up_has_a_consumer() -> None:
    """No queue of ours is rung on a Celery queue that nobody takes."""
    rung = {celery_queue(queue) for queue in ("in:a", "out:a:live", "out:a:bulk", "dlv:h", "else")}

    assert rung == set(QUEUES)


def test_nothing_new_is_begun_once_told_to_stop(pipeline: Pipeline) -> None:
    """A drain that is asked to stop leaves the rest where it is; another worker, or the next start, carries on."""
    for number in range(3):
        hand_in(pipeline, "ferry.run", f"t{number}", **RUN)
    pipeline.core.stopping.set()
    app.drain(pipeline.core, 0, "out:1msg:live")
    assert [] == pipeline.simulators["onemsg"].requests("send-message")

    pipeline.core.stopping.clear()
    pipeline.settle()
    assert 3 == len(pipeline.simulators["onemsg"].requests("send-message"))


def test_a_broker_that_is_away_is_not_waited_for() -> None:
    """One wake-up finds out at once, those of the next seconds do not even try; then it is tried again."""
    now = [100.0]
    made = app.create(Settings(redis_url="redis://127.0.0.1:1/0", secret_keys=(new_key(),)))
    tries: list[str] = []
    original = made.send_task

    def send_task(*args: Any, **words: Any) -> Any:
        tries.append(words["queue"])
        return original(*args, **words)

    made.send_task = send_task
    publish = app.publisher(made, clock=lambda: now[0])

    for _ in range(2):
        with pytest.raises(OperationalError):
            publish(0, "in:1msg")
        publish(0, "out:1msg:live")
        now[0] += app.QUIET
    assert ["inbox", "inbox"] == tries
    assert 0 == made.conf.broker_transport_options["max_retries"]  # else each of them waits six seconds
