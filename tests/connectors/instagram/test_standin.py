"""The stand-in over real HTTP: every action on both hosts, its strictness, its words, its callbacks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from connectors.action import Call, Outcome
from connectors.client import new_client, perform
from connectors.connection import Connection
from connectors.errors import ConnectorError, InvalidCall, OutcomeUnknown, Rejected, Throttled
from connectors.events import EventType, Fact
from connectors.guards import HookRequest
from connectors.instagram import PROVIDER
from connectors.instagram.simulator import InstagramSimulator
from connectors.instagram.simulator_memory import PEOPLE
from tests.connectors.instagram.accounts import ACCOUNT, CUSTOMER, PAGE, Standin, standin_words

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


PEOPLES = {
    "0404": (Rejected, "unknown_recipient"),
    "0551": (Rejected, "blocked"),
    "0022": (Rejected, "window_closed"),
    "0300": (Rejected, "other"),
    "0321": (Throttled, "other"),
    "0613": (Throttled, "throttled"),
    "0063": (Rejected, "policy"),
    "0228": (Rejected, "other"),
    "0500": (OutcomeUnknown, "other"),
    "7046": (OutcomeUnknown, "other"),
}


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("ending", PEOPLES)
def test_people_who_are_difficult(standin: Stand, login: str, ending: str) -> None:
    """The endings README.md lists answer as it says; only the last of them gets the message."""
    stand = standin(login)
    problem = refusal(stand, {"to": f"90000000000{ending}", "text": "x"})

    assert PEOPLES[ending] == (type(problem), problem.reason)
    assert set(PEOPLES) == {*PEOPLE, "7046"}
    assert ([EventType.SENT] if ending == "7046" else []) == [fact.type for fact in told(stand)]


def test_each_host_has_its_manners(standin: Stand) -> None:
    """A closed window is 403 and an IGApiException on one, 400 and an OAuthException on the other; both are told."""
    seen = []
    for login in LOGINS:
        stand = standin(login)
        refusal(stand, {"to": "900000000000022", "text": "x"})
        record = stand.simulator.requests()[-1]
        seen.append((record["status"], record["answer"]["error"]["type"], record["answer"]["error"]["error_subcode"]))

    assert [(403, "IGApiException", 2534022), (400, "OAuthException", 2534022)] == seen


def test_the_window(standin: Stand) -> None:
    """24 hours from the customer's last word, 7 days for a person with the tag and the feature, then nothing."""
    stand = standin("instagram_login")
    now = [1767225600.0]
    stand.simulator.memory.clock = lambda: now[0]
    stand.set_up(strict=True)
    given = {"to": CUSTOMER, "text": "x"}
    tagged = {**given, "human_agent": True}
    assert "window_closed" == refusal(stand, given).reason
    fire = {"kind": "message", "set": {"_contact": CUSTOMER}}
    assert stand.client.post(f"{stand.url}/_sim/fire", json=fire).is_success
    stand.run("send-text-message", given)
    now[0] += 24 * 3600 + 1
    assert "window_closed" == refusal(stand, given).reason
    assert "10" == refusal(stand, tagged, human_agent_enabled=True).code  # not approved
    stand.simulator.settings["human_agent_enabled"] = True
    stand.run("send-text-message", tagged, human_agent_enabled=True)
    now[0] += 6 * 24 * 3600
    assert "window_closed" == refusal(stand, tagged, human_agent_enabled=True).reason
    assert stand.client.post(f"{stand.url}/_sim/fire", json={**fire, "kind": "postback"}).is_success
    stand.run("send-text-message", given)


def test_one_private_reply(standin: Stand) -> None:
    """For each comment one, and nobody's window is asked."""
    stand = standin("instagram_login")
    stand.set_up(strict=True)
    given = {"comment_id": "17900000000000011", "text": "x"}
    stand.run("send-private-reply", given)

    assert "100/2534025" == refusal(stand, given, "send-private-reply").code


def test_uploads(standin: Stand) -> None:
    """A Page's upload may be sent by its id, as what it is."""
    stand = standin("facebook_login")
    given = {"kind": "image", "media_url": "https://cdn.shop.example/p/1.jpg"}
    found = stand.run("upload-attachment", given).output["attachment_id"]
    stand.run("send-image-message", {"to": CUSTOMER, "attachment_id": found})

    assert "100/2018074" == refusal(stand, {"to": CUSTOMER, "attachment_id": found}, "send-video-message").code
    assert "100/2018074" == refusal(stand, {"to": CUSTOMER, "attachment_id": "1"}, "send-image-message").code


MEDIA = {
    # what Meta's own download finds: the address, the code
    "plain http": ("http://cdn.shop.example/p/1.jpg", "100/2018008"),
    "too large": ("https://cdn.shop.example/too-large.jpg", "100/2018109"),
}


@pytest.mark.parametrize(("url", "code"), MEDIA.values(), ids=MEDIA)
def test_media_meta_does_not_take(standin: Stand, url: str, code: str) -> None:
    """Found out only there."""
    problem = refusal(standin("instagram_login"), {"to": CUSTOMER, "media_url": url}, "send-image-message")

    assert (code, "media") == (problem.code, problem.reason)


BODIES: dict[str, tuple[Any, str]] = {
    # bodies a careless client would send: and the code they earn
    "no body": (None, "100"),
    "a list": ([], "100"),
    "nobody": ({"message": {"text": "x"}}, "100"),
    "a username": ({"recipient": {"id": "marta.fake"}, "message": {"text": "x"}}, "100/2534014"),
    "an id that is a number": ({"recipient": {"id": 5}, "message": {"text": "x"}}, "100"),
    "two recipients": ({"recipient": {"id": "9", "comment_id": "1"}, "message": {"text": "x"}}, "100"),
    "an unknown key": ({"recipient": {"id": "9"}, "message": {"text": "x"}, "colour": 1}, "100"),
    "reply_to in the message": ({"recipient": {"id": "9"}, "message": {"text": "x", "reply_to": {"mid": "m"}}}, "100"),
    "no content": ({"recipient": {"id": "9"}, "message": {}}, "100/2534015"),
    "text and a file": (
        {"recipient": {"id": "9"}, "message": {"text": "x", "attachment": {"type": "like_heart"}}},
        "100/2534015",
    ),
    "an empty text": ({"recipient": {"id": "9"}, "message": {"text": " "}}, "100"),
    "1,001 bytes": ({"recipient": {"id": "9"}, "message": {"text": "é" * 501}}, "100"),
    "a heart with a payload": (
        {"recipient": {"id": "9"}, "message": {"attachment": {"type": "like_heart", "payload": {}}}},
        "100",
    ),
    "a share of somebody's": (
        {"recipient": {"id": "9"}, "message": {"attachment": {"type": "MEDIA_SHARE", "payload": {"id": "1"}}}},
        "100/33",
    ),
    "reusable on the wrong host": (
        {
            "recipient": {"id": "9"},
            "message": {
                "attachment": {"type": "image", "payload": {"url": "https://x.example/a.png", "is_reusable": True}}
            },
        },
        "100",
    ),
    "one picture in the plural": (
        {
            "recipient": {"id": "9"},
            "message": {"attachments": [{"type": "image", "payload": {"url": "https://x.example/a.png"}}]},
        },
        "100",
    ),
    "videos in the plural": (
        {
            "recipient": {"id": "9"},
            "message": {"attachments": [{"type": "video", "payload": {"url": "https://x.example/a.mp4"}}] * 2},
        },
        "100",
    ),
    "a type that lies": (
        {
            "recipient": {"id": "9"},
            "message": {"attachment": {"type": "image", "payload": {"url": "https://x.example/a.mov"}}},
        },
        "100/2018047",
    ),
    "a legacy tag": (
        {
            "recipient": {"id": "9"},
            "message": {"text": "x"},
            "messaging_type": "MESSAGE_TAG",
            "tag": "ACCOUNT_UPDATE",
        },
        "100",
    ),
    "a tag alone": ({"recipient": {"id": "9"}, "message": {"text": "x"}, "tag": "HUMAN_AGENT"}, "100"),
    "14 quick replies": (
        {
            "recipient": {"id": "9"},
            "message": {"text": "x", "quick_replies": [{"content_type": "text", "title": "t", "payload": "p"}] * 14},
        },
        "100",
    ),
    "message and sign": (
        {"recipient": {"id": "9"}, "message": {"text": "x"}, "sender_action": "typing_on"},
        "100/2018014",
    ),
    "a sign with a tag": ({"recipient": {"id": "9"}, "sender_action": "typing_on", "tag": "HUMAN_AGENT"}, "100"),
    "typing with a payload": ({"recipient": {"id": "9"}, "sender_action": "typing_on", "payload": {}}, "100"),
    "a sign there is not": ({"recipient": {"id": "9"}, "sender_action": "wave"}, "100"),
    "unreact with a reaction": (
        {
            "recipient": {"id": "9"},
            "sender_action": "unreact",
            "payload": {"message_id": "m", "reaction": "love"},
        },
        "100",
    ),
    "a reaction that is a word": (
        {"recipient": {"id": "9"}, "sender_action": "react", "payload": {"message_id": "m", "reaction": "like"}},
        "100",
    ),
    "a card of a title": (
        {
            "recipient": {"id": "9"},
            "message": {
                "attachment": {
                    "type": "template",
                    "payload": {"template_type": "generic", "elements": [{"title": "x"}]},
                }
            },
        },
        "100",
    ),
    "a button of both kinds": (
        {
            "recipient": {"id": "9"},
            "message": {
                "attachment": {
                    "type": "template",
                    "payload": {
                        "template_type": "button",
                        "text": "x",
                        "buttons": [{"type": "postback", "title": "x", "payload": "p", "url": "https://x.example"}],
                    },
                }
            },
        },
        "100",
    ),
}


@pytest.mark.parametrize(("body", "code"), BODIES.values(), ids=BODIES)
def test_the_standin_is_strict(body: Any, code: str) -> None:
    """What Meta would refuse is refused with its numbers, and nothing is echoed."""
    settings, secrets = standin_words("instagram_login", "http://127.0.0.1:1")
    simulator = InstagramSimulator(settings, secrets)
    headers = {"authorization": f"Bearer {secrets['access_token']}"}
    response = simulator(httpx.Request("POST", "http://x/v25.0/me/messages", json=body, headers=headers))
    error = response.json()["error"]

    assert 400 <= response.status_code < 500
    assert code == "/".join(str(error[name]) for name in ("code", "error_subcode") if name in error)
    assert [] == simulator.sent
    assert error["fbtrace_id"]


@pytest.mark.parametrize("login", LOGINS)
def test_tokens(standin: Stand, login: str) -> None:
    """Another's and an expired one: both are 190 to us, and a reason to log in again."""
    stand = standin(login)
    for token in ("IGAA-somebody-else", "EAA-somebody-else"):
        wrong = Connection("x", "instagram", stand.connection().settings, {"access_token": token})
        with new_client() as client, pytest.raises(Rejected) as problem:
            perform(PROVIDER, PROVIDER.actions["get-account"], Call(wrong, {}, "r"), client)
        assert ("190", "auth") == (problem.value.code, problem.value.reason)
    stand.set_up(token_issued_at=1)
    assert ("190/463", "auth") == (refusal(stand, {}, "get-account").code, refusal(stand, {}, "get-account").reason)


def test_permissions(standin: Stand) -> None:
    """A permission that was taken back is no dead token."""
    stand = standin("instagram_login")
    stand.set_up(permissions=["instagram_business_basic"])

    assert ("10", "other") == (refusal(stand, {}, "get-account").code, refusal(stand, {}, "get-account").reason)


def test_proofs(standin: Stand) -> None:
    """An app that demands its secret gets it, in either form."""
    stand = standin("instagram_login")
    stand.set_up(require_proof=True)

    assert "appsecret_proof" in refusal(stand, {}, "get-account").text
    stand.run("get-account", {}, use_appsecret_proof=True)
    stand.run("get-account", {}, use_appsecret_proof=True, appsecret_time=True)
    stand.simulator.secrets["instagram_app_secret"] = stand.simulator.secrets["app_secret"] = "another-secret-0009"
    wrong = Connection(
        "x", "instagram", {**stand.connection().settings, "use_appsecret_proof": True},
        {**stand.connection().secrets, "instagram_app_secret": "yet-another-0010"},
    )  # fmt: skip
    with pytest.raises(Rejected) as problem:
        perform(PROVIDER, PROVIDER.actions["get-account"], Call(wrong, {}, "r"), stand.client)
    assert "100" == problem.value.code


def test_usage(standin: Stand) -> None:
    """Every answer says how much is used, refusals too; at 100 percent it is a refusal that says how long."""
    stand = standin("instagram_login")
    from connectors.provider import Answer

    def rested(percent: int) -> float | None:
        stand.set_up(usage=percent, regain=5)
        token = {"authorization": f"Bearer {stand.simulator.secrets['access_token']}"}
        response = stand.client.get(f"{stand.url}/v25.0/me", headers=token)
        return PROVIDER.rest(Answer(response.status_code, response.headers, response.content, response.json()))

    assert [None, 5.7, 300.0] == [rested(percent) for percent in (10, 90, 100)]
    problem = refusal(stand, {"to": CUSTOMER, "text": "x"})
    assert (Throttled, 300.0, "80002") == (type(problem), problem.after, problem.code)


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


def test_unknown_paths(standin: Stand) -> None:
    """Another version is fine, another path is not."""
    stand = standin("facebook_login")
    token = {"authorization": f"Bearer {stand.simulator.secrets['access_token']}"}
    get = stand.client.get

    assert PAGE == get(f"{stand.url}/v26.0/me", headers=token).json()["id"]
    assert 400 == get(f"{stand.url}/me", headers=token).status_code
    assert 400 == get(f"{stand.url}/v25.0/a/b/c", headers=token).status_code
    assert {"data": []} == get(f"{stand.url}/v25.0/{PAGE}/conversations", headers=token).json()
