"""What stands in the catalogue works: every action described, exampled, played through; every verb, or why not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from marshmallow import ValidationError

from connectors import catalog, clicksend
from connectors.action import Call, Nature
from connectors.clicksend import PROVIDER
from connectors.clicksend.simulator import API_KEY, simulated
from connectors.client import prepare
from connectors.connection import Connection
from connectors.errors import InvalidCall, Unsupported
from tests.connectors.clicksend.test_account_and_rules import RULES
from tests.connectors.clicksend.test_contacts import CONTACTS
from tests.connectors.clicksend.test_prices_and_media import ALL as MEDIA
from tests.connectors.clicksend.test_reading import READING
from tests.connectors.clicksend.test_send_sms import CONVERSATIONS
from tests.connectors.clicksend.test_templates_and_campaigns import ALL as TEMPLATES

ASKED_FOR = {
    *("send-sms", "get-sms-price", "get-sms-history", "get-delivery-receipts", "get-inbound-sms"),
    *("cancel-scheduled-sms", "list-sms-templates", "create-sms-template", "update-sms-template"),
    *("delete-sms-template", "cancel-all-scheduled-sms", "mark-inbound-as-read", "mark-receipts-as-read"),
    *("get-account", "send-mms", "send-voice", "send-sms-campaign", "get-sms-campaign-price", "cancel-sms-campaign"),
    *("create-contact-list", "create-contact", "create-inbound-rule", "list-inbound-rules", "update-inbound-rule"),
    *("delete-inbound-rule", "create-receipt-rule", "list-receipt-rules", "update-receipt-rule"),
    *("delete-receipt-rule", "upload-media"),
}
NOT_REPEATABLE = {
    *("send-sms", "send-mms", "send-voice", "send-sms-campaign", "update-sms-campaign", "create-sms-template"),
    *("cancel-all-scheduled-sms", "create-contact-list", "create-contact", "copy-contact", "import-contacts"),
    *("create-inbound-rule", "create-receipt-rule"),
}


def test_every_action_asked_for_is_there() -> None:
    """By the keys of the page."""
    assert set(PROVIDER.actions) >= ASKED_FOR


def test_only_what_the_page_allows_is_repeatable() -> None:
    """Sends, creations and cancel-all are never tried again by themselves."""
    assert NOT_REPEATABLE == {key for key, action in PROVIDER.actions.items() if not action.repeatable}
    assert all(not action.repeatable for action in PROVIDER.actions.values() if action.nature is Nature.SEND)


def test_every_action_has_a_conversation_that_leaves() -> None:
    """An action nobody plays through is one nobody knows to work."""
    tables = (RULES, CONTACTS, MEDIA, READING, CONVERSATIONS, TEMPLATES)
    played = {said.action for table in tables for said in table.values() if said.sends is not None}
    assert set(PROVIDER.actions) == played


@pytest.mark.parametrize("key", sorted(PROVIDER.actions))
def test_every_action_is_described(key: str, connection: Connection) -> None:
    """Its example passes its schema and makes a request; its description is JSON with words for each input."""
    action = PROVIDER.actions[key]
    ready = prepare(PROVIDER, action, Call(connection, action.example, "run-1"))
    told = catalog.describe(PROVIDER, action)

    assert "rest.clicksend.com" == ready.request.url.host
    assert json.loads(json.dumps(told)) == told
    assert key == told["key"]
    assert told["docs"].startswith("https://developers.clicksend.com/")
    assert set(action.example) <= set(told["inputSchema"]["properties"])
    assert told["outputSchema"]["properties"]


def test_the_credentials_go_by_basic_authentication(connection: Connection) -> None:
    """And nowhere else: not in the URL, not in the body."""
    action = PROVIDER.actions["send-sms"]
    ready = prepare(PROVIDER, action, Call(connection, action.example, "run-1"))
    assert isinstance(ready.auth, httpx.BasicAuth)
    assert connection.secret("api_key") not in repr(ready.request.headers) + str(ready.request.url)
    assert connection.secret("api_key").encode() not in ready.request.content


@pytest.mark.parametrize(
    ("key", "given", "leaves"),
    [
        ("send-voice", {"require_input": True, "machine_detection": False}, b'"require_input":1,"machine_detection":0'),
        ("create-inbound-rule", {"enabled": False}, b'"enabled":0'),
        ("create-receipt-rule", {}, b'"enabled":1'),
    ],
)
def test_true_and_false_leave_as_numbers(
    key: str, given: dict[str, Any], leaves: bytes, connection: Connection
) -> None:
    """ClickSend's flags are 1 and 0, which a comparison of JSON cannot tell from true and false."""
    action = PROVIDER.actions[key]
    ready = prepare(PROVIDER, action, Call(connection, {**action.example, **given}, "run-1"))
    assert leaves in ready.request.content


def test_the_readme_is_whole() -> None:
    """Every action, setting and secret is told to the person who sets it up."""
    told = (Path(clicksend.__file__).parent / "README.md").read_text()
    names = {*PROVIDER.settings().fields, *PROVIDER.secrets().fields}
    assert set() == {name for name in names if f"`{name}`" not in told}
    assert set() == set(PROVIDER.actions) - set(re.findall(r"[a-z]+(?:-[a-z]+)+", told))


def test_settings_and_secrets_are_checked() -> None:
    """What the stand-in gives fits, and a word that does nothing is named."""
    settings, secrets = simulated("http://127.0.0.1:9")
    assert settings == PROVIDER.settings().load(settings)
    assert secrets == PROVIDER.secrets().load(secrets)
    assert {"api_key": API_KEY} == secrets
    with pytest.raises(ValidationError):
        PROVIDER.settings().load({"username": "a", "colour": "red"})
    with pytest.raises(ValidationError):
        PROVIDER.settings().load({})
    with pytest.raises(ValidationError):
        PROVIDER.secrets().load({"api_key": ""})


@pytest.mark.parametrize("given", ["ftp://127.0.0.1", "http://rest.example.net"])
def test_only_safe_origins(given: str) -> None:
    """Credentials leave over https, or to this machine."""
    connection = Connection("c", "clicksend", {"username": "a", "base_url": given}, {"api_key": "k"})
    with pytest.raises(InvalidCall):
        prepare(PROVIDER, PROVIDER.actions["get-account"], Call(connection, {}, "r"))


SAID: dict[str, tuple[dict[str, Any], tuple[str, dict[str, Any]]]] = {
    "text": ({"to": "+61491570156", "text": "hi"}, ("send-sms", {"to": "+61491570156", "text": "hi"})),
    "an answer": (
        {"to": "+61491570156", "text": "hi", "reply_to": "A", "channel": "mms", "via": "+61491570006"},
        ("send-sms", {"to": "+61491570156", "text": "hi", "via": "+61491570006"}),
    ),
    "a picture": (
        {
            "to": "+61491570156",
            "media": {"kind": "image", "url": "https://e.example/a.jpg", "caption": "Tonight's whole menu"},
        },
        (
            "send-mms",
            {
                "to": "+61491570156",
                "media_url": "https://e.example/a.jpg",
                "subject": "Tonight's whole menu",
                "text": "Tonight's whole menu",
            },
        ),
    ),
    "a picture with words": (
        {"to": "+61491570156", "text": "Menu", "media": {"url": "https://e.example/a.jpg"}, "via": "+61491570006"},
        (
            "send-mms",
            {
                "to": "+61491570156",
                "media_url": "https://e.example/a.jpg",
                "subject": "Picture",
                "text": "Menu",
                "via": "+61491570006",
            },
        ),
    ),
}


@pytest.mark.parametrize(("words", "expected"), SAID.values(), ids=SAID)
def test_send(words: dict[str, Any], expected: tuple[str, dict[str, Any]], connection: Connection) -> None:
    """The neutral words become an action's input that makes a request."""
    key, given = PROVIDER.verb("send", words)
    assert expected == (key, given)
    prepare(PROVIDER, PROVIDER.actions[key], Call(connection, given, "run-1"))


@pytest.mark.parametrize("verb", ["mark_read", "react", "unreact", "typing"])
def test_what_sms_cannot_do_is_said_plainly(verb: str) -> None:
    """A sentence, not a traceback."""
    with pytest.raises(Unsupported) as told:
        PROVIDER.verb(verb, {"to": "+61491570156", "message": "A", "emoji": "👍", "on": True})
    assert told.value.text.startswith("SMS ")


@pytest.mark.parametrize(
    "words",
    [
        {"location": {"latitude": 1, "longitude": 2}},
        {"contact": {"name": "Ada"}},
        {"template": {"name": "Late"}},
        {"media": {"kind": "video", "url": "https://e.example/a.mp4"}},
    ],
    ids=lambda words: next(iter(words)),
)
def test_what_sms_has_no_form_for(words: dict[str, Any]) -> None:
    """It says what to do instead."""
    with pytest.raises(Unsupported, match="text"):
        PROVIDER.verb("send", {"to": "+61491570156", **words})


PARTIES: list[tuple[dict[str, Any], str | None]] = [
    ({"to": "+61491570156"}, "+61491570156"),
    ({"to": "0061 491 570 156"}, "+61491570156"),
    ({"to": "0491 570 156", "country": "AU"}, "+61491570156"),
    ({"to": "+44 (0)7777 777777"}, "+447777777777"),
    ({"messages": [{"to": "+61491570156"}]}, "+61491570156"),
    ({"messages": [{"to": "+61491570156"}, {"to": "+61491570157"}]}, None),
    ({"to": "0491570156"}, None),
    ({"to": "0491570156", "country": "XX"}, None),
    ({"to": 61491570156}, None),
    ({"list_id": 428}, None),
    ({"messages": ["x"]}, None),
    ({}, None),
]


@pytest.mark.parametrize(("given", "expected"), PARTIES, ids=[str(given) for given, _ in PARTIES])
def test_one_person_is_one_conversation(given: dict[str, Any], expected: str | None) -> None:
    """However the number is written, before any schema has seen it, and never an exception."""
    for key in ("send-sms", "send-mms", "send-voice"):
        assert expected == PROVIDER.actions[key].party(given)
