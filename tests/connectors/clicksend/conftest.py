"""A connection whose every secret must stay secret, and the stand-in in the test's own process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.action import Call, Outcome
from connectors.clicksend import PROVIDER
from connectors.clicksend.simulator import ClickSendSimulator
from connectors.client import asking, new_client, perform
from connectors.connection import Connection
from connectors.provider import UnknownCall

API_KEY = "B1B2B3B4-C5C6-D7D8-E9E0-TOPSECRETKEY"
WEBHOOK = "https://hooks.example.net/webhooks/con_cs/9d0KxSecretPath"


@pytest.fixture
def connection() -> Connection:
    """One account."""
    return Connection("con_cs", "clicksend", {"username": "acme"}, {"api_key": API_KEY}, WEBHOOK)


class Desk:
    """A stand-in and somebody who asks it."""

    def __init__(self, connection: Connection, **settings: Any) -> None:
        self.connection = connection
        self.now = 1_790_000_000.0
        self.sim = ClickSendSimulator({**connection.settings, **settings}, connection.secrets, clock=lambda: self.now)
        self.client = new_client(httpx.MockTransport(self.sim))
        self.ask = asking(PROVIDER, connection, self.client)

    def run(self, action: str, given: dict[str, Any], ref: str = "run-1") -> Outcome:
        """One action against the stand-in."""
        return perform(PROVIDER, PROVIDER.actions[action], Call(self.connection, given, ref), self.client)

    def prove(
        self, action: str, given: dict[str, Any], ref: str = "run-1", left: float | None = None
    ) -> Outcome | None:
        """What the history proves of a call that left and was not answered."""
        at = datetime.fromtimestamp(self.now if left is None else left, UTC)
        call = UnknownCall(self.connection, PROVIDER.actions[action], given, ref, at)
        assert PROVIDER.prove is not None
        return PROVIDER.prove(call, self.ask)


@pytest.fixture
def desk(connection: Connection) -> Iterator[Desk]:
    """The stand-in with its defaults, in September 2026."""
    made = Desk(connection)
    yield made
    made.client.close()
