"""WhatsApp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.action import Action, Call, Nature, Wire
from connectors.infobip import addresses, answers
from connectors.infobip.actions import defaults
from connectors.infobip.schemas import whatsapp as schemas
from connectors.infobip.schemas.replies import Done, Sent

DOCS = "https://www.infobip.com/docs/api/channels/whatsapp"
WINDOW = "free-form only within 24 hours of the user's last message; outside it the delivery report says 7010"


def party(given: Mapping[str, Any]) -> str | None:
    """The conversation of a message."""
    return addresses.key(addresses.WHATSAPP, addresses.one(given.get("to")))


def _complete(body: dict[str, Any], call: Call) -> dict[str, Any]:
    body.setdefault("messageId", call.ref)
    defaults.flat(call, addresses.WHATSAPP, body)
    return body


def _no_body(wire: Wire, call: Call) -> Wire:
    del call
    return replace(wire, json=None)


def _sender(body: dict[str, Any], call: Call) -> dict[str, Any]:
    defaults.sender(call.connection, addresses.WHATSAPP, body, "sender")
    defaults.needed(body, "sender", addresses.WHATSAPP)
    return body


ROWS = (
    Action(
        key="send-whatsapp-text-message",
        title="Send a WhatsApp text",
        description="Sends a free-form text. What became of it comes by webhook only.",
        method="POST",
        path="/whatsapp/1/message/text",
        request=schemas.SendText,
        reply=Sent,
        repeatable=False,
        nature=Nature.SEND,
        example={"to": "447700900123", "text": "Hello!", "from": "447860099299"},
        docs=f"{DOCS}/whatsapp-outbound-messages/send-whatsapp-text-message, page 3.17",
        party=party,
        complete=_complete,
        parts=answers.parts(addresses.WHATSAPP),
        window=True,
        pace="whatsapp",
        cost="each message",
        limits=(WINDOW, "at most 4096 characters", "4000 a second"),
    ),
    Action(
        key="mark-whatsapp-message-as-read",
        title="Mark a WhatsApp message as read",
        description="Shows the sender of an inbound message that it was read.",
        method="POST",
        path="/whatsapp/1/senders/{sender}/message/{messageId}/read",
        request=schemas.MarkRead,
        reply=Done,
        repeatable=True,
        nature=Nature.READ,
        example={"message_id": "wamid.HBgMNDQ3NzAwOTAwMTIz", "from": "447860099299"},
        docs=f"{DOCS}/whatsapp-inbound-messages/mark-whatsapp-message-as-read, page 3.19",
        about="message_id",
        complete=_sender,
        shape=_no_body,
        pace="whatsapp-read",
        limits=("10 a second",),
    ),
)
