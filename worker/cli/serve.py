"""`ferry web`, `ferry beat`, `ferry release`: the process types a supervisor starts.  `ferry worker`: work.py."""

from __future__ import annotations

import os
import sys

import click

from worker.cli import folder


@click.command()
def web() -> None:
    """
    The HTTP process: webhooks in, the API.

    \b
      ferry web

    Becomes gunicorn, so that signals and its pid are gunicorn's; its settings are web/server.py.
    """
    from redis.exceptions import RedisError

    from worker.ports import free_port
    from worker.settings import read
    from worker.store.base import open_store
    from worker.store.condition import refuse_unfit
    from worker.store.connections import Connections
    from worker.store.vault import Vault

    settings = read()
    free_port(settings.bind, settings.port)
    store = open_store(settings, timeout=2.0, retries=0)
    try:
        refuse_unfit(store)
        Connections(store, Vault(settings.secret_keys)).prove()
    except RedisError as problem:  # it may come later: webhooks are spooled, or asked to come again
        click.echo(f"Redis is away ({type(problem).__name__}): starting without it.", err=True)
    finally:
        store.close()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    program = [sys.executable, "-m", "gunicorn", "--config", "python:web.server", "web.app:create_app()"]
    os.execv(sys.executable, program)  # noqa: S606  (without a shell is how we want it)


@click.command()
def beat() -> None:
    """
    Starts maintenance jobs when they are due; one is enough.

    \b
      ferry beat

    A second one waits for the first's lock.
    """
    from worker import reporting
    from worker.settings import read

    settings = read()
    reporting.start(settings, "beat")

    from celery import signals
    from celery.apps.beat import Beat

    from worker.app import create
    from worker.cli.work import reach
    from worker.core import build

    core = build(settings, lambda partition, queue: None, timeout=3.0, retries=0)  # noqa: ARG005
    reach(core)
    core.store.close()
    app = create(settings)
    signals.setup_logging.connect(lambda **_: None, weak=False)  # ours stands already
    Beat(app=app, quiet=True, loglevel=settings.log_level, scheduler_cls="redbeat.RedBeatScheduler").run()


@click.command()
@click.option("--restored", is_flag=True, help="This Redis was restored from a backup: hold what may have left since.")
def release(*, restored: bool) -> None:
    """
    Checks settings and Redis before a new version starts, and lays the state out at the first start.

    \b
      ferry release

    Safe to repeat; everything that is wrong is one sentence and a status other than 0.

    With --restored, before any worker starts: every connection is paused then, and what may have left since the backup
    is unknown instead of being sent once more.
    """
    from worker import reporting
    from worker.handlers import load
    from worker.settings import read
    from worker.store.base import open_store
    from worker.store.condition import refuse_unfit
    from worker.store.connections import Connections
    from worker.store.vault import Vault

    settings = read()
    reporting.start(settings, "release")
    folder.importable()
    found = load(settings.handlers)
    store = open_store(settings, timeout=5.0)
    refuse_unfit(store)
    store.fix_partitions()
    Connections(store, Vault(settings.secret_keys)).prove(whole=True)
    if restored:
        from worker.restored import told

        told(store)
        click.echo("Held: the first worker pauses every connection; resume them once you have looked.", err=True)
    click.echo(f"Ready: {settings.partitions} partition(s), {len(found)} handler(s).", err=True)
