"""The stand-in behind a real socket on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from connectors.client import new_client
from connectors.instagram.simulator import InstagramSimulator
from tests.connectors.instagram.accounts import Standin, standin_words

App = Callable[[httpx.Request], httpx.Response]


@contextmanager
def served(app: App) -> Iterator[str]:
    """`app` at http://127.0.0.1:port; a transport error it raises closes the connection."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            host = self.headers["host"]
            request = httpx.Request(self.command, f"http://{host}{self.path}", headers=dict(self.headers), content=body)
            try:
                response = app(request)
            except httpx.TransportError:
                self.close_connection = True
                return
            self.send_response(response.status_code)
            for name, value in response.headers.items():
                if name not in {"content-length", "transfer-encoding"}:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        do_GET = do_POST = do_DELETE = do_PUT = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[[App], str]]:
    """Serves an app until the test ends; gives its address."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(served(app))


@pytest.fixture
def standin(serve: Callable[[App], str]) -> Iterator[Callable[[str], Standin]]:
    """A stand-in of a login flavour behind a socket, with a connection to it and a client."""
    with ExitStack() as stack:

        def make(login: str) -> Standin:
            settings, secrets = standin_words(login, "http://127.0.0.1:1")
            simulator = InstagramSimulator(settings, secrets)
            client = stack.enter_context(new_client())
            return Standin(simulator, serve(simulator), client)

        yield make
