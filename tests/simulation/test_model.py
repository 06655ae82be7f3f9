"""Lanes and runs on Redis do what a simple model does, whatever is asked of them in whatever order."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import redis as redis_client
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.simulation.model import CALL, GRACE, HOLD, LEASE, LIMIT, Model
from worker.store import ids, lanes, runs
from worker.store.base import Store
from worker.store.text import text

QUEUE = "out:shop:live"
LANES = [f"{QUEUE}/{party}" for party in ("ann", "bob", "cat")]
DAY = 86_400_000
PICK = st.integers(0, 999)
VERDICTS = st.sampled_from(["succeeded", "failed", "unknown", "again"])
PAUSES = st.sampled_from([0, 1, LEASE - 1, LEASE, CALL, CALL + GRACE, CALL + 1_000, HOLD, 3 * HOLD])


class Lanes(RuleBasedStateMachine):
    """Three lanes of one queue, and everybody who ever held one of them."""

    client: redis_client.Redis

    def __init__(self) -> None:
        super().__init__()
        self.client.flushdb()
        self.model = Model()
        self.store = Store(self.client, now=lambda: str(self.model.now))
        self.claims: list[tuple[str, str]] = []  # (lane, token), stale ones too
        self.attempts: dict[str, list[str]] = {}
        self.count = 0

    def run_of(self, pick: int) -> str:
        return sorted(self.model.runs)[pick % len(self.model.runs)]

    def one_of(self, pick: int, lane: str) -> str:
        """Mostly the head, sometimes another run of the lane."""
        head = self.model.head(lane)
        mine = sorted(name for name, run in self.model.runs.items() if run.lane == lane)
        return head if head and pick % 4 else mine[pick % len(mine)]

    @rule(pick=PICK, repeatable=st.booleans(), again=st.booleans())
    def submit(self, pick: int, *, repeatable: bool, again: bool) -> None:
        """A new run, or one there is."""
        if again and self.model.runs:
            ident = self.run_of(pick)
            lane = self.model.runs[ident].lane
        else:
            self.count += 1
            ident, lane = ids.run_id(0, "shop", str(self.count)), LANES[pick % len(LANES)]
        record = {"connection": "shop", "repeatable": "1" if repeatable else ""}
        new = runs.NewRun(ident, 0, lane, "mark", self.model.now + DAY, record)
        assert self.model.submit(ident, lane, repeatable=repeatable) == runs.submit(self.store, new).told

    @rule()
    def claim(self) -> None:
        """Somebody answers a bell."""
        former = dict(self.model.held)
        may = {(told, lane): model for told, lane, model in self.model.claims()}
        taken = lanes.claim(self.store, 0, QUEUE, lease=LEASE, limit=LIMIT)
        assert (taken.told, taken.lane) in may
        self.model = may[taken.told, taken.lane]
        if taken.head is not None:
            assert former.get(taken.lane, "") == taken.former
            assert self.model.head(taken.lane) == taken.head.item
            assert len(self.model.strikes.get(taken.lane, ("", []))[1]) == taken.strikes
            self.model.held[taken.lane] = taken.token
            self.claims.append((taken.lane, taken.token))

    def claim_of(self, pick: int) -> tuple[str, str]:
        """Mostly a recent one, sometimes one of long ago."""
        return self.claims[-1 - pick % min(len(self.claims), 3)] if pick % 5 else self.claims[pick % len(self.claims)]

    @precondition(lambda self: self.claims)
    @rule(pick=PICK, same=st.booleans())
    def leave(self, pick: int, *, same: bool) -> None:
        """A sender leaves, or asks again for the attempt it has left with."""
        lane, token = self.claim_of(pick)
        ident = self.one_of(pick, lane)
        known = self.attempts.setdefault(ident, [])
        attempt = known[-1] if same and known else f"a{pick}.{self.model.now}.{len(known)}"
        told, _ = runs.leave(self.store, 0, runs.Leaving(ident, lane, token, attempt, CALL))
        assert self.model.leave(ident, lane, token, attempt) == told
        if told == "left":
            known.append(attempt)

    @precondition(lambda self: self.claims)
    @rule(pick=PICK, verdict=VERDICTS, before=st.booleans(), go_on_wait=st.integers(0, 20_000))
    def finish(self, pick: int, verdict: str, *, before: bool, go_on_wait: int) -> None:
        """Somebody tells an outcome: of the last attempt, of an old one, or of none."""
        lane, token = self.claim_of(pick)
        ident = self.one_of(pick, lane)
        known = self.attempts.get(ident, [])
        attempt = "" if before or not known else known[-1 - pick % min(2, len(known))]
        if attempt == "" and verdict == "unknown":
            verdict = "failed"
        until = self.model.now + go_on_wait
        end = runs.Ending(verdict, {}, until=until)
        done = runs.finish(self.store, 0, ident, lane, token, attempt, end, lease=LEASE, go_on=True)
        assert self.model.finish(ident, lane, token, attempt, verdict, until) == done.told
        if done.head is not None:
            assert self.model.head(lane) == done.head.item

    @precondition(lambda self: self.claims)
    @rule(pick=PICK)
    def orphan(self, pick: int) -> None:
        """A holder asks what to do with a head that is out, unknown or ended."""
        lane, token = self.claim_of(pick)
        ident = self.one_of(pick, lane)
        told, done = runs.orphan(
            self.store, 0, lane, token, ident, hold=HOLD, lease=LEASE, go_on=True, grace=GRACE, events=()
        )
        assert self.model.orphan(ident, lane, token) == told
        if done.head is not None:
            assert self.model.head(lane) == done.head.item

    @precondition(lambda self: self.claims)
    @rule(pick=PICK, wait=st.none() | st.integers(0, 20_000))
    def release(self, pick: int, wait: int | None) -> None:
        """A holder lets go."""
        lane, token = self.claim_of(pick)
        until = None if wait is None else self.model.now + wait
        assert self.model.release(lane, token, until) == lanes.release(self.store, 0, lane, token, until)

    @precondition(lambda self: self.claims)
    @rule(pick=PICK)
    def renew(self, pick: int) -> None:
        """A holder stays."""
        lane, token = self.claim_of(pick)
        assert self.model.renew(lane, token) == lanes.renew(self.store, 0, lane, token, LEASE)

    @precondition(lambda self: self.model.runs)
    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        """Somebody takes something back."""
        ident = self.run_of(pick)
        assert self.model.cancel(ident) == runs.cancel(self.store, ident)

    @precondition(lambda self: self.model.runs)
    @rule(pick=PICK, verdict=st.sampled_from(["succeeded", "failed"]))
    def settle(self, pick: int, verdict: str) -> None:
        """A proof, or what somebody takes for one."""
        ident = self.run_of(pick)
        assert self.model.settle(ident, verdict) == runs.settle(self.store, ident, verdict, {}, [])[0]

    @precondition(lambda self: self.model.runs)
    @rule(pick=PICK)
    def resume(self, pick: int) -> None:
        """A person tries again."""
        ident = self.run_of(pick)
        assert self.model.resume(ident) == runs.resume(self.store, ident, self.model.now + DAY, {})[0]

    @rule(pause=PAUSES)
    def time_passes(self, pause: int) -> None:
        """Leases end, deadlines pass, what is parked becomes ready."""
        self.model.now += pause

    @invariant()
    def the_same_lanes(self) -> None:
        """Items, scores, holders and the due time; a lane with items has a score, one without them only while held."""
        with self.client.pipeline(transaction=False) as pipe:
            for lane in LANES:
                pipe.lrange(self.store.key(0, f"l:{lane}"), 0, -1)
            pipe.zrange(self.store.key(0, f"q:{QUEUE}"), 0, -1, withscores=True)
            pipe.hgetall(self.store.key(0, f"h:{QUEUE}"))
            pipe.zscore(self.store.key(0, "due"), QUEUE)
            for ident in self.model.runs:
                pipe.hget(self.store.key(0, f"r:{ident}"), "state")
            told: list[Any] = pipe.execute()
        items = {lane: [text(one) for one in rows] for lane, rows in zip(LANES, told, strict=False)}
        assert {lane: self.model.lanes.get(lane, []) for lane in LANES} == items
        scores = {text(lane): int(score) for lane, score in told[3]}
        assert self.model.scores == scores
        filled = {lane for lane, rows in items.items() if rows}
        assert filled <= set(scores) <= filled | set(self.model.held)
        assert self.model.held == {text(lane): text(token) for lane, token in told[4].items()}
        assert (min(scores.values()) if scores else None) == (None if told[5] is None else int(told[5]))
        states = {ident: text(state) for ident, state in zip(self.model.runs, told[6:], strict=True)}
        assert {ident: run.state for ident, run in self.model.runs.items()} == states


def test_lanes_and_runs_are_as_the_model_says(redis: redis_client.Redis, long: bool) -> None:  # noqa: FBT001  (a fixture)
    """Small in `make test`, and the same each time; large and new each time in `make crash`."""
    Lanes.client = redis
    run_state_machine_as_test(
        Lanes,
        settings=settings(
            max_examples=3_000 if long else 80,
            stateful_step_count=50,
            deadline=None,
            derandomize=not long,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
