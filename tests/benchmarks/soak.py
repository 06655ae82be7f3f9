"""
A soak: Redis' memory follows what is kept, not what has passed through.

    python -m tests.benchmarks.soak [--messages 200000] [--window 60]

Everything is kept for `window` seconds instead of days, and one process carries messages in, a bot's answer to every
fourth of them out and its receipts back, some of them refused, silent or too much for a handler, over a real Valkey.
Every half window it tells what Redis holds; at the end it waits until all that was kept is over, and what is left must
be the same however many have passed: connections, people, and logs of a fixed length.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from connectors.guards import HookRequest
from connectors.provider import RECIPIENT
from tests.worker import families
from tests.worker.families import PARTITION, Bound
from tests.worker.pipeline import Pipeline, build
from worker import jobs, reconcile, standing, valkey
from worker.core import Subscription
from worker.handlers import Ferry
from worker.store.connections import Stored
from worker.ticker import Ticker

TALKS = 1_000  # people; what is known of each is kept for a month, and does not grow
BATCH = 200
SHOWN = 8  # families a line, the largest first
PEOPLE = frozenset({"v", "co", "ec", "vi", "rp"})  # at most so many a person


@dataclass
class Soak:
    """One run of it."""

    ferry: Pipeline
    stored: Stored
    window: float
    dice: random.Random
    ticker: Ticker = field(init=False)
    count: int = 0
    asked: int = 0  # the stand-in
    begun: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.ticker = Ticker(self.ferry.core, lambda partition, queue: None)
        self.ticker._elected()

    @property
    def client(self) -> redis.Redis:
        """The server's."""
        return self.ferry.core.store.client

    def batch(self) -> None:
        """So many people write, are answered, and their phones tell that they saw it."""
        for _ in range(BATCH):
            contact = f"1555{self.dice.randrange(TALKS):07d}@c.us"
            self.ferry.ingest(self.stored, self.ferry.hook(self.stored, "message", {"messages.0.chatId": contact}))
        stand_in = self.ferry.simulators["onemsg"]
        odd = self.dice.random()
        if odd < 0.2:
            stand_in.behave(action="send-message", status=400, body={"error": "no"}, times=1)
        elif odd < 0.4:
            stand_in.behave(action="send-message", drop="after", times=1)
        self.ferry.settle(60.0)
        sent = len(stand_in.requests("send-message", after=self.asked, limit=10 * BATCH))
        self.asked += len(stand_in.requests(after=self.asked, limit=10 * BATCH))
        for request in self._called(stand_in):
            self.ferry.ingest(self.stored, request)
        self.ferry.settle(60.0)
        self.count += BATCH + sent

    def _called(self, stand_in: Any) -> list[HookRequest]:
        """The callbacks of the stand-in: echoes and receipts."""
        with stand_in.lock:
            found = list(stand_in.sent)
            stand_in.sent.clear()
        return found

    def upkeep(self) -> None:
        """What a worker does beside its messages, and beat's job."""
        core = self.ferry.core
        self.ticker.tick()
        reconcile.turn(core, 0)
        jobs.trim(core)
        self.ferry.settle(60.0)

    def tell(self) -> None:
        """One line."""
        used = int(self.client.info("memory")["used_memory"])
        counted = families.counted(self.client)
        most = sorted(counted, key=lambda name: -counted[name])[:SHOWN]
        events = int(self.client.xlen("f:{0}:ev"))
        shown = " ".join(f"{name} {counted[name]:,}" for name in most)
        seconds = time.monotonic() - self.begun
        print(
            f"{seconds:>6.0f} s {self.count:>8,} messages {used / 1e6:>7.1f} MB  events {events:,}; {shown}", flush=True
        )

    def left(self) -> dict[str, int]:
        """Entries of families that grow with traffic; a journal keeps the ms in which the last was read."""
        grown: dict[str, int] = {}
        for name in families.keys(self.client):
            where, what = families.name_of(name) or ("", "")
            if where == "partition" and PARTITION[what].bound not in {Bound.FIXED, Bound.LENGTH} and what not in PEOPLE:
                grown[what] = grown.get(what, 0) + families.length(self.client, name)
        return {name: count for name, count in grown.items() if count > (BATCH if name == "in" else 0)}


def answers(event: dict[str, Any], ferry: Ferry) -> None:
    """The bot, which answers every fourth; now and then one is too much for it."""
    chance = int(event["id"][-6:-2], 16)
    if chance % 200 == 0:
        raise ValueError(event["id"])
    if chance % 4 == 1:
        ferry.send("an answer of about as many words as people write to each other")


def prepared(client: redis.Redis, window: float) -> tuple[Pipeline, Stored]:
    """A Ferry that keeps everything for so many seconds."""
    bot = Subscription("bot", frozenset({"message.received"}), answers)
    ferry = build(
        client, handlers=[bot], patience_seconds=0.0, unknown_hold_seconds=0.05, reconcile_hours=window / 7200
    )
    kept = ferry.core.store.retention
    kept.journal = kept.events = kept.seen = kept.runs = kept.letters = int(window * 1000)
    stored = ferry.connect("1msg")
    return ferry, standing.change(ferry.core, stored.id, limits={"default": 0, RECIPIENT: 0})


def main() -> int:
    """1 when something is left that grows with traffic."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.soak", description="Memory under traffic.")
    parser.add_argument("--messages", type=int, default=200_000, help="in and out together")
    parser.add_argument("--window", type=float, default=60.0, help="seconds everything is kept")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    logging.getLogger("ferry").setLevel(logging.ERROR)  # what the bot cannot take is meant
    with (
        tempfile.TemporaryDirectory(prefix="ferry-soak-") as folder,
        valkey.start(Path(folder), appendfsync="no") as server,
        redis.Redis.from_url(server.url) as client,
    ):
        ferry, stored = prepared(client, chosen.window)
        soak = Soak(ferry, stored, chosen.window, random.Random(chosen.seed))
        soak.tell()
        next_tell = next_upkeep = time.monotonic()
        while soak.count < chosen.messages:
            soak.batch()
            if time.monotonic() >= next_upkeep:
                soak.upkeep()
                next_upkeep = time.monotonic() + chosen.window / 10
            if time.monotonic() >= next_tell:
                soak.tell()
                next_tell = time.monotonic() + chosen.window / 2
        print(f"that were {(time.monotonic() - soak.begun) / chosen.window:.0f} windows; now nothing more comes")
        until = time.monotonic() + 10 * chosen.window
        while time.monotonic() < until and (time.monotonic() < until - 7 * chosen.window or soak.left()):
            soak.upkeep()
            time.sleep(chosen.window / 20)
        soak.tell()
        left = soak.left()
        strangers = families.strangers(families.keys(client))
    print(f"left that grows with traffic: {left or 'nothing'}; keys of no family: {strangers or 'none'}")
    return int(bool(left or strangers))


if __name__ == "__main__":
    sys.exit(main())
