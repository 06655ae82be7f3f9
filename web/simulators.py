"""
The providers' stand-ins over HTTP/1.1 on loopback, for `ferry dev`: one small adapter around each simulator's callable.

    python -m web.simulators --ports onemsg=9101,instagram=9102

A simulator that drops its connection (httpx.TransportError) has it dropped here; its callbacks are posted by one shared
client.  SIGTERM ends all of it at once.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from connectors.registry import PROVIDERS, find

HOST = "127.0.0.1"
MAX_BODY = 64 * 1024 * 1024  # bytes
IDLE_SECONDS = 60.0  # a connection that says nothing for so long is closed
CALLBACK_SECONDS = 10.0
OURS = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding"})

Answering = Callable[[httpx.Request], httpx.Response]


class BadBody(ValueError):
    """A request body that is not framed as HTTP/1.1 says."""


class Server(ThreadingHTTPServer):
    """One simulator's port; a thread for each connection, none of which outlives the process."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, port: int, answering: Answering) -> None:
        self.answering = answering
        super().__init__((HOST, port), Handler)

    def server_bind(self) -> None:
        """As the base does, without asking the resolver for our name."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = HOST, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no news; anything else is a fault of a simulator and is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection: requests one after the other, each answer written at once."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 256 * 1024  # an answer leaves in one write, when it is flushed
    timeout = IDLE_SECONDS

    def __getattr__(self, name: str) -> Any:
        """Every method is answered, as the simulator decides what it knows: do_GET, do_PATCH, …"""
        if name.startswith("do_"):
            return self.relay
        raise AttributeError(name)

    def relay(self) -> None:
        """One request, to the simulator and back."""
        try:
            content = self._body()
        except BadBody as problem:
            self.close_connection = True
            self.send_error(HTTPStatus.BAD_REQUEST, str(problem))
            return
        host = self.headers.get("host") or f"{HOST}:{self.server.server_port}"
        request = httpx.Request(
            self.command, f"http://{host}{self.path}", headers=list(self.headers.items()), content=content
        )
        try:
            response = self.server.answering(request)
            payload = response.read()
        except httpx.TransportError:
            self._drop()
            return
        self._tell(response, payload)

    def _tell(self, response: httpx.Response, payload: bytes) -> None:
        self.send_response_only(response.status_code, response.reason_phrase or None)
        for name, value in response.headers.multi_items():
            if name not in OURS:
                self.send_header(name, value)
        if response.status_code not in {204, 304}:
            self.send_header("Content-Length", str(len(payload)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and response.status_code not in {204, 304}:
            self.wfile.write(payload)

    def _drop(self) -> None:
        """The connection ends without a word, as when a provider's machine dies."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return self._chunks()
        announced = self.headers.get("content-length", "0")
        if not (announced.isascii() and announced.isdigit()) or int(announced) > MAX_BODY:
            told = "no such length"
            raise BadBody(told)
        return self._exactly(int(announced))

    def _chunks(self) -> bytes:
        pieces: list[bytes] = []
        total = 0
        while True:
            try:
                size = int(self.rfile.readline(1024).split(b";")[0], 16)
            except ValueError as problem:
                told = "a chunk without its size"
                raise BadBody(told) from problem
            total += size
            if size < 0 or total > MAX_BODY:
                told = "no such chunk"
                raise BadBody(told)
            if size == 0:
                while self.rfile.readline(8192) not in (b"\r\n", b"\n", b""):
                    pass
                return b"".join(pieces)
            pieces.append(self._exactly(size))
            self.rfile.readline(16)

    def _exactly(self, size: int) -> bytes:
        found = self.rfile.read(size) if size else b""
        if len(found) < size:
            told = "the body ended early"
            raise BadBody(told)
        return found

    def log_message(self, format: str, *words: Any) -> None:
        """Says nothing: a path may hold a token, and what was asked is in /_sim/requests."""


def serve(ports: Mapping[str, int]) -> dict[str, Server]:
    """
    Serves the stand-ins of these providers, each in a thread of its own; port 0 takes a free one.

    raises: OSError for a port that is taken, connectors.errors.InvalidCall for a provider there is none of
    """
    client = httpx.Client(trust_env=False, timeout=CALLBACK_SECONDS)
    started: dict[str, Server] = {}
    for name, port in ports.items():
        provider = find(name)
        relay = Relay()
        server = Server(port, relay)
        settings, secrets = provider.simulated(f"http://{HOST}:{server.server_port}")
        relay.answering = provider.simulator(settings=settings, secrets=secrets, post=client.send)
        threading.Thread(target=server.serve_forever, name=f"{name}-simulator", daemon=True).start()
        started[name] = server
    return started


class Relay:
    """Stands for the simulator while its port, which it has to know, is being opened."""

    answering: Answering

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """The simulator's answer."""
        return self.answering(request)


def ports_of(words: str) -> dict[str, int]:
    """ "onemsg=9101,infobip=9102" as a mapping; a provider without "=" takes a free port."""
    found: dict[str, int] = {}
    for word in words.split(","):
        name, _, port = word.strip().partition("=")
        if name:
            found[name] = int(port or 0)
    return found


def main() -> None:
    """Serves until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m web.simulators", description="The providers' stand-ins over HTTP.")
    parser.add_argument(
        "--ports", type=ports_of, default=dict.fromkeys(PROVIDERS, 0), metavar="PROVIDER=PORT,…", help="default: all"
    )
    chosen = parser.parse_args()
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    try:
        started = serve(chosen.ports)
    except OSError as problem:
        parser.exit(1, f"the simulators cannot listen: {problem.strerror or problem}\n")
    for name, server in started.items():
        sys.stdout.write(f"{name} http://{HOST}:{server.server_port}\n")
    sys.stdout.flush()
    over.wait()


if __name__ == "__main__":
    main()
