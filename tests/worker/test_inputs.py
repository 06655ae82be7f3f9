"""What is needed for a call and may be seen nowhere."""

from __future__ import annotations

import json

import pytest
import redis

from tests.worker.pipeline import build
from worker.accept import Conflict, accept
from worker.store import runs


def test_a_pin_reaches_the_provider_and_nothing_else(redis: redis.Redis) -> None:
    """Verifying a PIN: the call carries it; the run, its events and everything in Redis do not."""
    ferry = build(redis)
    stored = ferry.connect("infobip")
    body = {"connection": stored.id, "action": "verify-tfa-pin", "input": {"pin_id": "nobodys", "pin": "918273"}}
    ident = accept(ferry.core, body).id
    ferry.settle()

    (call,) = ferry.simulators["infobip"].requests("verify-tfa-pin")
    assert call["body"]["pin"] == "918273"
    run = runs.get(ferry.core.store, ident)
    assert run is not None
    assert run["input"]["pin"] == "…"
    assert "918273" not in json.dumps(run)
    assert "918273" not in json.dumps(ferry.events())
    for key in redis.scan_iter("*"):
        kept = redis.dump(key)
        assert kept is None or b"918273" not in kept, key


def test_the_same_pin_is_the_same_run_and_another_a_conflict(redis: redis.Redis) -> None:
    """Idempotency sees what nobody may: by a digest under our key."""
    ferry = build(redis)
    stored = ferry.connect("infobip")

    def verify(pin: str) -> str:
        given = {"pin_id": "one", "pin": pin}
        body = {"connection": stored.id, "action": "verify-tfa-pin", "input": given, "idempotency_key": "k"}
        return accept(ferry.core, body).id

    assert verify("1111") == verify("1111")
    with pytest.raises(Conflict):
        verify("2222")
