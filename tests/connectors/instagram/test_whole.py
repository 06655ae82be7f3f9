"""The provider as a whole: its table, its catalogue, its verbs, its limits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.action import Call, Nature
from connectors.catalog import describe
from connectors.client import prepare
from connectors.errors import InvalidCall, Unsupported
from connectors.instagram import PROVIDER
from tests.connectors.instagram.accounts import BOTH, CUSTOMER, FACEBOOK, MID

SEVENTEEN = {
    "send-text-message", "send-image-message", "send-video-message", "send-audio-message", "send-like-heart",
    "send-media-share", "react-to-message", "remove-reaction", "send-typing-indicator", "mark-message-as-seen",
    "get-user-profile", "list-conversations", "get-conversation-messages", "get-message-details", "set-ice-breakers",
    "get-ice-breakers", "delete-ice-breakers",
}  # fmt: skip


def test_the_seventeen_actions_are_there() -> None:
    """Under the page's own keys."""
    assert set(PROVIDER.actions) >= SEVENTEEN


@pytest.mark.parametrize("key", PROVIDER.actions)
def test_every_example_prepares_a_request(key: str) -> None:
    """On its own, on both hosts, without a word of a secret in body or address."""
    action = PROVIDER.actions[key]
    for connection in [FACEBOOK] if key == "upload-attachment" else BOTH.values():
        ready = prepare(PROVIDER, action, Call(connection, action.example, "r"))
        assert str(ready.request.url).startswith("https://graph.")
        told = str(ready.request.url) + ready.request.content.decode()
        assert [] == [secret for secret in connection.secrets.values() if secret in told]


@pytest.mark.parametrize("key", PROVIDER.actions)
def test_every_action_is_described(key: str) -> None:
    """A stranger finds what to say, with examples that are in the schema, and what comes back."""
    action = PROVIDER.actions[key]
    told = describe(PROVIDER, action)

    assert json.dumps(told)
    assert set(action.example) <= set(told["inputSchema"].get("properties", {}))
    assert told["outputSchema"]["properties"]
    assert action.pace in PROVIDER.paces
    assert action.docs.startswith("https://developers.facebook.com/")
    assert action.description.endswith(".")
    assert 10 <= action.timeout <= 90


def test_limits_are_the_pages() -> None:
    """100 messages, 10 recordings, 2 reads a second; 750 private replies an hour."""
    rates = {name: pace.rate for name, pace in PROVIDER.paces.items()}
    paces = {key: action.pace for key, action in PROVIDER.actions.items()}

    assert (100, 10, 2, 750 / 3600) == tuple(rates[one] for one in ("messages", "heavy", "reads", "private-replies"))
    assert {"heavy"} == {paces[f"send-{one}-message"] for one in ("video", "audio")}
    assert {"reads"} == {
        paces[one] for one in ("list-conversations", "get-conversation-messages", "get-message-details")
    }
    assert PROVIDER.actions["send-video-message"].timeout >= 80


def test_questions_and_signs_may_be_repeated_and_nothing_else_that_reaches_people() -> None:
    """What reaches a person is sent once."""
    for action in PROVIDER.actions.values():
        if action.nature is Nature.SEND:
            assert not action.repeatable
        if action.nature in {Nature.QUERY, Nature.REACT, Nature.READ, Nature.TYPING}:
            assert action.repeatable


MEDIA = "https://cdn.shop.example/x"
VERBS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    # verb, words, action, input
    ("send", {"to": CUSTOMER, "text": "hi"}, "send-text-message", {"to": CUSTOMER, "text": "hi"}),
    (
        "send",
        {"to": CUSTOMER, "text": "hi", "reply_to": MID, "channel": None, "via": None, "media": None},
        "send-text-message",
        {"to": CUSTOMER, "text": "hi", "reply_to": MID},
    ),
    *[
        ("send", {"to": CUSTOMER, "media": {"kind": kind, "url": MEDIA}}, action, {"to": CUSTOMER, "media_url": MEDIA})
        for kind, action in (
            ("image", "send-image-message"),
            ("video", "send-video-message"),
            ("audio", "send-audio-message"),
            ("voice", "send-audio-message"),
            ("file", "send-file-message"),
            ("document", "send-file-message"),
        )
    ],
    ("send", {"to": CUSTOMER, "media": {"kind": "sticker"}}, "send-like-heart", {"to": CUSTOMER}),
    ("mark_read", {"to": CUSTOMER, "message": MID}, "mark-message-as-seen", {"to": CUSTOMER, "message_id": MID}),
    ("mark_read", {"to": CUSTOMER, "message": None}, "mark-message-as-seen", {"to": CUSTOMER}),
    (
        "react",
        {"to": CUSTOMER, "message": MID, "emoji": "🔥"},
        "react-to-message",
        {"to": CUSTOMER, "message_id": MID, "emoji": "🔥"},
    ),
    ("unreact", {"to": CUSTOMER, "message": MID}, "remove-reaction", {"to": CUSTOMER, "message_id": MID}),
    ("typing", {"to": CUSTOMER, "on": False}, "send-typing-indicator", {"to": CUSTOMER, "on": False}),
    ("typing", {"to": CUSTOMER}, "send-typing-indicator", {"to": CUSTOMER, "on": True}),
]


@pytest.mark.parametrize(("verb", "words", "action", "given"), VERBS)
def test_verbs(verb: str, words: dict[str, Any], action: str, given: dict[str, Any]) -> None:
    """A neutral word becomes an action's input, and that passes the action's schema."""
    assert (action, given) == PROVIDER.verb(verb, words)
    assert prepare(PROVIDER, PROVIDER.actions[action], Call(BOTH["instagram_login"], given, "r")).request.url.host


CANNOT: list[tuple[dict[str, Any], str]] = [
    # words, what the person is told
    ({"location": {"latitude": 1, "longitude": 2}}, "link to a map"),
    ({"contact": {"name": "x"}}, "send a text"),
    ({"template": {"name": "x"}}, "send-generic-template"),
    ({"media": {"kind": "image", "url": MEDIA, "caption": "look"}}, "two messages"),
    ({"text": "look", "media": {"kind": "image", "url": MEDIA}}, "two messages"),
    ({"media": {"kind": "hologram", "url": MEDIA}}, "image"),
    ({"media": {"url": MEDIA}}, "image"),
]


@pytest.mark.parametrize(("words", "told"), CANNOT)
def test_what_cannot_be_said(words: dict[str, Any], told: str) -> None:
    """Said in a plain sentence, with what to do instead."""
    with pytest.raises(Unsupported, match=told):
        PROVIDER.verb("send", {"to": CUSTOMER, **words})


def test_a_verb_without_words_is_the_schemas_to_refuse() -> None:
    """Nothing to send is a mistake that is named, not an accident."""
    action, given = PROVIDER.verb("send", {"to": CUSTOMER})
    with pytest.raises(InvalidCall) as problem:
        prepare(PROVIDER, PROVIDER.actions[action], Call(FACEBOOK, given, "r"))

    assert ["text"] == list(problem.value.fields or {})


def test_the_readme_tells_it_all() -> None:
    """Every action, setting, secret, sample and word of the stand-in's dashboard stands in README.md."""
    from pathlib import Path

    from connectors.instagram import simulator

    readme = (Path(simulator.__file__).parent / "README.md").read_text()
    names = [
        *PROVIDER.actions,
        *PROVIDER.settings().fields,
        *PROVIDER.secrets().fields,
        *PROVIDER.samples,
        *("strict", "limits", "reads", "batch", "usage", "regain", "permissions", "require_proof"),
    ]

    assert [] == [name for name in names if f"`{name}`" not in readme]
