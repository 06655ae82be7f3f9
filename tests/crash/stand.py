"""A real `ferry dev` to be hurt: leases and holds short, no pace of its own, and a look into it from outside."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import redis

from connectors.connection import Connection
from connectors.registry import find
from tests.dev.harness import HOUSE, Dev
from tests.eventually import eventually
from worker.ticker import ELECTED

SHORT = {
    "FERRY_HANDLERS": "tests.crash.answers",
    "FERRY_LEASE_SECONDS": "3",
    "FERRY_CALL_SECONDS": "4",
    "FERRY_HANDLER_SECONDS": "2",
    "FERRY_UNKNOWN_HOLD_SECONDS": "1",
    "FERRY_LOG_LEVEL": "WARNING",
}
REPLIES = {
    "1msg": "send-message",
    "instagram": "send-text-message",
    "clicksend": "send-sms",
    "infobip": "send-sms-message",
}
HOOKS = {"1msg": "message", "instagram": "message", "clicksend": "sms", "infobip": "sms"}
BACK_SECONDS = 60.0
DRAINED_SECONDS = 120.0  # a limit for what never drains
P = "f:{0}:"  # of the one partition's keys
HEADS = """
local P, found = string.sub(KEYS[1], 1, -4), {}
for _, held in ipairs(redis.call('KEYS', P .. 'h:out:*')) do
  for _, lane in ipairs(redis.call('HKEYS', held)) do
    local head = redis.call('LINDEX', P .. 'l:' .. lane, 0)
    local state = head and redis.call('HGET', P .. 'r:' .. head, 'state')
    if state then found[#found + 1] = state end
  end
end
return found
"""


@dataclass
class Stand:
    """See the module."""

    dev: Dev
    state: redis.Redis = field(init=False)

    def __post_init__(self) -> None:
        self.state = redis.Redis.from_url(
            self.dev.info["redis_url"], socket_timeout=5.0, retry_on_error=[redis.ConnectionError]
        )
        for provider in HOOKS:
            shown = self.dev.api("GET", f"/v1/connections/{self.connection(provider).id}").raise_for_status().json()
            limits = dict.fromkeys(shown["limits"], 0)
            self.dev.api("PATCH", f"/v1/connections/{shown['id']}", json={"limits": limits}).raise_for_status()

    @classmethod
    def start(cls, folder: Path, **settings: str) -> Self:
        """A new one in `folder`; `settings` besides the short ones."""
        return cls(Dev.start(folder, None, wait=True, **{**SHORT, **settings}))

    def stop(self) -> None:
        """Everything it started ends."""
        self.state.close()
        self.dev.client.close()  # else web waits for what this connection may still ask
        self.dev.stop()

    def connection(self, provider: str) -> Connection:
        """The connection of a provider with its secrets, as `ferry trigger` uses it."""
        told = self.dev.info["connections"][provider]
        return Connection(told["id"], find(provider).name, told["settings"], told["secrets"], told["webhook_url"])

    # -- hurting it ----------------------------------------------------------------------------------------------------

    def pid(self, name: str) -> int:
        """The main process of a part now."""
        found: int = self.dev.info["pids"][name]
        return found

    def kill_one_of_web(self) -> None:
        """kill -9 of one of the receiver's processes, not of the first, which starts another in its place."""
        first = self.pid("web")
        for pid in children(first)[:1]:
            os.kill(pid, signal.SIGKILL)

    def behave(self, provider: str, **words: Any) -> None:
        """The provider's stand-in misbehaves with its replies (connectors/simulator.py)."""
        url = f"{self.dev.info['simulators'][provider]}/_sim/behaviour"
        self.dev.client.post(url, json={"action": REPLIES[provider], **words}).raise_for_status()

    def kill_worker(self) -> None:
        """kill -9, and waits until another ticks."""
        before, pid = self.ticker(), self.pid("worker")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: self.pid("worker") not in (None, pid) and self.ticker() not in (None, before), BACK_SECONDS)

    def kill_web(self) -> None:
        """kill -9 of the receiver's whole group at once."""
        self.end_web()
        eventually(self.answers, BACK_SECONDS)

    def end_web(self) -> None:
        """The same, without waiting for it to answer."""
        before = self.pid("web")
        os.killpg(before, signal.SIGKILL)
        eventually(lambda: self.pid("web") not in (None, before))

    def kill(self, name: str) -> None:
        """kill -9 of any other part by its main process."""
        self.dev.kill(name)
        eventually(self.answers, BACK_SECONDS)

    @contextlib.contextmanager
    def frozen(self, name: str) -> Iterator[int]:
        """A part stands still (SIGSTOP) within this context."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def second_worker(self) -> Iterator[None]:
        """One more worker beside the supervisor's, once it is ready; ended by its pid."""
        environment = {
            **self.dev.environment,
            "REDIS_URL": self.dev.info["redis_url"],
            "FERRY_SECRET_KEYS": (self.dev.folder / ".ferry" / "secret_key").read_text().strip(),
            "FERRY_PUBLIC_URL": self.dev.info["url"],
            "PYTHONPATH": str(HOUSE),
            "FERRY_LOG_LEVEL": "INFO",
        }
        printed = self.dev.folder / "second.log"
        with printed.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "worker.cli", "worker"],
                cwd=self.dev.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            eventually(lambda: "worker ready" in printed.read_text(), BACK_SECONDS)
            yield
        finally:
            process.kill()
            process.wait()

    def answers(self) -> bool:
        """Whether the receiver is there and can store."""
        try:
            return self.dev.client.get(f"{self.dev.info['url']}/readyz").is_success
        except httpx.TransportError:
            return False

    def ticker(self) -> bytes | None:
        """The worker that ticks; a new one is elected within seconds of the former's death."""
        try:
            found: Any = self.state.get(ELECTED)
        except (redis.ConnectionError, redis.TimeoutError):
            return None
        return bytes(found) if found else None

    # -- looking at it -------------------------------------------------------------------------------------------------

    def listed(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """All items of a list of the API."""
        cursor: str | None = None
        while True:
            words = {**query, "limit": "500", **({"cursor": cursor} if cursor else {})}
            page = self.dev.api("GET", path, params=words).raise_for_status().json()
            yield from page["items"]
            after = page["cursor"]
            if after is None or (path == "/v1/events" and not page["items"]):
                return
            cursor = after

    def drained(self, seconds: float = DRAINED_SECONDS) -> None:
        """Waits until nothing is left to do: every journal read, every lane empty."""

        def at_rest() -> bool:
            try:
                return not self.state.exists(f"{P}due") and self.unread() == 0
            except (redis.ConnectionError, redis.TimeoutError):
                return False

        try:
            eventually(at_rest, seconds)
        except AssertionError:
            told = f"not drained in {seconds:.0f} s: {self._rest()}\n{self.dev.printed[-6000:]}"
            raise AssertionError(told) from None

    def _rest(self) -> dict[str, Any]:
        """What is left to do, for whoever has to find out why."""
        gates = list(self.state.scan_iter(f"{P}g:*", count=1000))
        return {
            "now": time.time(),
            "due": self.state.zrange(f"{P}due", 0, -1, withscores=True),
            "gates": {name: self.state.hgetall(name) for name in gates},
            "lanes": {
                name: self.state.zrange(name, 0, 3, withscores=True)
                for name in self.state.scan_iter(f"{P}q:*", count=1000)
            },
            "unread": self.unread(),
        }

    def heads(self) -> Counter[str]:
        """The runs at the head of lanes that somebody holds, by their states: "queued" has not left yet."""
        found: Any = self.state.eval(HEADS, 1, f"{P}due")
        return Counter(one.decode() for one in found)

    def holders(self) -> set[bytes]:
        """The tokens of all who hold a lane."""
        found: set[bytes] = set()
        for name in self.state.scan_iter(f"{P}h:*", count=1000):
            tokens: Any = self.state.hvals(name)
            found |= set(tokens)
        return found

    def struck(self) -> bool:
        """Whether a run or a delivery is in hand, or waits, whose last worker died."""
        return any(self.state.hlen(name) for name in self.state.scan_iter(f"{P}s:*", count=1000))

    def events(self) -> int:
        """How many there are."""
        return int(self.state.xlen(f"{P}ev"))

    def journalled(self, text: str) -> bool:
        """Whether one of the newest requests says this."""
        wanted = text.encode()
        for provider in HOOKS:
            newest: Any = self.state.xrevrange(f"{P}in:{self.connection(provider).id}", count=50)
            if any(wanted in fields[b"b"] for _, fields in newest):
                return True
        return False

    def unread(self, most: int = 1) -> int:
        """Requests beyond the cursors of their sources, at most so many a source."""
        count = 0
        for provider in HOOKS:
            source = self.connection(provider).id
            cursor: Any = self.state.get(f"{P}c:{source}") or b"0-0"
            later: Any = self.state.xrange(f"{P}in:{source}", min=f"({cursor.decode()}", count=most)
            count += len(later)
        return count


def children(parent: int) -> list[int]:
    """The processes whose parent this one is."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
    return sorted(found)
