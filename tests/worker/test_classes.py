"""Live and bulk: a campaign of thousands keeps no reply waiting, and no stream of replies stops a campaign."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field

import pytest
import redis as redis_client

from tests.eventually import eventually
from tests.worker.store.shelf import LIVE, Shelf
from worker import app
from worker.app import Engine
from worker.settings import Settings
from worker.store.vault import new_key

BULK = "out:shop:bulk"
BACKLOG = 2_000


@dataclass
class Race:
    """
    Workers that take whatever is ready of both queues, by a clock that stands still in between.

    waited: ms of each reply from its coming to its leaving; campaign: when each message of the backlog left
    """

    shelf: Shelf
    step: float
    burst: int
    waited: list[int] = field(default_factory=list)
    campaign: list[int] = field(default_factory=list)
    came: dict[str, int] = field(default_factory=dict)
    names: itertools.count[int] = field(default_factory=itertools.count)

    def backlog(self, queue: str, count: int) -> None:
        """So many messages to as many people."""
        for _ in range(count):
            name = f"p{next(self.names)}"
            self.came[self.shelf.submit(name, f"{queue}/{name}")] = self.shelf.now

    def turn(self, queue: str) -> bool:
        """One claim; whether something left."""
        taken = self.shelf.claim(queue)
        if taken.head is None:
            return False
        run = taken.head.item
        told = self.shelf.leave(run, taken, f"a-{run}", pace="send", step_ms=self.step, burst=self.burst)
        if told != "left":
            return False
        self.shelf.finish(run, taken, f"a-{run}", "succeeded", go_on=False)
        if queue == LIVE:
            self.waited.append(self.shelf.now - self.came[run])
        else:
            self.campaign.append(self.shelf.now)
        return True

    def run(self, ms: int, tick: int, replies: int = 0) -> None:
        """So long; a reply comes every `replies` ms.  Whoever is first is not always the same."""
        until, next_reply, order = self.shelf.now + ms, self.shelf.now + replies, [BULK, LIVE]
        while self.shelf.now < until:
            if replies and self.shelf.now >= next_reply:
                self.backlog(LIVE, 1)
                next_reply += replies
            left = True
            while left:
                left = sum(self.turn(queue) for queue in order) > 0  # each has its turn
            order.reverse()
            self.shelf.now += tick


@pytest.fixture
def shelf(redis: redis_client.Redis) -> Shelf:
    """A store whose time stands still."""
    return Shelf(redis)


def test_a_campaign_keeps_no_reply_waiting(shelf: Shelf) -> None:
    """Ten a second, thousands queued, three replies a second: these leave as they come, the campaign has the rest."""
    race = Race(shelf, step=100.0, burst=10)
    race.backlog(BULK, BACKLOG)
    race.run(20_000, tick=20, replies=333)

    assert len(race.waited) > 50
    assert max(race.waited) <= 20, "within the tick it came in"
    assert 190 <= len(race.waited) + len(race.campaign) <= 220, "no room is lost"


def test_without_a_burst_a_reply_waits_for_a_turn_or_two(shelf: Shelf) -> None:
    """Not behind the thousands."""
    race = Race(shelf, step=100.0, burst=1)
    race.backlog(BULK, BACKLOG)
    race.run(10_000, tick=20, replies=500)

    assert len(race.waited) > 15
    assert max(race.waited) <= 220


@pytest.mark.parametrize("burst", [1, 4, 10])
def test_a_stream_of_replies_never_stops_a_campaign(shelf: Shelf, burst: int) -> None:
    """More replies than may leave, without end: the campaign goes on, about one of ten, and never rests for long."""
    race = Race(shelf, step=100.0, burst=burst)
    race.backlog(LIVE, 400)
    race.backlog(BULK, 50)
    race.run(20_000, tick=20)

    assert len(race.campaign) >= 10
    assert max(after - before for before, after in itertools.pairwise(race.campaign)) <= 3_000
    assert len(race.waited) >= 6 * len(race.campaign), "replies have most of it"


def test_nor_where_a_class_is_slow(shelf: Shelf) -> None:
    """One in three seconds: lanes are parked for turns of their own, and of those some are the campaign's."""
    race = Race(shelf, step=3_000.0, burst=1)
    race.backlog(LIVE, 150)
    race.backlog(BULK, 50)
    race.run(600_000, tick=500)

    assert len(race.campaign) >= 10
    assert max(after - before for before, after in itertools.pairwise(race.campaign)) <= 60_000
    assert 170 <= len(race.waited) + len(race.campaign) <= 201


def test_bulk_alone_has_all_of_it(shelf: Shelf) -> None:
    """What is kept for live costs nothing where there is none."""
    race = Race(shelf, step=100.0, burst=10)
    race.backlog(BULK, 300)
    race.run(20_000, tick=20)

    assert 195 <= len(race.campaign) <= 212


def test_campaigns_hold_no_more_than_half_of_the_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies find a slot beside any number of campaigns, and a campaign finds one beside any number of replies."""
    engine = Engine(Settings(redis_url="redis://127.0.0.1:1/0", secret_keys=(new_key(),), slots=8))
    gate, inside = threading.Event(), []

    def drain(core: object, partition: int, queue: str) -> None:
        inside.append(queue)
        gate.wait(30.0)

    monkeypatch.setattr(app, "drain", drain)

    def fill(*queues: str) -> list[threading.Thread]:
        threads = [threading.Thread(target=engine.drain, args=(0, queue)) for queue in queues]
        for one in threads:
            one.start()
        return threads

    started = fill(*[f"out:{number}:bulk" for number in range(20)])
    eventually(lambda: len(inside) == 4)
    eventually(lambda: sum(one.is_alive() for one in started) == 4)
    started += fill(*[f"out:{number}:live" for number in range(20)])
    eventually(lambda: sum(one.is_alive() for one in started) == 7)
    assert (4, 3) == (sum(one.endswith("bulk") for one in inside), sum(one.endswith("live") for one in inside))
    gate.set()
    for one in started:
        one.join()

    gate.clear()
    inside.clear()
    started = fill(*[f"out:{number}:live" for number in range(20)])
    eventually(lambda: len(inside) == 6 and sum(one.is_alive() for one in started) == 6)
    started += fill("out:0:bulk")
    eventually(lambda: "out:0:bulk" in inside)
    gate.set()
    for one in started:
        one.join()
