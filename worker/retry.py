"""
Who tries again, and when: the one place that decides.

    error            repeatable   not repeatable
    InvalidCall      fail         fail
    Unreachable      again        again            nothing left; the whole connection waits
    Throttled        again        again            nothing was taken; the lane or the connection waits, as it says
    OutcomeUnknown   again        unknown          it may be out: proof decides, never a blind repeat
    Rejected         fail         fail
    BadReply         again once   (never raised)   a read answered strangely

"Again" ends after so many attempts, after the patience for what concerns one run alone, and with the run's own time.

    what a handler raised                  its delivery
    InvalidCall, NotFound, Conflict        fail         what it asked of us would be answered the same again
    anything else, or taking too long      again        its conversation waits meanwhile

A delivery ends after as many attempts, and after a patience of its own: what a handler needs may be away for minutes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from connectors.errors import BadReply, ConnectorError, InvalidCall, OutcomeUnknown, Scope, Throttled, Unreachable
from worker.accept import Conflict, NotFound

FIRST_SECONDS = 0.5
CAP_SECONDS = 60.0
BELIEVED_SECONDS = 86_400.0  # who asks for a longer rest means something else: a date, where seconds are meant
BAD_REPLY_TRIES = 2
MOST_TRIES = 50


@dataclass(frozen=True, slots=True)
class Decision:
    """
    verdict: "again" | "failed" | "unknown"
    wait:    seconds until the next try, for "again"
    scope:   "lane" | "connection": what waits meanwhile
    """

    verdict: str
    wait: float = 0.0
    scope: str = Scope.LANE


def backoff(tries: int, *, dice: random.Random | None = None) -> float:
    """Seconds before the next try after `tries` of them: exponential, with full jitter, 0.5 s to a minute."""
    roll = (dice or random).random()
    ceiling = min(CAP_SECONDS, FIRST_SECONDS * 2.0 ** min(tries, 16))
    return float(max(0.05, ceiling * roll))


def decide(
    problem: ConnectorError, *, repeatable: bool, tries: int, waited: float, patience: float, most: int = MOST_TRIES
) -> Decision:
    """
    What follows a failed attempt.

    tries:    attempts so far, this one included
    waited:   seconds since the run's first attempt
    patience: seconds after which what concerns the run alone is given up, so that its conversation goes on
    most:     attempts after which it is given up whatever it concerns; its own time (`expires_at`) ends it besides
    """
    made = _decided(problem, repeatable=repeatable, tries=tries, waited=waited, patience=patience)
    return Decision("failed") if made.verdict == "again" and tries >= most else made


def decide_delivery(
    problem: Exception, *, tries: int, waited: float, patience: float, most: int = MOST_TRIES
) -> Decision:
    """
    What follows a delivery whose handler failed.

    tries, patience, most: as for `decide`; waited: seconds since its first attempt
    """
    if isinstance(problem, InvalidCall | NotFound | Conflict) or tries >= most:
        return Decision("failed")
    return _patient(backoff(tries), waited, patience)


def _decided(problem: ConnectorError, *, repeatable: bool, tries: int, waited: float, patience: float) -> Decision:
    if isinstance(problem, Throttled):
        asked = problem.after
        wait = backoff(tries)
        if asked is not None and asked <= BELIEVED_SECONDS:
            wait = max(asked, wait)  # who says "at once", and then the same again, is asked less and less often
        if problem.most is not None:
            wait = min(problem.most, wait * 2.0 ** min(tries - 1, 16))
        if problem.scope == Scope.CONNECTION:
            return Decision("again", max(0.05, wait), Scope.CONNECTION)
        return _patient(wait, waited, patience)
    if isinstance(problem, Unreachable):
        return Decision("again", backoff(tries), Scope.CONNECTION)
    if isinstance(problem, OutcomeUnknown):
        return _patient(backoff(tries), waited, patience) if repeatable else Decision("unknown")
    if isinstance(problem, BadReply) and repeatable and tries < BAD_REPLY_TRIES:
        return Decision("again", backoff(tries))
    return Decision("failed")


def _patient(wait: float, waited: float, patience: float) -> Decision:
    if waited + wait > patience:
        return Decision("failed")
    return Decision("again", max(0.05, wait))
