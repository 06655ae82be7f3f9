"""Lanes and runs as they should be, in a hundred lines without Redis.  Times in ms; see worker/store/README.md."""

from __future__ import annotations

from dataclasses import dataclass, field

LEASE, CALL, GRACE, HOLD, LIMIT = 1_000, 2_000, 500, 10_000, 2
OPEN = {"queued", "waiting"}


@dataclass
class Run:
    """What a run is in, and what its last attempt was."""

    lane: str
    repeatable: bool
    state: str = "queued"
    attempt: str = ""
    deadline: int = 0
    since: int = 0  # when it became unknown
    cancel: bool = False


@dataclass
class Model:
    """One queue.  A lane is in `scores` as long as it has items: ready, parked or held until then."""

    now: int = 1_700_000_000_000
    runs: dict[str, Run] = field(default_factory=dict)
    lanes: dict[str, list[str]] = field(default_factory=dict)
    scores: dict[str, int] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)

    def head(self, lane: str) -> str | None:
        items = self.lanes.get(lane, [])
        return items[0] if items else None

    def holds(self, lane: str, token: str) -> bool:
        return self.held.get(lane) == token

    def submit(self, run: str, lane: str, *, repeatable: bool) -> str:
        if run in self.runs:
            return "same"
        self.runs[run] = Run(lane, repeatable)
        self._push(run, lane)
        return "queued"

    def _push(self, run: str, lane: str) -> None:
        self.lanes.setdefault(lane, []).append(run)
        self.scores.setdefault(lane, self.now)

    def claimable(self) -> tuple[str, set[str]]:
        """What a claim tells, and the lanes it may give."""
        order = sorted((score, lane) for lane, score in self.scores.items())
        if not order:
            return "empty", set()
        if order[0][0] > self.now:
            return "idle", set()
        if len(self.held) < LIMIT or order[0][1] in self.held:
            return "lane", {order[0][1]}
        dead = {lane for lane in self.held if self.scores[lane] <= self.now}
        return ("lane", dead) if dead else ("full", set())

    def claim(self, lane: str, token: str) -> None:
        self.held[lane] = token
        self.scores[lane] = self.now + LEASE

    def let_go(self, lane: str, until: int | None = None) -> None:
        self.held.pop(lane, None)
        if self.lanes.get(lane):
            self.scores[lane] = self.now if until is None else until
        else:
            self.scores.pop(lane, None)

    def release(self, lane: str, token: str, until: int | None) -> bool:
        if not self.holds(lane, token):
            return False
        self.let_go(lane, until)
        return True

    def renew(self, lane: str, token: str) -> bool:
        head = self.head(lane)
        if not self.holds(lane, token):
            return False
        if head and self.runs[head].state == "leaving" and self.runs[head].deadline <= self.now:
            return False
        self.scores[lane] = max(self.scores[lane], self.now + LEASE)
        return True

    def leave(self, ident: str, lane: str, token: str, attempt: str) -> str:
        run = self.runs[ident]
        if not self.holds(lane, token):
            return "lost"
        if run.state == "leaving" and run.attempt == attempt:
            return "left"
        if run.state not in OPEN or self.head(lane) != ident:
            return "gone"
        run.state, run.attempt, run.deadline = "leaving", attempt, self.now + CALL
        self.scores[lane] = run.deadline + 1_000
        return "left"

    def pop(self, lane: str, ident: str) -> bool:
        if self.head(lane) != ident:
            return False
        self.lanes[lane].pop(0)
        return True

    def drop(self, lane: str, ident: str) -> None:
        """An ended head of a lane nobody holds goes at once."""
        if lane not in self.held and self.pop(lane, ident):
            self.let_go(lane)

    def finish(self, ident: str, lane: str, token: str, attempt: str, verdict: str, until: int) -> str:
        run, ours = self.runs[ident], self.holds(lane, token)
        known = (ours and run.state in OPEN) if attempt == "" else run.attempt == attempt
        if not known:
            if ours:
                self.let_go(lane)
            return "stale"
        head, park = self.head(lane) == ident, None
        if run.state in {"leaving", "unknown"} or attempt == "":
            if verdict == "again" and run.cancel:
                verdict = "cancelled"
            elif verdict == "again" and not head:
                verdict = "failed"
            if verdict == "again":
                run.state, run.attempt, park = "waiting", "", until
            elif verdict == "unknown":
                if run.state != "unknown":
                    run.state, run.since = "unknown", self.now
                park = until if head else None
            else:
                run.state = verdict
                self.pop(lane, ident)
        if not ours:
            if head and lane not in self.held:
                self.let_go(lane, park)
            return "ok"
        if park is not None or not self.lanes[lane]:
            self.let_go(lane, park)
            return "ok"
        self.scores[lane] = self.now + LEASE
        return "next"

    def orphan(self, ident: str, lane: str, token: str) -> str:
        run = self.runs[ident]
        if not self.holds(lane, token):
            return "lost"
        if self.head(lane) == ident:
            if run.state == "leaving":
                if run.deadline + GRACE > self.now:
                    self.let_go(lane, run.deadline + GRACE)
                    return "parked"
                if run.repeatable:
                    run.state, run.attempt = ("cancelled", run.attempt) if run.cancel else ("queued", "")
                else:
                    run.state, run.since = "unknown", self.now
            if run.state == "unknown" and run.since + HOLD > self.now:
                self.let_go(lane, run.since + HOLD)
                return "parked"
            if run.state not in OPEN:
                self.pop(lane, ident)
        if not self.lanes[lane]:
            self.let_go(lane)
            return "ok"
        self.scores[lane] = self.now + LEASE
        return "next"

    def cancel(self, ident: str) -> str:
        run = self.runs[ident]
        if run.state in OPEN:
            run.state = "cancelled"
            self.drop(run.lane, ident)
        elif run.state == "leaving":
            run.cancel = True
        return run.state

    def settle(self, ident: str, verdict: str) -> str:
        run = self.runs[ident]
        if run.state != "unknown":
            return run.state
        run.state = verdict
        self.drop(run.lane, ident)
        return "settled"

    def resume(self, ident: str) -> str:
        run = self.runs[ident]
        if run.state not in {"failed", "unknown", "cancelled"}:
            return run.state
        self.drop(run.lane, ident)  # what waited behind it need not any more
        items = self.lanes.setdefault(run.lane, [])
        if ident in items:
            items.remove(ident)
        run.state, run.attempt, run.cancel = "queued", "", False
        self._push(ident, run.lane)
        return "resumed"
