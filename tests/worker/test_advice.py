"""What is said of a cause helps: it names a command there is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from connectors import errors
from connectors.errors import ConnectorError, Reason
from worker.advice import ELSE, WORDS, advice
from worker.cli import main


def kinds(above: type[ConnectorError] = ConnectorError) -> Iterator[str]:
    """The name of every way a call ends badly."""
    for one in above.__subclasses__():
        if one.__module__ == errors.__name__:
            yield one.name
            yield from kinds(one)


@pytest.mark.parametrize("reason", [one for one in Reason if one is not Reason.OTHER])
def test_every_reason_has_its_own(reason: Reason) -> None:
    """Whatever the class of the error."""
    assert WORDS[reason].replace("{}", f"p:a:rejected:{reason}") == advice(f"p:a:rejected:{reason}")


@pytest.mark.parametrize("kind", sorted(set(kinds()) - {"throttled"}))
def test_every_class_of_error_has_its_own(kind: str) -> None:
    """Where no reason says more."""
    cause = f"1msg:send-message:{kind}:other"
    assert WORDS[kind].replace("{}", cause) == advice(cause)


@pytest.mark.parametrize(
    ("cause", "word"),
    [
        ("handler_raised:KeyError", "mend it, restart"),
        ("connection_gone", "under the same id"),
        ("task:BadTask", "the app that handed it in"),
        ("task:NotFound", "names what is not there"),
        ("task:MayHaveRun", "--force"),
        ("nobody:knows", "look at what it says"),
    ],
)
def test_any_other_cause(cause: str, word: str) -> None:
    """And one that nobody foresaw."""
    assert word in advice(cause)


@pytest.mark.parametrize("word", [*WORDS, "else"])
def test_the_commands_it_names_are_there(word: str) -> None:
    """With the options it says."""
    named = re.findall(r"`ferry ([^`]+)`", WORDS.get(word, ELSE).replace("{}", word))
    assert named
    for line in named:
        command: click.Command = main
        words = line.split()
        while words and isinstance(command, click.Group):
            found = command.get_command(click.Context(command), words.pop(0))
            assert found is not None, line
            command = found
        options = {spelt for one in command.params for spelt in one.opts}
        assert {one for one in words if one.startswith("--")} <= options, line
