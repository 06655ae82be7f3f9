"""Lanes and runs as they should be, without Redis.  Times in ms; see worker/store/README.md."""

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
    expires: int = 0


@dataclass
class Model:
    """
    One queue.  A lane is in `scores` as long as it has items: ready, parked or held until then.

    due:   when the queue is looked at; the tick pushes it on, whoever changes its lanes puts it right
    later, exp: scheduled runs, and when each run is looked at because its time is over
    closed, stopped: until when its connection's gate is closed, and a person has closed the queue
    """

    now: int = 1_700_000_000_000
    runs: dict[str, Run] = field(default_factory=dict)
    lanes: dict[str, list[str]] = field(default_factory=dict)
    scores: dict[str, int] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    strikes: dict[str, tuple[str, list[str]]] = field(default_factory=dict)  # lane → the item, and who died on it
    due: int | None = None
    later: dict[str, int] = field(default_factory=dict)
    exp: dict[str, int] = field(default_factory=dict)
    closed: int = 0
    stopped: int = 0

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

    def shut(self) -> int:
        """Until when nothing of the queue is begun; 0 when it is open."""
        till = max(self.closed, self.stopped)
        return till if till > self.now else 0

    def put_right(self) -> None:
        self.due = max(min(self.scores.values()), self.shut()) if self.scores else None

    def submit(self, run: str, lane: str, *, repeatable: bool, before: int | None, expires: int) -> str:
        if run in self.runs:
            return "same"
        if expires <= self.now:
            return "late"
        self.runs[run] = Run(lane, repeatable, expires=expires)
        self.exp[run] = expires
        if before is not None and before > self.now:
            self.runs[run].state = "scheduled"
            self.later[run] = before
            return "scheduled"
        self._push(run, lane)
        return "queued"

    def _push(self, run: str, lane: str) -> None:
        self.lanes.setdefault(lane, []).append(run)
        if lane not in self.scores:
            self.scores[lane] = self.now
            self.put_right()

    def tick(self) -> tuple[bool, bool, list[str]]:
        """(whether the queue is rung, whether it may be, the runs whose time is over)."""
        rung = self.due is not None and self.due <= self.now
        if rung:
            self.due = self.now + 5_000
        begun = self._over(self.later)
        for run in begun:
            del self.later[run]
            self.runs[run].state = "queued"
            self._push(run, self.runs[run].lane)
        over = self._over(self.exp)
        self.exp.update(dict.fromkeys(over, self.now + 5_000))
        return rung, rung or bool(begun), over

    def _over(self, waits: dict[str, int]) -> list[str]:
        """Those whose time has come, the first first."""
        return sorted((one for one, at in waits.items() if at <= self.now), key=lambda one: (waits[one], one))

    def expire(self, ident: str) -> bool:
        run = self.runs[ident]
        if run.state == "leaving":
            return False
        if run.state in OPEN | {"scheduled"} and run.expires > self.now:
            self.exp[ident] = run.expires
            return False
        self.exp.pop(ident, None)
        if run.state not in OPEN | {"scheduled"}:
            return False
        run.state = "failed"
        self.later.pop(ident, None)
        self.drop(run.lane, ident)
        return True

    def gate(self, until: int) -> None:
        """Closed until then, never earlier than it was; one that is over opens it."""
        if until > self.now:
            self.closed = max(self.closed, until)
        else:
            self.closed = 0
            self.put_right()

    def stop(self, until: int) -> None:
        self.stopped = until if until > self.now else 0
        self.put_right()

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
        told, lanes = ("wait", set()) if self.shut() else self.choices()
        if told != "lane":
            then = deepcopy(self)
            then.put_right()
            return [(told, "", then)]
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
        self.put_right()
        return True

    def let_go(self, lane: str, until: int | None = None) -> None:
        self.held.pop(lane, None)
        if self.lanes.get(lane):
            self.scores[lane] = self.now if until is None else until
        else:
            self.scores.pop(lane, None)
            self.strikes.pop(lane, None)
        self.put_right()

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
        self.put_right()
        return True

    def leave(self, ident: str, lane: str, token: str, attempt: str) -> str:
        run = self.runs[ident]
        if not self.holds(lane, token):
            return "lost"
        if run.state == "leaving" and run.attempt == attempt:
            return "left"
        if run.state not in OPEN or self.head(lane) != ident:
            return "gone"
        if run.expires <= self.now:
            return "expired"
        if self.shut():
            run.state = "waiting"
            self.let_go(lane)
            return "wait"
        run.state, run.attempt, run.deadline = "leaving", attempt, self.now + CALL
        self.scores[lane] = run.deadline + 1_000
        self.put_right()
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

    def finish(self, ident: str, lane: str, token: str, attempt: str, verdict: str, until: int, scope: str) -> str:
        run, ours = self.runs[ident], self.holds(lane, token)
        known = (ours and run.state in OPEN) if attempt == "" else run.attempt == attempt
        if not known:
            if ours:
                self.let_go(lane)
            return "stale"
        head, park = self.head(lane) == ident, None
        if run.state in {"leaving", "unknown"} or attempt == "":
            if ours:  # its sender lives: nobody died on it
                self.strikes.pop(lane, None)
            if verdict == "again" and scope == "connection":  # whatever becomes of the run
                self.closed = max(self.closed, until)
            if verdict in {"again", "more"} and (run.cancel or not head):
                verdict = "cancelled" if run.cancel else "failed"
            park = self._becomes(ident, verdict, until, scope)
            park = park if head else None
        if not ours:
            if head and lane not in self.held:
                self.let_go(lane, park)
            return "ok"
        if park is not None or self.shut() or not self.lanes[lane]:
            self.let_go(lane, park)
            return "ok"
        self.scores[lane] = self.now + LEASE
        self.put_right()
        return "next"

    def _becomes(self, ident: str, verdict: str, until: int, scope: str) -> int | None:
        """A fact about a run; until when it parks its lane, if it is its head."""
        run = self.runs[ident]
        if verdict == "again":
            run.state, run.attempt = "waiting", ""
            if scope != "connection":
                return until
        elif verdict == "more":
            run.state, run.attempt = "queued", ""
        elif verdict == "unknown":
            if run.state != "unknown":
                run.state, run.since = "unknown", self.now
            return until
        else:
            run.state = verdict
            self.exp.pop(ident, None)
            self.pop(run.lane, ident)
        return None

    def orphan(self, ident: str, lane: str, token: str) -> str:
        run = self.runs[ident]
        if not self.holds(lane, token):
            return "lost"
        if self.head(lane) == ident:
            if run.state == "leaving":
                if run.deadline + GRACE > self.now:
                    self.let_go(lane, run.deadline + GRACE)
                    return "parked"
                if run.repeatable and run.cancel:
                    run.state = "cancelled"
                    self.exp.pop(ident, None)
                elif run.repeatable:
                    run.state, run.attempt = "queued", ""
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
        self.put_right()
        return "next"

    def cancel(self, ident: str) -> str:
        run = self.runs[ident]
        if run.state in OPEN | {"scheduled"}:
            run.state = "cancelled"
            self.later.pop(ident, None)
            self.exp.pop(ident, None)
            self.drop(run.lane, ident)
        elif run.state == "leaving":
            run.cancel = True
        return run.state

    def settle(self, ident: str, verdict: str) -> str:
        run = self.runs[ident]
        if run.state != "unknown":
            return run.state
        run.state = verdict
        self.exp.pop(ident, None)
        self.drop(run.lane, ident)
        return "settled"

    def resume(self, ident: str, expires: int) -> str:
        run = self.runs[ident]
        if run.state not in {"failed", "unknown", "cancelled"}:
            return run.state
        self.drop(run.lane, ident)  # what waited behind it need not any more
        items = self.lanes.setdefault(run.lane, [])
        if ident in items:
            items.remove(ident)
        run.state, run.attempt, run.cancel, run.expires = "queued", "", False, expires
        self.exp[ident] = expires
        self._push(ident, run.lane)
        return "resumed"
