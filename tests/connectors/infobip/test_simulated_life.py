"""What the stand-in does with what it took: reports, queues, schedules, floods, PINs, subscriptions, bad moods."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import time_machine

from connectors.action import Call
from connectors.client import new_client, perform
from connectors.connection import Connection
from connectors.errors import ConnectorError, OutcomeUnknown, Rejected, Throttled
from connectors.events import State
from connectors.guards import HookRequest
from connectors.infobip import PROVIDER
from tests.connectors.infobip.stage import Ear, Postman, post, run, served, simulate

NUMBER = "447700900123"


@pytest.fixture(name="wired")
def _wired() -> Iterator[tuple[Any, Connection, httpx.Client]]:
    """The stand-in behind a socket, a connection to it, and a client."""
    settings, secrets = PROVIDER.simulated("http://127.0.0.1:1")
    sim = PROVIDER.simulator(settings, secrets, None)
    with served(sim) as base, new_client() as client:
        settings, secrets = PROVIDER.simulated(base)
        yield sim, Connection("ib", "infobip", settings, secrets, None), client


def parsed(sim: Any) -> list[Any]:
    """What was pushed so far, read as our webhook reads it."""
    return [fact for one in sim.sent for fact in PROVIDER.parse(one)]


def test_reports_are_pushed_to_the_url_of_the_message_in_one_batch() -> None:
    """Two messages of one call are reported together; an intermediate report only where it was asked for."""
    sim, connection = simulate()
    run(sim, connection, "send-sms-message", {"to": [NUMBER, "447700900124"], "text": "hi"})
    assert [2] == [len(json.loads(one.body)["results"]) for one in sim.sent]

    sim.sent.clear()
    run(sim, connection, "send-sms-message", {"to": NUMBER, "text": "hi", "intermediate_report": True}, "run-2")
    assert [State.SENT, State.DELIVERED] == [fact.status.state for fact in parsed(sim)]


def test_reports_nobody_is_called_for_are_handed_out_once() -> None:
    """Without any URL they wait in the queue, filtered and limited, and are gone once read."""
    sim, connection = simulate(reports="queue")
    silent = Connection("ib", "infobip", {**connection.settings, "reports": "off"}, connection.secrets, None)
    for position in range(3):
        run(sim, silent, "send-sms-message", {"to": NUMBER, "text": "hi"}, f"m-{position}")

    def read(**words: Any) -> list[str]:
        output = run(sim, silent, "get-sms-delivery-reports", words).output
        return [row["message_id"] for row in output["results"]]

    assert ["m-1"] == read(message_id="m-1")
    assert ["m-0"] == read(limit=1)
    assert ["m-2"] == read()
    assert [] == read()
    assert ["m-0", "m-1", "m-2"] == [
        row["message_id"] for row in run(sim, silent, "get-sms-message-logs", {}).output["results"]
    ]


def test_logs_have_pages() -> None:
    """The cursor leads through all rows once, and ends."""
    sim, connection = simulate()
    for position in range(5):
        run(sim, connection, "send-sms-message", {"to": NUMBER, "text": "hi"}, f"m-{position}")
    found: list[str] = []
    page = run(sim, connection, "get-sms-message-logs", {"limit": 2, "use_cursor": True}).output
    while True:
        found += [row["message_id"] for row in page["results"]]
        if not page["cursor"]:
            break
        page = run(sim, connection, "get-sms-message-logs", {"limit": 2, "cursor": page["cursor"]}).output

    assert [f"m-{position}" for position in range(5)] == found


@pytest.mark.parametrize(
    ("tail", "state", "reason"),
    [("12", None, "credit"), ("18", None, "policy"), ("09", State.FAILED, "other"), ("15", State.FAILED, "expired")],
)
def test_a_recipient_may_meet_a_status(tail: str, state: State | None, reason: str) -> None:
    """4477009009NN meets NN: refused at once when it is REJECTED, else in its report."""
    sim, connection = simulate()
    given = {"to": f"4477009009{tail}", "text": "hi"}
    if state is None:
        with pytest.raises(Rejected) as told:
            run(sim, connection, "send-sms-message", given)
        assert reason == told.value.reason
        assert [] == sim.sent
        return
    run(sim, connection, "send-sms-message", given)
    (fact,) = parsed(sim)
    assert (state, reason) == (fact.status.state, fact.status.error.reason)


def test_an_id_is_taken_once() -> None:
    """A repeat of ours with the same reference is told as accepted earlier, and nothing goes out twice."""
    sim, connection = simulate()
    first = run(sim, connection, "send-sms-message", {"to": NUMBER, "text": "hi"})
    again = run(sim, connection, "send-sms-message", {"to": NUMBER, "text": "hi"})

    assert first.output["message_id"] == again.output["message_id"]
    assert again.output["messages"][0]["accepted_earlier"]
    assert 1 == len(sim.sent)


def test_the_flooding_filter() -> None:
    """Six identical texts an hour, or twenty different ones, where the filter is on."""
    sim, connection = simulate(flooding={"different": 4, "identical": 2})
    texts = ["a", "a", "b", "c", "d"]
    for position, text in enumerate(texts):
        run(sim, connection, "send-sms-message", {"to": NUMBER, "text": text}, f"m-{position}")
    for text in ("a", "e"):
        with pytest.raises(Rejected) as told:
            run(sim, connection, "send-sms-message", {"to": NUMBER, "text": text}, f"x-{text}")
        assert ("throttled", "20") == (told.value.reason, told.value.code)
    run(sim, connection, "send-sms-message", {"to": "447700900124", "text": "a"}, "other")


def test_a_scheduled_request_can_be_moved_and_cancelled() -> None:
    """It goes out when its time has come, unless it was paused or cancelled."""
    sim, connection = simulate()
    start = datetime(2026, 3, 1, 7, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        soon = {"to": NUMBER, "text": "hi", "send_at": "2026-03-01T08:00:00+00:00"}
        for name in ("kept", "moved", "dropped", "paused"):
            run(sim, connection, "send-sms-message", {**soon, "bulk_id": name}, name)
        assert (
            "PENDING" == run(sim, connection, "get-scheduled-sms-messages-status", {"bulk_id": "kept"}).output["status"]
        )
        run(sim, connection, "reschedule-sms-messages", {"bulk_id": "moved", "send_at": "2026-03-01T10:00:00+00:00"})
        run(sim, connection, "cancel-scheduled-sms-messages", {"bulk_id": "dropped"})
        paused = {"bulk_id": "paused", "status": "PAUSED"}
        run(sim, connection, "update-scheduled-sms-messages-status", paused)
        clock.shift(timedelta(hours=2))
        run(sim, connection, "get-account-balance", {})
        assert ["kept"] == [fact.status.message for fact in parsed(sim)]
        clock.shift(timedelta(hours=2))
        run(sim, connection, "update-scheduled-sms-messages-status", {**paused, "status": "PENDING"})
        assert {"kept", "moved", "paused"} == {fact.status.message for fact in parsed(sim)}
        with pytest.raises(Rejected):
            run(sim, connection, "cancel-scheduled-sms-messages", {"bulk_id": "unknown"})


def test_whatsapp_outside_of_the_window_fails_in_its_report() -> None:
    """The call still answers 200; within 24 hours of the user's message it is delivered, and read where users read."""
    sim, connection = simulate(window=True, seen=True)
    given = {"to": "15550100123", "text": "hi"}
    run(sim, connection, "send-whatsapp-text-message", given, "early")
    sim.fire("whatsapp-message", {"results.0.from": "15550100123"})
    run(sim, connection, "send-whatsapp-text-message", given, "late")

    reports = [fact.status for fact in parsed(sim) if fact.status]
    assert [("early", State.FAILED), ("late", State.DELIVERED), ("late", State.READ)] == [
        (one.message, one.state) for one in reports
    ]
    assert reports[0].error is not None
    assert ("7010", "window_closed") == (reports[0].error.code, reports[0].error.reason)


def test_a_template_that_does_not_exist_fails_in_its_report() -> None:
    """200 first, 7008 or 7009 afterwards."""
    sim, connection = simulate()
    given = {"to": NUMBER, "template": "order_missing", "language": "en"}
    run(sim, connection, "send-whatsapp-template-message", given)

    (fact,) = parsed(sim)
    assert ("7008", "template") == (fact.status.error.code, fact.status.error.reason)


def test_two_factors_end_to_end() -> None:
    """Application, template, PIN, a wrong try, the right one, its limits; the PIN is in no answer and no push."""
    sim, connection = simulate(url="https://hooks.acme.example/webhooks/ib/k3y")
    with time_machine.travel(datetime(2026, 3, 1, 7, 0, tzinfo=UTC), tick=False) as clock:
        application = run(
            sim, connection, "create-tfa-application", {"name": "a", "pin_attempts": 2, "pin_time_to_live": "10m"}
        ).output["application_id"]
        assert [application] == [
            one["application_id"] for one in run(sim, connection, "list-tfa-applications", {}).output["applications"]
        ]
        rules = {"application_id": application, "text": "{{pin}}", "pin_type": "NUMERIC", "pin_length": 6}
        template = run(sim, connection, "create-tfa-message-template", rules).output["template_id"]
        given = {"application_id": application, "template_id": template, "to": NUMBER, "track_delivery": True}
        sent = run(sim, connection, "send-tfa-pin-sms", given)
        pin_id = sent.output["pin_id"]
        pin = sim.kept["pins"][pin_id]["pin"]
        assert pin not in json.dumps(sent.output) + repr(sim.sent)
        assert sent.parts[0].message == parsed(sim)[0].status.message

        run(sim, connection, "resend-tfa-pin-sms", {"pin_id": pin_id})
        wrong = run(sim, connection, "verify-tfa-pin", {"pin_id": pin_id, "pin": "x"}).output
        assert (False, 1, "WRONG_PIN") == (wrong["verified"], wrong["attempts_remaining"], wrong["reason"])
        with pytest.raises(Throttled) as told:  # 1/3s
            run(sim, connection, "verify-tfa-pin", {"pin_id": pin_id, "pin": pin})
        assert "lane" == told.value.scope
        clock.shift(timedelta(seconds=4))
        assert run(sim, connection, "verify-tfa-pin", {"pin_id": pin_id, "pin": pin}).output["verified"]
        clock.shift(timedelta(minutes=11))
        late = run(sim, connection, "verify-tfa-pin", {"pin_id": pin_id, "pin": pin}).output
        assert (False, "TTL_EXPIRED") == (late["verified"], late["reason"])

        run(sim, connection, "send-tfa-pin-sms", given)
        run(sim, connection, "send-tfa-pin-sms", given)
        with pytest.raises(Throttled):  # 3/1d
            run(sim, connection, "send-tfa-pin-sms", given)
        with pytest.raises(Rejected) as refused:
            run(sim, connection, "send-tfa-pin-sms", {**given, "to": "447700000000"})
        assert "unknown_recipient" == refused.value.reason
        with pytest.raises(Rejected):
            run(sim, connection, "verify-tfa-pin", {"pin_id": "nobody", "pin": "1"})


def test_inbound_waits_where_nobody_is_called() -> None:
    """An SMS without a URL is handed out by the inbox, once."""
    sim, connection = simulate(reports="queue")
    pulling = Connection("ib", "infobip", {**connection.settings, "inbound": "pull"}, connection.secrets, None)
    sim.fire("sms", {"results.0.text": "JOIN"})

    outcome = run(sim, pulling, "get-inbound-sms-messages", {})

    assert outcome.heard is not None
    (fact,) = PROVIDER.parse(outcome.heard)
    assert fact.message is not None
    assert ("JOIN", 0) == (fact.message.text, outcome.output["pending"])
    assert [] == run(sim, pulling, "get-inbound-sms-messages", {}).output["results"]


def test_it_misbehaves_on_demand(wired: tuple[Any, Connection, httpx.Client]) -> None:
    """Throttled, then a connection that is cut after acting: the message went, and the outcome is unknown."""
    sim, connection, client = wired
    call = Call(connection, {"to": NUMBER, "text": "hi"}, "ref-1")
    action = PROVIDER.actions["send-sms-message"]
    sim.behave(action="send-sms-message", status=429, body={}, headers={"retry-after": "2"}, times=1)
    with pytest.raises(Throttled) as told:
        perform(PROVIDER, action, call, client)
    assert 2.0 == told.value.after
    sim.behave(action="send-sms-message", drop="after", times=1)
    with pytest.raises(OutcomeUnknown):
        perform(PROVIDER, action, call, client)
    assert "ref-1" in sim.messages


def test_pushes_are_repeated_until_they_are_taken() -> None:
    """A receiver that says 500 twice hears the same report a third time."""
    ear = Ear()
    refusals = iter([500, 500])

    def moody(request: httpx.Request) -> httpx.Response:
        ear(request)
        return httpx.Response(next(refusals, 200))

    with served(moody) as hook, Postman() as postman:
        settings, secrets = PROVIDER.simulated("http://127.0.0.1:1")
        sim = PROVIDER.simulator(settings, secrets, postman)
        mine = Connection("ib", "infobip", settings, secrets, f"{hook}/webhooks/ib/k3y")
        run(sim, mine, "send-sms-message", {"to": NUMBER, "text": "hi"})
        heard = ear.wait(3)

    assert 1 == len({one.body for one in heard})
    assert 1 == len({fact.key for one in heard for fact in PROVIDER.parse(one)})


def test_every_sample_can_be_fired() -> None:
    """Each kind is pushed as the real one would, with its changes; one that does not exist is a 404."""
    sim, _ = simulate()
    for kind in PROVIDER.samples:
        sim.fire(kind, {})
    assert len(PROVIDER.samples) == len(sim.sent) == len(parsed(sim))
    found = sim(httpx.Request("POST", "http://127.0.0.1:1/_sim/fire", json={"kind": "nothing"}))
    assert 404 == found.status_code


def test_it_forgets() -> None:
    """DELETE /_sim leaves nothing of before."""
    sim, connection = simulate()
    run(sim, connection, "send-sms-message", {"to": NUMBER, "text": "hi"})
    sim(httpx.Request("DELETE", "http://127.0.0.1:1/_sim"))

    assert ({}, [], []) == (sim.messages, sim.sent, sim.requests())
    outcome = run(sim, connection, "send-sms-message", {"to": NUMBER, "text": "hi"})
    assert "accepted_earlier" not in outcome.output["messages"][0]


def test_a_push_may_carry_what_the_subscription_says() -> None:
    """register makes one subscription a channel, safe to repeat; what it pushes passes our own guard."""
    sim, connection = simulate()
    guarded = Connection(
        "ib",
        "infobip",
        {**connection.settings, "webhook_username": "infobip", "webhook_header": "X-Acme-Token"},
        {**connection.secrets, "webhook_password": "long-random-1", "webhook_header_value": "9b1f9b1f"},
        "https://hooks.acme.example/webhooks/ib/k3y",
    )

    def ask(key: str, given: Any) -> Any:
        return run(sim, guarded, key, given).output

    assert PROVIDER.register is not None
    assert PROVIDER.unregister is not None
    PROVIDER.register(guarded, ask)
    PROVIDER.register(guarded, ask)
    assert {"SMS ferry-ib-sms", "WHATSAPP ferry-ib-whatsapp", "EMAIL ferry-ib-email"} == set(sim.kept["subscriptions"])
    run(sim, guarded, "send-sms-message", {"to": NUMBER, "text": "hi"})
    sim.fire("whatsapp-message", {})
    assert 2 == len(sim.sent)
    for request in sim.sent:
        PROVIDER.guard(guarded, request)
        with pytest.raises(Exception, match=r"Basic|header"):
            PROVIDER.guard(guarded, HookRequest("POST", "", "", {}, request.body))
    assert "url" not in json.dumps(sim.requests("send-sms-message"))
    PROVIDER.unregister(guarded, ask)
    PROVIDER.unregister(guarded, ask)
    assert {} == sim.kept["subscriptions"]


def test_errors_are_told_and_never_raised_by_a_strange_call() -> None:
    """Whatever path and method, the stand-in answers."""
    sim, _ = simulate()
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        for path in (
            "/",
            "/sms/3/reports?limit=x",
            "/sms/3/logs?useCursor=maybe",
            "/email/3/send",
            "/2fa/2/pin/x/verify",
        ):
            assert post(sim, path, {}, method).status_code >= 400


def test_no_error_is_anything_but_ours() -> None:
    """A refusal of the stand-in is one of the ways a call ends."""
    sim, connection = simulate()
    with pytest.raises(ConnectorError):
        run(sim, connection, "get-subscription", {"channel": "SMS", "subscription_id": "nobody"})
