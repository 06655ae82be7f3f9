"""A terminal for tests: command lines in, exit code, data and words out; nothing of this machine's settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis as redis_client
from click.testing import CliRunner, Result

from connectors.connection import Connection
from connectors.provider import Provider
from connectors.registry import PROVIDERS
from tests.worker.pipeline import Pipeline, build
from web.app import create_app
from worker.cli import folder, main

Ferry = Callable[..., Result]
Live = Callable[..., Any]
HOOK = "http://127.0.0.1:9/webhooks/{}/path-token-0001"


@pytest.fixture
def ferry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_log: None) -> Ferry:
    """ferry("connection", "list", transport=…, NAME="value of a variable") in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in os.environ:
        if name.startswith(("FERRY_", "REDIS_URL", "BROKER_URL", "SENTRY_DSN", "PORT")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("A_KEY", "fk_secret-key-0001")

    def run(*words: str, transport: httpx.BaseTransport | None = None, given: str = "", **variables: str) -> Result:
        return CliRunner().invoke(main, list(words), obj=transport, input=given, env=variables, prog_name="ferry")

    return run


class Script:
    """A Ferry that answers as told and remembers what it was asked: {("GET", "/v1/runs"): (200, {...})}."""

    def __init__(self, answers: dict[tuple[str, str], Any]) -> None:
        self.answers = answers
        self.asked: list[httpx.Request] = []

    @property
    def transport(self) -> httpx.MockTransport:
        """For `ferry(…, transport=script.transport)`."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers[request.method, request.url.path]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return httpx.Response(status, json=body)


@pytest.fixture
def script() -> type[Script]:
    """Makes a Ferry that answers as told."""
    return Script


@pytest.fixture
def pipeline(redis: redis_client.Redis) -> Pipeline:
    """Ferry without its processes, and a connection of 1msg."""
    made = build(redis)
    made.connect("1msg")
    return made


@pytest.fixture
def settings(pipeline: Pipeline, redis_url: str) -> dict[str, str]:
    """The variables that whoever runs this instance has."""
    return {"REDIS_URL": redis_url, "FERRY_SECRET_KEYS": pipeline.core.settings.secret_keys[0]}


@pytest.fixture
def live(ferry: Ferry, pipeline: Pipeline, settings: dict[str, str]) -> Live:
    """One command with a key that `ferry key create` made."""
    app = create_app(pipeline.core.settings, pipeline.core)
    transport = httpx.WSGITransport(app=app)
    key = ferry("key", "create", "tests", **settings).stdout.strip()

    def run(*words: str, **more: Any) -> Any:
        return ferry(*words, "--url", "http://ferry.invalid", transport=transport, FERRY_KEY=key, **more)

    return run


def connection_of(provider: Provider) -> Connection:
    """One against its stand-in."""
    settings, secrets = provider.simulated("http://127.0.0.1:9")
    return Connection(provider.title, provider.name, settings, secrets, HOOK.format(provider.title))


@pytest.fixture
def dev_json(ferry: Ferry) -> None:
    """As `ferry dev` writes it in this folder."""
    folder.FOLDER.mkdir()
    told: dict[str, Any] = {
        "url": "http://ferry.invalid",
        "api_key": "fk_1",
        "redis_url": "redis://x",
        "connections": {},
    }
    for provider in PROVIDERS.values():
        one = connection_of(provider)
        told["connections"][provider.title] = {
            "id": one.id,
            "webhook_url": one.webhook_url,
            "settings": dict(one.settings),
            "secrets": dict(one.secrets),
        }
    folder.tell(folder.FOLDER, told)
