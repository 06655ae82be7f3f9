"""
Runs a few processes in one terminal: starts them, prefixes what they print, starts them again if they die, and stops
them without losing anything: the terminal's Ctrl-C reaches us alone, and we pass TERM to each main process.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import TextIO

from worker.chorus import Chorus
from worker.pidfile import AlreadyRunningError, PidFile, end, signal_group, signal_process
from worker.ports import PortBusyError, free_port
from worker.tether import tethered

__all__ = ["AlreadyRunningError", "Child", "PortBusyError", "Supervisor", "free_port"]

BACKOFF = (0.2, 5.0)  # seconds before a dead child is started again: first, and at most
SETTLED = 10.0  # seconds after which a child has proved itself, and its next death counts as its first
LAST_GRACE = 1.5  # seconds that a base child has at least, when the others used up all of the grace
ONE_PRESS = 0.5  # seconds within which two signals are one Ctrl-C, told twice by a runner in between
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OURS = "ferry"  # the name before our own lines


@dataclass(frozen=True)
class Child:
    """One process to run: `argv` with `env` as its whole environment (None: ours)."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    ready: Callable[[], bool] | None = None  # asked often, may take a second, may raise OSError for no
    base: bool = False  # the others stand on it: ready before they start, stopped after they ended
    last: bool = False  # starts with the others, but is stopped after they ended: what they do last, they do with it
    log: Path | None = None  # where it writes what it does not print


@dataclass(eq=False)
class _Running:
    """A child and its present process, which is None while it waits to be started again."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    relay: threading.Thread | None = None
    since: float = 0.0
    again: float = 0.0
    backoff: float = BACKOFF[0]
    ready: bool = False

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """
    Runs `children` until told to stop.  Base children start first; all stop in the opposite order of the list.

    directory: holds dev.pid, by which the next start finds what a killed supervisor left
    grace:     seconds for all to end after the first signal; a second signal kills at once
    patience:  seconds for children to become ready at the start
    on_again:  called with name and new pid after a dead child was started again
    """

    children: Sequence[Child]
    directory: Path
    grace: float = 8.0
    patience: float = 60.0
    on_again: Callable[[str, int], None] | None = None
    out: TextIO = field(default_factory=lambda: sys.stderr)
    _orders: SimpleQueue[int] = field(default_factory=SimpleQueue, init=False)  # put is safe inside a signal handler
    _chorus: Chorus = field(init=False)
    _running: list[_Running] = field(default_factory=list, init=False)
    _file: PidFile | None = field(default=None, init=False)
    _asked: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._chorus = Chorus(self.out, [*(child.name for child in self.children), OURS])

    def run(self, on_ready: Callable[[], None] | None = None) -> int:
        """
        Starts everything, calls `on_ready` once all are ready, and returns when everything has ended.

        Call it from the main thread: signals arrive there, and the children are tied to it.
        returns: 0 if all ended by themselves when told, 1 if a child did not start or had to be killed
        raises:  AlreadyRunningError if another supervisor lives in the directory
        """
        with _hearing(self._told):
            self._file = PidFile.take(self.directory / "dev.pid")
            clean = False
            try:
                self._end_leftovers(self._file)
                if self._start():
                    if on_ready:
                        on_ready()
                    self._watch()
            finally:
                clean = self._stop()
                self._file.release()
        return 0 if clean and self._asked else 1

    def pids(self) -> dict[str, int]:
        """The main process of each child that runs now, by its name."""
        return {running.child.name: running.process.pid for running in self._running if running.process}

    def stop(self) -> None:
        """The same as one Ctrl-C, from any thread."""
        self._orders.put(signal.SIGTERM)

    def say(self, line: str) -> None:
        """Prints one line of our own among the children's."""
        self._chorus.say(OURS, line)

    # -- starting ------------------------------------------------------------------------------------------------------

    def _end_leftovers(self, file: PidFile) -> None:
        if leftovers := file.leftovers():
            names = ", ".join(f"{leftover.name} (pid {leftover.pid})" for leftover in leftovers)
            self.say(f"ending what an earlier run left behind: {names}")
            end(leftovers, self.grace)

    def _start(self) -> bool:
        """Base children one by one, then all the others together; False if one failed or we were told to stop."""
        self._running = [_Running(child) for child in self.children]
        for running in self._running:
            if running.child.base:
                self._spawn(running)
                if not self._become_ready([running]):
                    return False
        others = [running for running in self._running if not running.child.base]
        for running in others:
            self._spawn(running)
        return self._become_ready(others)

    def _spawn(self, running: _Running) -> None:
        running.process = subprocess.Popen(
            tethered(running.child.argv),
            env=running.child.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        running.since = time.monotonic()
        assert running.process.stdout is not None  # noqa: S101  (asked for, three lines up)
        running.relay = self._chorus.relay(running.child.name, running.process.stdout)
        if self._file:
            self._file.write(self.pids())

    def _become_ready(self, waiting: list[_Running]) -> bool:
        deadline = time.monotonic() + self.patience
        while pending := [running for running in waiting if not running.ready]:
            for running in self._running:
                if running.process and not running.alive():
                    self.say(f"{running.child.name} {_fate(running)} before all were ready.{_where(running.child)}")
                    return False
            for running in pending:
                running.ready = _is_ready(running.child)
            if time.monotonic() > deadline:
                names = ", ".join(running.child.name for running in pending)
                self.say(f"not ready after {self.patience:.0f} s: {names}")
                return False
            if self._order(0.03):
                return False
        return True

    # -- running -------------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Starts again what dies, until we are told to stop."""
        while not self._order(0.1):
            now = time.monotonic()
            for running in self._running:
                if running.process is None:
                    if now >= running.again:
                        self._spawn_again(running)
                elif not running.alive():
                    self._bury(running, now)

    def _spawn_again(self, running: _Running) -> None:
        self._spawn(running)
        if self.on_again and running.process:
            self.on_again(running.child.name, running.process.pid)

    def _bury(self, running: _Running, now: float) -> None:
        fate = _fate(running)
        self._kill(running)
        if now - running.since > SETTLED:
            running.backoff = BACKOFF[0]
        running.process, running.again = None, now + running.backoff
        self.say(f"{running.child.name} {fate}; starting it again in {running.backoff:.1f} s.{_where(running.child)}")
        running.backoff = min(running.backoff * 2, BACKOFF[1])

    # -- stopping ------------------------------------------------------------------------------------------------------

    def _stop(self) -> bool:
        """TERM to the main processes, the base last; False if anything had to be killed."""
        began = time.monotonic()
        self.say("stopping")
        backwards = [running for running in reversed(self._running) if running.alive()]
        base = [running for running in backwards if running.child.base or running.child.last]
        upper = [running for running in backwards if running not in base]
        clean = self._let_end(upper, began, began + self.grace)
        for running in base:
            deadline = max(began + self.grace, time.monotonic() + LAST_GRACE)
            clean = self._let_end([running], began, deadline) and clean
        for running in self._running:
            self._kill(running)  # what a main process left of its group, as it ended
            if running.relay:
                running.relay.join(1.0)  # its last words
        return clean

    def _let_end(self, group: list[_Running], began: float, deadline: float) -> bool:
        for running in group:
            if running.process:
                signal_process(running.process.pid, signal.SIGTERM)
        telling = time.monotonic() + 1.0
        while waiting := [running for running in group if running.alive()]:
            now = time.monotonic()
            names = ", ".join(running.child.name for running in waiting)
            if now > telling:
                self.say(f"waiting for {names}, {max(deadline - now, 0):.0f} s more; Ctrl-C to kill")
                telling = now + 2.0
            hurried = self._order(0.03) and now - began > ONE_PRESS
            if hurried or now > deadline:
                self.say(f"killing {names}")
                for running in waiting:
                    self._kill(running)
                return False
        return True

    def _kill(self, running: _Running) -> None:
        """Ends a child's whole group at once: itself, and whatever its main process left."""
        if running.process:
            signal_group(running.process.pid, signal.SIGKILL)
            running.process.wait()

    def _told(self, number: int, _: FrameType | None) -> None:
        self._orders.put(number)

    def _order(self, seconds: float) -> bool:
        """Waits so many seconds; whether we were told to stop meanwhile."""
        try:
            self._orders.get(timeout=seconds)
        except Empty:
            return False
        self._asked = True
        return True


@contextmanager
def _hearing(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Has the signals that ask us to stop go to `handler`; only the main thread may."""
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _is_ready(child: Child) -> bool:
    try:
        return child.ready is None or child.ready()
    except OSError:
        return False


def _fate(running: _Running) -> str:
    code = running.process.returncode if running.process else None
    return f"was ended by {signal.Signals(-code).name}" if code is not None and code < 0 else f"ended (exit {code})"


def _where(child: Child) -> str:
    return f"  See {child.log}." if child.log else ""
