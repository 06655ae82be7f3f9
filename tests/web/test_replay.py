"""Telling an event once more: the same id, marked, and nothing done twice unless somebody asks for it."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from tests.web.door import Door, open_door
from worker.core import Subscription
from worker.handlers import Ferry
from worker.store import letters


@pytest.fixture
def heard() -> list[dict[str, Any]]:
    """What the handler heard."""
    return []


@pytest.fixture
def answering(redis: redis.Redis, heard: list[dict[str, Any]]) -> Door:
    """A door with a handler that answers every message, and a message it has answered."""

    def answer(event: dict[str, Any], ferry: Ferry) -> None:
        heard.append(event)
        ferry.send("an answer")

    door = open_door(redis)
    door.ferry.core.subscriptions = [Subscription("bot", frozenset({"message.received"}), answer)]
    door.heard(door.ferry.connect("1msg"))
    return door


def sent(door: Door) -> int:
    """How many messages the provider was asked to send."""
    return len(door.ferry.simulators["onemsg"].requests("send-message"))


def message(door: Door) -> dict[str, Any]:
    """The event of the message, as it was told first."""
    return door.ferry.events("message.received")[0]


def test_it_is_told_again_and_nothing_is_done_twice(answering: Door, heard: list[dict[str, Any]]) -> None:
    """The handler hears the same id, marked with who and when; its answer carries the key it had, and is not sent."""
    event = message(answering)

    told = answering.post(f"/v1/events/{event['id']}/replay")
    answering.ferry.settle()

    mark = told.pop("replayed_by")
    assert event == told
    assert ("environment", False) == (mark["by"], mark["force"])
    assert [event, {**event, "replayed_by": mark}] == heard
    assert 1 == sent(answering)
    assert [event, {**event, "replayed_by": mark}] == answering.ferry.events("message.received")
    assert event == answering.get(f"/v1/events/{event['id']}")
    steps = answering.get(f"/v1/messages/{event['message']['id']}/timeline")["items"]
    assert ["message.received", "event.replayed"] == [one["kind"] for one in steps]


def test_forced_it_is_done_again(answering: Door, heard: list[dict[str, Any]]) -> None:
    """For whoever wants the answer sent once more; each forced replay is an occasion of its own."""
    for _ in range(2):
        answering.post(f"/v1/events/{message(answering)['id']}/replay", {"force": True})
        answering.ferry.settle()

    assert (3, 3) == (len(heard), sent(answering))


def test_the_same_key_replays_once(answering: Door, heard: list[dict[str, Any]]) -> None:
    """An answer that got lost can be asked for again."""
    path = f"/v1/events/{message(answering)['id']}/replay"

    first = answering.post(path, Idempotency_Key="k1")
    second = answering.post(path, status=200, Idempotency_Key="k1")
    answering.post(path, {"idempotency_key": "k2"})
    answering.ferry.settle()

    assert first["replayed_by"]["id"] == second["replayed_by"]["id"]
    assert 3 == len(heard)


def test_to_one_subscription_only(answering: Door, heard: list[dict[str, Any]]) -> None:
    """The others hear nothing of it; one that does not hear of the kind is told so."""
    others: list[str] = []
    other = Subscription("other", frozenset(), lambda event, ferry: others.append(event["id"]))
    answering.ferry.core.subscriptions.append(other)
    path = f"/v1/events/{message(answering)['id']}/replay"

    answering.post(path, {"subscription": "other"})
    answering.ferry.settle()

    assert ([message(answering)["id"]], 1) == (others, len(heard))
    assert ["subscription"] == list(answering.post(path, {"subscription": "nobody"}, 422)["fields"])
    assert ["loud"] == list(answering.post(path, {"loud": True}, 422)["fields"])


def test_what_is_not_there_cannot_be_told(answering: Door, heard: list[dict[str, Any]]) -> None:
    """404, and nobody hears anything."""
    for ident in ("evt_none", "evt_" + "0" * 32):
        assert "no longer kept" in answering.post(f"/v1/events/{ident}/replay", status=404)["detail"]
    assert 1 == len(heard)


def test_an_event_of_no_conversation(answering: Door, heard: list[dict[str, Any]]) -> None:
    """A state of a connection, or what nobody understood, is told as well."""
    stored = answering.ferry.core.connections.get("1msg")
    assert stored is not None
    request = answering.ferry.hook(stored, "calls")
    answering.hook(stored, request)
    answering.ferry.core.subscriptions[0] = Subscription("bot", frozenset(), lambda event, ferry: heard.append(event))
    answering.ferry.settle()
    (event,) = answering.ferry.events("account.notice")

    answering.post(f"/v1/events/{event['id']}/replay", {"force": True})
    answering.ferry.settle()

    assert 2 == [one["id"] for one in heard].count(event["id"])
    assert [] == letters.listing(answering.ferry.core.store)
    assert answering.knock("POST", f"/v1/events/{event['id']}/replay").status_code == 401
