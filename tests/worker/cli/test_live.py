"""Commands against the real API and a real Redis, in one process."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.worker.cli.conftest import Ferry, Live
from tests.worker.pipeline import Pipeline
from worker.store.text import iso
from worker.store.vault import new_key
from worker.ticker import ELECTED


def test_a_key_opens_the_api(live: Live) -> None:
    """The key is printed once, on stdout and alone, and the API knows it."""
    assert 0 == live("connection", "list").exit_code
    assert 1 == live("connection", "list", "--key", "@OTHER", OTHER="fk_of-nobody").exit_code


def test_connections(live: Live) -> None:
    """Found, shown with blotted secrets, tried; another is made beside it, and made again without harm."""
    one = json.loads(live("connection", "get", "1msg", "--json").stdout)
    assert ("1msg", "READY") == (one["id"], one["state"])
    assert "…oken" == one["secrets"]["token"]
    assert 3 == live("connection", "get", "nobody").exit_code
    assert 0 == live("connection", "check", "1msg").exit_code

    words = "connection ensure 1msg --key second --set channel_id=ABC000111222 --set base_url=https://onemsg.invalid"
    for _ in range(2):
        made = live(*words.split(), "--secret", "token=@T", T="simulated-1msg-channel-token")
        assert 0 == made.exit_code, made.output
    assert ["1msg", "second"] == [line.split("\t")[0] for line in live("connection", "list").stdout.splitlines()]


def test_actions_and_runs(live: Live, pipeline: Pipeline) -> None:
    """Listed, described, tried dry, handed in, found again."""
    words = ("--connection", "1msg", "--input", '{"to": "15550100123", "text": "hi"}')

    assert "send-message" in live("action", "list", "--connection", "1msg").stdout
    assert "inputSchema" in json.loads(live("action", "get", "send-message", "--connection", "1msg", "--json").stdout)
    dry = live("action", "run", "send-message", *words, "--dry-run")
    assert [] == pipeline.simulators["onemsg"].requests("send-message"), dry.output
    wrong = live("action", "run", "send-message", "--connection", "1msg", "--input", '{"text": "hi"}')
    assert (2, True) == (wrong.exit_code, "input.to:" in wrong.stderr)

    run = json.loads(live("action", "run", "send-message", *words, "--force", "--async", "--json").stdout)
    pipeline.settle()

    assert "succeeded" == json.loads(live("runs", "get", run["id"], "--json").stdout)["state"]
    assert run["id"] in live("runs", "list", "--state", "succeeded").stdout
    assert "run.succeeded" in live("events", "list", "--type", "run.succeeded").stdout


def test_the_same_key_sends_once(live: Live, pipeline: Pipeline) -> None:
    """`ferry send` twice with one idempotency key is one message; with other words it is a conflict."""
    words = ("send", "1msg", "--to", "15550100123", "--async", "--force", "--idempotency-key", "k", "--text")
    first, second, other = (live(*words, text, "--json") for text in ("hi", "hi", "ho"))
    pipeline.settle()

    assert json.loads(first.stdout)["id"] == json.loads(second.stdout)["id"]
    assert 1 == other.exit_code
    assert f"Try: ferry runs get {json.loads(first.stdout)['id']}" in other.stderr
    assert 1 == len(pipeline.simulators["onemsg"].requests("send-message"))


@pytest.mark.parametrize(
    ("times", "told"),
    [
        (("--expires-at", "2026-01-01T00:00:00Z"), "expires_at lies in the past"),
        (("--not-before", "2199-01-02T00:00:00Z", "--expires-at", "2199-01-01T00:00:00Z"), "later than not_before"),
        (("--not-before", "2199-01-02T00:00:00"), "not_before"),
    ],
)
def test_times_that_leave_none(live: Live, pipeline: Pipeline, times: tuple[str, ...], told: str) -> None:
    """Said as what they are, by both commands that take them."""
    pipeline.connect("clicksend")
    for words in (
        ("action", "run", "send-sms", "--connection", "clicksend", "--input", '{"to": "+61411111111", "text": "x"}'),
        ("send", "clicksend", "--to", "+61411111111", "--text", "x"),
    ):
        done = live(*words, *times)
        assert 2 == done.exit_code
        assert told in done.stderr


def checks(done: Any) -> dict[str, str]:
    """Verdict by name, the worst of each."""
    found: dict[str, str] = {}
    for one in json.loads(done.stdout)["checks"]:
        if found.get(one["name"]) != "wrong":
            found[one["name"]] = one["verdict"]
    return found


def test_the_doctor_is_content(ferry: Ferry, pipeline: Pipeline, settings: dict[str, str]) -> None:
    """A worker ticks, everything is READY; that this test's server does not sync is worth a word, in words."""
    pipeline.core.store.client.set(ELECTED, "somebody")

    done = ferry("doctor", "--json", **settings)

    assert 0 == done.exit_code, done.output
    assert "wrong" not in checks(done).values()
    assert {"settings", "handlers", "redis", "clock", "secrets", "connection 1msg", "backlog", "worker"} == set(
        checks(done)
    )
    assert "whatever the operating system had not written yet" in done.stdout


def test_the_doctor_misses_a_worker(ferry: Ferry, settings: dict[str, str]) -> None:
    """And ends with what to start."""
    done = ferry("doctor", "--json", **settings)

    assert 1 == done.exit_code
    assert "wrong" == checks(done)["worker"]
    assert "Try: ferry worker" in done.stderr


@pytest.mark.usefixtures("pipeline")
def test_the_doctor_tries_the_key(ferry: Ferry, settings: dict[str, str]) -> None:
    """One that opens nothing of what is stored is found before a message is lost over it."""
    done = ferry("doctor", "--json", **{**settings, "FERRY_SECRET_KEYS": new_key()})

    assert 1 == done.exit_code
    assert "wrong" == checks(done)["secrets"]


def test_the_doctor_without_redis(ferry: Ferry, unused_port: int) -> None:
    """Exit code 6, as everywhere."""
    url = f"redis://127.0.0.1:{unused_port}/0"
    done = ferry("doctor", REDIS_URL=url, FERRY_SECRET_KEYS=new_key())

    assert 6 == done.exit_code
    assert "wrong\tredis\t" in done.stdout


def test_the_doctor_asks_a_broker_of_its_own(
    ferry: Ferry, pipeline: Pipeline, settings: dict[str, str], redis_url: str, unused_port: int
) -> None:
    """Its name and place are told, and never its password."""
    pipeline.core.store.client.set(ELECTED, "somebody")
    for url in (f"amqp://guest:parole@127.0.0.1:{unused_port}//", f"redis://:parole@127.0.0.1:{unused_port}/0"):
        done = ferry("doctor", **settings, BROKER_URL=url)
        assert 6 == done.exit_code
        assert "wrong\tbroker\t" in done.stdout
        assert f"127.0.0.1:{unused_port} does not answer" in done.stdout
        assert "parole" not in done.output

    done = ferry("doctor", "--json", **settings, BROKER_URL=redis_url.removesuffix("/0") + "/1")
    assert (0, "ok") == (done.exit_code, checks(done)["broker"])


def test_the_doctor_without_settings(ferry: Ferry) -> None:
    """The first thing to mend comes first."""
    done = ferry("doctor")

    assert 2 == done.exit_code
    assert "REDIS_URL and FERRY_SECRET_KEYS are not set" in done.stdout


def test_the_doctor_from_outside(live: Live) -> None:
    """With --url alone it asks what the API tells."""
    done = live("doctor", "--json")

    assert "ok" == checks(done)["connection 1msg"], done.output
    assert "wrong" != checks(done)["web"]


def test_settings_are_shown_without_their_secrets(ferry: Ferry) -> None:
    """…last4 of a key, a URL without its password."""
    key = new_key()
    done = ferry("config", "show", REDIS_URL="redis://:hunter2@127.0.0.1:6379/0", FERRY_SECRET_KEYS=key)

    assert 0 == done.exit_code, done.output
    assert "hunter2" not in done.stdout
    assert key not in done.stdout
    assert key[-4:] in done.stdout


def test_a_made_key_is_one(ferry: Ferry) -> None:
    """`ferry config key` is what FERRY_SECRET_KEYS takes."""
    key = ferry("config", "key").stdout.strip()

    assert 0 == ferry("config", "show", REDIS_URL="redis://127.0.0.1:1/0", FERRY_SECRET_KEYS=key).exit_code


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(ferry: Ferry, shell: str) -> None:
    """Each shell gets its own script on stdout."""
    done = ferry("completion", shell)

    assert 0 == done.exit_code
    assert "_FERRY_COMPLETE" in done.stdout


def test_the_doctor_warns_of_a_token(ferry: Ferry, pipeline: Pipeline, settings: dict[str, str]) -> None:
    """From inside: one that ends and is renewed no more is worth a word, and no failure."""
    now = datetime.now(UTC)
    dates = {"token_issued_at": iso(now - timedelta(days=57)), "token_expires_at": iso(now + timedelta(days=2.5))}
    pipeline.connect("instagram", "shop", **dates)
    pipeline.core.store.client.set(ELECTED, "somebody")

    done = ferry("doctor", "--json", **settings)

    assert (0, "warning") == (done.exit_code, checks(done)["connection shop"]), done.output
    assert "run `ferry connect instagram --key shop`" in done.stdout


CONFIGURED = {
    # what is set beside the needed → exit code, a word on stdout or stderr
    "bare": ({}, 0, "warning\tFERRY_PUBLIC_URL is not set"),
    "as it should be": (
        {"FERRY_PUBLIC_URL": "https://f.example.com", "FERRY_HANDLERS": "worker.examples.echo"},
        0,
        "ok\t",
    ),
    "plain http": ({"FERRY_PUBLIC_URL": "http://f.example.com"}, 0, "plain http"),
    "no address": ({"FERRY_PUBLIC_URL": "f.example.com"}, 2, "FERRY_PUBLIC_URL is no address"),
    "no such handlers": ({"FERRY_HANDLERS": "nowhere.bot"}, 2, "nowhere.bot, which cannot be imported"),
    "no URL": ({"REDIS_URL": "localhost"}, 2, "REDIS_URL is no URL"),
    "nothing": ({"REDIS_URL": "", "FERRY_SECRET_KEYS": ""}, 2, "REDIS_URL and FERRY_SECRET_KEYS are not set"),
    "a bad key": ({"FERRY_SECRET_KEYS": "short"}, 2, "must hold Fernet keys"),
}


@pytest.mark.parametrize(("given", "code", "told"), CONFIGURED.values(), ids=CONFIGURED)
def test_settings_are_checked_without_connecting(ferry: Ferry, given: dict[str, str], code: int, told: str) -> None:
    """What keeps Ferry from starting ends with 2; what is only odd is a warning."""
    needed = {"REDIS_URL": "redis://127.0.0.1:1/0", "FERRY_SECRET_KEYS": new_key()}
    done = ferry("config", "check", **{**needed, **given})
    machine = ferry("config", "check", "--json", **{**needed, **given})

    assert (code, True) == (done.exit_code, told in done.output), done.output
    assert (code == 0) == json.loads(machine.stdout)["ok"]
