"""`ferry worker`: a Celery worker in this process, on threads, that ends when its broker is lost for good."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

import click

from worker.cli import folder

if TYPE_CHECKING:
    from worker.core import Core

REDIS_PATIENCE = 60.0  # seconds


@click.command()
def worker() -> None:
    """
    Turns webhooks into events, carries out actions, runs handlers and scheduled jobs.

    \b
      ferry worker

    TERM lets what is under way finish.  Without an answer from its broker for 60 seconds, or when as many handlers as a
    quarter of its slots never return, it ends with a status other than 0, so that its supervisor starts it again.
    """
    from worker import reporting
    from worker.settings import read

    settings = read()
    reporting.start(settings, "worker")

    from celery import signals
    from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
    from kombu.transport.virtual import Channel

    from worker.app import Engine
    from worker.cli.roundtrip import leave, watch

    folder.importable()
    # A wake-up is rung again by the tick, so none needs to be put back; and doing so over the connection that was just
    # lost ends the whole worker (kombu 5.7: AttributeError in `restore_unacked`, after every other kill of Redis).
    Channel.do_restore = False
    engine = Engine(settings)
    reach(engine.core)
    signals.setup_logging.connect(lambda **_: None, weak=False)  # ours stands already
    warnings.simplefilter("ignore", SecurityWarning)  # of running as root: who runs us is for our deployer to say
    warnings.simplefilter("ignore", CPendingDeprecationWarning)  # told at each lost connection; app.py has decided
    made = engine.app.Worker(
        pool="threads",
        concurrency=settings.slots,
        queues=engine.queues,
        loglevel=settings.log_level,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    watch(engine, made.hostname).start()
    engine.core.hands.watch(max(1, settings.slots // 4), lambda: leave(engine))
    engine.start()
    made.start()
    sys.exit(made.exitcode or 0)


def reach(core: Core, patience: float = REDIS_PATIENCE) -> None:
    """Redis is fit, laid out as we are, opened by our keys; waited for a while: the two may start in any order."""
    import logging
    import time

    from worker.store.client import is_away
    from worker.store.condition import refuse_unfit

    until = time.monotonic() + patience
    while True:
        try:
            refuse_unfit(core.store)
            core.store.fix_partitions()
            core.connections.prove()
        except Exception as problem:
            if not is_away(problem) or time.monotonic() > until:
                raise
            logging.getLogger("ferry.worker").warning(
                "redis is away: waiting for it", extra={"error": type(problem).__name__}
            )
            time.sleep(1.0)
        else:
            return
