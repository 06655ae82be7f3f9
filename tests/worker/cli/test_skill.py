"""`ferry skill`: the page says what the catalogue and the commands say, all of it and nothing else."""

from __future__ import annotations

import json
import re

import click
import pytest

from connectors.registry import PROVIDERS
from tests.worker.cli.conftest import Ferry
from worker.cli import failing, main
from worker.cli.request import request

TITLES = [provider.title for provider in PROVIDERS.values()]


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=TITLES)
def test_it_is_never_out_of_step(ferry: Ferry, provider: object) -> None:
    """Every action with its example, every setting, every flag of the proxy, and no command that there is not."""
    assert provider in PROVIDERS.values()
    chosen = next(one for one in PROVIDERS.values() if one is provider)
    done = ferry("skill", chosen.title)
    page = done.stdout

    assert 0 == done.exit_code
    assert page.startswith(f"---\nname: ferry-{chosen.title}\ndescription: ")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE)
    assert list(chosen.actions) == rows
    for action in chosen.actions.values():
        assert json.dumps(dict(action.example), ensure_ascii=False).replace("|", "\\|") in page
    for schema in (chosen.settings, chosen.secrets):
        assert all(f"- `{name}` (" in page for name in schema().fields)
    told = set(re.findall(r"`(--?[A-Za-z-]+)`", page.split("request of your own")[1].split("## Good")[0]))
    flags = {word for one in request.params if isinstance(one, click.Option) and one.help for word in one.opts}
    assert flags == told


@pytest.mark.parametrize("provider", TITLES)
def test_every_command_in_it_is_one(ferry: Ferry, provider: str) -> None:
    """With options that it has."""
    page = ferry("skill", provider).stdout
    typed = re.findall(r"(?:`|^    )ferry ([a-z]+(?: [a-z]+)?)([^`\n]*)", page, re.MULTILINE)
    assert len(typed) > 8
    for words, rest in typed:
        command: click.Command | None = main
        for word in words.split():
            if isinstance(command, click.Group):
                command = command.get_command(click.Context(command), word)
        assert command is not None, words
        options = {word for one in command.params for word in one.opts}
        assert set(re.findall(r"(--[a-z-]+)", rest)) <= options | {"--help"}, words


def test_the_exit_codes_are_those_of_the_commands(ferry: Ferry) -> None:
    """Each that a command may end with."""
    page = ferry("skill", "1msg").stdout
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}

    assert {value for name, value in vars(failing).items() if name.isupper() and isinstance(value, int)} <= told


def test_without_a_provider_it_says_which_there_are(ferry: Ferry) -> None:
    """As a list; a wrong one is named beside the right ones."""
    assert TITLES == [line.split("\t")[0] for line in ferry("skill").stdout.splitlines()]
    assert TITLES == [one["provider"] for one in json.loads(ferry("skill", "--json").stdout)["items"]]
    wrong = ferry("skill", "pigeon")
    assert 2 == wrong.exit_code
    assert "there are 1msg" in wrong.stderr


def test_as_json_it_is_one_document(ferry: Ferry) -> None:
    """Name, description and the page."""
    told = json.loads(ferry("skill", "infobip", "--json").stdout)

    assert {"name", "description", "text"} == set(told)
    assert ferry("skill", "infobip").stdout.strip() == told["text"].strip()
