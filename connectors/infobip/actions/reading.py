"""Rows for what reads: logs, and reports that are handed out once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.action import Action, Call, Nature
from connectors.errors import InvalidCall
from connectors.guards import HookRequest
from connectors.infobip import access
from connectors.infobip.schemas import queries
from connectors.infobip.schemas.replies import Inbox, Rows
from connectors.schema import Request

ONCE = (
    "each report is handed out once, to whoever asks first; about 48 hours are kept",
    "refused beside this connection's webhook unless beside_push is true: the two take from each other",
    "when no answer comes a batch may be lost: it is recovered from the logs where there are any",
)
JSON = {"content-type": "application/json"}


def heard(channel: str) -> Callable[[Call, bytes], HookRequest | None]:
    """What a consuming read brought, as the push that would have told the same."""

    def told(call: Call, content: bytes) -> HookRequest | None:
        del call
        return HookRequest("POST", channel, "", JSON, content) if content else None

    return told


def alone(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """Refuses to read beside a push for the same traffic."""
    if not body.pop("beside_push", False) and access.reports(call.connection) != "off" and call.connection.webhook_url:
        told = "this connection's reports are pushed: set `reports` to off, or give beside_push to read all the same"
        raise InvalidCall(told, fields={"beside_push": [told]})
    return body


def beside(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """The same for inbound messages, whose push is set up on the number."""
    if not body.pop("beside_push", False) and call.connection.setting("inbound", "push") != "pull":
        told = "inbound messages are pushed: set `inbound` to pull, or give beside_push to read all the same"
        raise InvalidCall(told, fields={"beside_push": [told]})
    return body


def reports(
    key: str, title: str, path: str, channel: str, docs: str, *, pace: str, request: type[Request] = queries.Reports
) -> Action:
    """A row of delivery reports: not repeatable, as an answer that did not arrive took its reports with it."""
    return Action(
        key=key,
        title=title,
        description=f"Takes new delivery reports out of Infobip's queue; each becomes an event ({channel}).",
        method="GET",
        path=path,
        request=request,
        reply=Rows,
        repeatable=False,
        nature=Nature.QUERY,
        example={"limit": 200, "beside_push": True},
        docs=docs,
        complete=alone,
        heard=heard(channel),
        lost="a batch of reports may be lost with it, and is looked for in the logs",
        pace=pace,
        limits=ONCE,
    )


def inbox(key: str, title: str, path: str, channel: str, docs: str) -> Action:
    """A row of inbound messages."""
    return Action(
        key=key,
        title=title,
        description=f"Takes inbound messages out of Infobip's queue; each becomes an event ({channel}).",
        method="GET",
        path=path,
        request=queries.InboxQuery,
        reply=Inbox,
        repeatable=False,
        nature=Nature.QUERY,
        example={"limit": 200, "beside_push": True},
        docs=docs,
        complete=beside,
        heard=heard(channel),
        lost="a batch of messages may be lost with it, and no logs have them",
        pace="sms-inbox",
        limits=("each message is handed out once; 48 hours are kept", "at most 1000 at a time"),
    )


def logs(key: str, title: str, path: str, request: type[Request], docs: str, *, pace: str) -> Action:
    """A row of logs."""
    return Action(
        key=key,
        title=title,
        description="What became of messages of the last 48 hours, one row each in its current state.",
        method="GET",
        path=path,
        request=request,
        reply=Rows,
        repeatable=True,
        nature=Nature.QUERY,
        example={"message_id": "m-1", "limit": 100},
        docs=docs,
        pace=pace,
        limits=("120 a minute", "at most 1000 rows a page", "the last 48 hours; rows hold the messages' text"),
    )
