"""
What the door turned away, for the activity log: counted, and written down once a second at most.

Whoever floods the door with bad requests costs Redis one round trip a second and process, of MOST lines at most.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter

from worker.store import activity
from worker.store.activity import Refusal
from worker.store.base import Store

log = logging.getLogger("ferry.receiver")

SECONDS = 1.0
MOST = 20  # kinds of one second
MORE = "further kinds of requests in the same second"

WHY = {
    # outcome: in words, for the person who looks at the log
    "unknown": "no connection has this address",
    "wrong_token": "the secret in the path differs: the provider calls an old address, or somebody guesses",
    "bad_method": "only GET and POST are taken",
    "bad_body": "the body did not come whole",
    "too_large": "the body is larger than FERRY_MAX_BODY_BYTES",
    "too_slow": "the body came too slowly",
    "away": "nothing could be stored: Redis is away, and there is no spool, no room in it, or no such connection known",
    "no_room": "there is no room: `/readyz` says why",
    "failed": "a fault of ours: the log says where",
    "handshake": "a question of the provider's, answered at once",
    "looked": "somebody looked whether we are here",
}


class TurnedAway:
    """One a process; the thread that writes lives only while there is something to write."""

    def __init__(self, store: Store, seconds: float = SECONDS) -> None:
        self.store = store
        self.seconds = seconds
        self._counted: Counter[Refusal] = Counter()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def note(self, connection: str, provider: str, outcome: str, status: int, why: str = "") -> None:
        """One request that was not taken; costs nothing but a count."""
        one = Refusal(connection, outcome, status, provider, why or WHY.get(outcome, ""))
        with self._lock:
            if one not in self._counted and len(self._counted) >= MOST:
                one = Refusal("", "others", 0, "", MORE)
            self._counted[one] += 1
            if self._timer is None:
                self._begin()

    def _begin(self) -> None:
        timer = threading.Timer(self.seconds, self.write)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # no thread is to be had: the next refusal tries again
            return
        self._timer = timer

    def write(self) -> None:
        """Writes down what was counted; while Redis is away it stays counted, and the next refusal tries again."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
            self._timer = None
        try:
            activity.refused(self.store, counted.items())
        except Exception as problem:  # noqa: BLE001  (a line of a log is worth no failure)
            log.debug("refusals not written down", extra={"error": type(problem).__name__})
            with self._lock:
                for one, count in counted.items():
                    if one in self._counted or len(self._counted) < MOST:
                        self._counted[one] += count
