"""POST /v1/connections/{id}/request: any request, as a run."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors.client import new_client
from tests.eventually import eventually
from tests.web.door import Door
from worker import intake, standing
from worker.core import Clients
from worker.store import events, letters

PATH = "/v1/connections/clicksend/request"
SMS = {"messages": [{"to": "+61411111111", "body": "by hand", "source": "test"}]}
SEND = {"method": "POST", "path": "/v3/sms/send", "json": SMS}


@pytest.fixture
def open_(door: Door) -> Door:
    """With a connection of ClickSend."""
    door.ferry.connect("clicksend")
    return door


def ended(door: Door, body: dict[str, Any]) -> dict[str, Any]:
    """The run of a request, once it has ended."""
    accepted = door.post(PATH, body)
    door.ferry.settle()
    found: dict[str, Any] = door.get(f"/v1/runs/{accepted['id']}")
    return found


def test_it_is_a_run_whose_output_is_the_answer(open_: Door) -> None:
    """With its attempt and its event; the credentials stand nowhere."""
    run = ended(open_, SEND)

    assert ("succeeded", "request", 200, "json") == (
        run["state"],
        run["action"],
        run["output"]["status"],
        run["output"]["encoding"],
    )
    assert "SUCCESS" == run["output"]["body"]["data"]["messages"][0]["status"]
    assert [("succeeded", 200)] == [(one["outcome"], one["status"]) for one in run["attempts"]]
    assert [run["id"]] == [event["run"]["id"] for event in open_.ferry.events("run.succeeded")]
    told = json.dumps([run, events.listing(open_.ferry.core.store, limit=100)[0]])
    connection = open_.ferry.core.connections.get("clicksend")
    assert connection is not None
    assert not [secret for secret in connection.secrets.values() if secret in told]


def test_a_404_is_an_answer(open_: Door) -> None:
    """The provider's words, whatever they are."""
    run = ended(open_, {"path": "/v3/no-such-thing"})

    assert ("succeeded", 404) == (run["state"], run["output"]["status"])


def test_what_may_have_been_done_is_not_done_again(open_: Door) -> None:
    """A request is treated as a send: a 500 leaves it unknown, and the provider heard it once."""
    simulator = open_.ferry.simulators["clicksend"]
    simulator.behave(status=500, times=1)
    run = ended(open_, SEND)
    open_.ferry.settle()

    assert "unknown" == run["state"]
    assert 1 == len([one for one in simulator.requests() if one["path"] == "/v3/sms/send"])


def test_what_is_repeatable_is_tried_until_it_is_answered(open_: Door) -> None:
    """Because the caller said so."""
    simulator = open_.ferry.simulators["clicksend"]
    simulator.behave(status=500, times=1)
    run = ended(open_, {"path": "/v3/account", "repeatable": True})

    def done() -> bool:
        open_.ferry.settle()
        return bool(open_.get(f"/v1/runs/{run['id']}")["state"] == "succeeded")

    eventually(done)
    run = open_.get(f"/v1/runs/{run['id']}")
    assert "request-repeatable" == run["action"]
    assert ["outcome_unknown", "succeeded"] == [one["outcome"] for one in run["attempts"]]


def test_refused_credentials_hold_it_and_the_connection_says_why(open_: Door) -> None:
    """As any send is held."""
    open_.ferry.simulators["clicksend"].behave(status=401, times=1)
    run = ended(open_, SEND)

    assert "waiting" == run["state"]
    assert "CLIENT_ACTION_REQUIRED" == open_.get("/v1/connections/clicksend")["state"]


def test_a_key_brings_its_request_once(open_: Door) -> None:
    """The same key and words are the same run; other words a conflict."""
    first = open_.post(PATH, {**SEND, "idempotency_key": "k"})

    assert first["id"] == open_.post(PATH, SEND, 200, Idempotency_Key="k")["id"]
    assert "conflict" == open_.post(PATH, {**SEND, "path": "/v3/other"}, 409, Idempotency_Key="k")["code"]


def test_a_dry_run_shows_the_request_without_the_credentials(open_: Door) -> None:
    """And stores nothing."""
    shown = open_.post(f"{PATH}?dry_run=true", SEND, 200)["requests"][0]

    assert ("POST", SMS, "…") == (shown["method"], shown["body"], shown["headers"]["authorization"])
    assert shown["url"].endswith("/v3/sms/send")
    assert [] == open_.get("/v1/runs")["items"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"path": "https://evil.example/"}, "input.path"),
        ({"path": "/x", "headers": {"Host": "evil.example"}}, "input.headers"),
        ({"path": "/x", "query": {"api_key": "1"}}, "input.query"),
        ({"path": "/x", "json": 1, "data": "x"}, "input.data"),
        ({}, "input.path"),
        ({"path": "/x", "priority": "soon"}, "priority"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_stored(open_: Door, body: dict[str, Any], field: str) -> None:
    """At the door, whichever door: the run's own, too."""
    assert field in open_.post(PATH, body, 422)["fields"]
    if field.startswith("input."):
        run = {"connection": "clicksend", "action": "request", "input": body}
        assert field in open_.post("/v1/runs", run, 422)["fields"]
    assert [] == open_.get("/v1/runs")["items"]


def test_an_unknown_connection_is_404(open_: Door) -> None:
    """It stands in the address."""
    open_.post("/v1/connections/nobody/request", {"path": "/"}, 404)


def test_as_a_task_of_another_app(open_: Door) -> None:
    """`ferry.proxy` takes the same words; twice with one key it runs once."""
    core = open_.ferry.core
    first = intake.TASKS["ferry.proxy"](core, "task:1", connection="clicksend", **SEND, repeatable=True)
    again = intake.TASKS["ferry.proxy"](core, "task:1", connection="clicksend", **SEND, repeatable=True)
    open_.ferry.settle()

    assert (first.id, False) == (again.id, again.new)
    assert "succeeded" == open_.get(f"/v1/runs/{first.id}")["state"]
    assert [] == letters.listing(core.store)


def test_a_redirect_is_an_answer_and_is_not_followed(open_: Door) -> None:
    """Wherever it leads, even on the same host: credentials go where they were sent, and no further."""
    asked: list[httpx.URL] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(307, headers={"location": "https://evil.example/steal"})

    open_.ferry.core.clients = Clients(lambda: new_client(httpx.MockTransport(elsewhere)))
    run = ended(open_, SEND)

    assert (307, "https://evil.example/steal") == (run["output"]["status"], run["output"]["headers"]["location"])
    assert ["clicksend.invalid"] == [url.host for url in asked]


def test_it_is_paced_and_told_like_any_run(open_: Door) -> None:
    """The connection's limit holds it, and the log and its timeline name each attempt."""
    standing.change(open_.ferry.core, "clicksend", limits={"default": 0.01})
    first, second = (open_.post(PATH, {"path": "/v3/account"})["id"] for _ in range(2))
    open_.ferry.settle()

    states = {ident: open_.get(f"/v1/runs/{ident}")["state"] for ident in (first, second)}
    assert ["succeeded", "waiting"] == sorted(states.values())
    done = next(ident for ident, state in states.items() if state == "succeeded")
    lines = open_.get("/v1/logs?direction=out&newest=true")["items"]
    assert [("request", 200, done)] == [(one["action"], one["status"], one["run"]) for one in lines]
    told = [one["kind"] for one in open_.get(f"/v1/runs/{done}/timeline")["items"]]
    assert ["run.accepted", "run.attempt"] == told
