"""Acks: how far a message came, and why it failed."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.events import EventType, State
from connectors.onemsg import receipts
from tests.connectors.onemsg.bodies import (
    HIDDEN,
    acked,
)
from tests.connectors.onemsg.channel import ADA, CHANNEL, OUT

# §4.5: (their word, our state, the key's ending)
ACKS: list[tuple[Any, State, str]] = [
    ("sent", State.SENT, "sent"),
    (1, State.SENT, "sent"),
    ("1", State.SENT, "sent"),
    ("delivered", State.DELIVERED, "delivered"),
    (2, State.DELIVERED, "delivered"),
    ("read", State.READ, "read"),
    ("viewed", State.READ, "read"),
    (3, State.READ, "read"),
    ("Viewed", State.READ, "read"),
    ("played", State.READ, "played"),
    ("failed", State.FAILED, "failed"),
    ("error", State.FAILED, "failed"),
    ("undelivered", State.FAILED, "failed"),
    (2.0, State.DELIVERED, "delivered"),
    (-1, State.FAILED, "failed"),
    ("-1", State.FAILED, "failed"),
    ("levitating", State.UNKNOWN, "levitating"),
    (None, State.UNKNOWN, ""),
    ("queued", State.ACCEPTED, "accepted"),
    ("accepted", State.ACCEPTED, "accepted"),
]


@pytest.mark.parametrize(("word", "state", "ending"), ACKS, ids=[str(row[0]) for row in ACKS])
def test_each_status(word: Any, state: State, ending: str) -> None:
    """Old words, new words and numbers; an unknown one is kept and changes nothing."""
    fact = acked(status=word)
    assert EventType.STATUS == fact.type
    assert f"{OUT}:{ending}" == fact.key
    assert fact.status is not None
    assert (OUT, state) == (fact.status.message, fact.status.state)
    assert (ADA, CHANNEL, None) == (fact.conversation, fact.account, fact.at)
    assert ("played" in fact.data) is (word == "played")


def test_every_status_we_know_is_in_the_table_above() -> None:
    """And in §4.5."""
    assert set(receipts.STATES) <= {str(row[0]) for row in ACKS}


def test_an_ack_knows_who_and_what_it_cost() -> None:
    """The customer's other name is an alias; the pricing category goes along."""
    fact = acked(status="delivered", category="marketing_lite", mmLite=True, userName="ada")
    assert fact.contact is not None
    assert (ADA, "ada", (HIDDEN,)) == (fact.contact.id, fact.contact.username, fact.contact.aliases)
    assert {"category": "marketing_lite", "mmLite": True} == fact.data
    assert HIDDEN == acked(chatId=None, phone=None).conversation


@pytest.mark.parametrize(
    ("error", "code", "text", "reason"),
    [
        ("User's number is part of an experiment", None, "User's number is part of an experiment", "policy"),
        ("Message undeliverable", None, "Message undeliverable", "unknown_recipient"),
        ({"code": 131047, "title": "Re-engagement message"}, "131047", "Re-engagement message", "window_closed"),
        (
            [{"code": 131053, "title": "T", "message": "T", "error_data": {"details": "D"}}],
            "131053",
            "T: D",
            "media",
        ),
        ([], None, None, "other"),
        (None, None, None, "other"),
        (7, None, "7", "other"),
    ],
)
def test_why_it_failed(error: Any, code: str | None, text: str | None, reason: str) -> None:
    """A sentence mostly; an object or a list of them is taken too."""
    fact = acked(status="failed", error=error)
    assert fact.status is not None
    assert fact.status.error is not None
    found = fact.status.error
    assert (code, text, reason) == (found.code, found.text, found.reason)


def test_deleted_is_no_state() -> None:
    """The message is gone."""
    fact = acked(status="deleted")
    assert (EventType.DELETED, OUT, OUT) == (fact.type, fact.key, fact.data["message"])
