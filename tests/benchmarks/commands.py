"""
How long a command takes to answer that needs no running Ferry: `python -m tests.benchmarks.commands [TIMES]`.

Each in a fresh process, as typed; the least and the middle of several.  Python itself is the first row.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

COMMANDS = (
    ("-c", "pass"),
    ("-c", "import click"),
    ("-m", "worker.cli", "--help"),
    ("-m", "worker.cli", "action", "--help"),
    ("-m", "worker.cli", "trigger", "--list"),
)


def timed(words: tuple[str, ...], times: int) -> None:
    """Prints one row."""
    walls, cpus = [], []
    for _ in range(times):
        before, begun = os.times(), time.perf_counter()
        subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
        walls.append(time.perf_counter() - begun)
        after = os.times()
        cpus.append(after.children_user + after.children_system - before.children_user - before.children_system)
    least, middle = min(walls) * 1000, statistics.median(walls) * 1000
    shown = " ".join(words).replace("-m worker.cli", "ferry")
    print(f"{shown:<28} {least:>6.0f} ms at least {middle:>6.0f} ms in the middle {min(cpus) * 1000:>6.0f} ms CPU")


if __name__ == "__main__":
    for command in COMMANDS:
        timed(command, int(sys.argv[1]) if len(sys.argv) > 1 else 9)
