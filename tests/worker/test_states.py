"""Why a gate is closed: the last reason that closes it as long counts, also within one millisecond."""

from __future__ import annotations

import time

import pytest
import redis

from tests.worker.pipeline import build
from worker import states


def test_a_reason_given_in_the_same_millisecond_replaces_the_former(
    redis: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paused and resumed at once while the credentials are refused: what is left is the refusal."""
    ferry = build(redis)
    stored = ferry.connect("1msg")
    moment = time.time()
    monkeypatch.setattr(time, "time", lambda: moment)
    for reason in ("auth", "paused", "auth"):
        states.gate(ferry.core, stored.id, states.FAR_MS, reason)
    assert redis.hget(f"f:{{0}}:g:{stored.id}", "reason") == b"auth"

    states.gate(ferry.core, stored.id, 1_000, "usage")
    assert redis.hget(f"f:{{0}}:g:{stored.id}", "reason") == b"auth"
    states.gate(ferry.core, stored.id, 0, "")
    assert redis.hget(f"f:{{0}}:g:{stored.id}", "reason") is None
