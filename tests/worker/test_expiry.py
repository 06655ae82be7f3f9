"""Tokens that end: told in time, once each; and what is noted of those that people give."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from connectors.errors import InvalidCall
from tests.worker.pipeline import Pipeline, build
from worker import archiving, expiry, provision, standing, states, tokens
from worker.chores import Chores
from worker.store.connections import READY, Stored
from worker.store.text import iso

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HAND = {"access_token": "IGAA-simulated-token-0001"}


@pytest.fixture
def ferry(redis: redis.Redis) -> Pipeline:
    """With no connection yet."""
    return build(redis)


def shop(ferry: Pipeline, days: float | None = None, *, age: float = 30, **more: Any) -> Stored:
    """A connection whose token is so old and has so many days left, as of NOW."""
    dates = {"token_issued_at": iso(NOW - timedelta(days=age))}
    if days is not None:
        dates["token_expires_at"] = iso(NOW + timedelta(days=days))
    return ferry.connect("instagram", "shop", **dates, **more)


def told(ferry: Pipeline) -> list[tuple[str, str, list[int]]]:
    """Each connection.state event: before, state, the days left it warns of."""
    found = [one["state"] for one in ferry.events("connection.state")]
    return [(one["before"], one["state"], [two["days_left"] for two in one["warnings"]]) for one in found]


def test_each_threshold_is_told_once(ferry: Pipeline, caplog: pytest.LogCaptureFixture) -> None:
    """Hourly looks over the last forty days: three events, three lines in the log; READY all the while."""
    shop(ferry, 40, age=20)
    for hours in range(0, 40 * 24, 5):
        expiry.turn(ferry.core, NOW + timedelta(hours=hours))

    assert [(READY, READY, [30]), (READY, READY, [6]), (READY, READY, [0])] == told(ferry)
    assert 3 == caplog.text.count("token ends soon")
    stored = provision.get(ferry.core, "shop")
    assert (READY, "paste-webhook") == (stored.state, (stored.action or {}).get("type"))  # which is another matter


def test_one_met_late_is_told_of_once(ferry: Pipeline) -> None:
    """With five days left there is one thing to say, not three."""
    shop(ferry, 5)
    for _ in range(3):
        expiry.turn(ferry.core, NOW)

    assert [(READY, READY, [5])] == told(ferry)


def test_a_renewed_token_is_another_token(ferry: Pipeline) -> None:
    """Its own thresholds count."""
    stored = shop(ferry, 5)
    expiry.turn(ferry.core, NOW)
    ferry.core.connections.save(
        replace(stored, settings={**stored.settings, "token_expires_at": iso(NOW + timedelta(6))})
    )
    expiry.turn(ferry.core, NOW)

    assert 2 == len(told(ferry))


def test_a_token_that_ended_waits_for_a_person(ferry: Pipeline) -> None:
    """CLIENT_ACTION_REQUIRED with the command to type; its sends wait; told once; a new token lets them go."""
    stored = shop(ferry, 0)
    expiry.turn(ferry.core, NOW)
    expiry.turn(ferry.core, NOW)

    found = provision.get(ferry.core, "shop")
    assert states.CLIENT_ACTION_REQUIRED == found.state
    assert found.action is not None
    assert "connect" == found.action["type"]
    assert "`ferry connect instagram --key shop`" in found.action["description"]
    assert "`ferry connect instagram --key shop`" in found.action["agentInstructions"]
    assert found.error is not None
    assert ("auth", "the token ended on 2026-03-01 at 12:00 UTC") == (found.error["reason"], found.error["text"])
    assert [(READY, states.CLIENT_ACTION_REQUIRED, [])] == told(ferry)
    assert [] == expiry.warnings(ferry.core.provider(found), found, NOW)
    gate = ferry.core.store.key(ferry.core.store.of("shop"), "g:shop")
    assert b"auth" == ferry.core.store.client.hget(gate, "reason")

    after = standing.change(ferry.core, "shop", settings={"token_expires_at": iso(NOW + timedelta(60))})
    assert READY == after.state
    assert stored.secrets == after.secrets
    assert b"auth" != ferry.core.store.client.hget(gate, "reason")


QUIET: dict[str, dict[str, Any]] = {
    "far away": {"days": 31},
    "nobody knows": {},
}


@pytest.mark.parametrize("words", QUIET.values(), ids=QUIET)
def test_there_is_nothing_to_say(ferry: Pipeline, words: dict[str, Any]) -> None:
    """Neither an event nor a warning."""
    stored = shop(ferry, **words)
    expiry.turn(ferry.core, NOW)

    assert ([], []) == (told(ferry), expiry.warnings(ferry.core.provider(stored), stored, NOW))


def test_what_is_renewed_from_a_password_never_ends(ferry: Pipeline) -> None:
    """An access token that Ferry can always fetch anew concerns nobody; nor does the date of one no longer used."""
    stored = ferry.connect("infobip", "sms", token_expires_at=iso(NOW - timedelta(days=1)))
    expiry.turn(ferry.core, NOW)

    assert ([], []) == (told(ferry), expiry.warnings(ferry.core.provider(stored), stored, NOW))
    assert READY == provision.get(ferry.core, "sms").state


def test_the_archived_are_left_alone(ferry: Pipeline) -> None:
    """Nobody misses them."""
    shop(ferry, 0)
    archiving.archive(ferry.core, "shop")
    before = told(ferry)
    expiry.turn(ferry.core, NOW)

    assert before == told(ferry)


def test_warnings_say_what_to_do(ferry: Pipeline) -> None:
    """Nothing, while the renewal is still to come; else the command."""
    early, late = shop(ferry, 20), shop(ferry, 6, age=54)
    page = shop(ferry, 20, login_type="facebook_login", page_id="100000000000077")
    (soon,), (now,), (never) = (expiry.warnings(ferry.core.provider(one), one, NOW) for one in (early, late, page))

    assert {
        "code": "token_expires",
        "text": "the token ends on 2026-03-21 at 12:00 UTC, 20 days left: Ferry renews it before that",
        "expires_at": "2026-03-21T12:00:00.000Z",
        "days_left": 20,
        "renews": True,
    } == soon
    assert (False, True) == (now["renews"], now["text"].endswith("run `ferry connect instagram --key shop`"))
    assert not never[0]["renews"]


def test_the_chores_look(ferry: Pipeline) -> None:
    """At the first turn of whoever is elected."""
    ends = datetime.now(UTC) + timedelta(days=3)
    ferry.connect("instagram", "shop", token_issued_at=iso(datetime.now(UTC)), token_expires_at=iso(ends))
    Chores(ferry.core, lambda: True).turn()

    assert [(READY, READY, [2])] == told(ferry)


# What is noted of given tokens --------------------------------------------------------------------------------------


def test_a_token_without_dates_is_issued_when_it_is_given(ferry: Pipeline) -> None:
    """Made, made again, replaced: its renewal becomes due; a date that is said stands, as JSON can say it."""
    made = ferry.connect("instagram", "shop")
    issued = datetime.fromisoformat(made.settings["token_issued_at"])
    assert timedelta(0) <= datetime.now(UTC) - issued < timedelta(minutes=5)
    refresh = ferry.core.provider(made).refresh
    assert refresh is not None
    assert refresh.due(made.speak(""), datetime.now(UTC) + timedelta(days=2))

    assert made.settings == ferry.connect("instagram", "shop").settings
    said = standing.change(ferry.core, "shop", settings={"token_issued_at": "2026-01-01T01:00:00+01:00"})
    assert "2026-01-01T00:00:00.000Z" == said.settings["token_issued_at"]
    assert said == provision.get(ferry.core, "shop")
    other = standing.change(ferry.core, "shop", secrets={"access_token": "IGAA-another-token-0009"})
    assert issued <= datetime.fromisoformat(other.settings["token_issued_at"])


def test_a_connection_from_before_learns_its_date(ferry: Pipeline) -> None:
    """At its next `ensure`, and stays READY."""
    made = ferry.connect("instagram", "shop")
    ferry.core.connections.save(tokens.apply(made, {"settings.token_issued_at": None}))

    again = ferry.connect("instagram", "shop")

    assert (READY, True) == (again.state, "token_issued_at" in again.settings)


def test_a_renewal_that_failed_in_good_time_rests(ferry: Pipeline) -> None:
    """The provider is not asked each minute for what it refuses."""
    shop(ferry)
    now = datetime.now(UTC)
    standing.change(
        ferry.core,
        "shop",
        settings={
            "token_issued_at": iso(now - timedelta(days=50)),
            "token_expires_at": iso(now + timedelta(days=10)),
        },
    )
    sim = ferry.simulators["instagram"]
    sim.behave(status=400, body={"error": {"code": 100, "message": "not now"}})

    assert [0, 0] == [tokens.turn(ferry.core), tokens.turn(ferry.core)]
    asked = [one for one in sim.requests() if one["path"] == "/refresh_access_token"]
    assert 1 == len(asked)
    assert READY == provision.get(ferry.core, "shop").state


def test_an_id_of_digits_may_come_as_a_number(ferry: Pipeline) -> None:
    """As a command line or JSON says it; a flag is no number."""
    made = ferry.connect("instagram", "shop", account_id=17841400000000001, app_id=990000000000001)

    assert ("17841400000000001", "990000000000001") == (made.settings["account_id"], made.settings["app_id"])
    with pytest.raises(InvalidCall):
        ferry.connect("instagram", "other", app_id=True)
