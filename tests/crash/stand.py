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
from tests.crash.server import Server
from tests.crash.wire import Wire
from tests.dev.harness import HOUSE, Dev
from tests.eventually import eventually
from web.spool.folder import Folder
from worker.store.stored import read
from worker.store.vault import Vault
from worker.ticker import ELECTED

SHORT = {
    "FERRY_HANDLERS": "tests.crash.answers",
    "FERRY_LEASE_SECONDS": "3",
    "FERRY_CALL_SECONDS": "4",
    "FERRY_HANDLER_SECONDS": "2",
    "FERRY_UNKNOWN_HOLD_SECONDS": "1",
    "FERRY_LOG_LEVEL": "WARNING",
    "FERRY_DOOR_LAG_SECONDS": "12",  # instead of hours
    "FERRY_SPOOL_BYTES": "262144",
    "FERRY_CRASH_PATIENCE": "25",  # for a consumer that hangs, instead of a minute
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
for _, queue in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local lanes = string.sub(queue, 1, 4) == 'out:' and redis.call('HGETALL', P .. 'h:' .. queue) or {}
  for i = 1, #lanes, 2 do
    local head = redis.call('LINDEX', P .. 'l:' .. lanes[i], 0)
    local state = head and redis.call('HGET', P .. 'r:' .. head, 'state')
    if state then found[#found + 1] = lanes[i + 1] .. ' ' .. head .. ' ' .. state end
  end
end
return found
"""


@dataclass
class Stand:
    """`server` holds the state, or the one that `ferry dev` starts; `wires` lead to the stand-ins, if there are any."""

    dev: Dev
    server: Server | None = None
    wires: dict[str, Wire] = field(default_factory=dict)
    _own: redis.Redis = field(init=False)
    _counted: dict[str, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._own = redis.Redis.from_url(
            self.dev.info["redis_url"], socket_timeout=5.0, retry_on_error=[redis.ConnectionError]
        )
        for provider in HOOKS:
            shown = self.dev.api("GET", f"/v1/connections/{self.connection(provider).id}").raise_for_status().json()
            change: dict[str, Any] = {"limits": dict.fromkeys(shown["limits"], 0)}
            if self.server is not None:
                address = self.dev.info["simulators"][provider]
                self.wires[provider] = wire = Wire(int(address.rpartition(":")[2]))
                change["settings"] = {"base_url": f"http://127.0.0.1:{wire.port}"}
            self.dev.api("PATCH", f"/v1/connections/{shown['id']}", json=change).raise_for_status()

    @classmethod
    def start(cls, folder: Path, **settings: str) -> Self:
        """A new one in `folder` that has its own Valkey; `settings` besides the short ones."""
        return cls(Dev.start(folder, None, wait=True, **{**SHORT, **settings}))

    @classmethod
    def wired(cls, folder: Path, server: Server, broker: Server, **settings: str) -> Self:
        """A new one with these Valkeys, and a wire before each stand-in."""
        words = {**SHORT, "REDIS_URL": server.url, "BROKER_URL": broker.url, **settings}
        return cls(Dev.start(folder, None, wait=True, **words), server)

    def stop(self) -> None:
        """Everything it started ends."""
        self._own.close()
        self.dev.client.close()  # else web waits for what this connection may still ask
        self.dev.stop()
        for wire in self.wires.values():
            wire.close()

    @property
    def state(self) -> redis.Redis:
        """A client of the state as it is, whatever is done to the wire before it."""
        return self._own if self.server is None else self.server.client

    def connection(self, provider: str) -> Connection:
        """The connection of a provider with its secrets, as it was at the start; `current` is as it is now."""
        told = self.dev.info["connections"][provider]
        return Connection(told["id"], find(provider).name, told["settings"], told["secrets"], told["webhook_url"])

    @property
    def keys(self) -> dict[str, str]:
        """What whoever works beside the supervisor's has to be told."""
        return {"FERRY_SECRET_KEYS": (self.dev.folder / ".ferry" / "secret_key").read_text().strip()}

    def current(self, provider: str) -> Connection:
        """The same as it is stored now; dev.json does not follow one that has left its stand-in for a wire."""
        made = self.connection(provider)
        raw: Any = self.state.get(f"f:conn:{made.id}")
        return read(made.id, raw, Vault((self.keys["FERRY_SECRET_KEYS"],))).speak(self.dev.info["url"])

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
    def second(self, what: str, ready: str, code: str = str(HOUSE), **settings: str) -> Iterator[int]:
        """
        One more worker or beat beside the supervisor's; its pid.  Ended with a kill.

        ready: what it prints once it is; "" when it says nothing: once it has called somebody
        code:  where its modules are looked for
        """
        environment = {
            **self.dev.environment,
            "REDIS_URL": self.dev.info["redis_url"],
            **self.keys,
            "FERRY_PUBLIC_URL": self.dev.info["url"],
            "PYTHONPATH": code,
            "FERRY_LOG_LEVEL": "INFO",
            **settings,
        }
        printed = self.dev.folder / f"second-{what}.log"
        with printed.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "worker.cli", what],
                cwd=self.dev.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            eventually(lambda: ready in printed.read_text() if ready else calls(process.pid), BACK_SECONDS)
            yield process.pid
        finally:
            process.kill()
            process.wait()

    @contextlib.contextmanager
    def second_worker(self, code: str = str(HOUSE), **settings: str) -> Iterator[int]:
        """One more worker; its pid."""
        with self.second("worker", "worker ready", code, **settings) as pid:
            yield pid

    def answers(self) -> bool:
        """Whether the receiver is there and can store."""
        try:
            return self.dev.client.get(f"{self.dev.info['url']}/readyz").is_success
        except httpx.TransportError:
            return False

    def readiness(self) -> dict[str, Any]:
        """What `/readyz` says, at the first answer."""
        while True:
            with contextlib.suppress(httpx.TransportError):
                found: dict[str, Any] = self.dev.client.get(f"{self.dev.info['url']}/readyz").json()
                return found
            time.sleep(0.05)

    def call_here(self, provider: str) -> None:
        """Its stand-in calls us by the address of now, as after a person has pasted it there."""
        connection = self.current(provider)
        words = {"url": connection.webhook_url, "settings": connection.settings, "secrets": connection.secrets}
        url = f"{self.dev.info['simulators'][provider]}/_sim/webhook"
        self.dev.client.put(url, json={**connection.secrets, **words}).raise_for_status()

    @property
    def spool(self) -> Folder:
        """Where web keeps webhooks while Redis is away."""
        return Folder(self.dev.folder / ".ferry" / "state" / "spool", int(SHORT["FERRY_SPOOL_BYTES"]))

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
        place = "after" if path == "/v1/events" else "cursor"
        while True:
            words = {**query, "limit": "500", **({place: cursor} if cursor else {})}
            page = self.dev.api("GET", path, params=words).raise_for_status().json()
            yield from page["items"]
            after = page["cursor"]
            if after is None or (path == "/v1/events" and not page["items"]):
                return
            cursor = after

    def drained(self, seconds: float = DRAINED_SECONDS) -> None:
        """Waits until nothing is left to do: everything handed over, every journal read, every lane empty."""

        def at_rest() -> bool:
            try:
                return not self.spool.spooling() and not self.state.exists(f"{P}due") and self.unread() == 0
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
            "spooled": self.spool.used(),
            "due": self.state.zrange(f"{P}due", 0, -1, withscores=True),
            "gates": {name: self.state.hgetall(name) for name in gates},
            "lanes": {
                name: self.state.zrange(name, 0, 3, withscores=True)
                for name in self.state.scan_iter(f"{P}q:*", count=1000)
            },
            "unread": self.unread(),
        }

    def in_hand(self) -> set[tuple[str, str, str]]:
        """The runs at the head of lanes that somebody holds: (token, run, state)."""
        found: Any = self.state.eval(HEADS, 1, f"{P}due")
        told = [one.decode().split(" ") for one in found]
        return {(token, run, state) for token, run, state in told}

    def asked(self, provider: str, *, after: int = 0) -> list[dict[str, Any]]:
        """What its stand-in was asked to send since its request number `after`."""
        url = f"{self.dev.info['simulators'][provider]}/_sim/requests"
        query = {"action": REPLIES[provider], "after": str(after)}
        found: list[dict[str, Any]] = self.dev.client.get(url, params=query).raise_for_status().json()["items"]
        return found

    def count(self, provider: str) -> int:
        """How many requests its stand-in has had."""
        before = self._counted.get(provider, 0)
        last = self.asked(provider, after=before)[-1:]
        self._counted[provider] = now = int(last[0]["n"]) if last else before
        return now

    def newest(self) -> dict[str, str]:
        """The query that asks for events after those there are."""
        page = self.dev.api("GET", "/v1/events", params={"after": "$"}).raise_for_status().json()
        return {"after": page["cursor"]} if page["cursor"] else {}

    def heads(self) -> Counter[str]:
        """The same, counted by their states: "queued" has not left yet."""
        return Counter(state for _, _, state in self.in_hand())

    def waits_for(self, connection: str) -> bool:
        """Whether anything that came in by a connection, or is to go out, is not done yet."""
        queues = [f"q:in:{connection}", f"q:out:{connection}:live", f"q:out:{connection}:bulk"]
        if self.state.exists(*[P + one for one in queues]):
            return True
        mine = f"/{connection}:".encode()
        told = [one for one in self._queues() if one.startswith("dlv:")]
        lanes: list[Any] = [self.state.zrange(f"{P}q:{one}", 0, -1) for one in told]
        return any(mine in lane for found in lanes for lane in found)

    def lane_of(self, run: str) -> str:
        """Whose head it is or was."""
        found: Any = self.state.hget(f"{P}r:{run}", "lane")
        return found.decode() if found else ""

    def run_state(self, run: str) -> str:
        """What a run is in."""
        found: Any = self.state.hget(f"{P}r:{run}", "state")
        return found.decode() if found else ""

    def holders(self) -> set[bytes]:
        """The tokens of all who hold a lane."""
        found: set[bytes] = set()
        for queue in self._queues():
            tokens: Any = self.state.hvals(f"{P}h:{queue}")
            found |= set(tokens)
        return found

    def struck(self) -> bool:
        """Whether a run or a delivery is in hand, or waits, whose last worker died."""
        return any(self.state.hlen(f"{P}s:{queue}") for queue in self._queues())

    def _queues(self) -> list[str]:
        """Those with lanes, held or not; a look at all keys would slow down what it looks at."""
        found: Any = self.state.zrange(f"{P}due", 0, -1)
        return [queue.decode() for queue in found]

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


def calls(pid: int) -> bool:
    """Whether a process has a connection."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if entry.readlink().name.startswith("socket:"):
                return True
    return False


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
