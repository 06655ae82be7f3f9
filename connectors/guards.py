"""
Who is speaking?  A guard looks at a webhook's raw bytes and headers before anything parses them.

The secret in the URL's path is checked by the receiver for every provider; a guard checks what the provider adds.
It raises `Refused`, in words for our own log; the caller learns nothing but the status.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.connection import Connection
from connectors.errors import Refused


@dataclass(frozen=True, slots=True)
class HookRequest:
    """
    A webhook request as it came.

    hook:    the last path segment after the token, "" without one
    query:   the raw query string, without "?"
    headers: names in lower case; in the journal only those the provider allow-lists
    body:    the raw bytes, never re-serialised
    """

    method: str = "POST"
    hook: str = ""
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What a provider expects to hear when its request is safe with us."""

    status: int = 200
    body: bytes = b"ok"
    content_type: str = "text/plain; charset=utf-8"


def url_token(connection: Connection, request: HookRequest) -> None:
    """The secret in the path is all there is; the receiver has checked it."""
    del connection, request


def same(given: str | bytes, expected: str | bytes) -> bool:
    """Compared in constant time, over bytes (compare_digest refuses non-ASCII text)."""
    left = given.encode("utf-8", "surrogateescape") if isinstance(given, str) else given
    right = expected.encode("utf-8", "surrogateescape") if isinstance(expected, str) else expected
    return hmac.compare_digest(left, right)


def hex_signature(body: bytes, given: str, secrets: list[str], *, prefix: str = "", digest: str = "sha256") -> None:
    """
    HMAC of the raw bytes in hex under any of `secrets`.

    raises: Refused without a header, without its prefix, without a secret to check with, or when none matches
    """
    if not secrets:
        told = "no secret to check the signature with: set one on the connection"
        raise Refused(told)
    if not given:
        told = "no signature header"
        raise Refused(told)
    if not given.startswith(prefix):
        told = f"the signature does not begin with {prefix}"
        raise Refused(told)
    shown = given[len(prefix) :].strip().lower()
    matched = False
    for secret in secrets:
        matched |= same(shown, hmac.new(secret.encode(), body, digest).hexdigest())
    if not matched:
        told = "the signature differs: signed with another secret, or changed on the way"
        raise Refused(told)


def sign_hex(body: bytes, secret: str, *, prefix: str = "", digest: str = "sha256") -> str:
    """The header value `hex_signature` accepts."""
    return prefix + hmac.new(secret.encode(), body, digest).hexdigest()


def basic(request: HookRequest, username: str, password: str) -> None:
    """HTTP Basic with exactly these.  raises: Refused"""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    told = "the Basic credentials are missing or differ"
    if scheme.lower() != "basic":
        raise Refused(told)
    try:
        shown = base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise Refused(told) from problem
    if not same(shown, f"{username}:{password}"):
        raise Refused(told)


def header(request: HookRequest, name: str, value: str) -> None:
    """A static header with exactly this value.  raises: Refused"""
    if not same(request.headers.get(name.lower(), ""), value):
        told = f"the header {name} is missing or differs"
        raise Refused(told)


def known_digest(name: str) -> bool:
    """Whether `name` is a hash this Python can sign with."""
    return name in hashlib.algorithms_guaranteed
