"""How a command says that it failed: one sentence, the next thing to type, and an exit code people can switch on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

FAILED = 1
USAGE = 2
NOT_FOUND = 3
NEEDS_PERSON = 4
REFUSED = 5
UNREACHABLE = 6
TIMED_OUT = 7


class Failure(Exception):
    """One sentence; `following` is a command line that helps, `said` what the API's problem document holds."""

    def __init__(
        self, told: str, *, following: str = "", code: int = FAILED, said: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(told.strip().rstrip("."))
        self.following = following
        self.code = code
        self.said = dict(said or {})

    def show(self) -> None:
        """On stderr, as everything that is not data."""
        click.echo(f"{click.style('Error:', fg='red', bold=True)} {self}.", err=True)
        if self.following:
            click.echo(f"  Try: {click.style(self.following, bold=True)}", err=True)


EXPLAINED = {
    # errors whose text is a sentence for the person at the terminal: what to type next, exit code
    "worker.settings.SettingsError": ("ferry config show", USAGE),
    "worker.handlers.HandlersError": ("ferry config show", USAGE),
    "worker.pidfile.AlreadyRunningError": ("ferry doctor", FAILED),
    "worker.valkey.ServerError": ("ferry doctor", FAILED),
    "worker.store.base.PartitionsChanged": ("ferry config show", USAGE),
    "worker.store.condition.Unfit": ("ferry doctor", FAILED),
    "worker.store.vault.WrongKey": ("ferry config show", USAGE),
    "worker.rekeying.Behind": ("ferry config rotate", FAILED),
    "worker.accept.NotFound": ("ferry connection list", NOT_FOUND),
    "worker.accept.Conflict": ("ferry connection list", FAILED),
    "connectors.errors.InvalidCall": ("ferry --help", USAGE),
}


def explain(problem: BaseException) -> Failure | None:
    """The failure that says this error in a sentence; None for one that is a fault of ours and deserves a traceback."""
    if isinstance(problem, Failure):
        return problem
    for kind in type(problem).__mro__:
        where = f"{kind.__module__}.{kind.__qualname__}"
        if where in EXPLAINED:
            following, code = EXPLAINED[where]
            return Failure(str(problem), following=following, code=code)
        if where == "worker.ports.PortBusyError":
            said, _, choice = str(problem).rstrip(".").partition("; choose another, for example ")
            return Failure(said, following=f"{choice} {' '.join(['ferry', *sys.argv[1:]])}")
    if type(problem).__module__.split(".")[0] == "redis":
        return Failure(
            f"Redis cannot be used ({type(problem).__name__}: {problem})", following="ferry doctor", code=UNREACHABLE
        )
    return None
