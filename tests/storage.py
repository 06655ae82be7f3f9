"""A storage on loopback: serves what it was told at each path, piece by piece, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import ssl
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PICTURE = b"\xff\xd8\xff\xe0" + b"picture " * 400


@dataclass
class Shelf:
    """What stands at one path; `pieces` go out one after the other, without a length unless `headers` names one."""

    pieces: Callable[[], Iterable[bytes]] = lambda: [PICTURE]
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "image/jpeg"})


class Storage:
    """`url`, the `shelves` by path, and what was `asked`: (path with query, headers)."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.shelves: dict[str, Shelf] = {}
        self.asked: list[tuple[str, Message]] = []
        self.released = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._server.server_port}"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def put(self, path: str, *pieces: bytes, **words: Any) -> str:
        """Puts a file on its shelf and gives its URL."""
        if pieces:
            words["pieces"] = lambda: pieces
        self.shelves[path] = Shelf(**words)
        return self.url + path

    def lead(self, path: str, target: str, status: int = 302) -> str:
        """A path that redirects."""
        return self.put(path, b"elsewhere", status=status, headers={"Location": target})

    def stall(self, path: str, *pieces: bytes) -> str:
        """A path that gives these pieces and then says nothing until the test is over."""

        def slow() -> Iterator[bytes]:
            yield from pieces
            self.released.wait(60)

        return self.put(path, pieces=slow, headers={"Content-Type": "image/jpeg", "Content-Length": "99999"})

    @contextlib.contextmanager
    def open(self) -> Iterator[Storage]:
        """Serves within the block."""
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield self
        finally:
            self.released.set()
            self._server.shutdown()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away, or dislikes our certificate, is no news."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _handler(storage: Storage) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            storage.asked.append((self.path, self.headers))
            shelf = storage.shelves.get(self.path.partition("?")[0], Shelf(status=404))
            self.send_response(shelf.status)
            for name, value in shelf.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                for piece in shelf.pieces():
                    self.wfile.write(piece)
                    self.wfile.flush()

        def log_message(self, format: str, *words: Any) -> None:
            pass

    return Handler
