"""
A process's own spool file.  `append` returns once the record is on disk; requests that wait at the same moment are
written and fsynced together, by one of them.
"""

from __future__ import annotations

import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path

from web.spool import record
from web.spool.folder import ENDING, Folder, sync
from web.spool.record import Record


class Full(OSError):
    """The spool has taken as much as it may."""


@dataclass(slots=True)
class _Ticket:
    """One who waits."""

    record: Record
    done: bool = False
    problem: OSError | None = None


class Writer:
    """One a process; its file is made at the first record."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._turn = threading.Condition()
        self._waiting: list[_Ticket] = []
        self._writing = False
        self._file: Path | None = None
        self._descriptor = -1
        self._marker = b""
        self._pid = 0

    def append(self, one: Record) -> None:
        """
        Returns once it is on disk.

        raises: OSError when it is not (Full: there is no room), and then no part of it counts
        """
        ticket = _Ticket(one)
        with self._turn:
            self._waiting.append(ticket)
            while self._writing and not ticket.done:
                self._turn.wait()
            lot: list[_Ticket] = []
            if not ticket.done:
                lot, self._waiting, self._writing = self._waiting, [], True
        if lot:
            self._deal(lot)
        if ticket.problem is not None:
            raise ticket.problem

    def _deal(self, lot: list[_Ticket]) -> None:
        problem: OSError | None = OSError("it was not written")
        try:
            self._write([one.record for one in lot])
            problem = None
        except OSError as met:
            problem = met
        finally:
            with self._turn:
                for one in lot:
                    one.done, one.problem = True, problem
                self._writing = False
                self._turn.notify_all()

    def _write(self, lot: list[Record]) -> None:
        with self.folder.writing():
            self._open()
            content = b"".join(record.pack(one, self._marker) for one in lot)
            if self.folder.used() + len(content) > self.folder.limit:
                self.folder.refused.touch(mode=0o600)
                told = "the spool is full"
                raise Full(told)
            before = os.fstat(self._descriptor).st_size
            try:
                _write_all(self._descriptor, content)
                os.fsync(self._descriptor)
            except OSError:
                os.ftruncate(self._descriptor, before)  # half of a lot must not stand before a later record
                raise
            if not self.folder.mark.exists():
                self.folder.mark.touch(mode=0o600)
                sync(self.folder.path)
            self.folder.refused.unlink(missing_ok=True)

    def _open(self) -> None:
        """Its file; another one after a fork, and after the folder was emptied."""
        ours = self._pid == os.getpid()
        if ours and self._descriptor >= 0:
            if os.fstat(self._descriptor).st_nlink:
                return
            os.close(self._descriptor)
        self._descriptor = -1
        file = self.folder.path / f"{os.getpid()}-{secrets.token_hex(4)}{ENDING}"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            heading = record.heading()
            _write_all(descriptor, heading)
            sync(self.folder.path)
        except OSError:
            os.close(descriptor)
            file.unlink(missing_ok=True)
            raise
        self._file, self._descriptor, self._pid = file, descriptor, os.getpid()
        self._marker = record.marker_of(heading) or b""


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
