"""What the logs prove of a call that was not answered; and only that."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.connection import Connection
from connectors.infobip import PROVIDER
from connectors.provider import UnknownCall
from tests.connectors.infobip.stage import run, simulate

NUMBER = "447700900123"
EMAIL = {"to": "ann@customer.example", "subject": "a", "text": "b"}
SENDS: dict[str, dict[str, Any]] = {
    "send-sms-message": {"to": NUMBER, "text": "hi"},
    "send-mms-message": {"to": NUMBER, "text": "hi"},
    "send-voice-message-tts": {"to": NUMBER, "text": "hi"},
    "send-email": EMAIL,
}


def unknown(connection: Connection, key: str, given: dict[str, Any], ref: str = "ref-1") -> UnknownCall:
    """A call that left now."""
    return UnknownCall(connection, PROVIDER.actions[key], given, ref, datetime.now(UTC))


def asking(sim: Any, connection: Connection) -> Any:
    """The connection's actions, as the worker hands them over."""
    return lambda key, given: run(sim, connection, key, given).output


@pytest.mark.parametrize(("key", "given"), SENDS.items())
def test_a_message_in_the_logs_was_accepted(key: str, given: dict[str, Any]) -> None:
    """Before it left nothing is proven; afterwards the logs know it by the id we chose."""
    sim, connection = simulate()
    assert PROVIDER.prove is not None
    assert PROVIDER.prove(unknown(connection, key, given), asking(sim, connection)) is None
    run(sim, connection, key, given, "ref-1")

    outcome = PROVIDER.prove(unknown(connection, key, given), asking(sim, connection))

    assert outcome is not None
    assert [("0", "accepted", "ref-1")] == [(part.ref, part.state, part.message) for part in outcome.parts]
    assert "ref-1" == outcome.output["message_id"]
    json.dumps(outcome.output)


def test_a_refusal_of_an_earlier_attempt_proves_nothing() -> None:
    """Refused, tried again an hour later under the same ids, and lost: the logs know the first attempt only."""
    sim, connection = simulate()
    assert PROVIDER.prove is not None
    given = {"to": ["447700900909", NUMBER], "text": "hi"}
    run(sim, connection, "send-sms-message", given, "ref-1")
    again = replace(unknown(connection, "send-sms-message", given), left=datetime.now(UTC) + timedelta(hours=1))

    outcome = PROVIDER.prove(again, asking(sim, connection))

    assert outcome is not None
    assert ["unknown", "accepted"] == [part.state for part in outcome.parts]


def test_several_recipients_are_proven_one_by_one() -> None:
    """Who is not in the logs stays unknown, and who failed there failed."""
    sim, connection = simulate()
    assert PROVIDER.prove is not None
    given = {"to": ["447700900909", {"to": NUMBER, "own_id": "mine"}, "447700900912"], "text": "hi"}
    run(sim, connection, "send-sms-message", given, "ref-1")

    outcome = PROVIDER.prove(unknown(connection, "send-sms-message", given), asking(sim, connection))

    assert outcome is not None
    assert [("0", "failed", "ref-1-0"), ("1", "accepted", "mine"), ("2", "unknown", None)] == [
        (part.ref, part.state, part.message) for part in outcome.parts
    ]
    assert outcome.parts[0].error is not None


def test_a_mail_to_several_is_found_by_its_request() -> None:
    """Infobip makes the ids there, and the request carries our reference."""
    sim, connection = simulate()
    assert PROVIDER.prove is not None
    given = {**EMAIL, "to": ["ann@customer.example", "bob@customer.example"]}
    call = unknown(connection, "send-email", given)
    assert PROVIDER.prove(call, asking(sim, connection)) is None
    run(sim, connection, "send-email", given, "ref-1")

    outcome = PROVIDER.prove(call, asking(sim, connection))

    assert outcome is not None
    assert ["accepted", "accepted"] == [part.state for part in outcome.parts]


def test_a_mail_of_v4_is_found_by_its_ids_and_its_copies_with_it() -> None:
    """Recipients leave under our ids, copies under theirs; the request holds them together."""
    sim, plain = simulate()
    connection = Connection("ib", "infobip", {**plain.settings, "email_version": "v4"}, plain.secrets, None)
    assert PROVIDER.prove is not None
    given = {**EMAIL, "to": ["ann@customer.example", "bob@customer.example"], "cc": "cy@customer.example"}
    run(sim, connection, "send-email", given, "ref-1")

    outcome = PROVIDER.prove(unknown(connection, "send-email", given), asking(sim, connection))

    assert outcome is not None
    assert ["accepted"] * 3 == [part.state for part in outcome.parts]
    assert ["ref-1-0", "ref-1-1"] == [part.message for part in outcome.parts[:2]]


def test_what_has_no_logs_is_not_proven() -> None:
    """WhatsApp has none, and a single voice call carries no id of ours."""
    sim, connection = simulate()
    assert PROVIDER.prove is not None
    for key, given in (
        ("send-whatsapp-text-message", {"to": NUMBER, "text": "hi"}),
        ("send-voice-message-tts", {"to": NUMBER, "text": "hi", "single": True}),
    ):
        run(sim, connection, key, given, "ref-1")
        assert PROVIDER.prove(unknown(connection, key, given), asking(sim, connection)) is None


@pytest.mark.parametrize(
    ("reads", "sends"),
    [
        ("get-sms-delivery-reports", "send-sms-message"),
        ("get-mms-delivery-reports", "send-mms-message"),
        ("get-email-delivery-reports", "send-email"),
        ("get-voice-delivery-reports", "send-voice-message-tts"),
    ],
)
def test_a_batch_of_reports_that_was_lost_is_rebuilt(reads: str, sends: str) -> None:
    """The reports were handed out and never arrived: the logs tell the same facts under the same keys."""
    sim, connection = simulate(reports="queue")
    silent = Connection("ib", "infobip", {**connection.settings, "reports": "off"}, connection.secrets, None)
    for ref in ("ref-1", "ref-2"):
        run(sim, silent, sends, SENDS[sends], ref)
    lost = run(sim, silent, reads, {}).heard
    assert [] == run(sim, silent, reads, {}).output["results"]
    assert PROVIDER.prove is not None

    outcome = PROVIDER.prove(unknown(silent, reads, {}), asking(sim, silent))

    assert outcome is not None
    assert lost is not None
    assert outcome.heard is not None
    wanted = {(fact.key if "voice" not in reads else fact.status) for fact in PROVIDER.parse(lost)}
    found = {(fact.key if "voice" not in reads else fact.status) for fact in PROVIDER.parse(outcome.heard)}
    assert 2 == len(wanted)
    assert wanted == found


def test_the_rebuilding_reads_every_page() -> None:
    """More rows than a page holds are asked for page by page, and a cursor that stands still ends it."""
    rows = [{"message_id": f"m-{n}", "to": "1", "state": "delivered", "raw": {"messageId": f"m-{n}"}} for n in range(3)]
    asked: list[Any] = []

    def ask(key: str, given: Any) -> Any:
        asked.append((key, given.get("cursor")))
        left = datetime.now(UTC) - datetime.fromisoformat(given["sent_since"])
        assert timedelta(hours=46) < left < timedelta(hours=48), "all that the logs still have, and no more"
        position = {None: 0, "a": 1, "b": 2}[given.get("cursor")]
        return {"results": [rows[position]], "cursor": ["a", "b", "b"][position]}

    _, connection = simulate()
    assert PROVIDER.prove is not None
    outcome = PROVIDER.prove(unknown(connection, "get-sms-delivery-reports", {}), ask)

    assert outcome is not None
    assert ["m-0", "m-1", "m-2"] == [row["message_id"] for row in outcome.output["results"]]
    assert 3 == len(asked)


def test_what_is_still_on_its_way_had_no_report_to_lose() -> None:
    """A row that only says accepted is no report: none was handed out for it."""
    states = ("accepted", "delivered")
    rows = [{"message_id": one, "to": "1", "state": one, "raw": {"messageId": one}} for one in states]
    _, connection = simulate()
    assert PROVIDER.prove is not None

    outcome = PROVIDER.prove(
        unknown(connection, "get-sms-delivery-reports", {}), lambda key, given: {"results": rows, "cursor": None}
    )

    assert outcome is not None
    assert outcome.heard is not None
    assert ["delivered"] == [one["messageId"] for one in json.loads(outcome.heard.body)["results"]]
