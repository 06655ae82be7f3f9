"""What never leaves, and how times and lists leave (page 1.3, 1.4, 3.1; 5, rows 23, 25, 29)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from connectors.clicksend import PROVIDER
from connectors.connection import Connection
from connectors.errors import ConnectorError, InvalidCall
from tests.connectors.clicksend.sends import (
    ACCEPTED,
    ADA,
    ONE,
    ONE_WIRE,
    REFUSED,
    SENDS,
    answered,
)
from tests.connectors.conversation import REF, Conversation

NOW = time.time()
REFUSED_AT_THE_DOOR: dict[str, tuple[dict[str, Any], str]] = {
    "nobody to send to": ({"text": "hello"}, "to"),
    "nothing to say": ({"to": "+61491570156"}, "text"),
    "an empty text": ({"to": "+61491570156", "text": ""}, "text"),
    "a number and a list": ({**ONE, "list_id": 428}, "to"),
    "a local number of no country": ({"to": "0491570156", "text": "hello"}, "to"),
    "digits that could be anybody's": ({"to": "4155550100", "text": "hello"}, "to"),
    "a word for a number": ({"to": "+ada", "text": "hello"}, "to"),
    "a sender with spaces": ({**ONE, "from": "Bis tro"}, "from"),
    "a sender of twelve": ({**ONE, "from": "TwelveLetter"}, "from"),
    "a reference of 51": ({**ONE, "custom_string": "x" * 51}, "custom_string"),
    "a time long past": ({**ONE, "send_at": NOW - 3600}, "send_at"),
    "a time five months ahead": ({**ONE, "send_at": NOW + 150 * 86400}, "send_at"),
    "no time at all": ({**ONE, "send_at": "soon"}, "send_at"),
    "a word we do not know": ({**ONE, "colour": "red"}, "colour"),
    "a field beside messages": ({"text": "hello", "messages": [ADA]}, "body"),
    "no messages": ({"messages": []}, "messages"),
    "a bad one among many": ({"messages": [ADA, {"to": "+61491570156"}]}, "messages"),
    "two that could not be told apart": ({"messages": [ADA, {**ADA, "text": "again"}]}, "messages"),
    "nine parts": ({**ONE, "text": "a" * 1225}, "text"),
    "nine parts of emoji": ({**ONE, "text": "🙂" * 265}, "text"),
    "a budget of nothing": ({**ONE, "budget": "0"}, "budget"),
    "more than a call holds, not cut": (
        {"messages": [{"to": "+61491570156", "text": str(at)} for at in range(1001)]},
        "messages",
    ),
}


@pytest.mark.parametrize(("given", "field"), REFUSED_AT_THE_DOOR.values(), ids=REFUSED_AT_THE_DOOR)
def test_what_never_leaves(given: dict[str, Any], field: str, connection: Connection) -> None:
    """What ClickSend could not understand, or would cut or guess in silence, is refused here and names its field."""
    problem = Conversation(action="send-sms", given=given, raises=InvalidCall).check(PROVIDER, connection)

    assert isinstance(problem, InvalidCall)
    assert problem.fields is not None
    assert field in problem.fields


def test_eight_parts_may_leave_and_a_lower_limit_is_kept(connection: Connection) -> None:
    """The account's own limit, when it is lower than eight parts, is a setting."""
    text = "a" * 1224
    Conversation(
        action="send-sms",
        given={**ONE, "text": text},
        sends={**SENDS, "json": {"messages": [{**ONE_WIRE, "body": text}]}},
        answer=(200, answered({**ACCEPTED, "custom_string": REF})),
    ).check(PROVIDER, connection)
    Conversation(action="send-sms", given={**ONE, "text": text}, settings={"max_parts": 6}, raises=InvalidCall).check(
        PROVIDER, connection
    )


@pytest.mark.parametrize("shape", ["seconds", "text", "iso"])
def test_a_time_is_told_in_any_form_and_leaves_in_seconds(shape: str, connection: Connection) -> None:
    """Scheduled is told apart from queued by a time clearly ahead."""
    due = int(time.time()) + 3600
    given = {"seconds": due, "text": str(due), "iso": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(due))}[shape]
    row = {**ACCEPTED, "custom_string": REF, "date": due - 3600, "schedule": due}

    outcome = Conversation(
        action="send-sms",
        given={**ONE, "send_at": given},
        sends={**SENDS, "json": {"messages": [{**ONE_WIRE, "schedule": due}]}},
        answer=(200, answered(row)),
    ).check(PROVIDER, connection)

    assert not isinstance(outcome, ConnectorError)
    assert "scheduled" == outcome.output["messages"][0]["state"]
    assert ["accepted"] == [part.state for part in outcome.parts]


def test_a_list_has_an_outcome_for_each_of_its_rows(connection: Connection) -> None:
    """One message to a list comes back as many rows, all with its reference."""
    rows = [
        {**ACCEPTED, "custom_string": REF, "to": "+61491570156"},
        {**ACCEPTED, "custom_string": REF, "to": "+61491570157", "message_id": "1F1A0C52-0002"},
        {**REFUSED, "custom_string": REF},
    ]
    Conversation(
        action="send-sms",
        given={"list_id": "428", "text": "hello"},
        sends={
            **SENDS,
            "json": {"messages": [{"list_id": 428, "body": "hello", "custom_string": REF, "source": "ferry"}]},
        },
        answer=(200, answered(*rows)),
        parts=[
            (f"{REF}:+61491570156", "accepted", "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001"),
            (f"{REF}:+61491570157", "accepted", "1F1A0C52-0002"),
            (f"{REF}:+61491570", "failed", None),
        ],
    ).check(PROVIDER, connection)


def test_a_refused_list_is_a_part_that_failed(connection: Connection) -> None:
    """The only row of a list that is not ours tells why, under the message's own reference."""
    row = {"to": "", "message_id": "1F1A0C52-0009", "custom_string": REF, "status": "NOT_ENOUGH_PERMISSION_TO_LIST_ID"}
    Conversation(
        action="send-sms",
        given={"list_id": 999, "text": "hello"},
        sends={
            **SENDS,
            "json": {"messages": [{"list_id": 999, "body": "hello", "custom_string": REF, "source": "ferry"}]},
        },
        answer=(200, answered(row)),
        parts=[(REF, "failed", None)],
    ).check(PROVIDER, connection)
