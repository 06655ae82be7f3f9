"""What follows a TAB, as click is asked for it, and in a real bash."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.worker.cli.conftest import Ferry, Script
from worker.cli import main

URL = ("--url", "http://ferry.invalid")
LISTS = {
    ("GET", "/v1/connections"): (200, {"items": [{"id": "shop", "provider": "1msg"}], "cursor": None}),
    ("GET", "/v1/queues"): (200, {"items": [{"name": "out:shop:live", "kind": "actions"}], "cursor": None}),
    ("GET", "/v1/jobs"): (200, {"items": [{"name": "ferry.trim", "title": "Forgets"}], "cursor": None}),
}
CASES: dict[str, tuple[list[str], str, str]] = {
    # what is typed, what is begun → a word that follows
    "a command": ([], "lis", "listen"),
    "a subcommand": (["queues"], "pa", "pause"),
    "an option": (["logs", "tail"], "--dir", "--direction"),
    "a choice": (["logs", "tail", "--direction"], "o", "out"),
    "a provider": (["trigger"], "1", "1msg"),
    "a sample of it": (["trigger", "instagram"], "reac", "reaction"),
    "a type of event": (["listen", "--event"], "message.rec", "message.received"),
    "an action": (["action", "run"], "send-mess", "send-message"),
    "an action of its provider": (["action", "get", "--provider", "clicksend"], "send-s", "send-sms"),
    "a connection": (["logs", "tail", *URL, "--connection"], "s", "shop"),
    "a connection's id": (["connection", "get", *URL], "", "shop"),
    "a queue": (["queues", "pause", *URL], "out", "out:shop:live"),
    "a job": (["schedule", "run", *URL], "", "trim"),
}


def completed(words: list[str], begun: str, transport: Any) -> list[str]:
    """As a shell asks."""
    from click.shell_completion import ShellComplete

    complete = ShellComplete(main, {"obj": transport}, "ferry", "_FERRY_COMPLETE")
    return [one.value for one in complete.get_completions(words, begun)]


@pytest.mark.usefixtures("ferry")
@pytest.mark.parametrize(("words", "begun", "told"), CASES.values(), ids=CASES)
def test_what_follows(words: list[str], begun: str, told: str) -> None:
    """Commands, options and words; names of what an instance has are asked for."""
    found = completed(words, begun, Script(dict(LISTS)).transport)

    assert told in found
    assert [] == [one for one in found if not one.startswith(begun)]


@pytest.mark.usefixtures("ferry")
def test_an_instance_that_is_away_completes_nothing() -> None:
    """And says nothing: a TAB is no place for an error."""
    away = Script({("GET", "/v1/connections"): httpx.ConnectError("gone")})

    assert [] == completed(["logs", "tail", *URL, "--connection"], "", away.transport)
    assert [] == completed(["logs", "tail", "--connection"], "", None)
    assert [] == completed(["trigger", "pigeon"], "", None)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_in_a_real_bash(ferry: Ferry, tmp_path: Path) -> None:
    """What `ferry completion bash` prints is sourced without a word, and completes."""
    script = ferry("completion", "bash").stdout
    program = tmp_path / "ferry"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m worker.cli \"$@\"\n")
    program.chmod(0o755)
    typed = (
        f"{script}\nPATH={tmp_path}:$PATH\nCOMP_WORDS=(ferry queues re)\nCOMP_CWORD=2\n"
        '_ferry_completion ferry\necho "${COMPREPLY[@]}"\n'
    )

    root = Path(__file__).parents[3]
    done = subprocess.run(["bash", "-eu", "-c", typed], capture_output=True, text=True, check=True, cwd=root)

    assert ("resume\n", "") == (done.stdout, done.stderr)
