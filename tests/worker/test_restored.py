"""A Redis that was restored from an old backup starts held: what may have left since is unknown, and nothing leaves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client

from tests.worker.pipeline import Pipeline, build
from worker import restored, standing
from worker.accept import accept
from worker.core import Subscription
from worker.handlers import Ferry
from worker.intake import QUEUE
from worker.store import attempts, lanes, letters, runs
from worker.store.client import WentBack, is_away
from worker.store.text import iso, text
from worker.store.witness import Witness
from worker.ticker import Ticker

MINUTES = 5 * 60_000


class Backup:
    """All of a Redis at one moment; `put_back` makes it what it was then, its clock going on."""

    def __init__(self, client: redis_client.Redis) -> None:
        self._client = client
        names: Any = client.keys("*")
        self._kept = {name: (client.dump(name), client.pttl(name)) for name in names}

    def put_back(self) -> None:
        self._client.flushall()
        for name, (dump, left) in self._kept.items():
            assert dump is not None
            self._client.restore(name, max(0, int(left)), dump)


@pytest.fixture
def ferry(redis: redis_client.Redis) -> Pipeline:
    """A pipeline whose worker has ticked before the backup."""
    made = build(redis)
    look(made)
    return made


def look(ferry: Pipeline) -> None:
    """A worker's second: a tick, and a look at what it says."""
    ferry.core.store.witness.look(ferry.core.store)
    lanes.tick(ferry.core.store, 0)
    ferry.core.store.witness.look(ferry.core.store)


def later(ferry: Pipeline, ms: int = MINUTES) -> None:
    """The worker has gone on for a while, and has seen its ticks."""
    client, key = ferry.core.store.client, ferry.core.store.key(0, "turn")
    client.set(key, int(client.get(key) or 0) + ms)
    ferry.core.store.witness.look(ferry.core.store)


def send(ferry: Pipeline, connection: str, words: str, **more: Any) -> str:
    """A run that sends."""
    body = {"connection": connection, "action": "send-message", "input": {"to": "15550100123", "text": words}}
    return accept(ferry.core, {**body, "force": True, **more}).id


def state(ferry: Pipeline, run: str) -> str:
    """As Redis has it."""
    record = runs.load(ferry.core.store, run)
    assert record is not None
    return text(record["state"])


def tick(ferry: Pipeline) -> None:
    """As the elected worker does it."""
    Ticker(ferry.core, lambda partition, queue: None).tick()


def test_what_was_sent_after_the_backup_is_not_sent_again(ferry: Pipeline) -> None:
    """It is unknown, its connection is paused, and both are told."""
    stored = ferry.connect("1msg")
    run = send(ferry, stored.id, "once")
    backup = Backup(ferry.core.store.client)
    ferry.settle()
    assert "succeeded" == state(ferry, run)
    later(ferry)
    backup.put_back()

    assert "back" == lanes.claim(ferry.core.store, 0, f"out:{stored.id}:live", lease=1_000, limit=1).told
    tick(ferry)
    ferry.settle()

    assert ("unknown", 1) == (state(ferry, run), len(ferry.simulators["onemsg"].requests("send-message")))
    paused = ferry.core.connections.get(stored.id, fresh=True)
    assert paused is not None
    assert paused.paused
    assert [run] == [event["run"]["id"] for event in ferry.events("run.unknown")]
    told = ferry.events("connection.state")[-1]["state"]["warnings"]
    assert ["restored"] == [one["code"] for one in told]
    assert "ferry connection resume" in restored.warnings(ferry.core)[0]


def test_what_is_accepted_afterwards_waits_and_goes_out_when_a_person_resumes(ferry: Pipeline) -> None:
    """In the conversation of a run that is unknown, too; and then there is nothing to warn of."""
    stored = ferry.connect("1msg")
    send(ferry, stored.id, "once")
    backup = Backup(ferry.core.store.client)
    ferry.settle()
    later(ferry)
    backup.put_back()
    tick(ferry)
    run = send(ferry, stored.id, "new")
    ferry.settle()
    assert "queued" == state(ferry, run)

    standing.resume(ferry.core, stored.id)
    ferry.settle()

    assert "succeeded" == state(ferry, run)
    assert 2 == len(ferry.simulators["onemsg"].requests("send-message"))
    assert [] == restored.warnings(ferry.core)


def test_what_may_be_repeated_and_what_is_due_later_stays_as_it_is(ferry: Pipeline) -> None:
    """A question harms nobody twice; what is scheduled for tomorrow cannot have left today."""
    stored = ferry.connect("1msg")
    asked = accept(ferry.core, {"connection": stored.id, "action": "get-settings", "input": {}}).id
    tomorrow = send(ferry, stored.id, "tomorrow", not_before="2199-01-01T00:00:00Z", expires_at="2199-01-02T00:00:00Z")
    backup = Backup(ferry.core.store.client)
    later(ferry)
    backup.put_back()
    tick(ferry)

    assert ("queued", "scheduled") == (state(ferry, asked), state(ferry, tomorrow))


def test_what_was_leaving_at_the_backup_is_unknown_at_once(ferry: Pipeline) -> None:
    """Its sender is long gone; the lane goes on behind it."""
    stored = ferry.connect("1msg")
    run = send(ferry, stored.id, "out")
    taken = lanes.claim(ferry.core.store, 0, f"out:{stored.id}:live", lease=1_000, limit=1)
    attempts.leave(ferry.core.store, 0, attempts.Leaving(run, taken.lane, taken.token, "a1", 1_000, flight_ms=1_000))
    backup = Backup(ferry.core.store.client)
    later(ferry)
    backup.put_back()
    tick(ferry)

    assert "unknown" == state(ferry, run)
    assert 0 == ferry.core.store.client.exists(ferry.core.store.key(0, f"l:{taken.lane}"))


def test_an_answer_to_a_request_of_before_is_unknown(redis: redis_client.Redis) -> None:
    """The backup holds the request unread: its event is told again, and what the app answers may have left."""
    said: list[str] = []

    def answer(event: dict[str, Any], ferry: Ferry) -> None:
        said.append(ferry.send("hello").id)

    ferry = build(redis, handlers=[Subscription("app", frozenset({"message.received"}), answer)])
    look(ferry)
    stored = ferry.connect("1msg")
    ferry.ingest(stored, ferry.hook(stored, "message"))
    backup = Backup(redis)
    ferry.settle()
    assert 1 == len(ferry.simulators["onemsg"].requests("send-message"))
    later(ferry)
    backup.put_back()
    tick(ferry)
    standing.resume(ferry.core, stored.id)
    ferry.settle()

    assert 2 == len(said)
    assert ("unknown", 1) == (state(ferry, said[0]), len(ferry.simulators["onemsg"].requests("send-message")))

    ferry.ingest(stored, ferry.hook(stored, "message"))  # of today: answered as ever
    ferry.settle()
    assert 2 == len(ferry.simulators["onemsg"].requests("send-message"))


def test_tasks_of_other_apps_in_the_backup_wait_for_a_person(redis: redis_client.Redis) -> None:
    """They may have been carried out since."""
    ferry = build(redis, redis_url="redis://127.0.0.1:1/0")
    look(ferry)
    task = json.dumps({"headers": {"task": "ferry.run", "id": "t1"}, "body": "W10="})
    redis.lpush(QUEUE, task)
    redis.sadd("f:takers", "gone")
    redis.lpush("f:taken:gone", task.replace("t1", "t2"))
    backup = Backup(redis)
    later(ferry)
    backup.put_back()
    tick(ferry)

    kept = letters.listing(ferry.core.store)
    assert ["task:MayHaveRun"] * 2 == [one["cause"] for one in kept]
    assert (0, 0) == (redis.llen(QUEUE), redis.llen("f:taken:gone"))


def test_whoever_dies_while_holding_leaves_all_of_it_held(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing begins, for nobody, not even for a worker that remembers nothing, until the next one is through."""
    stored = ferry.connect("1msg")
    run = send(ferry, stored.id, "once")
    backup = Backup(ferry.core.store.client)
    ferry.settle()
    later(ferry)
    backup.put_back()

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restored.hold(ferry.core, 0, die)
    ferry.core.store.witness = Witness()
    assert "back" == lanes.claim(ferry.core.store, 0, f"out:{stored.id}:live", lease=1_000, limit=1).told
    with pytest.raises(WentBack) as refused:
        send(ferry, stored.id, "new")
    assert is_away(refused.value)

    tick(ferry)
    assert "unknown" == state(ferry, run)
    assert "queued" == state(ferry, send(ferry, stored.id, "new"))


def test_a_worker_that_starts_remembers_by_its_file(ferry: Pipeline, tmp_path: Path) -> None:
    """All processes were stopped, the backup put back, and all started again."""
    stored = ferry.connect("1msg")
    run = send(ferry, stored.id, "once")
    backup = Backup(ferry.core.store.client)
    ferry.settle()
    later(ferry)
    Witness(tmp_path).look(ferry.core.store)
    backup.put_back()

    ferry.core.store.witness = Witness(tmp_path)
    tick(ferry)

    assert "unknown" == state(ferry, run)


def test_another_redis_is_no_backup(ferry: Pipeline, tmp_path: Path) -> None:
    """An empty one, or one of other data, is begun with as it is."""
    later(ferry)
    Witness(tmp_path).look(ferry.core.store)
    ferry.core.store.client.flushall()
    ferry.core.store.witness = Witness(tmp_path)
    tick(ferry)
    stored = ferry.connect("1msg")
    run = send(ferry, stored.id, "hello")
    tick(ferry)
    ferry.settle()

    assert "succeeded" == state(ferry, run)
    assert [] == restored.warnings(ferry.core)


def test_a_moment_that_redis_forgot_is_no_backup(ferry: Pipeline) -> None:
    """A failover may lose seconds: that is for worker/flights.py, and holds nobody."""
    stored = ferry.connect("1msg")
    backup = Backup(ferry.core.store.client)
    later(ferry, 30_000)
    backup.put_back()
    run = send(ferry, stored.id, "hello")
    ferry.settle()

    assert "succeeded" == state(ferry, run)


def test_told_by_a_person(ferry: Pipeline) -> None:
    """Where nobody remembers: `ferry release --restored` before the first worker starts."""
    stored = ferry.connect("1msg")
    run = send(ferry, stored.id, "perhaps sent")
    ferry.core.store.witness = Witness()
    restored.told(ferry.core.store)
    tick(ferry)
    ferry.settle()

    assert ("unknown", []) == (state(ferry, run), ferry.simulators["onemsg"].requests("send-message"))


def test_a_witness_that_cannot_be_read_or_written_harms_nobody(
    ferry: Pipeline, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a belt beside the braces; the log says so."""
    (tmp_path / "witness.json").write_text("{")
    Witness(tmp_path).look(ferry.core.store)
    assert "cannot be read" in caplog.text
    (tmp_path / "file").write_text("")
    Witness(tmp_path / "file" / "folder").look(ferry.core.store)
    assert "cannot be written" in caplog.text


def test_stamps_sort_as_text() -> None:
    """The script compares times so: ours all have the same length and zone."""
    early = datetime(2026, 1, 1, 9, 59, 59, 999_000, UTC)
    assert iso(early) < iso(early + timedelta(milliseconds=1))
    assert 24 == len(iso(early.replace(microsecond=0)))
