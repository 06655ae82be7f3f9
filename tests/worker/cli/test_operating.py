"""Commands of whoever runs Ferry, against the real API and a real Redis: status, queues, schedule, logs, messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.worker.cli.conftest import Ferry, Live, Script
from tests.worker.pipeline import Pipeline
from worker import jobs, states
from worker.cli.logs import moment
from worker.cli.schedule import every
from worker.presence import Presence
from worker.store import letters

TO = "15550100123"
URL = ("--url", "http://ferry.invalid")


def heard(pipeline: Pipeline) -> dict[str, Any]:
    """A message has come in: its event."""
    stored = pipeline.core.connections.get("1msg")
    assert stored is not None
    pipeline.ingest(stored, pipeline.hook(stored, "message"))
    pipeline.settle()
    return pipeline.events("message.received")[-1]


def rows(done: Any) -> list[list[str]]:
    """The columns of each line of stdout."""
    assert 0 == done.exit_code, done.output
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_status(live: Live, pipeline: Pipeline) -> None:
    """One screen; in a pipe each row begins with what it is of."""
    Presence(pipeline.core).beat()
    heard(pipeline)
    letters.put(pipeline.core.store, 0, "l1", kind="request", cause="parser", connection="1msg", body={})
    live("queues", "pause", "out:1msg:bulk")

    told = rows(live("status"))

    assert ["ready", "yes"] in told
    assert ["last minute", "1 in, 0 refused, 0 out, 0 failed, 0 unknown"] in told
    assert ["connections", "1msg", "1msg", "READY", ""] in told
    assert ["queues", "out:1msg:bulk", "0", "0", "0", "", "stopped"] in told
    assert "parser" in next(row for row in told if row[0] == "failures")
    assert "workers" in {row[0] for row in told}
    assert {"ready", "workers", "queues", "traffic"} < set(json.loads(live("status", "--json").stdout))


def test_status_says_what_is_not_ready(ferry: Ferry, script: type[Script]) -> None:
    """It is shown, and the exit code says so; watched, an instance that is away is what is seen."""
    wrong = {"ready": False, "reasons": ["Redis is full"], "warnings": ["late"]}
    wrong |= {name: [] for name in ("workers", "connections", "queues", "failures")}
    away = (503, {"detail": "try again"})

    done = ferry("status", *URL, transport=script({("GET", "/v1/status"): (200, wrong)}).transport)
    there = script({("GET", "/v1/status"): [away, (200, wrong)]})
    watched = ferry("status", "--watch", "--every", "0.5", "--count", "2", "--json", *URL, transport=there.transport)

    assert (1, True) == (done.exit_code, "ready\tno: Redis is full" in done.stdout)
    assert "it is not ready: Redis is full" in done.stderr
    assert [["try again"], ["Redis is full"]] == [json.loads(line)["reasons"] for line in watched.stdout.splitlines()]


def test_queues(live: Live, pipeline: Pipeline) -> None:
    """Listed, held back by hand, let go; each shown as it is then."""
    assert ["in:1msg", "0", "0", "0", "", ""] == rows(live("queues", "list"))[0]
    assert [] == rows(live("queues", "list", "--busy"))
    assert [["out:1msg:live", "0", "0", "0", "", "stopped"]] == rows(live("queues", "pause", "out:1msg:live"))
    live("send", "1msg", "--to", TO, "--text", "x", "--force", "--async")
    pipeline.settle()
    (busy,) = rows(live("queues", "list", "--busy"))
    assert ["out:1msg:live", "1"] == busy[:2]

    resumed = json.loads(live("queues", "resume", "out:1msg:live", "--json").stdout)
    pipeline.settle()

    assert (False, 1) == (resumed["paused"], len(pipeline.simulators["onemsg"].requests("send-message")))
    nobody, inbox = live("queues", "pause", "out:nobody:live"), live("queues", "pause", "in:1msg")
    assert (3, 2) == (nobody.exit_code, inbox.exit_code)
    assert "Try: ferry queues list" in nobody.stderr
    assert 1 == inbox.stderr.count("never held back")


def test_schedule(live: Live, pipeline: Pipeline) -> None:
    """Listed in words; run now by a worker, and waited for."""
    pipeline.core.start = lambda job: jobs.carry_out(pipeline.core, job)

    assert ["ferry.trim", "every 10 minutes", "never yet"] == rows(live("schedule", "list"))[0][:3]
    (ran,) = rows(live("schedule", "run", "trim"))
    assert ["ferry.trim", True] == [ran[0], " well in " in ran[1]]
    assert json.loads(live("schedule", "run", "trim", "--json").stdout)["last"]["ok"]
    assert 3 == live("schedule", "run", "dance").exit_code


def test_a_job_nobody_takes(live: Live, pipeline: Pipeline) -> None:
    """Without a worker it does not end in time; not waited for, that is no failure."""
    pipeline.core.start = lambda job: None

    late = live("schedule", "run", "trim", "--timeout", "0")
    at_once = live("schedule", "run", "trim", "--async")

    assert (7, 0) == (late.exit_code, at_once.exit_code)
    assert "Try: ferry status" in late.stderr


def test_a_job_that_fails(live: Live, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its kind of error is told, and the exit code."""

    def start(job: str) -> None:
        with pytest.raises(ZeroDivisionError):
            jobs.carry_out(pipeline.core, job)

    monkeypatch.setitem(jobs.JOBS, "ferry.trim", lambda core: 1 // 0)
    pipeline.core.start = start

    done = live("schedule", "run", "trim")

    assert (1, True) == (done.exit_code, "ZeroDivisionError" in done.stderr)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (60, "every minute"),
        (600, "every 10 minutes"),
        (7200, "every 2 hours"),
        (86400, "every day"),
        (0.5, "every 0.5 seconds"),
    ],
)
def test_intervals_in_words(seconds: float, words: str) -> None:
    """As people say it."""
    assert words == every(seconds)


def test_logs(live: Live, pipeline: Pipeline) -> None:
    """Newest last: what came in, what went out; by direction, status, age; as lines of JSON."""
    event = heard(pipeline)
    live("send", "1msg", "--to", TO, "--text", "x", "--async")
    pipeline.settle()

    first, second = rows(live("logs", "tail"))
    assert ["→ in", "1msg", "POST", "200", "", "accepted", "", event["request"]] == first[1:]
    assert ["out →", "1msg", "send-message", "200", "succeeded"] == [*second[1:5], second[6]]
    assert [second] == rows(live("logs", "tail", "--direction", "out"))
    assert [second] == rows(live("logs", "tail", "-n", "1"))
    assert [] == rows(live("logs", "tail", "--status", "5xx"))
    assert [first, second] == rows(live("logs", "tail", "--since", "10m"))
    assert [first] == rows(live("logs", "tail", "--since", "1h", "--count", "1"))
    assert [first, second] == rows(live("logs", "tail", "-f", "--count", "2"))
    whole = json.loads(live("logs", "tail", "--json").stdout)
    told = [json.loads(line) for line in live("logs", "tail", "-f", "--count", "2", "--json").stdout.splitlines()]
    assert ["in", "out"] == [one["direction"] for one in told]
    assert (told, True) == (whole["items"], bool(whole["cursor"]))
    assert 2 == live("logs", "tail", "--since", "yesterday").exit_code
    assert 2 == live("logs", "tail", "--status", "many").exit_code


def test_a_time_is_a_time() -> None:
    """An age, or a time with or without its zone."""
    assert moment("2026-03-01T10:00:00Z") == "2026-03-01T10:00:00+00:00"
    assert moment("2d") < moment("1h") < moment("3m") < moment("5s")
    assert moment("2026-03-01T10:00:00")[-6] in "+-"


def test_messages(live: Live, pipeline: Pipeline) -> None:
    """Listed with their words, shown whole, and their timeline; conversations beside them."""
    event = heard(pipeline)
    ident, talk = event["message"]["id"], event["conversation"]["id"]

    (row,) = rows(live("messages", "list"))
    assert ["1msg", "←", "Ada", "hello from ferry trigger", "", ident] == row[1:]
    assert [row] == rows(live("messages", "list", "--conversation", talk, "--limit", "1"))
    assert [] == rows(live("messages", "list", "--direction", "outbound"))
    assert ["text", "hello from ferry trigger"] in rows(live("messages", "get", ident))
    assert ident == json.loads(live("messages", "get", ident, "--json").stdout)["id"]
    (step,) = rows(live("messages", "timeline", ident))
    assert ["message.received", "", event["id"]] == step[1:]
    (told,) = rows(live("messages", "conversations", "--connection", "1msg"))
    assert ["Ada", "whatsapp", talk] == [told[1], told[2], told[4]]
    for verb in ("get", "timeline"):
        missing = live("messages", verb, "nothing")
        assert (3, True) == (missing.exit_code, "Try: ferry messages list" in missing.stderr)


def test_events_are_replayed(live: Live, pipeline: Pipeline) -> None:
    """Each by its id; what is told comes in the stream, marked."""
    event = heard(pipeline)

    (told,) = rows(live("events", "replay", event["id"]))
    forced = json.loads(live("events", "replay", event["id"], "--force", "--json").stdout)["items"]

    assert ["message.received", event["id"]] == [told[0], told[2]]
    assert [True] == [one["replayed_by"]["force"] for one in forced]
    assert 3 == len(rows(live("events", "list", "--type", "message.received")))
    assert [event["id"]] == [row[-1] for row in rows(live("events", "list", "--newest", "--limit", "1"))]
    missing = live("events", "replay", "evt_none")
    assert (3, True) == (missing.exit_code, "Try: ferry events list" in missing.stderr)
    assert 2 == live("events", "replay", event["id"], "--subscription", "nobody").exit_code


def test_openapi(live: Live) -> None:
    """The document itself, in a file too; its endpoints as a list."""
    document = json.loads(live("openapi").stdout)
    live("openapi", "-o", "ferry.json")

    assert "3.1.0" == document["openapi"]
    assert document == json.loads(Path("ferry.json").read_text())
    assert ["GET", "/v1/status"] in [row[:2] for row in rows(live("openapi", "--list"))]
    assert {"items", "cursor"} == set(json.loads(live("openapi", "--list", "--json").stdout))
    assert 2 == live("openapi", "-o", "no/such/folder").exit_code


LISTS = ["queues list --busy", "queues list", "schedule list", "messages list"]
LISTS += ["messages conversations --connection 1msg", "logs tail", "events list --newest", "openapi --list"]
LISTS += ["trigger --list", "login --list"]


@pytest.mark.parametrize("typed", LISTS)
def test_a_list_is_items_and_a_cursor(live: Live, ferry: Ferry, typed: str) -> None:
    """Whatever list, and nothing beside it on stdout."""
    done = (ferry if typed.startswith(("trigger", "login")) else live)(*typed.split(), "--json")

    assert 0 == done.exit_code, done.output
    assert {"items", "cursor"} == set(json.loads(done.stdout))


def test_receipts_that_match_nothing(live: Live, ferry: Ferry, pipeline: Pipeline, settings: dict[str, str]) -> None:
    """Listed, and worth a word of the doctor's."""
    assert "Every receipt has found its message" in live("messages", "unmatched").stderr
    stored = pipeline.core.connections.get("1msg")
    assert stored is not None
    pipeline.ingest(stored, pipeline.hook(stored, "ack-delivered"))
    pipeline.settle()
    store = pipeline.core.store
    names: Any = store.client.zrange(store.key(0, "um"), 0, -1)
    store.client.zincrby(store.key(0, "um"), -3_600_000_000, names[0])

    ((_, connection, status, _, ident),) = rows(live("messages", "unmatched"))

    assert ("1msg", "delivered") == (connection, status)
    assert ident == json.loads(live("messages", "unmatched", "--json").stdout)["items"][0]["id"]
    assert "1 message(s) are known by receipts alone" in ferry("doctor", **settings).stdout


def test_the_doctor_says_why_there_is_no_room(ferry: Ferry, live: Live, settings: dict[str, str]) -> None:
    """What the API answers 429 for, and the webhooks 503."""
    del live
    told = ferry("doctor", **{**settings, "FERRY_MEMORY_BYTES": "1000"}).stdout

    assert "webhooks are answered 503: Redis uses" in told
    assert "the API answers 429: Redis uses" in told
    assert "bulk" not in told


def test_the_doctor_says_what_keeps_a_connection_quiet(
    ferry: Ferry, live: Live, pipeline: Pipeline, settings: dict[str, str]
) -> None:
    """And how a person ends it."""
    states.gate(pipeline.core, "1msg", 3_600_000, "throttled")
    told = ferry("doctor", **settings).stdout
    assert "the provider wants slower calls; `ferry connection resume 1msg` ends that" in told

    assert 0 == live("connection", "resume", "1msg").exit_code
    assert "nothing leaves until" not in ferry("doctor", **settings).stdout
