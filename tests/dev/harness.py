"""
A real `ferry dev` for tests: in a folder of its own, on free ports, with everything it starts.

    with Dev.start(tmp_path) as dev:
        dev.trigger("1msg", "message")
        dev.kill("worker")             # -9, and waits until the supervisor has started it again
    assert 0 == dev.status

`dev.info` is dev.json as it stands now.  Only loopback; only processes it started are touched, each by its pid.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.eventually import eventually
from worker.ports import free_port
from worker.tether import tethered

HOUSE = Path(__file__).resolve().parents[2]
OURS = ("FERRY_", "REDIS_URL", "BROKER_URL", "SENTRY_DSN", "PORT")
START_SECONDS = 120.0  # a limit for what never comes, not a promise
STOP_SECONDS = 60.0


def clean(**changes: str) -> dict[str, str]:
    """This process's environment without any setting of Ferry but `changes`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "PYTHONPATH": str(HOUSE), "NO_COLOR": "1", **changes}


@dataclass
class Dev:
    """One `ferry dev`; `log` holds what it printed, all starts in this folder after one another."""

    folder: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    stale: int | None = None  # when dev.json was written that a killed one left here
    client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=30.0))

    @classmethod
    def start(cls, folder: Path, port: int | None = None, *, wait: bool = True, **settings: str) -> Self:
        """
        Starts it in `folder` and waits for dev.json.

        settings: further variables of its environment, e.g. FERRY_HANDLERS="my.module" (a module beside `folder` is
                  found: it is the working directory)
        raises:   AssertionError with what it printed
        """
        folder.mkdir(parents=True, exist_ok=True)
        left = folder / ".ferry" / "dev.json"
        stale = left.stat().st_mtime_ns if left.exists() else None
        environment = clean(PORT=str(port or free_port()), **settings)
        with (folder / "dev.log").open("ab") as log:
            process = subprocess.Popen(
                tethered([sys.executable, "-m", "worker.cli", "dev"]),  # a test run that is killed leaves none behind
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        made = cls(folder, process, environment, stale)
        if wait:
            made.wait()
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    # -- what it says --------------------------------------------------------------------------------------------------

    @property
    def file(self) -> Path:
        """Where dev.json is while all is ready."""
        return self.folder / ".ferry" / "dev.json"

    @property
    def info(self) -> dict[str, Any]:
        """dev.json now: {url, api_key, redis_url, pids, connections, simulators}."""
        found: dict[str, Any] = json.loads(self.file.read_text())
        return found

    @property
    def printed(self) -> str:
        """All it printed so far."""
        return (self.folder / "dev.log").read_text(errors="replace")

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self.process.poll()

    def wait(self, seconds: float = START_SECONDS) -> None:
        """Until dev.json is there.  raises: AssertionError with what it printed when it ended before"""

        def ready() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"ferry dev ended with {self.process.returncode}:\n{self.printed}")
            return self.file.exists() and self.file.stat().st_mtime_ns != self.stale

        eventually(ready, seconds)

    # -- what can be done to it ----------------------------------------------------------------------------------------

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """One Ctrl-C; returns the exit status, 0 when all ended by themselves."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGINT)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"it did not stop in {seconds:.0f} s:\n{self.printed[-4000:]}") from None
        self.client.close()
        return self.process.returncode

    def kill(self, name: str, *, wait: bool = True) -> int:
        """kill -9 of "web", "worker", "beat" or "redis" by its pid; returns the new pid once it was started again."""
        before: int = self.info["pids"][name]
        os.kill(before, signal.SIGKILL)
        if wait:
            eventually(lambda: self.info["pids"][name] not in (None, before))
        now: int = self.info["pids"][name]
        return now

    def send_signal(self, name: str, number: signal.Signals) -> None:
        """Any other signal, e.g. SIGSTOP."""
        os.kill(self.info["pids"][name], number)

    # -- talking to it -------------------------------------------------------------------------------------------------

    def api(self, method: str, path: str, **words: Any) -> httpx.Response:
        """One request to the API with the key; `words` are httpx's."""
        info = self.info
        headers = {"Authorization": f"Bearer {info['api_key']}"}
        return self.client.request(method, info["url"] + path, headers=headers, **words)

    def events(self, *types: str, connection: str | None = None) -> list[dict[str, Any]]:
        """Every event there is, oldest first, of these types (all without) and this connection (any without)."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            query = {name: word for name, word in {"after": cursor, "limit": "500"}.items() if word}
            page = self.api("GET", "/v1/events", params=query).raise_for_status().json()
            if not page["items"]:
                break
            found += page["items"]
            cursor = page["cursor"]
        return [one for one in found if (not types or one["type"] in types) and connection in (None, one["connection"])]

    def asked(self, provider: str, action: str | None = None) -> list[dict[str, Any]]:
        """What the stand-in of a provider ("1msg", …) was asked, in order: its record."""
        query = {"action": action} if action else {}
        url = f"{self.info['simulators'][provider]}/_sim/requests"
        found: list[dict[str, Any]] = self.client.get(url, params=query).raise_for_status().json()["items"]
        return found

    def ferry(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """One `ferry` command line in the folder, as a person would type it there."""
        return subprocess.run(
            [sys.executable, "-m", "worker.cli", *words],
            cwd=self.folder,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def trigger(self, provider: str, event: str, *words: str) -> dict[str, Any]:
        """`ferry trigger … --json`: {"requests": [{status, ms}], "events": [{id, type, url}]}."""
        done = self.ferry("trigger", provider, event, "--json", *words)
        if not done.stdout:
            raise AssertionError(done.stderr)
        told: dict[str, Any] = json.loads(done.stdout)
        return told
