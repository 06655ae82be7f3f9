"""What commands print: data on stdout, everything else on stderr; tables at a terminal, plain columns in a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
COLOURS = {
    # states, wherever they are shown
    "READY": "green",
    "succeeded": "green",
    "BUILDING": "yellow",
    "waiting": "yellow",
    "unknown": "yellow",
    "CLIENT_ACTION_REQUIRED": "red",
    "CONFIGURATION_ERROR": "red",
    "SETUP_FAILED": "red",
    "failed": "red",
}


def data(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def line(value: Any) -> None:
    """One JSON document as one line: for streams of them."""
    click.echo(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    sys.stdout.flush()


def note(words: str) -> None:
    """Something about the data, which is not the data."""
    click.echo(words, err=True)


def cell(value: Any) -> str:
    """One value in a table: short, on one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return " ".join(str(value).split())


Columns = Mapping[str, Callable[[Mapping[str, Any]], Any]]


def table(items: Iterable[Mapping[str, Any]], columns: Columns) -> None:
    """A table at a terminal; in a pipe tab-separated columns without a head."""
    if not sys.stdout.isatty():
        for item in items:
            click.echo("\t".join(cell(read(item)) for read in columns.values()))
        return
    console().print(grid(items, columns))


def listing(
    items: Sequence[Mapping[str, Any]], columns: Columns, *, machine: bool, cursor: str | None = None, none: str = ""
) -> None:
    """A list as every command prints one; `cursor`: where it goes on, `none`: what to say where nothing is in it."""
    if machine:
        data({"items": items, "cursor": cursor})
        return
    table(items, columns)
    if none and not items:
        note(none)
    if cursor:
        note(f"There may be more.  Try: the same with --after {cursor}")


def limited(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that every long list has."""
    after = click.option("--after", metavar="CURSOR", help="Go on after this place, as the list before it names it.")
    limit = click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="So many at most.")
    return after(limit(command))


def console(*, stderr: bool = False) -> Console:
    """Where tables go; without a colour, and nothing bold, where that is wished."""
    from rich.console import Console

    ctx = click.get_current_context(silent=True)
    unadorned = ctx is not None and ctx.color is False
    return Console(highlight=False, stderr=stderr, color_system=None if unadorned else "auto")


def grid(items: Iterable[Mapping[str, Any]], columns: Columns) -> RenderableType:
    """The table itself, for whoever shows it among other things."""
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:
        shown.add_column(name, overflow="fold")
    for item in items:
        words = [cell(read(item)) for read in columns.values()]
        shown.add_row(*(Text(word, style=COLOURS.get(word, "")) for word in words))
    return shown


def card(item: Mapping[str, Any], names: Sequence[str] | None = None) -> None:
    """One thing, a line for each of its words; those that are absent are left out."""
    chosen = [name for name in (names or item) if item.get(name) not in (None, "", [], {})]
    width = max((len(name) for name in chosen), default=0)
    for name in chosen:
        word = cell(item[name])
        if sys.stdout.isatty():
            click.echo(f"{click.style(f'{name:<{width}}', dim=True)}  {click.style(word, fg=COLOURS.get(word))}")
        else:
            click.echo(f"{name}\t{word}")


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """Says on a terminal that we wait, and for what; nothing anywhere else."""
    if not sys.stderr.isatty():
        yield
        return
    with console(stderr=True).status(words):
        yield


def at_terminal() -> bool:
    """Whether what is printed is read by a person now."""
    return sys.stdout.isatty()


def asks() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty()


def confirmed(question: str, *, yes: bool, following: str) -> None:
    """Goes on when a person says so; off a terminal only with --yes.  raises: Failure, click.Abort"""
    from worker.cli.failing import USAGE, Failure

    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure("this destroys something, and nobody is here to ask", following=following, code=USAGE)
    click.confirm(question, abort=True, err=True)
