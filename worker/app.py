"""
The Celery app: engine and doorbell.  Its messages are wake-ups only; correctness never rests on its acks or retries.

`create(settings)` makes the app; `start` and `stop` hang the ticker and the intake of other apps' tasks on a worker.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from celery import Celery, signals
from kombu.exceptions import OperationalError

from worker import deliveries, inbox, outbox
from worker.chores import Chores
from worker.core import Core, build
from worker.handlers import load
from worker.intake import QUEUE as OTHERS
from worker.intake import TASKS, Intake, consume, taken_by_list
from worker.jobs import JOBS, BrokerAway, carry_out, schedule
from worker.settings import Settings
from worker.store.client import is_away
from worker.sweeps import Sweeper
from worker.ticker import Ticker

log = logging.getLogger("ferry.app")

DRAIN = "ferry.drain"
QUIET = 5.0  # seconds without a wake-up after one that could not be published
EXPIRES = 30  # seconds: an older wake-up has been rung again by the tick
KINDS = {"in": "inbox", "dlv": "deliveries"}
QUEUES = ("inbox", "actions", "deliveries", "bulk", "jobs")


def celery_queue(queue: str) -> str:
    """Which Celery queue carries the wake-ups of a queue of ours."""
    kind = queue.partition(":")[0]
    if kind == "out":
        return "bulk" if queue.endswith(":bulk") else "actions"
    return KINDS.get(kind, "jobs")


def create(settings: Settings) -> Celery:
    """The app, configured; nothing is connected."""
    app = Celery("ferry", broker=settings.broker, set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue="jobs",
        task_acks_late=False,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_enable_remote_control=True,  # without it a worker stays stuck after a Redis restart (measured)
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": 60,  # wake-ups are cheap to repeat
            "socket_timeout": 10,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 30,
            "max_retries": 0,  # of who publishes; else a webhook and the tick wait 6 s for each bell while it is away
        },
        beat_scheduler="redbeat.RedBeatScheduler",
        redbeat_redis_url=settings.redis_url,
        redbeat_key_prefix="f:beat:",
        redbeat_lock_timeout=30,
        redbeat_redis_options={
            "socket_timeout": 10,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 30,
        },
        beat_max_loop_interval=5,
        beat_schedule=schedule(),
        timezone="UTC",
    )
    return app


def publisher(app: Celery, *, clock: Callable[[], float] = time.monotonic) -> Callable[[int, str], None]:
    """
    publish(partition, queue): one wake-up on its way.

    After one that failed none is tried for a while: whoever rings has something better to do than to wait for a broker
    that is away, and the tick rings again.
    """
    quiet = 0.0

    def publish(partition: int, queue: str) -> None:
        nonlocal quiet
        if clock() < quiet:
            return
        try:
            app.send_task(
                DRAIN,
                args=(partition, queue),
                queue=celery_queue(queue),
                expires=EXPIRES,
                ignore_result=True,
                retry=False,
            )
        except Exception:
            quiet = clock() + QUIET
            raise

    return publish


def core_of(app: Celery, settings: Settings, *, timeout: float = 5.0, retries: int = 3) -> Core:
    """A core that wakes workers through this app, and has them carry out jobs."""
    core = build(settings, publisher(app), timeout=timeout, retries=retries)
    core.start = starter(app)
    return core


def starter(app: Celery) -> Callable[[str], None]:
    """start(job): one turn of it, beside its schedule.  raises: BrokerAway"""

    def start(job: str) -> None:
        try:
            app.send_task(job, queue="jobs", expires=EXPIRES, ignore_result=True, retry=False)
        except OperationalError as problem:
            raise BrokerAway from problem

    return start


def drain(core: Core, partition: int, queue: str) -> None:
    """Works off one queue of ours, whichever kind it is."""
    kind = queue.partition(":")[0]
    if kind == "in":
        inbox.drain(core, partition, queue)
    elif kind == "out":
        outbox.drain(core, partition, queue)
    elif kind == "dlv":
        deliveries.drain(core, partition, queue)


class Engine:
    """A worker process: tasks, ticker and intake around one core."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = create(settings)
        self.core = core_of(self.app, settings)
        self.core.subscriptions = load(settings.handlers)
        # One slot is kept for the inbox, so that no number of slow providers holds every thread, and one for bulk.
        # Bulk may have half of them, so that no number of campaigns keeps a reply waiting.
        self._room = threading.BoundedSemaphore(max(1, settings.slots - 1))
        self._shares = {
            True: threading.BoundedSemaphore(max(1, settings.slots // 2)),
            False: threading.BoundedSemaphore(max(1, settings.slots - 2)),
        }
        self.ticker = Ticker(self.core, self.drain)
        self.intake = Intake(self.core)
        self.chores = Chores(self.core, self.ticker.elected)
        self.sweeper = Sweeper(self.core, self.ticker.elected)
        self._register()

    def drain(self, partition: int, queue: str) -> None:
        """One wake-up's work; without room the queue stays due, and the tick rings again."""
        if queue.startswith("in:"):
            drain(self.core, partition, queue)
            return
        with self._a_slot(bulk=queue.endswith(":bulk")) as got:
            if got:
                drain(self.core, partition, queue)

    @contextlib.contextmanager
    def _a_slot(self, *, bulk: bool) -> Iterator[bool]:
        """Whether there is one within this context, without waiting for it."""
        with contextlib.ExitStack() as held:
            for one in (self._shares[bulk], self._room):
                if not one.acquire(blocking=False):
                    yield False
                    return
                held.callback(one.release)
            yield True

    def _register(self) -> None:
        engine = self

        @self.app.task(name=DRAIN, shared=False, ignore_result=True)
        def ferry_drain(partition: int, queue: str) -> None:
            try:
                engine.drain(partition, queue)
            except Exception as problem:
                if not is_away(problem.__cause__ if isinstance(problem, inbox.CommitFailed) else problem):
                    raise
                log.warning("a drain ended early: redis is away", extra={"error": type(problem).__name__})

        for name in JOBS:
            self.app.task(name=name, shared=False, ignore_result=True)(_bound(name, self.core))
        if not taken_by_list(self.settings.broker):
            for name in TASKS:
                self.app.task(name=name, bind=True, shared=False, acks_late=True, ignore_result=True)(
                    consume(self.core, name)
                )

    @property
    def queues(self) -> list[str]:
        """What the Celery consumer takes: other apps' queue only where no thread of ours takes it more safely."""
        return [*QUEUES] if taken_by_list(self.settings.broker) else [*QUEUES, OTHERS]

    def start(self) -> None:
        """Ticker and intake begin at once, whether the broker is there or not, and end when the worker is told to."""
        signals.worker_ready.connect(self._ready, weak=False)
        signals.worker_shutting_down.connect(self._ending, weak=False)
        self.ticker.start()
        self.chores.start()
        self.sweeper.start()
        self.intake.start()

    def stop(self) -> None:
        """Begins nothing new; what is under way finishes."""
        self.core.stopping.set()
        self.ticker.stop()
        self.chores.stop()
        self.sweeper.stop()
        self.intake.stop()

    def _ready(self, **_: Any) -> None:
        log.info("worker ready", extra={"slots": self.settings.slots, "handlers": len(self.core.subscriptions)})

    def _ending(self, **_: Any) -> None:
        self.stop()


def _bound(job: str, core: Core) -> Any:
    def run() -> None:
        carry_out(core, job)

    run.__name__ = job.rpartition(".")[2]
    return run
