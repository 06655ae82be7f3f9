"""Lanes and runs as they should be, in a hundred lines without Redis.  Times in ms; see worker/store/README.md."""

from __future__ import annotations

from copy import deepcopy
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
    strikes: dict[str, tuple[str, list[str]]] = field(default_factory=dict)  # lane → the item, and who died on it

    def head(self, lane: str) -> str | None:
        items = self.lanes.get(lane, [])
        return items[0] if items else None

    def holds(self, lane: str, token: str) -> bool:
        """Whether it is this holder's; one who lost it and asks lives, and takes its strike back."""
        if self.held.get(lane) == token:
            return True
        item, tokens = self.strikes.get(lane, ("", []))
        self._strike(lane, item, [one for one in tokens if one != token])
        return False

    def _strike(self, lane: str, item: str, tokens: list[str]) -> None:
        self.strikes.pop(lane, None)
        if tokens:
            self.strikes[lane] = (item, tokens)

    def submit(self, run: str, lane: str, *, repeatable: bool) -> str:
        if run in self.runs:
            return "same"
        self.runs[run] = Run(lane, repeatable)
        self._push(run, lane)
        return "queued"

    def _push(self, run: str, lane: str) -> None:
        self.lanes.setdefault(lane, []).append(run)
        self.scores.setdefault(lane, self.now)

    def choices(self) -> tuple[str, set[str]]:
        """What a claim looks at first, and the lanes that may be."""
        order = sorted((score, lane) for lane, score in self.scores.items())
        if not order:
            return "empty", set()
        if order[0][0] > self.now:
            return "idle", set()
        if len(self.held) < LIMIT or order[0][1] in self.held:
            return "lane", {order[0][1]}
        dead = {lane for lane in self.held if self.scores[lane] <= self.now}
        return ("lane", dead) if dead else ("full", set())

    def claims(self) -> list[tuple[str, str, Model]]:
        """What a claim may tell: (told, lane, the model as it is then, with the lane held under "?")."""
        told, lanes = self.choices()
        if told != "lane":
            return [(told, "", self)]
        found: list[tuple[str, str, Model]] = []
        for lane in sorted(lanes):
            then = deepcopy(self)
            if then._take(lane):
                found.append((told, lane, then))
            else:
                found += then.claims()
        return found

    def _take(self, lane: str) -> bool:
        """Whether it is given; an empty one goes, and one that was struck twice rests first."""
        item, former = self.head(lane), self.held.get(lane)
        if item is None:
            self.let_go(lane)
            return False
        run = self.runs[item]
        seen, tokens = self.strikes.get(lane, ("", []))
        tokens = tokens if seen == item else []
        struck = former is not None and (run.state in OPEN or (run.state == "leaving" and run.repeatable))
        if struck:
            tokens = [*tokens, str(former)]
        if former is not None:
            self._strike(lane, item, tokens)
        if struck and len(tokens) == 2:
            self.let_go(lane, self.now + 2 * LEASE)
            return False
        self.held[lane] = "?"
        self.scores[lane] = self.now + LEASE
        return True

    def let_go(self, lane: str, until: int | None = None) -> None:
        self.held.pop(lane, None)
        if self.lanes.get(lane):
            self.scores[lane] = self.now if until is None else until
        else:
            self.scores.pop(lane, None)
            self.strikes.pop(lane, None)

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
        self.strikes.pop(lane, None)
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
            self._lived(lane, ours=ours)
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

    def _lived(self, lane: str, *, ours: bool) -> None:
        """Its holder tells an outcome: nobody died on it."""
        if ours:
            self.strikes.pop(lane, None)

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
