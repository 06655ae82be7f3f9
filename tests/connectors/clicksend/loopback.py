"""The stand-in and a receiver of its pushes, over real HTTP on this machine."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from connectors.client import new_client
from connectors.guards import HookRequest

Answering = Callable[[httpx.Request], httpx.Response]


@contextmanager
def serving(answer: Answering) -> Iterator[str]:
    """The origin at which `answer` is served; a transport error drops the connection."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # head and body leave together: two small writes would wait 40 ms for each other

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            request = httpx.Request(self.command, f"http://sim{self.path}", headers=dict(self.headers), content=body)
            try:
                response = answer(request)
            except httpx.TransportError:
                self.close_connection = True
                return
            self.send_response(response.status_code)
            for name, value in response.headers.items():
                if name != "content-length":
                    self.send_header(name, value)
            self.send_header("content-length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        do_GET = do_POST = do_PUT = do_DELETE = handle_one  # noqa: N815  (http.server's names)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that hangs up early is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def carry(request: httpx.Request) -> httpx.Response:
    """Carries a push out, over a connection of its own."""
    with new_client() as client:
        return client.send(request)


class Receiver:
    """What a webhook receiver does: says 200 and keeps the request."""

    def __init__(self) -> None:
        self.heard: queue.Queue[HookRequest] = queue.Queue()
        self.refuse = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Keeps it, unless it was told to refuse some."""
        if self.refuse:
            self.refuse -= 1
            return httpx.Response(503)
        hook = request.url.path.rpartition("/")[2]
        query = request.url.query.decode()
        headers = {name: request.headers[name] for name in ("content-type",) if name in request.headers}
        self.heard.put(HookRequest(request.method, hook, query, headers, request.read()))
        return httpx.Response(200, text="ok")

    def next(self) -> HookRequest:
        """The next push; fails loudly when none comes."""
        return self.heard.get(timeout=20)
