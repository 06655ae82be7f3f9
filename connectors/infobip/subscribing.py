"""
Making Infobip call our webhook: one subscription a channel, ours by its id, which holds the connection's.

Inbound SMS of a number with its own forwarding does not follow a subscription until the portal is told so (Numbers,
the number, Forwarding).
"""

from __future__ import annotations

import re
from typing import Any

from connectors.connection import Connection
from connectors.errors import InvalidCall, Rejected
from connectors.provider import Ask

EVENTS = {
    "SMS": ["DELIVERY", "INBOUND_MESSAGE", "CLICK"],
    "MMS": ["DELIVERY", "INBOUND_MESSAGE", "CLICK"],
    "WHATSAPP": [
        *("DELIVERY", "SEEN", "INBOUND_MESSAGE", "CLICK", "TEMPLATE_UPDATE", "IDENTITY_CHANGE", "PAYMENT_STATUS"),
        "MARKETING_SUBSCRIPTION_UPDATE",
    ],
    "EMAIL": [
        *("DELIVERY", "OPEN", "CLICK", "UNSUBSCRIBE", "COMPLAINT", "LATE_BOUNCE", "HIGH_BOUNCE_RATE_WARNING"),
        "HIGH_BOUNCE_RATE_BLOCKED",
    ],
    "VOICE_VIDEO": ["DELIVERY"],
    "NUMBER_LOOKUP": ["NUMBER_LOOKUP"],
}
HOOKS = {"SMS": "sms", "MMS": "mms", "WHATSAPP": "whatsapp", "EMAIL": "email", "VOICE_VIDEO": "voice"}
DEFAULT = ("SMS", "WHATSAPP", "EMAIL")
UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
MAX_URL = 512  # characters a profile takes


def channels(connection: Connection) -> list[str]:
    """The channels to subscribe."""
    told = connection.setting("subscribe", list(DEFAULT))
    return [str(one).upper() for one in told]


def identity(connection: Connection, channel: str) -> str:
    """A subscription's id: fixed after creation, and needing no URL encoding."""
    return f"ferry-{UNSAFE.sub('-', connection.id)}-{channel.lower()}"


def wanted(connection: Connection, channel: str) -> dict[str, Any]:
    """
    What a channel's subscription should be.

    raises: InvalidCall for a channel with no events of ours, and for a URL that is too long
    """
    if channel not in EVENTS:
        wrong = f"{channel} cannot be subscribed; there are {', '.join(EVENTS)}"
        raise InvalidCall(wrong, fields={"subscribe": [wrong]})
    hook = HOOKS.get(channel)
    url = (connection.webhook_url or "").rstrip("/") + (f"/{hook}" if hook else "")
    if len(url) > MAX_URL:
        wrong = f"the webhook's URL is longer than the {MAX_URL} characters Infobip takes"
        raise InvalidCall(wrong, fields={"webhook_url": [wrong]})
    name = identity(connection, channel)
    profile: dict[str, Any] = {
        "profileId": f"{name}-profile",
        "webhook": {"notifyUrl": url, "contentType": "application/json"},
    }
    header = connection.setting("webhook_header")
    if header is not None:
        profile["headers"] = {str(header): connection.secret("webhook_header_value")}
    security = _security(connection, f"{name}-auth")
    if security is not None:
        profile["security"] = security
    told = {"channel": channel, "subscription_id": name, "name": f"Ferry {connection.id} {channel}"}
    more: dict[str, Any] = {}
    platform = {
        theirs: connection.setting(ours)
        for ours, theirs in (("entity_id", "entityId"), ("application_id", "applicationId"))
        if connection.setting(ours) is not None
    }
    if platform:
        more["criteria"] = [platform]
    return {**told, "events": EVENTS[channel], "profile": profile, **more}


def _security(connection: Connection, name: str) -> dict[str, Any] | None:
    """A profile has one security: HMAC before Basic, as both can not be had."""
    key = connection.secret("webhook_hmac_key")
    if key:
        algorithm = connection.setting("webhook_hmac_algorithm", "HMAC_SHA_256")
        return {"authId": name, "type": "HMAC", "credentials": {"secretKey": key, "algorithm": algorithm}}
    username = connection.setting("webhook_username")
    if username is None:
        return None
    pair = {"username": str(username), "password": connection.secret("webhook_password")}
    return {"authId": name, "type": "BASIC", "credentials": pair}


def register(connection: Connection, ask: Ask) -> None:
    """Creates each channel's subscription, or brings ours up to date."""
    for channel in channels(connection):
        told = wanted(connection, channel)
        if _exists(ask, channel, told["subscription_id"]):
            ask("update-subscription", told)
        else:
            ask("create-subscription", told)


def unregister(connection: Connection, ask: Ask) -> None:
    """Takes our subscriptions out again, and no others."""
    for channel in channels(connection):
        name = identity(connection, channel)
        if _exists(ask, channel, name):
            ask("delete-subscription", {"channel": channel, "subscription_id": name})


def _exists(ask: Ask, channel: str, name: str) -> bool:
    try:
        ask("get-subscription", {"channel": channel, "subscription_id": name})
    except Rejected as problem:
        if problem.status == 404:
            return False
        raise
    return True
