"""No body, however odd, is a fault of ours: it is taken, or told what is wrong with it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from connectors.registry import PROVIDERS
from tests.web.door import TO, Door

ODD: list[Any] = [
    *(None, "", 0, -1, 1.5, True, 10**30),
    *([], {}, [1], {"a": 1}, [[]], [{}], {"to": [1]}, {"": ""}),
    *("x" * 300, "\ud800", "\x00", "ä" * 10, "+15550100123", "15550100123@c.us"),
    *("2026-13-01", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00"),
]
CONTENTS = ("text", "media", "location", "contact", "template")


class Spoiler:
    """Makes well-formed words odd, always the same way."""

    def __init__(self, seed: str) -> None:
        self.dice = random.Random(seed)

    def spoil(self, value: Any) -> Any:
        """The value, or something else, or the same with something odd deep inside."""
        if self.dice.random() < 0.2:
            return self.dice.choice(ODD)
        if isinstance(value, dict):
            told = {name: self.spoil(inner) for name, inner in value.items() if self.dice.random() > 0.1}
            if self.dice.random() < 0.2:
                told[self.dice.choice(["x", "to", "text", "id"])] = self.dice.choice(ODD)
            return told
        if isinstance(value, list):
            return [self.spoil(inner) for inner in value]
        return value


def ask(door: Door, method: str, path: str, body: Any) -> None:
    """Asks, and holds the answer to be none of ours to mend."""
    answer = door.ask(method, path, data=json.dumps(body), content_type="application/json")
    assert answer.status_code < 500, (method, path, body)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_runs_of_every_action(door: Door, provider: str) -> None:
    """Handed in, shown, in a batch."""
    chosen, spoiler = PROVIDERS[provider], Spoiler(provider)
    door.ferry.connect(provider)

    for action in chosen.actions.values():
        body = {"connection": chosen.title, "action": action.key, "input": dict(action.example)}
        more = {"idempotency_key": "k", "priority": "live", "not_before": "2030-01-01T00:00:00Z", "force": True}
        ask(door, "POST", "/v1/runs?dry_run=true", {**body, "input": spoiler.spoil(body["input"])})
        ask(door, "POST", "/v1/runs", {**body, "input": spoiler.spoil(body["input"])})
        ask(door, "POST", "/v1/runs", spoiler.spoil({**body, **more}))
        ask(door, "POST", "/v1/runs/batch", {"runs": [spoiler.spoil(body), spoiler.spoil(body)]})


@pytest.mark.parametrize("provider", PROVIDERS)
def test_messages_and_connections(door: Door, provider: str) -> None:
    """In neutral words, and new accounts."""
    chosen, spoiler = PROVIDERS[provider], Spoiler(provider)
    door.ferry.connect(provider)
    settings, secrets = chosen.simulated(f"https://{provider}.invalid")
    good: list[Any] = ["hi", {"kind": "image", "url": "https://media.example/a.jpg"}, {"latitude": 1.0, "longitude": 2}]

    for count in range(60):
        content = {CONTENTS[count % 5]: spoiler.dice.choice([*good, *ODD])}
        ask(door, "POST", "/v1/messages", spoiler.spoil({"connection": chosen.title, "to": TO, **content}))
        ask(door, "POST", "/v1/messages", {"connection": chosen.title, "to": TO, "text": "x", "reply_to": "msg_00"})
    for count in range(10):
        words = {"id": f"n{count}", "provider": chosen.title, "settings": settings, "secrets": secrets, "label": "x"}
        named = {"base_url": settings["base_url"]}
        spoiled = spoiler.spoil(words)
        if isinstance(spoiled, dict) and isinstance(spoiled.get("settings"), dict):
            spoiled["settings"] |= named  # nobody but the stand-in is to be called
            ask(door, "POST", "/v1/connections", spoiled)
        ask(door, "PATCH", f"/v1/connections/{chosen.title}", spoiler.spoil({"label": "x", "limits": {"default": 1}}))
