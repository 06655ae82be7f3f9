"""Each state a connection can come to, as the command line meets it: what is shown, how it ends, what is waited for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.worker.cli.conftest import Live
from tests.worker.pipeline import Pipeline
from worker import provision, states
from worker.cli import verdict


def answered(**how: Any) -> Callable[[Pipeline], None]:
    """The provider answers so, from now on."""
    return lambda pipeline: pipeline.simulators["onemsg"].behave(times=50, **how)


CASES: dict[str, tuple[Callable[[Pipeline], Any], int, str]] = {
    # state: what makes it, exit code of a check, what helps
    "READY": (lambda pipeline: None, 0, ""),
    "CLIENT_ACTION_REQUIRED": (answered(status=401), 4, "ferry connection reconnect 1msg --secret token=@TOKEN"),
    "CONFIGURATION_ERROR": (answered(status=404), 5, "ferry connection patch 1msg --set NAME=VALUE"),
    "SETUP_FAILED": (answered(status=503), 6, "ferry connection check 1msg"),
}


@pytest.mark.parametrize(("state", "case"), CASES.items(), ids=CASES)
def test_a_verdict(
    live: Live, pipeline: Pipeline, state: str, case: tuple[Callable[[Pipeline], Any], int, str]
) -> None:
    """The exit code is the state's, and so is what to type next; looking alone is no failure."""
    make, code, following = case
    make(pipeline)
    done = live("connection", "check", "1msg", "--wait")
    told = json.loads(live("connection", "get", "1msg", "--json").stdout)

    assert (code, state) == (done.exit_code, told["state"]), done.output
    assert f"state\t{state}" in done.stdout
    assert done.stderr.endswith(f"  Try: {following}\n" if following else "")
    assert bool(code) == bool(told["error"])
    assert code == live("connection", "get", "1msg", "--wait").exit_code
    assert [state] == [one["state"] for one in json.loads(live("connection", "list", "--json").stdout)["items"]]


def test_what_a_person_has_to_do(live: Live, pipeline: Pipeline) -> None:
    """In words for them, where to do it, and for an agent who cannot."""
    pipeline.simulators["onemsg"].behave(times=50, status=401)
    done = live("connection", "check", "1msg")
    action = json.loads(live("connection", "get", "1msg", "--json").stdout)["clientAction"]

    assert {"type", "description", "uiUrl", "agentInstructions"} == set(action)
    assert "provide-input" == action["type"]
    for word in ("description", "uiUrl", "agentInstructions"):
        assert action[word]
        assert action[word] in done.stdout


def test_one_that_is_being_tried_is_waited_for(live: Live, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until its time is over (7), or until whoever tries it says how it went."""
    core = pipeline.core
    states.building(core, provision.get(core, "1msg"))
    late = live("connection", "get", "1msg", "--wait", "--timeout", "0")
    assert (7, True) == (late.exit_code, "1msg is BUILDING" in late.stderr)

    monkeypatch.setattr(verdict, "PAUSE", 0.0)
    looks: list[str] = []
    real = provision.get

    def look(core: Any, ident: str) -> Any:
        looks.append(ident)
        if len(looks) == 3:
            provision.check(core, real(core, ident))
        return real(core, ident)

    monkeypatch.setattr(provision, "get", look)
    done = live("connection", "get", "1msg", "--wait")
    assert (0, True) == (done.exit_code, "state\tREADY" in done.stdout)
    assert len(looks) >= 3


def test_one_that_was_put_away(live: Live) -> None:
    """As a person asked: no failure; nothing of it can be tried until it is back."""
    live("connection", "archive", "1msg", "--yes", "--wait")
    told = json.loads(live("connection", "get", "1msg", "--wait", "--json").stdout)
    assert ("DISABLED", None) == (told["state"], told["clientAction"])
    refused = live("connection", "check", "1msg")
    assert (3, True) == (refused.exit_code, "Try: ferry connection restore 1msg" in refused.stderr)
    assert 0 == live("connection", "restore", "1msg", "--wait").exit_code
