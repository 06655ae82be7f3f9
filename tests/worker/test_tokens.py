"""Secrets that expire: renewed by one of many processes; one that cannot be is told once, and no send fails over it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
import redis as redis_client

from connectors.errors import BadReply, ConnectorError, InvalidCall, Reason, Rejected, Unreachable
from connectors.infobip import access
from connectors.registry import PROVIDERS
from tests.eventually import eventually
from tests.worker.cli.served import standin_served
from tests.worker.pipeline import PUBLIC, Pipeline, build
from worker import provision, standing, tokens
from worker.accept import accept
from worker.settings import environment
from worker.store import runs
from worker.store.vault import new_key

SECRETS = {"client_id": "acme", "client_secret": "simulated-client-secret"}
LATE = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def ferry(redis: redis_client.Redis) -> Pipeline:
    """A connection that speaks with a token, which has ended."""
    made = build(redis)
    with_token(made)
    return made


def with_token(ferry: Pipeline) -> None:
    """Infobip over OAuth."""
    ferry.connect("infobip")
    ferry.simulators["infobip"].secrets.update(SECRETS)
    made = standing.change(ferry.core, "infobip", secrets={"api_key": None, **SECRETS})
    assert "READY" == made.state, made.error


def ended(ferry: Pipeline) -> Any:
    """Its token is over."""
    core = ferry.core
    return core.connections.update("infobip", lambda now: tokens.apply(now, {"settings.token_expires_at": LATE}))


def asked(simulator: Any) -> int:
    """How often a token was asked for."""
    return len([one for one in simulator.requests() if one["path"] == access.TOKEN_PATH])


def down(simulator: Any, times: int) -> None:
    """The token calls are answered 503; they are no action, so all are."""
    simulator.behave(status=503, times=times)


def told(ferry: Pipeline) -> list[tuple[str, str]]:
    """Each connection.state event: before, state."""
    return [(one["state"]["before"], one["state"]["state"]) for one in ferry.events("connection.state")]


def text_to(ferry: Pipeline, to: str) -> str:
    """A run."""
    body = {"connection": "infobip", "action": "send-sms-message", "input": {"to": to, "text": "x"}}
    return accept(ferry.core, body).id


def test_a_renewal_that_fails_is_told_once_and_sends_wait(ferry: Pipeline) -> None:
    """One question for all of them; when it works again they go out, and that is told too."""
    simulator = ferry.simulators["infobip"]
    ended(ferry)
    before = asked(simulator)
    down(simulator, 1)
    idents = [text_to(ferry, f"4479000001{count:02d}") for count in range(5)]
    for _ in range(3):
        with pytest.raises(Unreachable, match="could not be renewed"):
            tokens.fresh(ferry.core, provision.get(ferry.core, "infobip"))
    ferry.settle(2)

    now = provision.get(ferry.core, "infobip")
    assert ("SETUP_FAILED", "renewal") == (now.state, (now.error or {})["code"])
    assert [("READY", "SETUP_FAILED")] == told(ferry)
    assert 1 == asked(simulator) - before
    assert {"queued", "waiting"} >= {(runs.get(ferry.core.store, one) or {})["state"] for one in idents}
    assert 0 == tokens.turn(ferry.core)

    ferry.core.store.client.delete("f:renewing:infobip:rests")
    assert 1 == tokens.turn(ferry.core)
    assert [("READY", "SETUP_FAILED"), ("SETUP_FAILED", "READY")] == told(ferry)
    eventually(lambda: _settled(ferry, idents))
    assert 2 == asked(simulator) - before


def _settled(ferry: Pipeline, idents: list[str]) -> bool:
    ferry.settle()
    return ["succeeded"] * len(idents) == [(runs.get(ferry.core.store, one) or {})["state"] for one in idents]


def test_a_refused_renewal_needs_a_person_once(ferry: Pipeline) -> None:
    """However many calls wait for it."""
    ended(ferry)
    ferry.simulators["infobip"].behave(status=401, times=1)
    idents = [text_to(ferry, f"4479000001{count:02d}") for count in range(3)]
    ferry.settle(2)

    assert "CLIENT_ACTION_REQUIRED" == provision.get(ferry.core, "infobip").state
    assert [("READY", "CLIENT_ACTION_REQUIRED")] == told(ferry)
    assert {"queued", "waiting"} >= {(runs.get(ferry.core.store, one) or {})["state"] for one in idents}


@pytest.mark.parametrize(
    "problem", [Rejected("not for you", reason=Reason.POLICY), BadReply("strange words"), InvalidCall("no such grant")]
)
def test_whatever_goes_wrong_with_a_renewal_fails_no_send(
    ferry: Pipeline, monkeypatch: pytest.MonkeyPatch, problem: ConnectorError
) -> None:
    """A refusal that is not about the credentials is a state as well, and told once; the sends wait for it."""

    def refuses(spoken: Any, send: Any) -> Any:
        raise problem

    ended(ferry)
    chosen = PROVIDERS["infobip"]
    assert chosen.refresh is not None
    monkeypatch.setitem(PROVIDERS, "infobip", replace(chosen, refresh=replace(chosen.refresh, call=refuses)))
    idents = [text_to(ferry, f"4479000001{count:02d}") for count in range(3)]
    ferry.settle(2)

    now = provision.get(ferry.core, "infobip")
    assert ("SETUP_FAILED", "renewal") == (now.state, (now.error or {})["code"])
    assert [("READY", "SETUP_FAILED")] == told(ferry)
    assert {"queued", "waiting"} >= {(runs.get(ferry.core.store, one) or {})["state"] for one in idents}


def test_what_a_person_gave_meanwhile_is_not_overwritten(ferry: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither another token nor anything else they changed."""
    stored = ended(ferry)
    core = ferry.core
    real = tokens.apply

    def slow(now: Any, changed: Any) -> Any:
        monkeypatch.setattr(tokens, "apply", real)
        core.connections.update("infobip", lambda one: real(one, {"webhook_hmac_key": "made-up-key"}))
        return real(now, changed)

    monkeypatch.setattr(tokens, "apply", slow)
    after = tokens.renew(core, stored)
    assert "made-up-key" == after.secrets["webhook_hmac_key"]
    assert after.secrets["access_token"] != stored.secrets["access_token"]


PROGRAM = """
import sys, time
from worker import tokens
from worker.core import build
from worker.settings import read
core = build(read(), lambda partition, queue: None)
stored = core.connections.get("infobip", fresh=True)
core.store.client.incr("test:here")
while not core.store.client.exists("test:go"):
    time.sleep(0.005)
print(tokens.fresh(core, stored).secrets["access_token"])
"""


def test_two_processes_renew_once(redis: redis_client.Redis, redis_url: str) -> None:
    """Real ones, at the same moment, over real HTTP: one asks, both have the same token."""
    key = new_key()
    ferry = build(redis, secret_keys=(key,))
    with_token(ferry)
    simulator = ferry.simulators["infobip"]
    with standin_served(simulator) as url:
        core = ferry.core
        core.connections.update(
            "infobip", lambda now: tokens.apply(now, {"settings.base_url": url, "settings.token_expires_at": LATE})
        )
        before = asked(simulator)
        simulator.behave(delay=0.3, times=1)
        given = environment({"REDIS_URL": redis_url, "FERRY_SECRET_KEYS": key, "FERRY_PUBLIC_URL": PUBLIC})
        both = [
            subprocess.Popen([sys.executable, "-c", PROGRAM], env=given, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        try:
            eventually(lambda: redis.get("test:here") == b"2")
            redis.set("test:go", "1")
            found = [one.communicate(timeout=30)[0].strip() for one in both]
        finally:
            for one in both:
                one.kill()
                one.wait()

    assert 1 == len(set(found))
    assert found[0]
    assert 1 == asked(simulator) - before
