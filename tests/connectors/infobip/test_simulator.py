"""The stand-in, over real HTTP where a socket matters: as strict as the page, with its queues, pushes and limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.action import Call, Nature
from connectors.client import new_client, perform
from connectors.connection import Connection
from connectors.errors import Rejected
from connectors.infobip import PROVIDER
from tests.connectors.infobip.stage import post, run, served, simulate

NUMBER = "447700900123"


@pytest.fixture(name="wired")
def _wired() -> Iterator[tuple[Any, Connection, httpx.Client]]:
    """The stand-in behind a socket, a connection to it, and a client."""
    settings, secrets = PROVIDER.simulated("http://127.0.0.1:1")
    sim = PROVIDER.simulator(settings, secrets, None)
    with served(sim) as base, new_client() as client:
        settings, secrets = PROVIDER.simulated(base)
        yield sim, Connection("ib", "infobip", settings, secrets, None), client


def prepared(sim: Any, connection: Connection, *, email: bool) -> dict[str, Any]:
    """What some examples need to be there first."""
    application = run(sim, connection, "create-tfa-application", {"name": "a"}).output["application_id"]
    given = {"application_id": application, "text": "{{pin}}", "pin_type": "NUMERIC", "pin_length": 6}
    template = run(sim, connection, "create-tfa-message-template", given).output["template_id"]
    sent = {"application_id": application, "template_id": template, "to": NUMBER}
    pin = run(sim, connection, "send-tfa-pin-sms", sent).output["pin_id"]
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    scheduled = {"to": NUMBER, "text": "later", "bulk_id": f"bulk-{'b' if email else '2026-03-01-a'}", "send_at": later}
    run(sim, connection, "send-sms-message", scheduled, "m-1")
    if email:
        mail = {"to": "ann@customer.example", "subject": "a", "text": "b", "bulk_id": "bulk-2026-03-01-a"}
        run(sim, connection, "send-email", {**mail, "send_at": later}, "m-2")
    subscription = PROVIDER.actions["create-subscription"].example
    run(sim, connection, "create-subscription", subscription)
    run(sim, connection, "validate-many-email-addresses", {"request_id": "vr-1", "addresses": ["a@b.example"]})
    return {"application_id": application, "template_id": template, "pin_id": pin, "send_at": later}


@pytest.mark.parametrize("key", PROVIDER.actions)
def test_every_action_works_over_http(key: str, wired: tuple[Any, Connection, httpx.Client]) -> None:
    """The example of each action is taken by the stand-in, and its record names the action."""
    sim, connection, client = wired
    found = prepared(sim, connection, email="emails" in key)
    given = {
        name: found.get(name, value) if name != "template_id" or "tfa" in key else value
        for name, value in PROVIDER.actions[key].example.items()
    }
    if key == "create-subscription":
        given["subscription_id"] = "another"
    if key == "lookup-numbers-later":
        given["notify_url"] = "https://hooks.acme.example/webhooks/ib/k3y"
    before = len(sim.requests())

    outcome = perform(PROVIDER, PROVIDER.actions[key], Call(connection, given, "ref-1"), client)

    record = sim.requests()[before]
    assert (key, True) == (record["action"], 200 <= record["status"] < 400)
    assert json.dumps(outcome.output)
    if PROVIDER.actions[key].nature is Nature.SEND:
        assert ["accepted"] == [part.state for part in outcome.parts]


@pytest.mark.parametrize("key", PROVIDER.actions)
def test_a_wrong_key_opens_nothing(key: str) -> None:
    """Each call without the right credentials is a 401, in the shape of its area."""
    sim, connection = simulate()
    wrong = Connection("ib", "infobip", connection.settings, {"api_key": "wrong-key-000001"}, connection.webhook_url)

    with pytest.raises(Rejected) as told:
        run(sim, wrong, key, PROVIDER.actions[key].example)

    assert ("auth", 401) == (told.value.reason, told.value.status)
    assert told.value.code in {"E401", "UNAUTHORIZED"}


ORDER = {"templateName": "order", "language": "en"}
STRICT: list[tuple[str, Any, str]] = [
    ("/sms/3/messages", {"messages": []}, "messages must not be empty"),
    ("/sms/3/messages", {"messages": [{"destinations": [], "content": {"text": "a"}}]}, "messages[0].destinations"),
    ("/sms/3/messages", {"messages": [{"destinations": [{"to": "1"}], "content": {}}]}, "messages[0].content.text"),
    (
        "/sms/3/messages",
        {"messages": [{"destinations": [{"to": "1"}], "content": {"text": None}, "sender": None}]},
        "messages[0].sender must not be null",
    ),
    (
        "/sms/3/messages",
        {"messages": [{"destinations": [{"to": "1"}], "content": {"text": "a", "transliteration": "KLINGON"}}]},
        "transliteration",
    ),
    (
        "/sms/3/messages",
        {
            "messages": [{"destinations": [{"to": "1"}], "content": {"text": "a"}}],
            "options": {"schedule": {"sendAt": "tomorrow"}},
        },
        "options.schedule.sendAt",
    ),
    (
        "/sms/3/messages",
        {
            "messages": [{"destinations": [{"to": "1"}], "content": {"text": "a"}}],
            "options": {"schedule": {"sendAt": "2999-01-01T00:00:00.000+0000"}},
        },
        "within 180 days",
    ),
    (
        "/sms/2/text/advanced",
        {"messages": [{"destinations": [{"to": "1"}], "text": "a", "validityPeriod": 2881}]},
        "messages[0].validityPeriod",
    ),
    ("/whatsapp/1/message/text", {"from": "1", "to": "1", "content": {"text": ""}}, "content.text"),
    ("/whatsapp/1/message/text", {"from": "1", "to": "1", "content": {"text": "x" * 4097}}, "between 1 and 4096"),
    ("/whatsapp/1/message/text", {"to": "1", "content": {"text": "x"}}, "from must not be null"),
    (
        "/whatsapp/1/message/template",
        {
            "messages": [
                {
                    "from": "1",
                    "to": "1",
                    "content": {"templateName": "a", "language": "en", "templateData": {"body": {}}},
                }
            ]
        },
        "messages[0].content.templateData.body.placeholders must not be null",
    ),
    ("/whatsapp/1/message/image", {"from": "1", "to": "1", "content": {"mediaUrl": "file:///x"}}, "content.mediaUrl"),
    (
        "/whatsapp/1/message/location",
        {"from": "1", "to": "1", "content": {"latitude": 91, "longitude": 0}},
        "content.latitude",
    ),
    (
        "/whatsapp/1/message/interactive/buttons",
        {"from": "1", "to": "1", "content": {"body": {"text": "a"}, "action": {"buttons": []}}},
        "content.action.buttons",
    ),
    ("/tts/3/single", {"from": "Acme", "to": "1", "text": "a"}, "from must match"),
    ("/tts/3/single", {"from": "1", "to": "1", "text": "?!"}, "punctuation"),
    (
        "/tts/3/advanced",
        {"messages": [{"from": "1", "destinations": [{"to": "1"}], "text": "a", "callbackData": "x" * 701}]},
        "messages[0].callbackData",
    ),
    ("/2fa/2/applications", {"name": "", "configuration": {"pinTimeToLive": "soon"}}, "configuration.pinTimeToLive"),
    ("/2fa/2/pin", {"applicationId": "a", "messageId": "b"}, "to must not be null"),
    (
        "/email/4/messages",
        {
            "messages": [
                {
                    "destinations": [{"to": [{"destination": "a@b.example", "placeholders": {"a": "b"}}]}],
                    "content": {"subject": "a"},
                }
            ]
        },
        "placeholders must be a string",
    ),
    ("/mms/2/messages", {"messages": [{"destinations": [{"to": "1"}], "content": {}}]}, "messageSegments"),
    ("/number/1/query", {"to": []}, "to must not be empty"),
    ("/number/1/notify", {"to": ["1"]}, "notifyUrl must not be null"),
    (
        "/subscriptions/1/subscription/SMS",
        {
            "subscriptionId": "a b",
            "events": ["DELIVERY"],
            "profile": {"profileId": "p", "webhook": {"notifyUrl": "https://x"}},
        },
        "subscriptionId must match",
    ),
]


@pytest.mark.parametrize(("path", "body", "told"), STRICT)
def test_it_is_as_strict_as_the_page(path: str, body: Any, told: str) -> None:
    """A body the page forbids is a 400 that names the mistake, in the shape of its area."""
    sim, _ = simulate()

    found = post(sim, path, body)

    assert 400 == found.status_code
    problem = PROVIDER.judge(PROVIDER.actions["send-sms-message"], _answer(found))
    assert problem is not None
    assert told in problem.text
    assert ("errorCode" in found.json()) == path.startswith(("/sms/3/", "/email/4/", "/mms/2/"))


def _answer(found: httpx.Response) -> Any:
    from connectors.provider import Answer

    return Answer(found.status_code, found.headers, found.content, found.json())


@pytest.mark.parametrize("body", [None, [], "text", 5])
def test_what_is_no_object_is_refused(body: Any) -> None:
    """A body that is no object is a 400 for every call that takes one."""
    sim, _ = simulate()
    for path in (
        "/sms/3/messages",
        "/sms/2/text/advanced",
        "/whatsapp/1/message/text",
        "/tts/3/advanced",
        "/2fa/2/pin",
    ):
        assert 400 == post(sim, path, body if body is not None else {}).status_code
    assert 404 == post(sim, "/nowhere", {}).status_code
