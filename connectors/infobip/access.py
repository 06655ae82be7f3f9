"""
Getting in: the account's host, the four ways to say who we are, and what a connection may set.

    auth       header                                secrets                       renewed
    api_key    Authorization: App <key>              api_key                       by a person
    basic      Authorization: Basic …                username, password            by a person
    session    Authorization: IBSSO <token>          username, password            every `session_minutes`, by `renew`
    oauth2     Authorization: Bearer <access_token>  client_id, client_secret      60 s before it ends, by `renew`

source: https://www.infobip.com/docs/essentials/api-essentials/api-authentication
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.client import origin
from connectors.connection import Connection
from connectors.errors import ConnectorError, InvalidCall, OutcomeUnknown, Reason, Rejected, Throttled
from connectors.guards import known_digest
from connectors.infobip.settings import AUTH_MODES, HMAC_DIGESTS, REPORTS
from connectors.provider import Ask, Send
from connectors.reading import moment, number, text

SHARED = "https://api.infobip.com"
HOST = ".api.infobip.com"
EARLY = timedelta(seconds=60)  # a token is renewed this long before it ends
TOKEN_PATH = "/auth/1/oauth2/token"  # noqa: S105  (a path)
SESSION_PATH = "/auth/1/session"
ACCOUNT_ID = re.compile(r"[A-Za-z0-9]+")


def base_url(connection: Connection) -> str:
    """
    The account's origin, from what people paste: with or without https://, with a path, or only the id.

    raises: InvalidCall for plain http to anything but loopback
    """
    given = str(connection.setting("base_url", SHARED)).strip()
    if ACCOUNT_ID.fullmatch(given) and given != "localhost":
        given = f"{given.lower()}{HOST}"
    scheme, mark, rest = given.rpartition("://")
    host = rest.partition("/")[0].partition("?")[0]
    return origin(Connection(connection.id, connection.provider, {"base_url": f"{scheme}{mark}{host}"}), SHARED)


def locate(connection: Connection, path: str) -> str:
    """The absolute URL of a path; the version belongs to each path, never to the host."""
    return base_url(connection) + path


class Scheme(httpx.Auth):
    """`Authorization: <word> <credential>`."""

    def __init__(self, word: str, credential: str) -> None:
        self._value = f"{word} {credential}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._value
        yield request


def mode(connection: Connection) -> str:
    """The connection's way to authenticate; told by its secrets where the setting is absent."""
    told = connection.setting("auth")
    if told in AUTH_MODES:
        return str(told)
    if connection.secret("api_key"):
        return "api_key"
    if connection.secret("client_id"):
        return "oauth2"
    return "basic" if connection.secret("username") else "api_key"


def auth(connection: Connection) -> httpx.Auth | None:
    """
    What puts the credentials on a request.

    raises: InvalidCall that names the secret which is missing
    """
    chosen = mode(connection)
    if chosen == "basic":
        return httpx.BasicAuth(_needed(connection, "username"), _needed(connection, "password"))
    if chosen == "api_key":
        return Scheme("App", _needed(connection, "api_key"))
    # without a token yet the provider says 401, which is what makes the worker fetch one
    return Scheme("IBSSO" if chosen == "session" else "Bearer", connection.secret("access_token") or "none-yet")


def _needed(connection: Connection, name: str) -> str:
    found = connection.secret(name)
    if not found:
        told = f"the connection has no {name}, which auth {mode(connection)} needs"
        raise InvalidCall(told, fields={name: [told]})
    return found


def renewable(connection: Connection) -> bool:
    """Whether the connection speaks with a token we ask for, not with a key or a password."""
    return mode(connection) in {"oauth2", "session"}


def due(connection: Connection, now: datetime) -> bool:
    """Whether the token is missing or ends within a minute; never for keys and passwords."""
    if not renewable(connection):
        return False
    ends = moment(connection.setting("token_expires_at"))
    return not connection.secret("access_token") or ends is None or now >= ends - EARLY


def renew(connection: Connection, send: Send) -> dict[str, str]:
    """
    A new token: {"access_token", "settings.token_expires_at"}.

    raises: Rejected (reason auth) when the credentials are refused; Throttled; OutcomeUnknown for anything else
    """
    if mode(connection) == "session":
        return _session(connection, send)
    form = {
        "client_id": _needed(connection, "client_id"),
        "client_secret": _needed(connection, "client_secret"),
        "grant_type": "client_credentials",
    }
    headers = {"accept": "application/json"}
    told = _token_answer(send(httpx.Request("POST", locate(connection, TOKEN_PATH), data=form, headers=headers)))
    return _renewed(text(told, "access_token"), number(told, "expires_in") or 3600.0)


def _session(connection: Connection, send: Send) -> dict[str, str]:
    url, headers = locate(connection, SESSION_PATH), {"accept": "application/json"}
    old = connection.secret("access_token")
    if old:  # asking for another one without ending the first is refused on some accounts
        send(httpx.Request("DELETE", url, headers={**headers, "authorization": f"IBSSO {old}"}))
    body = {"username": _needed(connection, "username"), "password": _needed(connection, "password")}
    told = _token_answer(send(httpx.Request("POST", url, json=body, headers=headers)))
    return _renewed(text(told, "token"), 60 * float(connection.setting("session_minutes", 60)))


def _token_answer(response: httpx.Response) -> Mapping[str, Any]:
    if response.status_code == 429:
        raise Throttled("Infobip throttles token calls (10 a second)", status=429, after=1.0)
    if response.status_code in {400, 401, 403}:
        told = "Infobip refused the credentials when asked for a token"
        raise Rejected(told, reason=Reason.AUTH, status=response.status_code)
    try:
        found = response.json() if response.is_success else None
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        told = f"the token call was answered with HTTP {response.status_code}"
        raise OutcomeUnknown(told, status=response.status_code)
    return found


def _renewed(token: str | None, seconds: float) -> dict[str, str]:
    if not token:
        raise OutcomeUnknown("the token call's answer holds no token")
    ends = datetime.now(UTC) + timedelta(seconds=seconds)
    return {"access_token": token, "settings.token_expires_at": ends.isoformat(timespec="seconds")}


def check(connection: Connection, ask: Ask) -> None:
    """
    Proves the credentials with the balance, which sends nothing and costs nothing.

    A 403 is a valid key without the account's scope: authenticated, and enough.
    """
    del connection
    try:
        ask("get-account-balance", {})
    except ConnectorError as problem:
        if problem.status != 403:
            raise


# How reports and inbound messages come back ---------------------------------------------------------------------


def guarded(connection: Connection) -> bool:
    """Whether webhooks must carry more than the secret in their path."""
    return bool(
        connection.setting("webhook_username")
        or connection.setting("webhook_header")
        or connection.secret("webhook_hmac_key")
    )


def reports(connection: Connection) -> str:
    """
    "message", "subscription" or "off".

    A URL named by a message comes without the Basic, header or HMAC that only a subscription can add, so a guarded
    connection does not name one unless told to.
    """
    told = connection.setting("reports")
    if told in REPORTS:
        return str(told)
    return "subscription" if guarded(connection) else "message"


def notify_url(connection: Connection, channel: str) -> str | None:
    """
    The URL a message of this channel names for its reports, or None where it names none.

    Its last segment is the channel: a report itself does not tell which one it belongs to.
    """
    if reports(connection) != "message" or not connection.webhook_url:
        return None
    return f"{connection.webhook_url.rstrip('/')}/{channel}"


def digest(connection: Connection) -> str:
    """hashlib's name for the connection's HMAC algorithm."""
    word = str(connection.setting("webhook_hmac_algorithm", "HMAC_SHA_256"))
    found = HMAC_DIGESTS.get(word, "sha256")
    return found if known_digest(found) else "sha256"


def simulated(base: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings and secrets the stand-in accepts; obviously nobody's."""
    settings = {
        "base_url": base,
        "sms_sender": "FerryTest",
        "mms_sender": "447860099111",
        "whatsapp_sender": "447860099299",
        "email_sender": "Ferry <ferry@mail.acme.example>",
        "voice_sender": "442071838750",
    }
    return settings, {"api_key": "simulated-infobip-key-0001"}
