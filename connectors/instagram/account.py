"""
One Instagram professional account: its settings and secrets, where it answers, and how a call proves who is calling.

Two login flavours share one message model; the flavour decides the host, and with it which token is understood (page
§1.1).  An Instagram User token sent to graph.facebook.com is "invalid", and so is a Page token sent to the other.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from marshmallow import ValidationError, fields, validate, validates_schema

from connectors.action import Call
from connectors.client import origin
from connectors.connection import Connection
from connectors.errors import InvalidCall, Reason
from connectors.reading import truth
from connectors.schema import Settings

INSTAGRAM_LOGIN = "instagram_login"
FACEBOOK_LOGIN = "facebook_login"
HOSTS = {
    # login_type: the host that understands its tokens  (page §1.1)
    INSTAGRAM_LOGIN: "https://graph.instagram.com",
    FACEBOOK_LOGIN: "https://graph.facebook.com",
}
API_VERSION = "v25.0"  # what Meta's own messaging samples use; v24.0 to v26.0 behave alike (page §2.1)

HEADER_TEXT = re.compile(r"[!-~]+")
SECRET_QUERY = re.compile(
    r"((?:access_token|input_token|fb_exchange_token|client_secret|appsecret_proof|code)=)[^&#]*", re.IGNORECASE
)

_VERSION = validate.Regexp(r"v\d{1,3}\.\d{1,2}\Z", error="a version looks like v25.0")


class InstagramSettings(Settings):
    """What is not secret about an account."""

    login_type = fields.String(
        load_default=INSTAGRAM_LOGIN,
        validate=validate.OneOf(sorted(HOSTS)),
        metadata={
            "description": "instagram_login (no Facebook Page) or facebook_login (a Page is linked); decides the host"
        },
    )
    account_id = fields.String(
        required=True,
        validate=validate.Length(min=1, max=128),
        metadata={
            "description": "Instagram professional account id: user_id of GET /me, or instagram_business_account.id of "
            "the Page; webhooks carry it as entry[].id",
            "example": "17841400000000001",
        },
    )
    app_scoped_id = fields.String(
        metadata={"description": "instagram_login: `id` of GET /me; never equals webhook ids, may stand in threads"}
    )
    page_id = fields.String(
        validate=validate.Length(min=1, max=128),
        metadata={
            "description": "Facebook Page linked to the account; needed with facebook_login",
            "ask": {"login_type": (FACEBOOK_LOGIN,)},
        },
    )
    app_id = fields.String(
        metadata={
            "description": "id of the login's app: Instagram → API setup with Instagram login has the Instagram app's "
            "(instagram_login), App settings → Basic the Meta app's (facebook_login)"
        },
    )
    api_version = fields.String(
        load_default=API_VERSION,
        validate=_VERSION,
        metadata={"description": "Graph API version", "example": API_VERSION},
    )
    base_url = fields.String(
        metadata={"description": "only for a stand-in: another origin in place of the login's own Graph host"}
    )
    use_appsecret_proof = fields.Boolean(
        load_default=False,
        metadata={
            "description": "send appsecret_proof with every call; needed when the app demands its secret (Settings → "
            "Advanced → Require app secret)"
        },
    )
    appsecret_time = fields.Boolean(
        load_default=False,
        metadata={"description": "with use_appsecret_proof: the newer proof that also signs the time"},
    )
    human_agent_enabled = fields.Boolean(
        load_default=False,
        metadata={"description": "true only when Meta approved the Human Agent feature for the app"},
    )
    any_reaction = fields.Boolean(
        load_default=False,
        metadata={
            "description": "facebook_login: pass emojis other than ❤️ on although only `love` is documented there"
        },
    )
    token_issued_at = fields.AwareDateTime(
        format="iso", metadata={"description": "when access_token was issued; a token may be renewed 24 h later"}
    )
    token_expires_at = fields.AwareDateTime(
        format="iso", metadata={"description": "when access_token expires; 60 days after it was issued when not said"}
    )
    subscribed_fields = fields.List(
        fields.String(validate=validate.Length(min=1, max=64)),
        metadata={"description": "webhook fields to subscribe the account to, in place of the usual ones"},
    )

    @validates_schema
    def pages(self, data: Mapping[str, Any], **_: Any) -> None:
        """Conversations and subscriptions of facebook_login hang on the Page."""
        if data.get("login_type") == FACEBOOK_LOGIN and not data.get("page_id"):
            raise ValidationError("facebook_login needs the id of the linked Page", "page_id")


class InstagramSecrets(Settings):
    """What nobody but the account's owner may see."""

    access_token = fields.String(
        required=True,
        validate=validate.Regexp(HEADER_TEXT.pattern + r"\Z", error="A token holds no white space."),
        metadata={
            "description": "Instagram User token (IGAA…) with instagram_login, Page token (EAA…) with facebook_login"
        },
    )
    app_secret = fields.String(
        metadata={"description": "Meta app secret: App settings → Basic; signs webhooks", "ask": True}
    )
    instagram_app_secret = fields.String(
        metadata={
            "description": "Instagram app secret: Instagram → API setup with Instagram login; may sign webhooks too",
            "ask": {"login_type": (INSTAGRAM_LOGIN,)},
        }
    )
    verify_token = fields.String(
        metadata={
            "description": "a random string of your choice, given to Meta beside the callback URL",
            "ask": True,
            "made_up": True,
        }
    )


def flavour(connection: Connection) -> str:
    """The connection's login_type; the usual one when it says none."""
    return str(connection.setting("login_type", INSTAGRAM_LOGIN))


def on_facebook(connection: Connection) -> bool:
    """Whether the connection logs in through Facebook, with a Page."""
    return flavour(connection) == FACEBOOK_LOGIN


def root(connection: Connection) -> str:
    """
    The origin the connection's token is understood at.

    raises: InvalidCall for a base_url that is the *other* login's host: there a good token looks revoked (190)
    """
    mine = flavour(connection)
    if mine not in HOSTS:
        told = f"login_type must be one of {', '.join(sorted(HOSTS))}"
        raise InvalidCall(told, fields={"login_type": [told]})
    found = origin(connection, HOSTS[mine])
    strange = {urlsplit(host).hostname for login, host in HOSTS.items() if login != mine}
    if urlsplit(found).hostname in strange:
        told = f"base_url is the host of another login than {mine}; leave it out"
        raise InvalidCall(told, fields={"base_url": [told]})
    return found


def locate(connection: Connection, path: str) -> str:
    """The absolute URL of a path below the API version."""
    return f"{root(connection)}/{connection.setting('api_version', API_VERSION)}{path}"


def at_account(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """Fills a path's {account}: `me` with instagram_login, the Page's id with facebook_login."""
    page = call.connection.setting("page_id") if on_facebook(call.connection) else None
    return {**body, "account": page or "me"}


def named(connection: Connection) -> str | None:
    """The account a connection stands for: what webhooks carry as entry[].id."""
    found = connection.setting("account_id")
    return None if found is None else str(found)


def own_ids(connection: Connection) -> frozenset[str]:
    """The ids under which the account itself appears in a thread."""
    found = (connection.setting(name) for name in ("account_id", "app_scoped_id", "page_id"))
    return frozenset(str(one) for one in found if one)


class SilentURL(httpx.URL):
    """A URL whose secrets travel but are never spelled out: httpx logs the URL of every request."""

    def __str__(self) -> str:
        return SECRET_QUERY.sub(r"\1…", super().__str__())

    def __repr__(self) -> str:
        return f"SilentURL({str(self)!r})"


def proof(token: str, app_secret: str, at: int | None = None) -> str:
    """appsecret_proof: hex HMAC-SHA256 of the token, or of "token|at" (Unix seconds) in the newer form (page §1.3)."""
    said = token if at is None else f"{token}|{at}"
    return hmac.new(app_secret.encode(), said.encode(), hashlib.sha256).hexdigest()


class TokenAuth(httpx.Auth):
    """The token in a header, where no log of URLs sees it; the proof, if asked for, in the query as Meta wants it."""

    def __init__(self, token: str, app_secret: str = "", clock: Callable[[], float] | None = None) -> None:
        """`app_secret` asks for the proof, `clock` for its newer form."""
        self._token = token
        self._app_secret = app_secret
        self._clock = clock

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """One request, with its credentials."""
        request.headers["authorization"] = f"Bearer {self._token}"
        if self._app_secret:
            at = None if self._clock is None else int(self._clock())
            url = request.url.copy_set_param("appsecret_proof", proof(self._token, self._app_secret, at))
            request.url = SilentURL(url if at is None else url.copy_set_param("appsecret_time", str(at)))
        yield request


def auth(connection: Connection) -> httpx.Auth:
    """
    The credentials of every call.

    With instagram_login it is not documented which app's secret makes the proof; the Instagram app's is used when
    there is one (page §5, 20), and the proof is off unless the connection asks for it.

    raises: InvalidCall (reason auth) for a token no header could carry
    """
    token = connection.secret("access_token")
    if not HEADER_TEXT.fullmatch(token):
        told = "access_token is missing, or holds what no token holds: look for a stray space or line end"
        raise InvalidCall(told, reason=Reason.AUTH, fields={"access_token": ["not a token"]}, provider="instagram")
    if not truth(connection.setting("use_appsecret_proof")):
        return TokenAuth(token)
    own = "" if on_facebook(connection) else connection.secret("instagram_app_secret")
    clock = time.time if truth(connection.setting("appsecret_time")) else None
    return TokenAuth(token, own or connection.secret("app_secret"), clock)


def simulated(base_url: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings and secrets, obviously fake, that the simulator at `base_url` accepts."""
    settings = {"login_type": INSTAGRAM_LOGIN, "account_id": "17841400000000001", "base_url": base_url}
    secrets = {
        "access_token": "IGAA-simulated-token-0001",
        "app_secret": "simulated-app-secret-0001",
        "instagram_app_secret": "simulated-ig-app-secret-0002",
        "verify_token": "simulated-verify-token-0003",
    }
    return settings, secrets
