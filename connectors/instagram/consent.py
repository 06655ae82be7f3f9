"""
Instagram's login as `ferry connect` walks it: what it asks, where the person consents, what comes of the code.

instagram_login gives one account with a token of 60 days; facebook_login one for each Page that is linked to one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.connection import Connection
from connectors.errors import InvalidCall, Rejected
from connectors.instagram import login
from connectors.instagram.account import API_VERSION, FACEBOOK_LOGIN, INSTAGRAM_LOGIN, flavour, on_facebook, root
from connectors.provider import Grant, Login, Send

SECRET = {
    # login_type: the secret of the app one logs in with  (page §1.1)
    INSTAGRAM_LOGIN: "instagram_app_secret",
    FACEBOOK_LOGIN: "app_secret",
}
PASTE = (
    "Meta's app dashboard, Instagram → Configure webhooks, as the callback URL; beside it stands the verify token, "
    "which is the connection's verify_token"
)


def needs(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The app of this kind of login."""
    return "app_id", SECRET.get(str(settings.get("login_type") or INSTAGRAM_LOGIN), "app_secret")


def address(connection: Connection, redirect_uri: str, state: str) -> str:
    """Where the person consents.  raises: InvalidCall"""
    return login.authorise_url(_app(connection, redirect_uri), state)


def grants(connection: Connection, redirect_uri: str, code: str, send: Send, now: datetime) -> list[Grant]:
    """
    The accounts behind a code, each with a token that lasts.

    raises: ConnectorError; Rejected where no Page of the person's is linked to an account
    """
    app = _app(connection, redirect_uri)
    short = login.exchange(send, app, code, now)
    token = login.long_lived(send, app, short.value, now)
    if on_facebook(connection):
        found = [_page(one) for one in login.pages(send, app, token.value) if one.account_id]
        if not found:
            told = "none of the Pages you chose is linked to an Instagram professional account"
            raise Rejected(told, provider="instagram")
        return found
    who = login.owner(send, app, token.value)
    known = {"settings.account_id": who.account_id, "settings.app_scoped_id": who.app_scoped}
    dates: dict[str, str | None] = {f"settings.{name}": None for name in login.DATES}
    return [Grant(_title(who.username, who.account_id), who.account_id, {**known, **dates, **login.changes(token)})]


def _page(page: login.Page) -> Grant:
    """A Page token lasts as long as the person's role: it has no dates (page §1.3)."""
    known = {"settings.account_id": page.account_id, "settings.page_id": page.id, "access_token": page.token}
    dates = {f"settings.{name}": None for name in login.DATES}
    return Grant(
        f"{_title(page.username, page.account_id)} of the Page {page.name or page.id}",
        page.account_id,
        {**known, **dates},
    )


def _title(username: str | None, account: str | None) -> str:
    return f"{username} ({account})" if username else str(account)


def _app(connection: Connection, redirect_uri: str) -> login.Login:
    kind = flavour(connection)
    origin = root(connection)  # refuses the other login's host
    app_id, secret = str(connection.setting("app_id", "")), connection.secret(SECRET[kind])
    if not app_id or not secret:
        told = f"a login needs app_id and {SECRET[kind]}"
        raise InvalidCall(told, fields={"app_id": [told]}, provider="instagram")
    return login.Login(
        app_id,
        secret,
        redirect_uri,
        kind,
        str(connection.setting("api_version", API_VERSION)),
        origin if connection.setting("base_url") else None,
    )


LOGIN = Login(
    needs=needs,
    gives=frozenset({"access_token", "account_id", "app_scoped_id", "page_id", *login.DATES}),
    address=address,
    code=login.code_of,
    grants=grants,
)
