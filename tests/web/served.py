"""A real `ferry web` on a free port, and raw conversations with it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.eventually import eventually
from worker.ports import free_port
from worker.settings import environment

SECONDS = 20.0  # for an answer that never comes


class Served:
    """Its address, and the log it has written."""

    def __init__(self, port: int, log: Path, process: subprocess.Popen[bytes], processes: int) -> None:
        self.port = port
        self.process = process
        self.processes = processes
        self.url = f"http://127.0.0.1:{port}"
        self.log = log

    @contextlib.contextmanager
    def connected(self) -> Iterator[socket.socket]:
        """A bare connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as found:
            yield found

    def kill(self) -> None:
        """kill -9 of all its processes at once."""
        for pid in (self.process.pid, *self.others()):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def others(self) -> list[int]:
        """The processes that answer."""
        first = self.process.pid
        return [int(pid) for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split()]

    def up(self) -> bool:
        """Whether all its processes have made their application, which begin a thread then, and it answers."""
        try:
            threads = [len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in self.others()]
            if len(threads) < self.processes or min(threads) < 2:
                return False
            return httpx.get(f"{self.url}/healthz", trust_env=False).status_code == 200
        except (OSError, httpx.TransportError):  # a process ended, or nobody listens yet
            return False


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """(status, body) of the next answer on a connection; (0, b"") when it was closed instead."""
    file = connection.makefile("rb")
    line = file.readline()
    if not line:
        return 0, b""
    size = 0
    while (header := file.readline()) not in {b"\r\n", b""}:
        name, _, value = header.partition(b":")
        if name.lower() == b"content-length":
            size = int(value)
    status = int(line.split()[1])
    return status, b"" if status < 200 else file.read(size)


@contextlib.contextmanager
def serve(directory: Path, **variables: str) -> Iterator[Served]:
    """`ferry web` with these environment variables; ends with the block."""
    port = free_port()
    log = directory / "web.log"
    given = {"PORT": str(port), "FERRY_WEB_WORKERS": "1", "FERRY_WEB_THREADS": "4", **variables}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "worker.cli", "web"], env=environment(given), stdout=out, stderr=out
        )
        served = Served(port, log, process, int(given["FERRY_WEB_WORKERS"]))
        try:
            eventually(lambda: process.poll() is not None or served.up())
            assert process.poll() is None, log.read_text()
            yield served
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(SECONDS)
            finally:
                process.kill()
                process.wait()
