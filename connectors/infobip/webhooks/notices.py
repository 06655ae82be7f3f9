"""
News of the account rather than of one message: templates, identities, consent, payments, bounce rates, number checks.

In these the outer `from` is our own sender and the user stands inside `content`, the opposite of inbound messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connectors.events import Contact, EventType, Fact
from connectors.infobip import addresses
from connectors.reading import items, mapping, moment, number, text

CONSENT = {"stop": EventType.OPTOUT, "resume": EventType.OPTIN}


def _kept(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told for name, told in data.items() if told is not None}


def template(item: Mapping[str, Any], channel: str | None) -> Fact:
    """A WhatsApp template's status, category or quality changed."""
    change = mapping(item, "change")
    template_id, stamp = text(item, "messageTemplateId"), text(item, "timestamp")
    data = {
        "template_id": template_id,
        "name": text(item, "messageTemplateName"),
        "language": text(item, "messageTemplateLanguage"),
        "change": text(change, "type"),
        "from": text(change, "previousCategory", "previousQualityScore"),
        "to": text(change, "newStatus", "newCategory", "newQualityScore"),
        "reason": text(change, "reason"),
    }
    return Fact(
        type=EventType.TEMPLATE_STATUS,
        raw=item,
        key=":".join((template_id or "", stamp or "", json.dumps(change, sort_keys=True, default=str))),
        at=moment(item.get("timestamp")),
        channel=channel or addresses.WHATSAPP,
        data=_kept(data),
    )


def notice(item: Mapping[str, Any], channel: str | None) -> Fact:
    """A user's security code changed, a user stops or resumes marketing, or a payment moved."""
    content = mapping(item, "content")
    user = text(content, "userNumber", "from", "userId")
    channel = channel or addresses.WHATSAPP
    word = text(content, "notificationMessagesStatus")
    common: dict[str, Any] = {
        "raw": item,
        "at": moment(item.get("createdAt")),
        "conversation": addresses.key(channel, user),
        "contact": _user(content, channel, user) if user else None,
        "channel": channel,
        "via": text(item, "from") or text(content, "sender"),
    }
    stamp = text(item, "createdAt") or ""
    if word is not None:
        type_ = CONSENT.get(word.lower(), EventType.NOTICE)
        data = {"name": "marketing", "status": word, "text": text(content, "description")}
        return Fact(type=type_, key=f"marketing:{user}:{word}:{stamp}", data=_kept(data), **common)
    if content.get("type") == "payment":
        return Fact(type=EventType.NOTICE, key=_payment_key(content, stamp), data=_payment(content), **common)
    data = {"name": "identity", "text": text(content, "description"), "hash": text(content, "hash")}
    return Fact(type=EventType.NOTICE, key=f"identity:{user}:{data['hash']}:{stamp}", data=_kept(data), **common)


def _user(content: Mapping[str, Any], channel: str, user: str) -> Contact:
    other = addresses.key(channel, text(content, "userId"))
    mine = addresses.key(channel, user)
    return Contact(addresses.plain(user), addresses.phone(user), aliases=(other,) if other and other != mine else ())


def _payment_key(content: Mapping[str, Any], stamp: str) -> str:
    return ":".join(("payment", text(content, "paymentId") or "", text(content, "paymentStatus") or "", stamp))


def _payment(content: Mapping[str, Any]) -> dict[str, Any]:
    value, offset = number(content, "totalAmountValue"), number(content, "totalAmountOffset")
    return _kept(
        {
            "name": "payment",
            "reference_id": text(content, "referenceId"),
            "payment_id": text(content, "paymentId"),
            "status": text(content, "paymentStatus"),
            "amount": f"{value / offset:.6f}".rstrip("0").rstrip(".") if value is not None and offset else None,
            "currency": text(content, "currency"),
            "transactions": items(content, "transactions") or None,
            "callback_data": content.get("callbackData"),  # an object or a list here, a text everywhere else
        }
    )


def platform(item: Mapping[str, Any], channel: str | None) -> Fact:
    """An e-mail domain bounces too much: about the account, not about one message."""
    details = mapping(item, "eventDetails")
    word = text(details, "type") or ""
    data = {
        "name": word.lower(),
        "domain": text(details, "domain"),
        "scope": text(details, "scope"),
        "bounce_rate_percent": number(details, "bounceRate"),
        "threshold_percent": number(details, "blockThreshold", "warnThreshold"),
    }
    return Fact(
        type=EventType.NOTICE,
        raw=item,
        key=text(item, "eventId") or ":".join((word, data["domain"] or "", text(item, "createdAt") or "")),  # type: ignore[arg-type]
        at=moment(item.get("createdAt")),
        channel=channel or addresses.EMAIL,
        data=_kept(data),
    )


def masking(item: Mapping[str, Any], channel: str | None) -> Fact:
    """A masked call's status; a decision request (no `status`) needs a content answer, which a webhook cannot give."""
    asked = "status" not in item
    data = {
        "name": "number-masking-request" if asked else "number-masking",
        "action": text(item, "action"),
        "status": text(item, "status"),
        "from": text(item, "from"),
        "to": text(item, "to"),
        "transfer_to": text(item, "transferTo"),
        "duration_seconds": number(item, "duration", "inboundDuration"),
        "assumed_utc": True if text(item, "ringingTime", "answeredTime") else None,
    }
    key = (text(item, "nmCorrelationId") or "", text(item, "action") or "", text(item, "status") or "request")
    return Fact(
        type=EventType.NOTICE,
        raw=item,
        key=":".join(key),
        at=moment(item.get("answeredTime")) or moment(item.get("ringingTime")),
        channel=channel or addresses.VOICE,
        data=_kept(data),
    )


def looked_up(item: Mapping[str, Any], channel: str | None) -> Fact:
    """A number lookup's row.  DELIVERED means reachable here: it is never a message's status."""
    del channel
    network = mapping(item, "portedNetwork") or mapping(item, "originalNetwork")
    data = {
        "name": "number-lookup",
        "number": text(item, "to"),
        "status": text(mapping(item, "status"), "name"),
        "mcc_mnc": text(item, "mccMnc"),
        "network": text(network, "networkName"),
        "country": text(network, "countryName"),
        "ported": item.get("ported") if isinstance(item.get("ported"), bool) else None,
        "roaming": item.get("roaming") if isinstance(item.get("roaming"), bool) else None,
    }
    return Fact(type=EventType.NOTICE, raw=item, data=_kept(data))
