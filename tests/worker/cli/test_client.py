"""Commands that ask a running Ferry: what they ask, what they print, how they end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.worker.cli.conftest import Ferry, Script

URL = ("--url", "http://ferry.invalid", "--api-key", "@A_KEY")
READY = {
    "id": "shop",
    "provider": "1msg",
    "label": "",
    "state": "READY",
    "settings": {},
    "secrets": {"token": "…oken"},
    "clientAction": None,
    "error": None,
}
PERSON = {
    **READY,
    "state": "CLIENT_ACTION_REQUIRED",
    "clientAction": {"type": "provide-input", "description": "give new ones"},
}
RUN = {
    "id": "run_1",
    "state": "succeeded",
    "connection": "shop",
    "action": "send-message",
    "output": {"message_id": "m1"},
}


def failed(kind: str, reason: str = "other") -> dict[str, Any]:
    """A run that ended badly."""
    error = {"class": kind, "reason": reason, "text": "no such number"}
    return {**RUN, "state": "failed", "output": None, "error": error}


def page(*items: Any, cursor: str | None = None) -> tuple[int, Any]:
    """A list's answer."""
    return 200, {"items": list(items), "cursor": cursor}


@dataclass
class Case:
    """What is typed, what Ferry answers → exit code, what stands on stdout, on stderr."""

    typed: str
    answers: dict[tuple[str, str], Any]
    code: int = 0
    out: str = ""
    err: str = ""
    asks: list[str] = field(default_factory=list)


LIST, SHOP, RUNS = ("GET", "/v1/connections"), ("GET", "/v1/connections/shop"), ("POST", "/v1/runs")
CASES = {
    "connections": Case("connection list", {LIST: page(READY)}, 0, "shop\t1msg\tREADY\t\t\n"),
    "no connections": Case("connection list", {LIST: page()}, 0, "", "Try: ferry connection ensure"),
    "pages are joined": Case(
        "connection list",
        {LIST: [page(READY, cursor="c1"), page({**READY, "id": "two"})]},
        0,
        "shop\t1msg\tREADY\t\t\ntwo\t1msg\tREADY\t\t\n",
    ),
    "one connection": Case("connection get shop", {SHOP: (200, READY)}, 0, "secrets.token\t…oken"),
    "not found": Case(
        "connection get shop",
        {SHOP: (404, {"detail": "there is no connection 'shop'"})},
        3,
        "",
        "Try: ferry connection list",
    ),
    "wait while building": Case(
        "connection get shop --wait", {SHOP: [(200, {**READY, "state": "BUILDING"}), (200, READY)]}, 0, "state\tREADY"
    ),
    "a person is needed": Case(
        "connection get shop --wait", {SHOP: (200, PERSON)}, 4, "state\tCLIENT", "give new ones"
    ),
    "only looking is no failure": Case(
        "connection get shop", {SHOP: (200, PERSON)}, 0, "state\tCLIENT_ACTION_REQUIRED"
    ),
    "checked": Case("connection check shop", {("POST", "/v1/connections/shop/check"): (200, READY)}, 0, "state\tREADY"),
    "unreachable provider": Case(
        "connection check shop",
        {
            ("POST", "/v1/connections/shop/check"): (
                200,
                {**READY, "state": "SETUP_FAILED", "error": {"text": "no route"}},
            )
        },
        6,
        "",
        "shop is SETUP_FAILED: no route.",
    ),
    "a run": Case(
        "action run send-message --connection shop --input {}", {RUNS: (200, RUN)}, 0, 'output\t{"message_id": "m1"}'
    ),
    "a run not waited for": Case(
        "action run send-message --connection shop --async",
        {RUNS: (202, {**RUN, "state": "queued"})},
        0,
        "state\tqueued",
    ),
    "a run asked after": Case(
        "action run send-message --connection shop",
        {
            SHOP: (200, READY),
            RUNS: (202, {**RUN, "state": "queued"}),
            ("GET", "/v1/runs/run_1"): [(200, {**RUN, "state": "running"}), (200, RUN)],
        },
        0,
        "state\tsucceeded",
    ),
    "a run refused": Case(
        "action run send-message --connection shop",
        {RUNS: (200, failed("rejected"))},
        5,
        "state\tfailed",
        "no such number.",
    ),
    "a run nobody took": Case(
        "action run send-message --connection shop",
        {RUNS: (200, failed("unreachable"))},
        6,
        err="Try: ferry connection check shop",
    ),
    "a run whose window is closed": Case(
        "send shop --to 1 --text hi",
        {("POST", "/v1/messages"): (200, failed("rejected", "window_closed"))},
        5,
        err="Try: ferry action list --connection shop --intent 'send a template'",
    ),
    "a run not finished in time": Case(
        "action run send-message --connection shop --timeout 0",
        {RUNS: (202, {**RUN, "state": "waiting"}), SHOP: (200, READY)},
        7,
        "state\twaiting",
        "Try: ferry runs get run_1",
    ),
    "a run whose connection is paused": Case(
        "send shop --to 1 --text hi",
        {("POST", "/v1/messages"): (202, {**RUN, "state": "queued"}), SHOP: (200, {**READY, "paused": True})},
        7,
        "state\tqueued",
        "shop is paused: the run is queued, and goes out afterwards.\n  Try: ferry connection resume shop",
    ),
    "a run whose connection needs a person": Case(
        "send shop --to 1 --text hi",
        {("POST", "/v1/messages"): (202, {**RUN, "state": "queued"}), SHOP: (200, PERSON)},
        4,
        "",
        "Try: ferry connection get shop",
    ),
    "a run whose connection cannot be looked at": Case(
        "send shop --to 1 --text hi --timeout 0",
        {("POST", "/v1/messages"): (202, {**RUN, "state": "queued"}), SHOP: (503, {"detail": "try again"})},
        7,
        "",
        "it is still queued after 0 seconds.\n  Try: ferry runs get run_1",
    ),
    "a run whose outcome is unknown": Case(
        "action run send-message --connection shop", {RUNS: (200, {**RUN, "state": "unknown"})}, 7, "", "is unknown"
    ),
    "wrong input names each field": Case(
        "action run send-message --connection shop",
        {RUNS: (422, {"detail": "no", "code": "invalid", "fields": {"input.to": ["Missing data."]}})},
        2,
        "",
        "input.to: Missing data.\n  Try: ferry action get send-message --connection shop",
    ),
    "a connection nobody knows": Case(
        "action run send-message --connection shop",
        {RUNS: (422, {"detail": "there is none: `ferry connection list` shows", "code": "unknown_connection"})},
        3,
        "",
        "Try: ferry connection list",
    ),
    "an archived connection": Case(
        "send shop --to 1 --text hi",
        {("POST", "/v1/messages"): (422, {"detail": "archived: `ferry connection restore shop`", "code": "unknown_x"})},
        3,
        "",
        "Try: ferry connection restore shop",
    ),
    "a provider nobody knows": Case(
        "connection ensure pigeon --key shop",
        {("PUT", "/v1/connections/shop"): (422, {"detail": "there are 1msg", "code": "unknown_provider"})},
        3,
        "",
        "Try: ferry action list",
    ),
    "words that do not fit": Case(
        "connection ensure clicksend --key shop",
        {("PUT", "/v1/connections/shop"): (422, {"detail": "no", "code": "invalid"})},
        2,
        "",
        "Try: ferry connection ensure --help",
    ),
    "an action nobody has": Case(
        "action get dance", {("GET", "/v1/actions"): page()}, 3, "", "no provider has an action 'dance'."
    ),
    "input that is no JSON": Case("action run x --connection shop --input {a", {}, 2, "", "--input is no JSON"),
    "input that is no object": Case("action run x --connection shop --input [1]", {}, 2, "", "must be a JSON object"),
    "input from nowhere": Case("action run x --connection shop --input @nofile", {}, 2, "", "nofile cannot be read"),
    "dry run": Case("action run x --connection shop --dry-run", {RUNS: (200, {"requests": []})}, 0, '{"requests": []}'),
    "send": Case("send shop --to 1 --text hi", {("POST", "/v1/messages"): (200, RUN)}, 0, "state\tsucceeded"),
    "events": Case(
        "events list",
        {
            ("GET", "/v1/events"): [
                page({"id": "e1", "type": "unknown", "connection": "shop", "received_at": "t", "occurred_at": None}),
                page(),
            ]
        },
        0,
        "t\tunknown\tshop\t\te1\n",
    ),
    "runs": Case(
        "runs list",
        {("GET", "/v1/runs"): page({**RUN, "created_at": "t"})},
        0,
        "t\tsucceeded\tshop\tsend-message\t\trun_1\n",
    ),
    "a wrong key": Case(
        "connection list", {LIST: (401, {"detail": "this key is none of ours"})}, 1, "", "ferry key create"
    ),
    "Redis away": Case("connection list", {LIST: (503, {"detail": "try again"})}, 6, "", "try again."),
    "nobody there": Case("connection list", {LIST: httpx.ConnectError("refused")}, 6, "", "nobody answers at"),
    "too large": Case(
        "send shop --to 1 --text hi",
        {("POST", "/v1/messages"): (413, {"detail": "the body is larger than FERRY_MAX_BODY_BYTES allows"})},
        2,
        err="Try: ferry send --help",
    ),
    "too slow": Case("connection list", {LIST: httpx.ReadTimeout("slow")}, 7, "", "did not answer within"),
    "an answer that is no JSON object": Case("connection list", {LIST: (500, ["?"])}, 1, "", "Internal Server Error"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_commands(ferry: Ferry, case: Case) -> None:
    """Data on stdout in plain columns, words on stderr, and the exit code that scripts switch on."""
    ferry_there = Script(case.answers)

    done = ferry(*case.typed.split(), *(URL[:2] if "--api-key" in case.typed else URL), transport=ferry_there.transport)

    assert case.code == done.exit_code, done.output
    assert case.out in done.stdout
    assert case.err in done.stderr
    assert {"Bearer fk_secret-key-0001"} >= {request.headers["authorization"] for request in ferry_there.asked}


@pytest.mark.parametrize("typed", ["connection list", "action list", "runs list", "events list --limit 2"])
def test_json_is_output(ferry: Ferry, script: type[Script], typed: str) -> None:
    """A list is {items, cursor}, whatever list."""
    path = f"/v1/{typed.split(maxsplit=1)[0].rstrip('s')}s"
    there = script({("GET", path): [page({"id": "a"}), page()]})

    told = json.loads(ferry(*typed.split(), "--json", *URL, transport=there.transport).stdout)

    assert {"items", "cursor"} == set(told)
    assert [{"id": "a"}] == told["items"]


def test_a_lost_answer_can_be_asked_for_again(ferry: Ferry, script: type[Script]) -> None:
    """A key is made up for each run, and told when the answer is lost: the same command then sends nothing twice."""
    there = script({RUNS: httpx.ReadTimeout("slow")})

    done = ferry("action", "run", "x", "--connection", "shop", *URL, transport=there.transport)

    assert 7 == done.exit_code
    assert f"--idempotency-key {there.asked[0].headers['idempotency-key']}" in done.stderr


def test_a_long_list_streams_page_after_page(ferry: Ferry, script: type[Script]) -> None:
    """One item a line; each page is asked with the cursor of the one before, and one that comes again ends it."""
    pages = [
        (200, {**RUN, "output": {"items": [1, {"b": 2}], "cursor": "c1"}}),
        (200, {**RUN, "output": {"items": [3], "cursor": "c2"}}),
        (200, {**RUN, "output": {"items": [], "cursor": "c2"}}),
    ]
    there = script({RUNS: pages})

    done = ferry(*["action", "run", "get-messages", "--connection", "shop", "--all"], *URL, transport=there.transport)

    assert 0 == done.exit_code, done.output
    assert [1, {"b": 2}, 3] == [json.loads(line) for line in done.stdout.splitlines()]
    assert [{}, {"cursor": "c1"}, {"cursor": "c2"}] == [json.loads(one.content)["input"] for one in there.asked]


def test_what_is_no_list_does_not_stream(ferry: Ferry, script: type[Script]) -> None:
    """It was carried out all the same, and the run says what came of it."""
    there = script({RUNS: (200, RUN)})

    done = ferry(*["action", "run", "send-message", "--connection", "shop", "--all"], *URL, transport=there.transport)

    assert 2 == done.exit_code
    assert "ferry runs get run_1" in done.stderr


def test_ensure_makes_what_is_not_there(ferry: Ferry, script: type[Script]) -> None:
    """Settings as JSON or words; the secret from the variable that is named."""
    there = script({("PUT", "/v1/connections/shop"): (200, READY)})
    words = "connection ensure 1msg --key shop --set channel_id=A1 --set on=true --secret token=@TOKEN --url http://f.invalid"

    done = ferry(*words.split(), transport=there.transport, TOKEN="t0p-secret")

    assert 0 == done.exit_code, done.output
    assert {
        "provider": "1msg",
        "settings": {"channel_id": "A1", "on": True},
        "secrets": {"token": "t0p-secret"},
    } == json.loads(there.asked[0].content)
    assert "t0p-secret" not in done.output


def test_ensure_is_one_call_that_may_be_repeated(ferry: Ferry, script: type[Script]) -> None:
    """Found or made, tried and registered: no second connection beside the first."""
    there = script({("PUT", "/v1/connections/shop"): (200, READY)})
    words = ("connection", "ensure", "1msg", "--key", "shop", "--url", "http://f.invalid")
    for _ in range(2):
        assert 0 == ferry(*words, transport=there.transport).exit_code

    assert ["PUT", "PUT"] == [request.method for request in there.asked]


def test_a_secret_in_the_command_line_is_refused_unsaid(ferry: Ferry, script: type[Script]) -> None:
    """It would stand in the shell's history; the refusal does not repeat it."""
    words = "connection ensure 1msg --key shop --secret token=hunter22 --url http://f.invalid"

    done = ferry(*words.split(), transport=script({}).transport)

    assert 2 == done.exit_code
    assert "hunter22" not in done.output
    assert "--secret token=@TOKEN" in done.stderr


def test_tail_goes_on_from_now(ferry: Ferry, script: type[Script]) -> None:
    """It begins with what happens from now on and goes on from page to page."""
    event = {"id": "e1", "type": "unknown", "connection": "shop", "received_at": "t", "occurred_at": None}
    there = script({("GET", "/v1/events"): [page(cursor="c0"), page(cursor="c1"), page(event, cursor="c2")]})

    done = ferry("events", "tail", "--count", "1", *URL, transport=there.transport)

    assert "t\tunknown\tshop\t\te1\n" == done.stdout
    assert ["$", "c0", "c1"] == [request.url.params["after"] for request in there.asked]


def test_intents_are_asked_of_ferry(ferry: Ferry, script: type[Script]) -> None:
    """In its order, no more than wanted; words that nothing is known by say what to do."""
    told = [
        {"provider": "p", "key": key, "title": "", "description": "", "repeatable": False}
        for key in ("second", "first")
    ]
    there = script({("GET", "/v1/actions"): page(*told)})
    words = ("action", "list", "--intent", "mark messages as read", "--limit", "2")

    done = ferry(*words, *URL, transport=there.transport)
    assert ["second", "first"] == [line.split("\t")[1] for line in done.stdout.splitlines()]
    assert ("mark messages as read", "2") == tuple(there.asked[0].url.params[name] for name in ("intent", "limit"))
    none = script({("GET", "/v1/actions"): page()})
    assert "ferry action list" in ferry(*words, *URL, transport=none.transport).stderr
