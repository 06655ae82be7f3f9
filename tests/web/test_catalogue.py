"""What can be asked, and what the API says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.intent import NoSearch
from connectors.registry import PROVIDERS
from tests.web.door import Door
from web.api import actions


def test_actions_are_listed_whole(door: Door) -> None:
    """Every action of every provider, page by page, with its schemas."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = door.get("/v1/actions?limit=500" + (f"&cursor={cursor}" if cursor else ""))
        found += page["items"]
        cursor = page["cursor"]
        if not cursor:
            break

    assert {(one.title, key) for one in PROVIDERS.values() for key in one.actions} == {
        (one["provider"], one["key"]) for one in found
    }
    assert all(one["inputSchema"]["type"] == "object" for one in found)


def test_actions_of_one_provider(door: Door) -> None:
    """By name, by title, by a connection; one by its key."""
    door.ferry.connect("1msg")
    for query in ("provider=1msg", "provider=onemsg", "connection=1msg"):
        found = door.get(f"/v1/actions?limit=500&{query}")["items"]
        assert set(PROVIDERS["onemsg"].actions) == {one["key"] for one in found}
    told = door.get("/v1/actions/1msg/send-message")
    assert ("send-message", "1msg", False) == (told["key"], told["provider"], told["repeatable"])
    assert {"to", "text"} <= set(told["inputSchema"]["properties"])
    assert ["provider"] == list(door.get("/v1/actions?provider=pigeon", 422)["fields"])


def test_an_intent_without_a_search_is_told(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python whose SQLite was built without it still lists."""

    def none() -> Any:
        raise NoSearch("this Python's SQLite has no FTS5: look through the list without an intent")

    monkeypatch.setattr(actions, "_index", none)
    assert "without an intent" in door.get("/v1/actions?intent=x", 422)["fields"]["intent"][0]
    assert door.get("/v1/actions?limit=1")["items"]


def references(document: Any) -> Iterator[str]:
    """Every $ref in it."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(document, list):
        for value in document:
            yield from references(value)


def test_openapi_tells_every_endpoint(door: Door) -> None:
    """3.1; each rule and method under /v1 is in it, and every reference leads somewhere."""
    answer = door.knock("GET", "/openapi.json")
    spec = answer.get_json()

    assert "3.1.0" == spec["openapi"]
    told = {(path, method.upper()) for path, ways in spec["paths"].items() for method in ways if method != "parameters"}
    there = {
        (re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in door.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1/")
    }
    assert there == told
    for reference in set(references(spec)):
        place: Any = spec
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    post = spec["paths"]["/v1/runs"]["post"]
    assert {"wait", "dry_run", "Idempotency-Key"} == {one["name"] for one in post["parameters"]}
    assert {"connection", "action", "input"} <= set(spec["components"]["schemas"]["RunBody"]["properties"])
    default = spec["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}} == default
