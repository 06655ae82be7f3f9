"""Getting in: hosts, the four ways to authenticate, tokens, the guard, the check."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.connection import Connection
from connectors.errors import ConnectorError, InvalidCall, OutcomeUnknown, Refused, Rejected, Throttled
from connectors.guards import HookRequest
from connectors.infobip import PROVIDER, access
from connectors.infobip.guard import sign
from connectors.infobip.settings import HMAC_DIGESTS
from tests.connectors.infobip.stage import HOOK, connect, run, served, simulate

HOSTS = {
    "https://xk4d9p.api.infobip.com": "https://xk4d9p.api.infobip.com",
    "https://xk4d9p.api.infobip.com/": "https://xk4d9p.api.infobip.com",
    "https://xk4d9p.api.infobip.com/sms/3/": "https://xk4d9p.api.infobip.com",
    "xk4d9p.api.infobip.com": "https://xk4d9p.api.infobip.com",
    "xk4d9p.api.infobip.com/": "https://xk4d9p.api.infobip.com",
    " XK4D9P ": "https://xk4d9p.api.infobip.com",
    "": "https://api.infobip.com",
    "http://127.0.0.1:8000": "http://127.0.0.1:8000",
    "http://localhost:8000/x": "http://localhost:8000",
}


@pytest.mark.parametrize(("given", "host"), HOSTS.items())
def test_what_people_paste_is_understood(given: str, host: str) -> None:
    """With or without scheme, path and slash, or only the id."""
    assert f"{host}/sms/3/messages" == PROVIDER.locate(connect({"base_url": given}), "/sms/3/messages")


@pytest.mark.parametrize("given", ["http://xk4d9p.api.infobip.com", "http://10.0.0.1", "ftp://api.infobip.com"])
def test_plain_http_is_for_loopback_only(given: str) -> None:
    """A key never leaves in the clear."""
    with pytest.raises(InvalidCall):
        PROVIDER.locate(connect({"base_url": given}), "/")


def header(settings: dict[str, Any], secrets: dict[str, str]) -> str:
    """The Authorization header that a connection sends."""
    auth = PROVIDER.auth(Connection("ib", "infobip", settings, secrets))
    assert auth is not None
    return next(auth.auth_flow(httpx.Request("GET", "https://x.example"))).headers["authorization"]


def test_four_ways_to_say_who_we_are() -> None:
    """By the setting, and where it is absent by the secrets there are."""
    basic = "Basic " + base64.b64encode(b"u:p").decode()
    assert "App k" == header({}, {"api_key": "k"})
    assert basic == header({}, {"username": "u", "password": "p"})
    assert basic == header({"auth": "basic"}, {"api_key": "k", "username": "u", "password": "p"})
    assert "Bearer t" == header({}, {"client_id": "c", "client_secret": "s", "access_token": "t"})
    assert "IBSSO t" == header({"auth": "session"}, {"username": "u", "password": "p", "access_token": "t"})


def test_a_missing_secret_is_named() -> None:
    """Nothing leaves without credentials."""
    for settings, secrets, name in (
        ({}, {}, "api_key"),
        ({"auth": "basic"}, {"username": "u"}, "password"),
    ):
        with pytest.raises(InvalidCall) as told:
            header(settings, secrets)
        assert [name] == list(told.value.fields or {})


def test_tokens_are_due_a_minute_early() -> None:
    """Missing, without an end, or within its last minute; never for keys."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert PROVIDER.refresh is not None

    def due(seconds: float | None, token: str = "t", mode: str = "oauth2") -> bool:
        ends = {} if seconds is None else {"token_expires_at": (now + timedelta(seconds=seconds)).isoformat()}
        assert PROVIDER.refresh is not None
        return PROVIDER.refresh.due(Connection("ib", "infobip", {"auth": mode, **ends}, {"access_token": token}), now)

    assert [True, True, True, False] == [due(None), due(59), due(3600, ""), due(61)]
    assert [True, False] == [due(59, mode="session"), due(61, mode="session")]
    assert [False, False] == [due(None, mode="api_key"), due(None, mode="basic")]


@pytest.mark.parametrize("mode", ["oauth2", "session"])
def test_a_token_is_fetched_used_and_renewed(mode: str) -> None:
    """Over real HTTP: without one 401, then one that opens, then another; a session is ended before the next."""
    sim, connection = simulate()
    assert PROVIDER.refresh is not None
    names = {"oauth2": ("client_id", "client_secret"), "session": ("username", "password")}[mode]
    secrets = {name: sim.secrets[name] for name in names}
    with served(sim) as base, httpx.Client(trust_env=False) as client:
        settings = {**connection.settings, "base_url": base, "auth": mode}
        before = Connection("ib", "infobip", settings, secrets, None)
        with pytest.raises(Rejected) as told:
            run(sim, before, "get-account-balance", {})
        assert "auth" == told.value.reason

        changed = PROVIDER.refresh.call(before, client.send)
        assert {"access_token", "settings.token_expires_at"} == set(changed)
        settings["token_expires_at"] = changed["settings.token_expires_at"]
        after = Connection("ib", "infobip", settings, {**secrets, "access_token": changed["access_token"]}, None)
        assert not PROVIDER.refresh.due(after, datetime.now(UTC))
        run(sim, after, "get-account-balance", {})

        another = PROVIDER.refresh.call(after, client.send)
        assert another["access_token"] != changed["access_token"]
        if mode == "session":
            with pytest.raises(Rejected):
                run(sim, after, "get-account-balance", {})


@pytest.mark.parametrize("mode", ["oauth2", "session"])
def test_wrong_credentials_give_no_token(mode: str) -> None:
    """The refusal says auth and quotes no secret."""
    sim, connection = simulate()
    secrets = {
        "client_id": "c",
        "client_secret": "wrong-secret-001",
        "username": "u",
        "password": "wrong-secret-001",
    }
    wrong = Connection("ib", "infobip", {**connection.settings, "auth": mode}, secrets, None)
    assert PROVIDER.refresh is not None
    with pytest.raises(Rejected) as told:
        PROVIDER.refresh.call(wrong, sim)
    assert "auth" == told.value.reason
    assert "wrong-secret-001" not in told.value.text


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(429, "{}", Throttled), (500, "", OutcomeUnknown), (200, "<html>", OutcomeUnknown), (200, "{}", OutcomeUnknown)],
)
def test_a_token_call_may_go_wrong(status: int, body: str, kind: type[ConnectorError]) -> None:
    """Each way has its own error."""
    connection = connect({"auth": "oauth2"}, {"client_id": "c", "client_secret": "s"})
    with pytest.raises(kind):
        access.renew(connection, lambda request: httpx.Response(status, text=body, request=request))


def test_the_check_asks_for_the_balance() -> None:
    """A 403 is a key that is right without that scope; a 401 is none."""
    asked: list[str] = []
    assert PROVIDER.check is not None

    def ask(status: int) -> Any:
        def asking(key: str, given: Any) -> Any:
            asked.append(key)
            if status >= 400:
                raise Rejected("no", status=status)
            return given

        return asking

    PROVIDER.check(connect(), ask(200))
    PROVIDER.check(connect(), ask(403))
    with pytest.raises(Rejected):
        PROVIDER.check(connect(), ask(401))
    assert {"get-account-balance"} == set(asked)


# The guard -----------------------------------------------------------------------------------------------------------

BODY = b'{"results":[]}'
PLAIN = HookRequest("POST", "", "", {"content-type": "application/json"}, BODY)
GUARDS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "nothing": ({}, {}),
    "basic": ({"webhook_username": "infobip"}, {"webhook_password": "Long-Random"}),
    "header": ({"webhook_header": "X-Acme-Token"}, {"webhook_header_value": "9b1f"}),
    "hmac": ({}, {"webhook_hmac_key": "key-1"}),
    "hmac, all its settings": (
        {
            "webhook_hmac_header": "X-Sign",
            "webhook_hmac_algorithm": "HMAC_SHA_512",
            "webhook_hmac_encoding": "base64",
            "webhook_hmac_prefix": "v1=",
        },
        {"webhook_hmac_key": "key-1"},
    ),
    "all": (
        {"webhook_username": "infobip", "webhook_header": "X-Acme-Token"},
        {"webhook_password": "Long-Random", "webhook_header_value": "9b1f", "webhook_hmac_key": "key-1"},
    ),
}


def hooked(name: str) -> Connection:
    """A connection with one of the guards."""
    settings, secrets = GUARDS[name]
    return connect(settings, {"api_key": "k", **secrets})


@pytest.mark.parametrize("name", GUARDS)
def test_what_is_signed_passes_and_nothing_else(name: str) -> None:
    """The right request passes; each header missing or changed, and a changed body under HMAC, does not."""
    connection = hooked(name)
    right = sign(connection, PLAIN)
    PROVIDER.guard(connection, right)

    added = set(right.headers) - set(PLAIN.headers)
    assert (name == "nothing") == (not added)
    for header_name in added:
        for value in (None, "", right.headers[header_name] + "x", "x" + right.headers[header_name], "é"):
            headers = {**right.headers, header_name: value} if value is not None else dict(right.headers)
            if value is None:
                del headers[header_name]
            with pytest.raises(Refused):
                PROVIDER.guard(connection, HookRequest("POST", "", "", headers, BODY))
    if connection.secret("webhook_hmac_key"):
        with pytest.raises(Refused):
            PROVIDER.guard(connection, HookRequest("POST", "", "", right.headers, BODY + b" "))


def test_a_guard_without_its_secret_lets_nothing_in() -> None:
    """An empty password is not a password."""
    for settings in ({"webhook_username": "infobip"}, {"webhook_header": "X"}):
        connection = connect(settings)
        for headers in ({}, {"x": ""}, {"authorization": "Basic " + base64.b64encode(b"infobip:").decode()}):
            with pytest.raises(Refused):
                PROVIDER.guard(connection, HookRequest("POST", "", "", headers, BODY))


@pytest.mark.parametrize("word", HMAC_DIGESTS)
def test_every_algorithm_of_the_page(word: str) -> None:
    """Checked against the standard library, over the raw bytes."""
    connection = connect({"webhook_hmac_algorithm": word}, {"api_key": "k", "webhook_hmac_key": "key-1"})
    made = hmac.new(b"key-1", BODY, getattr(hashlib, HMAC_DIGESTS[word])).hexdigest()
    PROVIDER.guard(connection, HookRequest("POST", "", "", {"x-infobip-signature": made}, BODY))


def test_a_guarded_connection_names_no_url_in_its_messages() -> None:
    """A URL named by a message comes without what a subscription adds, and our guard would refuse it."""
    assert f"{HOOK}/sms" == access.notify_url(connect(), "sms")
    for name in ("basic", "header", "hmac"):
        assert access.notify_url(hooked(name), "sms") is None
    assert f"{HOOK}/sms" == access.notify_url(connect({"reports": "message", "webhook_header": "X"}), "sms")
    assert access.notify_url(connect({"reports": "off"}), "sms") is None
    assert access.notify_url(connect(webhook_url=None), "sms") is None


def test_settings_and_secrets_fit_their_schemas() -> None:
    """What `simulated` gives, and what a token call writes, is what a connection may hold."""
    settings, secrets = PROVIDER.simulated("http://127.0.0.1:1")
    assert {} == PROVIDER.settings().validate({**settings, "token_expires_at": "2026-03-01T00:00:00+00:00"})
    assert {} == PROVIDER.secrets().validate({**secrets, "access_token": "t"})
    assert {"base_ur"} == set(PROVIDER.settings().validate({"base_ur": "x"}))
    for schema in (PROVIDER.settings, PROVIDER.secrets):
        assert all(field.metadata.get("description") for field in schema().fields.values())
