"""
Becomes another program: one that is told to end (TERM) when the process that started it is gone, even by kill -9.

    python -I -S tether.py PARENT-PID PROGRAM [ARGUMENT …]

A program of its own and not a `preexec_fn`, which may deadlock in a process with threads.  Linux keeps the promise for
the *thread* that started us: start from one that lives as long as its process.  Elsewhere the program just runs.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tethered(argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv`, under the same pid, for as long as this process lives."""
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), *argv]


def become(parent: int, argv: list[str]) -> None:
    """Turns this process into `argv`; returns only if the parent is gone already, or with a sentence if it cannot."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before we asked to be told
        return
    try:
        os.execvp(argv[0], argv)  # noqa: S606  (without a shell is how we want it)
    except OSError as error:
        sys.exit(f"Cannot start {argv[0]}: {error.strerror}.")


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
