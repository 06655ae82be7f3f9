"""The supervisor, as a real process with real children and real signals."""

import ast
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis as redis_client

from tests.eventually import eventually
from worker import valkey
from worker.pidfile import started
from worker.ports import PortBusyError
from worker.supervisor import free_port

WAIT = "import signal, time\nprint('up')\nsignal.pause()"
POLITE = """
import signal, sys, time
def bye(*_):
    print("bye")
    sys.exit()
signal.signal(signal.SIGTERM, bye)
print("up")
while True:
    time.sleep(1)
"""
SLOW = POLITE.replace("sys.exit()", "time.sleep(0.8); sys.exit()")
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\nwhile True: signal.pause()"


@dataclass
class Running:
    """A supervisor and what it printed."""

    process: subprocess.Popen[str]
    printed: Path

    def text(self) -> str:
        return self.printed.read_text(errors="replace")

    def shows(self, words: str) -> None:
        """Waits until the words are printed."""
        eventually(lambda: words in self.text())

    def pids(self) -> dict[str, int]:
        """The children's pids, as told when all were ready."""
        self.shows("all ready")
        line = next(line for line in self.text().splitlines() if line.startswith("all ready"))
        pids: dict[str, int] = ast.literal_eval(line.removeprefix("all ready "))
        return pids

    def tell(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ends(self) -> int:
        return self.process.wait(30)


Run = Callable[..., Running]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Starts a supervisor of the given children, and sees to it that nothing of it outlives the test."""
    running: list[Running] = []

    def start(*children: str, grace: float = 20) -> Running:
        printed = tmp_path / f"printed{len(running)}"
        with printed.open("w") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.worker.supervised", tmp_path, str(grace), *children],
                stdout=out,
                stderr=out,
                text=True,
                start_new_session=True,
            )
        running.append(Running(process, printed))
        return running[-1]

    yield start
    for each in running:
        if each.process.poll() is None:
            each.tell(signal.SIGTERM)
            each.tell(signal.SIGTERM)
            each.ends()


def gone(*pids: int) -> bool:
    """Whether none of these processes runs."""
    return all(started(pid) is None for pid in pids)


def test_each_line_carries_the_name_of_its_child(run: Run) -> None:
    """Names are padded to one width, and a file gets no colours."""
    dev = run(f"web={POLITE}", f"worker={WAIT}")
    dev.shows("web    | up")
    dev.shows("worker | up")

    assert "\x1b" not in dev.text()


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("1", False)])
def test_a_terminal_gets_colours_unless_it_asks_not_to(tmp_path: Path, no_color: str | None, *, coloured: bool) -> None:
    """NO_COLOR is obeyed on a terminal, too."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color"} | ({"NO_COLOR": no_color} if no_color else {})
    dev = subprocess.Popen(
        [sys.executable, "-m", "tests.worker.supervised", tmp_path, "5", f"web={WAIT}"],
        env=env,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while b"| up" not in seen.replace(b"\x1b[0m", b"") or b"all ready" not in seen:
        seen += os.read(ours, 4096)
    dev.send_signal(signal.SIGTERM)
    dev.wait(30)
    os.close(ours)

    assert coloured == (b"\x1b[" in seen)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop_it_ends_every_child_and_itself(run: Run, number: signal.Signals) -> None:
    """Ctrl-C, a runner's TERM, a closed terminal: the children say good-bye, and nothing is left."""
    dev = run(f"redis!={POLITE}", f"web={POLITE}")
    pids = dev.pids()
    dev.shows("web   | up")
    dev.shows("redis | up")
    dev.tell(number)

    assert (0, 2, True) == (dev.ends(), dev.text().count("| bye"), gone(*pids.values()))


def test_children_end_backwards_and_the_base_after_all(run: Run) -> None:
    """A worker that finishes its work still has its Redis."""
    dev = run(f"redis!={POLITE}", f"worker={SLOW}")
    dev.shows("worker | up")
    dev.shows("redis  | up")
    dev.pids()
    dev.tell(signal.SIGTERM)
    dev.ends()

    said = dev.text()
    assert said.index("worker | bye") < said.index("redis  | bye")


def test_what_the_others_need_to_the_last_ends_after_them(run: Run) -> None:
    """It starts beside them, whatever its place in the list, and still answers a worker that finishes its work."""
    dev = run(f"redis!={POLITE}", f"worker={SLOW}", f"partner~={POLITE}")
    dev.pids()
    for name in ("redis", "worker", "partner"):
        dev.shows(f"{name:<7} | up")
    dev.tell(signal.SIGTERM)
    dev.ends()

    said = dev.text()
    assert said.index("worker  | bye") < said.index("partner | bye") < said.index("redis   | bye")


def test_only_the_main_process_is_told(run: Run) -> None:
    """A pool's children finish their work under their parent: a TERM to the group would end them at once."""
    parent = f"""
import signal, subprocess, sys
pool = subprocess.Popen([sys.executable, "-u", "-c", {POLITE!r}], stdout=subprocess.PIPE)
def stop(*_):
    pool.kill()
    print("pool said", pool.stdout.read())
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print(pool.stdout.readline())
signal.pause()
"""
    dev = run(f"worker={parent}")
    dev.shows("b'up")
    dev.tell(signal.SIGTERM)
    dev.ends()

    assert "pool said b''" in dev.text()


def test_what_a_main_process_leaves_of_its_group_is_ended(run: Run) -> None:
    """A parent that forgets its children does not leave them to us."""
    parent = f"""
import subprocess, sys
print("pool", subprocess.Popen([sys.executable, "-c", {WAIT!r}]).pid)
{WAIT}"""
    dev = run(f"web={parent}")
    dev.shows("web   | up")
    pool = int(dev.text().split("| pool ")[1].split()[0])
    dev.tell(signal.SIGTERM)
    dev.ends()

    assert gone(pool)


def test_a_child_that_dies_is_started_again(run: Run) -> None:
    """Kill -9 costs a moment; the reason and the new pid are told."""
    dev = run(f"web={WAIT}")
    before = dev.pids()["web"]
    os.kill(before, signal.SIGKILL)
    dev.shows("web was ended by SIGKILL; starting it again in 0.2 s")
    dev.shows("again web")
    after = int(dev.text().split("again web ")[1].split()[0])

    assert (True, True) == (gone(before), after != before and started(after) is not None)


@pytest.mark.crash
def test_a_killed_valkey_comes_back_where_it_was(run: Run, tmp_path: Path, unused_port: int) -> None:
    """Same port, same data: the others need not even notice."""
    imports = "import os; from pathlib import Path; from worker import valkey"
    become = f"c = valkey.command(Path({str(tmp_path / 'data')!r}), {unused_port}); os.execv(c[0], c)"
    dev = run(f"redis!={imports}; {become}")
    pid = dev.pids()["redis"]
    eventually(lambda: valkey.answers(unused_port))
    with redis_client.Redis(port=unused_port) as redis:
        redis.set("said", "once")
    os.kill(pid, signal.SIGKILL)
    dev.shows("again redis")
    eventually(lambda: valkey.answers(unused_port))
    with redis_client.Redis(port=unused_port) as redis:
        assert b"once" == redis.get("said")


def test_a_child_that_keeps_dying_is_started_ever_less_often(run: Run) -> None:
    """The wait doubles, so that a broken child neither burns the machine nor floods the terminal."""
    dev = run("web=import time; time.sleep(0.1); raise SystemExit(3)")
    dev.shows("web ended (exit 3); starting it again in 0.2 s")
    dev.shows("web ended (exit 3); starting it again in 0.4 s")
    dev.shows("web ended (exit 3); starting it again in 0.8 s")


def test_ready_means_that_every_child_says_so(run: Run, tmp_path: Path) -> None:
    """Who waits for us may talk to each of them at once."""
    dev = run(f"web={WAIT}", f"worker?={WAIT}")
    dev.shows("worker | up")
    early = "all ready" in dev.text()
    (tmp_path / "worker").touch()
    dev.shows("all ready")

    assert not early


def test_a_child_that_ends_before_it_is_ready_ends_the_start(run: Run) -> None:
    """Its last words stand above the reason, the log is named, and nothing keeps running."""
    dev = run(f"redis!={POLITE}", "web?=print('SENTRY_DSN is no address'); raise SystemExit(2)")

    assert 1 == dev.ends()
    dev.shows("web   | SENTRY_DSN is no address")
    dev.shows("web ended (exit 2) before all were ready.")
    assert "all ready" not in dev.text()


def test_without_its_base_nothing_else_is_started(run: Run, tmp_path: Path) -> None:
    """And the person is sent to the log, as a server writes there why."""
    dev = run("redis!?=raise SystemExit(1)", f"web={WAIT}")

    assert 1 == dev.ends()
    assert f"before all were ready.  See {tmp_path / 'base.log'}." in dev.text()
    assert "web   | up" not in dev.text()


def test_a_base_that_dies_while_the_others_start_ends_the_start(run: Run) -> None:
    """Nobody waits a minute for a child that cannot become ready any more."""
    dev = run("redis!=import time; time.sleep(0.5)", f"web?={WAIT}")

    assert 1 == dev.ends()
    dev.shows("redis ended (exit 0) before all were ready.")


def test_ctrl_c_during_the_start_ends_it(run: Run) -> None:
    """Nobody has to wait for a child that never becomes ready."""
    dev = run(f"web?={POLITE}")
    dev.shows("web   | up")
    dev.tell(signal.SIGINT)

    assert 0 == dev.ends()


def test_it_says_what_it_waits_for_and_kills_when_the_grace_is_over(run: Run) -> None:
    """A child that will not end ends with its group; the exit code tells that it was no clean stop."""
    dev = run(f"redis!={POLITE}", f"worker={STUBBORN}", grace=2)
    pids = dev.pids()
    dev.shows("worker | up")
    dev.shows("redis  | up")
    dev.tell(signal.SIGTERM)

    assert (1, True) == (dev.ends(), gone(*pids.values()))
    dev.shows("waiting for worker")
    dev.shows("killing worker")
    dev.shows("redis  | bye")


def test_a_second_ctrl_c_kills_at_once(run: Run) -> None:
    """Not before: the first one is told what is waited for."""
    dev = run(f"worker={STUBBORN}", grace=300)
    pids = dev.pids()
    dev.shows("worker | up")
    dev.tell(signal.SIGINT)
    dev.shows("waiting for worker")
    dev.tell(signal.SIGINT)

    assert (1, True) == (dev.ends(), gone(*pids.values()))


def test_one_ctrl_c_told_twice_is_one(run: Run) -> None:
    """make and uv pass a signal on that the terminal has sent us already."""
    dev = run(f"worker={SLOW}")
    dev.shows("worker | up")
    dev.pids()
    dev.tell(signal.SIGINT)
    dev.tell(signal.SIGTERM)

    assert 0 == dev.ends()
    dev.shows("worker | bye")


@pytest.mark.crash
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_children_end_when_the_supervisor_is_killed(run: Run) -> None:
    """Kill -9 leaves nothing behind, and lets them finish their work."""
    dev = run(f"redis!={POLITE}", f"web={POLITE}")
    pids = dev.pids()
    dev.shows("web   | up")
    dev.shows("redis | up")
    dev.tell(signal.SIGKILL)
    dev.ends()

    eventually(lambda: gone(*pids.values()))


@pytest.mark.crash
def test_the_next_start_ends_what_a_killed_one_left(run: Run) -> None:
    """A child that does not hear of its parent's death is found by the pid file and its start time."""
    dev = run(f"worker={STUBBORN}")
    pid = dev.pids()["worker"]
    dev.shows("worker | up")
    dev.tell(signal.SIGKILL)
    dev.ends()
    again = run(f"web={WAIT}", grace=1)
    again.shows("all ready")

    assert gone(pid)
    assert f"ending what an earlier run left behind: worker (pid {pid})" in again.text()


def test_a_pid_that_another_process_has_now_is_left_alone(run: Run, tmp_path: Path) -> None:
    """A pid file from before a reboot names numbers, and numbers come again."""
    with subprocess.Popen([sys.executable, "-c", WAIT], stdout=subprocess.DEVNULL) as stranger:
        (tmp_path / "dev.pid").write_text(f'{{"worker": {{"pid": {stranger.pid}, "started": "long ago"}}}}')
        dev = run(f"web={WAIT}")
        dev.shows("all ready")
        alive = stranger.poll() is None
        stranger.kill()

    assert alive
    assert "earlier run" not in dev.text()


@pytest.mark.parametrize("written", ["", '{"worker": {"pi', "[]"])
def test_a_pid_file_that_says_nothing_hinders_nobody(run: Run, tmp_path: Path, written: str) -> None:
    """Its writer may have been killed in the middle of it."""
    (tmp_path / "dev.pid").write_text(written)

    run(f"web={WAIT}").shows("all ready")


def test_a_directory_has_one_supervisor(run: Run) -> None:
    """The second says who is there, and the first goes on."""
    first = run(f"web={WAIT}")
    pids = first.pids()
    second = run(f"web={WAIT}")

    assert 1 == second.ends()
    assert f"Ferry runs here already (pid {first.process.pid}); stop that one first.\n" == second.text()
    assert not gone(*pids.values())


def test_a_free_port_is_the_wanted_one_if_it_can_be() -> None:
    """Without a wish it is any."""
    port = free_port()

    assert port == free_port("127.0.0.1", port)


def test_a_busy_port_is_a_sentence_that_names_another() -> None:
    """The person can copy the remedy."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            PortBusyError, match=rf"^Port {port} on 127.0.0.1 is in use; choose another, .* PORT=\d+\.$"
        ):
            free_port("127.0.0.1", port)


def test_a_program_that_is_not_there_is_a_sentence() -> None:
    """No traceback of the launcher in the terminal."""
    tether = Path(free_port.__code__.co_filename).with_name("tether.py")
    tried = subprocess.run(
        [sys.executable, tether, str(os.getpid()), "no-such-program"], capture_output=True, text=True, check=False
    )

    assert (1, "Cannot start no-such-program: No such file or directory.\n") == (tried.returncode, tried.stderr)
