"""The activity log: what came in, what was refused and why, what went out; nothing personal, and bounded."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
import redis

from tests.web.door import NOBODY, TO, Door, open_door
from web import body, receiver
from web.turned_away import MORE, MOST, SECONDS, WHY, TurnedAway
from worker.store import activity
from worker.store.client import connect


@pytest.fixture
def quiet(door: Door) -> Door:
    """A door whose refusals are written down when the test says so."""
    door.app.wsgi_app.turned_away.seconds = 3600.0  # type: ignore[attr-defined]
    return door


def lines(door: Door, query: str = "") -> list[dict[str, Any]]:
    """What the log tells, without what is absent."""
    door.app.wsgi_app.turned_away.write()  # type: ignore[attr-defined]
    found = door.get(f"/v1/logs?{query}")["items"]
    return [{name: value for name, value in one.items() if value is not None} for one in found]


def test_a_request_that_was_taken(quiet: Door) -> None:
    """Its id leads to the raw request; its size and hook are told, and what the provider heard."""
    stored = quiet.ferry.connect("clicksend")
    request = quiet.ferry.hook(stored, "sms")
    quiet.hook(stored, request)

    (one,) = lines(quiet)

    assert ("in", "clicksend", "clicksend", "accepted", 200) == tuple(
        one[name] for name in ("direction", "connection", "provider", "outcome", "status")
    )
    assert ("POST", "inbound", len(request.body)) == (one["method"], one["hook"], one["bytes"])
    assert one["request"] == quiet.get(f"/v1/requests/{one['request']}")["id"]


def test_requests_that_were_refused(quiet: Door) -> None:
    """Each with its reason in words; alike ones are one line with a count; nobody outside learns of it."""
    stored = quiet.ferry.connect("instagram")
    request = quiet.ferry.hook(stored, "message")
    for _ in range(3):
        quiet.hook(stored, request, headers={"x-hub-signature-256": "sha256=" + "0" * 64})
    quiet.hook(stored, request, token="x" * 32)
    quiet.knock("POST", f"/webhooks/nobody/{'x' * 32}")

    found = {one["outcome"]: one for one in lines(quiet)}

    assert (403, 3, "instagram") == tuple(found["refused"][name] for name in ("status", "count", "connection"))
    assert "the signature differs" in found["refused"]["reason"]
    assert (404, "instagram") == (found["wrong_token"]["status"], found["wrong_token"]["connection"])
    assert ("connection" in found["unknown"], found["unknown"]["count"]) == (False, 1)


def test_calls_that_went_out(quiet: Door) -> None:
    """Provider, action, run, status, milliseconds, outcome; and an end without a call has its reason."""
    stored = quiet.ferry.connect("1msg")
    good = quiet.post("/v1/runs", quiet.say(input={"to": TO, "text": "a secret word"}, force=True))
    quiet.ferry.settle()
    bad = quiet.post("/v1/runs", quiet.say(input={"to": "15550100199", "text": "another"}))
    quiet.ferry.settle()

    first, second = lines(quiet, "direction=out")

    assert (good["id"], "send-message", 200, "succeeded", stored.id, "1msg") == tuple(
        first[name] for name in ("run", "action", "status", "outcome", "connection", "provider")
    )
    assert first["ms"] >= 0
    assert (bad["id"], "failed", "window_closed") == tuple(second[name] for name in ("run", "outcome", "reason"))
    assert "ms" not in second


def test_nothing_personal_stands_in_it(quiet: Door, redis: redis.Redis) -> None:
    """No text, no number, no secret: neither in what came in nor in what was refused or went out."""
    stored = quiet.ferry.connect("1msg")
    quiet.hook(stored, quiet.ferry.hook(stored, "message", {"messages.0.body": "very private"}))
    quiet.hook(stored, quiet.ferry.hook(stored, "message"), token=stored.token[:-1] + "_")
    quiet.post("/v1/runs", quiet.say(input={"to": TO, "text": "very private"}, force=True))
    quiet.ferry.settle()
    lines(quiet)

    whole = str(redis.xrange("f:{0}:log"))

    assert whole.count("(b'") >= 3
    for word in ("private", TO, stored.token[:-1], *stored.secrets.values()):
        assert word not in whole


def test_lines_are_chosen_and_read_by_cursor(quiet: Door) -> None:
    """By direction, status, outcome, connection and provider; each once from page to page; from a time on."""
    stored, other = quiet.ferry.connect("1msg"), quiet.ferry.connect("clicksend")
    quiet.hook(stored, quiet.ferry.hook(stored, "message"))
    quiet.hook(other, quiet.ferry.hook(other, "sms"))
    quiet.hook(stored, quiet.ferry.hook(stored, "message"), token="x" * 32)

    assert ["accepted", "accepted", "wrong_token"] == [one["outcome"] for one in lines(quiet)]
    assert ["wrong_token"] == [one["outcome"] for one in lines(quiet, "status=4xx")]
    assert ["accepted"] == [one["outcome"] for one in lines(quiet, "provider=1msg&outcome=accepted")]
    assert ["clicksend"] == [one["connection"] for one in lines(quiet, "connection=clicksend")]
    assert [] == lines(quiet, "direction=out")
    assert ["wrong_token"] == [one["outcome"] for one in lines(quiet, "newest=true&limit=1")]
    assert 3 == len(lines(quiet, "since=2026-01-01T00:00:00Z"))
    assert [] == lines(quiet, "since=2126-01-01T00:00:00Z")
    first = quiet.get("/v1/logs?limit=2")
    assert ["wrong_token"] == [one["outcome"] for one in quiet.get(f"/v1/logs?after={first['cursor']}")["items"]]
    assert "after" in quiet.get("/v1/logs?after=nonsense", 422)["fields"]
    assert "status" in quiet.get("/v1/logs?status=bad", 422)["fields"]


def test_a_flood_is_a_few_lines(door: Door, redis: redis.Redis) -> None:
    """Any number of bad requests is one round trip a second, and never more than so many lines."""
    turned = TurnedAway(door.ferry.core.store, seconds=3600.0)
    for number in range(500):
        turned.note(f"c{number % 100}", "1msg", "wrong_token", 404)
    turned.write()

    counts = [one["count"] for one in door.get("/v1/logs?limit=500")["items"]]
    assert (MOST + 1, 500) == (len(counts), sum(counts))
    assert MORE in {one["reason"] for one in door.get("/v1/logs?limit=500")["items"]}
    assert SECONDS == TurnedAway(door.ferry.core.store).seconds


def test_each_outcome_has_its_reason(door: Door) -> None:
    """Whatever the door answers but 2xx is told in words; a refusal by a guard brings its own."""
    source = inspect.getsource(receiver) + inspect.getsource(body)
    told = {*re.findall(r'(?:return|outcome =|else) "([a-z_]+)"', source), "unknown", "away", "failed", "bad_method"}

    assert {"no_room", "wrong_token", "too_large", "looked"} <= told
    assert set() == told - set(WHY) - {"accepted", "spooled", "refused"}


def test_while_redis_is_away_refusals_wait(redis: redis.Redis) -> None:
    """Counted in memory, as many kinds as ever, and written once it is back."""
    door = open_door(redis)
    turned = TurnedAway(door.ferry.core.store, seconds=3600.0)
    here, turned.store.client = turned.store.client, connect(NOBODY, timeout=0.2, retries=0)
    turned.note("", "", "away", 503)
    turned.write()
    turned.store.client = here
    turned.note("", "", "away", 503)
    turned.write()

    (one,) = door.get("/v1/logs")["items"]
    assert ("away", 503, 2) == (one["outcome"], one["status"], one["count"])


def test_the_log_is_bounded(quiet: Door, redis: redis.Redis) -> None:
    """The oldest lines go first, whoever writes them; a line of a version after ours is shown as far as it goes."""
    pipe = redis.pipeline(transaction=False)
    for number in range(activity.LENGTH + 500):
        pipe.xadd("f:{0}:log", {"x": f"c\tunknown\t404\t{number}\t\t"})
    pipe.execute()
    stored = quiet.ferry.connect("1msg")
    quiet.hook(stored, quiet.ferry.hook(stored, "message"))

    assert activity.LENGTH <= redis.xlen("f:{0}:log") <= activity.LENGTH + 100
    redis.xadd("f:{0}:log", {"z": "c\tsomething\tnew"})
    assert "unknown" == lines(quiet, "newest=true&limit=1")[0]["outcome"]


def test_lines_of_all_partitions_are_one_list(redis: redis.Redis) -> None:
    """In the order of their times, by one cursor."""
    door = open_door(redis, partitions=4)
    store = door.ferry.core.store
    for number in range(12):
        redis.xadd(store.key(number % 4, "log"), {"x": f"\tlooked\t200\t{number + 1}\t\t"}, id=f"{1000 + number}-0")

    first = door.get("/v1/logs?limit=5")
    rest = door.get(f"/v1/logs?after={first['cursor']}")

    assert [*range(1, 13)] == [one["count"] for one in [*first["items"], *rest["items"]]]
