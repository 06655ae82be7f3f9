"""`ferry doctor`: what is wrong, in words, and what to do about it."""

from __future__ import annotations

import sys
from typing import Any

import click

from worker.cli import failing, showing
from worker.cli.door import with_address
from worker.cli.failing import Failure
from worker.cli.showing import as_json

SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "wrong": ("✗", "red")}


@click.command()
@with_address()
@as_json
@click.pass_context
def doctor(ctx: click.Context, /, url: str | None, api_key: str | None, *, as_json: bool) -> None:
    """
    Look at settings, Redis, clocks, secrets, connections, backlog, worker and web; 0 says that all is well.

    \b
      ferry doctor
      ferry doctor --url https://ferry.example.com

    With the settings of an instance (REDIS_URL, FERRY_SECRET_KEYS) or the `ferry dev` of this folder it looks inside;
    with --url alone it asks from outside.
    """
    from worker.cli.examination import inside, outside

    findings = [] if url else list(inside())
    findings += outside(url, api_key, ctx.obj, needed=bool(url))
    wrong = [one for one in findings if one.verdict == "wrong"]
    if as_json:
        told: dict[str, Any] = {"ok": not wrong, "checks": [one.shown() for one in findings]}
        showing.data(told)
    else:
        for one in findings:
            sign, colour = SIGNS[one.verdict]
            mark = click.style(sign, fg=colour, bold=True) if sys.stdout.isatty() else one.verdict
            click.echo(f"{mark}\t{one.name}\t{one.words}")
    if wrong:
        told_of = ", ".join(dict.fromkeys(one.name for one in wrong))
        raise Failure(f"not all is well: {told_of}", following=wrong[0].following, code=wrong[0].code or failing.FAILED)
