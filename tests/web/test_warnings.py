"""A token that ends soon is seen by whoever looks: the API, and the doctor from inside and from outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import redis as redis_client

from tests.web.door import KEY, Door, open_door
from worker.cli.examination import Finding, outside
from worker.store.text import iso


def days_left(count: float) -> dict[str, Any]:
    """Settings of a token that is renewed no more."""
    return {"token_issued_at": iso(datetime.now(UTC) - timedelta(days=60)), "token_expires_at": iso(ends(count))}


def ends(count: float) -> datetime:
    """So many days from now."""
    return datetime.now(UTC) + timedelta(days=count)


def test_the_api_warns(door: Door) -> None:
    """Beside a state that is READY and asks for no new token; empty where there is nothing to say."""
    door.ferry.connect("instagram", "soon", **days_left(6.5))
    door.ferry.connect("instagram", "later", **days_left(45))
    door.ferry.connect("1msg")

    found = {one["id"]: one for one in door.get("/v1/connections")["items"]}

    assert {"READY"} == {one["state"] for one in found.values()}
    assert {"paste-webhook", None} == {(one["clientAction"] or {}).get("type") for one in found.values()}
    assert ([], []) == (found["later"]["warnings"], found["1msg"]["warnings"])
    (warned,) = found["soon"]["warnings"]
    assert ("token_expires", 6, False) == (warned["code"], warned["days_left"], warned["renews"])
    assert "`ferry connect instagram --key soon`" in warned["text"]
    assert found["soon"] == door.get("/v1/connections/soon")


def verdicts(findings: list[Finding], name: str) -> list[tuple[str, bool]]:
    """What is said of it, and whether that is about a token's end."""
    return [(one.verdict, "the token ends" in one.words) for one in findings if one.name == name]


def test_the_doctor_warns_from_outside(redis: redis_client.Redis) -> None:
    """A warning is no failure."""
    door = open_door(redis)
    door.ferry.connect("instagram", "soon", **days_left(6.5))
    door.ferry.connect("instagram", "renewed", token_issued_at=iso(ends(-1)), token_expires_at=iso(ends(20)))
    transport = httpx.WSGITransport(app=door.app)

    found = list(outside("http://ferry.invalid", KEY, transport, needed=True))

    assert [("ok", False), ("warning", True)] == verdicts(found, "connection soon")
    assert [("ok", False), ("ok", True)] == verdicts(found, "connection renewed")
