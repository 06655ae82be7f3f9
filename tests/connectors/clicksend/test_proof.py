"""Was it sent after all?  The history proves what it shows, and nothing by what it does not (page 2.9)."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.errors import OutcomeUnknown
from tests.connectors.clicksend.conftest import Desk

ONE = {"to": "+61491570156", "text": "hello"}


def lose(desk: Desk, action: str, given: dict[str, Any], ref: str = "run-1", drop: str = "after") -> None:
    """Sends, and loses the answer."""
    desk.sim.behave(action=action, drop=drop, times=1)
    with pytest.raises(OutcomeUnknown):
        desk.run(action, given, ref)


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("send-sms", ONE),
        ("send-mms", {**ONE, "media_url": "https://files.example.net/menu.jpg", "subject": "Menu"}),
        ("send-voice", {**ONE, "lang": "en-au"}),
    ],
)
def test_what_arrived_is_found_by_our_reference(desk: Desk, action: str, given: dict[str, Any]) -> None:
    """The lost answer's message comes back with its id, as the send would have told it."""
    lose(desk, action, given)

    proven = desk.prove(action, given)

    assert proven is not None
    (sent,) = desk.sim.memory.messages
    assert [("run-1", "accepted", sent["message_id"])] == [(one.ref, one.state, one.message) for one in proven.parts]
    assert sent["message_id"] == proven.output["message_id"]


def test_what_never_arrived_proves_nothing(desk: Desk) -> None:
    """An empty history is no proof that nothing was sent."""
    lose(desk, "send-sms", ONE, drop="before")
    assert desk.prove("send-sms", ONE) is None


def test_another_runs_message_is_no_proof(desk: Desk) -> None:
    """The same text to the same person under another reference is somebody else's."""
    desk.run("send-sms", ONE, "run-0")
    assert desk.prove("send-sms", ONE) is None


def test_a_reference_the_caller_uses_again_needs_more(desk: Desk) -> None:
    """Under the caller's own reference the number, the text and the time must agree as well."""
    confirmation = {**ONE, "text": "Your table is booked", "custom_string": "bk-1001"}
    reminder = {**ONE, "text": "Your table is ready", "custom_string": "bk-1001"}
    desk.run("send-sms", confirmation)
    assert desk.prove("send-sms", reminder) is None

    desk.now += 120
    assert desk.prove("send-sms", confirmation) is None  # two minutes old, so still listed: not this attempt
    desk.now += 3600
    assert desk.prove("send-sms", confirmation) is None
    lose(desk, "send-sms", reminder)
    proven = desk.prove("send-sms", reminder)
    assert proven is not None
    assert [desk.sim.memory.messages[-1]["message_id"]] == [one.message for one in proven.parts]


def test_of_a_batch_each_message_is_proven_alone(desk: Desk) -> None:
    """What was refused is not in the history: it stays unknown, and the others are settled."""
    given = {"messages": [ONE, {"to": "+61491570", "text": "no number"}, {"to": "+61491570157", "text": "hi"}]}
    lose(desk, "send-sms", given)

    proven = desk.prove("send-sms", given)

    assert proven is not None
    assert [("run-1-0", "accepted"), ("run-1-1", "unknown"), ("run-1-2", "accepted")] == [
        (one.ref, one.state) for one in proven.parts
    ]


def test_a_list_is_proven_row_by_row(desk: Desk) -> None:
    """Each contact's message has the list's reference and a number of its own."""
    list_id = int(desk.run("create-contact-list", {"name": "Guests"}).output["list"]["list_id"])
    for number in ("+61491570156", "+61491570157"):
        desk.run("create-contact", {"list_id": list_id, "phone": number, "first_name": "Ada"})
    given = {"list_id": list_id, "text": "Hi (First Name)"}
    lose(desk, "send-sms", given)

    proven = desk.prove("send-sms", given)

    assert proven is not None
    assert {"run-1:+61491570156", "run-1:+61491570157"} == {one.ref for one in proven.parts}


def test_other_actions_cannot_be_proven(desk: Desk) -> None:
    """A campaign shows no reference of ours."""
    assert desk.prove("send-sms-campaign", {"list_id": 1, "name": "x", "text": "y"}) is None
    assert [] == desk.sim.requests()
