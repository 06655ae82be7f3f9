"""The stand-in refuses, prices, guards and keeps time as the page says ClickSend does."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from connectors.action import Call
from connectors.clicksend import PROVIDER
from connectors.client import prepare
from connectors.connection import Connection
from connectors.errors import ConnectorError, InvalidCall, Rejected
from connectors.events import EventType
from connectors.guards import HookRequest
from tests.connectors.clicksend.conftest import Desk

ADA = "+61491570156"

STRICT: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    "no such address": ("GET", "/v3/nothing", {}, 404, "NOT_FOUND"),
    "the wrong verb": ("PUT", "/v3/sms/send", {}, 405, "METHOD_NOT_FOUND"),
    "no messages": ("POST", "/v3/sms/send", {"json": {}}, 400, "BAD_REQUEST"),
    "no body": ("POST", "/v3/sms/send", {}, 400, "BAD_REQUEST"),
    "a form": ("POST", "/v3/sms/send", {"data": {"messages": "x"}}, 400, "BAD_REQUEST"),
    "broken JSON": (
        "POST",
        "/v3/sms/send",
        {"content": b"{", "headers": {"content-type": "application/json"}},
        400,
        "BAD_REQUEST",
    ),
    "a text for a message": ("POST", "/v3/sms/send", {"json": {"messages": ["x"]}}, 400, "400"),
    "a field of our own": ("POST", "/v3/sms/send", {"json": {"messages": [{"text": "x"}]}}, 400, "BAD_REQUEST"),
    "a template without a name": ("POST", "/v3/sms/templates", {"json": {"body": "x"}}, 400, "BAD_REQUEST"),
    "half a template": ("PUT", "/v3/sms/templates/1", {"json": {"body": "x"}}, 404, "NOT_FOUND"),
    "a filter nobody knows": ("GET", "/v3/sms/history?q=colour:red", {}, 400, "BAD_REQUEST"),
    "a page that is none": ("GET", "/v3/sms/history?page=x", {}, 400, "BAD_REQUEST"),
    "a rule without its address": (
        "POST",
        "/v3/automations/sms/inbound",
        {"json": {"rule_name": "x", "action": "URL", "dedicated_number": "*"}},
        400,
        "BAD_REQUEST",
    ),
    "a campaign for no list": (
        "POST",
        "/v3/sms-campaigns/send",
        {"json": {"list_id": 9, "name": "x", "body": "x", "from": "", "senders": []}},
        404,
        "NOT_FOUND",
    ),
}


@pytest.mark.parametrize(("method", "path", "more", "status", "word"), STRICT.values(), ids=STRICT)
def test_it_is_strict(desk: Desk, method: str, path: str, more: dict[str, Any], status: int, word: str) -> None:
    """What ClickSend would refuse is refused in its words."""
    auth = httpx.BasicAuth("acme", desk.connection.secret("api_key"))
    answer = desk.client.request(method, f"https://rest.clicksend.com{path}", auth=auth, **more)
    assert (status, status, word) == (
        answer.status_code,
        answer.json()["http_code"],
        str(answer.json()["response_code"]),
    )


def refusal(desk: Desk, given: dict[str, Any], action: str = "send-sms") -> str | None:
    """The word a message is refused with, or None."""
    try:
        desk.run(action, given)
    except ConnectorError as problem:
        return problem.code
    return None


REFUSALS: dict[str, tuple[dict[str, Any], str | None]] = {
    "a test number": ({"to": "+61411111111", "text": "hi"}, None),
    "a number too short": ({"to": "+61491570", "text": "hi"}, "INVALID_RECIPIENT"),
    "no such country": ({"to": "+99912345678", "text": "hi"}, "INVALID_RECIPIENT"),
    "a country that is off": ({"to": "+819012345678", "text": "hi"}, "COUNTRY_NOT_ENABLED"),
    "blanks": ({"to": ADA, "text": "  "}, "EMPTY_MESSAGE"),
    "a sender with a sign": ({"to": ADA, "text": "hi", "from": "Bis-tro"}, "INVALID_SENDER_ID"),
    "a list of somebody else": ({"list_id": 9, "text": "hi"}, None),
}


@pytest.mark.parametrize(("given", "word"), REFUSALS.values(), ids=REFUSALS)
def test_its_refusals(desk: Desk, given: dict[str, Any], word: str | None) -> None:
    """Each message is weighed alone, under a 200."""
    assert word == refusal(desk, given)


def test_a_test_number_costs_nothing_and_gives_no_receipt(desk: Desk) -> None:
    """It counts no parts, and is Completed, scheduled or not."""
    outcome = desk.run("send-sms", {"to": "+61411111111", "text": "hi", "send_at": int(time.time()) + 600})
    row = outcome.output["messages"][0]
    assert (0, "0.0000") == (row["parts"], row["price"])
    assert "Completed" == desk.run("get-sms-history", {}).output["items"][0]["status"]
    assert [] == desk.sim.sent


def test_the_duplicate_guard_and_its_end(desk: Desk) -> None:
    """The same text to the same number moments later is THROTTLED; later it is a new message."""
    given = {"to": ADA, "text": "hi"}
    assert [None, "THROTTLED"] == [refusal(desk, given), refusal(desk, given)]
    desk.now += 10
    assert refusal(desk, given) is None


@pytest.mark.parametrize(
    ("username", "word"),
    [("nocredit", "INSUFFICIENT_CREDIT"), ("notactive", "ACCOUNT_NOT_ACTIVATED"), ("banned", "INVALID_CREDENTIALS")],
)
def test_accounts_in_trouble(username: str, word: str, connection: Connection) -> None:
    """ClickSend's demo usernames have their trouble here too."""
    desk = Desk(Connection("c", "clicksend", {"username": username}, connection.secrets))
    assert word == refusal(desk, {"to": ADA, "text": "hi"})
    desk.client.close()


def test_a_scheduled_message_leaves_in_its_time(desk: Desk) -> None:
    """Scheduled until then; sent, with its receipt, after; and no longer to be cancelled."""
    desk.now = time.time()
    sent = desk.run("send-sms", {"to": ADA, "text": "hi", "send_at": int(desk.now) + 3600}).output
    assert "scheduled" == sent["messages"][0]["state"]
    assert [] == desk.sim.sent

    desk.now += 3700
    assert "delivered" == desk.run("get-sms-history", {}).output["items"][0]["state"]
    assert 1 == len(desk.sim.sent)
    with pytest.raises(Rejected):
        desk.run("cancel-scheduled-sms", {"message_id": sent["message_id"]})


def test_types_of_other_days_mean_the_same(connection: Connection) -> None:
    """Drifted answers read alike, but for ids and times."""
    told = []
    for drift in (False, True):
        desk = Desk(connection, drift=drift)
        output = desk.run("send-sms", {"to": ADA, "text": "hi"}).output
        told.append([*({**one, "message_id": ""} for one in output["messages"]), output["currency"]])
        desk.client.close()
    assert told[0] == told[1]


def test_a_list_is_sent_to_each_of_its_contacts(desk: Desk) -> None:
    """Names are filled in, and each contact has an outcome."""
    guests = desk.run("create-contact-list", {"name": "Guests"}).output["list"]["list_id"]
    for number, name in ((ADA, "Ada"), ("+61491570157", "Bob")):
        desk.run("create-contact", {"list_id": guests, "phone": number, "first_name": name})

    outcome = desk.run("send-sms", {"list_id": guests, "text": "Hi (First Name)"})

    assert [f"run-1:{ADA}", "run-1:+61491570157"] == [part.ref for part in outcome.parts]
    assert ["Hi Ada", "Hi Bob"] == [one["body"] for one in desk.sim.memory.messages]


def test_half_a_change_reads_the_other_half(desk: Desk) -> None:
    """A template keeps the half nobody named; to be prepared without having read it is refused."""
    made = desk.run("create-sms-template", {"name": "Late", "text": "Sorry"}).output["template"]["template_id"]
    changed = desk.run("update-sms-template", {"template_id": made, "name": "Later"}).output["template"]
    assert {"template_id": made, "name": "Later", "text": "Sorry"} == changed

    from connectors.client import prepare

    with pytest.raises(InvalidCall, match="was not read"):
        prepare(
            PROVIDER,
            PROVIDER.actions["update-sms-template"],
            Call(desk.connection, {"template_id": made, "name": "x"}, "r"),
        )


def test_what_is_polled_is_heard_before_it_is_marked(desk: Desk) -> None:
    """A list brings the pushes that would have told the same, under the same keys, and marks nothing by itself."""
    desk.run("create-inbound-rule", {"name": "polled", "do": "POLL"})
    desk.run("create-inbound-rule", {"name": "polled twice", "do": "POLL"})
    desk.run("create-receipt-rule", {"name": "polled", "do": "POLL"})
    sent = desk.run("send-sms", {"to": ADA, "text": "hi"}).output["message_id"]
    desk.sim.fire("sms", {"from": ADA})
    pushed = [fact.key for request in desk.sim.sent for fact in PROVIDER.parse(request)]

    heard: list[HookRequest] = []
    for action in ("get-inbound-sms", "get-delivery-receipts"):
        outcome = desk.run(action, {})
        assert 1 == len(outcome.output["items"])
        assert outcome.heard is not None
        heard.append(outcome.heard)
    facts = [fact for request in heard for fact in PROVIDER.parse(request)]

    assert {EventType.RECEIVED, EventType.STATUS} == {fact.type for fact in facts}
    assert {f"{sent}:201"} == {fact.key for fact in facts if fact.type is EventType.STATUS}
    assert set(pushed) == {fact.key for fact in facts}
    assert 1 == len(desk.run("get-inbound-sms", {}).output["items"])
    desk.run("mark-inbound-as-read", {"date_before": int(desk.now)})
    assert desk.run("get-inbound-sms", {}).heard is None


def polled(desk: Desk, *ages: int) -> None:
    """Unread texts of so many seconds ago."""
    desk.run("create-inbound-rule", {"name": "polled", "do": "POLL"})
    for age in ages:
        desk.now = time.time() - age
        desk.sim.fire("sms", {"from": ADA})
    desk.now = time.time()


def marks(desk: Desk) -> list[int]:
    """The times ClickSend was asked to mark before."""
    return [one["body"]["date_before"] for one in desk.sim.requests("mark-inbound-as-read")]


def test_only_what_was_listed_is_marked(desk: Desk) -> None:
    """What came within the last five minutes may not have been on the list: it stays, and is heard again."""
    polled(desk, 900, 600, 10)
    assert 3 == len(desk.run("get-inbound-sms", {}).output["items"])
    assert [] == marks(desk)

    outcome = desk.run("get-inbound-sms", {"mark_as_read": True})

    assert outcome.heard is not None
    assert 3 == len(PROVIDER.parse(outcome.heard))
    (before,) = marks(desk)
    assert 0 <= time.time() - 300 - before < 10
    assert outcome.output["marked_before"] is not None
    assert 1 == len(desk.run("get-inbound-sms", {}).output["items"])


def test_pages_are_marked_after_the_last_as_of_before_the_first(desk: Desk) -> None:
    """Marking between pages would shift the list, and rows would be skipped."""
    polled(desk, *[900] * 20)
    first = desk.run("get-inbound-sms", {"mark_as_read": True, "limit": 15}).output
    assert [] == marks(desk)
    assert first["marked_before"] is None
    page, _, noted = first["cursor"].partition("@")
    assert "2" == page

    earlier = f"2@{int(noted) - 50}"
    last = desk.run("get-inbound-sms", {"mark_as_read": True, "limit": 15, "cursor": earlier}).output
    assert (5, None) == (len(last["items"]), last["cursor"])
    assert [int(noted) - 350] == marks(desk)
    assert [] == desk.run("get-inbound-sms", {}).output["items"]


def test_what_does_not_add_up_is_not_marked(desk: Desk) -> None:
    """A list that says it has more than it shows, or shows nothing, or a page whose beginning nobody noted."""
    desk.run("get-inbound-sms", {"mark_as_read": True})
    polled(desk, *[900] * 20)
    action = PROVIDER.actions["get-inbound-sms"]
    assert action.last is not None
    given = {"mark_as_read": True, "noted": 1790000000}
    for items, total in (([{}], 101), ([{}], None), ([], 20)):
        output: dict[str, Any] = {"items": items, "cursor": None, "total": total}
        told = action.last(Call(desk.connection, given, "r"), output, desk.ask)
        assert told["marked_before"] is None
    for wrong in ({"cursor": "2"}, {"cursor": "0"}, {"cursor": "2@x"}, {"cursor": True}):
        with pytest.raises(InvalidCall):
            desk.run("get-inbound-sms", {"mark_as_read": True, **wrong})
    with pytest.raises(InvalidCall, match="not noted"):
        prepare(PROVIDER, action, Call(desk.connection, {"mark_as_read": True}, "r"))
    assert [] == marks(desk)


def test_what_is_polled_is_heard_in_the_order_it_was_said(desk: Desk) -> None:
    """Whichever way ClickSend lists it; a row without a time is no reason to lose the others."""
    rows = [{"message_id": name, "from": ADA, "body": "x", "timestamp": at} for name, at in (("B", "20"), ("A", 10))]
    rows.append({"message_id": "C", "from": ADA, "body": "x", "timestamp_send": "30,"})
    content = json.dumps({"data": {"data": rows}}).encode()
    heard = PROVIDER.actions["get-inbound-sms"].heard(Call(desk.connection, {}, "r"), content)
    assert heard is not None
    assert {"A", "B", "C"} == {fact.key for fact in PROVIDER.parse(heard)}
    keys = [fact.key for fact in PROVIDER.parse(heard)]
    assert keys.index("A") < keys.index("B")


def test_receipts_are_marked_alike(desk: Desk) -> None:
    """The same of the other list."""
    desk.run("create-receipt-rule", {"name": "polled", "do": "POLL"})
    desk.now = time.time() - 900
    desk.run("send-sms", {"to": ADA, "text": "hi"})
    desk.now = time.time()
    assert desk.run("get-delivery-receipts", {"mark_as_read": True}).output["marked_before"] is not None
    assert [] == desk.run("get-delivery-receipts", {}).output["items"]


def test_pages_follow_each_other(desk: Desk) -> None:
    """A cursor leads through all rows, each once, and ends."""
    for at in range(40):
        desk.run("create-sms-template", {"name": f"T{at}", "text": "x"})
    found: list[int] = []
    cursor: str | None = "1"
    while cursor:
        told = desk.run("list-sms-templates", {"limit": 15, "cursor": cursor}).output
        found += [one["template_id"] for one in told["items"]]
        cursor = told["cursor"]
    assert (40, 40) == (len(found), len(set(found)))
