"""Requests into events: bad bodies, batches over accounts, crashes in the middle, requests that kill."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import Any

import pytest
import redis

from connectors.guards import HookRequest
from connectors.registry import PROVIDERS
from tests.worker.pipeline import Pipeline, build
from worker import inbox
from worker.store import events, journal, lanes, letters
from worker.suspects import STRIKES


@pytest.fixture
def ferry(redis: redis.Redis) -> Pipeline:
    """A pipeline with short leases."""
    return build(redis, lease_seconds=0.15)


def test_an_unparsable_body_is_an_unknown_event_with_its_request(ferry: Pipeline) -> None:
    """Nothing vanishes: the raw words stand in the event and in the request it names."""
    stored = ferry.connect("1msg")
    ident = ferry.ingest(stored, HookRequest(body=b"{not json"))
    ferry.settle()

    (event,) = ferry.events()
    assert event["type"] == "unknown"
    assert event["raw"]["body"] == "{not json"
    assert event["note"] == "the body is not JSON"
    assert event["request"] == ident
    kept = journal.get(ferry.core.store, ident)
    assert kept is not None
    assert kept["body"] == "{not json"


def test_a_bad_item_falls_alone(ferry: Pipeline) -> None:
    """One item of a batch that nobody can read does not take the others with it."""
    stored = ferry.connect("1msg")
    request = ferry.hook(stored, "message")
    body = json.loads(request.body)
    body["messages"] = [body["messages"][0], 17, {**body["messages"][0], "id": "wamid.OTHER=="}]
    ferry.ingest(stored, dataclasses.replace(request, body=json.dumps(body).encode()))
    ferry.settle()

    assert [one["type"] for one in ferry.events()] == ["message.received", "unknown", "message.received"]


def test_items_go_to_the_connection_of_their_account(ferry: Pipeline) -> None:
    """One source, two accounts: each item to its own; an account nobody has is kept as unknown, never guessed."""
    first = ferry.connect("instagram", "shop-a")
    second = ferry.connect("instagram", "shop-b", account_id="17841400000000222")
    ferry.core.connections.save(dataclasses.replace(second, source=first.id))
    stranger = ferry.connect("instagram", "stranger", account_id="17841400000000333")
    body: dict[str, Any] = {"object": "instagram", "entry": []}
    for account in (first.settings["account_id"], "17841400000000222", stranger.settings["account_id"]):
        one = json.loads(ferry.hook(first, "message").body)["entry"][0]
        one["id"] = one["messaging"][0]["recipient"]["id"] = account
        body["entry"].append(one)
    ferry.ingest(first, HookRequest(headers={"content-type": "application/json"}, body=json.dumps(body).encode()))
    time.sleep(1.1)  # the cache asks for changes once a second
    ferry.settle()

    found = [(one["connection"], one["type"]) for one in ferry.events("message.received", "unknown")]
    assert found == [("shop-a", "message.received"), ("shop-b", "message.received"), ("shop-a", "unknown")]


def test_a_batch_repeated_after_a_crash_is_silent(ferry: Pipeline) -> None:
    """Killed after the commits and before the cursor moved: the batch comes again and adds nothing."""
    stored = ferry.connect("1msg")
    for _ in range(5):
        ferry.ingest(stored, ferry.hook(stored, "message"))
    taken = lanes.claim(ferry.core.store, 0, f"in:{stored.id}", lease=50, limit=1)
    assert taken.batch is not None
    assert inbox.handle(ferry.core, stored.id, taken.batch) == 5
    time.sleep(0.1)

    ferry.settle()
    assert len(ferry.events("message.received")) == 5


def test_a_request_that_kills_its_reader_is_set_aside(ferry: Pipeline) -> None:
    """Three deaths on one request: it goes to the dead letters, all others become events."""
    stored = ferry.connect("1msg")
    for number in range(6):
        ferry.ingest(stored, ferry.hook(stored, "message", {"messages.0.body": f"text {number}"}))
    queue = f"in:{stored.id}"
    deadly = b"text 3"
    until = time.monotonic() + 20
    while time.monotonic() < until and not letters.listing(ferry.core.store):
        ferry.rung.clear()
        taken = lanes.claim(ferry.core.store, 0, queue, lease=30, limit=1)
        batch = taken.batch
        if batch is None:
            time.sleep(0.01)
            continue
        while batch is not None:
            if taken.strikes >= STRIKES:
                lanes.release(ferry.core.store, 0, taken.lane, taken.token)
                ferry.settle()
                break
            if any(deadly in fields["b"] for _, fields in batch.entries):
                time.sleep(0.04)  # the reader died here, and its lease runs out
                break
            inbox.handle(ferry.core, stored.id, batch)
            batch = lanes.advance(ferry.core.store, 0, stored.id, taken.token, batch, lease=30)

    ferry.settle()
    (letter,) = letters.listing(ferry.core.store)
    assert (letter["kind"], letter["cause"]) == ("request", "parser_killed_worker")
    assert "text 3" in letter["body"]["body"]
    texts = {one["message"]["text"] for one in ferry.events("message.received")}
    assert texts == {f"text {number}" for number in (0, 1, 2, 4, 5)}


def test_an_event_that_cannot_be_written_repeats_its_batch(ferry: Pipeline, redis: redis.Redis) -> None:
    """Redis refuses a write: the cursor stays, and later everything is there once."""
    stored = ferry.connect("1msg")
    ferry.ingest(stored, ferry.hook(stored, "message"))
    ferry.rung.clear()
    redis.config_set("maxmemory", "1")
    try:
        taken = lanes.claim(ferry.core.store, 0, f"in:{stored.id}", lease=50, limit=1)
        assert taken.batch is not None
        with pytest.raises(inbox.CommitFailed):
            inbox.handle(ferry.core, stored.id, taken.batch)
    finally:
        redis.config_set("maxmemory", "0")
    assert events.count(ferry.core.store) == 0
    time.sleep(0.1)

    ferry.settle()
    assert len(ferry.events("message.received")) == 1


def test_a_parser_that_fails_loses_nothing(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours in a parser becomes an unknown event with the raw body."""
    stored = ferry.connect("1msg")

    def fail(request: HookRequest) -> list[Any]:
        raise ZeroDivisionError

    broken = dataclasses.replace(PROVIDERS["onemsg"], parse=fail)
    monkeypatch.setitem(PROVIDERS, "onemsg", broken)
    request = ferry.hook(stored, "message")
    ferry.ingest(stored, request)
    ferry.settle()

    (event,) = ferry.events()
    assert event["type"] == "unknown"
    assert event["raw"]["body"] == request.body.decode()
    assert event["note"] == "ZeroDivisionError"
