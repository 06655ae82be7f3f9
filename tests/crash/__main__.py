"""
Prints the table of README.md: every row of DESIGN §5, killed for real under load.

    python -m tests.crash [--times 20] [--seed N] [--rate 60] [--write README.md] [ROW …]   a ROW: a part of its name
    python -m tests.crash --without RULE [ROW …]     leaves a rule out on purpose: what breaks has to be seen
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.blows import ROWS
from tests.crash.chaos import new_seed
from tests.crash.page import write
from tests.crash.server import Server
from tests.crash.stand import Stand
from tests.crash.table import RATE, Played, play, table


def main() -> int:
    """1 when a promise was broken, and says where; with --without, when none was."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description="Kills Ferry and counts what is lost.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="a part of a row's name; all without")
    parser.add_argument("--times", type=int, default=20, help="kills a row (20)")
    parser.add_argument("--seed", type=int, default=new_seed(), help="plays the same moments again")
    parser.add_argument("--rate", type=float, default=RATE, help=f"webhooks a second ({RATE:.0f})")
    parser.add_argument("--write", type=Path, metavar="FILE", help="puts these rows between its marks in this file")
    parser.add_argument("--without", metavar="RULE", help="of tests/simulation/rules.py or mischief.py, left out")
    chosen = parser.parse_args()
    rows = [row for row in ROWS if not chosen.rows or any(word in row for word in chosen.rows)]
    print(f"seed {chosen.seed}", file=sys.stderr)
    played: list[Played] = []
    words = {"FERRY_CRASH_WITHOUT": chosen.without} if chosen.without else {}
    with tempfile.TemporaryDirectory(prefix="ferry-crash-") as name:
        state, broker = Server(Path(name) / "state"), Server(Path(name) / "broker")
        stand = Stand.wired(Path(name) / "dev", state, broker, **words)
        try:
            for nth, row in enumerate(rows):
                begun = time.monotonic()
                played.append(play(stand, state, broker, [row], chosen.times, chosen.seed + nth, chosen.rate))
                told, seconds = played[-1], time.monotonic() - begun
                print(f"{row}: {told.met} of {told.kills} met, {seconds:.0f} s; {told.figures.wrong}", file=sys.stderr)
        finally:
            stand.stop()
            state.stop()
            broker.stop()
    print(table(played))
    broken = any(one.figures.broken for one in played)
    if chosen.write is not None and not chosen.without:
        write(chosen.write, played, chosen.seed)
    return int(not broken if chosen.without else broken)


if __name__ == "__main__":
    sys.exit(main())
