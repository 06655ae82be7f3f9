"""Runs over HTTP: handed in, looked up, and what a person may say about them."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from tests.eventually import eventually
from tests.web.door import TO, Door, open_door
from worker.store import letters, runs

NOON = "2199-01-01T12:00:00Z"


def unknown(door: Door) -> str:
    """A run that left and was not answered."""
    door.ferry.simulators["onemsg"].behave(action="send-message", drop="after", times=1)
    ident = str(door.post("/v1/runs", door.say())["id"])
    door.ferry.settle()
    assert "unknown" == door.get(f"/v1/runs/{ident}")["state"]
    return ident


def failed(door: Door, **more: Any) -> str:
    """A run the provider refused."""
    door.ferry.simulators["onemsg"].behave(action="send-message", status=400, body={"error": "no"}, times=1)
    ident = str(door.post("/v1/runs", door.say(**more))["id"])
    door.ferry.settle()
    assert "failed" == door.get(f"/v1/runs/{ident}")["state"]
    return ident


def sent(door: Door) -> list[str]:
    """The texts the stand-in was asked to send."""
    return [one["body"]["body"] for one in door.ferry.simulators["onemsg"].requests("send-message")]


@pytest.fixture(autouse=True)
def connected(door: Door) -> None:
    """A 1msg connection whose conversation is open."""
    door.heard(door.ferry.connect("1msg"))


def test_a_run_is_stored_and_found(door: Door) -> None:
    """202 with its Location, one wake-up, and the whole of it there."""
    answer = door.ask("POST", "/v1/runs", json=door.say(idempotency_key="k1"))

    assert 202 == answer.status_code
    assert {"connection": "1msg", "action": "send-message", "state": "queued", "idempotency_key": "k1"}.items() <= (
        answer.get_json().items()
    )
    found = door.get(answer.headers["Location"])
    assert answer.get_json().items() <= found.items()
    assert ({"to": TO, "text": "hello"}, None, []) == (found["input"], found["output"], found["attempts"])
    door.ferry.settle()
    found = door.get(answer.headers["Location"])
    assert ("succeeded", ["succeeded"]) == (found["state"], [one["outcome"] for one in found["attempts"]])


def test_one_script_stores_a_run(door: Door, redis: redis.Redis) -> None:
    """Key and connection are remembered: what is left is one round trip."""
    door.post("/v1/runs", door.say())
    before = redis.info("commandstats")

    for _ in range(20):
        door.post("/v1/runs", door.say())

    after = redis.info("commandstats")
    calls = {name: after[name]["calls"] - before.get(name, {"calls": 0})["calls"] for name in after}
    assert 20 == calls["cmdstat_evalsha"]
    assert calls["cmdstat_get"] <= 2  # the connections' version, once a second


def test_a_key_brings_its_run_once(door: Door) -> None:
    """200 the second time, in the body or in the header; 409 with another body; 422 when the two differ."""
    first = door.post("/v1/runs", door.say(idempotency_key="k1"))

    assert first["id"] == door.post("/v1/runs", door.say(idempotency_key="k1"), 200)["id"]
    assert first["id"] == door.post("/v1/runs", door.say(), 200, Idempotency_Key="k1")["id"]
    assert "conflict" == door.post("/v1/runs", door.say("other"), 409, Idempotency_Key="k1")["code"]
    told = door.post("/v1/runs", door.say(idempotency_key="k2"), 422, Idempotency_Key="k1")
    assert ["idempotency_key"] == list(told["fields"])
    assert ["idempotency_key"] == list(door.post("/v1/runs", door.say(), 422, Idempotency_Key="x" * 256)["fields"])
    door.ferry.settle()
    assert ["hello"] == sent(door)


@pytest.mark.parametrize(
    ("change", "code", "fields"),
    [
        ({"connection": "nobody"}, "unknown_connection", {"connection"}),
        ({"action": "fly"}, "unknown_action", {"action"}),
        ({"input": {}}, "invalid", {"input.to", "input.text"}),
        ({"input": {"to": TO, "text": "x", "colour": "red"}}, "invalid", {"input.colour"}),
        ({"input": []}, "invalid", {"input"}),
        ({"connection": None, "priority": "soon", "surprise": 1}, "invalid", {"connection", "priority", "surprise"}),
        ({"not_before": "tomorrow", "expires_at": "2026-01-01T00:00:00"}, "invalid", {"not_before", "expires_at"}),
        ({"not_before": 5, "expires_at": ["2199-01-01T00:00:00Z"]}, "invalid", {"not_before", "expires_at"}),
        ({"expires_at": "1970-01-01T00:00:00Z"}, "invalid", {"expires_at"}),
        ({"expires_at": "2026-01-01T00:00:00Z"}, "invalid", {"expires_at"}),
        ({"not_before": NOON, "expires_at": NOON}, "invalid", {"expires_at"}),
        ({"not_before": NOON, "expires_at": "2199-01-01T12:59:00+01:00"}, "invalid", {"expires_at"}),
        ({"idempotency_key": ""}, "invalid", {"idempotency_key"}),
    ],
)
def test_each_wrong_field_is_named(door: Door, change: dict[str, Any], code: str, fields: set[str]) -> None:
    """422, with dots for what lies deeper."""
    told = door.post("/v1/runs", door.say() | change, 422)

    assert (code, fields) == (told["code"], set(told["fields"]))


def test_times_that_leave_none_are_refused_by_every_way(door: Door) -> None:
    """In a batch alone, before anything is shown or said; and nothing of it is stored."""
    over, never = {"expires_at": "2026-01-01T00:00:00Z"}, {"not_before": NOON, "expires_at": NOON}
    for wrong in (over, never):
        assert ["expires_at"] == list(door.post("/v1/runs?dry_run=true", door.say(**wrong), 422)["fields"])
        assert ["expires_at"] == list(
            door.post("/v1/messages", {"connection": "1msg", "to": TO, "text": "x", **wrong}, 422)["fields"]
        )
    found = door.post("/v1/runs/batch", {"runs": [door.say(**over), door.say(**never), door.say()]}, 200)["items"]
    assert [422, 422, 202] == [one["status"] for one in found]
    assert 1 == len(door.get("/v1/runs")["items"])


def test_a_key_finds_its_run_also_when_its_time_is_over(door: Door, redis: redis.Redis) -> None:
    """Whoever asks again after an answer that got lost hears of the run, not that it is late."""
    soon = (datetime.now(UTC) + timedelta(seconds=0.3)).isoformat()
    first = door.post("/v1/runs", door.say(idempotency_key="k", expires_at=soon))
    eventually(lambda: datetime.now(UTC) > datetime.fromisoformat(soon))

    assert first["id"] == door.post("/v1/runs", door.say(idempotency_key="k", expires_at=soon), 200)["id"]
    assert 422 == door.ask("POST", "/v1/runs", json=door.say(idempotency_key="j", expires_at=soon)).status_code


def test_a_past_not_before_is_now(door: Door) -> None:
    """It has its whole time left, counted from now."""
    ident = door.post("/v1/runs", door.say(not_before="2026-01-01T00:00:00Z"))["id"]
    door.ferry.settle()

    assert "succeeded" == door.get(f"/v1/runs/{ident}")["state"]


def test_wait_answers_when_it_has_ended(door: Door) -> None:
    """200 with the whole run; 202 where the time was too short for it."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.01):
            door.ferry.settle()

    assert "queued" == door.post("/v1/runs?wait=0.05", door.say("early"))["state"]
    worker = threading.Thread(target=work)
    worker.start()
    try:
        found = door.post("/v1/runs?wait=30", door.say("late"), 200)
    finally:
        stop.set()
        worker.join()
    assert ("succeeded", ["succeeded"]) == (found["state"], [one["outcome"] for one in found["attempts"]])
    door.post("/v1/runs?wait=61", door.say(), 422)


def test_what_only_a_person_ends_is_not_waited_for(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A paused connection lets nothing out: the run is told as it is, at once."""
    door.post("/v1/connections/1msg/pause", {}, 200)
    monkeypatch.setattr("web.api.waiting.time.sleep", lambda _: pytest.fail("it waits"))

    assert "queued" == door.post("/v1/runs?wait=60", door.say())["state"]


def test_those_who_wait_leave_threads_for_webhooks(redis: redis.Redis) -> None:
    """With half of the threads waiting, the next is answered at once."""
    redis.flushall()  # the other door has another secret key
    door = open_door(redis, web_threads=2)
    door.ferry.connect("1msg")
    waiting = threading.Thread(target=lambda: door.post("/v1/runs?wait=20", door.say("first"), 200))
    waiting.start()
    while not runs.listing(door.ferry.core.store, "1msg")[0]:
        pass

    assert "queued" == door.post("/v1/runs?wait=60", door.say("second"))["state"]

    door.ferry.settle()
    waiting.join()


def test_dry_run_shows_what_would_leave(door: Door) -> None:
    """The provider's own request, without its secrets; nothing is stored and nothing leaves."""
    before = len(door.get("/v1/runs")["items"])
    secret = door.ferry.core.connections.get("1msg").secrets["token"]  # type: ignore[union-attr]

    told = door.post("/v1/runs?dry_run=true", door.say("hi"), 200)

    (request,) = told["requests"]
    assert ("POST", {"chatId": f"{TO}@c.us", "body": "hi"}) == (request["method"], request["body"])
    assert "/sendMessage" in request["url"]
    assert secret not in str(told)
    assert before == len(door.get("/v1/runs")["items"])
    assert not door.ferry.simulators["onemsg"].requests("send-message")
    door.post("/v1/runs?dry_run=true", {**door.say(), "input": {}}, 422)


@pytest.mark.parametrize("provider", ["instagram", "clicksend", "infobip"])
def test_dry_run_hides_every_providers_secrets(door: Door, provider: str) -> None:
    """In the address, in headers, in Basic credentials, in the body."""
    stored = door.ferry.connect(provider)
    chosen = door.ferry.core.provider(stored)

    for action in chosen.actions.values():
        body = {"connection": stored.id, "action": action.key, "input": dict(action.example)}
        answer = door.ask("POST", "/v1/runs?dry_run=true", json=body)

        text = answer.get_data(as_text=True)
        assert not [name for name, secret in stored.secrets.items() if secret in text], action.key
        if answer.status_code == 422:  # the connection's settings do not allow this one
            continue
        assert answer.status_code == 200, (action.key, text)
        assert all(one["headers"].get("authorization", "…") == "…" for one in answer.get_json()["requests"]), action.key


def test_dry_run_says_what_would_be_asked_first(door: Door) -> None:
    """A send with a budget asks the price: its question is shown in place of the send."""
    stored = door.ferry.connect("clicksend")
    given = {"to": "+61411111111", "text": "hello", "budget": "1.00"}

    told = door.post("/v1/runs?dry_run=true", {"connection": stored.id, "action": "send-sms", "input": given}, 200)

    assert ([], ["get-sms-price"]) == (told["requests"], [one["action"] for one in told["asks"]])
    assert told["asks"][0]["request"]["url"].endswith("/v3/sms/price")
    assert "get-sms-price" in told["note"]


def test_a_batch_tells_each_outcome(door: Door, redis: redis.Redis) -> None:
    """Good and bad ones side by side, in their order, stored in one round trip."""
    items: list[Any] = [
        door.say("one", idempotency_key="b1"),
        door.say("two") | {"action": "fly"},
        "three",
        door.say("one", idempotency_key="b1"),
        door.say("other", idempotency_key="b1"),
        door.say("six"),
    ]

    told = door.post("/v1/runs/batch", {"runs": items}, 200)["items"]

    assert [202, 422, 422, 200, 409, 202] == [one["status"] for one in told]
    assert told[0]["run"]["id"] == told[3]["run"]["id"]
    assert "unknown_action" == told[1]["problem"]["code"]
    door.ferry.settle()
    assert ["one", "six"] == sent(door)


@pytest.mark.parametrize("items", [None, [], {}, ["x"] * 501])
def test_a_batch_has_a_size(door: Door, items: Any) -> None:
    """One to five hundred."""
    assert ["runs"] == list(door.post("/v1/runs/batch", {"runs": items}, 422)["fields"])


def test_runs_are_listed_page_by_page(door: Door) -> None:
    """Newest first, over all connections, none twice and none left out, whatever the size of a page."""
    door.ferry.connect("1msg", "second")
    made = [
        door.post("/v1/runs", door.say(str(count), connection=("1msg", "second")[count % 2]))["id"]
        for count in range(12)
    ]

    for limit in (1, 5, 12, 50):
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = door.get(f"/v1/runs?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
            assert len(page["items"]) <= limit
            found += page["items"]
            cursor = page["cursor"]
            if not cursor:
                break
        assert sorted(made) == sorted(one["id"] for one in found)
        assert sorted((one["created_at"] for one in found), reverse=True) == [one["created_at"] for one in found]
    assert 6 == len(door.get("/v1/runs?connection=second")["items"])
    door.ferry.settle()
    door.post("/v1/runs", door.say("last"))
    assert 1 == len(door.get("/v1/runs?state=queued")["items"])
    assert [] == door.get("/v1/runs?connection=nobody")["items"]


def test_cancel_before_it_leaves(door: Door) -> None:
    """A cancelled run is not sent; one that has ended stays as it ended."""
    ident = door.post("/v1/runs", door.say())["id"]

    assert "cancelled" == door.post(f"/v1/runs/{ident}/cancel", status=200)["state"]
    assert "cancelled" == door.post(f"/v1/runs/{ident}/cancel", status=200)["state"]
    door.ferry.settle()
    assert [] == sent(door)
    done = door.post("/v1/runs", door.say())["id"]
    door.ferry.settle()
    assert "conflict" == door.post(f"/v1/runs/{done}/cancel", status=409)["code"]
    door.post("/v1/runs/run_00/cancel", status=404)


def test_retry_of_a_failed_run_sends_it(door: Door) -> None:
    """Its dead letter goes, its attempts stay, and it may succeed."""
    ident = failed(door)
    assert [ident] == [one["id"] for one in door.get("/v1/dead-letters")["items"]]

    assert "queued" == door.post(f"/v1/runs/{ident}/retry")["state"]
    door.ferry.settle()

    found = door.get(f"/v1/runs/{ident}")
    assert ("succeeded", None, 2) == (found["state"], found["error"], len(found["attempts"]))
    assert [] == door.get("/v1/dead-letters")["items"]
    assert "conflict" == door.post(f"/v1/runs/{ident}/retry", status=409)["code"]
    kinds = [one["type"] for one in door.get("/v1/events?type=run.failed,run.succeeded")["items"]]
    assert ["run.failed", "run.succeeded"] == kinds


def test_retry_does_not_repeat_what_is_out(door: Door) -> None:
    """A call of which one message was taken, and another is there already by the provider's word, is not made again."""
    stored = door.ferry.connect("clicksend")
    given = {"messages": [{"to": "+61411111111", "text": "a"}, {"to": "+61422222222", "text": "b"}]}
    body = {"connection": stored.id, "action": "send-sms", "input": given}
    ident = door.post("/v1/runs", body)["id"]
    twice = {"reason": "duplicate"}
    parts: list[dict[str, object]] = [
        {"ref": f"{ident}-0", "state": "accepted"},
        {"ref": f"{ident}-1", "state": "failed", "error": twice},
    ]
    store = door.ferry.core.store
    store.client.hset(store.key(0, f"r:{ident}"), mapping={"state": "failed", "parts": json.dumps(parts)})

    assert "every message of this run is out, or may be" in door.post(f"/v1/runs/{ident}/retry", status=409)["detail"]


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_resolve_an_unknown_run(door: Door, state: str) -> None:
    """A person says how it ended: told as an event, and not to be said twice."""
    ident = unknown(door)
    word = {"state": state, "note": "seen on the phone"}
    if state == "succeeded":
        word["output"] = {"message_id": "wamid.by-hand"}  # type: ignore[assignment]

    found = door.post(f"/v1/runs/{ident}/resolve", word, 200)

    assert state == found["state"]
    events = door.get(f"/v1/events?type=run.{state}")["items"]
    assert [(ident, state)] == [(one["run"]["id"], one["run"]["state"]) for one in events]
    if state == "succeeded":
        assert ({"message_id": "wamid.by-hand"}, None) == (found["output"], found["error"])
        (said,) = door.get("/v1/events?type=message.sent")["items"]
        assert ("wamid.by-hand", ident) == (said["message"]["provider_id"], said["run"])
    else:
        assert ("rejected", "seen on the phone") == (found["error"]["class"], found["error"]["text"])
    assert "conflict" == door.post(f"/v1/runs/{ident}/resolve", word, 409)["code"]
    assert 1 == len(door.get(f"/v1/events?type=run.{state}")["items"])


def test_only_unknown_runs_are_resolved(door: Door) -> None:
    """409 for others, 422 for a word that is no end."""
    ident = door.post("/v1/runs", door.say())["id"]

    assert "queued" in door.post(f"/v1/runs/{ident}/resolve", {"state": "failed"}, 409)["detail"]
    assert ["state"] == list(door.post(f"/v1/runs/{ident}/resolve", {"state": "maybe"}, 422)["fields"])
    assert {"state", "why"} == set(door.post(f"/v1/runs/{ident}/resolve", {"why": "x"}, 422)["fields"])
    assert [] == door.get("/v1/events?type=run.failed")["items"]


def test_retry_of_an_unknown_run_is_a_persons_word(door: Door) -> None:
    """It is sent once more: whoever asks accepts a second message."""
    ident = unknown(door)

    door.post(f"/v1/runs/{ident}/retry")
    door.ferry.settle()

    assert "succeeded" == door.get(f"/v1/runs/{ident}")["state"]
    assert 2 == len(sent(door))


def test_dead_letters_are_listed_page_by_page(door: Door) -> None:
    """Newest first; filtered by connection."""
    store = door.ferry.core.store
    for count in range(7):
        letters.put(store, 0, f"x{count}", kind="request", cause="test", connection=f"c{count % 2}", body={"n": count})

    found: list[str] = []
    cursor = ""
    while True:
        page = door.get("/v1/dead-letters?limit=3" + (f"&cursor={cursor}" if cursor else ""))
        found += [one["id"] for one in page["items"]]
        cursor = page["cursor"]
        if not cursor:
            break

    assert [f"x{count}" for count in reversed(range(7))] == found
    assert ["x5", "x3", "x1"] == [one["id"] for one in door.get("/v1/dead-letters?connection=c1")["items"]]
