"""`ferry runs`: what people do with runs, and what is printed and asked for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.worker.cli.conftest import Ferry, Script

URL = ("--url", "http://ferry.invalid")
RUN: dict[str, Any] = {
    "id": "run_1",
    "state": "succeeded",
    "connection": "shop",
    "action": "send-sms",
    "output": {"message_id": "m1"},
    "created_at": "2026-01-01T00:00:00.000Z",
}
GET = ("GET", "/v1/runs/run_1")
SHOP = ("GET", "/v1/connections/shop")


def post(deed: str) -> tuple[str, str]:
    """A deed's address."""
    return "POST", f"/v1/runs/run_1/{deed}"


CASES: list[tuple[str, dict[tuple[str, str], Any], int, str, str]] = [
    # typed, answers, exit code, on stdout, on stderr
    ("wait run_1", {GET: [(200, {**RUN, "state": "running"}), (200, RUN)]}, 0, "state\tsucceeded", ""),
    (
        "wait run_1 --timeout 0",
        {GET: (200, {**RUN, "state": "waiting"}), SHOP: (200, {"id": "shop", "state": "READY"})},
        7,
        "state\twaiting",
        "still waiting",
    ),
    ("cancel run_1", {post("cancel"): (200, {**RUN, "state": "cancelled"})}, 0, "state\tcancelled", ""),
    ("cancel run_1", {post("cancel"): (202, {**RUN, "state": "running"})}, 0, "state\trunning", "at the provider"),
    ("cancel run_1", {post("cancel"): (409, {"detail": "it has ended"})}, 1, "", "Try: ferry runs get run_1"),
    ("resolve run_1 failed", {post("resolve"): (404, {"detail": "there is none"})}, 3, "", "Try: ferry runs list"),
    (
        "retry run_1",
        {GET: (200, {**RUN, "state": "failed"}), post("retry"): (202, {**RUN, "state": "queued"})},
        0,
        "state\tqueued",
        "",
    ),
    ("retry run_1", {GET: (200, {**RUN, "state": "unknown"})}, 2, "", "ferry runs retry run_1 --yes"),
    (
        "retry run_1 --yes",
        {GET: (200, {**RUN, "state": "unknown"}), post("retry"): (202, {**RUN, "state": "queued"})},
        0,
        "state\tqueued",
        "",
    ),
    ("resolve run_1 succeeded --note seen", {post("resolve"): (200, RUN)}, 0, "state\tsucceeded", ""),
    ("resolve run_1 perhaps", {}, 2, "", "succeeded"),
    ("get run_2", {("GET", "/v1/runs/run_2"): (404, {"detail": "there is no run 'run_2'"})}, 3, "", "ferry runs list"),
]


@pytest.mark.parametrize(("typed", "answers", "code", "out", "err"), CASES, ids=[f"{c[0]} {c[2]}" for c in CASES])
def test_commands(
    ferry: Ferry,
    script: type[Script],
    typed: str,
    answers: dict[tuple[str, str], Any],
    code: int,
    out: str,
    err: str,
) -> None:
    """Plain columns, words on stderr, and an exit code that scripts switch on."""
    there = script({name: list(answer) if isinstance(answer, list) else answer for name, answer in answers.items()})
    done = ferry("runs", *typed.split(), *URL, transport=there.transport)

    assert code == done.exit_code, done.output
    assert out in done.stdout
    assert err in done.stderr


@pytest.mark.parametrize("typed", ["cancel run_1", "resolve run_1 failed", "get run_1", "wait run_1"])
def test_as_json_it_is_the_run(ferry: Ferry, script: type[Script], typed: str) -> None:
    """Whole."""
    there = script({GET: (200, RUN), post("cancel"): (200, RUN), post("resolve"): (200, RUN)})

    assert RUN == json.loads(ferry("runs", *typed.split(), "--json", *URL, transport=there.transport).stdout)


def test_what_is_known_of_an_unknown_one_is_said(ferry: Ferry, script: type[Script]) -> None:
    """The note, and the message's id where it is known."""
    there = script({post("resolve"): (200, RUN)})
    ferry(
        "runs", "resolve", "run_1", "succeeded", "--message-id", "m1", "--note", "seen", *URL, transport=there.transport
    )

    assert {"state": "succeeded", "note": "seen", "output": {"message_id": "m1"}} == json.loads(there.asked[0].content)


def test_when_and_how_urgently(ferry: Ferry, script: type[Script]) -> None:
    """An action and a text take a class and times; without them Ferry's own hold."""
    there = script({("POST", "/v1/runs"): (200, RUN), ("POST", "/v1/messages"): (200, RUN)})
    when = ("--priority", "bulk", "--not-before", "2026-12-24T08:00:00Z", "--expires-at", "2026-12-24T20:00:00Z")
    ferry("action", "run", "send-sms", "--connection", "shop", *when, *URL, transport=there.transport)
    ferry("send", "shop", "--to", "1", "--text", "x", *when, *URL, transport=there.transport)
    ferry("send", "shop", "--to", "1", "--text", "x", *URL, transport=there.transport)

    wanted = {"priority": "bulk", "not_before": "2026-12-24T08:00:00Z", "expires_at": "2026-12-24T20:00:00Z"}
    first, second, third = (json.loads(request.content) for request in there.asked)
    assert wanted == {name: first.get(name) for name in wanted} == {name: second.get(name) for name in wanted}
    assert not set(wanted) & set(third)
