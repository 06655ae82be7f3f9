"""
How many requests wait in the spool, for whoever asks each second: a file may hold hundreds of thousands, so each record
is looked at once by a process, and where it ends is remembered (8 bytes).
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_right
from pathlib import Path

from web.spool import handover
from web.spool.folder import Folder, done_of


class Counted:
    """One a process."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._ends: dict[Path, array[int]] = {}
        self._lock = threading.Lock()

    def waiting(self) -> int:
        """Those that are not handed over yet.  raises: OSError"""
        with self._lock:
            sizes = handover.sizes(self.folder)
            self._ends = {file: self._ends.get(file, array("Q")) for file in sizes}
            count = 0
            for file, size in sizes.items():
                ends, done = self._ends[file], done_of(file)
                if ends and ends[-1] > size:
                    del ends[:]  # begun anew under the same name
                begin = max(ends[-1] if ends else 0, done)
                ends.extend(end for _, _, end, _ in handover.rows(file, size, begin=begin, keep=False))
                count += len(ends) - bisect_right(ends, done)
            return count
