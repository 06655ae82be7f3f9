"""
Everything Ferry is told by its environment, read once, checked at once; all others receive values.

Only this module reads the environment.  `TABLE` is the list README.md shows; a test compares them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from cryptography.fernet import Fernet


class SettingsError(Exception):
    """What is missing or wrong in the environment, all of it in one sentence."""


def _of(name: str, default: Any, meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"name": name, "meaning": meaning, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """One field a variable; units stand in the names."""

    redis_url: str = _of(
        "REDIS_URL", "", "where state lives; `make run` starts its own when this is empty", secret=True
    )
    broker_url: str = _of("BROKER_URL", "", "Celery's broker; REDIS_URL when empty", secret=True)
    secret_keys: tuple[str, ...] = _of(
        "FERRY_SECRET_KEYS", (), "Fernet keys, newest first, by commas: they encrypt connections' secrets", secret=True
    )
    api_keys: tuple[str, ...] = _of(
        "FERRY_API_KEYS", (), "bearer keys of the HTTP API, by commas (besides those made with the CLI)", secret=True
    )
    public_url: str = _of("FERRY_PUBLIC_URL", "", "how providers reach `web`, e.g. https://ferry.example.com")
    rotation_grace_hours: float = _of(
        "FERRY_ROTATION_GRACE_HOURS", 72.0, "how long a webhook's URL from before a rotation is accepted"
    )
    port: int = _of("PORT", 8000, "where `web` listens")
    bind: str = _of("FERRY_BIND", "127.0.0.1", "the address `web` listens on; 0.0.0.0 in a container")
    web_workers: int = _of("FERRY_WEB_WORKERS", 2, "processes of `web`")
    web_threads: int = _of("FERRY_WEB_THREADS", 8, "threads of each `web` process")
    trusted_proxies: int = _of("FERRY_TRUSTED_PROXIES", 0, "how many proxies stand in front of `web`")
    max_body_bytes: int = _of("FERRY_MAX_BODY_BYTES", 4 * 1024 * 1024, "largest webhook body; beyond it 413")
    max_media_bytes: int = _of(
        "FERRY_MAX_MEDIA_BYTES", 100 * 1024 * 1024, "largest file of an attachment that is fetched; beyond it 413"
    )
    partitions: int = _of(
        "FERRY_PARTITIONS", 1, "partitions of the state, fixed at the first start; 1 unless you know why"
    )
    state_dir: str = _of(
        "FERRY_STATE_DIR",
        "",
        "a folder that outlives our processes: spool, connections, how a restored backup is told; none when empty",
    )
    spool_bytes: int = _of(
        "FERRY_SPOOL_BYTES", 256 * 1024 * 1024, "webhooks kept on disk while Redis is away; beyond it 503, 0 for none"
    )
    memory_bytes: int = _of(
        "FERRY_MEMORY_BYTES", 0, "memory Redis may use, where its maxmemory does not say; 0 for no limit of ours"
    )
    door_lag_seconds: float = _of(
        "FERRY_DOOR_LAG_SECONDS", 14400.0, "webhooks get 503 while the oldest has waited so long for a worker; 0: never"
    )
    submit_lag_seconds: float = _of(
        "FERRY_SUBMIT_LAG_SECONDS", 3600.0, "the API answers 429 while the oldest run has waited so long; 0: never"
    )
    slots: int = _of("FERRY_SLOTS", 32, "threads of one `worker`: provider calls and handlers at the same time")
    queue_slots: int = _of("FERRY_QUEUE_SLOTS", 0, "slots one connection may hold; a quarter of the slots when 0")
    handlers: tuple[str, ...] = _of("FERRY_HANDLERS", (), "modules with handlers, by commas, e.g. worker.examples.echo")
    lease_seconds: float = _of("FERRY_LEASE_SECONDS", 15.0, "how long a lane stays with a worker that says nothing")
    handler_seconds: float = _of("FERRY_HANDLER_SECONDS", 60.0, "how long a handler may take with one event")
    call_seconds: float = _of("FERRY_CALL_SECONDS", 120.0, "longest a provider call may take, whatever its action says")
    unknown_hold_seconds: float = _of(
        "FERRY_UNKNOWN_HOLD_SECONDS", 60.0, "how long a conversation waits behind a send whose outcome is unknown"
    )
    reconcile_hours: float = _of(
        "FERRY_RECONCILE_HOURS",
        24.0,
        "how long proof is looked for of a send whose outcome is unknown; then its connection's policy",
    )
    patience_seconds: float = _of(
        "FERRY_PATIENCE_SECONDS", 120.0, "how long a conversation waits for a run that is retried"
    )
    delivery_patience_seconds: float = _of(
        "FERRY_DELIVERY_PATIENCE_SECONDS",
        900.0,
        "how long a conversation waits for a handler that fails; then the event is a dead letter",
    )
    attempts: int = _of("FERRY_ATTEMPTS", 50, "attempts after which a run or a delivery is given up, whatever fails it")
    breaker_failures: int = _of(
        "FERRY_BREAKER_FAILURES",
        5,
        "calls in a row that find a provider unreachable or broken, until its breaker opens",
    )
    breaker_seconds: float = _of(
        "FERRY_BREAKER_SECONDS",
        10.0,
        "how long it stays open at first; doubled with each failing probe, up to 5 min",
    )
    journal_hours: float = _of("FERRY_JOURNAL_HOURS", 24.0, "how long raw requests are kept")
    events_hours: float = _of("FERRY_EVENTS_HOURS", 72.0, "how long events are kept")
    runs_days: float = _of("FERRY_RUNS_DAYS", 7.0, "how long ended runs and messages are kept")
    journal_bytes: int = _of(
        "FERRY_JOURNAL_BYTES",
        1 << 30,
        "most bytes of raw requests kept: beyond it the oldest go earlier; 0: by time only",
    )
    events_bytes: int = _of(
        "FERRY_EVENTS_BYTES", 2 << 30, "most bytes of events kept: beyond it the oldest go earlier; 0: by time only"
    )
    dead_letter_days: float = _of("FERRY_DEAD_LETTER_DAYS", 30.0, "how long dead letters are kept")
    dead_letters: int = _of("FERRY_DEAD_LETTERS", 100_000, "how many dead letters are kept; beyond that the oldest go")
    dead_letter_bytes: int = _of(
        "FERRY_DEAD_LETTER_BYTES", 256 * 1024 * 1024, "how much memory they may take; beyond that the oldest go"
    )
    sentry_dsn: str = _of("SENTRY_DSN", "", "where errors are reported; nowhere when empty", secret=True)
    log_level: str = _of("FERRY_LOG_LEVEL", "INFO", "how much is logged: DEBUG, INFO, WARNING, ERROR")
    log_format: str = _of("FERRY_LOG_FORMAT", "", "json, text or colour; JSON off a terminal when empty")

    @property
    def broker(self) -> str:
        """The broker's URL."""
        return self.broker_url or self.redis_url

    @property
    def per_queue(self) -> int:
        """Slots one queue may hold."""
        return self.queue_slots or max(1, self.slots // 4)


TABLE = tuple((one.metadata["name"], one.default, one.metadata["meaning"]) for one in fields(Settings))


def read(
    environment: Mapping[str, str] | None = None, *, needs: tuple[str, ...] = ("REDIS_URL", "FERRY_SECRET_KEYS")
) -> Settings:
    """
    The settings of this process.

    needs:  the variables that may not be empty for what is about to start
    raises: SettingsError naming everything that is missing or wrong, in one sentence
    """
    given = os.environ if environment is None else environment
    found: dict[str, Any] = {}
    wrong: list[str] = []
    missing = [name for name in needs if not given.get(name, "").strip()]
    for one in fields(Settings):
        name = one.metadata["name"]
        word = given.get(name, "").strip()
        if not word:
            continue
        try:
            found[one.name] = _convert(word, one.default)
        except ValueError:
            wrong.append(f"{name} must be a {'whole ' if isinstance(one.default, int) else ''}number")
    for key in found.get("secret_keys", ()):
        try:
            Fernet(key)
        except ValueError:
            wrong.append("FERRY_SECRET_KEYS must hold Fernet keys (make one with `ferry config key`)")
            break
    if not re.fullmatch("DEBUG|INFO|WARNING|ERROR", found.get("log_level", "INFO")):
        wrong.append("FERRY_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR")
    if not re.fullmatch("json|text|colour", found.get("log_format", "json")):
        wrong.append("FERRY_LOG_FORMAT must be json, text or colour")
    if not 1 <= found.get("partitions", 1) <= 256:
        wrong.append("FERRY_PARTITIONS must be between 1 and 256")
    problems = ([f"{_joined(missing)} {'is' if len(missing) == 1 else 'are'} not set"] if missing else []) + wrong
    if problems:
        told = f"Ferry cannot start: {'; '.join(problems)}. See the settings table in README.md."
        raise SettingsError(told)
    return Settings(**found)


def _convert(word: str, default: Any) -> Any:
    if isinstance(default, tuple):
        return tuple(piece.strip() for piece in word.split(",") if piece.strip())
    if isinstance(default, int):
        return int(word)
    if isinstance(default, float):
        return float(word)
    return word


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def environment(changes: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `changes`, for a child process."""
    return {**os.environ, **changes}
