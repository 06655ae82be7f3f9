"""What the stand-in refuses, in Meta's words: bodies, tokens, windows, limits, difficult people."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors.action import Call
from connectors.client import new_client, perform
from connectors.connection import Connection
from connectors.errors import OutcomeUnknown, Rejected, Throttled
from connectors.events import EventType
from connectors.instagram import PROVIDER
from connectors.instagram.simulator import InstagramSimulator
from connectors.instagram.simulator_memory import PEOPLE
from tests.connectors.instagram.accounts import CUSTOMER, PAGE, Standin, standin_words
from tests.connectors.instagram.test_standin import LOGINS, Stand, refusal, told

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


@pytest.mark.parametrize(
    ("action", "rate"), [("send-text-message", 100), ("send-video-message", 10), ("list-conversations", 2)]
)
def test_limits(action: str, rate: int) -> None:
    """On request no more than the page's calls go through in a second, and a second later they do again."""
    now = [1767225600.0]
    settings, secrets = standin_words("instagram_login", "http://127.0.0.1:1")
    simulator = InstagramSimulator(settings, secrets, clock=lambda: now[0])
    simulator.webhook = {"limits": True}
    stand = Standin(simulator, "http://127.0.0.1:1", new_client(httpx.MockTransport(simulator)))
    example = PROVIDER.actions[action].example
    for _ in range(rate):
        stand.run(action, example)

    assert "613/2534040" == refusal(stand, example, action).code
    now[0] += 1.01
    stand.run(action, example)


def test_unknown_paths(standin: Stand) -> None:
    """Another version is fine, another path is not."""
    stand = standin("facebook_login")
    token = {"authorization": f"Bearer {stand.simulator.secrets['access_token']}"}
    get = stand.client.get

    assert PAGE == get(f"{stand.url}/v26.0/me", headers=token).json()["id"]
    assert 400 == get(f"{stand.url}/me", headers=token).status_code
    assert 400 == get(f"{stand.url}/v25.0/a/b/c", headers=token).status_code
    assert {"data": []} == get(f"{stand.url}/v25.0/{PAGE}/conversations", headers=token).json()
