"""The page on this machine that a browser comes back to after a login: it hears one answer, and closes."""

from __future__ import annotations

import html
import queue
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

HOST = "127.0.0.1"
SECONDS = 10.0  # a browser's connection that says nothing is let go
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",  # the address holds the code
    "Connection": "close",
}
PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Ferry</title>"
    "<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:32em;margin:20vh auto;padding:0 1em}}</style>"
    "<h1>{title}</h1><p>{words}</p>"
)


class Callback:
    """
    Listens while the block lasts.  `judge` says of the URL somebody came back to what is wrong with it, or "".

    raises: OSError when the port is taken
    """

    def __init__(self, port: int, path: str, judge: Callable[[str], str]) -> None:
        self.path = path or "/"
        self.judge = judge
        self.came: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._first = threading.Lock()
        self._server = _Server(port, self)
        self.port = self._server.server_port

    def __enter__(self) -> Self:
        serving = {"poll_interval": 0.05}
        threading.Thread(target=self._server.serve_forever, kwargs=serving, name="ferry-callback", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> str | None:
        """The URL the person came back to; None when nobody came in time."""
        try:
            return self.came.get(timeout=seconds)
        except queue.Empty:
            return None

    def hear(self, handler: BaseHTTPRequestHandler) -> None:
        """One request: the first at our path is the answer, whatever it says; there is no second."""
        if urlsplit(handler.path).path != self.path:  # a browser also asks for an icon
            _tell(handler, 404, "Not here", "This page is only for the end of a login.")
        elif not self._first.acquire(blocking=False):
            _tell(handler, 410, "Heard already", "Begin again in the terminal.")
        else:
            came = f"http://localhost:{self.port}{handler.path}"
            wrong = self.judge(came)
            if wrong:
                _tell(handler, 400, "Not logged in", f"{wrong}.  Begin again in the terminal.")
            else:
                _tell(handler, 200, "Thank you", "Ferry goes on in the terminal; this page may be closed.")
            self.came.put(came)


class _Server(ThreadingHTTPServer):
    """A thread a connection: browsers open some ahead and say nothing on them."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, callback: Callback) -> None:
        self.callback = callback
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = SECONDS

    def do_GET(self) -> None:
        self.server.callback.hear(self)

    def log_message(self, format: str, *words: Any) -> None:
        """Says nothing: the address holds a code."""


def _tell(handler: BaseHTTPRequestHandler, status: int, title: str, words: str) -> None:
    body = PAGE.format(title=html.escape(title), words=html.escape(words)).encode()
    handler.send_response_only(status)
    for name, value in HEADERS.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()
