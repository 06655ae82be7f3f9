"""
Who runs here: a file that names a supervisor and its children, so that the next start can end what a dead one left.

The file is locked by the supervisor as long as it lives, however it ends.  A pid alone proves nothing, as pids are used
again: with each goes the moment its process started, and only a process of both is taken for ours.
"""

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


class AlreadyRunningError(Exception):
    """Another supervisor lives here; the message is one sentence for the person at the terminal."""


@dataclass(frozen=True)
class Leftover:
    """A process that a dead supervisor had started and that still runs, with its group."""

    name: str
    pid: int
    mark: str

    def lives(self) -> bool:
        return started(self.pid) == self.mark


@dataclass(frozen=True)
class PidFile:
    """The file, held by us."""

    descriptor: int

    @classmethod
    def take(cls, path: Path) -> Self:
        """
        Opens or makes the file and locks it for as long as this process lives, or until `release`.

        raises: AlreadyRunningError, with the pid of the one who holds it
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = _parse(_read(descriptor)).get("supervisor", {}).get("pid", "not written yet")
            os.close(descriptor)
            raise AlreadyRunningError(f"Ferry runs here already (pid {pid}); stop that one first.") from error
        return cls(descriptor)

    def write(self, children: Mapping[str, int]) -> None:
        """Records us and our children by name and pid."""
        everyone = {"supervisor": os.getpid(), **children}
        said = json.dumps({name: {"pid": pid, "started": started(pid)} for name, pid in everyone.items()}).encode()
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, said, 0)

    def leftovers(self) -> list[Leftover]:
        """The children of the last supervisor that still run."""
        known = _parse(_read(self.descriptor))
        found = [Leftover(name, who["pid"], who["started"]) for name, who in known.items() if name != "supervisor"]
        return [leftover for leftover in found if leftover.lives()]

    def release(self) -> None:
        """Nobody runs here any more."""
        os.ftruncate(self.descriptor, 0)
        os.close(self.descriptor)


def end(leftovers: list[Leftover], grace: float) -> None:
    """TERM to each; what still runs after `grace` seconds, is killed with its whole group."""
    for leftover in leftovers:
        signal_process(leftover.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(leftover.lives() for leftover in leftovers) and time.monotonic() < deadline:
        time.sleep(0.05)
    for leftover in leftovers:
        if leftover.lives():
            signal_group(leftover.pid, signal.SIGKILL)


def signal_process(pid: int, number: signal.Signals) -> None:
    """Sends a signal to one process, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def signal_group(pid: int, number: signal.Signals) -> None:
    """Sends a signal to what is left of the process group that `pid` leads or led."""
    with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM for a group of which only a zombie is left
        os.killpg(pid, number)


def started(pid: int) -> str | None:
    """When the process `pid` started, as its system puts it: equal for the same process only; None if it is gone."""
    if Path("/proc/self/stat").exists():
        try:
            # proc_pid_stat(5): the name in brackets may hold anything; then state is field 3 and starttime field 22
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in "ZX" else f"{boot} {fields[19]}"
    said = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, since = said.stdout.strip().partition(" ")
    return None if not since or state.startswith("Z") else since.strip()


def _read(descriptor: int) -> bytes:
    return os.pread(descriptor, 65536, 0)


def _parse(said: bytes) -> dict[str, dict[str, Any]]:
    try:
        known = json.loads(said)
    except ValueError:  # empty, or its writer was killed in the middle
        return {}
    return known if isinstance(known, dict) else {}
