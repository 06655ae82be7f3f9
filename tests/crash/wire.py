"""
A line between two processes that can be hurt: a TCP proxy in a thread of its own.

`cut` ends every connection and refuses new ones, as a machine that is gone; `silence` lets nothing pass and tells
nobody, as a network that is gone; `slow` delays every answer; `bite` ends the next answers after so many bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

HOST = "127.0.0.1"


class Wire:
    """Listens on `port` and carries on to `target`, another port of this machine; `close` ends it."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.bitten = 0  # answers that were ended early
        self._delay = 0.0
        self._silent = False
        self._bites: list[int] = []
        self._links: set[_Link] = set()
        self._waiting: list[_Link] = []
        self._server: asyncio.Server | None = None
        # Bound and never listening, it keeps the port ours while nobody listens: whoever calls is refused.
        self._place = _bound(0)
        self.port: int = self._place.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire", daemon=True)
        self._thread.start()
        self._do(self._listen)

    def close(self) -> None:
        """Nothing passes any more, for good."""
        self._do(self._hang_up)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._place.close()

    # -- hurting it ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def cut(self) -> Iterator[None]:
        """Every connection ends, and none is taken within this context."""
        self._do(self._hang_up)
        try:
            yield
        finally:
            self._do(self._listen)

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """Nothing passes within this context; what was said meanwhile arrives after it."""
        self._do(self._hush)
        try:
            yield
        finally:
            self._do(self._speak)

    @contextlib.contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        """Every answer comes so much later within this context."""
        self._delay = seconds
        try:
            yield
        finally:
            self._delay = 0.0

    def bite(self, after: int, times: int = 1) -> None:
        """The next answers end after so many bytes."""
        self._bites += [after] * times

    def aim(self, target: int) -> None:
        """Whoever calls from now on gets another; connections there are end."""
        self.target = target
        self._do(self._end_links)

    # -- in the loop's thread ------------------------------------------------------------------------------------------

    def _do(self, what: Callable[[], Any]) -> None:
        async def run() -> None:
            told = what()
            if asyncio.iscoroutine(told):
                await told

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10.0)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await self._loop.create_server(lambda: _Link(self), sock=_bound(self.port), backlog=512)

    def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._end_links()

    def _end_links(self) -> None:
        for link in list(self._links):
            link.abort()

    def _hush(self) -> None:
        self._silent = True
        for link in self._links:
            link.pause()

    def _speak(self) -> None:
        self._silent = False
        for link in self._links:
            link.resume()
        waiting, self._waiting = self._waiting, []
        for link in waiting:
            link.go_on()

    def _bite(self) -> int | None:
        return self._bites.pop() if self._bites else None


class _Link(asyncio.Protocol):
    """One connection: this is the caller's end, `far` the other."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.near: asyncio.Transport | None = None
        self.far: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._at = 0.0

    def connection_made(self, transport: Any) -> None:
        self.near = transport
        self.wire._links.add(self)
        if self.wire._silent:
            transport.pause_reading()
            self.wire._waiting.append(self)
        else:
            self.go_on()

    def go_on(self) -> None:
        """Calls on."""
        if self.near is not None and not self.near.is_closing():
            task = asyncio.ensure_future(self._call())
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _call(self) -> None:
        try:
            far, _ = await self.wire._loop.create_connection(lambda: _Far(self), HOST, self.wire.target)
        except OSError:
            self.abort()
            return
        self.far = far
        for piece in self._early:
            far.write(piece)
        self._early.clear()
        if self.wire._silent:
            self.pause()
        elif self.near is not None and not self.near.is_closing():
            self.near.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self.far is None:
            self._early.append(data)
        else:
            self.far.write(data)

    def answered(self, data: bytes) -> None:
        """A piece of an answer."""
        if self.near is None or self.near.is_closing():
            return
        bite = self.wire._bite()
        if bite is not None:
            self.wire.bitten += 1
            self.near.write(data[:bite])
            self.near.close()
            return
        now = self.wire._loop.time()
        self._at = max(self._at, now + self.wire._delay)
        if self._at <= now:
            self.near.write(data)
        else:
            self.wire._loop.call_at(self._at, self._late, data)

    def _late(self, data: bytes) -> None:
        if self.near is not None and not self.near.is_closing():
            self.near.write(data)

    def pause(self) -> None:
        for one in (self.near, self.far):
            if one is not None and not one.is_closing():
                one.pause_reading()

    def resume(self) -> None:
        for one in (self.near, self.far):
            if one is not None and not one.is_closing():
                one.resume_reading()

    def abort(self) -> None:
        """Both ends learn it at once."""
        for one in (self.near, self.far):
            if one is not None:
                one.abort()
        self.wire._links.discard(self)

    def connection_lost(self, _: Exception | None) -> None:
        self.wire._links.discard(self)
        if self.far is not None:
            self.far.close()


class _Far(asyncio.Protocol):
    """The end towards the target."""

    def __init__(self, link: _Link) -> None:
        self.link = link

    def data_received(self, data: bytes) -> None:
        self.link.answered(data)

    def connection_lost(self, _: Exception | None) -> None:
        if self.link.near is not None:
            self.link.near.close()


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((HOST, port))
    return made
