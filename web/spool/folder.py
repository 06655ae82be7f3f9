"""
The spool of a machine: a folder with a file for each process that has spooled, readable by its owner alone.

    <pid>-<random>.spool          records, appended
    <pid>-<random>.spool.done     how many of its bytes have been handed over
    <pid>-<random>.bad            records that were spoilt on the disk, for a person
    spooling                      stands here while anything is to be handed over
    full                          stands here since a record found no room, until one finds some
    lock                          held shared while a record is written, alone while the folder is emptied
    drainer                       held by the process that hands over
    connections                   who is let in while Redis is away, and its .draft and .lock: see remembered.py
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ENDING = ".spool"
DONE = ".done"
BAD = ".bad"
FEW = 64 * 1024  # bytes: where a record found no room and no more than these are left, it is full, whatever still fits


@dataclass(frozen=True, slots=True)
class Folder:
    """See the module.  `limit`: bytes of all files together, beyond which nothing is taken."""

    path: Path
    limit: int

    def make(self) -> None:
        """The folder, for its owner alone.  raises: OSError"""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.chmod(0o700)

    @property
    def mark(self) -> Path:
        """Stands while anything is to be handed over."""
        return self.path / "spooling"

    @property
    def refused(self) -> Path:
        """Stands here since a record found no room, for all processes of the machine to see."""
        return self.path / "full"

    def full(self, used: int) -> bool:
        """Whether it takes no more: the last bytes are seldom used up to the last one, so who tried says so."""
        room = self.limit - used
        return room <= 0 or (room < FEW and self.refused.exists())

    def spooling(self) -> bool:
        """Whether every process of this machine must spool; one look at the disk's cache."""
        return self.mark.exists()

    def files(self) -> list[Path]:
        """Those with records, by name."""
        return sorted(self.path.glob(f"*{ENDING}"))

    def used(self) -> int:
        """Bytes that are not handed over yet, and those that were set aside."""
        total = 0
        for one in (*self.files(), *self.path.glob(f"*{BAD}")):
            with contextlib.suppress(FileNotFoundError):
                total += one.stat().st_size - (done_of(one) if one.suffix == ENDING else 0)
        return total

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """While a record is written: the folder is not emptied meanwhile.  raises: OSError"""
        with _locked(self.path / "lock", fcntl.LOCK_SH):
            yield

    @contextlib.contextmanager
    def emptying(self) -> Iterator[None]:
        """Nobody writes meanwhile.  raises: OSError"""
        with _locked(self.path / "lock", fcntl.LOCK_EX):
            yield

    @contextlib.contextmanager
    def draining(self) -> Iterator[bool]:
        """Whether this process is the one that hands over; it is until the block ends, or it dies.  raises: OSError"""
        with _chosen(self.path / "drainer") as found:
            yield found

    @contextlib.contextmanager
    def remembering(self) -> Iterator[bool]:
        """The same for the one that writes down the connections.  raises: OSError"""
        with _chosen(self.path / "connections.lock") as found:
            yield found


@contextlib.contextmanager
def _chosen(path: Path) -> Iterator[bool]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


def done_of(file: Path) -> int:
    """How many bytes of a file have been handed over."""
    try:
        return int(file.with_name(file.name + DONE).read_text())
    except (FileNotFoundError, ValueError):
        return 0


def note_done(file: Path, place: int) -> None:
    """Written whole; one that is lost means that records are handed over again, which is silent."""
    note = file.with_name(file.name + DONE)
    draft = note.with_suffix(f"{DONE}.draft")
    draft.write_text(str(place))
    draft.replace(note)


def sync(path: Path) -> None:
    """The names in a folder, on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
