"""
The connections of `ferry dev`: one a provider, against its stand-in, made while the other processes still start.

At the next start the stand-ins have other ports: the connections are found and told so, and nothing else changes.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from redis.exceptions import RedisError

from worker.cli import folder
from worker.cli.failing import Failure
from worker.cli.plan import Plan, listens

if TYPE_CHECKING:
    from worker.core import Core
    from worker.store.connections import Stored

log = logging.getLogger("ferry.dev")

PATIENCE = 60.0  # seconds for Redis and the stand-ins to be there
OURS = ("web", "worker", "beat", "redis")


class Stage:
    """Use it as a context: within it dev.json may stand, and after it there is none."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._core: Core | None = None
        self._made: list[Stored] = []
        self._problem: Exception | None = None
        self._pids: dict[str, int] = {}
        self._over = threading.Event()
        self._provisioning = threading.Thread(target=self._run, name="ferry-stage", daemon=True)
        self._following = threading.Thread(target=self._follow, name="ferry-follow", daemon=True)

    def __enter__(self) -> Self:
        folder.untell(self.plan.directory)
        self._provisioning.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._over.set()
        if self._following.is_alive():
            self._following.join(2.0)
        folder.untell(self.plan.directory)

    def finish(self, pids: dict[str, int]) -> list[Stored]:
        """The connections, once they are made; and writes dev.json, by which scripts find us."""
        self._provisioning.join()
        if self._problem is not None:
            raise Failure(f"the connections could not be made: {self._problem}") from self._problem
        self._pids = pids
        folder.tell(self.plan.directory, self.description())
        self._following.start()
        return self._made

    def _follow(self) -> None:
        """What people change of the connections stands in dev.json, too: a rotated webhook's URL, say."""
        seen: Any = None
        while self._core is not None and not self._over.wait(1.0):
            with contextlib.suppress(RedisError):
                version = self._core.store.client.get("f:ver")
                if seen != version:  # and once at first: something may have changed since they were made
                    now = [self._core.connections.get(one.id, fresh=True) for one in self._made]
                    self._made = [_newer(one, was) for one, was in zip(now, self._made, strict=True)]
                    if not self._over.is_set():
                        folder.tell(self.plan.directory, self.description())
                seen = version

    def description(self) -> dict[str, Any]:
        """dev.json, as DESIGN §6 shows it; secrets only of connections to loopback, which these are."""
        plan = self.plan
        from connectors.registry import PROVIDERS

        return {
            "url": plan.url,
            "api_key": plan.api_key,
            "redis_url": plan.settings.redis_url,
            "pids": {name: self._pids.get(name) for name in OURS},
            "connections": {
                PROVIDERS[one.provider].title: {
                    "id": one.id,
                    "webhook_url": one.webhook_url(plan.url),
                    "settings": one.settings,
                    "secrets": one.secrets,
                }
                for one in self._made
            },
            "simulators": {PROVIDERS[name].title: plan.base_url(name) for name in plan.simulators},
        }

    def again(self, name: str, pid: int) -> None:
        """A process that died has been started again: dev.json says so, and stand-ins learn anew where to call."""
        self._pids[name] = pid
        folder.tell(self.plan.directory, self.description())
        if name not in OURS:
            self._provisioning = threading.Thread(target=self._run, name="ferry-stage", daemon=True)
            self._provisioning.start()

    def worker_lives(self) -> bool:
        """Whether some worker ticks."""
        if self._core is None:
            return False
        from worker.ticker import ELECTED

        try:
            return bool(self._core.store.client.exists(ELECTED))
        except RedisError as problem:
            raise ConnectionError(str(problem)) from problem

    def _run(self) -> None:
        try:
            self._provision()
        except Exception as problem:  # noqa: BLE001  (told by `finish`, in the main thread)
            self._problem = problem
            log.warning("the stand-ins could not be provisioned", extra={"error": type(problem).__name__})

    def _provision(self) -> None:
        from worker.core import build
        from worker.store.client import is_away

        core = build(self.plan.settings, lambda partition, queue: None)  # noqa: ARG005  (a new connection wakes nobody)
        until = time.monotonic() + PATIENCE
        while not self._over.is_set():
            try:
                core.store.fix_partitions()
                break
            except Exception as problem:
                if not is_away(problem) or time.monotonic() > until:
                    raise
                self._over.wait(0.05)
        self._core = core
        while not all(map(listens, self.plan.simulators.values())):
            if time.monotonic() > until or self._over.wait(0.05):
                return
        from connectors.registry import PROVIDERS

        self._made = [self._connect(core, name) for name in PROVIDERS]

    def _connect(self, core: Core, name: str) -> Stored:
        """The connection of one provider, and its stand-in told where to call and what to sign with."""
        import httpx

        from connectors.registry import PROVIDERS
        from worker.provision import ensure

        provider = PROVIDERS[name]
        settings, secrets = provider.simulated(self.plan.base_url(name))
        made = ensure(core, name, provider.title, settings, secrets)
        words = {
            **made.secrets,
            "url": made.webhook_url(core.settings.public_url),
            "settings": dict(made.settings),
            "secrets": dict(made.secrets),
        }
        httpx.put(f"{self.plan.base_url(name)}/_sim/webhook", json=words, trust_env=False).raise_for_status()
        return made


def _newer(now: Stored | None, was: Stored) -> Stored:
    """As it is now, unless it left its stand-in: what is for the real provider stands in no file of ours."""
    return now if now is not None and now.settings.get("base_url") == was.settings.get("base_url") else was
