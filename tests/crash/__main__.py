"""
Prints the table of README.md: every row of DESIGN §5 that can be shown, killed for real under load.

    python -m tests.crash [--times 20] [--seed N] [ROW …]     a ROW is a part of its name; without one, all
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.crash.blows import ROWS
from tests.crash.broker import Broker
from tests.crash.chaos import new_seed
from tests.crash.stand import Stand
from tests.crash.table import play, table


def main() -> int:
    """1 when a promise was broken, and says where."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description="Kills Ferry and counts what is lost.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="a part of a row's name; all without")
    parser.add_argument("--times", type=int, default=20, help="blows a row (20)")
    parser.add_argument("--seed", type=int, default=new_seed(), help="plays the same moments again")
    chosen = parser.parse_args()
    rows = [row for row in ROWS if not chosen.rows or any(word in row for word in chosen.rows)]
    print(f"seed {chosen.seed}", file=sys.stderr)
    played = []
    with tempfile.TemporaryDirectory(prefix="ferry-crash-") as name:
        broker = Broker(Path(name) / "broker")
        stand = Stand.start(Path(name) / "dev", BROKER_URL=broker.url)
        try:
            for nth, row in enumerate(rows):
                played.append(play(stand, broker, [row], chosen.times, chosen.seed + nth))
                print(f"{row}: {played[-1].met} of {chosen.times} met; {played[-1].figures.wrong}", file=sys.stderr)
        finally:
            stand.stop()
            broker.stop()
    print(table(played))
    return 1 if any(one.figures.broken for one in played) else 0


if __name__ == "__main__":
    sys.exit(main())
