"""Into the archive and back: nothing leaves any more, what is out is waited for, what is queued is not lost."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import Any

import pytest
import redis as redis_client

from tests.worker.pipeline import Pipeline, build
from worker import archiving, outbox, provision, standing, states, verbs
from worker.accept import Conflict, NotFound, accept
from worker.chores import Chores
from worker.store import attempts, lanes, runs
from worker.store.connections import LOOK_SECONDS, Stored
from worker.store.text import text


@pytest.fixture
def ferry(redis: redis_client.Redis) -> Pipeline:
    """A pipeline."""
    return build(redis)


@pytest.fixture
def shop(ferry: Pipeline) -> Stored:
    """A connection."""
    return ferry.connect("clicksend", "shop")


def now_of(ferry: Pipeline) -> Stored:
    """As it is stored."""
    return provision.get(ferry.core, "shop")


COUNT = itertools.count()


def text_to(ferry: Pipeline, **more: Any) -> str:
    """A run."""
    given = {"to": "+61411111111", "text": f"text {next(COUNT)}"}
    body = {"connection": "shop", "action": "send-sms", "input": given, **more}
    return accept(ferry.core, body).id


def state(ferry: Pipeline, run: str) -> str:
    """A run's."""
    return text((runs.load(ferry.core.store, run) or {}).get("state"))


def flying(ferry: Pipeline, run: str, *, call_ms: int = 60_000) -> lanes.Claim:
    """The run has left, and its worker says nothing more for now."""
    taken = lanes.claim(ferry.core.store, 0, "out:shop:live", lease=60_000, limit=9)
    assert ("left", None) == attempts.leave(
        ferry.core.store, 0, attempts.Leaving(run, taken.lane, taken.token, "a1", call_ms, flight_ms=call_ms)
    )
    return taken


def landed(ferry: Pipeline, run: str, taken: lanes.Claim) -> None:
    """Its worker tells how it went."""
    attempts.finish(
        ferry.core.store,
        0,
        run,
        taken.lane,
        taken.token,
        "a1",
        attempts.Ending("succeeded", {}),
        lease=1,
        go_on=False,
    )


@pytest.mark.usefixtures("shop")
def test_what_is_queued_is_held_and_goes_on_in_its_order(ferry: Pipeline) -> None:
    """DISABLED outside, told once, no new runs; nothing leaves until it is back, and then all of it."""
    sms = ferry.simulators["clicksend"]
    idents = [text_to(ferry), text_to(ferry), text_to(ferry, not_before="2199-01-01T00:00:00Z")]
    archived = archiving.archive(ferry.core, "shop")
    ferry.settle()

    shown = archived.shown("clicksend", "", {})
    assert ("DISABLED", True, False) == (shown["state"], shown["archived"], shown["archiving"])
    assert ["queued", "queued", "scheduled"] == [state(ferry, one) for one in idents]
    assert [] == sms.requests("send-sms")
    with pytest.raises(NotFound):
        text_to(ferry)
    with pytest.raises(NotFound, match="ferry connection restore"):
        standing.pause(ferry.core, "shop")
    assert archived == archiving.archive(ferry.core, "shop")

    restored = archiving.restore(ferry.core, "shop")
    ferry.settle()
    assert ("READY", False) == (restored.state, restored.archived)
    assert ["succeeded", "succeeded", "scheduled"] == [state(ferry, one) for one in idents]
    told = [(one["state"]["before"], one["state"]["state"]) for one in ferry.events("connection.state")]
    assert [("READY", "DISABLED"), ("DISABLED", "READY")] == told
    assert restored == archiving.restore(ferry.core, "shop")


@pytest.mark.usefixtures("shop")
def test_what_is_queued_may_be_cancelled(ferry: Pipeline) -> None:
    """And what is scheduled; of this connection alone."""
    ferry.connect("1msg")
    body = {"connection": "1msg", "action": "send-message", "input": {"to": "15550100123", "text": "x"}}
    other = accept(ferry.core, body).id
    idents = [text_to(ferry), text_to(ferry, not_before="2199-01-01T00:00:00Z")]
    assert archiving.archive(ferry.core, "shop", "cancel").archived

    assert ["cancelled", "cancelled", "queued"] == [state(ferry, one) for one in (*idents, other)]


@pytest.mark.usefixtures("shop")
def test_what_is_queued_may_be_finished_first(ferry: Pipeline) -> None:
    """Meanwhile it takes nothing new, and its webhook is open still."""
    run = text_to(ferry)
    begun = archiving.archive(ferry.core, "shop", "finish", seconds=0)
    assert (False, "finish", True) == (begun.archived, begun.closing, begun.accepts(begun.token))
    with pytest.raises(NotFound):
        text_to(ferry)
    ferry.settle()

    assert "succeeded" == state(ferry, run)
    archiving.turn(ferry.core)
    assert now_of(ferry).archived


@pytest.mark.usefixtures("shop")
def test_what_is_at_the_provider_is_waited_for(ferry: Pipeline) -> None:
    """The elected worker goes on when whoever asked waits no longer; who wants it back meanwhile has it back."""
    run, behind = text_to(ferry), text_to(ferry)
    taken = flying(ferry, run)
    begun = archiving.archive(ferry.core, "shop", seconds=0.05)
    assert (False, True) == (begun.archived, begun.shown("", "", {})["archiving"])
    archiving.turn(ferry.core)
    assert not now_of(ferry).archived
    assert "READY" == archiving.restore(ferry.core, "shop").state
    archiving.archive(ferry.core, "shop", seconds=0)

    landed(ferry, run, taken)
    Chores(ferry.core, lambda: True).turn()
    assert now_of(ferry).archived
    assert ["succeeded", "queued"] == [state(ferry, one) for one in (run, behind)]


@pytest.mark.usefixtures("shop")
def test_what_a_dead_worker_left_out_is_judged_behind_a_closed_gate(ferry: Pipeline) -> None:
    """It is unknown then, as ever, and stands in nobody's way; paused or archived, and where somebody looked before."""
    client = ferry.core.store.client
    for close, held in ((standing.pause, True), (standing.pause, False), (archiving.archive, True)):
        run = text_to(ferry)
        taken = flying(ferry, run, call_ms=0)
        if not held:
            client.hdel("f:{0}:h:out:shop:live", taken.lane)
        close(ferry.core, "shop")
        client.zadd("f:{0}:q:out:shop:live", {taken.lane: 1})  # its time is over
        client.hset(f"f:{{0}}:r:{run}", "deadline", 1)
        archiving.turn(ferry.core)
        assert "unknown" == state(ferry, run)
        client.delete("f:{0}:q:out:shop:live", f"f:{{0}}:l:{taken.lane}")  # nobody waits behind it here
        if close is standing.pause:
            standing.resume(ferry.core, "shop")
    assert now_of(ferry).archived


@pytest.mark.usefixtures("shop")
def test_judging_takes_nothing_that_is_not_lost(ferry: Pipeline) -> None:
    """Neither what waits, nor what somebody is at."""
    run = text_to(ferry)
    outbox.judge(ferry.core, "shop")
    assert "queued" == state(ferry, run)
    flying(ferry, run)
    outbox.judge(ferry.core, "shop")
    assert "leaving" == state(ferry, run)


@pytest.mark.usefixtures("shop")
def test_whoever_dies_leaves_it_to_the_chores(ferry: Pipeline) -> None:
    """Before the gate was closed, or after; a gate that nobody asks for any more is opened."""
    core = ferry.core
    core.connections.update("shop", lambda now: replace(now, closing="hold"))
    run = text_to_anyway(ferry)
    archiving.turn(core)
    states.turn(core)
    ferry.settle()
    assert (True, "queued") == (now_of(ferry).archived, state(ferry, run))

    core.connections.update("shop", lambda now: replace(now, archived=False))
    states.turn(core)
    ferry.settle()
    assert "succeeded" == state(ferry, run)

    core.connections.update("shop", lambda now: replace(now, archived=True))
    run = text_to_anyway(ferry)
    ferry.settle()  # a worker that comes to an archived one with an open gate closes it
    assert ("queued", []) == (state(ferry, run), ferry.simulators["clicksend"].requests("send-sms")[1:])


def text_to_anyway(ferry: Pipeline) -> str:
    """A run from a process that has not seen yet that the connection is archived."""
    stored = now_of(ferry)
    ferry.core.connections._cache["shop"] = replace(stored, archived=False, closing="")
    ferry.core.connections._watched = True
    try:
        return text_to(ferry)
    finally:
        ferry.core.connections._watched = False
        ferry.core.connections._cache.clear()


def test_its_webhook_is_taken_out(ferry: Pipeline, shop: Stored) -> None:
    """And no other; one that cannot be is said, and answered 404 all the same."""
    sms: Any = ferry.simulators["clicksend"]
    assert 2 == len(names(sms))
    archiving.archive(ferry.core, "shop")
    assert [] == names(sms)
    archiving.restore(ferry.core, "shop")
    assert 2 == len(names(sms))

    sms.behave(action="list-inbound-rules", status=503, times=1)
    away = archiving.archive(ferry.core, "shop")
    assert away.archived
    assert "could not be told to stop calling" in (away.error or {})["text"]
    assert not away.accepts(shop.token)


def names(sms: Any) -> list[str]:
    """Of the rules there are."""
    return [str(one) for kind in ("inbound-rules", "receipt-rules-sms") for one in sms.memory.kind(kind).values()]


def test_one_that_serves_others_stays(ferry: Pipeline, shop: Stored) -> None:
    """They would lose their webhooks."""
    ferry.core.connections.save(replace(shop, id="branch", source="shop"))
    with pytest.raises(Conflict, match="branch"):
        archiving.archive(ferry.core, "shop")


def test_one_that_cannot_be_tried_says_so_when_it_is_back(ferry: Pipeline, shop: Stored) -> None:
    """What was paused is paused still."""
    standing.pause(ferry.core, "shop")
    archiving.archive(ferry.core, "shop")
    ferry.simulators["clicksend"].behave(status=503, times=1)
    back = archiving.restore(ferry.core, "shop")

    assert ("SETUP_FAILED", True) == (back.state, back.paused)
    run = text_to(ferry)
    ferry.settle()
    assert ("queued", shop.token) == (state(ferry, run), back.token)


def test_one_that_is_back_takes_runs_from_whoever_saw_it_archived(
    ferry: Pipeline, shop: Stored, redis: redis_client.Redis
) -> None:
    """At once: another process that remembers it as archived asks before it refuses anybody."""
    other = build(redis, secret_keys=ferry.core.settings.secret_keys)
    archiving.archive(ferry.core, shop.id)
    with pytest.raises(NotFound):
        text_to(other)
    archiving.restore(ferry.core, shop.id)
    time.sleep(LOOK_SECONDS)  # what others asked for a moment ago is asked for once

    assert "queued" == state(ferry, text_to(other))
    assert "queued" == state(ferry, verbs.send(other.core, shop.id, {"to": "+61411111111", "text": "hello"}).id)
