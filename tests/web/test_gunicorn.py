"""The door behind a real gunicorn: what sockets do to requests."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis

from tests.web.door import KEY, Door, open_door
from tests.web.served import Served, answer, serve
from worker import valkey
from worker.store.connections import Stored

HEAD = "POST {path} HTTP/1.1\r\nHost: ferry\r\nContent-Type: application/json\r\n{more}\r\n"


COUNT = itertools.count(1)


@pytest.fixture(scope="module")
def door(valkey_server: valkey.Server) -> Iterator[Door]:
    """In this process, over the same Redis: makes connections and looks into the journal."""
    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
        yield open_door(client)


@pytest.fixture(scope="module")
def web(door: Door, valkey_server: valkey.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One `ferry web` for all of them."""
    variables = {
        "REDIS_URL": valkey_server.url,
        "FERRY_SECRET_KEYS": door.ferry.core.settings.secret_keys[0],
        "FERRY_API_KEYS": KEY,
        "FERRY_MAX_BODY_BYTES": "100000",
    }
    with serve(tmp_path_factory.mktemp("web"), **variables) as served:
        yield served


@pytest.fixture
def stored(door: Door) -> Stored:
    """A 1msg connection, another for each test."""
    return door.ferry.connect("1msg", f"shop-{next(COUNT)}")


def head(stored: Stored, more: str, path: str = "") -> bytes:
    """The head of a webhook request."""
    return HEAD.format(path=path or f"/webhooks/{stored.id}/{stored.token}", more=more).encode()


def test_a_connection_carries_many_requests(web: Served, door: Door, stored: Stored) -> None:
    """Plain, chunked, after a refusal with an unread body, and after Expect: each finds its own answer."""
    body = door.ferry.hook(stored, "message").body
    size = f"Content-Length: {len(body)}\r\n"
    chunks = b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in (body[:1], body[1:100], body[100:]))
    with web.connected() as one:
        one.sendall(head(stored, size) + body)
        assert (200, b"ok") == answer(one)
        one.sendall(head(stored, "Transfer-Encoding: chunked\r\n") + chunks + b"0\r\nX-Sum: 1\r\n\r\n")
        assert (200, b"ok") == answer(one)
        one.sendall(head(stored, size, f"/webhooks/{stored.id}/{'x' * 32}") + body)
        assert 404 == answer(one)[0]
        one.sendall(head(stored, size + "Expect: 100-continue\r\n"))
        assert 100 == answer(one)[0]
        one.sendall(body)
        assert (200, b"ok") == answer(one)
        for piece in (head(stored, size), body[:10], body[10:]):  # as a slow network hands it over
            one.sendall(piece)
            time.sleep(0.05)
        assert (200, b"ok") == answer(one)
        one.sendall(head(stored, size, f"/webhooks/{stored.id}/%{ord(stored.token[0]):x}{stored.token[1:]}") + body)
        assert (200, b"ok") == answer(one)

    rows: Any = door.ferry.core.store.client.xrange(f"f:{{0}}:in:{stored.id}")
    assert [body] * 5 == [fields[b"b"] for _, fields in rows]


def test_a_body_cut_short_is_not_kept(web: Served, door: Door, stored: Stored) -> None:
    """A caller that hangs up in the middle, by length or by chunks, and one who frames badly."""
    for sent in (
        head(stored, "Content-Length: 500\r\n") + b'{"messages": [',
        head(stored, "Transfer-Encoding: chunked\r\n") + b"5\r\n12345\r\n5\r\n1",
        head(stored, "Transfer-Encoding: chunked\r\n") + b"zz\r\n12345\r\n0\r\n\r\n",
        head(stored, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + b"0\r\n\r\n",
        head(stored, "Content-Length: five\r\n") + b"12345",
    ):
        with web.connected() as one:
            one.sendall(sent)
            one.shutdown(1)
            assert answer(one)[0] in {0, 400}

    assert web.up()
    assert 0 == door.journalled(stored)


def test_too_large_is_told_while_it_is_sent(web: Served, door: Door, stored: Stored) -> None:
    """413 for both ways to send it, and the next caller is served."""
    with web.connected() as one:
        one.sendall(head(stored, "Content-Length: 100001\r\n") + b"x" * 1000)
        assert 413 == answer(one)[0]
    with web.connected() as one:
        one.sendall(head(stored, "Transfer-Encoding: chunked\r\n") + b"1ffff\r\n" + b"x" * 0x1FFFF + b"\r\n0\r\n\r\n")
        assert 413 == answer(one)[0]

    assert httpx.post(f"{web.url}/webhooks/{stored.id}/{stored.token}", content=b"x", trust_env=False).is_success
    assert 1 == door.journalled(stored)


def test_the_api_is_served_the_same(web: Served, stored: Stored) -> None:
    """With keep-alive, over one connection; a refusal's unread body does no harm."""
    with httpx.Client(base_url=web.url, trust_env=False, headers={"Authorization": f"Bearer {KEY}"}) as client:
        body = {"connection": stored.id, "action": "send-message", "input": {"to": "15550100123", "text": "x"}}
        assert 401 == client.post("/v1/runs", json=body, headers={"Authorization": "Bearer wrong"}).status_code
        made = client.post("/v1/runs", json=body)
        assert 202 == made.status_code
        assert "queued" == client.get(made.headers["Location"]).json()["state"]
        assert 200 == client.get("/readyz").status_code
        too_large = client.post("/v1/runs", content=b"{" + b" " * 100_001, headers={"Content-Type": "application/json"})
        assert (413, "too_large") == (too_large.status_code, too_large.json()["code"])


def test_its_log_tells_nobody_who(web: Served, door: Door, stored: Stored) -> None:
    """No token, no body, no phone number, whatever came."""
    request = door.ferry.hook(stored, "message")
    path = f"{web.url}/webhooks/{stored.id}/{stored.token}"
    for sent in (request.body, b"not json of +15550100123", b"x" * 100_001):
        httpx.post(path, content=sent, trust_env=False)
    with web.connected() as one:
        one.sendall(head(stored, "Transfer-Encoding: chunked\r\n") + b"+15550100123\r\n")
        answer(one)

    log = web.log.read_text()
    assert stored.token not in log
    assert not re.search("15550100123|not json", log)
