"""Messages in 1msg's own format, from the page's own bodies: what each one means, field by field."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.events import EventType, Kind
from connectors.onemsg import PROVIDER, flat
from tests.connectors.onemsg.bodies import (
    DAY,
    ECHO,
    HIDDEN,
    NOON,
    TEXT,
    heard,
    parse,
)
from tests.connectors.onemsg.channel import ADA, CHANNEL, OUT


def test_a_text_is_told_whole() -> None:
    """Who, when, what, in which chat, on which channel, and how long we may answer."""
    fact = heard()

    assert EventType.RECEIVED == fact.type
    assert "wamid.IN0001==" == fact.key
    assert datetime(2026, 1, 1, tzinfo=UTC) == fact.at
    assert (ADA, CHANNEL, "whatsapp", DAY) == (fact.conversation, fact.account, fact.channel, fact.window)
    assert fact.contact is not None
    assert {
        "id": ADA,
        "phone": "+15550100123",
        "username": None,
        "name": "Ada",
        "aliases": (HIDDEN,),
    } == asdict(fact.contact)
    assert fact.message is not None
    assert {
        "provider_id": "wamid.IN0001==",
        "direction": "inbound",
        "kind": Kind.TEXT,
        "text": "Hi, is it open?",
        "payload": None,
        "reply_to": None,
        "story": None,
        "attachments": (),
    } == asdict(fact.message)
    assert TEXT == fact.raw
    assert {} == fact.data


# §4.4: every type: (type, kind, opens the window)
KINDS: list[tuple[str, Kind, bool]] = [
    ("chat", Kind.TEXT, True),
    ("text", Kind.TEXT, True),
    ("image", Kind.IMAGE, True),
    ("video", Kind.VIDEO, True),
    ("document", Kind.FILE, True),
    ("sticker", Kind.STICKER, True),
    ("audio", Kind.AUDIO, True),
    ("voice", Kind.AUDIO, True),
    ("ptt", Kind.AUDIO, True),
    ("interactive", Kind.INTERACTIVE, True),
    ("button_reply", Kind.INTERACTIVE, True),
    ("list_reply", Kind.INTERACTIVE, True),
    ("nfm_reply", Kind.INTERACTIVE, True),
    ("button", Kind.INTERACTIVE, True),
    ("location", Kind.LOCATION, True),
    ("contacts", Kind.CONTACT, True),
    ("contact", Kind.CONTACT, True),
    ("vcard", Kind.CONTACT, True),
    ("multi_vcard", Kind.CONTACT, True),
    ("call_log", Kind.UNSUPPORTED, False),
    ("call_permission_reply", Kind.UNSUPPORTED, False),
    ("order", Kind.UNSUPPORTED, True),
    ("product", Kind.UNSUPPORTED, True),
    ("system", Kind.UNSUPPORTED, False),
    ("unsupported", Kind.UNSUPPORTED, True),
    ("unknown", Kind.UNSUPPORTED, False),
    ("template", Kind.TEMPLATE, False),
    ("ephemeral", Kind.UNSUPPORTED, True),
    ("hologram", Kind.UNSUPPORTED, False),
    ("", Kind.UNSUPPORTED, False),
    (" CHAT ", Kind.TEXT, True),
]


@pytest.mark.parametrize(("word", "kind", "opens"), KINDS, ids=[row[0] for row in KINDS])
def test_each_type_of_message(word: str, kind: Kind, opens: bool) -> None:  # noqa: FBT001  (a column)
    """Only what a person surely wrote opens the window; an echo never does."""
    fact = heard(type=word)
    assert fact.message is not None
    assert kind == fact.message.kind
    assert (DAY if opens else None) == fact.window
    echo = heard(type=word, fromMe=True)
    assert echo.window is None
    assert EventType.SENT == echo.type


def test_every_type_we_know_is_in_the_table_above() -> None:
    """And in §4.4."""
    assert set(flat.TYPES) <= {row[0] for row in KINDS}


REACTIONS: list[tuple[dict[str, Any], tuple[str, str | None, str, str]]] = [
    ({"body": "❤️"}, (OUT, "❤️", "added", "contact")),
    ({"body": ""}, (OUT, None, "removed", "contact")),
    ({"body": None}, (OUT, None, "removed", "contact")),
    ({"body": "👍", "fromMe": True}, (OUT, "👍", "added", "us")),
    (
        {"body": None, "quotedMsgId": None, "reaction": {"message_id": OUT, "emoji": "👍"}},
        (OUT, "👍", "added", "contact"),
    ),
]


@pytest.mark.parametrize(("fields", "expected"), REACTIONS)
def test_reactions(fields: dict[str, Any], expected: tuple[str, str | None, str, str]) -> None:
    """A reaction has its own id, and neither is a message nor opens the window."""
    fact = heard(**{"id": "wamid.IN0010==", "type": "reaction", "quotedMsgId": OUT, **fields})
    assert EventType.REACTION == fact.type
    assert "wamid.IN0010==" == fact.key
    assert fact.reaction is not None
    found = fact.reaction
    assert expected == (found.message, found.emoji, found.action, found.by)
    assert (None, None) == (fact.message, fact.window)


def test_a_reaction_to_nothing_is_kept_as_unknown() -> None:
    """Nobody could say what it is about."""
    assert EventType.UNKNOWN == heard(type="reaction", body="❤️", quotedMsgId=None).type


@pytest.mark.parametrize(
    ("fields", "outbound"),
    [
        ({"fromMe": True}, True),
        ({"fromMe": 1}, True),
        ({"fromMe": "1"}, True),
        ({"fromMe": "true"}, True),
        ({"fromMe": False, "self": 1}, False),
        ({"fromMe": 0}, False),
        ({"fromMe": None, "self": 1}, True),
        ({"fromMe": None, "self": True}, True),
        ({"fromMe": None, "self": 0}, False),
        ({"fromMe": None, "self": None}, False),
    ],
)
def test_the_direction(fields: dict[str, Any], outbound: bool) -> None:  # noqa: FBT001  (a column)
    """`fromMe` wins; where it is absent `self` tells."""
    assert (EventType.SENT if outbound else EventType.RECEIVED) == heard(**fields).type


@pytest.mark.parametrize(("by", "origin"), [(1, "api"), (0, "app"), (None, "unknown")])
def test_an_echo_never_names_the_customer(by: int | None, origin: str) -> None:
    """Its senderName is the business; the chat alone tells who it went to."""
    (fact,) = parse({"instanceId": CHANNEL, "messages": [{**ECHO, "self": by, "authorUserName": "shop"}]})
    assert (EventType.SENT, OUT, ADA, None) == (fact.type, fact.key, fact.conversation, fact.window)
    assert fact.contact is not None
    assert (None, None, ()) == (fact.contact.name, fact.contact.username, fact.contact.aliases)
    assert "+15550100123" == fact.contact.phone
    assert fact.message is not None
    assert "outbound" == fact.message.direction
    assert {"origin": origin} == fact.data


def test_who_it_is_when_the_chat_is_missing() -> None:
    """`from`, then on what they wrote the author; nobody makes it unknown."""
    assert ADA == heard(chatId=None, **{"from": "15550100123"}).conversation
    assert ADA == heard(chatId="").conversation
    assert ADA == heard(chatId="15550100123").conversation
    assert EventType.UNKNOWN == heard(chatId=None, author=None).type
    assert EventType.UNKNOWN == heard(chatId=None, fromMe=True).type


def test_a_hidden_number_stays_hidden() -> None:
    """No phone is read out of anything but @c.us, and the key is what a reply goes to."""
    fact = heard(chatId=HIDDEN, author=HIDDEN)
    assert HIDDEN == fact.conversation
    assert fact.contact is not None
    assert (HIDDEN, None, ()) == (fact.contact.id, fact.contact.phone, fact.contact.aliases)
    assert HIDDEN == PROVIDER.actions["send-message"].party({"to": fact.contact.id})


def test_a_group_is_not_its_member() -> None:
    """The name of who wrote is not the group's."""
    fact = heard(chatId="120363000000000000@g.us")
    assert fact.contact is not None
    assert (None, None) == (fact.contact.name, fact.contact.phone)


def test_a_welcome_is_no_message() -> None:
    """Nobody wrote, so nothing opens."""
    fact = heard(type="request_welcome", body="", meta={"request_welcome": True})
    assert (EventType.POSTBACK, None, None) == (fact.type, fact.message, fact.window)
    assert {"payload": "request_welcome", "title": None} == fact.data


def test_an_ad_is_told_beside_its_message() -> None:
    """Wherever the referral hides."""
    ad = {"source_type": "ad", "source_id": "1"}
    for fields in ({"referral": ad}, {"metadata": {"referral": ad}}, {"meta": {"referral": ad}}):
        message, referral = parse({"instanceId": CHANNEL, "messages": [{**TEXT, **fields}]})
        assert (EventType.RECEIVED, EventType.REFERRAL) == (message.type, referral.type)
        assert ad == referral.data
        assert message.key == referral.key


def test_an_order_keeps_its_items() -> None:
    """Beside a message we cannot show."""
    order = {"catalog_id": "1", "product_items": [{"product_retailer_id": "sku-1"}]}
    assert order == heard(type="order", body="", order=order).data["order"]


def test_edits_and_deletions_name_their_message() -> None:
    """By `original_message_id`, else what they quote, else their own id; each edit is a fact of its own."""
    edit = heard(type="edited", body="new", metadata={"original_message_id": "wamid.A=="})
    assert (EventType.EDITED, None) == (edit.type, edit.key)
    assert edit.message is not None
    assert ("wamid.A==", "new") == (edit.message.provider_id, edit.message.text)
    gone = heard(type="revoked", body="", quotedMsgId="wamid.A==")
    assert (EventType.DELETED, {"message": "wamid.A=="}) == (gone.type, gone.data)
    assert {"message": "wamid.IN0001=="} == heard(type="revoked").data


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (NOON, NOON),
        (str(NOON), NOON),
        (NOON * 1000, NOON),
        (f"{NOON}000", NOON),
        (None, None),
        ("soon", None),
        (0, None),
    ],
)
def test_times(value: Any, seconds: int | None) -> None:
    """Seconds, or milliseconds where it cannot be seconds; as number or text."""
    at = heard(time=value).at
    assert seconds == (None if at is None else int(at.timestamp()))
