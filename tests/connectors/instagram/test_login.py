"""From consent to a long-lived token and its renewal, for either login (page §1.3)."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from connectors.client import new_client
from connectors.connection import Connection
from connectors.errors import BadReply, ConnectorError, InvalidCall, OutcomeUnknown, Reason, Rejected, Throttled
from connectors.instagram import PROVIDER, login
from connectors.instagram.login import Login, Token
from connectors.provider import Send
from tests.connectors.instagram.accounts import ACCOUNT, FACEBOOK, INSTAGRAM, PAGE, Standin

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
APP = Login("990000000000001", "app-secret-of-the-login-0001", "https://ferry.example/callback")
META = replace(APP, login_type="facebook_login")
CODE = "AQcode-of-the-login-0001"
SHORT = "IGAA-short-token-of-the-login-0001"
LONG = "IGAA-long-token-of-the-login-0002"
SECRETS = (APP.app_secret, CODE, SHORT, LONG)


class Door:
    """A Send that notes what left and answers alike."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self.left: list[httpx.Request] = []
        self.answer = (status, body, headers or {})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with new_client(httpx.MockTransport(self.play)) as client:
            return client.send(request)

    def play(self, request: httpx.Request) -> httpx.Response:
        self.left.append(request)
        status, body, headers = self.answer
        if isinstance(body, str):
            return httpx.Response(status, text=body, headers=headers)
        return httpx.Response(status, json=body, headers=headers)

    @property
    def asked(self) -> tuple[str, str, str, dict[str, str]]:
        """Method, host, path, query."""
        (one,) = self.left
        return one.method, one.url.host, one.url.path, dict(parse_qsl(one.url.query.decode()))


def test_where_to_consent() -> None:
    """The page's address with today's names of the permissions; those of old died."""
    url = login.authorise_url(APP, "st-1", force=True)
    parts = urlsplit(url)
    query = {name: one[0] for name, one in parse_qs(parts.query).items()}

    assert "https://www.instagram.com/oauth/authorize" == url.partition("?")[0]
    assert {
        "client_id": APP.app_id,
        "redirect_uri": APP.redirect_uri,
        "response_type": "code",
        "scope": "instagram_business_basic,instagram_business_manage_messages,instagram_business_manage_comments",
        "state": "st-1",
        "force_reauth": "true",
    } == query
    assert login.authorise_url(META, "s").startswith("https://www.facebook.com/v25.0/dialog/oauth?")
    assert "instagram_manage_messages" in login.authorise_url(META, "s")


def test_the_code_comes_back() -> None:
    """With or without the "#_" Meta hangs on it."""
    for tail in ("", "#_"):
        assert CODE == login.code_of(f"https://ferry.example/callback?code={CODE}&state=st-1{tail}", "st-1")
    assert CODE == login.code_of(f"https://ferry.example/callback?code={CODE}%23_&state=st-1", "st-1")


def test_the_person_said_no() -> None:
    """A refusal of theirs, in Meta's words."""
    with pytest.raises(Rejected) as problem:
        login.code_of("https://f.example/?error=access_denied&error_reason=user_denied&state=st-1", "st-1")

    assert (Reason.AUTH, "access_denied") == (problem.value.reason, problem.value.code)


@pytest.mark.parametrize(
    "callback", ["https://f.example/?code=x&state=other", "https://f.example/?code=x", "https://f.example/?state=st-1"]
)
def test_somebody_elses_answer(callback: str) -> None:
    """A state that is not ours, or no code."""
    with pytest.raises(InvalidCall):
        login.code_of(callback, "st-1")


EXCHANGED = {
    "documented": {"data": [{"access_token": SHORT, "user_id": "2484", "permissions": "a,b"}]},
    "seen": {"access_token": SHORT, "user_id": 2484, "permissions": ["a", "b"]},
}


@pytest.mark.parametrize("body", EXCHANGED.values(), ids=EXCHANGED)
def test_the_code_becomes_a_token(body: dict[str, Any]) -> None:
    """A form to api.instagram.com, unversioned; both shapes of the answer are read."""
    door = Door(200, body)
    token = login.exchange(door, APP, f"{CODE}#_", NOW)

    assert ("POST", "api.instagram.com", "/oauth/access_token", {}) == door.asked
    assert {
        "client_id": APP.app_id,
        "client_secret": APP.app_secret,
        "grant_type": "authorization_code",
        "redirect_uri": APP.redirect_uri,
        "code": CODE,
    } == dict(parse_qsl(door.left[0].content.decode()))
    assert Token(SHORT, NOW, None, "2484", ("a", "b")) == token


def test_a_short_token_becomes_a_long_one() -> None:
    """A GET at graph.instagram.com, unversioned; seconds become a date."""
    door = Door(200, {"access_token": LONG, "token_type": "bearer", "expires_in": 5183944})
    token = login.long_lived(door, APP, SHORT, NOW)

    query = {"grant_type": "ig_exchange_token", "client_secret": APP.app_secret, "access_token": SHORT}
    assert ("GET", "graph.instagram.com", "/access_token", query) == door.asked
    assert (LONG, NOW + timedelta(seconds=5183944)) == (token.value, token.expires_at)


def test_facebook_login() -> None:
    """A code, then a long user token, both at one versioned address."""
    door = Door(200, {"access_token": LONG, "expires_in": 5183944})
    login.exchange(door, META, CODE, NOW)
    again = Door(200, {"access_token": LONG})
    token = login.long_lived(again, META, SHORT, NOW)

    said = {"client_id": APP.app_id, "client_secret": APP.app_secret}
    first = {**said, "redirect_uri": APP.redirect_uri, "code": CODE}
    second = {**said, "grant_type": "fb_exchange_token", "fb_exchange_token": SHORT}
    assert ("GET", "graph.facebook.com", "/v25.0/oauth/access_token", first) == door.asked
    assert ("GET", "graph.facebook.com", "/v25.0/oauth/access_token", second) == again.asked
    assert token.expires_at is None


def test_the_pages_of_a_person() -> None:
    """Every page of them, each with its token and its account; the user token goes in the header."""
    one = {"id": PAGE, "name": "My shop", "access_token": LONG, "instagram_business_account": {"id": ACCOUNT}}
    more = {"cursors": {"after": "c1"}, "next": f"https://graph.facebook.com/x?access_token={SHORT}"}
    answers = [
        {"data": [one], "paging": more},
        {"data": [{"id": "2", "name": "No token"}, {"id": "3", "access_token": "t"}]},
    ]
    left: list[httpx.Request] = []

    def send(request: httpx.Request) -> httpx.Response:
        left.append(request)
        return httpx.Response(200, json=answers[len(left) - 1])

    found = login.pages(send, META, SHORT)

    assert [(PAGE, LONG, ACCOUNT), ("3", "t", None)] == [(page.id, page.token, page.account_id) for page in found]
    assert [None, "c1"] == [request.url.params.get("after") for request in left]
    assert {f"Bearer {SHORT}"} == {request.headers["authorization"] for request in left}
    assert "access_token=" not in str(left[0].url)


def test_a_token_is_looked_at() -> None:
    """debug_token, asked in the app's own name."""
    door = Door(200, {"data": {"is_valid": True, "expires_at": 1767225600, "scopes": ["a"]}})
    told = login.inspect(door, META, LONG)

    assert {"valid": True, "expires_at": datetime(2026, 1, 1, tzinfo=UTC), "scopes": ["a"]} == told
    assert f"Bearer {APP.app_id}|{APP.app_secret}" == door.left[0].headers["authorization"]


REFUSALS: dict[str, tuple[int, Any, type[ConnectorError]]] = {
    # a token call's answer: our error
    "the code exchange's own shape": (
        400,
        {"error_type": "OAuthException", "code": 400, "error_message": "Invalid SECRETS"},
        Rejected,
    ),
    "Graph's shape": (400, {"error": {"code": 190, "error_subcode": 463, "message": "expired SECRETS"}}, Rejected),
    "a wrong parameter": (400, {"error": {"code": 100, "message": "no"}}, Rejected),
    "an error in a 200": (200, {"error": {"code": 190, "message": "x"}}, Rejected),
    "no shape": (400, "<html>", Rejected),
    "too many": (400, {"error": {"code": 4, "message": "slow down"}}, Throttled),
    "too many, by the status": (429, "", Throttled),
    "a stumble": (500, {"error": {"code": 2, "message": "x"}}, OutcomeUnknown),
    "a gateway": (502, "<html>", OutcomeUnknown),
    "no token": (200, {"data": []}, BadReply),
    "a list": (200, [], BadReply),
    "nothing": (200, "", BadReply),
}
STEPS: dict[str, tuple[Callable[[Send], object], tuple[str, ...]]] = {
    # a step, and the secrets in it, which a refusal may quote
    "exchange": (lambda send: login.exchange(send, APP, CODE, NOW), (CODE, APP.app_secret)),
    "long": (lambda send: login.long_lived(send, APP, SHORT, NOW), (SHORT, APP.app_secret)),
    "refresh": (lambda send: login.refreshed(send, "https://graph.instagram.com", LONG, NOW), (LONG,)),
    "facebook": (lambda send: login.long_lived(send, META, SHORT, NOW), (SHORT, APP.app_secret)),
    "pages": (lambda send: login.pages(send, META, LONG), (LONG,)),
    "inspect": (lambda send: login.inspect(send, META, LONG), (LONG, APP.app_secret)),
}


TOKENLESS = {"pages", "inspect"}  # these look for no token in the answer
PAIRS = [(step, refusal) for step in STEPS for refusal in REFUSALS if step not in TOKENLESS or refusal != "no token"]


@pytest.mark.parametrize(("name", "refusal"), PAIRS)
def test_refusals(name: str, refusal: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each is an error of ours; no secret is in its words, nor in a log: httpx's line of each URL is not written."""
    caplog.set_level(logging.DEBUG)
    step, used = STEPS[name]
    status, body, kind = REFUSALS[refusal]
    quoting = json.loads(json.dumps(body).replace("SECRETS", " ".join(used)))
    with pytest.raises(kind) as problem:
        step(Door(status, quoting))

    told = repr(problem.value) + repr(problem.value.as_dict()) + caplog.text
    assert "HTTP Request" not in caplog.text
    assert [] == [secret for secret in SECRETS if secret in told]
    assert (problem.value.reason is Reason.AUTH) is ("190" in (problem.value.code or ""))


def test_secrets_are_in_no_repr() -> None:
    """Of an app, a token, a page."""
    told = repr(APP) + repr(Token(LONG, NOW)) + repr(login.Page("1", "n", LONG))

    assert [] == [secret for secret in SECRETS if secret in told]


# Renewing -----------------------------------------------------------------------------------------------------------


def aged(connection: Connection = INSTAGRAM, **settings: Any) -> Connection:
    """A connection whose token has this life."""
    return replace(connection, settings={**connection.settings, **settings})


def iso(days: float) -> str:
    """A time so many days from now."""
    return (NOW + timedelta(days=days)).isoformat()


DUE: dict[str, tuple[Connection, bool]] = {
    "fresh": (aged(token_issued_at=iso(-0.5), token_expires_at=iso(59.5)), False),
    "a month old": (aged(token_issued_at=iso(-30), token_expires_at=iso(30)), False),
    "15 days left": (aged(token_issued_at=iso(-45), token_expires_at=iso(15)), True),
    "a minute left": (aged(token_issued_at=iso(-59), token_expires_at=iso(0.001)), True),
    "dead": (aged(token_issued_at=iso(-60), token_expires_at=iso(0)), False),
    "short-lived and young": (aged(token_issued_at=iso(-0.01), token_expires_at=iso(0.03)), False),
    "23 hours old, nearly over": (aged(token_issued_at=iso(-23 / 24), token_expires_at=iso(5)), False),
    "a day old, nearly over": (aged(token_issued_at=iso(-1), token_expires_at=iso(5)), True),
    "only its issue known": (aged(token_issued_at=iso(-50)), True),
    "only its end known": (aged(token_expires_at=iso(10)), True),
    "as a date": (aged(token_expires_at=NOW + timedelta(days=10)), True),
    "nothing known": (INSTAGRAM, False),
    "a Page's": (aged(FACEBOOK, token_expires_at=iso(10)), False),
    "nonsense": (aged(token_expires_at="soon"), False),
}


@pytest.mark.parametrize(("connection", "wanted"), DUE.values(), ids=DUE)
def test_when_to_renew(connection: Connection, wanted: bool) -> None:  # noqa: FBT001
    """A day old at least, alive, and with a fortnight left at most."""
    assert PROVIDER.refresh is not None
    assert wanted is PROVIDER.refresh.due(connection, NOW)


def test_renewing() -> None:
    """The new token and its life; the query holds the old one, and no header does."""
    assert PROVIDER.refresh is not None
    door = Door(200, {"access_token": LONG, "token_type": "bearer", "expires_in": 5183944})
    told = PROVIDER.refresh.call(INSTAGRAM, door)

    query = {"grant_type": "ig_refresh_token", "access_token": INSTAGRAM.secret("access_token")}
    assert ("GET", "graph.instagram.com", "/refresh_access_token", query) == door.asked
    assert LONG == told["access_token"]
    issued = datetime.fromisoformat(told["settings.token_issued_at"])
    assert timedelta(seconds=5183944) == datetime.fromisoformat(told["settings.token_expires_at"]) - issued
    assert PROVIDER.settings().load({"account_id": ACCOUNT, "token_issued_at": told["settings.token_issued_at"]})


def test_a_token_too_young_is_not_a_dead_one() -> None:
    """Refused a renewal, the connection goes on with what it has: no send waits, and nobody must log in."""
    assert PROVIDER.refresh is not None
    with pytest.raises(Rejected) as problem:
        PROVIDER.refresh.call(INSTAGRAM, Door(400, {"error": {"code": 100, "message": "less than 24 hours old"}}))

    assert Reason.OTHER is problem.value.reason
    assert not PROVIDER.refresh.pressing(aged(token_expires_at=iso(1)), NOW)
    assert not PROVIDER.refresh.on_refusal(INSTAGRAM)


def test_a_page_token_is_not_renewed() -> None:
    """There is no such call; one logs in again."""
    assert PROVIDER.refresh is not None
    with pytest.raises(InvalidCall):
        PROVIDER.refresh.call(FACEBOOK, Door(200, {}))


# With the stand-in, over real HTTP ----------------------------------------------------------------------------------


def test_a_whole_login_and_a_renewal(standin: Callable[[str], Standin]) -> None:
    """Consent, code (once), short token, long token, a call with it, a day later a new one; the old ones are dead."""
    stand = standin("instagram_login")
    now = [1767225600.0]
    stand.simulator.memory.clock = lambda: now[0]
    app = Login(
        "990000000000001",
        stand.simulator.secrets["instagram_app_secret"],
        "https://ferry.example/callback",
        base_url=stand.url,
    )
    consent = stand.client.get(login.authorise_url(app, "st-1"))
    code = login.code_of(consent.headers["location"], "st-1")
    send = stand.client.send
    moment = datetime.fromtimestamp(now[0], UTC)
    short = login.exchange(send, app, code, moment)
    with pytest.raises(Rejected):
        login.exchange(send, app, code, moment)
    token = login.long_lived(send, app, short.value, moment)
    with pytest.raises(Rejected):
        login.refreshed(send, stand.url, token.value, moment)  # too young
    now[0] += 25 * 3600
    renewed = login.refreshed(send, stand.url, token.value, moment)
    mine = replace(stand.connection(), secrets={"access_token": renewed.value})
    with new_client() as client:
        found = login_account(mine, client)
        assert ACCOUNT == found
        with pytest.raises(Rejected) as dead:
            login_account(replace(mine, secrets={"access_token": token.value}), client)
        now[0] += 61 * 24 * 3600
        with pytest.raises(Rejected) as expired:
            login_account(mine, client)
        with pytest.raises(Rejected):
            login.refreshed(send, stand.url, renewed.value, moment)

    assert [Reason.AUTH, Reason.AUTH] == [dead.value.reason, expired.value.reason]
    assert "190/463" == expired.value.code


def login_account(connection: Connection, client: httpx.Client) -> Any:
    """Whose token it is."""
    from connectors.client import asking

    return asking(PROVIDER, connection, client)("get-account", {})["account_id"]


def test_a_login_through_facebook(standin: Callable[[str], Standin]) -> None:
    """Code, user token, long user token, the Page whose account it is."""
    stand = standin("facebook_login")
    secret = stand.simulator.secrets["app_secret"]
    app = Login("990000000000001", secret, "https://ferry.example/callback", "facebook_login", base_url=stand.url)
    consent = stand.client.get(login.authorise_url(app, "st-1"))
    code = login.code_of(consent.headers["location"], "st-1")
    user = login.exchange(stand.client.send, app, code, NOW)
    long = login.long_lived(stand.client.send, app, user.value, NOW)
    pages = login.pages(stand.client.send, app, long.value)
    mine = next(page for page in pages if page.account_id == ACCOUNT)

    assert (PAGE, stand.simulator.secrets["access_token"]) == (mine.id, mine.token)
    assert login.inspect(stand.client.send, app, mine.token)["valid"]
    assert not login.inspect(stand.client.send, app, "EAA-nobody")["valid"]
    with pytest.raises(Rejected):
        login.exchange(stand.client.send, app, code, NOW)
