"""Several voices in one terminal: each line whole, and after the name of who said it."""

import threading
from collections.abc import Sequence
from typing import IO, TextIO

from rich.console import Console

COLOURS = (36, 32, 35, 33, 34, 96, 92, 95)


class Chorus:
    """Prints the lines of `names` to `out`, coloured where `out` is a terminal with colours and NO_COLOR is unset."""

    def __init__(self, out: TextIO, names: Sequence[str]) -> None:
        self._out = out
        self._one_at_a_time = threading.Lock()
        width = max(len(name) for name in names)
        terminal = Console(file=out)  # knows NO_COLOR, and terminals without colours
        coloured = bool(terminal.color_system) and not terminal.no_color
        self._prefixes = {
            name: f"\x1b[{COLOURS[nth % len(COLOURS)]}m{name:<{width}} |\x1b[0m " if coloured else f"{name:<{width}} | "
            for nth, name in enumerate(names)
        }

    def say(self, name: str, line: str) -> None:
        """Prints one line, from any thread."""
        with self._one_at_a_time:
            try:
                self._out.write(f"{self._prefixes[name]}{line}\n")
                self._out.flush()
            except OSError:  # the terminal was closed: SIGHUP tells our caller, and until then nobody reads this
                return

    def relay(self, name: str, lines: IO[bytes]) -> threading.Thread:
        """Says each line as it comes, in a thread that ends with the last one and then closes `lines`."""
        thread = threading.Thread(target=self._relay, args=(name, lines), daemon=True)
        thread.start()
        return thread

    def _relay(self, name: str, lines: IO[bytes]) -> None:
        with lines:
            for line in lines:
                self.say(name, line.decode(errors="replace").rstrip("\r\n"))
