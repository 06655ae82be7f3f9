"""
Logging in: from a person's consent in a browser to a long-lived token, and renewing it (page §1.3).

Pure steps for `ferry connect instagram`; each takes the `Send` that carries it.  instagram_login: consent → code →
short token (1 h) → long token (60 days) → renewed for as long as it lives.  facebook_login: consent → code → user
token → long user token → the Pages with their tokens, which do not expire by time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from connectors.connection import Connection, tail
from connectors.errors import BadReply, ConnectorError, InvalidCall, OutcomeUnknown, Reason, Rejected, Throttled
from connectors.guards import same
from connectors.instagram.account import (
    API_VERSION,
    FACEBOOK_LOGIN,
    HOSTS,
    INSTAGRAM_LOGIN,
    SilentURL,
    flavour,
    on_facebook,
    root,
)
from connectors.instagram.errors import REASONS, Class, problem_of, row_of
from connectors.instagram.usage import wait_of
from connectors.provider import Refresh, Send
from connectors.reading import items, mapping, moment, number, text

SCOPES = {
    # login_type: the permissions of messaging and comments  (page §1.1); business_* of old died on 27 January 2025
    INSTAGRAM_LOGIN: (
        "instagram_business_basic",
        "instagram_business_manage_messages",
        "instagram_business_manage_comments",
    ),
    FACEBOOK_LOGIN: (
        "instagram_basic",
        "instagram_manage_messages",
        "instagram_manage_comments",
        "pages_manage_metadata",
        "pages_show_list",
        "pages_read_engagement",
        "business_management",
    ),
}
DOORS = {
    # login_type: where a person consents, where a code becomes a token
    INSTAGRAM_LOGIN: ("https://www.instagram.com/oauth/authorize", "https://api.instagram.com"),
    FACEBOOK_LOGIN: (f"https://www.facebook.com/{API_VERSION}/dialog/oauth", HOSTS[FACEBOOK_LOGIN]),
}
LIFE = timedelta(days=60)
YOUNGEST = timedelta(hours=24)  # a younger token is not renewed
AHEAD = timedelta(days=15)  # renewed when no more than this is left
DATES = ("token_issued_at", "token_expires_at")


@dataclass(frozen=True, slots=True)
class Login:
    """
    The app one logs in with.

    app_id, app_secret: the Instagram app's with instagram_login, the Meta app's with facebook_login
    redirect_uri:       as saved in the app; the same word for word in both steps
    base_url:           a stand-in's origin in place of Meta's hosts
    """

    app_id: str
    app_secret: str = field(repr=False)
    redirect_uri: str
    login_type: str = INSTAGRAM_LOGIN
    api_version: str = API_VERSION
    base_url: str | None = None

    @property
    def graph(self) -> str:
        """Where tokens are exchanged."""
        return (self.base_url or HOSTS[self.login_type]).rstrip("/")

    @property
    def door(self) -> str:
        """Where a code becomes a token."""
        return (self.base_url or DOORS[self.login_type][1]).rstrip("/")


@dataclass(frozen=True, slots=True)
class Token:
    """A token with what came beside it; `expires_at` None where it has no fixed end, or none was told."""

    value: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime | None = None
    account: str | None = None  # app-scoped in some deployments: never compare with webhooks
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A Facebook Page with the Instagram account linked to it."""

    id: str
    name: str | None
    token: str = field(repr=False)
    account_id: str | None = None
    username: str | None = None


# In the browser -----------------------------------------------------------------------------------------------------


def authorise_url(login: Login, state: str, *, scopes: tuple[str, ...] = (), force: bool = False) -> str:
    """Where to send the person; `state` is random, and must come back."""
    query = {
        "client_id": login.app_id,
        "redirect_uri": login.redirect_uri,
        "response_type": "code",
        "scope": ",".join(scopes or SCOPES[login.login_type]),
        "state": state,
        **({"force_reauth": "true"} if force and login.login_type == INSTAGRAM_LOGIN else {}),
    }
    where = f"{login.base_url.rstrip('/')}/oauth/authorize" if login.base_url else DOORS[login.login_type][0]
    return f"{where}?{urlencode(query)}"


def code_of(callback: str, state: str) -> str:
    """
    The code out of the URL the person came back to; Meta hangs "#_" on it.

    raises: Rejected when the person said no, InvalidCall for another's state or no code
    """
    query = parse_qs(urlsplit(callback).query, keep_blank_values=True)
    told = {name: values[0] for name, values in query.items()}
    if "error" in told:
        raise Rejected(
            f"the login was not finished: {told.get('error_description') or told.get('error_reason') or told['error']}",
            reason=Reason.AUTH,
            code=told["error"],
            provider="instagram",
        )
    if not same(told.get("state", ""), state):
        raise InvalidCall("the answer belongs to another login", fields={"state": ["differs"]}, provider="instagram")
    code = told.get("code", "").removesuffix("#_")
    if not code:
        raise InvalidCall("the answer holds no code", fields={"code": ["missing"]}, provider="instagram")
    return code


# Tokens -------------------------------------------------------------------------------------------------------------


def exchange(send: Send, login: Login, code: str, now: datetime) -> Token:
    """The code, once and within the hour, for a short-lived token.  raises: ConnectorError"""
    words = {
        "client_id": login.app_id,
        "client_secret": login.app_secret,
        "redirect_uri": login.redirect_uri,
        "code": code.removesuffix("#_"),
    }
    if login.login_type == FACEBOOK_LOGIN:
        return _token(_get(send, f"{login.graph}/{login.api_version}/oauth/access_token", words), now)
    form = {**words, "grant_type": "authorization_code"}
    asked = httpx.Request("POST", f"{login.door}/oauth/access_token", data=form, headers={"accept": "application/json"})
    return _token(_ask(send, asked, list(words.values())), now)


def long_lived(send: Send, login: Login, short: str, now: datetime) -> Token:
    """A short-lived token for one of 60 days.  raises: ConnectorError"""
    if login.login_type == FACEBOOK_LOGIN:
        words = {
            "grant_type": "fb_exchange_token",
            "client_id": login.app_id,
            "client_secret": login.app_secret,
            "fb_exchange_token": short,
        }
        return _token(_get(send, f"{login.graph}/{login.api_version}/oauth/access_token", words), now)
    words = {"grant_type": "ig_exchange_token", "client_secret": login.app_secret, "access_token": short}
    return _token(_get(send, f"{login.graph}/access_token", words), now)


def refreshed(send: Send, graph: str, token: str, now: datetime) -> Token:
    """A long-lived Instagram token, at least a day old and not expired, for another 60 days.  raises: ConnectorError"""
    words = {"grant_type": "ig_refresh_token", "access_token": token}
    return _token(_get(send, f"{graph}/refresh_access_token", words), now)


def pages(send: Send, login: Login, user_token: str) -> list[Page]:
    """The Pages of a person, each with its own token and its Instagram account.  raises: ConnectorError"""
    found: list[Page] = []
    words = {"fields": "id,name,access_token,instagram_business_account{id,username}", "limit": "50"}
    while True:
        data = _get(send, f"{login.graph}/{login.api_version}/me/accounts", words, bearer=user_token)
        for one in items(data, "data"):
            linked, value = mapping(one, "instagram_business_account"), text(one, "access_token")
            name, page = text(one, "name"), text(one, "id")
            if value and page:
                found.append(Page(page, name, value, text(linked, "id"), text(linked, "username")))
        after = text(mapping(mapping(data, "paging"), "cursors"), "after")
        if not mapping(data, "paging").get("next") or not after or after == words.get("after"):
            return found
        words["after"] = after


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose Instagram token it is; `app_scoped` is the id that webhooks never carry."""

    account_id: str
    app_scoped: str | None
    username: str | None


def owner(send: Send, login: Login, token: str) -> Owner:
    """instagram_login: the professional account of a token.  raises: ConnectorError"""
    words = {"fields": "id,user_id,username"}
    data = _get(send, f"{login.graph}/{login.api_version}/me", words, bearer=token)
    rows = items(data, "data")
    found = rows[0] if rows else data  # documented wrapped, also seen flat (page §1.2)
    account = text(found, "user_id")
    if account is None:
        raise BadReply("the account was asked for and told without its id", provider="instagram")
    return Owner(account, text(found, "id"), text(found, "username"))


def inspect(send: Send, login: Login, token: str) -> dict[str, Any]:
    """facebook_login: {valid, expires_at, scopes} of a token, as Meta's debug_token says.  raises: ConnectorError"""
    words = {"input_token": token}
    bearer = f"{login.app_id}|{login.app_secret}"
    data = mapping(_get(send, f"{login.graph}/{login.api_version}/debug_token", words, bearer=bearer), "data")
    return {
        "valid": data.get("is_valid") is True,
        "expires_at": moment(data.get("expires_at")),
        "scopes": [one for one in data.get("scopes") or [] if isinstance(one, str)],
    }


# Renewing -----------------------------------------------------------------------------------------------------------


def life(connection: Connection) -> tuple[datetime | None, datetime | None]:
    """(issued, expires) as far as the connection knows; one is reckoned from the other."""
    issued = moment(_spoken(connection.setting("token_issued_at")))
    expires = moment(_spoken(connection.setting("token_expires_at")))
    if issued is not None and expires is None:
        expires = issued + LIFE
    if issued is None and expires is not None:
        issued = expires - LIFE
    return issued, expires


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _dates(connection: Connection) -> list[datetime | None]:
    """As moments: the same one is written in several ways."""
    return [moment(_spoken(connection.setting(name))) for name in DATES]


def _spoken(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def due(connection: Connection, now: datetime) -> bool:
    """
    Whether the token should be renewed now: an Instagram token, a day old, alive, with 15 days or fewer left.

    One whose end nobody told is renewed as soon as it may be: it may be older than it seems, and then its end is known.
    A dead token is not due: it cannot be renewed, and the person must log in again.
    """
    issued, expires = life(connection)
    if on_facebook(connection) or issued is None or expires is None:
        return False
    ahead = AHEAD if moment(_spoken(connection.setting("token_expires_at"))) else LIFE
    return now >= issued + YOUNGEST and expires - ahead <= now < expires


def renew(connection: Connection, send: Send) -> Mapping[str, str]:
    """The secrets and settings that changed; the old token is not to be used any more.  raises: ConnectorError"""
    if flavour(connection) == FACEBOOK_LOGIN:
        raise InvalidCall("a Page token is not renewed; log in again", provider="instagram")
    found = refreshed(send, root(connection), connection.secret("access_token"), datetime.now(UTC))
    return changes(found)


def changes(token: Token) -> dict[str, str]:
    """What a token changes in its connection."""
    told = {"access_token": token.value, "settings.token_issued_at": _written(token.issued_at)}
    if token.expires_at is not None:
        told["settings.token_expires_at"] = _written(token.expires_at)
    return told


def given(before: Connection | None, after: Connection, now: datetime) -> dict[str, str | None]:
    """
    What to note of a token that a person gave: issued now, unless they said when.

    The dates of the token before are not its own, and a Page token has none.
    """
    fresh = before is None or before.secret("access_token") != after.secret("access_token")
    dates = _dates(after)
    told = dates != ([None, None] if before is None else _dates(before))
    if not (fresh and not told) and (any(dates) or on_facebook(after)):
        return {}
    issued = None if on_facebook(after) else _written(now)
    return {"settings.token_issued_at": issued, "settings.token_expires_at": None}


def pressing(connection: Connection, now: datetime) -> bool:
    """Never: the old token serves until it dies, and a dead one cannot be renewed."""
    del connection, now
    return False


REFRESH = Refresh(due=due, call=renew, pressing=pressing, given=given, mortal=True)


# Underneath ---------------------------------------------------------------------------------------------------------


def _get(send: Send, url: str, words: Mapping[str, str], bearer: str | None = None) -> Mapping[str, Any]:
    headers = {"accept": "application/json", **({"authorization": f"Bearer {bearer}"} if bearer else {})}
    request = httpx.Request("GET", httpx.URL(url, params=dict(words)), headers=headers)
    request.url = SilentURL(request.url)
    return _ask(send, request, [*words.values(), *(bearer or "").split("|")])


def _ask(send: Send, request: httpx.Request, secrets: list[str]) -> Mapping[str, Any]:
    """
    The JSON object of a token call.

    raises: Rejected (reason auth for a dead token only: one too young to be renewed is alive), Throttled,
            OutcomeUnknown when Meta stumbled, BadReply; never with a code, a token or a secret in its words
    """
    response = send(request)
    try:
        data: Any = response.json()
    except ValueError:
        data = None
    problem = problem_of(data)
    if problem is None and response.is_success:
        if isinstance(data, Mapping):
            return data
        raise BadReply("the token call was answered in words we do not know", status=response.status_code)
    told = problem.words("") if problem is not None else f"HTTP {response.status_code} without an error object"
    for secret in sorted({one for one in secrets if len(one) >= 8}, key=len, reverse=True):
        told = told.replace(secret, tail(secret))
    code = None if problem is None else problem.shown
    raise _refusal(told, code, response, None if problem is None else row_of(problem, response.status_code).kind)


def _refusal(told: str, code: str | None, response: httpx.Response, kind: Class | None) -> ConnectorError:
    status = response.status_code
    if kind is Class.LIMITED or (kind is None and status == 429):
        return Throttled(told, code=code, status=status, after=wait_of(response.headers), provider="instagram")
    if kind is Class.UNCLEAR or (kind is None and status >= 500):
        return OutcomeUnknown(told, code=code, status=status, provider="instagram")
    reason = REASONS.get(kind, Reason.OTHER) if kind is not None else Reason.OTHER
    return Rejected(told, reason=reason, code=code, status=status, provider="instagram")


def _token(data: Mapping[str, Any], now: datetime) -> Token:
    """Out of the documented {"data": [{…}]} or the flat form that is seen."""
    rows = data.get("data")
    found = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], Mapping) else data
    value, seconds = text(found, "access_token"), number(found, "expires_in")
    if value is None:
        raise BadReply("the token call was answered without a token", provider="instagram")
    told = found.get("permissions")
    permissions = told if isinstance(told, list) else str(told or "").split(",")
    return Token(
        value=value,
        issued_at=now,
        expires_at=now + timedelta(seconds=seconds) if seconds and 0 < seconds < 10**9 else None,
        account=text(found, "user_id"),
        permissions=tuple(str(one).strip() for one in permissions if str(one).strip()),
    )
