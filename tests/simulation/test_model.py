"""Lanes and runs on Redis do what a simple model does, whatever is asked of them in whatever order."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import redis as redis_client
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from connectors.errors import Scope
from tests.simulation.model import CALL, GRACE, HOLD, LEASE, LIMIT, Model
from worker.store import attempts, ids, lanes, runs
from worker.store.base import Store
from worker.store.text import text

QUEUE = "out:shop:live"
LANES = [f"{QUEUE}/{party}" for party in ("ann", "bob", "cat")]
DAY = 86_400_000
PICK = st.integers(0, 999)
VERDICTS = st.sampled_from(["succeeded", "failed", "unknown", "again", "more"])
LIVES = st.sampled_from([DAY, DAY, 3 * HOLD, CALL, CALL, 0])  # ms a run has
BEFORES = st.sampled_from([None, None, 0, CALL, HOLD])
SHUT = st.sampled_from([0, 0, CALL, HOLD])
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

    @initialize(picks=st.lists(PICK, min_size=2, max_size=5), repeatable=st.booleans())
    def begin(self, picks: list[int], *, repeatable: bool) -> None:
        """Something waits already, and somebody is at it."""
        for pick in picks:
            self.submit(pick, repeatable=repeatable, again=False, before=None, life=DAY)
        self.claim()

    @rule(pick=PICK, repeatable=st.booleans(), again=st.booleans(), before=BEFORES, life=LIVES)
    def submit(self, pick: int, *, repeatable: bool, again: bool, before: int | None, life: int) -> None:
        """A new run, at once or later, or one there is."""
        if again and self.model.runs:
            ident = self.run_of(pick)
            lane = self.model.runs[ident].lane
        else:
            self.count += 1
            ident, lane = ids.run_id(0, "shop", str(self.count)), LANES[pick % len(LANES)]
        record = {"connection": "shop", "repeatable": "1" if repeatable else ""}
        begins, ends = None if before is None else self.model.now + before, self.model.now + life
        new = runs.NewRun(ident, 0, lane, "mark", ends, record, not_before=begins)
        told = self.model.submit(ident, lane, repeatable=repeatable, before=begins, expires=ends)
        assert told == runs.submit(self.store, new).told

    @rule()
    def claim(self) -> None:
        """Somebody answers a bell."""
        former = dict(self.model.held)
        may = self.model.claims()
        taken = lanes.claim(self.store, 0, QUEUE, lease=LEASE, limit=LIMIT)
        fits = [model for told, lane, model in may if (told, lane) == (taken.told, taken.lane)]
        # Of several dead holders' lanes it looks at any first, and one that was struck twice is put to rest on the way.
        found: Any = self.client.zrange(self.store.key(0, f"q:{QUEUE}"), 0, -1, withscores=True)
        scores = {text(lane): int(score) for lane, score in found}
        self.model = next(model for model in fits if model.scores == scores)
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
        self._leave(lane, token, self.one_of(pick, lane), same=same)

    def _leave(self, lane: str, token: str, ident: str, *, same: bool = False) -> None:
        known = self.attempts.setdefault(ident, [])
        attempt = known[-1] if same and known else f"a.{self.model.now}.{len(known)}"
        told, _ = attempts.leave(self.store, 0, attempts.Leaving(ident, lane, token, attempt, CALL))
        assert self.model.leave(ident, lane, token, attempt) == told
        if told == "left":
            known.append(attempt)

    @precondition(lambda self: self.claims)
    @rule(pick=PICK, verdict=VERDICTS, before=st.booleans(), wait=st.integers(0, 20_000), scope=st.sampled_from(Scope))
    def finish(self, pick: int, verdict: str, *, before: bool, wait: int, scope: Scope) -> None:
        """Somebody tells an outcome: of the last attempt, of an old one, or of none."""
        lane, token = self.claim_of(pick)
        ident = self.one_of(pick, lane)
        known = self.attempts.get(ident, [])
        attempt = "" if before or not known else known[-1 - pick % min(2, len(known))]
        if attempt == "" and verdict == "unknown":
            verdict = "failed"
        self._finish(lane, token, ident, attempt, verdict, wait, scope)

    def _finish(self, lane: str, token: str, ident: str, attempt: str, verdict: str, wait: int, scope: Scope) -> None:
        until = self.model.now + wait
        end = attempts.Ending(verdict, {}, wait=wait, scope=scope)
        done = attempts.finish(self.store, 0, ident, lane, token, attempt, end, lease=LEASE, go_on=True)
        assert self.model.finish(ident, lane, token, attempt, verdict, until, scope) == done.told
        if done.head is not None:
            assert self.model.head(lane) == done.head.item

    @precondition(lambda self: self.claims)
    @rule(pick=PICK)
    def orphan(self, pick: int) -> None:
        """A holder asks what to do with a head that is out, unknown or ended."""
        lane, token = self.claim_of(pick)
        ident = self.one_of(pick, lane)
        told, done = attempts.orphan(
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
    @rule(pick=PICK, what=st.sampled_from(["cancel", "succeeded", "failed", "resume"]))
    def by_hand(self, pick: int, what: str) -> None:
        """A person takes something back, says how it ended (or a proof does), or tries it again."""
        ident = self.run_of(pick)
        if what == "cancel":
            assert self.model.cancel(ident) == runs.cancel(self.store, ident)
        elif what == "resume":
            ends = self.model.now + DAY
            assert self.model.resume(ident, ends) == runs.resume(self.store, ident, ends, {})[0]
        else:
            assert self.model.settle(ident, what) == runs.settle(self.store, ident, what, {}, [])[0]

    @rule(pause=PAUSES)
    def tick(self, pause: int) -> None:
        """Whoever ticks rings for what is due, lets scheduled runs in, and ends those whose time is over."""
        self.model.now += pause
        told = lanes.tick(self.store, 0)
        rung, may, over = self.model.tick()
        assert rung <= (QUEUE in told.rings) <= may
        assert over == told.expired
        for ident in over:
            assert self.model.expire(ident) == runs.expire(self.store, 0, ident, None, [], {"error": "{}"})[0]

    @rule(ms=SHUT, queue=st.booleans())
    def close(self, ms: int, *, queue: bool) -> None:
        """The connection is paused, or a person closes the queue; or it goes on."""
        until = self.model.now + ms if ms else 0
        if queue:
            self.model.stop(until)
            self.store.run("stop", 0, QUEUE, until)
        else:
            self.model.gate(until)
            self.store.run("gate", 0, "shop", until, "paused", QUEUE)

    @rule(
        verdict=VERDICTS, wait=st.integers(0, 20_000), scope=st.sampled_from(Scope), far=st.integers(1, 4), took=PAUSES
    )
    def work(self, verdict: str, wait: int, scope: Scope, far: int, took: int) -> None:
        """A worker as it should be, which dies on its way now and then, or takes its time."""
        before = len(self.claims)
        self.claim()
        if len(self.claims) == before or far == 1:
            return
        lane, token = self.claims[-1]
        ident = self.model.head(lane) or ""
        self._leave(lane, token, ident)
        self.model.now += took
        known = self.attempts[ident]
        if far > 2 and known:
            self._finish(lane, token, ident, known[-1], verdict, wait, scope)

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
            pipe.zrange(self.store.key(0, "later"), 0, -1, withscores=True)
            pipe.zrange(self.store.key(0, "exp"), 0, -1, withscores=True)
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
        assert self.model.due == (None if told[5] is None else int(told[5]))
        assert (self.model.due is None) == (not scores)
        assert self.model.later == {text(run): int(at) for run, at in told[6]}
        assert self.model.exp == {text(run): int(at) for run, at in told[7]}
        ends = {
            ident
            for ident, run in self.model.runs.items()
            if run.state in {"scheduled", "queued", "waiting", "leaving"}
        }
        assert ends <= set(self.model.exp)  # whatever happens to its lane, its time ends it
        states = {ident: text(state) for ident, state in zip(self.model.runs, told[8:], strict=True)}
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
            phases=list(Phase) if long else [Phase.generate],  # to make it small takes minutes
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
