"""Connections over HTTP: made, changed, paused, archived; secrets go in and do not come out."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.registry import PROVIDERS
from tests.web.door import Door


def new(door: Door, provider: str = "1msg", **more: Any) -> dict[str, Any]:
    """The body of a connection to the provider's stand-in, which is there to answer."""
    chosen = next(one for one in PROVIDERS.values() if one.title == provider)
    settings, secrets = chosen.simulated(f"https://{chosen.name}.invalid")
    door.ferry.simulators.setdefault(chosen.name, chosen.simulator(settings=settings, secrets=secrets, post=None))
    return {"id": "shop", "provider": provider, "settings": settings, "secrets": secrets, **more}


@pytest.mark.parametrize("provider", [one.title for one in PROVIDERS.values()])
def test_a_connection_is_made_and_tried(door: Door, provider: str) -> None:
    """201, READY, its secrets as their last four, its webhook URL in full."""
    body = new(door, provider, label="The shop")

    answer = door.ask("POST", "/v1/connections", json=body)

    found = answer.get_json()
    assert (201, "/v1/connections/shop") == (answer.status_code, answer.headers["Location"])
    assert ("shop", provider, "The shop", "READY") == tuple(
        found[name] for name in ("id", "provider", "label", "state")
    )
    text = answer.get_data(as_text=True) + door.ask("GET", "/v1/connections").get_data(as_text=True)
    assert not [name for name, secret in body["secrets"].items() if secret in text]
    assert all(word.startswith("…") for word in found["secrets"].values())
    stored = door.ferry.core.connections.get("shop", fresh=True)
    assert stored is not None
    assert found["webhook_url"].endswith(f"/webhooks/shop/{stored.token}")
    assert found == door.get("/v1/connections/shop")
    assert [found] == door.get("/v1/connections")["items"]
    assert "conflict" == door.post("/v1/connections", body, 409)["code"]


def test_a_name_is_made_up(door: Door) -> None:
    """An id is not needed."""
    body = new(door)
    del body["id"]

    assert door.post("/v1/connections", body, 201)["id"].startswith("1msg-")


def test_wrong_credentials_are_told(door: Door) -> None:
    """The connection is there, and says what a person has to do."""
    body = new(door)
    body["secrets"] = dict.fromkeys(body["secrets"], "wrong-wrong-wrong")

    found = door.post("/v1/connections", body, 201)

    assert "CLIENT_ACTION_REQUIRED" == found["state"]
    assert "wrong-wrong-wrong" not in str(found)
    assert found["clientAction"]["description"]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"provider": "pigeon"}, {"provider"}),
        ({"provider": None}, {"provider"}),
        ({"settings": {"colour": "red"}}, {"settings.colour"}),
        ({"secrets": {}}, {"secrets.token"}),
        ({"limits": {"default": "fast"}}, {"limits.default"}),
        ({"id": "a b"}, {"id"}),
        ({"surprise": 1}, {"surprise"}),
    ],
)
def test_each_mistake_is_named(door: Door, change: dict[str, Any], fields: set[str]) -> None:
    """422; nothing is made."""
    told = door.post("/v1/connections", new(door) | change, 422)

    assert fields <= set(told["fields"])
    assert [] == door.get("/v1/connections")["items"]


def test_a_change_is_laid_over(door: Door) -> None:
    """What is not said stays; null takes away; a new secret is tried."""
    body = new(door)
    door.post("/v1/connections", body, 201)

    def change(**words: Any) -> Any:
        answer = door.ask("PATCH", "/v1/connections/shop", json=words)
        assert 200 == answer.status_code, answer.get_data(as_text=True)
        return answer.get_json()

    assert "Shop" == change(label="Shop")["label"]
    limit = change(limits={"default": 3})["limits"]["default"]
    assert (3.0, limit["burst"], None) == (limit["rate"], limit["room"], limit["learned"])
    assert 3.0 != change(limits={"default": None})["limits"]["default"]["rate"]
    assert "CLIENT_ACTION_REQUIRED" == change(secrets={"token": "another-wrong-token"})["state"]
    found = change(secrets=body["secrets"])
    assert ("READY", "Shop", body["settings"]) == (found["state"], found["label"], found["settings"])
    wrong = door.ask("PATCH", "/v1/connections/shop", json={"secrets": {"token": None}})
    assert (422, ["secrets.token"]) == (wrong.status_code, list(wrong.get_json()["fields"]))


def test_a_pause_holds_sends_and_lets_webhooks_in(door: Door) -> None:
    """What waits goes out in its order when it is over."""
    door.post("/v1/connections", new(door), 201)
    stored = door.ferry.core.connections.get("shop", fresh=True)
    assert stored is not None
    door.heard(stored)

    assert door.post("/v1/connections/shop/pause", status=200)["paused"]
    idents = [door.post("/v1/runs", door.say(str(count), "shop"))["id"] for count in range(3)]
    door.ferry.settle(2)
    door.heard(stored)
    assert ["queued"] * 3 == [door.get(f"/v1/runs/{ident}")["state"] for ident in idents]
    assert not door.post("/v1/connections/shop/resume", status=200)["paused"]
    door.ferry.settle()

    texts = [one["body"]["body"] for one in door.ferry.simulators["onemsg"].requests("send-message")]
    assert ["0", "1", "2"] == texts


def test_a_resume_does_not_open_what_the_provider_refuses(door: Door) -> None:
    """Pause and refused credentials are two reasons: both have to be over."""
    body = new(door)
    door.post("/v1/connections", body, 201)
    door.ask("PATCH", "/v1/connections/shop", json={"secrets": {"token": "another-wrong-token"}})
    door.post("/v1/connections/shop/pause", status=200)
    door.post("/v1/connections/shop/resume", status=200)
    ident = door.post("/v1/runs", door.say("x", "shop", force=True))["id"]
    door.ferry.settle(2)
    assert "queued" == door.get(f"/v1/runs/{ident}")["state"]

    door.ask("PATCH", "/v1/connections/shop", json={"secrets": body["secrets"]})
    door.ferry.settle()

    assert "queued" != door.get(f"/v1/runs/{ident}")["state"]


def test_an_archived_connection_is_out_of_service(door: Door) -> None:
    """Its webhook answers 404, it takes no runs, it is listed on demand only, and what it did stays readable."""
    door.post("/v1/connections", new(door), 201)
    stored = door.ferry.core.connections.get("shop", fresh=True)
    assert stored is not None
    event = door.heard(stored)

    answer = door.ask("DELETE", "/v1/connections/shop")

    assert (200, True) == (answer.status_code, answer.get_json()["archived"])
    assert 404 == door.hook(stored, door.ferry.hook(stored, "message")).status_code
    assert "unknown_connection" == door.post("/v1/runs", door.say("x", "shop"), 422)["code"]
    assert [] == door.get("/v1/connections")["items"]
    assert ["shop"] == [one["id"] for one in door.get("/v1/connections?archived=true")["items"]]
    assert event == door.get(f"/v1/events/{event['id']}")
    door.post("/v1/connections/shop/pause", status=404)
    assert 200 == door.ask("DELETE", "/v1/connections/shop").status_code


def test_check_tells_the_state(door: Door) -> None:
    """Again and again."""
    door.post("/v1/connections", new(door), 201)

    assert "READY" == door.post("/v1/connections/shop/check", status=200)["state"]


def test_connections_are_listed_page_by_page(door: Door) -> None:
    """By id."""
    for ident in ("c", "a", "b"):
        door.post("/v1/connections", new(door) | {"id": ident}, 201)

    first = door.get("/v1/connections?limit=2&provider=onemsg")
    second = door.get(f"/v1/connections?limit=2&cursor={first['cursor']}")

    assert ["a", "b", "c"] == [one["id"] for one in first["items"] + second["items"]]
    assert second["cursor"] is None
    assert [] == door.get("/v1/connections?provider=infobip")["items"]


def test_one_rule_says_which_connection_takes_new_work(door: Door) -> None:
    """A run, a message and a request of one's own are told the same of one that is unknown, and of one that is away."""
    door.ferry.connect("1msg")
    asks = {
        "/v1/runs": (door.say(), 422),
        "/v1/messages": ({"connection": "1msg", "to": "15550100123", "text": "x"}, 422),
        "/v1/connections/1msg/request": ({"path": "/status"}, 404),
    }
    door.post("/v1/connections/1msg/archive", {}, 200)
    told = {door.post(path, body, status)["detail"] for path, (body, status) in asks.items()}
    assert {"the connection '1msg' is archived: `ferry connection restore 1msg` brings it back"} == told

    other = door.post("/v1/runs", {**door.say(), "connection": "none"}, 422)
    assert ("unknown_connection", "there is no connection 'none': `ferry connection list` shows those there are") == (
        other["code"],
        other["detail"],
    )
