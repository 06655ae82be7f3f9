"""Batches, bad items, bodies nobody told us of, and what is no body at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.errors import Malformed
from connectors.events import EventType
from connectors.onemsg import PROVIDER
from tests.connectors.onemsg.bodies import (
    ECHO,
    TEXT,
    parse,
)
from tests.connectors.onemsg.channel import CHANNEL, OUT, hook


def test_messages_and_acks_in_one_body_and_one_object_for_a_list() -> None:
    """Batches are read whole, a single object counts as a list of it, JSON in a text as what it says."""
    found = parse({"instanceId": CHANNEL, "messages": [TEXT, ECHO], "ack": {"id": OUT, "status": "sent"}})
    assert [EventType.RECEIVED, EventType.SENT, EventType.STATUS] == [fact.type for fact in found]
    (one,) = parse({"instanceId": CHANNEL, "message": json.dumps(TEXT)})
    assert EventType.RECEIVED == one.type


def test_a_bad_item_falls_alone() -> None:
    """Its neighbours are not touched, and its raw words are kept."""
    found = parse({"instanceId": CHANNEL, "messages": [TEXT, "nonsense", {}, None, ECHO], "ack": [{"status": "read"}]})
    types = [fact.type for fact in found]
    unknown = EventType.UNKNOWN
    assert [EventType.RECEIVED, unknown, unknown, unknown, EventType.SENT, unknown] == types
    assert [TEXT, "nonsense", {}, None, ECHO, {"status": "read"}] == [fact.raw for fact in found]
    assert {CHANNEL} == {fact.account for fact in found}


@pytest.mark.parametrize("document", [{}, {"a": 1}, {"ack": None}, {"instanceId": CHANNEL, "chatUpdate": [{"x": 1}]}])
def test_what_nobody_told_us_of_is_kept(document: dict[str, Any]) -> None:
    """As an unknown fact with all of it."""
    (fact,) = parse(document)
    assert EventType.UNKNOWN == fact.type
    assert fact.raw in (document, {"x": 1})


def test_what_nobody_told_us_of_is_kept_beside_what_we_know() -> None:
    """A list under another name, item by item, in the same body as a message."""
    message, first, second = parse({"instanceId": CHANNEL, "messages": [TEXT], "chatUpdate": [{"x": 1}, "y"]})
    assert EventType.RECEIVED == message.type
    assert [(EventType.UNKNOWN, {"x": 1}), (EventType.UNKNOWN, "y")] == [(one.type, one.raw) for one in (first, second)]


def test_nothing_happened() -> None:
    """An empty list holds nothing."""
    assert [] == parse({"instanceId": CHANNEL, "messages": []})


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"7", b'"text"', b"\xff", b"[" * 100_000, b'{"a": NaN}'])
def test_what_is_no_document(body: bytes) -> None:
    """Malformed, and nothing else."""
    with pytest.raises(Malformed):
        PROVIDER.parse(hook(body))
