"""The page's own bodies, and how to read them in a test."""

from __future__ import annotations

import json
from typing import Any

from connectors.events import Fact
from connectors.onemsg import PROVIDER
from tests.connectors.onemsg.channel import ADA, BSUID, CHANNEL, OUT, hook

NOON = 1767225600
DAY = 24 * 3600
HIDDEN = f"{BSUID}@lid"

TEXT: dict[str, Any] = {
    "id": "wamid.IN0001==",
    "body": "Hi, is it open?",
    "self": 0,
    "time": NOON,
    "type": "chat",
    "author": ADA,
    "chatId": ADA,
    "fromMe": False,
    "caption": None,
    "chatName": "15550100123",
    "senderName": "Ada",
    "authorBsuid": BSUID,
    "authorUserName": None,
    "isForwarded": False,
    "quotedMsgId": None,
}
ECHO: dict[str, Any] = {
    "id": OUT,
    "type": "chat",
    "body": "Hello 🌍",
    "fromMe": True,
    "self": 1,
    "time": NOON + 60,
    "chatId": ADA,
    "author": ADA,
    "senderName": "15550100999@c.us",
    "caption": None,
    "quotedMsgId": None,
    "isForwarded": False,
}


def parse(document: Any) -> list[Fact]:
    """The facts of a body."""
    return PROVIDER.parse(hook(json.dumps(document).encode()))


def heard(**fields: Any) -> Fact:
    """The one fact of an inbound message that differs in these fields."""
    found = parse({"instanceId": CHANNEL, "messages": [{**TEXT, **fields}]})
    assert 1 == len(found)
    return found[0]


def raw(**value: Any) -> list[Fact]:
    """The facts of one of Meta's values."""
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", **value}}
    return parse({"object": "whatsapp_business_account", "instanceId": CHANNEL, "entry": [{"changes": [change]}]})


def acked(**fields: Any) -> Fact:
    """The one fact of an ack that differs in these fields."""
    ack = {"id": OUT, "chatId": ADA, "phone": "15550100123", "bsuid": BSUID, "userName": None, "status": "sent"}
    (found,) = parse({"instanceId": CHANNEL, "ack": [{**ack, **fields}]})
    return found


CARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Grace Example\nTEL:+15550100777\nEND:VCARD"
GRACE = [{"name": "Grace Example", "phones": ["+15550100777"]}]
CLOUD = [{"name": {"formatted_name": "Grace Example"}, "phones": [{"phone": "+15550100777"}]}]
YES = {"id": "yes", "title": "Yes, confirm", "description": None, "data": None}
ROW = {"id": "slot-2", "title": "Tomorrow", "description": "10:00", "data": None}
BUTTON = {"button_reply": {"id": "yes", "title": "Yes, confirm"}}
LIST = {"list_reply": {"id": "slot-2", "title": "Tomorrow", "description": "10:00"}}
