"""
The one harness for a provider's actions: what we were asked, what left, what came back, what we made of it.

It works over `httpx.MockTransport` and also proves that no credential reached a log line, an error or an outcome.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx

from connectors.action import Call, Outcome
from connectors.client import new_client, perform
from connectors.connection import Connection
from connectors.errors import ConnectorError
from connectors.provider import Provider

REF = "run-ref-0001"


@dataclass(frozen=True)
class Conversation:
    """
    One exchange.

    given:    the action's input
    sends:    what must leave: {"method", "path", "query"?, "json"? | "form"? | "text"?, "headers"?}; exactly these
              query and body, headers at least these; None when nothing may leave
    answer:   (status, JSON or text or None[, headers]) or an httpx error to raise
    returns:  the output, exactly; None when it is not looked at
    parts:    [(ref, state, message)] of the outcome, when looked at
    raises:   the error's class; with reason, code, after, scope when they matter
    """

    action: str
    given: Mapping[str, Any]
    sends: Mapping[str, Any] | None = None
    answer: tuple[Any, ...] | Exception = (200, {})
    returns: Mapping[str, Any] | None = None
    parts: list[tuple[str, str, str | None]] | None = None
    raises: type[ConnectorError] | None = None
    reason: str | None = None
    code: str | None = None
    after: float | None = None
    scope: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def check(self, provider: Provider, connection: Connection, caplog: Any = None) -> Outcome | ConnectorError:
        """Plays it and holds every word of it; gives the outcome or the error for closer looks."""
        mine = Connection(
            connection.id,
            connection.provider,
            {**connection.settings, **self.settings},
            connection.secrets,
            connection.webhook_url,
        )
        left: list[httpx.Request] = []

        def play(request: httpx.Request) -> httpx.Response:
            request.read()
            left.append(request)
            if isinstance(self.answer, Exception):
                raise self.answer
            status, body, *more = self.answer
            headers = more[0] if more else {}
            if body is None:
                return httpx.Response(status, headers=headers)
            if isinstance(body, str | bytes):
                return httpx.Response(status, headers=headers, content=body)
            return httpx.Response(status, headers=headers, json=body)

        if caplog is not None:
            caplog.set_level(logging.DEBUG)
        call = Call(mine, self.given, REF)
        outcome: Outcome | ConnectorError
        with new_client(httpx.MockTransport(play)) as client:
            try:
                outcome = perform(provider, provider.actions[self.action], call, client)
            except ConnectorError as problem:
                outcome = problem
        self._hold_request(left)
        self._hold_outcome(outcome)
        self._hold_secrets(mine, outcome, caplog)
        return outcome

    def _hold_request(self, left: list[httpx.Request]) -> None:
        if self.sends is None:
            if self.raises is not None and not left:
                return
            assert self.raises is None or not left, "something left though the conversation says nothing may"
            return
        assert len(left) == 1, f"{len(left)} requests left instead of one"
        request = left[0]
        assert request.method == self.sends["method"]
        assert request.url.raw_path.decode().partition("?")[0] == self.sends["path"]
        assert dict(parse_qsl(request.url.query.decode(), keep_blank_values=True)) == self.sends.get("query", {})
        if "json" in self.sends:
            assert json.loads(request.content) == self.sends["json"]
        elif "form" in self.sends:
            assert dict(parse_qsl(request.content.decode(), keep_blank_values=True)) == self.sends["form"]
        elif "text" in self.sends:
            assert request.content.decode() == self.sends["text"]
        else:
            assert request.content == b""
        for name, value in self.sends.get("headers", {}).items():
            assert request.headers.get(name) == value

    def _hold_outcome(self, outcome: Outcome | ConnectorError) -> None:
        if self.raises is not None:
            assert type(outcome) is self.raises, f"expected {self.raises.__name__}, came {outcome!r}"
            for name in ("reason", "code", "after", "scope"):
                wanted = getattr(self, name)
                assert wanted is None or getattr(outcome, name) == wanted, f"{name}: {getattr(outcome, name)!r}"
            return
        assert isinstance(outcome, Outcome), f"it failed: {outcome!r}"
        if self.returns is not None:
            assert outcome.output == dict(self.returns)
        if self.parts is not None:
            assert [(part.ref, part.state, part.message) for part in outcome.parts] == self.parts

    def _hold_secrets(self, connection: Connection, outcome: Outcome | ConnectorError, caplog: Any) -> None:
        told = repr(outcome) + (repr(outcome.as_dict()) if isinstance(outcome, ConnectorError) else "")
        if caplog is not None:
            told += caplog.text
        for name, value in connection.secrets.items():
            assert not value or value not in told, f"the secret {name} reached a log, an error or an outcome"
