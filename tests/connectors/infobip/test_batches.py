"""Many people in one call: each has a name that stays, an outcome of their own, and may be taken out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors.action import Call
from connectors.client import conclude, prepare
from connectors.errors import OutcomeUnknown, Throttled
from connectors.infobip import PROVIDER, answers, batches
from connectors.provider import Answer
from tests.connectors.infobip.stage import connect, run, simulate

ANN, BOB, CY = "447700900101", "447700900102", "447700900103"
MAIL = {"subject": "a", "text": "b"}
TEMPLATE = {"template": "order_shipped", "language": "en_GB"}
# action: (input to Ann, Bob and Cy; without Bob)
SEVERAL: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "send-sms-message": ({"to": [ANN, BOB, CY], "text": "hi"}, {"to": [ANN, CY], "text": "hi"}),
    "send-mms-message": ({"destinations": [ANN, BOB, CY], "text": "hi"}, {"destinations": [ANN, CY], "text": "hi"}),
    "send-voice-message-tts": ({"to": [{"to": ANN}, BOB, CY], "text": "hi"}, {"to": [{"to": ANN}, CY], "text": "hi"}),
    "send-whatsapp-template-message": (
        {"messages": [{"to": one, **TEMPLATE} for one in (ANN, BOB, CY)]},
        {"messages": [{"to": one, **TEMPLATE} for one in (ANN, CY)]},
    ),
    "send-email": (
        {"to": ["ann@a.example", "bob@b.example"], "cc": "cy@c.example", **MAIL},
        {"to": ["ann@a.example"], "cc": "cy@c.example", **MAIL},
    ),
}


@pytest.mark.parametrize(("key", "given", "left"), [(key, *told) for key, told in SEVERAL.items()], ids=SEVERAL)
def test_each_person_has_an_outcome_and_keeps_its_name_when_another_goes(
    key: str, given: dict[str, Any], left: dict[str, Any]
) -> None:
    """What `reaches` announces is what the answer tells, for the whole and for those who are left."""
    sim, connection = simulate()
    action = PROVIDER.actions[key]
    names = [(part.ref, part.to) for part in action.reaches(Call(connection, given, "ref-1"))]
    assert ["0", "1", "2"] == [ref for ref, _ in names]
    assert names == [(part.ref, part.to) for part in run(sim, connection, key, given, "ref-1").parts]

    rest = action.without(given, frozenset({1}))

    assert rest == {**left, "places": [0, 2]}
    outcome = run(*simulate(), key, rest, "ref-1")
    assert [names[0], names[2]] == [(part.ref, part.to) for part in outcome.parts]
    assert {"accepted"} == {part.state for part in outcome.parts}
    if key != "send-email":
        assert ["ref-1-0", "ref-1-2"] == [part.message for part in outcome.parts]


@pytest.mark.parametrize(("key", "given"), [(key, told[0]) for key, told in SEVERAL.items()], ids=SEVERAL)
def test_the_last_of_several_keeps_the_name_it_had(key: str, given: dict[str, Any]) -> None:
    """Alone at last, it is still one of several: what left before under its name is told apart from others."""
    sim, connection = simulate()
    action = PROVIDER.actions[key]
    first = action.without(given, frozenset({1}))
    assert first is not None
    last = action.without(first, frozenset({1}))
    if key == "send-email":
        assert last == {"to": ["ann@a.example"], **MAIL, "places": [0]}
    assert last is not None

    outcome = run(sim, connection, key, last, "ref-1")

    assert [("0", "accepted")] == [(part.ref, part.state) for part in outcome.parts]
    assert outcome.parts[0].to is not None
    assert action.without(last, frozenset({0})) is None


def test_several_texts_to_several_people_are_counted_through() -> None:
    """A message that has lost all its people goes; the others keep their places."""
    action = PROVIDER.actions["send-sms-message"]
    given = {"messages": [{"to": [ANN, BOB], "text": "a"}, {"to": CY, "text": "b"}, {"to": [ANN], "text": "c"}]}

    assert action.without(given, frozenset({1, 2})) == {
        "messages": [{"to": [ANN], "text": "a"}, {"to": [ANN], "text": "c"}],
        "places": [0, 3],
    }


def test_a_mail_with_copies_only_goes_to_nobody() -> None:
    """Whoever it was written to has opted out: a copy of nothing is not sent."""
    assert batches.without({"to": "ann@a.example", "cc": "cy@c.example", **MAIL}, frozenset({0})) is None


def test_one_person_is_the_calls_party() -> None:
    """Nothing to tell apart: the run's conversation says who."""
    for given in ({"to": ANN, "text": "x"}, {"to": [ANN], "text": "x"}, {"messages": [{"to": ANN, "text": "x"}]}):
        action = PROVIDER.actions["send-sms-message"]
        assert [] == list(action.reaches(Call(connect(), given, "ref-1")))
        assert action.party(given) == f"sms:{ANN}"


@pytest.mark.parametrize("places", [[0, 0], [7], [1, 2, 3]])
def test_places_that_do_not_fit_are_not_believed(places: list[int]) -> None:
    """Two people under one id would be taken for a repeat of each other."""
    wire = prepare(
        PROVIDER,
        PROVIDER.actions["send-sms-message"],
        Call(connect(), {"to": [ANN, BOB], "text": "x", "places": places}, "ref-1"),
    ).request
    assert b"ref-1-0" in wire.content
    assert b"ref-1-1" in wire.content


def row(message_id: str, to: str | None = None) -> dict[str, Any]:
    """One row of an answer in our words."""
    return {"message_id": message_id, "to": to, "state": "accepted"}


GIVEN = {"to": [ANN, BOB, CY], "text": "hi"}
ROWS = {
    "in order": ([row("r-0"), row("r-1"), row("r-2")], ["r-0", "r-1", "r-2"]),
    "in another order": ([row("r-2"), row("r-0"), row("r-1")], ["r-0", "r-1", "r-2"]),
    "under ids of theirs": ([row("x", CY), row("y", ANN), row("z", BOB)], ["y", "z", "x"]),
    "with nothing but their order": ([row("x"), row("y"), row("z")], ["x", "y", "z"]),
    "one missing": ([row("r-0"), row("r-2")], ["r-0", None, "r-2"]),
    "one missing, without a mark": ([row("x"), row("y")], [None, None, None]),
    "one too many": ([row("r-0"), row("r-1"), row("r-2"), row("x")], ["r-0", "r-1", "r-2"]),
}


@pytest.mark.parametrize(("rows", "found"), ROWS.values(), ids=ROWS)
def test_whose_row_is_whose(rows: list[dict[str, Any]], found: list[str | None]) -> None:
    """By id, then by number, then by place where that is sure; who has no row has no known outcome."""
    parts = answers.outcomes("sms", GIVEN, "r", rows, ordered=True)

    assert found == [part.message for part in parts]
    assert ["unknown" if one is None else "accepted" for one in found] == [part.state for part in parts]
    assert all(isinstance(part.error, OutcomeUnknown) for part in parts if part.state == "unknown")
    assert [f"sms:{one}" for one in (ANN, BOB, CY)] == [part.to for part in parts]


def test_logs_have_no_order_to_go_by() -> None:
    """A row under a strange id proves nobody's message."""
    parts = answers.outcomes("sms", {"to": ANN, "text": "x"}, "r", [row("x")], ordered=False)
    assert ["unknown"] == [part.state for part in parts]


def answered(*statuses: int) -> Answer:
    """An answer to a text for Ann, Bob and so on, under our ids, with these statuses."""
    groups = {26: (1, "PENDING")}
    rows = [
        {
            "messageId": f"ref-1-{place}",
            "destination": f"44770090010{place + 1}",
            "status": {"groupId": groups.get(one, (5, ""))[0], "id": one, "name": f"NAME_{one}"},
        }
        for place, one in enumerate(statuses)
    ]
    return Answer(200, httpx.Headers(), b"", {"messages": rows})


def concluded(*statuses: int, ref: str = "ref-1") -> list[tuple[str, str]]:
    """What became of each of them."""
    given = {"to": [ANN, BOB, CY][: len(statuses)], "text": "hi"}
    action = PROVIDER.actions["send-sms-message"]
    outcome = conclude(PROVIDER, action, Call(connect(), given, ref), answered(*statuses))
    return [(part.ref, part.state) for part in outcome.parts]


def test_a_repeat_of_ours_was_accepted_before_for_each_of_several() -> None:
    """Status 23 for an id of this run is an earlier attempt; for somebody else's id it is a refusal."""
    assert [("0", "accepted"), ("1", "failed")] == concluded(23, 12)
    assert [("0", "failed"), ("1", "failed")] == concluded(23, 12, ref="ref-2")


def test_all_refused_is_tried_again_only_when_nothing_else_was_wrong() -> None:
    """Status 21 may be submitted again, but not together with one that is final."""
    with pytest.raises(Throttled):
        concluded(21, 21)
    assert [("0", "failed"), ("1", "failed")] == concluded(21, 12)


def test_each_of_several_that_were_all_refused_has_its_own_reason() -> None:
    """The first hides no other's."""
    given = {"to": [ANN, BOB, CY], "text": "hi"}
    call = Call(connect(), given, "ref-1")
    outcome = conclude(PROVIDER, PROVIDER.actions["send-sms-message"], call, answered(12, 10, 8))
    told = [(one.to, str(one.error.reason) if one.error else None) for one in outcome.parts]
    assert [(f"sms:{ANN}", "credit"), (f"sms:{BOB}", "opted_out"), (f"sms:{CY}", "unknown_recipient")] == told
