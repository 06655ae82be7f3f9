"""
What follows a TAB: providers, actions, samples, types of events, and the names a running Ferry knows.

An instance is asked for a second at most; what goes wrong completes nothing, and says nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click
from click.shell_completion import CompletionItem

SECONDS = 1.0

Words = Callable[[click.Context], Iterable[tuple[str, str]]]
"""The words there are, each with what it is."""


def attach(command: click.Command, above: str = "") -> None:
    """Every parameter of a command, and of those below it, whose name says what it takes."""
    for param in command.params:
        name = param.name or ""
        places = ((above, name), (command.name or "", name), ("", name), ("", str(param.metavar)))
        words = next((MEANINGS[place] for place in places if place in MEANINGS), None)
        if words is not None:
            # what click's own `shell_complete=` sets; many write these commands, and one place says what completes
            param._custom_shell_complete = _completer(words)  # noqa: SLF001
    if isinstance(command, click.Group):
        for one in command.commands.values():
            attach(one, command.name or "")


def _completer(words: Words) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        del param
        with contextlib.suppress(Exception):  # a TAB is no place for an error
            return [CompletionItem(word, help=said) for word, said in words(ctx) if word.startswith(incomplete)]
        return []

    return complete


def providers(ctx: click.Context) -> Iterator[tuple[str, str]]:
    """By what people call them."""
    del ctx
    from connectors.registry import PROVIDERS

    return ((one.title, "") for one in PROVIDERS.values())


def actions(ctx: click.Context) -> Iterator[tuple[str, str]]:
    """Of the provider that is named, else of all."""
    from connectors.registry import PROVIDERS, find

    named = ctx.params.get("provider")
    for one in [find(named)] if named else PROVIDERS.values():
        yield from ((action.key, action.title) for action in one.actions.values())


def samples(ctx: click.Context) -> Iterator[tuple[str, str]]:
    """Of the provider before it."""
    from connectors.registry import find

    return ((name, one.title) for name, one in find(ctx.params["provider"]).samples.items())


def types(ctx: click.Context) -> Iterator[tuple[str, str]]:
    """Of events."""
    del ctx
    from connectors.events import EventType

    return ((str(one), "") for one in EventType)


def connections(ctx: click.Context) -> Iterator[tuple[str, str]]:
    """Of the instance that the command would speak to."""
    return ((one["id"], one["provider"]) for one in _listed(ctx, "/v1/connections"))


def queues(ctx: click.Context) -> Iterator[tuple[str, str]]:
    """The same."""
    return ((one["name"], one["kind"]) for one in _listed(ctx, "/v1/queues"))


def causes(ctx: click.Context) -> Iterator[tuple[str, str]]:
    """Of dead letters that wait."""
    return ((one["cause"], f"{one['count']} ×") for one in _listed(ctx, "/v1/dead-letters/causes"))


def jobs(ctx: click.Context) -> Iterator[tuple[str, str]]:
    """The same."""
    return ((one["name"].removeprefix("ferry."), one["title"]) for one in _listed(ctx, "/v1/jobs"))


WHOLE = ("/v1/jobs", "/v1/dead-letters/causes")  # lists without pages


def _listed(ctx: click.Context, path: str) -> list[dict[str, Any]]:
    from worker.cli.door import find

    door = find(ctx.params.get("url"), None, ctx.obj)
    query = {} if path in WHOLE else {"limit": 500}
    found: list[dict[str, Any]] = door.ask("GET", path, query=query, seconds=SECONDS)["items"]
    return found


MEANINGS: dict[tuple[str, str], Words] = {
    # (command or group, parameter), or ("", parameter or metavar) for any command: what it takes
    ("", "provider"): providers,
    ("", "connection"): connections,
    ("", "ACTION"): actions,
    ("connection", "ident"): connections,
    ("", "queue"): queues,
    ("", "job"): jobs,
    ("", "cause"): causes,
    ("trigger", "event"): samples,
    ("listen", "types"): types,
    ("list", "kind"): types,
    ("tail", "kind"): types,
}
