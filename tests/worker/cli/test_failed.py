"""`ferry failed` against the real API and a real Redis: what failed, by cause; done again or put away."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis as redis_client

from tests.worker.cli.conftest import Ferry, Live
from tests.worker.cli.served import KEY, Terminal, ferry_served
from tests.worker.pipeline import Pipeline, build
from worker import sweeps
from worker.accept import accept
from worker.cli import sweeping
from worker.store import letters

REFUSED = "1msg:send-message:rejected:other"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other quickly."""
    monkeypatch.setattr(sweeping, "PAUSE", 0.01)


@pytest.fixture
def worker(pipeline: Pipeline) -> Iterator[None]:
    """Somebody who goes on with sweeps."""
    stop = threading.Event()

    def turns() -> None:
        while not stop.wait(0.01):
            sweeps.turn(pipeline.core)

    thread = threading.Thread(target=turns)
    thread.start()
    yield
    stop.set()
    thread.join()


def failed(pipeline: Pipeline, count: int = 1) -> list[str]:
    """Runs the provider refused, the oldest first."""
    simulator = pipeline.simulators["onemsg"]
    simulator.behave(action="send-message", status=400, body={"error": "no"}, times=count)
    made = []
    for number in range(count):
        given = {"to": "15550100123", "text": f"text {number}"}
        body = {"connection": "1msg", "action": "send-message", "input": given, "force": True}
        made.append(accept(pipeline.core, body).id)
    pipeline.settle()
    assert len(made) == len(letters.listing(pipeline.core.store))
    return made


def other(pipeline: Pipeline) -> str:
    """Something else that waits."""
    letters.put(
        pipeline.core.store, 0, "task_x00", kind="task", cause="task:BadTask", connection="", body={"task": "?"}
    )
    return "task_x00"


def rows(done: Any) -> list[list[str]]:
    """The columns of each line of stdout."""
    assert 0 == done.exit_code, done.output
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_causes_come_first(live: Live, pipeline: Pipeline) -> None:
    """In a pipe each row says what it is; JSON has both; filters hold for both."""
    made = failed(pipeline, 3)
    task = other(pipeline)

    told = rows(live("failed", "list"))

    assert [["cause", "3", REFUSED], ["cause", "1", "task:BadTask"]] == [row[:3] for row in told[:2]]
    assert ["letter"] * 4 == [row[0] for row in told[2:]]
    assert {*made, task} == {row[-1] for row in told[2:]}
    found = json.loads(live("failed", "list", "--kind", "run", "--since", "1h", "--json").stdout)
    assert ([3], made[::-1]) == ([one["count"] for one in found["causes"]], [one["id"] for one in found["items"]])
    assert [task] == [row[-1] for row in rows(live("failed", "list", "--cause", "task:BadTask"))[1:]]
    assert f"`ferry failed retry --cause {REFUSED}`" in told[0][-1]
    assert told[0][-1] == found["causes"][0]["advice"]
    fewer = live("failed", "list", "--limit", "2")
    assert ("4 wait in all" in fewer.stderr, 4) == (True, len(fewer.stdout.splitlines()))
    assert 2 == live("failed", "list", "--kind", "letter").exit_code
    assert 2 == live("failed", "list", "--since", "soon").exit_code


def test_nothing_failed(live: Live) -> None:
    """It is said on stderr; stdout stays empty."""
    done = live("failed", "list")
    assert (0, "", True) == (done.exit_code, done.stdout, "Nothing failed" in done.stderr)
    assert {"causes": [], "items": [], "cursor": None} == json.loads(live("failed", "list", "--json").stdout)


def test_one_is_shown_whole(live: Live, pipeline: Pipeline) -> None:
    """What failed, and why."""
    (ident,) = failed(pipeline)

    told = dict(row for row in rows(live("failed", "show", ident)) if len(row) == 2)
    assert (REFUSED, "send-message") == (told["cause"], told["action"])
    assert ident == json.loads(live("failed", "show", ident, "--json").stdout)["body"]["id"]
    missing = live("failed", "show", "run_00")
    assert (3, True) == (missing.exit_code, "ferry failed list" in missing.stderr)


def test_one_is_retried_once(live: Live, pipeline: Pipeline) -> None:
    """The second time it says who was first."""
    (ident,) = failed(pipeline)

    assert ["state", "replayed"] in rows(live("failed", "retry", ident))
    again = live("failed", "retry", ident)
    assert (1, True) == (again.exit_code, "it was replayed by tests" in again.stderr)
    pipeline.settle()
    assert 2 == len(pipeline.simulators["onemsg"].requests("send-message"))


def test_a_retry_that_may_send_twice_is_refused_and_says_how(live: Live, pipeline: Pipeline) -> None:
    """Nobody could prove that it arrived: a person may insist."""
    pipeline.simulators["onemsg"].behave(action="send-message", drop="after", times=1)
    given = {"to": "15550100123", "text": "x"}
    body = {"connection": "1msg", "action": "send-message", "input": given, "force": True}
    ident = accept(pipeline.core, body).id
    pipeline.settle()
    letters.put(pipeline.core.store, 0, ident, kind="run", cause="unknown", connection="1msg", body={"id": ident})
    assert "ferry failed retry ID --force" in rows(live("failed", "list"))[0][-1]

    refused = live("failed", "retry", ident)
    assert 1 == refused.exit_code
    assert f"Try: ferry failed retry {ident} --force" in refused.stderr
    assert f"ferry runs resolve {ident}" in refused.stderr
    assert ["state", "replayed"] in rows(live("failed", "retry", ident, "--force"))


@pytest.mark.usefixtures("worker")
def test_all_that_match_are_retried(live: Live, pipeline: Pipeline) -> None:
    """By what they have in common, by their ids, or all; the rest waits."""
    made = failed(pipeline, 5)
    task = other(pipeline)

    told = dict(rows(live("failed", "retry", made[0], made[1])))
    assert ("done", "2", "2", "0") == (told["state"], told["total"], told["done"], told["failed"])
    found = json.loads(live("failed", "retry", "--cause", REFUSED, "--json").stdout)
    assert (3, 3, "tests") == (found["matched"], found["done"], found["by"])
    assert [task] == [row[-1] for row in rows(live("failed", "list"))[1:]]

    left = live("failed", "retry", "--all")
    assert (1, True) == (left.exit_code, "1 of 1 could not be dealt with" in left.stderr)
    assert task in left.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("retry",),
        ("retry", "run_1", "--all"),
        ("retry", "--all", "--kind", "run"),
        ("retry", "run_1", "--kind", "run"),
        ("discard", "--reason", "x", "--yes"),
        ("discard", "run_1"),
    ],
)
def test_what_is_meant_must_be_said(live: Live, words: tuple[str, ...]) -> None:
    """Nothing is taken for all, and two ways of saying it for neither."""
    done = live("failed", *words)
    assert (2, "") == (done.exit_code, done.stdout)


@pytest.mark.usefixtures("worker")
def test_discarding_takes_a_yes(live: Live, pipeline: Pipeline) -> None:
    """Nobody is at the terminal: only --yes destroys, and the reason stays on record."""
    one, *rest = failed(pipeline, 3)
    refused = live("failed", "discard", one, "--reason", "x")
    assert (2, True) == (refused.exit_code, "--yes" in refused.stderr)

    assert ["state", "discarded"] in rows(live("failed", "discard", one, "--reason", "they called", "--yes"))
    told = json.loads(live("failed", "discard", "--all", "--reason", "old", "--yes", "--json").stdout)
    assert (2, 2) == (told["matched"], told["done"])
    kept = {row[-3]: row[-2:] for row in rows(live("failed", "list", "--state", "discarded"))}
    assert kept == {one: ["tests", "they called"], **{ident: ["tests", "old"] for ident in rest}}


def test_a_sweep_is_looked_at_and_stopped(live: Live, pipeline: Pipeline) -> None:
    """Begun without waiting; no worker has taken it up."""
    failed(pipeline, 2)
    begun = json.loads(live("failed", "retry", "--all", "--async", "--json").stdout)

    assert ("running", 2) == (begun["state"], begun["total"])
    assert ["state", "stopped"] in rows(live("failed", "stop", begun["id"]))
    assert ["state", "stopped"] in rows(live("failed", "watch", begun["id"]))
    assert 1 == live("failed", "stop", begun["id"]).exit_code
    assert 3 == live("failed", "watch", "swp_none").exit_code


def test_the_doctor_counts_causes(ferry: Ferry, pipeline: Pipeline, settings: dict[str, str]) -> None:
    """The largest by name, and what to type."""
    failed(pipeline, 2)

    done = ferry("doctor", **settings)

    assert f"2 wait for a person: 2 × {REFUSED}; `ferry failed list` shows them" in done.stdout


def test_a_person_is_asked_and_sees_how_it_goes(redis: redis_client.Redis) -> None:
    """At a terminal: a question with the number it acts on, a bar, and what came of it."""
    made = build(redis, api_keys=(KEY,))
    made.connect("1msg")
    failed(made, 3)
    stop = threading.Event()

    def turns() -> None:
        while not stop.wait(0.01):
            sweeps.turn(made.core)

    thread = threading.Thread(target=turns)
    thread.start()
    try:
        with (
            ferry_served(made) as url,
            Terminal(["failed", "retry", "--all", "--url", url], {"FERRY_KEY": KEY}, person=True) as terminal,
        ):
            terminal.until("Retry 3 matching? [y/N]")
            terminal.line("y")
            assert 0 == terminal.ended(), terminal.output
    finally:
        stop.set()
        thread.join()
    assert "3/3" in terminal.output
    assert "done" in terminal.output
