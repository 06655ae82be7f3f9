"""The whole web app over a pipeline: HTTP in the same process, with or without a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis
from flask import Flask
from werkzeug.test import TestResponse

from connectors.guards import HookRequest
from tests.worker.pipeline import Pipeline, build
from web.app import create_app
from worker.store.connections import Stored

KEY = "a-key-of-the-tests"
TO = "15550100123"
NOBODY = "redis://127.0.0.1:9"  # nobody answers there


@dataclass
class Door:
    """`ask` speaks with the key; `knock` without; `hook` delivers a webhook as a provider does."""

    ferry: Pipeline
    app: Flask

    def knock(self, method: str, path: str, **words: Any) -> TestResponse:
        """One request as it is."""
        return self.app.test_client().open(path, method=method, **words)

    def ask(self, method: str, path: str, **words: Any) -> TestResponse:
        """One request with the key."""
        headers = {"Authorization": f"Bearer {KEY}", **words.pop("headers", {})}
        return self.knock(method, path, headers=headers, **words)

    def get(self, path: str, status: int = 200) -> Any:
        """The JSON of a GET that is answered so."""
        found = self.ask("GET", path)
        assert found.status_code == status, found.get_data(as_text=True)
        return found.get_json()

    def post(self, path: str, body: Any = None, status: int = 202, **headers: str) -> Any:
        """The JSON of a POST that is answered so."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        found = self.ask("POST", path, headers=named, **({} if body is None else {"json": body}))
        assert found.status_code == status, found.get_data(as_text=True)
        return found.get_json()

    def say(self, text: str = "hello", connection: str = "1msg", **more: Any) -> dict[str, Any]:
        """The body of a run that sends a text over 1msg."""
        return {"connection": connection, "action": "send-message", "input": {"to": TO, "text": text}, **more}

    def hook(self, stored: Stored, request: HookRequest, *, token: str | None = None, **words: Any) -> TestResponse:
        """The webhook request, to the URL of its connection."""
        path = f"/webhooks/{stored.id}/{stored.token if token is None else token}"
        path += f"/{request.hook}" if request.hook else ""
        headers = {name: value for name, value in request.headers.items() if name != "content-type"}
        return self.knock(
            request.method,
            path,
            data=request.body,
            query_string=request.query,
            content_type=request.headers.get("content-type"),
            headers={**headers, **words.pop("headers", {})},
            **words,
        )

    def journalled(self, stored: Stored) -> int:
        """How many requests the connection's journal holds."""
        store = self.ferry.core.store
        return int(store.client.xlen(store.key(store.of(stored.id), f"in:{stored.id}")))

    def heard(self, stored: Stored, sample: str = "message") -> dict[str, Any]:
        """A message from the other party, come in by HTTP and normalised: its event."""
        assert self.hook(stored, self.ferry.hook(stored, sample)).status_code == 200
        self.ferry.settle()
        return self.ferry.events("message.received")[-1]


def open_door(client: redis.Redis, **changes: Any) -> Door:
    """A door over this Redis; `changes` are settings."""
    ferry = build(client, api_keys=(KEY,), **changes)
    return Door(ferry, create_app(ferry.core.settings, ferry.core))
