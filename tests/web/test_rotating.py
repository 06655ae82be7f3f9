"""After a rotation: a stand-in calls where it was told to, and every process lets it in at once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import redis as redis_client

from connectors.registry import PROVIDERS
from tests.eventually import eventually
from tests.web.door import Door, open_door
from tests.worker.pipeline import PUBLIC

KINDS = {"onemsg": "message", "instagram": "message", "clicksend": "sms", "infobip": "sms"}


def connect(door: Door, name: str, **settings: Any) -> list[tuple[str, int]]:
    """A connection whose stand-in calls this door; (token, status) of each call as they come."""
    came: list[tuple[str, int]] = []

    def post(request: httpx.Request) -> httpx.Response:
        answer = door.knock(
            request.method,
            request.url.path,
            query_string=request.url.query,
            data=request.content,
            headers=dict(request.headers),
        )
        came.append((request.url.path.split("/")[3], answer.status_code))
        return httpx.Response(answer.status_code)

    chosen = PROVIDERS[name]
    given, secrets = chosen.simulated(f"https://{name}.invalid")
    door.ferry.simulators[name] = chosen.simulator(settings=given, secrets=secrets, post=post)
    stored = door.ferry.connect(name, "shop", **settings)
    door.ferry.simulators[name].webhook = {
        **secrets,
        "url": stored.webhook_url(PUBLIC) if chosen.paste else "",
        "settings": dict(stored.settings),
        "secrets": dict(stored.secrets),
    }
    return came


def fires(door: Door, name: str, came: list[tuple[str, int]]) -> tuple[str, int]:
    """The stand-in calls: the token it used, and what it was answered."""
    before = len(came)
    door.ferry.simulators[name].fire(KINDS[name], {})
    eventually(lambda: len(came) > before)
    return came[-1]


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_stand_in_is_let_in_before_and_after(door: Door, redis: redis_client.Redis, name: str) -> None:
    """At a process that read the connection before, too; where a person pastes it, the old URL works until then."""
    came = connect(door, name)
    old = door.get("/v1/connections/shop")["webhook_url"].rpartition("/")[2]
    assert (old, 200) == fires(door, name, came)

    rotating = open_door(redis, secret_keys=door.ferry.core.settings.secret_keys)
    rotating.ferry.simulators = door.ferry.simulators
    shown = rotating.post("/v1/connections/shop/rotate", {}, 200)
    new = shown["webhook_url"].rpartition("/")[2]
    assert new != old
    if PROVIDERS[name].paste:
        assert (old, 200) == fires(door, name, came)
        assert [None] == [one["accepted_until"] for one in door.get("/v1/connections/shop")["former_webhooks"]]
        assert "paste-webhook" == shown["clientAction"]["type"]
        door.ferry.simulators[name].webhook["url"] = shown["webhook_url"]

    assert (new, 200) == fires(door, name, came)
    after = door.get("/v1/connections/shop")
    assert None not in [one["accepted_until"] for one in after["former_webhooks"]]
    assert after["clientAction"] is None
    stored = door.ferry.core.connections.get("shop", fresh=True)
    assert stored is not None
    assert 200 == door.hook(stored, door.ferry.hook(stored, KINDS[name]), token=old).status_code


def test_the_old_signing_key_is_good_for_the_grace(door: Door) -> None:
    """Infobip signs what is on its way with the key of before; a third one is refused."""
    connect(door, "infobip", webhook_username="ferry")
    body = {"secrets": {"webhook_password": "made-up-password", "webhook_hmac_key": "made-up-key-0001"}}
    assert 200 == door.ask("PATCH", "/v1/connections/shop", json=body).status_code
    before = door.ferry.core.connections.get("shop", fresh=True)
    assert before is not None
    door.post("/v1/connections/shop/rotate", {}, 200)
    after = door.ferry.core.connections.get("shop", fresh=True)
    assert after is not None
    assert after.secrets["webhook_hmac_key"] != before.secrets["webhook_hmac_key"]

    assert 200 == door.hook(after, door.ferry.hook(before, "sms")).status_code
    assert 200 == door.hook(after, door.ferry.hook(after, "sms")).status_code
    stranger = door.ferry.hook(before, "sms")
    stranger.headers["x-infobip-signature"] = "0" * 64  # type: ignore[index]
    assert 403 == door.hook(after, stranger).status_code


def test_a_handshake_is_the_first_call(door: Door) -> None:
    """Meta asks the URL when it is saved; with a wrong word that is no proof of anything."""
    connect(door, "instagram")
    stored = door.ferry.core.connections.get("shop", fresh=True)
    assert stored is not None
    path = f"/webhooks/shop/{stored.token}"
    query = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": "wrong"}
    assert 403 == door.knock("GET", path, query_string=query).status_code
    assert door.get("/v1/connections/shop")["clientAction"] is not None
    query["hub.verify_token"] = stored.secrets["verify_token"]
    assert 200 == door.knock("GET", path, query_string=query).status_code
    assert door.get("/v1/connections/shop")["clientAction"] is None


def test_a_refusal_rests_on_what_stands_there_now(door: Door, redis: redis_client.Redis) -> None:
    """A secret that somebody changed a moment ago is known before a signature is refused; knocking costs little."""
    connect(door, "instagram")
    stored = door.ferry.core.connections.get("shop")
    assert stored is not None
    other = open_door(redis, secret_keys=door.ferry.core.settings.secret_keys)
    other.ferry.simulators = door.ferry.simulators
    other.ferry.core.connections.get("shop")
    changed = {"secrets": {"app_secret": "another-app-secret", "instagram_app_secret": None}}
    assert 200 == door.ask("PATCH", "/v1/connections/shop", json=changed).status_code
    after = door.ferry.core.connections.get("shop", fresh=True)
    assert after is not None

    assert 200 == other.hook(after, door.ferry.hook(after, "message")).status_code
    assert 403 == other.hook(after, door.ferry.hook(stored, "message")).status_code
    asked = redis.info("commandstats")["cmdstat_get"]["calls"]
    for _ in range(40):
        assert 404 == other.hook(after, door.ferry.hook(after, "message"), token="x" * 32).status_code
    assert redis.info("commandstats")["cmdstat_get"]["calls"] - asked < 40
