"""The login as `ferry connect` walks it, over real HTTP; and what is noted of a token given by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.client import new_client, sending
from connectors.connection import Connection
from connectors.errors import ConnectorError, InvalidCall, OutcomeUnknown, Rejected, Unreachable
from connectors.instagram import PROVIDER
from connectors.instagram.consent import LOGIN
from connectors.provider import Grant
from tests.connectors.instagram.accounts import ACCOUNT, FACEBOOK, INSTAGRAM, PAGE, Standin

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BACK = "http://localhost:8765/callback"
ISSUED, EXPIRES = "settings.token_issued_at", "settings.token_expires_at"


def before_login(stand: Standin) -> Connection:
    """What a person knows before the login: the app, not the token nor whose it is."""
    known = stand.connection(app_id="990000000000001")
    settings = {name: value for name, value in known.settings.items() if name not in {"account_id", "page_id"}}
    return replace(known, settings=settings, secrets={**known.secrets, "access_token": ""})


def consent(stand: Standin, connection: Connection, state: str = "st-1") -> str:
    """The URL the person comes back to."""
    return str(stand.client.get(LOGIN.address(connection, BACK, state)).headers["location"])


def grants(stand: Standin, connection: Connection, code: str) -> list[Grant]:
    """The accounts behind a code."""
    return LOGIN.grants(connection, BACK, code, sending(stand.client, 10.0), NOW)


def test_instagram_login(standin: Callable[[str], Standin]) -> None:
    """One account, a token of 60 days with its dates, under the id that webhooks carry."""
    stand = standin("instagram_login")
    mine = before_login(stand)

    (one,) = grants(stand, mine, LOGIN.code(consent(stand, mine), "st-1"))

    assert (f"my.shop ({ACCOUNT})", ACCOUNT) == (one.title, one.account)
    assert (ACCOUNT, f"24{ACCOUNT[2:]}") == (one.changes["settings.account_id"], one.changes["settings.app_scoped_id"])
    assert ("2026-03-01T12:00:00.000Z", "2026-04-30T12:00:00.000Z") == (one.changes[ISSUED], one.changes[EXPIRES])
    assert str(one.changes["access_token"]) not in repr(one)


def test_facebook_login(standin: Callable[[str], Standin]) -> None:
    """The Page that is linked to an account, with its own token, which has no dates; the other Page is left out."""
    stand = standin("facebook_login")
    mine = before_login(stand)

    (one,) = grants(stand, mine, LOGIN.code(consent(stand, mine), "st-1"))

    assert f"my.shop ({ACCOUNT}) of the Page My shop" == one.title
    assert {
        "settings.account_id": ACCOUNT,
        "settings.page_id": PAGE,
        "access_token": stand.simulator.secrets["access_token"],
        ISSUED: None,
        EXPIRES: None,
    } == one.changes


def test_no_page_is_linked(standin: Callable[[str], Standin]) -> None:
    """Said in words, not as a list of nothing."""
    stand = standin("facebook_login")
    mine = before_login(stand)
    code = LOGIN.code(consent(stand, mine), "st-1")
    stand.simulator.settings["account_id"] = None

    with pytest.raises(Rejected, match="none of the Pages"):
        grants(stand, mine, code)


@pytest.mark.parametrize("kind", ["instagram_login", "facebook_login"])
def test_what_goes_wrong(standin: Callable[[str], Standin], kind: str) -> None:
    """The person says no; the code is used, or an hour old; the app's secret is another's."""
    stand = standin(kind)
    now = [1767225600.0]
    stand.simulator.memory.clock = lambda: now[0]
    mine = before_login(stand)
    stand.set_up(consent="deny")
    with pytest.raises(Rejected, match="denied"):
        LOGIN.code(consent(stand, mine), "st-1")
    stand.set_up()
    with pytest.raises(InvalidCall, match="another login"):
        LOGIN.code(consent(stand, mine, "another"), "st-1")

    code = LOGIN.code(consent(stand, mine), "st-1")
    wrong = replace(mine, secrets=dict.fromkeys(mine.secrets, "another-app-secret"))
    with pytest.raises(Rejected, match="client secret"):
        grants(stand, wrong, code)
    grants(stand, mine, code)
    with pytest.raises(Rejected, match="used"):
        grants(stand, mine, code)
    late = LOGIN.code(consent(stand, mine), "st-1")
    now[0] += 3600
    with pytest.raises(Rejected, match="expired"):
        grants(stand, mine, late)


@pytest.mark.parametrize("kind", ["instagram_login", "facebook_login"])
def test_what_the_login_takes(kind: str) -> None:
    """The app's id and its secret: the Instagram app's or Meta's; without them nobody is sent anywhere."""
    secret = {"instagram_login": "instagram_app_secret", "facebook_login": "app_secret"}[kind]

    assert ("app_id", secret) == LOGIN.needs({"login_type": kind})
    assert ("app_id", "instagram_app_secret") == LOGIN.needs({})
    with pytest.raises(InvalidCall):
        LOGIN.address(Connection("c", "instagram", {"login_type": kind}, {secret: "s"}), BACK, "st")
    with pytest.raises(InvalidCall):
        LOGIN.address(Connection("c", "instagram", {"login_type": kind, "app_id": "1"}), BACK, "st")
    schemas = set(PROVIDER.settings().fields) | set(PROVIDER.secrets().fields)
    assert LOGIN.gives | {*LOGIN.needs({"login_type": kind})} <= schemas


FAULTS: dict[type[httpx.HTTPError], type[ConnectorError]] = {
    httpx.ConnectError: Unreachable,
    httpx.ReadTimeout: OutcomeUnknown,
    httpx.RemoteProtocolError: OutcomeUnknown,
}


@pytest.mark.parametrize(("fault", "ours"), FAULTS.items(), ids=[one.__name__ for one in FAULTS])
def test_the_line_breaks(fault: type[httpx.HTTPError], ours: type[ConnectorError]) -> None:
    """An error of ours, in the step where it broke."""

    def play(request: httpx.Request) -> httpx.Response:
        raise fault("broken")

    mine = replace(INSTAGRAM, settings={**INSTAGRAM.settings, "app_id": "1"})
    with new_client(httpx.MockTransport(play)) as client, pytest.raises(ours):
        LOGIN.grants(mine, BACK, "code", sending(client, 5.0), NOW)


# A token given by hand ----------------------------------------------------------------------------------------------

OTHER = {"access_token": "IGAA-another-token-0009"}
FIRST = {ISSUED: "2026-03-01T12:00:00.000Z", EXPIRES: None}
OLD = {"token_issued_at": "2026-01-01T00:00:00+00:00", "token_expires_at": "2026-02-01T00:00:00+00:00"}
NEW = {"token_expires_at": "2026-04-01T00:00:00+00:00"}


def now_with(connection: Connection, settings: dict[str, Any], secrets: dict[str, str] | None = None) -> Connection:
    """The connection with these laid over it."""
    return replace(
        connection,
        settings={**connection.settings, **settings},
        secrets={**connection.secrets, **(secrets or {})},
    )


GIVEN: dict[str, tuple[Connection | None, Connection, dict[str, str | None]]] = {
    "a first token without dates": (None, INSTAGRAM, FIRST),
    "a first token with its end": (None, now_with(INSTAGRAM, NEW), {}),
    "the same again, dated": (now_with(INSTAGRAM, OLD), now_with(INSTAGRAM, OLD), {}),
    "the same again, from before there were dates": (INSTAGRAM, INSTAGRAM, FIRST),
    "another token over old dates": (now_with(INSTAGRAM, OLD), now_with(INSTAGRAM, OLD, OTHER), FIRST),
    "another token over old dates in other words": (
        now_with(INSTAGRAM, OLD),
        now_with(INSTAGRAM, {name: f"{word[:19]}.000Z" for name, word in OLD.items()}, OTHER),
        FIRST,
    ),
    "another token with its own": (now_with(INSTAGRAM, OLD), now_with(INSTAGRAM, {**OLD, **NEW}, OTHER), {}),
    "a date mended": (now_with(INSTAGRAM, OLD), now_with(INSTAGRAM, NEW), {}),
    "a Page's": (None, FACEBOOK, {ISSUED: None, EXPIRES: None}),
    "a Page's over old dates": (now_with(FACEBOOK, OLD), now_with(FACEBOOK, OLD, OTHER), {ISSUED: None, EXPIRES: None}),
    "a Page's again": (FACEBOOK, FACEBOOK, {}),
}


@pytest.mark.parametrize(("before", "after", "noted"), GIVEN.values(), ids=GIVEN)
def test_what_is_noted_of_a_token(before: Connection | None, after: Connection, noted: dict[str, str | None]) -> None:
    """Without a date its renewal would never be due; the dates of the token before it are not its own."""
    assert PROVIDER.refresh is not None
    assert noted == PROVIDER.refresh.given(before, after, NOW)


def test_a_token_of_unknown_age_is_renewed_as_soon_as_it_may_be() -> None:
    """It may be older than it seems; after a renewal its end is known."""
    assert PROVIDER.refresh is not None
    mine = now_with(INSTAGRAM, {"token_issued_at": NOW.isoformat()})

    assert not PROVIDER.refresh.due(mine, NOW + timedelta(hours=23))
    assert PROVIDER.refresh.due(mine, NOW + timedelta(hours=25))
    assert not PROVIDER.refresh.due(
        now_with(mine, {"token_expires_at": (NOW + timedelta(days=60)).isoformat()}), NOW + timedelta(hours=25)
    )
