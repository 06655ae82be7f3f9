"""
What a proxied request may not do: leave the connection's own host, or say what only the connection says.

Two readers of one URL must never see two hosts in it, so whatever is odd is refused rather than mended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from connectors.connection import Connection
from connectors.errors import InvalidCall
from connectors.provider import Provider
from connectors.schema import made

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
ODD = re.compile(r"[^\x21-\x7e]|[\\#]")

# Ours to set, or the connection's: hop by hop (RFC 9110 §7.6.1), framing, and whoever says who is asking.
REFUSED_HEADERS = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host", "via"}
    | {"content-length", "expect", "forwarded", "authorization", "proxy-authorization", "cookie", "set-cookie"}
    | {"x-api-key", "x-auth-token", "x-hub-signature", "x-hub-signature-256"}
)
REFUSED_PREFIXES = ("proxy-", "x-forwarded-")
REFUSED_QUERY = frozenset({"access_token", "token", "appsecret_proof", "api_key", "apikey", "client_secret"})


def wrong(field: str, told: str) -> InvalidCall:
    """The caller's mistake in one field."""
    return InvalidCall(told, fields={field: [told]})


def filled(path: str, params: Mapping[str, Any]) -> str:
    """The path with its {names} filled, each quoted whole.  raises: InvalidCall"""
    left = {name: str(value) for name, value in params.items()}

    def fill(found: re.Match[str]) -> str:
        name = found.group(1)
        left.pop(name, None)
        value = params.get(name)
        if value is None or str(value) in {"", ".", ".."}:
            raise wrong("path_params", f"the path's {{{name}}} needs a value in path_params")
        return quote(str(value), safe="")

    made = PLACEHOLDER.sub(fill, path)
    if left:
        raise wrong("path_params", f"the path has no {', '.join('{' + name + '}' for name in left)}")
    return made


def address(provider: Provider, connection: Connection, path: str) -> str:
    """
    The absolute URL of a path or of a URL on the connection's own host.

    raises: InvalidCall for anything that would leave that host, or that two readers might read differently
    """
    if ODD.search(path):
        raise wrong("path", "the path holds a space, a backslash, a fragment or an odd character: percent-encode it")
    root = urlsplit(provider.locate(connection, ""))
    bare = path.partition("?")[0]
    if any(unquote(piece) in {".", ".."} for piece in bare.split("/")):
        raise wrong("path", "the path may hold no . or .. between slashes")
    if path.startswith("/") and not path.startswith("//"):
        return f"{root.scheme}://{root.netloc}{root.path}{path}"
    if "://" not in bare and not path.startswith("//"):
        if ":" in bare.partition("/")[0]:
            raise wrong("path", "this is neither a path nor an http(s) URL")
        return f"{root.scheme}://{root.netloc}{root.path}/{path}"
    try:
        asked = urlsplit(path)
        same = (asked.scheme.lower(), (asked.hostname or "").lower(), asked.port or _port(asked.scheme)) == (
            root.scheme,
            (root.hostname or "").lower(),
            root.port or _port(root.scheme),
        )
    except ValueError:
        same = False
    if not same or "@" in asked.netloc or "%" in asked.netloc:
        ours = f"{root.scheme}://{root.netloc}/"
        raise wrong("path", f"credentials go to the connection's own host alone: a path, or a URL behind {ours}")
    return f"{root.scheme}://{root.netloc}{asked.path or '/'}" + (f"?{asked.query}" if asked.query else "")


def _port(scheme: str) -> int:
    return 80 if scheme.lower() == "http" else 443


def refuse_credentials(provider: Provider, given: Mapping[str, Any], url: str) -> None:
    """Headers and query of a caller hold nothing that is ours to say.  raises: InvalidCall"""
    for name, value in (given.get("headers") or {}).items():
        low = name.lower()
        if not HEADER_NAME.fullmatch(name) or any(sign in value for sign in "\r\n\0") or not value.isascii():
            raise wrong("headers", f"{name[:40]!r} is no header of HTTP, or its value is none")
        if low in REFUSED_HEADERS or low.startswith(REFUSED_PREFIXES):
            told = f"{low} is Ferry's to set: it says who asks, or how one hop carries the request; leave it out"
            raise wrong("headers", told)
    secret = REFUSED_QUERY | set(made(provider.secrets).fields)
    asked = [*(given.get("query") or {}), *(unquote(pair.partition("=")[0]) for pair in urlsplit(url).query.split("&"))]
    for name in asked:
        if name.lower() in secret:
            raise wrong("query", f"{name} is set by Ferry: the connection's credentials are added to every call")
