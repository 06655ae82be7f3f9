"""A provider of another package: carrier pigeons.  As small as a whole provider can be."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any

import httpx
from marshmallow import fields

from connectors import guards
from connectors.action import Action, Nature, table
from connectors.client import origin
from connectors.connection import Connection
from connectors.errors import ConnectorError, Malformed, OutcomeUnknown, Reason, Rejected
from connectors.events import Contact, EventType, Fact, Message
from connectors.guards import HookRequest
from connectors.provider import Answer, Pace, Provider, Sample, Stamp
from connectors.schema import Reply, Request, Settings
from connectors.simulator import Simulator

BASE_URL = "https://pigeons.acme.example"


class Loft(Settings):
    """Where the pigeons live."""

    loft = fields.Str(required=True, metadata={"description": "The loft's number, on its door."})
    base_url = fields.Str(metadata={"description": "Where the loft answers."})


class Keys(Settings):
    """What opens it."""

    seed = fields.Str(required=True, metadata={"description": "What the pigeons eat; ask the keeper."})


class Fly(Request):
    """A note to carry."""

    to = fields.Str(required=True, metadata={"description": "the other loft"})
    text = fields.Str(required=True, metadata={"description": "at most a leg's length"})


class Flown(Reply):
    """A pigeon is on its way."""

    message_id = fields.Str(data_key="ring")


class Seed(httpx.Auth):
    """What they eat, in a header."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Adds it."""
        request.headers["x-seed"] = self._seed
        yield request


ACTIONS = table(
    Action(
        key="fly-note",
        title="Send a note by pigeon",
        description="Ties a note to a pigeon's leg and lets it fly to another loft.",
        method="POST",
        path="/notes",
        request=Fly,
        reply=Flown,
        repeatable=False,
        nature=Nature.SEND,
        party=lambda given: given["to"],
        example={"to": "loft-7", "text": "Coming home."},
        docs="https://pigeons.acme.example/docs",
    )
)


def judge(action: Action, answer: Answer) -> ConnectorError | None:
    """The error an answer is, or None."""
    del action
    if answer.status < 300:
        return None
    if answer.status == 401:
        return Rejected("the pigeons do not know this seed", reason=Reason.AUTH, status=401)
    if answer.status < 500:
        return Rejected("the pigeon refuses", status=answer.status)
    return OutcomeUnknown("the loft is in disorder", status=answer.status)


def parse(request: HookRequest) -> list[Fact]:
    """A pigeon that came home."""
    try:
        told = json.loads(request.body)
        ring, loft, text = told["ring"], told["loft"], told["text"]
    except (ValueError, KeyError, TypeError) as problem:
        raise Malformed("no pigeon") from problem
    return [
        Fact(
            EventType.RECEIVED,
            told,
            key=ring,
            conversation=loft,
            contact=Contact(loft),
            message=Message(ring, "inbound", text=text),
        )
    ]


class PigeonSimulator(Simulator):
    """A loft that takes every note."""

    provider = "pigeon"
    prefix = "/{loft}"

    def __init__(self, *, settings: Mapping[str, Any], secrets: Mapping[str, str], post: Any = None) -> None:
        super().__init__(ACTIONS, settings=settings, secrets=secrets, post=post)

    def answer(self, request: httpx.Request, action: str | None) -> httpx.Response:
        """A ring for each note."""
        if request.headers.get("x-seed") != self.secrets["seed"]:
            return httpx.Response(401, json={})
        if action is None:
            return httpx.Response(404, json={})
        return httpx.Response(200, json={"ring": f"ring-{len(self.requests('fly-note'))}"})

    def fire(self, kind: str, changes: Mapping[str, Any]) -> None:
        """Nothing comes by itself."""
        raise KeyError(kind)


def home(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """A pigeon's news."""
    del connection
    return {"ring": stamp.id, "loft": stamp.contact, "text": stamp.text}


PROVIDER = Provider(
    name="pigeon",
    title="pigeon",
    base_url=BASE_URL,
    settings=Loft,
    secrets=Keys,
    locate=lambda connection, path: f"{origin(connection, BASE_URL)}/{connection.setting('loft')}{path}",
    auth=lambda connection: Seed(connection.secret("seed")),
    actions=ACTIONS,
    judge=judge,
    parse=parse,
    guard=guards.url_token,
    simulator=PigeonSimulator,
    simulated=lambda base_url: ({"loft": "loft-1", "base_url": base_url}, {"seed": "simulated-seed-0001"}),
    verbs={"send": lambda words: ("fly-note", {"to": words["to"], "text": words.get("text") or ""})},
    samples={"message": Sample("A pigeon comes home", home)},
    paces={"default": Pace(rate=2.0, burst=2)},
)
