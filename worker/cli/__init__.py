"""
The `ferry` command.

Each command lives in the module that TABLE names for it; it is imported when it is called, and imports what it needs
only then, so that `ferry --help` answers at once, and so does a TAB.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from worker.cli.failing import Failure, explain

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

TABLE = {
    # what people type: where it lives, and what `ferry --help` says of it
    "dev": ("dev", "All of it on this machine, with simulated providers."),
    "web": ("serve", "The HTTP process: webhooks in, the API."),
    "worker": ("work", "Turns webhooks into events, carries out actions, runs handlers."),
    "beat": ("serve", "Starts maintenance jobs when they are due; one is enough."),
    "release": ("serve", "Checks settings and Redis before a new version starts."),
    "trigger": ("trigger", "Send a webhook as a provider would: real bodies, rightly signed."),
    "connection": ("connection", "Accounts and channels of providers."),
    "connect": ("connect", "A connection by question and answer, or by a login."),
    "action": ("action", "What providers can do, and doing it."),
    "skill": ("skill", "A page for agents: how to work with a provider."),
    "send": ("action", "Send a text: the commonest action."),
    "request": ("request", "Any request to a provider, with a connection's credentials."),
    "listen": ("listen", "What happens, live; and handed on to an app of yours."),
    "events": ("events", "What happened."),
    "messages": ("messages", "What was said, and what became of it."),
    "runs": ("runs", "What was asked of providers, and how it went."),
    "failed": ("failed", "What failed and waits for a person, by cause; retry or discard."),
    "media": ("media", "Fetches the file of a message."),
    "logs": ("logs", "What came in, what was refused and why, what went out."),
    "status": ("status", "How it goes, on one screen."),
    "queues": ("queues", "What waits, and holding it back by hand."),
    "schedule": ("schedule", "The jobs that beat starts."),
    "signature": ("signature", "What signs a provider's webhooks, and whether one is."),
    "openapi": ("openapi", "The HTTP API as a document."),
    "login": ("login", "Keep the key of a Ferry elsewhere."),
    "logout": ("login", "Forget the key of a Ferry elsewhere."),
    "doctor": ("doctor", "What is wrong, in words."),
    "key": ("keys", "Who may speak to the API."),
    "config": ("config", "Settings as this shell has them."),
    "completion": ("config", "Completion for bash, zsh or fish."),
}


class Ferry(click.Group):
    """Finds a command in its module, and turns what goes wrong into a sentence and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table: what runs first, then what one does with it."""
        del ctx
        return list(TABLE)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command from its module, imported now."""
        if cmd_name not in TABLE:
            return None
        module = importlib.import_module(f"worker.cli.{TABLE[cmd_name][0]}")
        found: click.Command = getattr(module, cmd_name)
        if ctx.resilient_parsing:  # somebody typed TAB
            from worker.cli.completing import attach

            attach(found)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table alone: nothing is imported to be listed."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in TABLE.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The same for whoever types the beginning of a command and TAB."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=said) for name, (_, said) in TABLE.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a misspelt name."""
        import difflib

        if args and args[0] not in TABLE and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], TABLE, n=1)
            raise Failure(
                f"there is no command {args[0]!r}",
                following=f"ferry {near[0]} --help" if near else "ferry --help",
                code=2,
            )
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """What goes wrong is told while the context still knows whether colours are wanted."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.exceptions.Abort, BrokenPipeError):
            raise
        except Exception as problem:
            failure = explain(problem)
            if failure is None:
                raise
            failure.show()
            ctx.exit(failure.code)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002  (click's own signature)
        **extra: Any,
    ) -> Any:
        """Runs a command line; exit codes are those of worker/cli/failing.py."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            told = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.exceptions.Abort:
            sys.exit(130)
        except click.ClickException as problem:
            _show(self, problem, sys.argv[1:] if args is None else args)
            sys.exit(problem.exit_code)
        except BrokenPipeError:  # whoever read us has seen enough; Python would complain again at exit
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except Exception as problem:
            failure = explain(problem)
            if failure is None:
                _report(problem)
                raise
            failure.show()
            sys.exit(failure.code)
        sys.exit(told if isinstance(told, int) else 0)


def _show(group: click.Group, problem: click.ClickException, args: Sequence[str]) -> None:
    """In our form: the mistake, and the help that says how else; help that click calls a mistake stays help."""
    if not isinstance(problem, click.UsageError) or isinstance(problem, click.exceptions.NoArgsIsHelpError):
        problem.show()
        return
    context = problem.ctx or click.Context(group, info_name="ferry")
    following = f"{_reached(group, args)} --help"
    with context.scope(cleanup=False):
        Failure(problem.format_message(), following=following, code=problem.exit_code).show()


def _reached(group: click.Group, args: Sequence[str]) -> str:
    """The command that these words name, as far as they do."""
    told = ["ferry"]
    command: click.Command | None = group
    for word in args:
        command = command.get_command(click.Context(command), word) if isinstance(command, click.Group) else None
        if command is None:
            break
        told.append(word)
    return " ".join(told)


def _report(problem: Exception) -> None:
    """A fault of ours goes to Sentry, where there is one."""
    from worker.settings import SettingsError, read

    try:
        settings = read(needs=())
    except SettingsError:
        return
    if settings.sentry_dsn:
        import sentry_sdk

        from worker import reporting

        if not sentry_sdk.is_initialized():
            reporting.report(settings, "cli")
        sentry_sdk.capture_exception(problem)
        sentry_sdk.flush(2.0)


class NoColour(click.Option):
    """A flag that any word in its variable sets: https://no-color.org."""

    def value_from_envvar(self, ctx: click.Context) -> str | None:
        """Whatever the word."""
        return "true" if self.resolve_envvar_value(ctx) else None


def plain(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001  (click's own signature)
    """From here on nothing is coloured or bold."""
    del param
    if value:
        ctx.color = False


@click.command(cls=Ferry, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--no-color",
    cls=NoColour,
    is_flag=True,
    envvar="NO_COLOR",
    expose_value=False,
    is_eager=True,
    callback=plain,
    help="Neither colours nor bold; NO_COLOR.",
)
@click.version_option(package_name="ferry", prog_name="ferry")
def main() -> None:
    """
    Carries messages between messaging providers and your apps.

    \b
      ferry dev                     all of it on this machine, with simulated providers
      ferry trigger 1msg message    a webhook as the provider would send it
      ferry events tail             what became of it
    """
