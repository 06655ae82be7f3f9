"""
A `ferry dev` in small, for the supervisor's tests: python supervised.py DIRECTORY GRACE NAME=PROGRAM …

Each PROGRAM is Python; ! after a NAME makes a base child, ~ one that ends last, ? one ready once DIRECTORY/NAME exists.
Says "all ready" on stdout, and then a line for each child that was started again; exits with what `run` returned.
"""

import sys
from pathlib import Path

from worker.supervisor import AlreadyRunningError, Child, Supervisor


def child(directory: Path, word: str) -> Child:
    """One NAME=PROGRAM."""
    name, _, program = word.partition("=")
    plain = name.rstrip("!~?")
    base = "!" in name
    return Child(
        plain,
        [sys.executable, "-u", "-c", program],
        ready=(directory / plain).exists if "?" in name else None,
        base=base,
        last="~" in name,
        log=directory / "base.log" if base else None,
    )


def say(line: str) -> None:
    """One write, even unbuffered, for the children's lines go to the same file."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(directory: Path, grace: float, words: list[str]) -> int:
    """Runs it all."""
    supervisor = Supervisor(
        [child(directory, word) for word in words],
        directory,
        grace=grace,
        on_again=lambda name, pid: say(f"again {name} {pid}"),
    )
    try:
        return supervisor.run(lambda: say(f"all ready {supervisor.pids()}"))
    except AlreadyRunningError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
