"""The connections on disk: whom a process lets in that begins while Redis is away, and whom it does not."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client

from tests.web.door import Door, open_door
from web.keeper import Keeper
from web.spool.folder import Folder
from web.spool.remembered import MAGIC, Remembered, Useless, pack, unpack
from worker.store import vault
from worker.store.connections import Former, Stored

HOUR = 3600.0
OTHERS = "127.0.0.1:1/0"


class Refusing(redis_client.Connection):
    """The same Redis, at which nobody answers."""

    def _connect(self) -> socket.socket:
        raise ConnectionRefusedError


class Machine:
    """One state folder, and the doors of the processes that come and go over it."""

    def __init__(self, client: redis_client.Redis, folder: Path) -> None:
        self.keys = (vault.new_key(),)
        self.client = client
        self.state = folder / "state"
        self.door = self.begun(client)

    def begun(self, client: redis_client.Redis, *keys: str) -> Door:
        """A process before its keeper has begun."""
        return open_door(client, state_dir=str(self.state), secret_keys=keys or self.keys)

    @contextlib.contextmanager
    def without_redis(self, *keys: str) -> Iterator[Door]:
        """A process that begins while Redis is away."""
        pool = redis_client.ConnectionPool(Refusing, **self.client.connection_pool.connection_kwargs)
        door = self.begun(redis_client.Redis(connection_pool=pool), *keys)
        keeper(door).start()
        try:
            yield door
        finally:
            keeper(door).stop()

    @property
    def file(self) -> Path:
        return self.state / "spool" / "connections"

    def old(self, seconds: float) -> None:
        """As if it had been kept so long ago."""
        at = time.time() - seconds
        os.utime(self.file, (at, at))


def keeper(door: Door) -> Keeper:
    """What a process does beside its requests."""
    found: Keeper = door.app.extensions["ferry.keeper"]
    return found


@pytest.fixture
def machine(redis: redis_client.Redis, tmp_path: Path) -> Machine:
    """One whose first process has everything."""
    return Machine(redis, tmp_path)


def ready(door: Door) -> tuple[int, dict[str, Any]]:
    """What /readyz says."""
    answer = door.knock("GET", "/readyz")
    found: dict[str, Any] = answer.get_json()
    return answer.status_code, found


def test_who_begins_without_redis_lets_in_whom_it_should(machine: Machine) -> None:
    """A signed webhook is spooled; whoever does not fit may come again, as the file may be behind."""
    stored = machine.door.ferry.connect("instagram")
    keeper(machine.door).turn()
    request = machine.door.ferry.hook(stored, "message")
    forged = replace(request, headers={**request.headers, "x-hub-signature-256": "sha256=" + "0" * 64})

    with machine.without_redis() as door:
        assert 503 == door.hook(stored, request, token="x" * 32).status_code
        assert 503 == door.hook(stored, forged).status_code
        assert 503 == door.hook(replace(stored, id="nobody"), request).status_code
        assert 200 == door.hook(stored, request).status_code
        status, found = ready(door)
    assert (200, True, 1) == (status, found["ready"], found["spool"]["waiting"])
    assert any("known from the disk, as of 20" in told for told in found["warnings"])

    keeper(machine.door).turn()
    assert 1 == machine.door.journalled(stored)
    assert 404 == machine.door.hook(stored, request, token="x" * 32).status_code
    assert 403 == machine.door.hook(stored, forged).status_code


def test_it_holds_what_redis_holds_and_is_for_its_owner_alone(machine: Machine) -> None:
    """No token and no secret can be read in it."""
    stored = machine.door.ferry.connect("instagram")
    keeper(machine.door).turn()

    content = machine.file.read_bytes()
    kept = unpack(content, machine.door.ferry.core.store.address)
    assert {stored.id: machine.client.get(f"f:conn:{stored.id}")} == {name: one.encode() for name, one in kept.items()}
    for word in (stored.token, *stored.secrets.values()):
        assert word.encode() not in content
    assert {0o600} == {one.stat().st_mode & 0o777 for one in machine.file.parent.iterdir()}
    assert ["connections", "connections.lock"] == sorted(one.name for one in machine.file.parent.iterdir())


def test_it_is_written_when_something_changed_and_else_only_said_to_be_true(machine: Machine) -> None:
    """By whichever process sees it; the time tells when Redis said so last."""
    door, other = machine.door, machine.begun(machine.client)
    stored = door.ferry.connect("1msg")
    keeper(door).turn()
    before = machine.file.stat()
    machine.old(HOUR)
    keeper(door).turn()
    assert HOUR - 60 < time.time() - machine.file.stat().st_mtime  # within half a minute nobody looks again
    keeper(other).turn()
    assert before.st_ino == machine.file.stat().st_ino
    assert 60 > time.time() - machine.file.stat().st_mtime

    door.ferry.core.connections.update(stored.id, lambda now: replace(now, label="another"))
    keeper(other).turn()
    assert b"another" in machine.file.read_bytes()
    assert before.st_ino != machine.file.stat().st_ino


def test_no_older_state_comes_over_a_newer_one(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """One asks Redis and stalls; another one sees a change, and writes it when the first has written."""
    door, other = machine.door, machine.begun(machine.client)
    stored = door.ferry.connect("1msg")
    real = door.ferry.core.connections.copied

    def stalls() -> dict[str, str]:
        found = real()
        other.ferry.core.connections.update(stored.id, lambda now: replace(now, label="another"))
        keeper(other).turn()
        assert not machine.file.exists()
        return found

    monkeypatch.setattr(door.ferry.core.connections, "copied", stalls)
    keeper(door).turn()
    assert b"another" not in machine.file.read_bytes()
    keeper(other).turn()
    assert b"another" in machine.file.read_bytes()


def test_a_redis_that_went_back_is_right(machine: Machine) -> None:
    """Restored from a backup, it counts its versions from further down."""
    one, other = (machine.door.ferry.connect("1msg", name) for name in ("one", "other"))
    keeper(machine.door).turn()
    machine.client.delete(f"f:conn:{other.id}")
    machine.client.srem("f:conns", other.id)
    machine.client.decr("f:ver")
    keeper(machine.begun(machine.client)).turn()

    assert [one.id] == list(unpack(machine.file.read_bytes(), machine.door.ferry.core.store.address))


def test_killed_at_any_moment_it_is_one_or_the_other(machine: Machine) -> None:
    """kill -9 while it is written again and again: the file is whole each time."""
    states = [pack(OTHERS, {"shop": str(number) * 200_000}) for number in range(2)]
    folder = Folder(machine.file.parent, 0)
    Remembered(folder, 0)._write(states[0], time.time())

    def work() -> None:
        for number in range(1_000_000):
            Remembered(folder, 0)._write(states[number % 2], time.time())

    seen = set()
    for kill in range(8):
        process = multiprocessing.get_context("fork").Process(target=work)
        process.start()
        time.sleep(0.02 + 0.003 * kill)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        content = machine.file.read_bytes()
        seen.add(states.index(content))
        unpack(content, OTHERS)
    assert seen <= {0, 1}


def spoilt(content: bytes) -> dict[str, bytes]:
    """What is no file of ours, by what happened to it."""
    place = len(content) // 2
    return {
        "empty": b"",
        "torn": content[:-1],
        "torn early": content[:10],
        "a byte of it spoilt": content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :],
        "something else": b"ELF\n" + content,
        "its checksum missing": MAGIC + b"\n" + content.partition(b"\n")[2],
    }


def test_what_is_torn_or_spoilt_lets_nobody_in() -> None:
    """Whatever happened to it."""
    content = pack(OTHERS, {"shop": "{}"})
    assert {"shop": "{}"} == unpack(content, OTHERS)
    for what, found in spoilt(content).items():
        with pytest.raises(Useless, match="torn, spoilt"):
            pytest.fail(f"{what}: {unpack(found, OTHERS)}")


def foreign(machine: Machine) -> None:
    """As a process with another REDIS_URL would have written it."""
    kept = unpack(machine.file.read_bytes(), machine.door.ferry.core.store.address)
    machine.file.write_bytes(pack(OTHERS, kept))


def folder_instead(machine: Machine) -> None:
    """Something that cannot be read."""
    machine.file.unlink()
    machine.file.mkdir()


HURT: dict[str, tuple[Callable[[Machine], object], str]] = {
    # what happened: (how, what is said)
    "no file": (lambda machine: machine.file.unlink(), "no file that remembers them yet"),
    "torn": (lambda machine: os.truncate(machine.file, 60), "torn, spoilt, or none of ours"),
    "another Redis": (foreign, "of another Redis"),
    "a folder": (folder_instead, "cannot be read: Is a directory"),
    "too old": (lambda machine: machine.old(73 * HOUR), "73 h old"),
}


@pytest.mark.parametrize("what", HURT)
def test_a_file_that_cannot_be_believed_is_told_and_ignored(
    machine: Machine, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    """By its name and with what follows; `/readyz` says that webhooks get 503, and they do."""
    stored = machine.door.ferry.connect("1msg")
    keeper(machine.door).turn()
    hurt, told = HURT[what]
    hurt(machine)

    with machine.without_redis() as door:
        assert 503 == door.hook(stored, door.ferry.hook(stored, "message")).status_code
        status, found = ready(door)
    assert (503, False, False) == (status, found["ready"], found["spool"]["able"])
    assert told in found["spool"]["why"]
    assert str(machine.file) not in json.dumps(found)  # anybody may read that
    (line,) = (one for one in caplog.records if "no connection is known" in one.message)
    words = vars(line)
    assert (True, str(machine.file), True) == (
        told in words["why"],
        words["file"],
        "until Redis is back" in words["next"],
    )


def test_what_our_keys_do_not_open_stays_unknown(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    """With keys of another deployment nobody is let in; one that alone is locked stops no other."""
    one, locked = (machine.door.ferry.connect("1msg", name) for name in ("one", "locked"))
    request = machine.door.ferry.hook(one, "message")
    keeper(machine.door).turn()
    with machine.without_redis(vault.new_key()) as door:
        assert [503, 503] == [door.hook(stored, request).status_code for stored in (one, locked)]
        assert "FERRY_SECRET_KEYS" in ready(door)[1]["spool"]["why"]

    machine.begun(machine.client, vault.new_key()).ferry.core.connections.save(locked)
    keeper(machine.begun(machine.client)).turn()
    with machine.without_redis() as door:
        assert [200, 503] == [door.hook(stored, request).status_code for stored in (one, locked)]
        status, found = ready(door)
    assert (200, True) == (status, any("1 left out" in told for told in found["warnings"]))
    (line,) = (one for one in caplog.records if "cannot be opened" in one.message)
    assert ["locked"] == vars(line)["connections"]
    assert locked.token not in caplog.text


def ended(stored: Stored) -> Stored:
    """With a secret from before whose time is over, and one whose is not."""
    now = int(time.time() * 1000)
    return replace(stored, formers=(Former("e" * 32, now - 1), Former("g" * 32, now + 60_000)))


def test_what_was_taken_away_before_stays_so(machine: Machine) -> None:
    """An archived connection is not let in, nor a token from before whose grace is over by now."""
    connections = machine.door.ferry.core.connections
    stored, gone = (machine.door.ferry.connect("1msg", name) for name in ("one", "gone"))
    connections.update(gone.id, lambda now: replace(now, archived=True))
    connections.update(stored.id, ended)
    keeper(machine.door).turn()
    request = machine.door.ferry.hook(stored, "message")

    with machine.without_redis() as door:
        assert 503 == door.hook(gone, request).status_code
        assert 503 == door.hook(stored, request, token="e" * 32).status_code
        assert 200 == door.hook(stored, request, token="g" * 32).status_code


def test_what_was_spooled_for_one_that_is_gone_waits_for_a_person(machine: Machine) -> None:
    """As for a process that was there all the time: it is a dead letter, and nothing is lost."""
    stored = machine.door.ferry.connect("1msg")
    keeper(machine.door).turn()
    with machine.without_redis() as door:
        assert 200 == door.hook(stored, machine.door.ferry.hook(stored, "message")).status_code
    machine.client.delete(f"f:conn:{stored.id}")
    machine.client.srem("f:conns", stored.id)
    machine.client.incr("f:ver")

    keeper(machine.door).turn()
    machine.door.ferry.settle()
    (letter,) = machine.door.get("/v1/dead-letters")["items"]
    assert ("request", "connection_gone") == (letter["kind"], letter["cause"])


def test_a_disk_that_takes_nothing_harms_nobody_else(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    """It is told, the file of before stays, and all else goes on."""
    stored = machine.door.ferry.connect("1msg")
    keeper(machine.door).turn()
    before = machine.file.read_bytes()
    (machine.file.parent / "connections.draft").mkdir()  # where the next one would be written
    machine.door.ferry.core.connections.update(stored.id, lambda now: replace(now, label="another"))
    with machine.without_redis() as door:
        assert 200 == door.hook(stored, machine.door.ferry.hook(stored, "message")).status_code

    keeper(machine.door).turn()
    assert before == machine.file.read_bytes()
    assert 1 == machine.door.journalled(stored)
    (line,) = (one for one in caplog.records if "not kept on disk" in one.message)
    assert str(machine.file) == vars(line)["file"]


def test_without_a_spool_nothing_is_kept(redis: redis_client.Redis, tmp_path: Path) -> None:
    """There is nothing to let anybody in for."""
    door = open_door(redis, state_dir=str(tmp_path), spool_bytes=0)
    door.ferry.connect("1msg")
    keeper(door).turn()

    assert [] == list(tmp_path.iterdir())
