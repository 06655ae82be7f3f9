"""The stand-in over real HTTP on loopback, and somebody for it to call."""

from __future__ import annotations

import http.server
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from connectors.action import Call, Outcome
from connectors.client import new_client, perform
from connectors.connection import Connection
from connectors.onemsg import PROVIDER
from connectors.onemsg.simulator import OneMsg


class Quiet(http.server.ThreadingHTTPServer):
    """A caller that hangs up is nobody's mistake here."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silence."""


def serve(answer: Callable[[httpx.Request], httpx.Response]) -> http.server.ThreadingHTTPServer:
    """A server on a free port of loopback whose every request goes to `answer`."""

    class Door(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body leave apart: 40 ms an answer without it

        def _do(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            url = f"http://{self.headers['host']}{self.path}"
            try:
                told = answer(httpx.Request(self.command, url, headers=dict(self.headers.items()), content=content))
            except httpx.TransportError:
                self.close_connection = True
                return
            self.send_response(told.status_code)
            for name, value in told.headers.items():
                if name != "content-length":
                    self.send_header(name, value)
            self.send_header("content-length", str(len(told.content)))
            self.end_headers()
            self.wfile.write(told.content)

        do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815  (the server looks for these names)

        def log_message(self, *args: Any) -> None:
            """Silence."""

    server = Quiet(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.01}).start()
    return server


def close(server: http.server.ThreadingHTTPServer) -> None:
    """Stops it and gives its port back."""
    server.shutdown()
    server.server_close()


@dataclass
class World:
    """A simulated channel, the connection to it, and the webhooks it sent us."""

    connection: Connection
    simulator: OneMsg
    client: httpx.Client
    heard: queue.Queue[httpx.Request] = field(default_factory=queue.Queue)

    def do(self, action: str, given: Mapping[str, Any]) -> Outcome:
        """One action over the wire."""
        return perform(PROVIDER, PROVIDER.actions[action], Call(self.connection, given, "ref"), self.client)

    def ask(self, action: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same, its output."""
        return self.do(action, given).output

    def hear(self, count: int) -> list[httpx.Request]:
        """The next `count` webhooks, in the order they came."""
        return [self.heard.get(timeout=10) for _ in range(count)]

    def tell(self, method: str, path: str, words: Mapping[str, Any] | None = None) -> httpx.Response:
        """Steers the stand-in: /_sim/…"""
        return self.client.request(method, f"{self.connection.settings['base_url']}/_sim/{path}", json=words)


@pytest.fixture
def world() -> Iterator[World]:
    """A fresh channel; callbacks still under way when a test ends are dropped."""
    over, posting = threading.Event(), threading.Lock()
    heard: queue.Queue[httpx.Request] = queue.Queue()

    def take(request: httpx.Request) -> httpx.Response:
        heard.put(request)
        return httpx.Response(200, text="ok")

    ours = serve(take)
    settings, secrets = PROVIDER.simulated("http://127.0.0.1")
    with new_client() as client, new_client() as poster:

        def post(request: httpx.Request) -> httpx.Response:
            with posting:
                return httpx.Response(200) if over.is_set() else poster.send(request)

        simulator: OneMsg = PROVIDER.simulator(settings, secrets, post)
        theirs = serve(simulator)
        settings["base_url"] = f"http://127.0.0.1:{theirs.server_port}"
        hook = f"http://127.0.0.1:{ours.server_port}/webhooks/shop-wa/s3cr3t"
        yield World(Connection("shop-wa", "onemsg", settings, secrets, hook), simulator, client, heard)
        with posting:
            over.set()
        close(theirs)
        close(ours)
