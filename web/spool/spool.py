"""The spool as the receiver and health see it: whether to spool, taking a request, and how it stands."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from connectors.guards import HookRequest
from web.spool import handover
from web.spool.counted import Counted
from web.spool.folder import Folder
from web.spool.record import Record
from web.spool.remembered import Remembered
from web.spool.writer import Writer
from worker.core import Core
from worker.settings import Settings

log = logging.getLogger("ferry.spool")

FOLDER = "spool"  # in FERRY_STATE_DIR


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How the spool stands.

    able:     whether it takes a request now
    why:      why not, a sentence; "" where it does
    waiting:  requests to be handed over, and `bytes` of them
    """

    able: bool
    why: str
    waiting: int = 0
    bytes: int = 0


class Spool:
    """
    One a process; over the same folder for all of a machine.

    seconds: how old the connections on disk may be, to be believed
    """

    def __init__(self, folder: Folder, seconds: float = 0.0) -> None:
        self.folder = folder
        self.remembered = Remembered(folder, seconds)
        self._writer = Writer(folder)
        self._counted = Counted(folder)

    def spooling(self) -> bool:
        """Whether this machine's processes spool at the moment."""
        return self.folder.spooling()

    def take(self, source: str, request: HookRequest, keep: frozenset[str]) -> None:
        """
        The request is on disk when this returns.

        raises: OSError when it is not
        """
        headers = {name: value for name, value in request.headers.items() if name in keep}
        self._writer.append(
            Record(time.time_ns(), source, request.method, request.hook, request.query, headers, request.body)
        )

    def hand_over(self, core: Core) -> int:
        """See handover.py."""
        return handover.hand_over(core, self.folder)

    def standing(self) -> Standing:
        """As it is now."""
        try:
            self.folder.make()
            with self.folder.writing():
                used = self.folder.used()
            waiting = self._counted.waiting() if self.folder.spooling() else 0
        except OSError as problem:
            return Standing(able=False, why=f"the spool's folder cannot be used: {problem.strerror}")
        if self.folder.full(used):
            told = f"the spool has taken its {self.folder.limit} bytes (FERRY_SPOOL_BYTES)"
            return Standing(able=False, why=told, waiting=waiting, bytes=used)
        return Standing(able=True, why="", waiting=waiting, bytes=used)


def open_spool(settings: Settings) -> Spool | None:
    """The spool the settings name, its folder made; None where there is none, or it cannot be made."""
    if not settings.state_dir or settings.spool_bytes <= 0:
        return None
    folder = Folder(Path(settings.state_dir) / FOLDER, settings.spool_bytes)
    try:
        folder.make()
    except OSError as problem:
        log.error("no spool: its folder cannot be made", extra={"error": type(problem).__name__})  # noqa: TRY400
    return Spool(folder, settings.rotation_grace_hours * 3600)
