"""MMS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.action import Action, Call, Nature
from connectors.infobip import addresses, answers, batches
from connectors.infobip.actions import defaults, reading
from connectors.infobip.schemas import mms as schemas
from connectors.infobip.schemas import queries
from connectors.infobip.schemas.replies import Sent

DOCS = "https://www.infobip.com/docs/api/channels/mms"


def party(given: Mapping[str, Any]) -> str | None:
    """The conversation of a send to one number."""
    return addresses.key(addresses.MMS, addresses.one(given.get("to", given.get("destinations"))))


def _complete(body: dict[str, Any], call: Call) -> dict[str, Any]:
    defaults.name(call, (recipient for one in body["messages"] for recipient in one["destinations"]))
    return defaults.modern(call, addresses.MMS, body)


ROWS = (
    Action(
        key="send-mms-message",
        title="Send MMS",
        description="Sends texts and files as one MMS to one or more numbers.",
        method="POST",
        path="/mms/2/messages",
        request=schemas.SendMms,
        reply=Sent,
        repeatable=False,
        nature=Nature.SEND,
        example={
            "to": "447700900123",
            "from": "447860099111",
            "text": "look",
            "media_url": "https://files.acme.example/a1.jpg",
        },
        docs=f"{DOCS}#send-mms-messages, page 3.19",
        party=party,
        complete=_complete,
        parts=answers.parts(addresses.MMS),
        reaches=batches.reaches(addresses.MMS),
        without=batches.without,
        pace="mms",
        cost="each message to each number",
        limits=(f"{schemas.MAX_TEXT} characters a text",),
    ),
    reading.reports(
        "get-mms-delivery-reports",
        "Get MMS delivery reports",
        "/mms/2/reports",
        addresses.MMS,
        f"{DOCS}#get-mms-delivery-reports, page 3.19",
        pace="mms",
    ),
    reading.logs(
        "get-mms-message-logs",
        "Get MMS logs",
        "/mms/2/logs",
        queries.SmsLogs,
        f"{DOCS}#get-mms-logs, page 3.19",
        pace="mms-logs",
    ),
    reading.inbox(
        "get-inbound-mms-messages",
        "Get inbound MMS",
        "/mms/1/inbox/reports",
        addresses.MMS,
        f"{DOCS}#get-inbound-mms-messages, page 3.19",
    ),
)
