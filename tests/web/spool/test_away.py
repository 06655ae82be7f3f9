"""A real `ferry web` whose Redis goes away: webhooks are acknowledged from disk, and become events once, in order."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis as redis_client

from tests.eventually import eventually
from tests.web.door import KEY
from tests.web.served import Served, serve
from tests.worker.pipeline import Pipeline, build
from worker import valkey
from worker.store.connections import Stored
from worker.store.vault import new_key

SLOW = 30.0


class House:
    """A server of its own, a web of two processes over it, and the worker's side in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = valkey.start(folder / "valkey")
        self.port = self.server.port
        self.key = new_key()
        self.client = redis_client.Redis.from_url(self.server.url)
        self.ferry: Pipeline = build(self.client)
        self.ferry.core.connections.vault = type(self.ferry.core.connections.vault)([self.key])
        self.stored: Stored = self.ferry.connect("instagram")  # which signs
        self.http = httpx.Client(trust_env=False, timeout=SLOW, headers={"connection": "close"})
        self.sent = 0

    @property
    def variables(self) -> dict[str, str]:
        return {
            "REDIS_URL": self.server.url,
            "FERRY_SECRET_KEYS": self.key,
            "FERRY_API_KEYS": KEY,
            "FERRY_STATE_DIR": str(self.folder / "state"),
            "FERRY_WEB_WORKERS": "2",
        }

    def back(self) -> None:
        """The server again, with its file."""
        self.server = valkey.start(self.folder / "valkey", self.port)

    def push(self, web: Served, count: int = 1) -> list[int]:
        """The statuses of so many further webhooks, each its own."""
        found = []
        for _ in range(count):
            self.sent += 1
            found.append(self.knock(web, f"text {self.sent}", f"{self.sent:08d}"))
        return found

    def knock(self, web: Served, text: str, ident: str, token: str = "", **changed: str) -> int:
        """The status of one, by its own token or another, signed but for changed headers."""
        changes = {"entry.0.messaging.0.message.text": text}
        request = self.ferry.hook(self.stored, "message", changes, ident)
        path = f"{web.url}/webhooks/{self.stored.id}/{token or self.stored.token}"
        headers = {**request.headers, **{name.replace("_", "-"): value for name, value in changed.items()}}
        return self.http.post(path, content=request.body, headers=headers).status_code

    def texts(self) -> list[str]:
        """What the events say, in their order."""
        self.ferry.settle()
        return [event["message"]["text"] for event in self.ferry.events("message.received")]

    def ready(self, web: Served) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"{web.url}/readyz").json()
        return found


@contextlib.contextmanager
def built(folder: Path) -> Iterator[House]:
    """All of it, ended afterwards."""
    made = House(folder)
    try:
        yield made
    finally:
        made.http.close()
        made.client.close()
        made.server.process.send_signal(signal.SIGCONT)
        made.server.stop()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A new one."""
    with built(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Served]]:
    """One for all tests that mend what they hurt, with its web."""
    folder = tmp_path_factory.mktemp("shared")
    with built(folder) as made, serve(folder, **made.variables) as web:
        yield made, web


def spooled(house: House) -> bool:
    """Whether anything is still to be handed over."""
    return (house.folder / "state" / "spool" / "spooling").exists()


def everything(house: House) -> None:
    """All that was sent is an event, once, in its order."""
    eventually(lambda: not spooled(house))
    assert [f"text {number + 1}" for number in range(house.sent)] == house.texts()


def test_killed_and_back(shared: tuple[House, Served]) -> None:
    """kill -9 of Redis under traffic; `/readyz` stays ready and says where webhooks are; the API says 503."""
    house, web = shared
    assert [200] * 5 == house.push(web, 5)
    os.kill(house.server.pid, signal.SIGKILL)
    house.server.process.wait()
    assert [200] * 40 == house.push(web, 40)
    found = house.ready(web)
    assert (True, False) == (found["ready"], found["redis"]["up"])
    assert any("on disk" in words for words in found["warnings"])
    assert 40 == found["spool"]["waiting"]
    assert 503 == house.http.get(f"{web.url}/v1/runs", headers={"Authorization": f"Bearer {KEY}"}).status_code
    house.back()
    assert [200] * 20 == house.push(web, 20)
    everything(house)
    assert [] == [words for words in house.ready(web)["warnings"] if "disk" in words]


def test_frozen_and_woken(shared: tuple[House, Served]) -> None:
    """A Redis that says nothing is away; a command it had before it froze may arrive late, and doubles nothing."""
    house, web = shared
    assert [200] * 5 == house.push(web, 5)
    house.server.process.send_signal(signal.SIGSTOP)
    assert [200] * 20 == house.push(web, 20)
    house.server.process.send_signal(signal.SIGCONT)
    everything(house)


def test_web_killed_while_redis_is_away(house: House) -> None:
    """
    The next ones begin meanwhile: they know whom to let in, and what the dead ones had spooled comes before what they
    take; a torn record was never acknowledged.
    """
    with serve(house.folder, **house.variables) as web:
        assert [200] * 5 == house.push(web, 5)
        os.kill(house.server.pid, signal.SIGKILL)
        house.server.process.wait()
        assert [200] * 20 == house.push(web, 20)
        web.kill()
    torn = next((house.folder / "state" / "spool").glob("*.spool"))
    content = torn.read_bytes()
    torn.write_bytes(content + content[16:-3])
    with serve(house.folder, **house.variables) as web:
        assert 503 == house.knock(web, "from a stranger", "1", token="x" * 32)
        assert 503 == house.knock(web, "from a stranger", "1", x_hub_signature_256=f"sha256={'0' * 64}")
        assert [200] * 10 == house.push(web, 10)
        found = house.ready(web)
        assert (True, False, True) == (found["ready"], found["redis"]["up"], found["spool"]["able"])
        assert any("known from the disk" in words for words in found["warnings"])
        house.back()
        everything(house)


@pytest.mark.parametrize("how", ["readonly", "oom", "slow"])
def test_a_redis_that_takes_no_writes_is_away(shared: tuple[House, Served], how: str) -> None:
    """A replica, one without memory, and one that answers after more than a second: all become events afterwards."""
    house, web = shared
    assert [200] * 2 == house.push(web, 2)
    if how == "readonly":
        house.client.replicaof("127.0.0.1", "1")
    elif how == "oom":
        house.client.config_set("maxmemory", 1)
    else:
        house.client.client_pause(600_000, all=False)  # reads are answered, writes wait
    assert [200] * 10 == house.push(web, 10)
    assert spooled(house)
    if how == "readonly":
        house.client.replicaof("NO", "ONE")
    elif how == "oom":
        house.client.config_set("maxmemory", 0)
    else:
        house.client.client_unpause()
    everything(house)


def test_without_a_spool_it_is_503(house: House) -> None:
    """Nothing is acknowledged that is nowhere."""
    with serve(house.folder, **{**house.variables, "FERRY_SPOOL_BYTES": "0"}) as web:
        assert [200] == house.push(web)
        os.kill(house.server.pid, signal.SIGKILL)
        house.server.process.wait()
        assert [503] == house.push(web)
        found = house.ready(web)
        assert (False, None) == (found["ready"], found["spool"])
