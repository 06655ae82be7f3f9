"""
What was spooled goes to the journal, in its order, once Redis takes it.

One process of a machine does it at a time.  Whoever dies in between leaves the rest where the next one finds it; what
had been handed over already may be handed over again, and becomes the same events.
"""

from __future__ import annotations

import contextlib
import heapq
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from connectors.guards import HookRequest
from web.spool import record
from web.spool.folder import BAD, DONE, ENDING, Folder, done_of, note_done
from web.spool.record import Record
from worker.core import Core
from worker.store import journal

log = logging.getLogger("ferry.spool")

LOT = 64  # requests of one round trip
WINDOW = 1 << 20  # bytes of a file read at once: a spool may be larger than the memory of the process that drains it
Row = tuple[int, int, int, Record]  # its time, the place of its file in the list, where it ends, itself


def hand_over(core: Core, folder: Folder) -> int:
    """
    Hands over all there is, if this process is the one to do it; returns how many requests it did.

    raises: what the client raises while Redis is away, and OSError
    """
    if not folder.spooling():
        return 0
    with folder.draining() as chosen:
        if not chosen:
            return 0
        count = 0
        step = LOT + 1
        while step > LOT:  # under load each pass finds something that came during the one before: few are few enough
            step = _pass(core, _cut(folder))
            count += step
        with folder.emptying():  # what came meanwhile, while nobody writes; then the folder is as if new
            count += _pass(core, sizes(folder))
            for file in folder.files():
                _forget(file)
            folder.refused.unlink(missing_ok=True)
            folder.mark.unlink(missing_ok=True)
    log.warning("spooled requests handed over", extra={"count": count})
    return count


def _cut(folder: Folder) -> dict[Path, int]:
    """
    How large each file is at one moment, at which nobody writes.

    Read one after the other as they grow, a later file would show a request whose forerunner came to an earlier one
    after that was read; and the later of the two would be handed over first.
    """
    with folder.emptying():
        return sizes(folder)


def sizes(folder: Folder) -> dict[Path, int]:
    """How large each file is."""
    found: dict[Path, int] = {}
    for file in folder.files():
        with contextlib.suppress(FileNotFoundError):
            found[file] = file.stat().st_size
    return found


def _pass(core: Core, cut: Mapping[Path, int]) -> int:
    """Everything that is whole within these sizes, merged by time over the files."""
    files = list(cut)
    merged = heapq.merge(
        *(rows(file, size, done_of(file), index) for index, (file, size) in enumerate(cut.items())),
        key=lambda row: row[:3],
    )
    count = 0
    lot: list[Row] = []
    for row in merged:
        lot.append(row)
        if len(lot) == LOT:
            count += _send(core, files, lot)
            lot = []
    return count + _send(core, files, lot)


def rows(file: Path, size: int, begin: int, index: int = 0, *, keep: bool = True) -> Iterator[Row]:
    """A file's whole records from `begin`, a place between two, as far as `size`; `keep` sets aside what is spoilt."""
    with contextlib.suppress(FileNotFoundError), file.open("rb") as source:
        marker = record.marker_of(source.read(record.BEGIN))
        if marker is None:
            return
        base = max(record.BEGIN, begin)
        source.seek(base)
        content = b""  # what stands from `base` on, as far as it was read
        while more := source.read(max(0, min(WINDOW, size - base - len(content)))):
            content, place = content + more, 0
            while (found := record.find(content, place, marker)) is not None:
                if found.record is not None:
                    yield found.record.at, index, base + found.end, found.record
                elif keep:
                    _set_aside(file, content[place : found.end])
                place = found.end
            content, base = content[place:], base + place


def _send(core: Core, files: list[Path], lot: list[Row]) -> int:
    asked = [
        (one.source, HookRequest(one.method, one.hook, one.query, dict(one.headers), one.body), frozenset(one.headers))
        for _, _, _, one in lot
    ]
    core.ring_all(journal.ingest_all(core.store, asked))
    for index, end in {index: end for _, index, end, _ in lot}.items():
        note_done(files[index], end)
    return len(lot)


def _set_aside(file: Path, content: bytes) -> None:
    """Spoilt on the disk: kept for a person, and the rest goes on."""
    place = file.with_name(file.name.removesuffix(ENDING) + BAD)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)
    log.error("a spooled request was spoilt on the disk and set aside", extra={"bytes": len(content)})


def _forget(file: Path) -> None:
    """All of it is handed over; a torn record at its end was being written when its process died."""
    with file.open("rb") as source:
        marker = record.marker_of(source.read(record.BEGIN))
        source.seek(max(record.BEGIN, done_of(file)))
        left = source.read()
    if marker is not None and record.is_torn(left, marker):
        log.warning("a torn record was dropped: it was never acknowledged", extra={"bytes": len(left)})
    elif left:
        _set_aside(file, left)
    file.unlink()
    file.with_name(file.name + DONE).unlink(missing_ok=True)
