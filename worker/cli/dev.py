"""`ferry dev`: all of Ferry in one terminal, on a Redis of its own, with stand-ins for the providers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from worker.cli import folder

if TYPE_CHECKING:
    from worker.cli.plan import Plan
    from worker.store.connections import Stored

GRACE = 8.0  # seconds for all to end after Ctrl-C


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Where web listens; PORT or 8000.")
def dev(port: int | None) -> None:
    """
    All of Ferry in one terminal: Valkey (unless REDIS_URL is set), stand-ins for the providers, web, worker and beat.

    \b
      ferry dev
      ferry dev --port 8001

    What it keeps lies in .ferry/ here; the next start finds it.  Ctrl-C stops it and loses nothing.
    """
    from worker.cli.plan import children, make
    from worker.cli.stage import Stage
    from worker.supervisor import Supervisor

    plan = make(folder.FOLDER.resolve(), port)
    stage = Stage(plan)
    supervisor = Supervisor(children(plan, stage), plan.directory, grace=GRACE, on_again=stage.again, out=sys.stderr)

    def ready() -> None:
        connections = stage.finish(supervisor.pids())
        for line in welcome(plan, connections):
            supervisor.say(line)

    with stage:
        sys.exit(supervisor.run(ready))


def welcome(plan: Plan, connections: list[Stored]) -> Iterator[str]:
    """What the person at the terminal wants to know now."""
    import shutil

    from connectors.registry import PROVIDERS

    program = sys.argv[0] if sys.argv[0].endswith("ferry") else f"{sys.executable} -m worker.cli"
    ferry = "ferry" if shutil.which("ferry") else program
    first = next(one.id for one in connections if "message" in PROVIDERS[one.provider].samples)
    yield ""
    yield f"  Ferry is ready: {plan.url}   its API: {plan.url}/v1, described by {plan.url}/openapi.json"
    yield f"  Key:  {plan.api_key}"
    for stored in connections:
        if stored.state != "READY":
            told = (stored.error or {}).get("text", "")
            yield f"  The connection {stored.id} is {stored.state}: {told}"
    yield "  Try, in another terminal:"
    yield f"    {ferry} trigger {first} message"
    yield f"    {ferry} send {first} --to 15550100123 --text hello"
    yield f"    {ferry} events tail"
    yield ""
