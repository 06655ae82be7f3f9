"""What a person sees at a terminal, and that a pipe sees none of it."""

from __future__ import annotations

import pytest

from tests.worker.cli.conftest import Ferry
from tests.worker.cli.served import Terminal, ferry_served
from tests.worker.pipeline import Pipeline


@pytest.mark.parametrize("plain", [False, True], ids=["in colour", "NO_COLOR"])
def test_tables_and_errors(pipeline: Pipeline, settings: dict[str, str], ferry: Ferry, *, plain: bool) -> None:
    """Heads, states in colour, errors in red; with NO_COLOR not one escape, whatever its word."""
    key = ferry("key", "create", "tests", **settings).stdout.strip()
    variables = {"FERRY_KEY": key, "TERM": "xterm-256color", **({"NO_COLOR": "please"} if plain else {})}
    shown = {}
    with ferry_served(pipeline) as url:
        for words, code in ((("status",), 0), (("events", "get", "x"), 3)):
            with Terminal([*words, "--url", url], variables, person=True) as terminal:
                assert code == terminal.ended(), terminal.output
                shown[words[0]] = terminal.output

    assert {not plain} == {"\x1b[" in one for one in shown.values()}
    for word in ("Ferry at http://", "CONNECTION", "READY", "no worker is alive"):
        assert word in shown["status"]
    assert "Try: " in shown["events"]


def test_a_screen_that_is_watched(pipeline: Pipeline, settings: dict[str, str], ferry: Ferry) -> None:
    """It is drawn anew on a screen of its own, and left behind with it."""
    key = ferry("key", "create", "tests", **settings).stdout.strip()
    with (
        ferry_served(pipeline) as url,
        Terminal(
            ["status", "--watch", "--every", "0.5", "--count", "2", "--url", url],
            {"FERRY_KEY": key, "TERM": "xterm-256color"},
            person=True,
        ) as terminal,
    ):
        assert 0 == terminal.ended(), terminal.output

    enter, leave = "\x1b[?1049h", "\x1b[?1049l"
    assert terminal.output.index(enter) < terminal.output.index("1msg") < terminal.output.index(leave)
    assert 2 == terminal.output.count("Ferry at ")
