"""The catalogue, every action of every provider: described so that one can choose, and shown by its own example."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis as redis_client

from connectors.action import Action
from connectors.catalog import describe
from connectors.provider import Provider
from connectors.registry import PROVIDERS
from connectors.schema import load
from tests.web.door import Door, open_door

ALL = [
    pytest.param(provider, action, id=f"{provider.title}:{key}")
    for provider in PROVIDERS.values()
    for key, action in provider.actions.items()
]
OTHER = {
    # settings of a second connection, for actions that the first kind cannot do
    "instagram": {"login_type": "facebook_login", "page_id": "100000000000077"},
}
TYPES = {"string", "integer", "number", "boolean", "object", "array", "null"}


@pytest.fixture(scope="module")
def door(valkey_server: Any) -> Iterator[Door]:
    """The API, and a connection of each provider."""
    with redis_client.Redis.from_url(valkey_server.url) as client:
        client.flushall()
        made = open_door(client)
        for name in PROVIDERS:
            made.ferry.connect(name, name)
            made.ferry.connect(name, f"{name}-other", **OTHER.get(name, {}))
        yield made


@pytest.mark.parametrize(("provider", "action"), ALL)
def test_it_is_described(provider: Provider, action: Action) -> None:
    """In words a person or an agent can choose by, with the page it stands on, as JSON Schema of today."""
    told = describe(provider, action)

    assert {"key", "provider", "title", "description", "inputSchema", "outputSchema", "repeatable"} <= set(told)
    assert {"cost", "limits", "example", "docs"} <= set(told)
    assert len(told["title"]) > 4
    assert len(told["description"]) >= 20
    assert told["description"].endswith(".")
    assert told["docs"].startswith("https://") or "§" in told["docs"]
    for schema in (told["inputSchema"], told["outputSchema"]):
        assert "object" == schema["type"]
        _is_schema(schema)
    assert set(told["inputSchema"].get("required", [])) <= set(told["example"])
    json.dumps(told)


def _is_schema(schema: Any) -> None:
    """Nothing of OpenAPI 3.0 in it, and no reference that leads nowhere."""
    if not isinstance(schema, dict):
        return
    assert "nullable" not in schema
    assert "$ref" not in schema
    kinds = schema.get("type", [])
    assert set([kinds] if isinstance(kinds, str) else kinds) <= TYPES
    for inner in schema.get("properties", {}).values():
        _is_schema(inner)
    for name in ("items", "additionalProperties"):
        _is_schema(schema.get(name))


@pytest.mark.parametrize(("provider", "action"), ALL)
def test_its_example_passes_its_own_schema(provider: Provider, action: Action) -> None:
    """What the page shows can be typed."""
    assert isinstance(load(action.request, action.example, provider=provider.name, action=action.key), dict)


@pytest.mark.parametrize(("provider", "action"), ALL)
def test_a_dry_run_of_its_example_shows_what_would_leave(door: Door, provider: Provider, action: Action) -> None:
    """The exact request, or the question that decides it; no secret, and nothing is stored."""
    path = f"/v1/actions/{provider.title}/{action.key}"
    body = {"connection": provider.name, "action": action.key, "input": door.get(path)["example"]}
    answer = door.ask("POST", "/v1/runs?dry_run=true", json=body)
    if answer.get_json().get("code") == "unsupported":
        assert provider.name in OTHER
        answer = door.ask("POST", "/v1/runs?dry_run=true", json={**body, "connection": f"{provider.name}-other"})
    assert 200 == answer.status_code, answer.get_json()
    shown = answer.get_json()
    requests = shown["requests"] + [one["request"] for one in shown["asks"]]

    assert requests or shown["note"]
    for one in requests:
        assert one["url"].startswith(f"https://{provider.name}.invalid")
        assert one["method"] in {"GET", "POST", "PUT", "PATCH", "DELETE"}
    stored = door.ferry.core.connections.get(provider.name)
    assert stored is not None
    told = json.dumps(shown)
    assert not [secret for secret in stored.secrets.values() if secret and secret in told]
    assert [] == door.get(f"/v1/runs?connection={provider.name}")["items"]
