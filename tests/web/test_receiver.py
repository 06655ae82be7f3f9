"""Webhooks in: what is stored, what is refused, and that nothing personal reaches a log."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from werkzeug.test import EnvironBuilder, run_wsgi_app

from connectors.registry import PROVIDERS
from tests.web.door import NOBODY, Door, open_door
from worker.store import journal
from worker.store.client import connect
from worker.store.connections import Stored


def raw(door: Door, path: str, stream: Any, **environ: Any) -> int:
    """The status of a request as a server hands it over, whatever its body does."""
    given = EnvironBuilder(path="/", method="POST", content_type="application/json").get_environ()
    given.pop("CONTENT_LENGTH", None)
    given |= {"PATH_INFO": path, "wsgi.input": stream, **environ}
    _, status, _ = run_wsgi_app(door.app.wsgi_app, given)
    return int(status.split()[0])


def url(stored: Stored) -> str:
    """The path its provider calls."""
    return f"/webhooks/{stored.id}/{stored.token}"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_sample_of_every_provider_is_taken(door: Door, provider: str) -> None:
    """As the provider sends it: answered as it expects, in the journal byte by byte, and somebody is woken."""
    chosen, stored = PROVIDERS[provider], door.ferry.connect(provider)
    names = [name for name in chosen.samples if name != "handshake"]  # which is answered and not stored: see below
    requests = [door.ferry.hook(stored, name) for name in names]
    for name, request in zip(names, requests, strict=True):
        answer = door.hook(stored, request)
        assert (chosen.answer.status, chosen.answer.body) == (answer.status_code, answer.data), name

    rows: Any = door.ferry.core.store.client.xrange(f"f:{{0}}:in:{stored.id}")
    for name, request, row in zip(names, requests, rows, strict=True):
        kept = journal.rebuild({field.decode(): value for field, value in row[1].items()})
        assert (request.method, request.hook, request.query, request.body) == (
            kept.method, kept.hook, kept.query, kept.body,
        ), name  # fmt: skip
        assert set(kept.headers) <= chosen.keep, name
    assert [(0, f"in:{stored.id}")] == door.ferry.rung[-1:]


def test_a_webhook_costs_one_round_trip(door: Door, redis: redis.Redis) -> None:
    """One script, and once a second a look whether a connection changed."""
    stored = door.ferry.connect("1msg")
    requests = [door.ferry.hook(stored, "message") for _ in range(21)]
    door.hook(stored, requests.pop())
    before = redis.info("commandstats")

    for request in requests:
        door.hook(stored, request)

    after = redis.info("commandstats")
    calls = {name: after[name]["calls"] - before.get(name, {"calls": 0})["calls"] for name in after}
    assert 20 == calls["cmdstat_evalsha"]
    assert calls["cmdstat_get"] <= 20 + 2  # the script itself reads one key


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/", "/webhooks/{id}", "/webhooks/{id}/", "/webhooks/{id}/{token}x", "/webhooks/{id}/{short}",
        "/webhooks/nobody/{token}", "/webhooks/{id}/{token}/a/b", "/webhooks/{id}/{token}/%20",
        "/webhooks/{id}%00/{token}", "/webhooks/ä/{token}", "/webhooks/{id}/ä{token}", "/webhooks/{id}/{token}\n",
    ],
)  # fmt: skip
def test_a_wrong_address_is_not_found(door: Door, path: str) -> None:
    """404, the same for everybody, before anything is read of the body."""

    class Unread(io.BytesIO):
        def read(self, *words: Any) -> bytes:
            raise AssertionError("the body was read")

    stored = door.ferry.connect("1msg")
    told = path.format(id=stored.id, token=stored.token, short=stored.token[:-1])

    assert 404 == raw(door, told.encode().decode("latin-1"), Unread(), CONTENT_LENGTH="5")
    assert 0 == door.journalled(stored)


@pytest.mark.parametrize("path", ["//webhooks/{id}/{token}", "/webhooks//{id}///{token}", "/webhooks/{id}/{token}/"])
def test_slashes_too_many_are_forgiven(door: Door, path: str) -> None:
    """A public URL is soon entered with one at its end."""
    stored = door.ferry.connect("1msg")
    body = door.ferry.hook(stored, "message").body

    told = path.format(id=stored.id, token=stored.token)

    assert 200 == raw(door, told, io.BytesIO(body), CONTENT_LENGTH=str(len(body)))


def test_a_wrong_signature_is_forbidden(door: Door) -> None:
    """403 and no word why; nothing is stored."""
    stored = door.ferry.connect("instagram")
    request = door.ferry.hook(stored, "message")
    signature = request.headers["x-hub-signature-256"]

    for wrong in (
        signature[:-1] + ("0" if signature[-1] != "0" else "1"),
        "",
        "sha256=",
        signature.removeprefix("sha256="),
    ):
        answer = door.hook(stored, request, headers={"x-hub-signature-256": wrong})
        assert (403, b"forbidden") == (answer.status_code, answer.data)
    request.headers.pop("x-hub-signature-256", None)  # type: ignore[attr-defined]
    assert 403 == door.hook(stored, request).status_code

    assert 0 == door.journalled(stored)


def test_a_handshake_is_answered_and_not_stored(door: Door) -> None:
    """Instagram asks once, with a word of ours; another word is refused."""
    stored = door.ferry.connect("instagram")
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    word = stored.secrets.get("verify_token") or stored.settings.get("verify_token")

    good = door.knock("GET", url(stored), query_string={**query, "hub.verify_token": word})
    bad = door.knock("GET", url(stored), query_string={**query, "hub.verify_token": f"{word}x"})

    assert (200, b"1158201444") == (good.status_code, good.data)
    assert 403 == bad.status_code
    assert 0 == door.journalled(stored)


def test_looking_is_not_storing(door: Door) -> None:
    """HEAD, and GET without a query, see that somebody is here."""
    stored = door.ferry.connect("1msg")

    assert (200, b"") == ((head := door.knock("HEAD", url(stored))).status_code, head.data)
    assert 200 == door.knock("GET", url(stored)).status_code
    refused = door.knock("PUT", url(stored), data=b"x")
    assert (405, "GET, HEAD, POST") == (refused.status_code, refused.headers["Allow"])
    assert 0 == door.journalled(stored)


def test_too_large_is_refused(redis: redis.Redis) -> None:
    """413 by the announced length, unread; by counting, where none was announced; up to the limit all is well."""
    door = open_door(redis, max_body_bytes=1000)
    stored = door.ferry.connect("1msg")

    class Short(io.BytesIO):
        """Gives a little at a time, as a socket does."""

        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 300, 300) if size else size)

    ended = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    assert 413 == raw(door, url(stored), io.BytesIO(b"x" * 1001), CONTENT_LENGTH="1001")
    assert 413 == raw(door, url(stored), io.BytesIO(), CONTENT_LENGTH="9" * 30)
    assert 413 == raw(door, url(stored), Short(b"x" * 1001), **ended)
    assert 0 == door.journalled(stored)
    assert 200 == raw(door, url(stored), Short(b"x" * 1000), **ended)
    assert 200 == raw(door, url(stored), Short(b"x" * 1000), CONTENT_LENGTH="1000")
    assert 2 == door.journalled(stored)


class Breaks(io.BytesIO):
    """A caller that stalls, hangs up or frames its body badly, in a server's own words."""

    def __init__(self, problem: Exception) -> None:
        super().__init__()
        self.problem = problem

    def read(self, *words: Any) -> bytes:
        raise self.problem


@pytest.mark.parametrize(
    ("stream", "environ", "status"),
    [
        (io.BytesIO(b"only a part"), {"CONTENT_LENGTH": "500"}, 400),
        (io.BytesIO(b"x"), {"CONTENT_LENGTH": "²"}, 400),
        (io.BytesIO(b"x"), {"CONTENT_LENGTH": "-1"}, 400),
        (Breaks(ConnectionResetError()), {"CONTENT_LENGTH": "5"}, 400),
        (Breaks(TimeoutError()), {"CONTENT_LENGTH": "5"}, 408),
        (Breaks(BlockingIOError()), {"CONTENT_LENGTH": "5"}, 408),
        (Breaks(RuntimeError("no chunk")), {"wsgi.input_terminated": True}, 400),
    ],
)
def test_a_body_comes_whole_or_not_at_all(door: Door, stream: Any, environ: dict[str, Any], status: int) -> None:
    """A part never passes for the whole: the provider comes again."""
    stored = door.ferry.connect("1msg")

    assert status == raw(door, url(stored), stream, **environ)
    assert 0 == door.journalled(stored)


def test_what_nobody_understands_is_kept(door: Door) -> None:
    """A verified caller's odd body is 2xx, a request and an unknown event, word by word."""
    stored = door.ferry.connect("1msg")

    answer = door.knock("POST", url(stored), data=b"\xff{not json", content_type="application/json")
    door.ferry.settle()

    assert 200 == answer.status_code
    (event,) = door.ferry.events("unknown")
    assert "not json" in door.get(f"/v1/requests/{event['request']}")["body"]


def test_redis_away_is_try_again() -> None:
    """503 with Retry-After for anybody; never a 2xx."""
    door = open_door(connect(NOBODY, timeout=0.2, retries=0))

    answer = door.knock("POST", "/webhooks/shop/a-token-of-twenty-letters", data=b"{}")

    assert (503, "5") == (answer.status_code, answer.headers["Retry-After"])


def test_a_redis_that_takes_no_writes_is_try_again(door: Door, redis: redis.Redis) -> None:
    """Full, or a replica: what cannot be stored is not answered with a 2xx."""
    stored = door.ferry.connect("1msg")
    request = door.ferry.hook(stored, "message")
    assert 200 == door.hook(stored, request).status_code
    redis.config_set("maxmemory", "1mb")
    try:
        assert 503 == door.hook(stored, request).status_code
    finally:
        redis.config_set("maxmemory", "0")
    assert 200 == door.hook(stored, request).status_code
    assert 2 == door.journalled(stored)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Everything that is logged, extras and tracebacks included."""
    found: list[str] = []

    class Everything(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(f"{record.getMessage()} {vars(record)} {logging.Formatter().format(record)}")

    handler = Everything()
    logging.getLogger().addHandler(handler)
    with caplog.at_level(logging.DEBUG):
        yield found
    logging.getLogger().removeHandler(handler)


def test_no_log_holds_what_is_secret_or_personal(door: Door, logged: list[str]) -> None:
    """Not the token, not a body, not a phone number: not when all is well, not when it is not."""
    stored = door.ferry.connect("instagram")
    logged.clear()
    request = door.ferry.hook(stored, "message", {"entry.0.messaging.0.message.text": "a secret word"})
    broken = RuntimeError("a secret word of +15550100123")

    door.hook(stored, request)
    door.hook(stored, request, headers={"x-hub-signature-256": "sha256=00"})
    door.hook(stored, request, token="x" * 32)
    raw(door, url(stored), Breaks(broken), CONTENT_LENGTH="5")
    door.ferry.core.connections._cache[stored.id] = "no connection at all"  # type: ignore[assignment]
    assert 503 == door.hook(stored, request).status_code

    told = "\n".join(logged)
    assert "a webhook was refused" in told
    assert "asked to come again" in told
    for word in (stored.token, "a secret word", "15550100123", request.headers["x-hub-signature-256"]):
        assert word not in told


def test_requests_are_counted_by_outcome(door: Door) -> None:
    """In /metrics, by provider; nothing in it tells who."""
    stored = door.ferry.connect("1msg")
    request = door.ferry.hook(stored, "message")
    for _ in range(3):
        door.hook(stored, request)
    door.hook(stored, request, token="x" * 32)

    page = door.knock("GET", "/metrics").get_data(as_text=True)

    counted = [line for line in page.splitlines() if line.startswith("ferry_webhook_requests_total")]
    assert {('outcome="accepted"', 'provider="1msg"', "3.0"), ('outcome="unknown"', 'provider=""', "1.0")} == {
        (
            *[word for word in line[line.index("{") + 1 : line.index("}")].split(",") if "pid" not in word],
            line.split()[-1],
        )
        for line in counted
    }
    assert stored.token not in page
    assert "15550100123" not in page
