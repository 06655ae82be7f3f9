"""A connection's life over the API: ensured, rotated, reconnected, archived, restored; the door knows both URLs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.web.door import Door

SECRETS = {"api_key": "SIMULATED-0000-0000-0000-CLICKSENDKEY"}


def whole(door: Door, **more: Any) -> dict[str, Any]:
    """The body of a PUT for ClickSend's stand-in, which the pipeline knows."""
    stored = door.ferry.connect("clicksend", "known")
    return {"provider": "clicksend", "settings": stored.settings, "secrets": stored.secrets, **more}


def put(door: Door, body: dict[str, Any], status: int = 200, query: str = "") -> Any:
    """The answer's JSON."""
    found = door.ask("PUT", f"/v1/connections/shop{query}", json=body)
    assert status == found.status_code, found.get_data(as_text=True)
    return found.get_json()


def test_ensuring_finds_or_makes_and_may_be_repeated(door: Door) -> None:
    """What a dry run announces is what happens, and the second time nothing does; no secret is shown."""
    body = whole(door, label="Shop")
    plan = put(door, body, query="?dry_run=true")
    assert "create" == plan["change"]
    assert {"label", "settings.username", "settings.base_url", "secrets.api_key"} <= {
        one["field"] for one in plan["differences"]
    }
    assert body["secrets"]["api_key"] not in json.dumps(plan)
    door.get("/v1/connections/shop", 404)

    made = put(door, body)
    assert ("READY", "Shop") == (made["state"], made["label"])
    assert ("none", []) == tuple(put(door, body, query="?dry_run=true")[word] for word in ("change", "differences"))
    assert made["webhook_url"] == put(door, body)["webhook_url"]
    changed = put(door, {"provider": "clicksend", "label": "Other"}, query="?dry_run=true")
    assert [{"field": "label", "before": "Shop", "after": "Other"}] == changed["differences"]


def test_a_file_may_pause_it_and_take_words_away(door: Door) -> None:
    """Null takes one away, what is not named stays, and what is paused lets nothing out; shown first, all of it."""
    body = whole(door, limits={"account": 3}, policy={"unknown_outcome": "fail"}, paused=True)
    first = {one["field"]: one["after"] for one in put(door, body, query="?dry_run=true")["differences"]}
    assert (True, 3.0, "fail") == (first["paused"], first["limits.account"], first["policy.unknown_outcome"])
    assert put(door, body)["paused"]
    run = door.post("/v1/runs", {"connection": "shop", "action": "get-account", "input": {}})["id"]
    door.ferry.settle()
    assert "queued" == door.get(f"/v1/runs/{run}")["state"]

    less = {"provider": "clicksend", "paused": False, "limits": {"account": None}, "policy": {"unknown_outcome": None}}
    told = {
        one["field"]: (one["before"], one["after"]) for one in put(door, less, query="?dry_run=true")["differences"]
    }
    assert {"paused": (True, False), "limits.account": (3.0, None), "policy.unknown_outcome": ("fail", None)} == told
    changed = put(door, less)
    assert (False, "hold") == (changed["paused"], changed["policy"]["unknown_outcome"])
    door.ferry.settle()
    assert "succeeded" == door.get(f"/v1/runs/{run}")["state"]
    other = {"provider": "clicksend", "limits": {"account": 2}}
    assert 2 == put(door, other)["limits"]["account"]["rate"]
    assert 2 == put(door, {"provider": "clicksend", "label": "L"})["limits"]["account"]["rate"]


def test_what_cannot_be_is_said_before_anything_is_stored(door: Door) -> None:
    """Each mistake by its field; another provider's connection is not taken over."""
    body = whole(door)
    assert "settings.nonsense" in put(door, {**body, "settings": {"nonsense": 1}}, 422, "?dry_run=true")["fields"]
    assert "provider" in put(door, {**body, "provider": "pigeon"}, 422)["fields"]
    for query in ("", "?dry_run=true"):
        odd = door.ask("PUT", f"/v1/connections/a%20b{query}", json=body)
        assert (422, ["id"]) == (odd.status_code, list(odd.get_json()["fields"]))
    put(door, body)
    told = put(door, {"provider": "infobip", "secrets": {"api_key": "x" * 8}}, 409)
    assert "is of clicksend" in told["detail"]
    door.get("/v1/connections/shop")


def test_both_urls_are_open_after_a_rotation(door: Door) -> None:
    """The new one and, for its grace, the old one; no further script or round trip for that."""
    stored = door.ferry.connect("1msg")
    before = stored.token
    shown = door.post("/v1/connections/1msg/rotate", {"grace_seconds": 600}, 200)
    token = shown["webhook_url"].rpartition("/")[2]

    assert token != before
    assert [True] == [one["accepted_until"] is not None for one in shown["former_webhooks"]]
    for secret in (token, before):
        request = door.ferry.hook(stored, "message")
        assert 200 == door.hook(stored, request, token=secret).status_code
    assert 404 == door.hook(stored, door.ferry.hook(stored, "message"), token="x" * 32).status_code
    assert before not in json.dumps(door.get("/v1/connections/1msg"))
    door.post("/v1/connections/1msg/rotate", {"grace_seconds": -1}, 422)
    door.post("/v1/connections/nobody/rotate", {}, 404)


def test_archived_its_url_is_gone_and_restored_it_is_back(door: Door) -> None:
    """DISABLED outside, 404 at the door, and the list shows it when asked."""
    stored = door.ferry.connect("1msg")
    assert "DISABLED" == door.post("/v1/connections/1msg/archive", None, 200)["state"]
    assert 404 == door.hook(stored, door.ferry.hook(stored, "message")).status_code
    assert [] == door.get("/v1/connections")["items"]
    assert ["DISABLED"] == [one["state"] for one in door.get("/v1/connections?archived=true")["items"]]
    door.post("/v1/connections/1msg/rotate", {}, 404)

    assert "READY" == door.post("/v1/connections/1msg/restore", None, 200)["state"]
    assert 200 == door.hook(stored, door.ferry.hook(stored, "message")).status_code
    assert "READY" == door.post("/v1/connections/1msg/restore", None, 200)["state"]
    door.post("/v1/connections/nobody/restore", None, 404)


def test_what_becomes_of_queued_runs_may_be_said(door: Door) -> None:
    """Cancelled; another word is a mistake that archives nothing."""
    stored = door.ferry.connect("1msg")
    door.post("/v1/connections/1msg/archive", {"queued": "forget"}, 422)
    ident = door.post("/v1/runs", door.say(force=True), 202)["id"]
    shown = door.post("/v1/connections/1msg/archive", {"queued": "cancel"}, 200)
    assert (True, False) == (shown["archived"], shown["archiving"])
    assert "cancelled" == door.get(f"/v1/runs/{ident}")["state"]
    assert shown == door.ask("DELETE", f"/v1/connections/{stored.id}").get_json()


def test_reconnecting_tries_what_is_given(door: Door) -> None:
    """Bad credentials need a person, and say in words and for an agent what to do; good ones make it READY."""
    stored = door.ferry.connect("clicksend")
    refused = door.post("/v1/connections/clicksend/reconnect", {"secrets": {"api_key": "wrong-key-0001"}}, 200)
    assert "CLIENT_ACTION_REQUIRED" == refused["state"]
    assert {"type", "description", "uiUrl", "agentInstructions"} == set(refused["clientAction"])
    good = door.post("/v1/connections/clicksend/reconnect", {"secrets": dict(stored.secrets)}, 200)
    assert ("READY", None) == (good["state"], good["clientAction"])
    door.post("/v1/connections/clicksend/reconnect", {"secrets": {"no_such": "x"}}, 422)


@pytest.mark.parametrize("name", ["1msg", "instagram", "clicksend", "infobip"])
def test_a_person_is_told_where_the_credentials_are(door: Door, name: str) -> None:
    """The provider's own page, where it has one."""
    door.ferry.connect(name)
    first = next(iter(door.ferry.core.connections.all()))
    simulator = door.ferry.simulators[first.provider]
    body = {"error": {"message": "no", "type": "OAuthException", "code": 190}} if name == "instagram" else None
    simulator.behave(status=401, times=5, **({"body": body} if body else {}))
    shown = door.post(f"/v1/connections/{first.id}/check", None, 200)

    assert "CLIENT_ACTION_REQUIRED" == shown["state"]
    assert str(shown["clientAction"]["uiUrl"]).startswith("https://")
