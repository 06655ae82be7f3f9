"""Loose types, odd shapes and the rarer dress of webhooks (page §4.5–§4.7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.errors import Malformed
from connectors.events import Attachment, EventType, Kind, Reaction, Read
from connectors.guards import HookRequest
from connectors.instagram import PROVIDER, webhooks
from tests.connectors.instagram import bodies
from tests.connectors.instagram.bodies import A, C, entry, inbound, message, outbound, parsed
from tests.connectors.instagram.test_webhooks import DAY, at, one

NOTICES = {
    "policy_enforcement": {"action": "block", "reason": "spam"},
    "policy-enforcement": {"action": "warning", "reason": "spam"},
    "response_feedback": {"feedback": "Good bot", "mid": "m"},
}


@pytest.mark.parametrize("name", NOTICES)
def test_news_of_the_account(name: str) -> None:
    """Recorded under one name, whichever way it is spelled."""
    fact = one(inbound(1, **{name: NOTICES[name]}))

    assert (EventType.NOTICE, {**NOTICES[name], "name": name.replace("-", "_")}) == (fact.type, fact.data)


def test_story_insights_are_kept() -> None:
    """Nothing to do, and not lost."""
    (fact,) = parsed(entry({"field": "story_insights", "value": {"media_id": "1", "reach": 5}}, carrier="changes"))

    assert (EventType.NOTICE, {"name": "story_insights", "media_id": "1", "reach": 5}, A) == (
        fact.type,
        fact.data,
        fact.account,
    )


ATTACHMENTS: dict[str, tuple[dict[str, Any], Attachment]] = {
    # an attachment, and ours
    "file": ({"type": "file", "payload": {"url": "u"}}, Attachment(Kind.FILE, "u")),
    "audio": ({"type": "audio", "payload": {"url": "u"}}, Attachment(Kind.AUDIO, "u")),
    "sticker": ({"type": "image", "payload": {"url": "u", "sticker_id": 369}}, Attachment(Kind.IMAGE, "u", id="369")),
    "old share": ({"type": "share", "payload": {"url": "u"}}, Attachment(Kind.SHARE, "u")),
    "reel": ({"type": "reel", "payload": {"url": "u", "reel_video_id": 5}}, Attachment(Kind.SHARE, "u", id="5")),
    "story": (
        {"type": "story", "payload": {"story_media_id": 7, "story_media_url": "u"}},
        Attachment(Kind.STORY, "u", id="7"),
    ),
    "ig_story": ({"type": "ig_story", "payload": {"url": "u"}}, Attachment(Kind.STORY, "u")),
    "no payload": ({"type": "image"}, Attachment(Kind.IMAGE)),
    "null payload": ({"type": "image", "payload": None}, Attachment(Kind.IMAGE)),
    "null url": ({"type": "image", "payload": {"url": None}}, Attachment(Kind.IMAGE)),
    "template": (
        {"type": "template", "payload": {"generic": {"elements": [{"title": "t", "image_url": "i"}, {"title": "2"}]}}},
        Attachment(Kind.TEMPLATE, "i", name="t"),
    ),
    "empty template": (
        {"type": "template", "payload": {"generic": {"elements": []}}},
        Attachment(Kind.UNSUPPORTED),
    ),
    "media": ({"type": "media", "payload": {"x": 1}}, Attachment(Kind.UNSUPPORTED)),
    "fallback": (
        {"type": "fallback", "payload": {"title": "t", "url": "u"}},
        Attachment(Kind.UNSUPPORTED, "u", name="t"),
    ),
    "unsupported_type": ({"type": "unsupported_type"}, Attachment(Kind.UNSUPPORTED)),
    "a type of tomorrow": ({"type": "hologram"}, Attachment(Kind.UNSUPPORTED)),
    "no type": ({"payload": {"url": "u"}}, Attachment(Kind.UNSUPPORTED, "u")),
}


@pytest.mark.parametrize(("told", "wanted"), ATTACHMENTS.values(), ids=ATTACHMENTS)
def test_attachments(told: dict[str, Any], wanted: Attachment) -> None:
    """Every type of the page's table, and those that are not in it; the message is of the first one's kind."""
    fact = one(message(1, "m", attachments=[told]))

    assert fact.message is not None
    assert ((wanted,), wanted.kind) == (fact.message.attachments, fact.message.kind)
    assert told in fact.raw["message"]["attachments"]


def test_a_post_shared_the_old_and_the_new_way_is_one() -> None:
    """While `share` gives way to `ig_post` a post comes as both; two old shares beside one post stay one and one."""
    share, post = {"type": "share", "payload": {"url": "u"}}, {"type": "ig_post", "payload": bodies.POST_PAYLOAD}
    kept = [
        [each.name for each in fact.message.attachments]
        for listed in ([share, post], [post, share], [share, share, post], [share], [post, post])
        if (fact := one(message(1, "m", attachments=listed))).message
    ]

    assert [["Autumn drop"], ["Autumn drop"], [None, "Autumn drop"], [None], ["Autumn drop"] * 2] == kept


def test_text_beside_media() -> None:
    """Allowed, though rare: the text is the message's, the file hangs on it."""
    fact = one(message(1, "m", text="look", attachments=[{"type": "image", "payload": {"url": "u"}}]))

    assert fact.message is not None
    assert (Kind.TEXT, "look", 1) == (fact.message.kind, fact.message.text, len(fact.message.attachments))


def test_an_empty_message_is_not_a_blank_text() -> None:
    """Only a mid: an ig.me link was opened.  It opens the window and has no words."""
    fact = one(message(1, "m"))

    assert fact.message is not None
    assert (None, Kind.UNSUPPORTED, {"empty": True}, DAY) == (
        fact.message.text,
        fact.message.kind,
        fact.data,
        fact.window,
    )


def test_a_message_of_the_accounts_own_is_an_echo_without_the_flag() -> None:
    """Taken for a customer's word it would be answered, and the answer again."""
    fact = one(outbound(1, message={"mid": "m", "text": "x"}))

    assert (EventType.SENT, C, None) == (fact.type, fact.conversation, fact.window)


def test_an_echo_can_be_unsent_too() -> None:
    """The account took its message back: its conversation is still the customer's."""
    fact = one(outbound(1, message={"mid": "m", "is_echo": True, "is_deleted": True}))

    assert fact.message is not None
    assert (EventType.DELETED, C, "outbound", "m:deleted") == (
        fact.type,
        fact.conversation,
        fact.message.direction,
        fact.key,
    )


def test_our_own_read_mark_is_not_the_customers() -> None:
    """The account read something: no news for anybody."""
    fact = one(outbound(1, read={"mid": "m"}))

    assert (EventType.UNKNOWN, "the account's own read mark") == (fact.type, fact.note)


def test_a_watermark() -> None:
    """Messenger's way of saying how far somebody read, in milliseconds; never into the future."""
    fact = one(inbound(1767225617000, read={"watermark": 1767225616000}))
    late = one(inbound(1767225617000, read={"watermark": 99_999_999_999_999}))

    assert Read(None, at(1767225616000)) == fact.read
    assert late.read is not None
    assert late.read.until is not None
    assert late.read.until <= datetime.now(UTC)


EDITS = {
    # message_edit: type, key
    "digits": ({"mid": "m", "text": "x", "num_edit": "2"}, EventType.EDITED, "m:2"),
    "no number": ({"mid": "m", "text": "x"}, EventType.EDITED, "m:1767225618000"),
    "zero with a text": ({"mid": "m", "text": "x", "num_edit": 0}, EventType.EDITED, "m:0"),
    "an empty text": ({"mid": "m", "text": "", "num_edit": 1}, EventType.UNKNOWN, "hint:m"),
    "a null text": ({"mid": "m", "text": None, "num_edit": 1}, EventType.UNKNOWN, "hint:m"),
}


@pytest.mark.parametrize(("content", "kind", "key"), EDITS.values(), ids=EDITS)
def test_edits(content: dict[str, Any], kind: EventType, key: str) -> None:
    """A text is never overwritten with nothing, and each edit is a fact of its own."""
    fact = one(inbound(1767225618000, message_edit=content))

    assert (kind, key) == (fact.type, fact.key)


REACTIONS = {
    # reaction: emoji of ours
    "the character wins": ({"reaction": "other", "emoji": "🦆"}, "🦆"),
    "only a rough word": ({"reaction": "love"}, "❤️"),
    "a rough word without a face": ({"reaction": "other"}, None),
    "neither": ({}, None),
}


@pytest.mark.parametrize(("content", "emoji"), REACTIONS.values(), ids=REACTIONS)
def test_reactions(content: dict[str, Any], emoji: str | None) -> None:
    """The exact character is kept; the rough word stands in for it."""
    fact = one(inbound(1, reaction={"mid": "m", "action": "react", **content}))

    assert Reaction("m", emoji, "added") == fact.reaction


HANDOVERS: dict[str, dict[str, Any]] = {
    "take_thread_control": {"previous_owner_app_id": "222", "metadata": "x"},
    "request_thread_control": {"requested_owner_app_id": 333},
    "app_roles": {"111": ["primary_receiver"]},
}


@pytest.mark.parametrize("name", HANDOVERS)
def test_handovers(name: str) -> None:
    """In messaging, and under changes as messaging_handover."""
    item = inbound(1, **{name: HANDOVERS[name]})
    (changed,) = parsed(entry({"field": "messaging_handover", "value": item}, carrier="changes"))
    fact = one(item)

    assert {"kind": name, **HANDOVERS[name]} == fact.data == changed.data
    assert fact.key == changed.key


TIMES: dict[str, tuple[Any, Any, datetime | None]] = {
    # timestamp, entry.time: when
    "milliseconds": (1767225599876, None, datetime(2025, 12, 31, 23, 59, 59, 876000, tzinfo=UTC)),
    "seconds": (1767225599, None, datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)),
    "digits": ("1767225599876", None, datetime(2025, 12, 31, 23, 59, 59, 876000, tzinfo=UTC)),
    "ISO": ("2025-12-31T23:59:59+0000", None, datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)),
    "the entry's": (None, 1767225599, datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)),
    "nonsense, then the entry's": ("soon", 1767225599, datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)),
    "nonsense": ([], {}, None),
    "before there was time": ("0001-01-01T00:00:00+23:59", None, None),
}


@pytest.mark.parametrize(("stamp", "time", "wanted"), TIMES.values(), ids=TIMES)
def test_times(stamp: Any, time: Any, wanted: datetime | None) -> None:
    """However a time is written, it is one; without any the receiver's own counts, later."""
    item = {"sender": {"id": C}, "recipient": {"id": A}, "timestamp": stamp, "message": {"mid": "m", "text": "x"}}
    (fact,) = parsed({"object": "instagram", "entry": [{"id": A, "time": time, "messaging": [item]}]})

    assert wanted == fact.at


def test_a_time_to_come_is_now() -> None:
    """A customer's window must not be opened into the future by a clock that is wrong."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ahead = int((now + timedelta(days=3)).timestamp() * 1000)
    (fact,) = webhooks.facts(entry(message(ahead, "m", text="x")), now)

    assert now == fact.at


ODD = {
    # bodies that are signed and yet nothing we know: each is kept as one unknown
    "Messenger's": {"object": "page", "entry": [{"id": "1", "messaging": [bodies.TEXT]}]},
    "no entry": {"object": "instagram"},
    "an empty entry list": {"object": "instagram", "entry": []},
    "an entry that is a number": {"object": "instagram", "entry": [5]},
    "an entry that is an object": {"object": "instagram", "entry": {"id": A, "time": 1}},
    "an entry without a carrier": {"object": "instagram", "entry": [{"id": A, "time": 1}]},
    "an item that is a text": entry("x"),
    "an item of a kind of tomorrow": entry(inbound(1, hologram={"mid": "m"})),
    "a message without an id": entry(inbound(1, message={"text": "x"})),
    "a message that is a text": entry(inbound(1, message="x")),
    "a message from nobody": entry({"message": {"mid": "m", "text": "x"}}),
    "a reaction of a kind of tomorrow": entry(inbound(1, reaction={"mid": "m", "action": "hug"})),
    "a change without a value": entry({"field": "comments"}, carrier="changes"),
    "a comment without an id": entry({"field": "comments", "value": {"text": "x"}}, carrier="changes"),
    "a carrier that is a text": {"object": "instagram", "entry": [{"id": A, "messaging": "x"}]},
    "an empty object": {},
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_what_we_do_not_know_is_kept(body: Any) -> None:
    """One unknown, with its raw words and a reason that quotes none of them."""
    (fact,) = parsed(body)

    assert EventType.UNKNOWN is fact.type
    assert fact.raw is not None
    assert fact.note


def test_a_bad_item_falls_alone() -> None:
    """The good ones around it are heard, in their order, each from its own carrier."""
    body = {
        "object": "instagram",
        "entry": [
            {"id": A, "time": 1, "messaging": [bodies.TEXT, {"message": 5}, bodies.REACT], "standby": [None]},
            "nonsense",
            {"id": "2", "changes": [{"field": "comments", "value": bodies.COMMENT_VALUE}]},
        ],
    }

    assert ["message.received", "unknown", "message.reaction", "unknown", "unknown", "comment.received"] == [
        fact.type for fact in parsed(body)
    ]


@pytest.mark.parametrize("body", [b"", b"not json", b"5", b'"x"', b"null", b"\xff\xfe", b"[" * 100_000, b"NaN"])
def test_no_document_at_all(body: bytes) -> None:
    """That, and that alone, is Malformed."""
    with pytest.raises(Malformed):
        PROVIDER.parse(HookRequest(body=body))
