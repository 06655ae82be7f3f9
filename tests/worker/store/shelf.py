"""What the tests of the store share: a store whose time stands still until told, and short ways to fill it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis as redis_client

from worker.store import attempts, ids, lanes, runs
from worker.store.base import Store
from worker.store.events import Commit
from worker.store.text import text

START = 1_700_000_000_000
LIVE = "out:shop:live"
ANN = f"{LIVE}/ann"
BOB = f"{LIVE}/bob"
DAY = 86_400_000


@dataclass
class Shelf:
    """A store and its clock."""

    client: redis_client.Redis
    now: int = START
    partitions: int = 1

    def __post_init__(self) -> None:
        self.store = Store(self.client, partitions=self.partitions, now=lambda: str(self.now))

    def key(self, name: str) -> str:
        return self.store.key(0, name)

    def submit(self, name: str, lane: str = ANN, **more: Any) -> str:
        """A run by a short name; its id."""
        return self.submitted(name, lane, **more)[0]

    def submitted(
        self,
        name: str,
        lane: str = ANN,
        *,
        mark: str = "mark",
        expires: int = DAY,
        not_before: int | None = None,
        coalesce: str = "",
        **fields: Any,
    ) -> tuple[str, runs.Submitted]:
        """The same, with what was told.  `expires` and `not_before` in ms from now."""
        connection, party = lane.split(":")[1], lane.split("/")[1]
        ident = ids.run_id(0, connection, name)
        record = {"connection": connection, "conversation": party, "input": "{}", "repeatable": "", **fields}
        before = None if not_before is None else self.now + not_before
        new = runs.NewRun(ident, 0, lane, mark, self.now + expires, record, before, coalesce)
        return ident, runs.submit(self.store, new)

    def claim(self, queue: str = LIVE, *, lease: int = 10_000, limit: int = 4, batch: int = 128) -> lanes.Claim:
        return lanes.claim(self.store, 0, queue, lease=lease, limit=limit, batch=batch)

    def leave(self, run: str, taken: lanes.Claim, attempt: str = "a1", call_ms: int = 5_000, **more: Any) -> str:
        """What leave told."""
        return self.leaving(run, taken, attempt, call_ms, **more)[0]

    def leaving(
        self, run: str, taken: lanes.Claim, attempt: str = "a1", call_ms: int = 5_000, **more: Any
    ) -> tuple[str, int | None]:
        """The same, with until when to wait."""
        return attempts.leave(self.store, 0, attempts.Leaving(run, taken.lane, taken.token, attempt, call_ms, **more))

    def finish(
        self, run: str, taken: lanes.Claim, attempt: str, verdict: str, *, go_on: bool = True, **more: Any
    ) -> attempts.Finished:
        end = attempts.Ending(verdict, more.pop("fields", {}), **more)
        return attempts.finish(self.store, 0, run, taken.lane, taken.token, attempt, end, lease=10_000, go_on=go_on)

    def orphan(
        self, run: str, taken: lanes.Claim, *, hold: int = 60_000, grace: int = 500, **more: Any
    ) -> tuple[str, attempts.Finished]:
        events = more.pop("events", ())
        return attempts.orphan(
            self.store, 0, taken.lane, taken.token, run, hold=hold, lease=10_000, go_on=True, grace=grace, events=events
        )

    def release(self, taken: lanes.Claim, until: int | None = None) -> bool:
        return lanes.release(self.store, 0, taken.lane, taken.token, until)

    def state(self, run: str) -> str:
        return text(self.client.hget(self.key(f"r:{run}"), "state"))

    def lane(self, lane: str = ANN) -> list[str]:
        """The items of a lane."""
        found: Any = self.client.lrange(self.key(f"l:{lane}"), 0, -1)
        return [text(one) for one in found]

    def due(self, queue: str = LIVE) -> int | None:
        """In how many ms the queue is to be looked at; None when it is not."""
        at: Any = self.client.zscore(self.key("due"), queue)
        return None if at is None else int(at) - self.now

    def ingest(self, body: str = "x", source: str = "shop") -> tuple[str, list[str]]:
        """A request in a source's journal: (stream id, rings)."""
        told = self.store.run(
            "ingest", self.store.of(source), source, "m", "POST", "k", "", "q", "", "h", "{}", "b", body
        )
        return text(told[0]), [text(one) for one in told[1:]]


def fact(
    key: str, *, connection: str = "shop", partition: int = 0, kind: str = "message.received", **more: Any
) -> Commit:
    """An event's commit by a short key."""
    more.setdefault("conversation", "ann")
    body = {
        "id": ids.event_id(partition, connection, kind, key),
        "type": kind,
        "connection": connection,
        **more.pop("body", {}),
    }
    return Commit(partition, body, connection, **more)


def status(message: str, said: str, at: int | str = "", *, key: str | None = None) -> Commit:
    """A receipt for a message by its provider id."""
    return fact(
        key or f"{message}:{said}:{at}",
        kind="message.status",
        message=ids.message_id(0, "shop", message),
        provider_id=message,
        status=said,
        status_at=at,
    )
