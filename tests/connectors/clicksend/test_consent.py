"""Who writes STOP has opted out, whatever the spelling; who writes about stopping has not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.clicksend import PROVIDER
from connectors.connection import Connection
from connectors.events import EventType, Fact
from connectors.guards import HookRequest
from connectors.provider import Stamp
from connectors.samples import make

ADA = "+61491570156"
ID = "1F1A1177-2F00-6D11-9A55-0E0E0E0E0E01"
HERE = Connection("c1", "clicksend", {}, {}, "https://ferry.invalid/webhooks/c1/token")


def said(text: Any, **settings: str) -> list[Fact]:
    """What a text of Ada's is besides a message."""
    pushed = {"from": ADA, "body": text, "message_id": ID, "timestamp": 1790000444}
    (fact,) = PROVIDER.parse(make_json(pushed))
    assert fact.type is EventType.RECEIVED
    return list(PROVIDER.implied(Connection("c1", "clicksend", settings), fact))


def make_json(body: dict[str, Any]) -> HookRequest:
    """A push of this text."""
    return make(PROVIDER, PROVIDER.samples["sms"], HERE, Stamp("00000001", 1790000444), body)


@pytest.mark.parametrize(
    "text",
    [
        *("STOP", "stop", " Stop. ", "STOP!!", "please stop", "Stop, please", "Stop all", "STOPALL", "unsubscribe"),
        *("Cancel", "END", "quit", "Revoke", "opt-out", "Opt out", "OPTOUT", "\uff33\uff34\uff2f\uff30", "st\u200bop"),
    ],
)
def test_a_word_of_the_table_is_an_opt_out(text: str) -> None:
    """Beside the message, about the same person, at the same time, under a key of its own type."""
    (fact,) = said(text)
    assert (EventType.OPTOUT, ADA, ID) == (fact.type, fact.conversation, fact.key)
    assert ID == fact.data["message"]
    assert fact.at is not None
    assert fact.message is None


@pytest.mark.parametrize("text", ["START", "Unstop", "subscribe", "opt in", "please start"])
def test_a_word_takes_it_back(text: str) -> None:
    """The counterpart."""
    (fact,) = said(text)
    assert (EventType.OPTIN, ADA) == (fact.type, fact.conversation)


@pytest.mark.parametrize(
    "text", ["Stop by at 7?", "Yes", "please", "don't stop", "cancel the 7 pm table", "", "!", "\U0001f6d1", 42]
)
def test_other_words_are_only_words(text: Any) -> None:
    """A sentence with the word in it is a sentence."""
    assert [] == said(text)


def test_the_words_are_settings() -> None:
    """Other languages, other habits, or none at all; accents are spelling."""
    french = {"stop_words": "arret, désabonner"}
    assert [EventType.OPTOUT] == [fact.type for fact in said("ARRÊT", **french)]
    assert [EventType.OPTOUT] == [fact.type for fact in said("Desabonner!", **french)]
    assert [] == said("stop", **french)
    assert [] == said("stop", stop_words="-")
    assert [] == said("start", start_words="-")
    assert [] == said("", stop_words=", ,")


def test_a_receipt_is_nobodys_word() -> None:
    """Whatever it says."""
    receipt = PROVIDER.samples["receipt-failed"]
    for fact in PROVIDER.parse(make(PROVIDER, receipt, HERE, Stamp("00000001", 1790000444), {"status_text": "STOP"})):
        assert [] == list(PROVIDER.implied(HERE, fact))


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_words_raise(text: str, words: str) -> None:
    """Neither what people write nor what people set."""
    assert len(said(text, stop_words=words, start_words=words)) <= 1
