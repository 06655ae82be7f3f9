"""Meta's own shapes, which a channel with rawHooks passes on."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.events import EventType, Kind, State
from connectors.onemsg import flat
from tests.connectors.onemsg.bodies import (
    BUTTON,
    CLOUD,
    DAY,
    GRACE,
    NOON,
    TEXT,
    YES,
    acked,
    parse,
    raw,
)
from tests.connectors.onemsg.channel import ADA, CHANNEL, OUT


def test_metas_own_shape() -> None:
    """Message, echo and status of one value, with the name from the contacts beside it."""
    found = raw(
        contacts=[{"profile": {"name": "Ada"}, "wa_id": "15550100123"}],
        messages=[
            {
                "from": "15550100123",
                "id": "wamid.RAW0001==",
                "timestamp": str(NOON),
                "type": "text",
                "text": {"body": "Hi"},
                "context": {"id": OUT, "forwarded": True},
            }
        ],
        message_echoes=[
            {
                "from": "15550100999",
                "to": "15550100123",
                "id": "wamid.APP==",
                "timestamp": str(NOON),
                "type": "text",
                "text": {"body": "from the phone"},
            }
        ],
        statuses=[{"id": OUT, "status": "read", "timestamp": str(NOON + 100), "recipient_id": "15550100123"}],
    )
    message, echo, status = found
    assert (EventType.RECEIVED, "wamid.RAW0001==", ADA, DAY) == (
        message.type,
        message.key,
        message.conversation,
        message.window,
    )
    assert message.contact is not None
    assert ("Ada", "+15550100123") == (message.contact.name, message.contact.phone)
    assert message.message is not None
    assert ("Hi", OUT) == (message.message.text, message.message.reply_to)
    assert {"forwarded": True} == message.data
    assert (EventType.SENT, ADA, {"origin": "app"}) == (echo.type, echo.conversation, echo.data)
    assert echo.window is None, "what we wrote lets nobody answer"
    assert echo.contact is not None
    assert echo.contact.name is None
    assert status.status is not None
    assert (State.READ, f"{OUT}:read", ADA) == (status.status.state, status.key, status.conversation)
    assert status.at is not None
    assert {CHANNEL} == {fact.account for fact in found}


def test_flat_and_raw_copies_are_one_fact() -> None:
    """The same message and the same status have the same keys in both formats."""
    (flat_one,) = parse({"messages": [TEXT]})
    (raw_one,) = raw(
        messages=[
            {"from": "15550100123", "id": TEXT["id"], "timestamp": str(NOON), "type": "text", "text": {"body": "Hi"}}
        ]
    )
    assert (flat_one.type, flat_one.key, flat_one.conversation) == (raw_one.type, raw_one.key, raw_one.conversation)
    (status,) = raw(statuses=[{"id": OUT, "status": "delivered", "timestamp": "1", "recipient_id": "15550100123"}])
    assert acked(status="delivered").key == status.key


CONTENTS: list[tuple[str, dict[str, Any], Kind, dict[str, Any]]] = [
    ("image", {"id": "9", "mime_type": "image/jpeg", "caption": "c"}, Kind.IMAGE, {}),
    ("audio", {"id": "9", "voice": True}, Kind.AUDIO, {"is_voice": True, "label": "voice"}),
    ("audio", {"id": "9"}, Kind.AUDIO, {"is_voice": None}),
    ("document", {"id": "9", "filename": "a.pdf", "file_size": "12"}, Kind.FILE, {}),
    (
        "location",
        {"latitude": 1, "longitude": 2, "name": "n", "address": "a"},
        Kind.LOCATION,
        {"location": {"latitude": 1.0, "longitude": 2.0, "name": "n", "address": "a"}},
    ),
    (
        "button",
        {"payload": "P", "text": "T"},
        Kind.INTERACTIVE,
        {"label": "button_reply", "reply": {"id": "P", "title": "T", "description": None, "data": None}},
    ),
    ("interactive", {"type": "button_reply", **BUTTON}, Kind.INTERACTIVE, {"label": "interactive_reply", "reply": YES}),
    ("order", {"catalog_id": "1"}, Kind.UNSUPPORTED, {"label": "other", "order": {"catalog_id": "1"}}),
    ("hologram", {"x": 1}, Kind.UNSUPPORTED, {"label": "other", "hologram": {"x": 1}}),
]


@pytest.mark.parametrize(("word", "content", "kind", "data"), CONTENTS, ids=[row[0] for row in CONTENTS])
def test_metas_contents(word: str, content: dict[str, Any], kind: Kind, data: dict[str, Any]) -> None:
    """Media have an id and no address; the rest is what the flat format has."""
    (fact,) = raw(messages=[{"from": "15550100123", "id": "w", "timestamp": "1", "type": word, word: content}])
    assert fact.message is not None
    assert kind == fact.message.kind
    assert data == fact.data
    if kind in flat.FILES:
        (file,) = fact.message.attachments
        assert ("9", None) == (file.id, file.url)


def test_metas_system_messages_open_nothing() -> None:
    """Nobody wrote them."""
    system = {"body": "changed number", "type": "user_changed_number"}
    (fact,) = raw(messages=[{"from": "15550100123", "id": "w", "timestamp": "1", "type": "system", "system": system}])
    assert (EventType.RECEIVED, None) == (fact.type, fact.window)


def test_metas_cards_reactions_and_edits() -> None:
    """Those that are lists, or no messages."""
    head = {"from": "15550100123", "id": "w", "timestamp": str(NOON)}
    cards, reaction, removed, edit, revoke, welcome, ad, failed = raw(
        messages=[
            {**head, "type": "contacts", "contacts": CLOUD},
            {**head, "type": "reaction", "reaction": {"message_id": OUT, "emoji": "👍"}},
            {**head, "type": "reaction", "reaction": {"message_id": OUT}},
            {
                **head,
                "type": "edit",
                "edit": {"original_message_id": OUT, "message": {"type": "text", "text": {"body": "new"}}},
            },
            {**head, "type": "revoke", "revoke": {"original_message_id": OUT}},
            {**head, "type": "request_welcome"},
            {**head, "type": "text", "text": {"body": "hi"}, "referral": {"source_id": "1"}},
        ],
    )
    assert GRACE == cards.data["contacts"]
    assert reaction.reaction is not None
    assert ("👍", "added") == (reaction.reaction.emoji, reaction.reaction.action)
    assert removed.reaction is not None
    assert "removed" == removed.reaction.action
    assert edit.message is not None
    assert (EventType.EDITED, OUT, "new") == (edit.type, edit.message.provider_id, edit.message.text)
    assert (EventType.DELETED, {"message": OUT}) == (revoke.type, revoke.data)
    assert EventType.POSTBACK == welcome.type
    assert EventType.RECEIVED == ad.type
    assert (EventType.REFERRAL, {"source_id": "1"}) == (failed.type, failed.data)


def test_statuses_at_the_root_and_acks_in_a_value() -> None:
    """360dialog's form, and relays that put ours into Meta's."""
    (status,) = parse({"statuses": [{"id": OUT, "status": "sent", "timestamp": "1", "recipient_id": "15550100123"}]})
    assert f"{OUT}:sent" == status.key
    (ack,) = raw(ack=[{"id": OUT, "chatId": ADA, "status": "viewed"}])
    assert f"{OUT}:read" == ack.key
    root = {"contacts": [{"profile": {"name": "Ada"}, "wa_id": "15550100123"}]}
    item = {"from": "15550100123", "id": "w", "timestamp": "1", "type": "text", "text": {"body": "hi"}}
    (message,) = parse({**root, "messages": [item]})
    assert message.contact is not None
    assert "Ada" == message.contact.name


@pytest.mark.parametrize(
    ("field", "type", "data"),
    [
        (
            "message_template_status_update",
            EventType.TEMPLATE_STATUS,
            {"template": "t", "template_id": "7", "language": "en", "status": "APPROVED", "reason": None},
        ),
        ("account_update", EventType.NOTICE, {"name": "account_update"}),
        ("something_new", EventType.UNKNOWN, {}),
    ],
)
def test_news_of_the_account(field: str, type: EventType, data: dict[str, Any]) -> None:
    """Raw mode only."""
    value = {
        "message_template_name": "t",
        "message_template_id": 7,
        "message_template_language": "en",
        "event": "APPROVED",
    }
    (fact,) = parse({"entry": [{"changes": [{"field": field, "value": value}]}]})
    assert type == fact.type
    assert data.items() <= fact.data.items()


def test_calls_are_news_too() -> None:
    """They concern no message."""
    (fact,) = parse({"type": "calls", "instanceId": CHANNEL, "calls": [{"id": "1"}]})
    assert (EventType.NOTICE, {"name": "calls"}, CHANNEL) == (fact.type, fact.data, fact.account)


def test_messages_beside_a_call_are_not_lost() -> None:
    """A body's `type` says what it is about, not that it holds nothing else."""
    said = {"id": "wamid.C1", "chatId": "15550100123@c.us", "type": "chat", "body": "missed you", "fromMe": False}
    found = parse({"type": "calls", "instanceId": CHANNEL, "messages": [said]})
    assert [EventType.RECEIVED, EventType.NOTICE] == [fact.type for fact in found]
