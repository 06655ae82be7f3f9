"""worker/store/README.md names every key and every script there is, and no other."""

import re
from importlib import resources
from pathlib import Path

from worker import store
from worker.store.scripts import sources

FOLDER = Path(str(resources.files(store)))
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading."""
    return README.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_keys() -> None:
    """Of a partition, by their first word."""
    used = {
        family
        for path in (FOLDER / "lua").glob("*.lua")
        for family in re.findall(r"P \.\. '([a-z]+)", path.read_text(encoding="utf-8"))
    }
    told = set(re.findall(r"^\| `([a-z]+)", section("Keys of a partition"), re.MULTILINE))

    assert used == told


def test_scripts() -> None:
    """Each has its line."""
    rows = re.findall(r"^\| (`[^|]+) \|", section("Scripts"), re.MULTILINE)
    assert set(sources()) == {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_each_script_says_what_it_takes_and_answers() -> None:
    """In its first lines: its own name with its arguments."""
    for name in sources():
        first = (FOLDER / "lua" / f"{name}.lua").read_text(encoding="utf-8").removeprefix("#!lua flags=allow-oom\n")
        assert first.startswith(f"-- {name}(now"), name
