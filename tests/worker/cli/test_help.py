"""What one sees first, and how little it costs."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from worker.cli import TABLE, main
from worker.settings import environment

LIGHT = {"click", "worker"}  # all that may be imported, besides Python's own, before a command is called


def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command there is, with the words that reach it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*above, name), found
        if isinstance(found, click.Group):
            yield from commands(found, (*above, name))


PROGRAM = (
    "import sys\n"
    "before = set(sys.modules)\n"
    "from worker.cli import main\n"
    "try:\n    main({words}, prog_name='ferry')\nexcept SystemExit as ended:\n    assert not ended.code\n"
    "print(*sorted(set(sys.modules) - before), file=sys.stderr)\n"
)


def imported(words: list[str], **variables: str) -> tuple[str, set[str]]:
    """What a command line prints, and every module it needed for that."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(words=words)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(variables),
    )
    return done.stdout, set(done.stderr.split())


def test_help_imports_nothing_but_click() -> None:
    """`ferry --help` names every command and what it does without a single command's module, nor what that needs."""
    told, modules = imported(["--help"])

    theirs = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names
    assert LIGHT == theirs
    assert {"worker", "worker.cli", "worker.cli.failing"} == {name for name in modules if name.startswith("worker")}
    assert [] == [name for name, (_, said) in TABLE.items() if f"  {name} " not in told or said not in told]


def test_completion_of_a_command_imports_nothing_but_click() -> None:
    """TAB after the first letters asks the table, too."""
    told, modules = imported([], _FERRY_COMPLETE="bash_complete", COMP_WORDS="ferry co", COMP_CWORD="1")

    assert [
        "plain,connection",
        "plain,connect",
        "plain,config",
        "plain,completion",
    ] == told.split()
    assert LIGHT == {name.partition(".")[0] for name in modules} - sys.stdlib_module_names


def test_a_command_of_the_table_is_where_it_says_and_described_there_alone() -> None:
    """A short help of a command's own would never be seen."""
    context = click.Context(main)
    assert set(TABLE) == {name for name in TABLE if getattr(main.get_command(context, name), "short_help", "") is None}


COMMANDS = {" ".join(words): (words, command) for words, command in commands(main)}


# what runs until it is stopped, or prints one thing for a shell to take
SILENT = {"dev", "web", "worker", "beat", "release", "completion", "config key"}
LEAVES = {name: found for name, found in COMMANDS.items() if not isinstance(found[1], click.Group)}
PRIVATE = ("secret", "token", "password", "api-key", "api_key")


@pytest.mark.parametrize(("words", "command"), COMMANDS.values(), ids=COMMANDS)
def test_every_command_says_what_it_does(words: tuple[str, ...], command: click.Command) -> None:
    """Each has a first sentence, each option explains itself, and no two options share a name."""
    spellings = [spelling for option in command.params for spelling in option.opts]

    assert command.help, words
    assert [] == [one.name for one in command.params if isinstance(one, click.Option) and not one.help]
    assert sorted(set(spellings)) == sorted(spellings)


def test_every_command_shows_an_example() -> None:
    """What is typed, in its help: people read that first."""
    assert [] == [name for name, (_, command) in LEAVES.items() if f"ferry {name}" not in (command.help or "")]


def test_every_command_that_prints_data_prints_json() -> None:
    """`--json` means output wherever there is output."""
    with_json = {name for name, (_, command) in LEAVES.items() if any("--json" in one.opts for one in command.params)}

    assert set(LEAVES) - SILENT == with_json


def test_no_secret_stands_in_a_command_line() -> None:
    """What takes one takes where it stands: a variable, a file or stdin."""
    literal = []
    for name, (_, command) in LEAVES.items():
        for one in command.params:
            spelt = " ".join(one.opts)
            if isinstance(one, click.Option) and any(word in spelt for word in PRIVATE) and "@" not in str(one.metavar):
                literal.append(f"{name} {spelt}")

    assert [] == literal


def test_every_command_that_asks_an_instance_takes_which() -> None:
    """`--url` and where its key stands, or it is about this machine alone."""
    here = {*SILENT, "skill", "login", "logout", "key create", "config show", "config check", "config rotate"}
    asking = {name for name, (_, command) in LEAVES.items() if any("--url" in one.opts for one in command.params)}

    assert set(LEAVES) - here == asking
