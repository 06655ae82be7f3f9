"""Reactions, typing, seen: signs that are no message (page §3.7–§3.10)."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.errors import InvalidCall, OutcomeUnknown, Rejected
from connectors.instagram import PROVIDER
from tests.connectors.conversation import Conversation
from tests.connectors.instagram.accounts import BOTH, CUSTOMER, FACEBOOK, INSTAGRAM, MID
from tests.connectors.instagram.test_send import left

TO = {"recipient": {"id": CUSTOMER}}
DONE = {"recipient_id": CUSTOMER}


def sign(name: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
    """The request of a sign."""
    return left({**TO, "sender_action": name, **({"payload": payload} if payload else {})})


def react(emoji: str) -> dict[str, Any]:
    """The request of a reaction."""
    return sign("react", {"message_id": MID, "reaction": emoji})


ABOUT = {"to": CUSTOMER, "message_id": MID}

CONVERSATIONS = {
    "love unless said": Conversation("react-to-message", ABOUT, react("love"), (200, DONE), ABOUT),
    "love": Conversation("react-to-message", {**ABOUT, "emoji": "love"}, react("love"), (200, DONE), ABOUT),
    "an emoji": Conversation("react-to-message", {**ABOUT, "emoji": "🔥"}, react("🔥"), (200, DONE), ABOUT),
    "Meta's words": Conversation(
        "react-to-message",
        {"recipient": {"id": CUSTOMER}, "mid": MID, "reaction": "👍🏽"},
        react("👍🏽"),
        (200, DONE),
        {"to": CUSTOMER, "message_id": MID},
    ),
    "unreact": Conversation("remove-reaction", ABOUT, sign("unreact", {"message_id": MID}), (200, DONE), ABOUT),
    "typing": Conversation("send-typing-indicator", {"to": CUSTOMER}, sign("typing_on"), (200, DONE), {"to": CUSTOMER}),
    "typing on": Conversation("send-typing-indicator", {"to": CUSTOMER, "on": True}, sign("typing_on"), (200, DONE)),
    "typing off": Conversation("send-typing-indicator", {"to": CUSTOMER, "on": False}, sign("typing_off"), (200, DONE)),
    "typing off in Meta's words": Conversation(
        "send-typing-indicator", {"to": CUSTOMER, "sender_action": "typing_off"}, sign("typing_off"), (200, DONE)
    ),
    "seen": Conversation("mark-message-as-seen", {"to": CUSTOMER}, sign("mark_seen"), (200, DONE), {"to": CUSTOMER}),
    "seen, a message named": Conversation("mark-message-as-seen", ABOUT, sign("mark_seen"), (200, DONE), ABOUT),
    "seen, an empty body": Conversation("mark-message-as-seen", ABOUT, sign("mark_seen"), (200, None), ABOUT),
    "seen, a body that is no object": Conversation("mark-message-as-seen", ABOUT, sign("mark_seen"), (200, "1"), ABOUT),
    "a 500 for a reaction": Conversation(
        "react-to-message",
        ABOUT,
        react("love"),
        (500, {"error": {"message": "x", "code": 2, "is_transient": True}}),
        raises=OutcomeUnknown,
    ),
    "a reaction refused": Conversation(
        "react-to-message", ABOUT, react("love"), (400, {"error": {"message": "x", "code": 100}}), raises=Rejected
    ),
    "a refusal inside a 200": Conversation(
        "mark-message-as-seen",
        ABOUT,
        sign("mark_seen"),
        (200, {"error": {"message": "x", "code": 190}}),
        raises=Rejected,
        reason="auth",
    ),
}


@pytest.mark.parametrize("said", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_signs(said: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """The body holds the recipient and the sign; the answer's body means nothing, its status everything."""
    said.check(PROVIDER, INSTAGRAM, caplog)


@pytest.mark.parametrize("emoji", ["love", "❤️", "❤"])
def test_facebook_login_knows_love(emoji: str) -> None:
    """A heart is said as love there, however it is drawn."""
    wanted = {**react("love"), "headers": {"authorization": "Bearer EAAtesttoken0001"}}
    Conversation("react-to-message", {**ABOUT, "emoji": emoji}, wanted, (200, DONE)).check(PROVIDER, FACEBOOK)


def test_facebook_login_is_not_asked_for_more() -> None:
    """Another emoji is refused before it leaves, unless the setting lets it through."""
    fire = {**ABOUT, "emoji": "🔥"}
    wanted = {**react("🔥"), "headers": {}}
    Conversation("react-to-message", fire, None, raises=InvalidCall).check(PROVIDER, FACEBOOK)
    Conversation("react-to-message", fire, wanted, (200, DONE), settings={"any_reaction": True}).check(
        PROVIDER, FACEBOOK
    )


REFUSED = {
    "a word": ("react-to-message", {**ABOUT, "emoji": "like"}),
    "letters": ("react-to-message", {**ABOUT, "emoji": "é"}),
    "nothing": ("react-to-message", {**ABOUT, "emoji": ""}),
    "no message": ("react-to-message", {"to": CUSTOMER}),
    "nobody": ("react-to-message", {"message_id": MID}),
    "unreact nothing": ("remove-reaction", {"to": CUSTOMER}),
    "typing at nobody": ("send-typing-indicator", {}),
    "typing twice over": ("send-typing-indicator", {"to": CUSTOMER, "on": True, "sender_action": "typing_on"}),
    "seen by nobody": ("mark-message-as-seen", {}),
}


@pytest.mark.parametrize(("action", "given"), REFUSED.values(), ids=REFUSED)
def test_a_sign_that_is_none_does_not_leave(action: str, given: dict[str, Any]) -> None:
    """Named before it leaves, on either host."""
    for connection in BOTH.values():
        Conversation(action, given, None, raises=InvalidCall).check(PROVIDER, connection)
