"""What the stand-in tells by itself: signed, in batches, out of order, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from connectors.client import new_client
from connectors.connection import Connection
from connectors.errors import OutcomeUnknown
from connectors.events import EventType, Fact
from connectors.guards import HookRequest
from connectors.instagram import PROVIDER
from connectors.instagram.simulator import InstagramSimulator
from tests.connectors.instagram.accounts import CUSTOMER, Standin, standin_words
from tests.connectors.instagram.test_standin import Stand, refusal, told


@pytest.mark.parametrize("kind", PROVIDER.samples)
def test_fire(kind: str) -> None:
    """Every sample can be fired; it is signed, and a GET is answered with its challenge."""
    settings, secrets = standin_words("instagram_login", "http://127.0.0.1:1")
    simulator = InstagramSimulator(settings, secrets)
    simulator.fire(kind, {})
    (request,) = simulator.sent
    connection = Connection("x", "instagram", settings, secrets)
    if request.method == "GET":
        answer = PROVIDER.handshake(connection, request)
        assert answer is not None
        assert 200 == answer.status
        return
    PROVIDER.guard(connection, request)

    assert PROVIDER.parse(request)


class Receiver:
    """An app that notes the callbacks it gets, and how many it waits for."""

    def __init__(self, count: int, *, refuse: int = 0) -> None:
        self.heard: list[HookRequest] = []
        self.enough = threading.Event()
        self.count = count
        self.refuse = refuse

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.refuse:
            self.refuse -= 1
            return httpx.Response(503)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.heard.append(HookRequest("POST", "", "", headers, request.read()))
        if len(self.heard) >= self.count:
            self.enough.set()
        return httpx.Response(200)

    def facts(self, connection: Connection) -> list[Fact]:
        """What was told, once all is there."""
        assert self.enough.wait(20)
        for request in self.heard:
            PROVIDER.guard(connection, request)
        return [fact for request in self.heard for fact in PROVIDER.parse(request)]


def test_callbacks_over_http(serve: Callable[[Any], str]) -> None:
    """Echo and read mark arrive signed at the dashboard's URL, also when the receiver is away at first."""
    settings, secrets = standin_words("instagram_login", "http://127.0.0.1:1")
    receiver = Receiver(2, refuse=1)

    def post(request: httpx.Request) -> httpx.Response:
        with new_client() as client:
            return client.send(request)

    simulator = InstagramSimulator(settings, secrets, post)
    with new_client() as client:
        stand = Standin(simulator, serve(simulator), client)
        stand.set_up(url=serve(receiver), reads=True)
        sent = stand.run("send-text-message", {"to": CUSTOMER, "text": "x"}).output["message_id"]
        facts = {fact.type: fact for fact in receiver.facts(stand.connection())}

    assert {EventType.SENT, EventType.READ} == set(facts)
    assert sent == facts[EventType.SENT].key
    read = facts[EventType.READ].read
    assert read is not None
    assert sent == read.message


def test_callbacks_in_batches() -> None:
    """Ten at a time in one body, out of order, none missing."""
    settings, secrets = standin_words("instagram_login", "http://127.0.0.1:1")
    simulator = InstagramSimulator(settings, secrets, seed=3)
    simulator.webhook = {"batch": 10}
    headers = {"authorization": f"Bearer {secrets['access_token']}"}
    ids = []
    for n in range(20):
        body = {"recipient": {"id": CUSTOMER}, "message": {"text": f"{n}"}}
        request = httpx.Request("POST", "http://x/v25.0/me/messages", json=body, headers=headers)
        ids.append(simulator(request).json()["message_id"])
    bodies = [[fact.key for fact in PROVIDER.parse(request)] for request in simulator.sent]

    assert [10, 10] == [len(keys) for keys in bodies]
    assert set(ids) == {key for keys in bodies for key in keys}
    assert ids != [key for keys in bodies for key in keys]


@pytest.mark.parametrize(("odd", "copies"), [({"duplicate": 3}, 3), ({"none": True}, 0)])
def test_callbacks_that_misbehave(standin: Stand, odd: dict[str, Any], copies: int) -> None:
    """Told three times, or never."""
    stand = standin("instagram_login")
    stand.client.post(f"{stand.url}/_sim/behaviour", json={"callbacks": odd, "times": 1})
    stand.run("send-text-message", {"to": CUSTOMER, "text": "x"})

    assert copies == len(told(stand))
    assert copies == 0 or 1 == len({fact.key for fact in told(stand)})


@pytest.mark.parametrize(("drop", "echoes"), [("before", 0), ("after", 1)])
def test_a_connection_that_breaks(standin: Stand, drop: str, echoes: int) -> None:
    """Either way the outcome is unknown; only the echo tells."""
    stand = standin("instagram_login")
    stand.client.post(f"{stand.url}/_sim/behaviour", json={"drop": drop, "times": 1, "action": "send-text-message"})

    assert isinstance(refusal(stand, {"to": CUSTOMER, "text": "x"}), OutcomeUnknown)
    assert echoes == len(told(stand))
