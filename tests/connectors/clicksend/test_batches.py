"""Many messages: named once and for all, cut, told apart by reference, resumed without sending twice, priced first."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.action import Call, Part
from connectors.clicksend import PROVIDER, batches
from connectors.connection import Connection
from connectors.errors import ConnectorError, InvalidCall, OutcomeUnknown, Reason, Rejected
from tests.connectors.clicksend.conftest import Desk

SEND = PROVIDER.actions["send-sms"]
HERE = Connection("c", "clicksend")


def parts(asked: dict[str, Any], rows: list[dict[str, Any]], ref: str = "run-1") -> list[Part]:
    """The parts of an answer that was already read."""
    return list(batches.parts(Call(HERE, asked, ref), {"messages": rows}))


def test_names_are_the_same_cut_or_whole() -> None:
    """A piece names its messages as the whole input would, references the caller repeats included."""
    messages = [{"to": f"+6149157{at:04}", "text": "hi"} for at in range(2500)]
    messages[3]["custom_string"] = messages[2400]["custom_string"] = "spring"
    messages[7]["custom_string"] = "mine"
    asked = {"messages": messages, "shorten_urls": True}

    pieces = list(SEND.cut(asked))
    named = [name for piece in pieces for name in batches.names(piece, "run-1")]

    assert [1000, 1000, 500] == [len(piece["messages"]) for piece in pieces]
    assert all(piece["shorten_urls"] for piece in pieces)
    assert batches.names(asked, "run-1") == named
    assert 2500 == len({name.ref for name in named})
    assert ("mine", "mine") == (named[7].ref, named[7].mark)
    assert [("run-1-3", "spring"), ("run-1-2400", "spring")] == [(one.ref, one.mark) for one in (named[3], named[2400])]
    assert "run-1-0" == named[0].mark


def test_cutting_again_changes_nothing() -> None:
    """What is small enough stays as it is."""
    asked = {"messages": [{"to": "+61491570156", "text": "hi"}]}
    assert [asked] == list(SEND.cut(asked))
    assert [{"to": "+61491570156", "text": "hi"}] == list(SEND.cut({"to": "+61491570156", "text": "hi"}))
    piece = {"messages": [{"to": "+61491570156", "text": str(at)} for at in range(1200)], "first": 5000}
    assert [5000, 6000] == [one["first"] for one in SEND.cut(piece)]


def test_a_long_reference_still_fits_its_fifty_characters() -> None:
    """However our own references look, the custom_string is one ClickSend takes."""
    asked = {"messages": [{"to": "+61491570156", "text": "a"}], "first": 9_999_999}
    (name,) = batches.names(asked, "run_" + "x" * 90)
    assert len(name.mark) <= 50


ROW = {"state": "accepted", "status": "SUCCESS"}


@given(st.permutations(range(6)), st.integers(0, 5))
def test_order_never_matters(order: list[int], lost: int) -> None:
    """Rows in any order, one of them lost: each message has its own id, the lost one is unknown."""
    asked = {"messages": [{"to": f"+6149157015{at}", "text": "hi"} for at in range(6)]}
    rows = [
        {**ROW, "to": f"+6149157015{at}", "custom_string": f"run-1-{at}", "message_id": f"ID-{at}"}
        for at in order
        if at != lost
    ]

    found = parts(asked, rows)

    assert [None if at == lost else f"ID-{at}" for at in range(6)] == [part.message for part in found]
    assert "unknown" == found[lost].state
    assert isinstance(found[lost].error, OutcomeUnknown)


def test_messages_that_share_a_reference_are_told_apart_by_number() -> None:
    """Many messages may bear one reference; their recipients differ, and their parts have names of their own."""
    asked = {
        "messages": [
            {"to": "+61491570156", "text": "hi", "custom_string": "spring"},
            {"to": "+61491570157", "text": "hi", "custom_string": "spring"},
        ]
    }
    rows = [
        {**ROW, "to": "+61491570157", "custom_string": "spring", "message_id": "B"},
        {**ROW, "to": "+61491570156", "custom_string": "spring", "message_id": "A"},
    ]

    found = [(one.ref, one.to, one.message) for one in parts(asked, rows)]
    assert [("run-1-0", "+61491570156", "A"), ("run-1-1", "+61491570157", "B")] == found


def test_without_references_only_a_number_of_its_own_tells() -> None:
    """An answer that lost the references is read by number; two messages to one number stay unknown, never guessed."""
    asked = {
        "messages": [
            {"to": "+61491570156", "text": "one"},
            {"to": "+61491570157", "text": "two"},
            {"to": "+61491570157", "text": "three"},
        ]
    }
    numbers = ("+61491570156", "+61491570157", "+61491570157")
    rows = [{**ROW, "to": to, "custom_string": None, "message_id": f"ID-{at}"} for at, to in enumerate(numbers)]

    assert ["accepted", "unknown", "unknown"] == [one.state for one in parts(asked, rows)]
    assert ["accepted", "unknown", "unknown"] == [one.state for one in parts(asked, rows[:2])]


def test_a_row_too_many_for_a_message_is_no_answer() -> None:
    """Two rows with one message's reference and number contradict each other: which is true is not guessed."""
    row = {**ROW, "to": "+61491570156", "custom_string": "run-1-0", "message_id": "A"}
    asked = {"messages": [{"to": "+61491570156", "text": "hi"}]}
    assert ["unknown"] == [one.state for one in parts(asked, [row, {**row, "message_id": "B"}])]


@given(st.dictionaries(st.text(max_size=8), st.none() | st.text(max_size=8) | st.integers(), max_size=4))
def test_strange_rows_are_unknown_and_never_an_exception(row: dict[str, Any]) -> None:
    """Whatever a row holds, every message has exactly one outcome."""
    asked = {"messages": [{"to": "+61491570156", "text": "hi"}, {"to": "+61491570157", "text": "hi"}]}
    assert 2 == len(parts(asked, [row]))


def messages_with_three_kinds_of_failure() -> list[dict[str, Any]]:
    """2,500 messages: every 100th to no number, every 250th to a country that is off, every 333rd a duplicate."""
    found = [{"to": f"+61491{at:06}", "text": f"message {at}"} for at in range(2500)]
    for at in range(0, 2500, 100):
        found[at] = {"to": "+61491570", "text": f"message {at}"}
    for at in range(50, 2500, 250):
        found[at] = {"to": f"+8190{at:08}", "text": f"message {at}"}
    for at in range(333, 2500, 333):
        found[at] = dict(found[at - 1])
    return found


def test_a_run_of_2500_killed_half_way_sends_nothing_twice(connection: Connection) -> None:
    """
    One call is lost after it acted and the process dies; what resumes sends only the calls without an outcome, the
    lost one is proven by the history, and every message has one outcome with its own reason.
    """
    desk = Desk(connection)
    asked = {"messages": messages_with_three_kinds_of_failure()}
    pieces = list(SEND.cut(asked))
    outcomes: dict[int, list[Part]] = {0: list(desk.run("send-sms", dict(pieces[0])).parts)}

    desk.sim.behave(action="send-sms", drop="after", times=1)
    with pytest.raises(OutcomeUnknown):  # … and here the worker is killed
        desk.run("send-sms", dict(pieces[1]))
    for at, piece in enumerate(pieces):
        if at not in outcomes and at != 1:  # the second left: it is unknown, and never sent again by itself
            outcomes[at] = list(desk.run("send-sms", dict(piece)).parts)
    proven = desk.prove("send-sms", dict(pieces[1]), "run-1")
    assert proven is not None
    outcomes[1] = list(proven.parts)

    found = [part for at in range(3) for part in outcomes[at]]
    sent = [one for one in desk.sim.memory.messages if one["direction"] == "out"]
    assert 2500 == len({part.ref for part in found})
    assert 1 == max(Counter((one["to"], one["body"]) for one in sent).values())
    assert {one["message_id"] for one in sent} == {part.message for part in found if part.state == "accepted"}
    reasons = Counter(str(part.error.reason) for part in found if isinstance(part.error, Rejected))
    assert {"unknown_recipient", "policy", "duplicate"} == set(reasons)
    assert {"unknown"} == {part.state for part in outcomes[1]} - {"accepted"}
    desk.client.close()


def test_the_balance_runs_out_in_the_middle(connection: Connection) -> None:
    """Some are sent and paid for, the others say why; the run as a whole is no error."""
    desk = Desk(connection, balance="0.20")
    asked = {"messages": [{"to": f"+6149157015{at}", "text": "hi"} for at in range(4)]}

    outcome = desk.run("send-sms", asked)

    assert ["accepted", "accepted", "failed", "failed"] == [part.state for part in outcome.parts]
    assert {Reason.CREDIT} == {part.error.reason for part in outcome.parts if part.error is not None}
    assert (2, 2) == (outcome.output["accepted"], outcome.output["refused"])
    desk.client.close()


@pytest.mark.parametrize(("budget", "sent"), [("0.16", True), (0.1584, True), ("0.15", False)])
def test_a_budget_is_held_before_anything_leaves(desk: Desk, budget: str | float, sent: bool) -> None:  # noqa: FBT001
    """Two messages cost 0.1584: a smaller budget stops both, and a run that may leave asks the price just once."""
    asked = {"messages": [{"to": f"+6149157015{at}", "text": "hi"} for at in range(2)], "budget": budget}

    outcome: Any
    try:
        outcome = desk.run("send-sms", asked)
    except ConnectorError as problem:
        outcome = problem

    assert sent == (not isinstance(outcome, InvalidCall))
    assert ["get-sms-price", *(["send-sms"] if sent else [])] == [one["action"] for one in desk.sim.requests()]
    if not sent:
        assert Reason.CREDIT == outcome.reason


def test_a_budget_covers_every_call_of_a_large_input(desk: Desk) -> None:
    """The price is asked of all pieces before the first may leave."""
    asked = {"messages": [{"to": f"+61491{at:06}", "text": "hi"} for at in range(1500)], "budget": "100"}

    with pytest.raises(InvalidCall, match=r"118\.8"):
        desk.run("send-sms", asked)
    assert ["get-sms-price", "get-sms-price"] == [one["action"] for one in desk.sim.requests()]


@pytest.mark.parametrize(
    ("action", "asked"),
    [
        ("send-mms", {**PROVIDER.actions["send-mms"].example, "budget": "0.01"}),
        ("send-voice", {**PROVIDER.actions["send-voice"].example, "budget": "0.01"}),
    ],
)
def test_other_sends_keep_a_budget_too(desk: Desk, action: str, asked: dict[str, Any]) -> None:
    """Their own price action is asked."""
    with pytest.raises(InvalidCall):
        desk.run(action, asked)
    assert [action.replace("send-", "get-") + "-price"] == [one["action"] for one in desk.sim.requests()]


def test_a_budget_nobody_held_refuses_to_leave(desk: Desk) -> None:
    """A caller that skips the question of the price cannot send past it."""
    from connectors.client import prepare

    asked = {"to": "+61491570156", "text": "hi", "budget": "5"}
    with pytest.raises(InvalidCall, match="the price was not asked"):
        prepare(PROVIDER, SEND, Call(desk.connection, asked, "r"))
