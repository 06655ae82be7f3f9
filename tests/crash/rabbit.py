"""A RabbitMQ of our own on loopback, where one is installed, or somebody else's by FERRY_CRASH_AMQP (its URL)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kombu.connection import Connection
from kombu.exceptions import OperationalError

from tests.eventually import eventually
from worker.ports import free_port
from worker.tether import tethered

HOST = "127.0.0.1"
# Debian's command on the PATH becomes another user, who may not write into our folder.
PLACES = ("/usr/lib/rabbitmq/bin", *os.environ.get("PATH", "").split(os.pathsep))
START_SECONDS = 90.0  # a limit for what never comes


def installed() -> str | None:
    """The server's program, or None where there is none."""
    return shutil.which("rabbitmq-server", path=os.pathsep.join(PLACES))


def missing() -> str:
    """Why there is none to be tried with; "" where there is one."""
    if os.environ.get("FERRY_CRASH_AMQP") or (installed() and shutil.which("epmd")):
        return ""
    return "no rabbitmq-server here, and FERRY_CRASH_AMQP names none"


@contextlib.contextmanager
def rabbit(folder: Path) -> Iterator[str]:
    """The URL of one whose queues are empty; what was started ends with the context."""
    given = os.environ.get("FERRY_CRASH_AMQP")
    if given:
        yield given
        return
    names, port = free_port(HOST), free_port(HOST)
    url = f"amqp://guest:guest@{HOST}:{port}//"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plugins").write_text("[].")
    environment = {
        **os.environ,
        "HOME": str(folder),
        "ERL_EPMD_ADDRESS": HOST,
        "ERL_EPMD_PORT": str(names),
        "RABBITMQ_NODENAME": f"ferry{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port(HOST)),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {{{HOST.replace('.', ',')}}}",
    }
    programs = [["epmd", "-port", str(names), "-address", HOST], [str(installed())]]
    started: list[subprocess.Popen[bytes]] = []
    try:
        with (folder / "printed").open("ab") as printed:
            for program in programs:
                words: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": printed, "stderr": printed}
                words |= {"env": environment, "cwd": folder, "start_new_session": True}
                started.append(subprocess.Popen(tethered(program), **words))
        try:
            eventually(lambda: _answers(url), START_SECONDS)
        except AssertionError:
            told = f"rabbitmq-server does not answer:\n{(folder / 'printed').read_text(errors='replace')[-3000:]}"
            raise AssertionError(told) from None
        yield url
    finally:
        for one in reversed(started):  # a script, and below it the machine that runs it: one group
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()


def _answers(url: str) -> bool:
    try:
        with Connection(url, connect_timeout=2) as connection:  # type: ignore[no-untyped-call]
            connection.ensure_connection(max_retries=1)
            return True
    except (OSError, OperationalError):
        return False
