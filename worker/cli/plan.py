"""Where everything of `ferry dev` will be: decided before anything starts, so that a busy port is one sentence."""

from __future__ import annotations

import http.client
import secrets
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.registry import PROVIDERS
from worker import valkey
from worker.cli import folder
from worker.pidfile import PidFile, end
from worker.ports import free_port
from worker.settings import Settings, environment, read
from worker.store.apikeys import PREFIX
from worker.store.vault import new_key
from worker.supervisor import Child

if TYPE_CHECKING:
    from worker.cli.stage import Stage

HOST = "127.0.0.1"
ECHO = "worker.examples.echo"


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
    api_key = folder.once(directory / "api_key", lambda: PREFIX + secrets.token_urlsafe(24))
    changes = {
        "PORT": str(port),
        "REDIS_URL": given.redis_url or f"redis://{HOST}:{redis_port}/0",
        "FERRY_API_KEYS": ",".join([*given.api_keys, api_key]),
        "FERRY_SECRET_KEYS": ",".join(given.secret_keys) or folder.once(directory / "secret_key", new_key),
        "FERRY_PUBLIC_URL": given.public_url or url,
        "FERRY_HANDLERS": ",".join(given.handlers) or ECHO,
        "FERRY_LOG_FORMAT": given.log_format or "text",
        "PYTHONUNBUFFERED": "1",
    }
    whole = environment(changes)
    ports = distinct_ports({port, redis_port}, len(PROVIDERS))
    return Plan(directory, url, api_key, redis_port, dict(zip(PROVIDERS, ports, strict=True)), whole, read(whole))


def distinct_ports(taken: set[int | None], count: int) -> list[int]:
    """So many free ports, each another one."""
    found: list[int] = []
    while len(found) < count:
        port = free_port(HOST)
        if port not in taken and port not in found:
            found.append(port)
    return found


def children(plan: Plan, stage: Stage) -> list[Child]:
    """What runs, in the order of its starting; it ends the other way round."""
    found: list[Child] = []
    if plan.redis_port is not None:
        program = valkey.command(plan.data, plan.redis_port)
        ready = partial(valkey.answers, plan.redis_port)
        found.append(Child("redis", program, plan.environment, ready, base=True, log=plan.data / valkey.LOG))
    ports = ",".join(f"{name}={port}" for name, port in plan.simulators.items())
    programs: dict[str, tuple[list[str], Callable[[], bool] | None]] = {
        "simulators": (["-m", "web.simulators", "--ports", ports], lambda: all(map(listens, plan.simulators.values()))),
        "web": (["-m", "worker.cli", "web"], partial(answers, plan.url, "/readyz")),
        "worker": (["-m", "worker.cli", "worker"], stage.worker_lives),
        "beat": (["-m", "worker.cli", "beat"], None),
    }
    for name, (words, asked) in programs.items():
        found.append(Child(name, [sys.executable, *words], plan.environment, asked))
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
