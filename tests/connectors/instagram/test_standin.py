"""The stand-in over real HTTP: every action on both hosts, its strictness, its words, its callbacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from connectors.action import Outcome
from connectors.errors import ConnectorError, InvalidCall, Rejected
from connectors.events import EventType, Fact
from connectors.instagram import PROVIDER
from connectors.instagram.simulator import InstagramSimulator
from tests.connectors.instagram.accounts import ACCOUNT, CUSTOMER, Standin, standin_words

LOGINS = ["instagram_login", "facebook_login"]


Stand = Callable[[str], Standin]


def told(stand: Standin) -> list[Fact]:
    """The facts of all callbacks so far, each of which passes the guard."""
    facts: list[Fact] = []
    for request in stand.simulator.sent:
        PROVIDER.guard(stand.connection(), request)
        facts += PROVIDER.parse(request)
    return facts


def refusal(
    stand: Standin, given: Mapping[str, Any], action: str = "send-text-message", **settings: Any
) -> ConnectorError:
    """The error of an action."""
    with pytest.raises(ConnectorError) as problem:
        stand.run(action, given, **settings)
    return problem.value


@pytest.mark.parametrize("login", LOGINS)
def test_every_action(standin: Stand, login: str) -> None:
    """Every row's own example goes through, over a socket; what is asked is on the record under its key."""
    stand = standin(login)
    thread = stand.run("send-text-message", {"to": CUSTOMER, "text": "hello"})
    mid = thread.output["message_id"]
    page = stand.run("list-conversations", {"to": CUSTOMER})
    known = {"conversation_id": page.output["items"][0]["conversation_id"], "message_id": mid}
    for key, action in PROVIDER.actions.items():
        given = {name: known.get(name, value) for name, value in action.example.items()}
        if key == "upload-attachment" and login == "instagram_login":
            assert isinstance(refusal(stand, given, key), InvalidCall)
            continue
        before = len(stand.simulator.requests())
        outcome = stand.run(key, given)
        asked = stand.simulator.requests()[before:]
        assert isinstance(outcome, Outcome)
        assert key == asked[0]["action"]
        assert {200} == {one["status"] for one in asked}

    assert set(PROVIDER.actions) - {"upload-attachment"} <= {one["action"] for one in stand.simulator.requests()}


@pytest.mark.parametrize("login", LOGINS)
def test_every_send_is_echoed_with_its_own_id(standin: Stand, login: str) -> None:
    """The echo carries the message id of the answer, so that either may come first; signs are not echoed."""
    stand = standin(login)
    wanted = []
    for key, action in PROVIDER.actions.items():
        if action.path != "/me/messages":
            continue
        output = stand.run(key, action.example).output
        if not action.repeatable:
            wanted.append(output["message_id"])
    facts = told(stand)

    assert wanted == [fact.key for fact in facts]
    assert {EventType.SENT} == {fact.type for fact in facts}
    assert {ACCOUNT} == {fact.account for fact in facts}
    assert len(set(wanted)) == len(wanted) > 8


@pytest.mark.parametrize("login", LOGINS)
def test_a_conversation(standin: Stand, login: str) -> None:
    """A customer writes, is answered, reacts; all of it can be read back, the picture by its id."""
    stand = standin(login)
    picture = {"entry.0.messaging.0.sender.id": CUSTOMER}
    stand.client.post(f"{stand.url}/_sim/fire", json={"kind": "image", "set": picture}).raise_for_status()
    sent = stand.run("send-text-message", {"to": CUSTOMER, "text": "Nice!"}).output["message_id"]
    stand.run("react-to-message", {"to": CUSTOMER, "message_id": sent})
    thread = stand.run("list-conversations", {"to": CUSTOMER}).output["items"][0]
    messages = stand.run("get-conversation-messages", {"conversation_id": thread["conversation_id"]}).output["items"]
    received = next(fact for fact in told(stand) if fact.type is EventType.RECEIVED)

    assert CUSTOMER == thread["contact"]["id"] == received.conversation
    assert ["outbound", "inbound"] == [one["direction"] for one in messages]
    assert [sent, received.key] == [one["message_id"] for one in messages]
    assert ["image"] == [one["kind"] for one in messages[1]["attachments"]]
    assert ["❤️"] == [one["emoji"] for one in messages[0]["reactions"]]
    stand.run("remove-reaction", {"to": CUSTOMER, "message_id": sent})
    assert [] == stand.run("get-message-details", {"message_id": sent}).output["reactions"]


def test_pages_of_messages(standin: Stand) -> None:
    """Cursors lead to the end; beyond the twenty newest only ids are told; the token in `next` stays inside."""
    stand = standin("instagram_login")
    ids = [stand.run("send-text-message", {"to": CUSTOMER, "text": f"{n}"}).output["message_id"] for n in range(27)]
    thread = stand.run("list-conversations", {}).output["items"][0]["conversation_id"]
    rows: list[Any] = []
    cursor = None
    while True:
        given = {"conversation_id": thread, "limit": 10, **({"cursor": cursor} if cursor else {})}
        page = stand.run("get-conversation-messages", given).output
        rows += page["items"]
        cursor = page["cursor"]
        if cursor is None:
            break

    assert ids[::-1] == [one["message_id"] for one in rows]
    assert [False] * 20 + [True] * 7 == [one["content_unavailable"] for one in rows]
    assert isinstance(refusal(stand, {"message_id": ids[0]}, "get-message-details"), Rejected)
    raw = stand.client.get(
        f"{stand.url}/v25.0/{thread}/messages",
        params={"limit": 5},
        headers={"authorization": f"Bearer {stand.simulator.secrets['access_token']}"},
    )
    assert "access_token=" in raw.json()["paging"]["next"]  # the real one does that too


def test_uploads(standin: Stand) -> None:
    """A Page's upload may be sent by its id, as what it is."""
    stand = standin("facebook_login")
    given = {"kind": "image", "media_url": "https://cdn.shop.example/p/1.jpg"}
    found = stand.run("upload-attachment", given).output["attachment_id"]
    stand.run("send-image-message", {"to": CUSTOMER, "attachment_id": found})

    assert "100/2018074" == refusal(stand, {"to": CUSTOMER, "attachment_id": found}, "send-video-message").code
    assert "100/2018074" == refusal(stand, {"to": CUSTOMER, "attachment_id": "1"}, "send-image-message").code


@pytest.mark.parametrize("login", LOGINS)
def test_registering(standin: Stand, login: str) -> None:
    """What the account is subscribed to is what Meta knows there; unsubscribed it is told nothing."""
    assert PROVIDER.register is not None
    assert PROVIDER.unregister is not None
    assert PROVIDER.check is not None
    stand = standin(login)
    PROVIDER.check(stand.connection(), stand.ask())
    PROVIDER.register(stand.connection(), stand.ask())
    PROVIDER.register(stand.connection(), stand.ask())
    (app,) = stand.run("get-webhook-subscriptions", {}).output["items"]
    stand.run("send-text-message", {"to": CUSTOMER, "text": "x"})
    PROVIDER.unregister(stand.connection(), stand.ask())
    stand.run("send-text-message", {"to": CUSTOMER, "text": "y"})

    assert "messages" in app["subscribed_fields"]
    assert [] == stand.run("get-webhook-subscriptions", {}).output["items"]
    assert ["x"] == [fact.message.text for fact in told(stand) if fact.message]
    assert "100" == refusal(stand, {"subscribed_fields": ["messages", "colours"]}, "subscribe-webhooks").code


def test_ice_breakers(standin: Stand) -> None:
    """Set, read, replaced, removed, removed again."""
    stand = standin("facebook_login")
    example = PROVIDER.actions["set-ice-breakers"].example
    stand.run("set-ice-breakers", example)
    assert example == stand.run("get-ice-breakers", {}).output
    for _ in range(2):
        stand.run("delete-ice-breakers", {})
        assert {"ice_breakers": []} == stand.run("get-ice-breakers", {}).output


def test_profiles(standin: Stand) -> None:
    """Somebody, nobody, and somebody who never wrote."""
    stand = standin("instagram_login")

    assert "person.0001" == stand.run("get-user-profile", {"to": CUSTOMER}).output["username"]
    assert "9010" == refusal(stand, {"to": "900000000009010"}, "get-user-profile").code
    assert "230" == refusal(stand, {"to": "900000000000230"}, "get-user-profile").code


def test_forgetting(standin: Stand) -> None:
    """After DELETE /_sim nobody has ever written."""
    stand = standin("instagram_login")
    stand.run("send-text-message", {"to": CUSTOMER, "text": "x"})
    stand.client.delete(f"{stand.url}/_sim").raise_for_status()

    assert [] == stand.run("list-conversations", {}).output["items"]
    assert 1 == len(stand.simulator.requests())


def test_ids_do_not_come_again() -> None:
    """A stand-in that was started anew makes no message id it made before: an echo would look redelivered."""
    settings, secrets = standin_words("instagram_login", "http://127.0.0.1:1")
    made = [InstagramSimulator(settings, secrets, seed=0).memory.new_id() for _ in range(50)]

    assert 50 == len(set(made))


def test_secrets_are_not_on_the_record(standin: Stand) -> None:
    """What was asked is shown without its credentials."""
    stand = standin("instagram_login")
    stand.run("get-account", {}, use_appsecret_proof=True)
    query = {"grant_type": "ig_refresh_token", "access_token": stand.simulator.secrets["access_token"]}
    stand.client.get(f"{stand.url}/refresh_access_token", params=query)
    shown = json.dumps([{**one, "answer": None} for one in stand.simulator.requests()])

    assert [] == [secret for secret in stand.simulator.secrets.values() if secret in shown]
