"""Texts, private replies, the heart, shares: what leaves, what comes back, what we make of it (page §3.0–§3.6)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors.action import Call
from connectors.client import prepare
from connectors.connection import Connection
from connectors.errors import InvalidCall, OutcomeUnknown, Rejected, Throttled, Unreachable
from connectors.instagram import PROVIDER
from connectors.schema import load
from tests.connectors.conversation import Conversation
from tests.connectors.instagram.accounts import BOTH, CUSTOMER, FACEBOOK, INSTAGRAM, MID

TO = {"recipient": {"id": CUSTOMER}}
SENT = {"recipient_id": CUSTOMER, "message_id": "aWdfTUlEX291dF8wMDAx"}
MADE = {"to": CUSTOMER, "message_id": "aWdfTUlEX291dF8wMDAx"}
QUICK = [
    {"content_type": "text", "title": "Small", "payload": "SIZE_S"},
    {"content_type": "text", "title": "Large", "payload": "SIZE_L"},
    {"content_type": "user_email"},
]
WINDOW = {
    "error": {
        "message": "(#10) message is outside the permitted window",
        "type": "OAuthException",
        "code": 10,
        "error_subcode": 2534022,
        "is_transient": False,
        "error_user_title": "Cannot send",
        "error_user_msg": "The reply window for this person has closed.",
        "fbtrace_id": "AxTrace0000000000000001",
    }
}


def left(json: dict[str, Any], token: str = "IGAAtesttoken0001") -> dict[str, Any]:
    """A POST of this body to /me/messages, with the token in its header and nowhere else."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    return {"method": "POST", "path": "/v25.0/me/messages", "json": json, "headers": headers}


def text(**more: Any) -> dict[str, Any]:
    """The input of a text."""
    return {"to": CUSTOMER, "text": "hello", **more}


HELLO = left({**TO, "message": {"text": "hello"}})

CONVERSATIONS = {
    "a text": Conversation(
        "send-text-message", text(), HELLO, (200, SENT), MADE, [("0", "accepted", "aWdfTUlEX291dF8wMDAx")]
    ),
    "Meta's own spelling of the customer": Conversation(
        "send-text-message", {"recipient": {"id": CUSTOMER}, "text": "hello"}, HELLO, (200, SENT), MADE
    ),
    "an id that is a number": Conversation(
        "send-text-message", {"igsid": int(CUSTOMER), "text": "hello"}, HELLO, (200, SENT), MADE
    ),
    "quick replies": Conversation(
        "send-text-message",
        text(text="Which size would you like?", quick_replies=[{"title": "Small", "payload": "SIZE_S"}, *QUICK[1:]]),
        left({**TO, "message": {"text": "Which size would you like?", "quick_replies": QUICK}}),
        (200, SENT),
        MADE,
    ),
    "everything optional at once": Conversation(
        "send-text-message",
        text(reply_to=MID, human_agent=True, text="Your replacement left our warehouse this morning."),
        left(
            {
                **TO,
                "messaging_type": "MESSAGE_TAG",
                "tag": "HUMAN_AGENT",
                "reply_to": {"mid": MID},
                "message": {"text": "Your replacement left our warehouse this morning."},
            }
        ),
        (200, SENT),
        MADE,
        settings={"human_agent_enabled": True},
    ),
    "a tag in Meta's words": Conversation(
        "send-text-message",
        text(tag="HUMAN_AGENT", messaging_type="MESSAGE_TAG", reply_to={"mid": MID}),
        left(
            {
                **TO,
                "messaging_type": "MESSAGE_TAG",
                "tag": "HUMAN_AGENT",
                "reply_to": {"mid": MID},
                "message": {"text": "hello"},
            }
        ),
        (200, SENT),
        MADE,
        settings={"human_agent_enabled": "true"},
    ),
    "a messaging type on request": Conversation(
        "send-text-message",
        text(messaging_type="RESPONSE"),
        left({**TO, "messaging_type": "RESPONSE", "message": {"text": "hello"}}),
        (200, SENT),
        MADE,
    ),
    "a private reply": Conversation(
        "send-private-reply",
        {"comment_id": "17900000000000011", "text": "Thanks for asking! Details here."},
        left(
            {"recipient": {"comment_id": "17900000000000011"}, "message": {"text": "Thanks for asking! Details here."}}
        ),
        (200, SENT),
        MADE,
    ),
    "a private reply said as a text": Conversation(
        "send-text-message",
        {"comment_id": "17900000000000011", "text": "hello"},
        left({"recipient": {"comment_id": "17900000000000011"}, "message": {"text": "hello"}}),
        (200, SENT),
        MADE,
    ),
    "a heart": Conversation(
        "send-like-heart",
        {"to": CUSTOMER},
        left({**TO, "message": {"attachment": {"type": "like_heart"}}}),
        (200, SENT),
        MADE,
    ),
    "a share": Conversation(
        "send-media-share",
        {"to": CUSTOMER, "media_id": 17900000000000321},
        left({**TO, "message": {"attachment": {"type": "MEDIA_SHARE", "payload": {"id": "17900000000000321"}}}}),
        (200, SENT),
        MADE,
    ),
    "another API version": Conversation(
        "send-text-message",
        text(),
        {**HELLO, "path": "/v26.0/me/messages"},
        (200, SENT),
        MADE,
        settings={"api_version": "v26.0"},
    ),
    "outside the window": Conversation(
        "send-text-message",
        text(),
        HELLO,
        (403, WINDOW),
        raises=Rejected,
        reason="window_closed",
        code="10/2534022",
    ),
    "refused inside a 200": Conversation(
        "send-text-message", text(), HELLO, (200, WINDOW), raises=Rejected, reason="window_closed"
    ),
    "a token that expired": Conversation(
        "send-text-message",
        text(),
        HELLO,
        (
            401,
            {"error": {"message": "Session has expired", "type": "OAuthException", "code": 190, "error_subcode": 463}},
        ),
        raises=Rejected,
        reason="auth",
        code="190/463",
    ),
    "told to slow down, for minutes": Conversation(
        "send-text-message",
        text(),
        HELLO,
        (
            400,
            {"error": {"message": "Too many calls", "code": 80002}},
            {
                "x-business-use-case-usage": '{"17841400000000001":[{"type":"instagram","call_count":100,'
                '"total_cputime":20,"total_time":20,"estimated_time_to_regain_access":7}]}'
            },
        ),
        raises=Throttled,
        reason="throttled",
        after=420.0,
        scope="connection",
    ),
    "told to slow down by the status alone": Conversation(
        "send-text-message", text(), HELLO, (429, "slow down", {"retry-after": "9"}), raises=Throttled, after=9.0
    ),
    "an automated flow has the thread": Conversation(
        "send-text-message",
        text(),
        HELLO,
        (400, {"error": {"message": "controlled", "code": 2018321}}),
        raises=Throttled,
        scope="lane",
        after=120.0,
    ),
    "an error although the message was delivered": Conversation(
        "send-text-message",
        text(),
        HELLO,
        (500, {"error": {"message": "An unknown error occurred", "code": 1, "error_subcode": 1357046}}),
        raises=OutcomeUnknown,
        code="1/1357046",
    ),
    "a gateway's page": Conversation(
        "send-text-message", text(), HELLO, (502, "<html>Bad gateway</html>"), raises=OutcomeUnknown
    ),
    "taken without a message id": Conversation(
        "send-text-message", text(), HELLO, (200, {"recipient_id": CUSTOMER}), raises=OutcomeUnknown
    ),
    "taken with an empty message id": Conversation(
        "send-text-message", text(), HELLO, (200, {"message_id": ""}), raises=OutcomeUnknown
    ),
    "taken with no JSON": Conversation("send-text-message", text(), HELLO, (200, "ok"), raises=OutcomeUnknown),
    "taken with a list": Conversation("send-text-message", text(), HELLO, (200, [SENT]), raises=OutcomeUnknown),
    "silence after it left": Conversation(
        "send-text-message", text(), HELLO, httpx.ReadTimeout("silence"), raises=OutcomeUnknown
    ),
    "nobody at the door": Conversation(
        "send-text-message", text(), HELLO, httpx.ConnectError("refused"), raises=Unreachable
    ),
}


@pytest.mark.parametrize("said", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_messages(said: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Exactly this leaves, and it ends as the table says, with no secret on the way."""
    said.check(PROVIDER, INSTAGRAM, caplog)


def test_both_hosts_get_the_same_body(caplog: pytest.LogCaptureFixture) -> None:
    """The flavour decides the host and the token, and nothing of a message."""
    Conversation(
        "send-text-message", text(), left({**TO, "message": {"text": "hello"}}, "EAAtesttoken0001"), (200, SENT), MADE
    ).check(PROVIDER, FACEBOOK, caplog)
    hosts = [
        prepare(PROVIDER, PROVIDER.actions["send-text-message"], Call(one, text(), "r")).request.url.host
        for one in BOTH.values()
    ]

    assert ["graph.instagram.com", "graph.facebook.com"] == hosts


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    # what nothing leaves for: action, input, the field that is named
    "nobody": ("send-text-message", {"text": "hello"}, "to"),
    "nothing": ("send-text-message", {"to": CUSTOMER}, "text"),
    "blank": ("send-text-message", text(text=" \n\t"), "text"),
    "1,001 bytes": ("send-text-message", text(text="a" * 1001), "text"),
    "501 two-byte letters": ("send-text-message", text(text="é" * 501), "text"),
    "251 emojis": ("send-text-message", text(text="😀" * 251), "text"),
    "a text that asked to be cut and was not": ("send-text-message", text(text="a" * 1001, split=True), "text"),
    "a word we do not know": ("send-text-message", text(colour="red"), "colour"),
    "an id with a space": ("send-text-message", {"to": f"{CUSTOMER} ", "text": "hello"}, "to"),
    "an empty id": ("send-text-message", {"to": "", "text": "hello"}, "to"),
    "a legacy tag": ("send-text-message", text(tag="ACCOUNT_UPDATE"), "tag"),
    "a tag's type without the tag": ("send-text-message", text(messaging_type="MESSAGE_TAG"), "messaging_type"),
    "a tag with another type": ("send-text-message", text(human_agent=True, messaging_type="UPDATE"), "messaging_type"),
    "a tag denied and given": ("send-text-message", text(human_agent=False, tag="HUMAN_AGENT"), "tag"),
    "human agent without the feature": ("send-text-message", text(human_agent=True), "human_agent"),
    "human agent for a heart": ("send-like-heart", {"to": CUSTOMER, "human_agent": True}, "human_agent"),
    "a customer and a comment": ("send-text-message", text(comment_id="1790"), "comment_id"),
    "a comment and quick replies": (
        "send-text-message",
        {"comment_id": "1790", "text": "x", "quick_replies": QUICK[:1]},
        "quick_replies",
    ),
    "a comment and a split": ("send-text-message", {"comment_id": "1790", "text": "x", "split": True}, "split"),
    "a long private reply": ("send-private-reply", {"comment_id": "1790", "text": "é" * 501}, "text"),
    "a blank private reply": ("send-private-reply", {"comment_id": "1790", "text": " "}, "text"),
    "14 quick replies": ("send-text-message", text(quick_replies=QUICK[:1] * 14), "quick_replies"),
    "no quick replies": ("send-text-message", text(quick_replies=[]), "quick_replies"),
    "a long title": ("send-text-message", text(quick_replies=[{"title": "t" * 21, "payload": "p"}]), "quick_replies"),
    "a long payload": (
        "send-text-message",
        text(quick_replies=[{"title": "t", "payload": "p" * 1001}]),
        "quick_replies",
    ),
    "a title without a payload": ("send-text-message", text(quick_replies=[{"title": "t"}]), "quick_replies"),
    "words on a profile button": (
        "send-text-message",
        text(quick_replies=[{"content_type": "user_email", "title": "t"}]),
        "quick_replies",
    ),
    "a share of nothing": ("send-media-share", {"to": CUSTOMER}, "media_id"),
}


@pytest.mark.parametrize(("action", "given", "field"), REFUSED.values(), ids=REFUSED)
def test_what_meta_could_not_take_does_not_leave(
    action: str, given: dict[str, Any], field: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The mistake is named by its field, and nothing leaves."""
    problem = Conversation(action, given, None, raises=InvalidCall).check(PROVIDER, INSTAGRAM, caplog)

    assert isinstance(problem, InvalidCall)
    assert [field] == list(problem.fields or {})


@pytest.mark.parametrize("words", ["a" * 1000, "é" * 500, "😀" * 250])
def test_a_thousand_bytes_are_taken(words: str) -> None:
    """Bytes are counted, not letters, and the last one still fits."""
    ready = prepare(PROVIDER, PROVIDER.actions["send-text-message"], Call(INSTAGRAM, text(text=words), "r"))

    assert ready.request.content


@pytest.mark.parametrize("words", ["a" * 1001, "é" * 501, "😀" * 251])
def test_the_door_counts_bytes(words: str) -> None:
    """The schema alone says so, with both numbers, before a run is ever accepted."""
    with pytest.raises(InvalidCall) as problem:
        load(PROVIDER.actions["send-text-message"].request, text(text=words), provider="instagram", action="x")

    assert f"{len(words.encode()):,} bytes".replace(",", "") in str(problem.value.fields).replace(",", "")
    assert "1,000" in str(problem.value.fields)


WINDOWS = {
    # whether the input needs the customer's 24 h
    "text": ({"to": CUSTOMER, "text": "x"}, True),
    "human agent": ({"to": CUSTOMER, "text": "x", "human_agent": True}, False),
    "tag": ({"to": CUSTOMER, "text": "x", "tag": "HUMAN_AGENT"}, False),
    "not human agent": ({"to": CUSTOMER, "text": "x", "human_agent": "false"}, True),
    "comment": ({"comment_id": "1790", "text": "x"}, False),
}


@pytest.mark.parametrize(("given", "needed"), WINDOWS.values(), ids=WINDOWS)
def test_who_needs_the_window(given: dict[str, Any], needed: bool) -> None:  # noqa: FBT001
    """A free-form message does; a person's word under its tag and a private reply do not."""
    assert needed is PROVIDER.actions["send-text-message"].needs_window(given)


@pytest.mark.parametrize(
    "given", [{"to": CUSTOMER}, {"to": int(CUSTOMER)}, {"recipient": {"id": CUSTOMER}}, {"igsid": CUSTOMER}]
)
def test_one_person_has_one_key(given: dict[str, Any]) -> None:
    """However the customer is spelled, the lane is the one the webhooks' facts name."""
    assert {CUSTOMER} == {one.party(given) for one in PROVIDER.actions.values() if one.party(given) is not None}


def test_sends_are_not_repeatable_and_signs_are() -> None:
    """There is no idempotency key: a second POST of a message is a second message (page §2.6)."""
    repeatable = {key: one.repeatable for key, one in PROVIDER.actions.items() if one.path == "/me/messages"}

    assert {
        "react-to-message",
        "remove-reaction",
        "send-typing-indicator",
        "mark-message-as-seen",
    } == {key for key, again in repeatable.items() if again}


def test_a_long_text_is_cut_on_request() -> None:
    """The first piece quotes, the last has the buttons, and each of them is a text that may leave."""
    action = PROVIDER.actions["send-text-message"]
    long = " ".join(f"word{n}" for n in range(350))
    pieces = list(action.cut(text(text=long, split=True, reply_to=MID, quick_replies=QUICK[:1])))

    assert long == " ".join(piece["text"] for piece in pieces)
    assert [MID, None, None] == [piece.get("reply_to") for piece in pieces]
    assert [None, None, QUICK[:1]] == [piece.get("quick_replies") for piece in pieces]
    assert all(prepare(PROVIDER, action, Call(INSTAGRAM, piece, "r")) for piece in pieces)


@pytest.mark.parametrize("given", [text(), text(split=True), text(text="a" * 2000), {"to": CUSTOMER, "split": True}])
def test_anything_else_is_left_whole(given: dict[str, Any]) -> None:
    """Only a long text that says split is cut; what is wrong is for the schema to say."""
    assert [given] == list(PROVIDER.actions["send-text-message"].cut(given))


@pytest.mark.parametrize(
    "base_url", ["https://graph.facebook.com", "https://GRAPH.facebook.com/", "http://example.org", "ftp://127.0.0.1"]
)
def test_a_token_never_goes_to_the_wrong_door(base_url: str) -> None:
    """At the other login's host a good token looks revoked; plain http leaves this machine for nobody."""
    wrong = Connection("x", "instagram", {**INSTAGRAM.settings, "base_url": base_url}, INSTAGRAM.secrets)
    with pytest.raises(InvalidCall) as problem:
        prepare(PROVIDER, PROVIDER.actions["send-text-message"], Call(wrong, text(), "r"))

    assert ["base_url"] == list(problem.value.fields or {})
