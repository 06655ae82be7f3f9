"""
Other apps' tasks, sent by a Celery app that imports nothing of ours, while the worker that takes them is killed.

    python -m tests.crash.tasks [--broker redis|rabbitmq] [--tasks 20000] [--kills 25] [--seed N]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from celery import Celery

from tests.crash.chaos import new_seed
from tests.crash.load import CONTACTS
from tests.crash.rabbit import missing, rabbit
from tests.crash.stand import P, Stand
from tests.eventually import eventually

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
NEVER = 600.0  # seconds without an end: it never comes


@dataclass(frozen=True)
class Found:
    """
    What became of tasks that were sent.

    lost, doubled: without a run, and with several; states: of the runs
    twice, unsaid: texts the provider was asked to send twice, and those whose run claims it and that it never saw
    """

    tasks: int
    kills: int
    lost: int
    doubled: int
    states: dict[str, int]
    twice: list[str]
    unsaid: list[str]
    seconds: float

    @property
    def broken(self) -> bool:
        """Whether anything was lost or done twice."""
        left = set(self.states) - {"scheduled", "succeeded", "unknown"}
        return bool(self.lost or self.doubled or self.twice or self.unsaid or left)

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return (
            f"{self.tasks} tasks, {self.kills} kills, {self.seconds:.0f} s: {self.lost} lost, {self.doubled} doubled, "
            f"{len(self.twice)} sent twice, {len(self.unsaid)} told as sent and never seen; runs: {states}"
        )


@contextlib.contextmanager
def somebody(broker: str) -> Iterator[Celery]:
    """Somebody else's app: JSON only, and the broker's address."""
    app = Celery("somebody", broker=broker, set_as_current=False)
    app.conf.broker_transport_options = {"confirm_publish": True}  # RabbitMQ: what was sent is there
    try:
        yield app
    finally:
        app.close()


def play(stand: Stand, app: Celery, *, tasks: int, kills: int, seed: int) -> Found:
    """Sends them and kills the worker at random moments while it takes them; one in five leaves at once."""
    begun = time.monotonic()
    dice = random.Random(seed)
    contacts = [next(CONTACTS) for _ in range(60)]
    index = f"{P}ri:{stand.connection('1msg').id}"
    before = int(stand.state.zcard(index))
    sent: dict[str, str] = {}

    def send() -> None:
        for number in range(tasks):
            text = f"t{seed}-{number:05d}"
            words = {"to": contacts[number % len(contacts)], "text": text}
            body = {"connection": "1msg", "action": "send-message", "input": words, "force": True}  # nobody wrote first
            if number % 5:
                body["not_before"] = TOMORROW
            sent[str(app.send_task("ferry.run", kwargs=body, queue="ferry").id)] = text

    def reach(taken: int) -> None:
        eventually(lambda: int(stand.state.zcard(index)) >= before + taken, NEVER)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        for taken in sorted(dice.sample(range(tasks // 20, tasks - tasks // 20), kills)):
            reach(taken)
            stand.kill_worker()
    finally:
        sending.join()
    with contextlib.suppress(AssertionError):  # then some are lost, and that is told below
        reach(tasks)
    stand.drained(NEVER)
    return _found(stand, sent, kills, seed, begun)


def _found(stand: Stand, sent: dict[str, str], kills: int, seed: int, begun: float) -> Found:
    runs = [run for run in stand.listed("/v1/runs", connection="1msg") if _task(run["idempotency_key"]) in sent]
    times = Counter(_task(run["idempotency_key"]) for run in runs)
    pattern = re.compile(rf"t{seed}-\d+")
    heard = Counter(
        told[0] for one in stand.dev.asked("1msg", "send-message") if (told := pattern.search(json.dumps(one["body"])))
    )
    said = {sent[_task(run["idempotency_key"])] for run in runs if run["state"] == "succeeded"}
    return Found(
        tasks=len(sent),
        kills=kills,
        lost=len(sent) - len(times),
        doubled=sum(count > 1 for count in times.values()),
        states=dict(Counter(run["state"] for run in runs)),
        twice=sorted(text for text, count in heard.items() if count > 1),
        unsaid=sorted(said - set(heard)),
        seconds=time.monotonic() - begun,
    )


def _task(key: str | None) -> str:
    """The task's id, which is the key of a run whose caller gave none."""
    return (key or "").removeprefix("task:")


@contextlib.contextmanager
def staged(folder: Path, broker: str) -> Iterator[tuple[Stand, Celery]]:
    """A Ferry whose broker is a Redis or a RabbitMQ, and somebody who sends to it."""
    with contextlib.ExitStack() as stack:
        settings = {"BROKER_URL": stack.enter_context(rabbit(folder / "rabbit"))} if broker == "rabbitmq" else {}
        stand = Stand.start(folder / "dev", **settings)
        stack.callback(stand.stop)
        app = stack.enter_context(somebody(settings.get("BROKER_URL") or stand.dev.info["redis_url"]))
        yield stand, app


def main() -> int:
    """1 when a task was lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.tasks", description="Kills who takes others' tasks.")
    parser.add_argument("--broker", choices=["redis", "rabbitmq"], default="redis")
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=new_seed(), help="plays the same moments again")
    chosen = parser.parse_args()
    if chosen.broker == "rabbitmq" and missing():
        parser.error(missing())
    with tempfile.TemporaryDirectory(prefix="ferry-tasks-") as name, staged(Path(name), chosen.broker) as (stand, app):
        found = play(stand, app, tasks=chosen.tasks, kills=chosen.kills, seed=chosen.seed)
    print(f"{chosen.broker}, seed {chosen.seed}: {found}")
    return int(found.broken)


if __name__ == "__main__":
    sys.exit(main())
