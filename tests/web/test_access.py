"""Keys, request ids and the shape of every error."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import redis

from tests.web.door import KEY, NOBODY, Door, open_door
from worker.store import apikeys
from worker.store.client import connect


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {KEY}", KEY, f"Bearer {KEY}x", "Bearer schlüssel"]
)
def test_without_a_key_nothing_is_told(door: Door, given: str | None) -> None:
    """401 with a challenge, also where there is nothing: nobody learns what there is."""
    headers = {} if given is None else {"Authorization": given.encode().decode("latin-1")}
    for path in ("/v1/runs", "/v1/connections", "/v1/there-is-no-such-thing"):
        answer = door.knock("GET", path, headers=headers)

        assert (401, "unauthorized") == (answer.status_code, answer.get_json()["code"])
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_stored_keys_open_as_well(door: Door) -> None:
    """A key made with the command line, and one from the environment."""
    made = apikeys.make(door.ferry.core.store, "tests")

    assert 200 == door.knock("GET", "/v1/runs", headers={"Authorization": f"bearer {made}"}).status_code
    assert 200 == door.ask("GET", "/v1/runs").status_code


@pytest.mark.parametrize(
    ("method", "path", "words", "status", "code"),
    [
        ("GET", "/v1/nothing", {}, 404, "not_found"),
        ("GET", "/nothing", {}, 404, "not_found"),
        ("GET", "/v1/runs/run_000000000000000000000000000000", {}, 404, "not_found"),
        ("GET", "/v1/runs/x", {}, 404, "not_found"),
        ("GET", "/v1/events/evt_00", {}, 404, "not_found"),
        ("GET", "/v1/requests/req_1-1_nobody", {}, 404, "not_found"),
        ("GET", "/v1/requests/req_x_nobody", {}, 404, "not_found"),
        ("GET", "/v1/messages/msg_00", {}, 404, "not_found"),
        ("GET", "/v1/messages/msg_00/timeline", {}, 404, "not_found"),
        ("POST", "/v1/messages/msg_00/read", {}, 404, "not_found"),
        ("GET", "/v1/conversations/cnv_zz00", {}, 404, "not_found"),
        ("POST", "/v1/conversations/cnv_zz00/typing", {}, 404, "not_found"),
        ("GET", "/v1/connections/nobody", {}, 404, "not_found"),
        ("POST", "/v1/connections/nobody/pause", {}, 404, "not_found"),
        ("GET", "/v1/actions/nobody/send", {}, 404, "not_found"),
        ("GET", "/v1/actions/1msg/fly", {}, 404, "not_found"),
        ("PUT", "/v1/runs", {"json": {}}, 405, "method_not_allowed"),
        ("POST", "/healthz", {}, 405, "method_not_allowed"),
        ("POST", "/v1/runs", {"data": "a=b"}, 415, "unsupported_media_type"),
        ("POST", "/v1/runs", {"data": "{", "content_type": "application/json"}, 400, "bad_json"),
        ("POST", "/v1/runs", {"data": "", "content_type": "application/json"}, 400, "bad_json"),
        ("POST", "/v1/runs", {"data": '{"a": NaN}', "content_type": "application/json"}, 400, "bad_json"),
        ("POST", "/v1/runs", {"data": "[" * 9999, "content_type": "application/json"}, 400, "bad_json"),
        ("POST", "/v1/runs", {"data": b"\xff\xfe\xfa", "content_type": "application/json"}, 400, "bad_json"),
        ("POST", "/v1/runs", {"json": []}, 422, "invalid"),
        ("POST", "/v1/runs", {"json": {"bogus": 1}}, 422, "invalid"),
        ("GET", "/v1/runs?limit=0", {}, 422, "invalid"),
        ("GET", "/v1/runs?limit=x", {}, 422, "invalid"),
        ("GET", "/v1/runs?stat=queued", {}, 422, "invalid"),
        ("GET", "/v1/runs?cursor=x", {}, 422, "invalid"),
        ("GET", "/v1/runs?cursor=W10", {}, 422, "invalid"),
        ("GET", "/v1/events?after=x", {}, 422, "invalid"),
        ("GET", "/v1/dead-letters?cursor=%00", {}, 422, "invalid"),
        ("GET", "/v1/conversations", {}, 422, "invalid"),
    ],
)
def test_every_error_is_a_problem(
    door: Door, method: str, path: str, words: dict[str, Any], status: int, code: str
) -> None:
    """application/problem+json with the same members, whatever went wrong."""
    answer = door.ask(method, path, **words)

    assert (status, "application/problem+json") == (answer.status_code, answer.content_type)
    told = answer.get_json()
    assert {"type", "title", "status", "detail", "code", "request_id", "retryable"} <= set(told)
    assert (status, code, False) == (told["status"], told["code"], told["retryable"])
    assert told["request_id"] == answer.headers["X-Request-Id"]
    assert status != 422 or told["fields"]
    assert status != 405 or answer.headers["Allow"]


def test_too_large_is_told(redis: redis.Redis) -> None:
    """413, announced or not."""
    door = open_door(redis, max_body_bytes=1000)

    answer = door.ask("POST", "/v1/runs", json={"connection": "x" * 2000})

    assert (413, "too_large") == (answer.status_code, answer.get_json()["code"])


@pytest.mark.parametrize("given", ["abc-1.2:3_4", "x" * 128])
def test_a_request_id_is_returned(door: Door, given: str) -> None:
    """Whoever gives one finds it again."""
    assert given == door.knock("GET", "/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"]


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", 'a"b', "<script>", "ä"])
def test_an_odd_request_id_is_replaced(door: Door, given: str) -> None:
    """What could harm a log is not repeated."""
    answer = door.knock("GET", "/healthz", headers={"X-Request-Id": given.encode().decode("latin-1")})

    assert answer.headers["X-Request-Id"] != given
    assert answer.headers["X-Request-Id"].isalnum()


def test_redis_away_is_try_again() -> None:
    """503 with Retry-After, for those who have a key and for those whose key cannot be looked up."""
    client = connect(NOBODY, timeout=0.2, retries=0)
    door = open_door(client)

    for headers in ({"Authorization": f"Bearer {KEY}"}, {"Authorization": "Bearer unheard-of"}):
        answer = door.knock("GET", "/v1/events", headers=headers)

        assert (503, "away", True) == (answer.status_code, answer.get_json()["code"], answer.get_json()["retryable"])
        assert "5" == answer.headers["Retry-After"]
    assert 200 == door.knock("GET", "/healthz").status_code


def test_a_fault_of_ours_keeps_its_words(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """500 says nothing, and the log says where, not what: the words may hold a phone number."""

    def fails() -> str:
        raise KeyError("+61411111111")

    door.app.add_url_rule("/fails", "fails", fails)

    with caplog.at_level(logging.DEBUG):
        answer = door.knock("GET", "/fails")

    assert (500, "internal") == (answer.status_code, answer.get_json()["code"])
    assert "61411111111" not in answer.get_data(as_text=True) + caplog.text + str([vars(one) for one in caplog.records])
    assert any("KeyError at test_access.py" in str(getattr(one, "error", "")) for one in caplog.records)
