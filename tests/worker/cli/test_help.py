"""What one sees first, and how little it costs."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from worker.cli import TABLE, main

HEAVY = ("billiard", "celery", "connectors", "cryptography", "flask", "httpx", "kombu", "marshmallow", "redis", "rich")


def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command there is, with the words that reach it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*above, name), found
        if isinstance(found, click.Group):
            yield from commands(found, (*above, name))


def test_help_imports_nothing_heavy() -> None:
    """`ferry --help` names every command without the libraries that they work with."""
    program = (
        "import sys\n"
        "from worker.cli import main\n"
        "try:\n    main(['--help'], prog_name='ferry')\nexcept SystemExit as ended:\n    assert not ended.code\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert set() == set(HEAVY) & set(done.stderr.split())
    assert [] == [name for name in TABLE if name not in done.stdout]


COMMANDS = {" ".join(words): (words, command) for words, command in commands(main)}


@pytest.mark.parametrize(("words", "command"), COMMANDS.values(), ids=COMMANDS)
def test_every_command_says_what_it_does(words: tuple[str, ...], command: click.Command) -> None:
    """Each has a first sentence, each option explains itself, and no two options share a name."""
    spellings = [spelling for option in command.params for spelling in option.opts]

    assert command.help, words
    assert [] == [one.name for one in command.params if isinstance(one, click.Option) and not one.help]
    assert sorted(set(spellings)) == sorted(spellings)


def test_every_command_that_prints_data_prints_json() -> None:
    """`--json` means output wherever there is output."""
    silent = {"dev", "web", "worker", "beat", "release", "completion", "config key", "connection", "action", "events"}
    silent |= {"runs", "key", "config"}
    missing = {
        name for name, (_, command) in COMMANDS.items() if not any("--json" in one.opts for one in command.params)
    }

    assert silent == missing
