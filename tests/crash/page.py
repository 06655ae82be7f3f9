"""The table in README.md, between two marks, with the machine and the day it was made on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.crash.blows import ROWS
from tests.crash.table import HEAD, Played, line

BEGIN = "<!-- python -m tests.crash --write README.md -->"
END = "<!-- the table ends -->"


def machine() -> str:
    """What it ran on, in a few words."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        memory = f", {int(lines[0].split()[1]) / 1_048_576:.0f} GB"
    except OSError:
        memory = ""
    return f"{os.cpu_count()} cores{memory}, {platform.system()}, Python {platform.python_version()}"


def write(file: Path, played: Sequence[Played], seed: int, day: str | None = None) -> None:
    """
    Puts the rows that were played between the marks; those that were not stay as they stand there.

    raises: ValueError when the marks are not there once each, in this order
    """
    text = file.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        told = f"{file} has no place for the table: a line {BEGIN!r} and a later one {END!r}"
        raise ValueError(told)
    before, rest = text.split(BEGIN)
    old, after = rest.split(END)
    made = day or datetime.now(UTC).date().isoformat()
    lines = {one.split("|")[1].strip(): one for one in old.splitlines() if one.startswith("| ")}
    lines.update({one.row: line(one.cells()) for one in played})
    rows = "\n".join([*HEAD, *(lines[row] for row in ROWS if row in lines)])
    note = f"{made}, {machine()}; last seed {seed}."
    file.write_text(f"{before}{BEGIN}\n\n{rows}\n\n{note}\n\n{END}{after}", encoding="utf-8")
