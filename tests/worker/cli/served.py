"""Ferry and a stand-in, each behind a real socket on loopback, and a person at a real terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx
from werkzeug.serving import make_server

from connectors.client import new_client
from tests.worker.pipeline import Pipeline
from web.app import create_app
from web.simulators import Server
from worker.core import Clients
from worker.settings import environment

KEY = "a-key-of-the-tests"
SECONDS = 60.0  # for what never comes
PROGRAM = (
    "import fcntl, signal, sys, termios\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored in a background job of a shell
    "if sys.stdin.isatty(): fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"  # getpass asks the terminal we belong to
    "from worker.cli import main\n"
    "main(prog_name='ferry')\n"
)


@contextlib.contextmanager
def listening(server: Any) -> Iterator[str]:
    """Its address, while the block lasts."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def ferry_served(pipeline: Pipeline) -> Iterator[str]:
    """Its API; it calls providers over real HTTP."""
    app = create_app(pipeline.core.settings, pipeline.core)
    with contextlib.ExitStack() as clients:
        pipeline.core.clients = Clients(lambda: clients.enter_context(new_client()))
        yield from _listening(app)


def _listening(app: Any) -> Iterator[str]:
    with listening(make_server("127.0.0.1", 0, app, threaded=True)) as url:
        yield url


@contextlib.contextmanager
def standin_served(simulator: Callable[[httpx.Request], httpx.Response]) -> Iterator[str]:
    """A provider's stand-in."""
    with listening(Server(0, simulator)) as url:
        yield url


class Terminal:
    """A `ferry` command at a terminal of its own, or with nobody there; `output` is all it has printed."""

    def __init__(self, words: list[str], variables: Mapping[str, str], *, person: bool) -> None:
        self.output = ""
        self._unread = ""
        self._fd, other = pty.openpty() if person else os.pipe()
        given = environment({"HOME": "/nonexistent", "TERM": "dumb", "COLUMNS": "200", **variables})
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words],
            env=given,
            stdin=other if person else subprocess.DEVNULL,
            stdout=other,
            stderr=other,
            start_new_session=True,
        )
        os.close(other)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._fd)

    def until(self, words: str) -> str:
        """Reads on until it has printed these; returns what came, up to them and with them."""
        end = time.monotonic() + SECONDS
        while words not in self._unread:
            assert self._more(end), f"{words!r} never came:\n{self.output}"
        before, _, self._unread = self._unread.partition(words)
        return before + words

    def line(self, word: str) -> None:
        """Types a line."""
        os.write(self._fd, f"{word}\n".encode())

    def ended(self) -> int:
        """Its exit code."""
        end = time.monotonic() + SECONDS
        while self._more(end):
            pass
        return self.process.wait(SECONDS)

    def _more(self, end: float) -> bool:
        ready, _, _ = select.select([self._fd], [], [], max(0.0, end - time.monotonic()))
        try:
            found = os.read(self._fd, 65536) if ready else b""
        except OSError:  # Linux's word for a terminal that nobody holds any more
            found = b""
        told = found.decode("utf-8", "replace").replace("\r\n", "\n")
        self.output += told
        self._unread += told
        return bool(found)
