"""The stand-ins over HTTP: as a provider's server would, drops and odd framing included."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connectors.registry import PROVIDERS
from tests.eventually import eventually
from tests.web.served import answer
from web.simulators import Server, ports_of, serve


@pytest.fixture
def echo() -> Iterator[Server]:
    """A simulator that says what it was asked."""

    def answering(request: httpx.Request) -> httpx.Response:
        body = request.read()
        if request.url.path == "/drop":
            told = "dropped"
            raise httpx.RemoteProtocolError(told, request=request)
        if request.url.path == "/none":
            return httpx.Response(204)
        said = {
            "method": request.method, "path": request.url.raw_path.decode(), "size": len(body),
            "body": body[:50].decode("utf-8", "replace"), "host": request.headers["host"],
        }  # fmt: skip
        return httpx.Response(201, json=said, headers={"X-Odd": "yes", "Set-Cookie": "a=b"})

    server = Server(0, answering)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def client(echo: Server) -> Iterator[httpx.Client]:
    """A client of it."""
    with httpx.Client(base_url=f"http://127.0.0.1:{echo.server_port}", trust_env=False) as found:
        yield found


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
def test_any_method_is_carried(client: httpx.Client, method: str) -> None:
    """With its path, query and body, word by word; the answer with its headers."""
    found = client.request(method, "/a%2Fb/ü?x=1&y=%20", content=b"some body")

    told: dict[str, Any] = found.json()
    assert (201, "yes") == (found.status_code, found.headers["X-Odd"])
    assert (method, "/a%2Fb/%C3%BC?x=1&y=%20", "some body") == (told["method"], told["path"], told["body"])
    assert told["host"] == f"{client.base_url.host}:{client.base_url.port}"


def test_a_connection_is_kept(echo: Server) -> None:
    """Many requests, one connection: HEAD and 204 carry no body, and the next answer is the next."""
    link = http.client.HTTPConnection("127.0.0.1", echo.server_port)
    for method, path, status in (("HEAD", "/x", 201), ("GET", "/none", 204), ("POST", "/x", 201), ("GET", "/x", 201)):
        link.request(method, path, body=b"x" * 100_000 if method == "POST" else None)
        found = link.getresponse()
        body = found.read()
        assert (status, method == "HEAD" or status == 204) == (found.status, body == b"")
        port = link.sock.getsockname()[1]
        assert port == link.sock.getsockname()[1]
    link.close()


def test_chunked_bodies_are_read(client: httpx.Client) -> None:
    """A body without a length."""

    def pieces() -> Iterator[bytes]:
        for count in range(100):
            yield b"x" * count

    assert 4950 == client.post("/x", content=pieces()).json()["size"]


@pytest.mark.parametrize(
    "head",
    [
        b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2x\r\n\r\n12",
        b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n12",
        b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
    ],
)
def test_a_bad_frame_is_refused(echo: Server, head: bytes) -> None:
    """400, and the connection ends."""
    with socket.create_connection(("127.0.0.1", echo.server_port), timeout=20) as link:
        link.sendall(head)
        link.shutdown(socket.SHUT_WR)
        assert 400 == answer(link)[0]
        assert (0, b"") == answer(link)


def test_a_drop_is_a_drop(client: httpx.Client) -> None:
    """The connection ends without a word."""
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/drop", content=b"x")
    assert 201 == client.get("/x").status_code


def test_ports_are_read() -> None:
    """As on the command line."""
    assert {"onemsg": 9101, "infobip": 0} == ports_of("onemsg=9101, infobip,")


def test_all_stand_ins_are_served_and_end_at_once() -> None:
    """As `ferry dev` starts them: each says its address, answers, fires a callback, and TERM ends them."""
    heard: list[bytes] = []

    def hear(request: httpx.Request) -> httpx.Response:
        heard.append(request.read())
        return httpx.Response(200)

    webhook = Server(0, hear)
    threading.Thread(target=webhook.serve_forever, daemon=True).start()
    process = subprocess.Popen([sys.executable, "-m", "web.simulators"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        urls = dict(process.stdout.readline().split() for _ in PROVIDERS)
        assert set(PROVIDERS) == set(urls)
        with httpx.Client(trust_env=False) as client:
            for name, url in urls.items():
                assert {"items": []} == client.get(f"{url}/_sim/requests").json(), name
            where = {"url": f"http://127.0.0.1:{webhook.server_port}/webhooks/shop/token"}
            assert client.put(f"{urls['onemsg']}/_sim/webhook", json=where).is_success
            assert client.post(f"{urls['onemsg']}/_sim/fire", json={"kind": "message"}).is_success
        eventually(lambda: heard)
        assert b"messages" in heard[0]
    finally:
        os.kill(process.pid, signal.SIGTERM)
        assert 0 == process.wait(20)
        process.stdout.close()
        webhook.shutdown()
        webhook.server_close()


def test_a_taken_port_is_a_sentence(echo: Server) -> None:
    """Not a traceback."""
    program = [sys.executable, "-m", "web.simulators", "--ports", f"onemsg={echo.server_port}"]

    told = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)

    assert 1 == told.returncode
    assert "cannot listen" in told.stderr
    assert "Traceback" not in told.stderr


def test_serve_gives_its_servers() -> None:
    """For a program that wants them in its own process."""
    started = serve({"1msg": 0})
    try:
        url = f"http://127.0.0.1:{started['1msg'].server_port}/_sim/requests"
        assert {"items": []} == httpx.get(url, trust_env=False).json()
    finally:
        for server in started.values():
            server.shutdown()
            server.server_close()
