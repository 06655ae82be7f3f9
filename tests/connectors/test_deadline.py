"""A process that was frozen past its deadline and woken does not go on writing: a later message may be out."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Generator, Iterator
from typing import Any

import httpcore
import httpx
import pytest

from connectors import client as http
from connectors.errors import ConnectorError, OutcomeUnknown, Unreachable

SOON = 0.2  # seconds


class Provider:
    """Keeps what it hears, and answers nothing."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.closed = threading.Event()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}/send"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        caller, _ = self.door.accept()
        with caller:
            while piece := caller.recv(65536):
                self.heard += piece
        self.closed.set()


@pytest.fixture
def provider() -> Iterator[Provider]:
    """One that takes one call."""
    made = Provider()
    yield made
    made.door.close()


def until(deadline: float) -> None:
    """As if nobody had let us run."""
    while time.monotonic() <= deadline:
        time.sleep(0.01)


class FrozenBefore(httpx.Auth):
    """Signing takes until past the deadline."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The last thing of ours before httpx goes on alone."""
        until(self.deadline)
        yield request


class FrozenBetween(httpcore.SyncBackend):
    """The first write, which is the headers, returns past the deadline."""

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self.deadline = deadline

    def connect_tcp(self, *words: Any, **more: Any) -> httpcore.NetworkStream:
        """A stream whose writes are slow to return."""
        stream = super().connect_tcp(*words, **more)
        write = stream.write

        def slowly(buffer: bytes, timeout: float | None = None) -> None:
            write(buffer, timeout)
            until(self.deadline)

        stream.write = slowly  # type: ignore[method-assign]
        return stream


def call(url: str, deadline: float, *, auth: httpx.Auth | None = None, backend: Any = None) -> ConnectorError:
    """What came of one POST."""
    transport = httpx.HTTPTransport()
    if backend is not None:
        transport._pool._network_backend = backend
    ready = http.Ready(httpx.Request("POST", url, json={"text": "hello"}), auth)
    with http.new_client(transport) as client, pytest.raises(ConnectorError) as problem:
        http.exchange(client, ready, deadline)
    return problem.value


def test_nothing_is_begun_past_the_deadline(provider: Provider) -> None:
    """Frozen after the last check of ours and before the first byte: it is sure that nothing left."""
    deadline = time.monotonic() + SOON

    assert isinstance(call(provider.url, deadline, auth=FrozenBefore(deadline)), Unreachable)
    assert provider.closed.wait(10)
    assert b"" == provider.heard


def test_nothing_is_completed_past_the_deadline(provider: Provider) -> None:
    """Frozen with the headers out: the body stays here, and nobody claims to know more than that."""
    deadline = time.monotonic() + SOON

    assert isinstance(call(provider.url, deadline, backend=FrozenBetween(deadline)), OutcomeUnknown)
    assert provider.closed.wait(10)
    assert provider.heard.endswith(b"\r\n\r\n")
    assert b"hello" not in provider.heard
