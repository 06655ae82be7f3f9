"""README.md's first steps, typed as they stand there: whoever follows them must arrive."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dev.harness import HOUSE, Dev

README = (HOUSE / "README.md").read_text(encoding="utf-8")
SECTIONS = ("See it work", "The first hour")


def section(title: str) -> str:
    """The text under a heading."""
    return README.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def steps(title: str) -> list[str]:
    """The lines of its code blocks, but for the one that enters the environment; a line may go on in the next."""
    blocks = re.findall(r"(?:^    .*\n?)+", section(title), re.MULTILINE)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith((". ", "#"))]


STEPS = [pytest.param(title, line, id=line[:60]) for title in SECTIONS for line in steps(title)]


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """`make run`, in a folder of its own, left running for all steps in their order."""
    with Dev.start(tmp_path_factory.mktemp("readme")) as started:
        yield started


def typed(dev: Dev, line: str) -> subprocess.CompletedProcess[str]:
    """One line in a shell of the environment, in the folder where it runs."""
    bin_ = str(Path(sys.executable).parent)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=dev.folder,
        env={**dev.environment, "PATH": f"{bin_}:{os.environ['PATH']}", "PYTHONPATH": str(HOUSE)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(("title", "line"), STEPS)
def test_a_step_does_what_it_says(dev: Dev, title: str, line: str) -> None:
    """It ends well, and prints something."""
    done = typed(dev, line.partition("   #")[0].strip())

    assert 0 == done.returncode, f"{title}: {line}\n{done.stdout}\n{done.stderr}"
    assert done.stdout.strip(), f"{title}: {line} printed nothing"
    assert "Traceback" not in done.stderr
