"""A read mark may be made twice, so it is made again when its worker died with it at the socket."""

from __future__ import annotations

import pytest

from tests.crash.stand import Stand
from tests.eventually import eventually

pytestmark = pytest.mark.crash

ACTION = "mark-message-as-read"


def test_a_repeatable_action_is_done_again(stand: Stand) -> None:
    """kill -9 after leaving: once its deadline has passed it leaves again, and nobody has to prove anything."""
    stand.behave("1msg", action=ACTION, delay=2.0, times=1)
    before = len(stand.dev.asked("1msg", ACTION))
    body = {"connection": "1msg", "action": ACTION, "input": {"message_id": "wamid.READ=="}}
    run = stand.dev.api("POST", "/v1/runs", json=body).raise_for_status().json()["id"]
    eventually(lambda: len(stand.dev.asked("1msg", ACTION)) == before + 1)
    stand.kill_worker()

    eventually(lambda: stand.dev.api("GET", f"/v1/runs/{run}").json()["state"] == "succeeded", 60.0)
    assert before + 2 == len(stand.dev.asked("1msg", ACTION))
