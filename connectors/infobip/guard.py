"""
Is it Infobip?  Beside the secret in the path, which the receiver checked: every one of these that is set must match.

    Basic           settings webhook_username, secret webhook_password        security BASIC of a subscription
    static header   setting webhook_header, secret webhook_header_value       headers of its profile
    HMAC            secret webhook_hmac_key, settings webhook_hmac_{header, algorithm, encoding, prefix}

Infobip does not publish the header, encoding or signed text of its HMAC; ours are the guesses of public code, each
a setting, and off until a key is set.  A URL named by a message carries none of the three (access.reports).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import replace

from connectors import guards
from connectors.connection import Connection
from connectors.errors import Refused
from connectors.guards import HookRequest
from connectors.infobip.access import digest

SIGNATURE = "X-Infobip-Signature"


def guard(connection: Connection, request: HookRequest) -> None:
    """raises: Refused when any check that is set does not hold; without one the path's secret is all there is"""
    username = connection.setting("webhook_username")
    if username is not None:
        guards.basic(request, str(username), _secret(connection, "webhook_password"))
    name = connection.setting("webhook_header")
    if name is not None:
        guards.header(request, str(name), _secret(connection, "webhook_header_value"))
    key = connection.secret("webhook_hmac_key")
    if key:
        _signed(connection, request, key)


def _secret(connection: Connection, name: str) -> str:
    """The secret a check needs; without it nothing can pass, least of all an empty one."""
    found = connection.secret(name)
    if not found:
        told = f"{name} is not set on the connection, so nothing can be let in"
        raise Refused(told)
    return found


def _signed(connection: Connection, request: HookRequest, key: str) -> None:
    given = request.headers.get(_header(connection), "")
    prefix = str(connection.setting("webhook_hmac_prefix", ""))
    if connection.setting("webhook_hmac_encoding", "hex") == "hex":
        guards.hex_signature(request.body, given, [key], prefix=prefix, digest=digest(connection))
        return
    told = "the signature is missing or differs"
    if not given.startswith(prefix):
        raise Refused(told)
    try:
        shown = base64.b64decode(given[len(prefix) :].strip(), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise Refused(told) from problem
    if not guards.same(shown, hmac.new(key.encode(), request.body, digest(connection)).digest()):
        raise Refused(told)


def sign(connection: Connection, request: HookRequest) -> HookRequest:
    """The request as Infobip would send it: with everything the connection asks for."""
    headers = dict(request.headers)
    username = connection.setting("webhook_username")
    if username is not None:
        pair = f"{username}:{connection.secret('webhook_password')}"
        headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    name = connection.setting("webhook_header")
    if name is not None:
        headers[str(name).lower()] = connection.secret("webhook_header_value")
    key = connection.secret("webhook_hmac_key")
    if key:
        made = hmac.new(key.encode(), request.body, digest(connection))
        hexed = connection.setting("webhook_hmac_encoding", "hex") == "hex"
        value = made.hexdigest() if hexed else base64.b64encode(made.digest()).decode()
        headers[_header(connection)] = str(connection.setting("webhook_hmac_prefix", "")) + value
    return replace(request, headers=headers)


def _header(connection: Connection) -> str:
    return str(connection.setting("webhook_hmac_header", SIGNATURE)).lower()
