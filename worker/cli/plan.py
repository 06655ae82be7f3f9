"""
Where everything of `ferry dev` will be: decided before anything starts, so that a busy port is one sentence.

Nothing here imports the providers: half a second in which the other processes may start already.
"""

from __future__ import annotations

import http.client
import json
import pkgutil
import secrets
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import connectors
from worker import valkey
from worker.cli import folder
from worker.pidfile import PidFile, end
from worker.ports import PortBusyError, free_port
from worker.settings import Settings, environment, read
from worker.store.vault import new_key
from worker.supervisor import Child

if TYPE_CHECKING:
    from worker.cli.stage import Stage

HOST = "127.0.0.1"
STAND_INS = "simulators"  # they end after the worker, whose last calls they answer
ECHO = "worker.examples.echo"
LATER = ("nice", "-n", "10")  # nobody waits for beat: the others start first


@dataclass(frozen=True)
class Plan:
    """
    redis_port: of the server that is ours to start; None when REDIS_URL names another
    simulators: provider's name in code → port
    environment: of the children, whole
    """

    directory: Path
    url: str
    api_key: str
    redis_port: int | None
    simulators: dict[str, int]
    environment: dict[str, str]
    settings: Settings

    @property
    def data(self) -> Path:
        """Where our server keeps its file."""
        return self.directory / "valkey"

    def base_url(self, provider: str) -> str:
        """Where the stand-in of a provider answers."""
        return f"http://{HOST}:{self.simulators[provider]}"


def make(directory: Path, port: int | None) -> Plan:
    """
    Looks what there is, ends what a killed run left, and chooses the rest.

    raises: AlreadyRunningError, PortBusyError, ServerError, SettingsError; each is one sentence
    """
    file = PidFile.take(directory / "dev.pid")
    end(file.leftovers(), 8.0)
    file.release()
    given = read(needs=())
    port = free_port(given.bind, given.port if port is None else port)
    url = f"http://{HOST}:{port}"
    redis_port = None
    if not given.redis_url:
        valkey.find_server()
        redis_port = free_port(HOST)
    api_key = folder.once(directory / "api_key", new_api_key)
    changes = {
        "PORT": str(port),
        "REDIS_URL": given.redis_url or f"redis://{HOST}:{redis_port}/0",
        "FERRY_API_KEYS": ",".join([*given.api_keys, api_key]),
        "FERRY_SECRET_KEYS": ",".join(given.secret_keys) or folder.once(directory / "secret_key", new_key),
        "FERRY_PUBLIC_URL": given.public_url or url,
        "FERRY_HANDLERS": ",".join(given.handlers) or ECHO,
        "FERRY_STATE_DIR": given.state_dir or str(directory / "state"),
        "FERRY_LOG_FORMAT": given.log_format or "text",
        "PYTHONUNBUFFERED": "1",
    }
    whole = environment(changes)
    simulators = choose_ports(directory / "ports.json", providers(), taken={port, redis_port})
    return Plan(directory, url, api_key, redis_port, simulators, whole, read(whole))


def new_api_key() -> str:
    """A key as `ferry key create` makes them, but not stored: it is handed to web with its environment."""
    return f"fk_{secrets.token_urlsafe(24)}"


def providers() -> list[str]:
    """Their names in code: a provider is a folder in connectors/, or an entry point of another package."""
    ours = [module.name for module in pkgutil.iter_modules(connectors.__path__) if module.ispkg]
    return [*ours, *sorted({one.name for one in entry_points(group="ferry.providers")} - set(ours))]


def choose_ports(kept: Path, names: Iterable[str], taken: set[int | None]) -> dict[str, int]:
    """A free port for each, that of the last start where it still is free: connections then stay as they were."""
    try:
        before: dict[str, int] = json.loads(kept.read_text())
    except (FileNotFoundError, ValueError):
        before = {}
    found: dict[str, int] = {}
    for name in names:
        port = before.get(name)
        while port is None or port in taken or port in found.values() or not is_free(port):
            port = free_port(HOST)
        found[name] = port
    folder.write(kept, json.dumps(found))
    return found


def is_free(port: int) -> bool:
    """Whether we may listen there."""
    try:
        free_port(HOST, port)
    except PortBusyError:
        return False
    return True


def children(plan: Plan, stage: Stage) -> list[Child]:
    """What runs, in the order of its starting; it ends the other way round."""
    found: list[Child] = []
    if plan.redis_port is not None:
        program = valkey.command(plan.data, plan.redis_port)
        ready = partial(valkey.answers, plan.redis_port)
        found.append(Child("redis", program, plan.environment, ready, base=True, log=plan.data / valkey.LOG))
    ports = ",".join(f"{name}={port}" for name, port in plan.simulators.items())
    programs: dict[str, tuple[list[str], Callable[[], bool] | None]] = {
        STAND_INS: (["-m", "web.simulators", "--ports", ports], lambda: all(map(listens, plan.simulators.values()))),
        "web": (["-m", "worker.cli", "web"], partial(answers, plan.url, "/readyz")),
        "worker": (["-m", "worker.cli", "worker"], stage.worker_lives),
        "beat": (["-m", "worker.cli", "beat"], None),
    }
    for name, (words, asked) in programs.items():
        program = [*(LATER if name == "beat" else ()), sys.executable, *words]
        found.append(Child(name, program, plan.environment, asked, last=name == STAND_INS))
    return found


def listens(port: int) -> bool:
    """Whether somebody takes connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def answers(url: str, path: str) -> bool:
    """Whether a GET is answered 200; raises OSError where nobody answers at all."""
    asked = http.client.HTTPConnection(url.removeprefix("http://"), timeout=1)
    try:
        asked.request("GET", path)
        return asked.getresponse().status == 200
    except http.client.HTTPException:
        return False
    finally:
        asked.close()
