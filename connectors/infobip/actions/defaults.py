"""What the connection and the run add to a body: senders, tags, our reference as the message's id, our URL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.action import Call
from connectors.connection import Connection
from connectors.errors import InvalidCall
from connectors.infobip import access, addresses, batches


def name(call: Call, recipients: Iterable[dict[str, Any]]) -> None:
    """
    Gives each recipient that has none our reference as its message id: the only idempotency Infobip knows.

    One recipient gets the reference itself, several "<ref>-0", "<ref>-1", …
    """
    for one, named in zip(recipients, batches.names(call.input, call.ref), strict=False):  # v4 names no copies
        one["messageId"] = named.id


def sender(connection: Connection, channel: str, body: dict[str, Any], field: str) -> None:
    """The connection's sender of the channel where the input names none; left out where there is none either."""
    default = connection.setting(f"{channel}_sender")
    if field not in body and default is not None:
        body[field] = str(default) if channel == addresses.EMAIL else addresses.plain(str(default))


def needed(body: Mapping[str, Any], field: str, channel: str) -> None:
    """Refuses to send without a sender where Infobip insists on one."""
    if not body.get(field):
        told = f"no sender: give `from`, or set {channel}_sender on the connection"
        raise InvalidCall(told, fields={"from": [told]})


def tags(connection: Connection, body: dict[str, Any]) -> None:
    """The connection's entity and application where the input names none."""
    for setting, theirs in (("entity_id", "entityId"), ("application_id", "applicationId")):
        told = connection.setting(setting)
        if told is not None:
            body.setdefault(theirs, str(told))


def modern(call: Call, channel: str, body: dict[str, Any]) -> dict[str, Any]:
    """SMS v3, MMS v2 and e-mail v4: {"messages": [{"sender", "destinations", "options", "webhooks"}]}."""
    url = access.notify_url(call.connection, channel)
    for one in body["messages"]:
        sender(call.connection, channel, one, "sender")
        platform = dict(one.get("options", {}).get("platform", {}))
        tags(call.connection, platform)
        if platform:
            one.setdefault("options", {})["platform"] = platform
        hooks = one.get("webhooks", {})
        delivery = hooks.get("delivery", {})
        if url is not None and "url" not in delivery and delivery.get("notify") is not False:
            hooks = {**hooks, "delivery": {"url": url, **delivery}}
        if hooks.get("delivery", {}).get("url"):
            hooks.setdefault("contentType", "application/json")
        if hooks:
            one["webhooks"] = hooks
    return body


def flat(call: Call, channel: str, one: dict[str, Any]) -> None:
    """WhatsApp and older calls: `from`, `notifyUrl`, `entityId`, `applicationId` directly in a message."""
    sender(call.connection, channel, one, "from")
    needed(one, "from", channel)
    tags(call.connection, one)
    url = access.notify_url(call.connection, channel)
    if url is not None:
        one.setdefault("notifyUrl", url)
