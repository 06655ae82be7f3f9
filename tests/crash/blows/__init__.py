"""
The rows of DESIGN §5, each a blow at the moment its row names; a blow returns once what died is at work again.

It says whether it met its moment: a worker killed "after leaving" that had nothing at the socket proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.crash.blows import backup, engine, people, poison, providers, receiver, redis, versions, worker
from tests.crash.blows.scene import Scene


@dataclass(frozen=True)
class Row:
    """
    blow:  strikes once; whether it met its moment
    kills: how often a blow kills, freezes or cuts
    dear:  takes so long that `make test` leaves it to `make crash`
    """

    blow: Callable[[Scene], bool]
    kills: int = 1
    dear: bool = False


ROWS: dict[str, Row] = {
    "receiver killed before the script answered": Row(receiver.before_the_script),
    "receiver killed before it published": Row(receiver.after_the_script, dear=True),
    "worker killed while normalising": Row(worker.while_normalising),
    "worker killed before leaving": Row(worker.before_leaving),
    "worker killed after leaving": Row(worker.after_leaving),
    "worker frozen before leaving, woken after takeover": Row(worker.frozen_before_leaving, dear=True),
    "worker frozen after leaving, woken after takeover": Row(worker.frozen_after_leaving, dear=True),
    "worker cut from Redis during its calls": Row(worker.cut_from_redis, dear=True),
    "no worker for a while": Row(receiver.no_worker, dear=True),
    "no worker until the door closes": Row(receiver.until_the_door_closes, dear=True),
    "receiver killed while it spools and hands over": Row(receiver.spooling, kills=2, dear=True),
    "Redis killed": Row(redis.killed),
    "Redis frozen past every timeout": Row(redis.frozen),
    "Redis slower than a second": Row(redis.slow, dear=True),
    "Redis loading its file": Row(redis.loading, dear=True),
    "Redis read-only": Row(redis.read_only, dear=True),
    "Redis away until the spool is full": Row(redis.away_until_the_spool_is_full, dear=True),
    "Redis failing over": Row(redis.failing_over, dear=True),
    "Redis out of memory before an outcome": Row(redis.memory_full),
    "Redis restored from an old backup": Row(backup.restored, dear=True),
    "disk full": Row(redis.disk_full),
    "provider down": Row(providers.down, dear=True),
    "answer cut in the middle": Row(providers.answer_cut),
    "connection closed after the request left": Row(providers.request_cut, dear=True),
    "parser kills its process three times": Row(poison.parser, kills=3, dear=True),
    "handler kills its process three times": Row(poison.handler, kills=3, dear=True),
    "broker flushed": Row(engine.flushed),
    "broker killed": Row(engine.killed),
    "broker down, the tick drains": Row(engine.down, dear=True),
    "consumer dead in a living process": Row(engine.consumer_dead, dear=True),
    "beat not at all": Row(engine.no_beat),
    "beat twice": Row(engine.two_beats, dear=True),
    "runs cancelled while they wait or fly": Row(people.cancelled),
    "connection paused while runs wait": Row(people.paused, dear=True),
    "old and new code side by side": Row(versions.side_by_side, kills=2, dear=True),
    "webhook secret rotated while requests come in": Row(people.rotated, dear=True),
    "connection archived while runs wait or fly": Row(people.archived, dear=True),
}
