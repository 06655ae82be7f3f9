"""Nothing grows without a bound: every key is of a family that says what bounds it, and keeps its word."""

from __future__ import annotations

import re
import time
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client

from connectors.provider import RECIPIENT
from connectors.registry import PROVIDERS
from tests.eventually import eventually
from tests.worker import families
from tests.worker.families import GLOBAL, PARTITION, Bound
from tests.worker.pipeline import Pipeline, build
from worker import (
    breaking,
    chores,
    expiry,
    intake,
    jobs,
    letters_by_hand,
    optouts,
    presence,
    replay,
    rotation,
    standing,
    sweeps,
    verbs,
)
from worker import store as folder
from worker.accept import Conflict, accept
from worker.core import Subscription
from worker.handlers import Ferry
from worker.store import apikeys, attempts, ids, journal, lanes, letters, runs, trim
from worker.store.letters import Wanted, Who
from worker.ticker import Ticker

README = (Path(str(resources.files(folder))) / "README.md").read_text(encoding="utf-8")
DAY = 86_400_000
TO = "15550100123"
ANN = Who("ann")


@pytest.fixture
def ferry(redis: redis_client.Redis, redis_url: str) -> Pipeline:
    """With an app that answers, and one that fails with everything but words of its own."""

    def fails(event: dict[str, Any], answer: Ferry) -> None:
        raise ValueError(event["id"])

    return build(
        redis,
        redis_url=redis_url,
        handlers=[
            Subscription("answers", frozenset({"message.received"}), lambda event, answer: answer.send("yes")),
            Subscription("fails", frozenset({"message.received"}), fails),
        ],
        patience_seconds=0.0,
        delivery_patience_seconds=0.0,
        unknown_hold_seconds=0.1,
        reconcile_hours=0.00003,
    )


def at_rest(ferry: Pipeline) -> None:
    """Until nothing is left to do."""

    def quiet() -> bool:
        ferry.settle()
        return not ferry.core.store.client.exists(ferry.core.store.key(0, "due"))

    eventually(quiet)


def say(ferry: Pipeline, text: str, **more: Any) -> str:
    """A run that sends it over 1msg."""
    given = {"to": TO, "text": text}
    body = {"connection": "1msg", "action": "send-message", "input": given, "force": True, **more}
    return accept(ferry.core, body).id


def hear(ferry: Pipeline) -> None:
    """Every webhook of every provider, twice, and one that is nothing."""
    for name, provider in PROVIDERS.items():
        ferry.connect(name)
        fast = {**dict.fromkeys(provider.paces, 0), RECIPIENT: 1_000}
        stored = standing.change(ferry.core, provider.title, limits=fast)
        for sample in provider.samples:
            request = ferry.hook(stored, sample)
            ferry.ingest(stored, request)
            ferry.ingest(stored, request)
    ferry.settle()


def speak(ferry: Pipeline) -> list[str]:
    """Runs that end in every way there is, and those that have not ended."""
    stand_in = ferry.simulators["onemsg"]
    with pytest.raises(Conflict):
        say(ferry, "same", idempotency_key="k"), say(ferry, "other", idempotency_key="k")
    cancelled = say(ferry, "cancelled")
    runs.cancel(ferry.core.store, cancelled)
    ferry.settle()
    stand_in.behave(action="send-message", status=400, body={"error": "no"}, times=1)
    refused = say(ferry, "refused")
    ferry.settle()
    stand_in.behave(action="send-message", drop="after", times=1)
    unknown = say(ferry, "unknown")
    ferry.settle()
    stand_in.behave(action="send-message", status=429, times=1, body={"error": "rate limit"})
    say(ferry, "throttled", priority="bulk")
    ferry.settle()
    say(ferry, "later", not_before="2199-01-01T00:00:00Z")
    heard = next(one for one in ferry.events("message.received") if one["connection"] == "1msg")
    for _ in range(2):
        verbs.about(ferry.core, heard["message"]["id"], "mark_read", {})
    standing.change(ferry.core, "1msg", limits={RECIPIENT: None})
    say(ferry, "paced")
    at_rest(ferry)
    return [cancelled, refused, unknown]


def handle(ferry: Pipeline, client: redis_client.Redis) -> None:
    """What people and clocks do."""
    core = ferry.core
    ticker = Ticker(core, lambda partition, queue: None)
    assert ticker._elected()
    ticker.tick()
    core.store.witness.look(core.store)
    presence.Presence(core).beat()
    chores.Chores(core, lambda: True).turn()
    expiry.turn(core)
    optouts.add(core, "1msg", "15550100777")
    apikeys.make(core.store, "somebody")
    rotation.rotate(core, "clicksend", 0.0)
    breaking.changed(core, ferry.connect("1msg"), "open", 1)
    event = ferry.events("message.received")[0]
    replay.replay(core, event["id"], by="ann")
    ferry.settle()
    client.lpush(intake.QUEUE, b"{")
    taker = intake.Intake(core)
    taker._alive(client)
    raw = taker._next(client)
    assert raw is not None
    taker._deal(client, raw)
    sweeps.begin(core, "discard", Wanted(kind="task"), by="ann", why="", force=False, key=None)
    sweeps.turn(core)
    for one in letters.listing(core.store)[:2]:
        letters_by_hand.discard(core, one["id"], ANN)
    jobs.carry_out(core, "ferry.trim")


def test_every_key_is_of_a_family_that_is_bounded(ferry: Pipeline, redis: redis_client.Redis) -> None:
    """After traffic of all kinds; what expires has a time to live, and what is limited keeps to it."""
    hear(ferry)
    ended = speak(ferry)
    handle(ferry, redis)

    assert [] == families.strangers(families.keys(redis))
    assert [] == families.boundless(redis, ended=ended[:2])
    missed = (
        set(PARTITION)
        - set(families.counted(redis))
        - {"due", "h", "s", "q", "l", "b", "d", "eh", "held", "back", "eg"}
    )
    assert not missed, "this traffic left none of a family: is it still in use?"


def test_what_is_past_its_time_goes(ferry: Pipeline, redis: redis_client.Redis) -> None:
    """Once nothing waits and all retention is over: what is left without a time to live does not grow with traffic."""
    hear(ferry)
    speak(ferry)
    core = ferry.core
    for run in runs.unended(core.store, 0):
        runs.cancel(core.store, run)
        runs.settle(core.store, run, "failed", {}, [])
    at_rest(ferry)
    far = int(time.time() * 1000) + 400 * DAY
    for stored in core.connections.all():
        journal.trim(core.store, stored.id, far)
        end = f"{far}-0"
        redis.set(core.store.key(0, f"c:{stored.id}"), end)
        journal.trim(core.store, stored.id, far)
    trim.events(core.store, 0, far)
    trim.indexes(core.store, [stored.id for stored in core.connections.all()], far)
    trim.letters(core.store, far)

    left = {}
    for name in families.keys(redis):
        known = families.family(name)
        if known is None or known.bound in {Bound.FIXED, Bound.LENGTH} or redis.pttl(name) >= 0:
            continue
        left[name] = known.bound
    grown = {name: bound for name, bound in left.items() if bound is not Bound.TRIMMED or families.length(redis, name)}
    assert {} == grown


def test_workers_that_died_are_forgotten(ferry: Pipeline, redis: redis_client.Redis) -> None:
    """By the next that starts: one killed each minute for a year leaves no half a million names."""
    dead, alive = presence.Presence(ferry.core), presence.Presence(ferry.core)
    dead.beat()
    redis.delete(f"f:worker:{dead.name}")
    alive.beat()
    assert {alive.name.encode()} == redis.smembers("f:workers")


def test_a_first_message_that_died_leaves_nothing_for_ever(ferry: Pipeline, redis: redis_client.Redis) -> None:
    """Its conversation is known from the moment it leaves, and forgotten even if nobody tells what became of it."""
    ferry.connect("1msg")
    say(ferry, "first")
    taken = lanes.claim(ferry.core.store, 0, "out:1msg:live", lease=1_000, limit=1)
    assert taken.head is not None
    attempts.leave(
        ferry.core.store,
        0,
        attempts.Leaving(taken.head.item, taken.lane, taken.token, "a", call_ms=1_000, flight_ms=1_000),
    )
    talk = f"f:{{0}}:v:1msg:{TO}@c.us"
    assert redis.hexists(talk, "flight")
    assert redis.pttl(talk) > 0


def test_a_stranger_is_found(redis: redis_client.Redis) -> None:
    """A key that nobody declared, and one that does not keep its word."""
    redis.set("f:{0}:new:thing", "x")
    redis.set("f:novel", "x")
    redis.set("celery-task-meta-1", "x")
    redis.set("f:{0}:e:evt_1", "1-1")
    for number in range(51):
        redis.zadd("f:{0}:ec:1msg:ann", {str(number): number})

    assert ["celery-task-meta-1", "f:novel", "f:{0}:new:thing"] == families.strangers(families.keys(redis))
    told = families.boundless(redis)
    assert {"f:{0}:e:evt_1 never expires", "f:{0}:ec:1msg:ann has more than 50 entries"} <= set(told)


def test_the_readme_names_the_same_owners() -> None:
    """Of each family of a partition."""
    table = README.split("## Keys of a partition\n", 1)[1].split("\n## ", 1)[0]
    rows = dict(re.findall(r"^\| `([a-z]+)[^|]*\|[^|]*\|.*\| (\w+) \|[^|]*\|$", table, re.MULTILINE))
    assert rows == {name: one.owner for name, one in PARTITION.items()}
    told = README.split("Global: ", 1)[1].split("## ", 1)[0]
    assert set(re.findall(r"`f:([a-z]+)", told)) == set(GLOBAL)


def test_no_partition_is_forgotten() -> None:
    """Ids carry their partition: the table does not ask which."""
    assert families.name_of(f"f:{{{ids.partition_of('shop', 64)}}}:r:run_1") == ("partition", "r")
