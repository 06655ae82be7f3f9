"""
One body of every webhook kind of our page (§4.3 – §4.7), as 1msg sends it, for `ferry trigger` and for tests.

Those the page calls inferred are so here too: location, contact cards, interactive replies, reactions (§5.7).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from connectors.connection import Connection
from connectors.errors import InvalidCall
from connectors.onemsg.account import channel
from connectors.provider import Sample, Stamp
from connectors.samples import at_stand_in

BUSINESS = "15550100999"
BSUID = "US.100000000000001"
BUCKET = "https://s3.example.test"
STORAGE = f"{BUCKET}/bucket/u"
CARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Grace Example\nTEL:+15550100777\nEND:VCARD"

Fields = Callable[[Stamp], dict[str, Any]]


def instance(connection: Connection) -> str:
    """The connection's channel, or one nobody has where it is not set up."""
    try:
        return channel(connection)
    except InvalidCall:
        return "ABC000111222"


def received(stamp: Stamp, **fields: Any) -> dict[str, Any]:
    """A message of the customer, as §4.3 shows it."""
    chat = f"{stamp.contact}@c.us"
    return {
        "id": f"wamid.IN{stamp.id}==",
        "body": stamp.text,
        "self": 0,
        "time": stamp.now,
        "type": "chat",
        "author": chat,
        "chatId": chat,
        "fromMe": False,
        "caption": None,
        "chatName": stamp.contact,
        "senderName": "Ada",
        "authorBsuid": BSUID,
        "authorUserName": None,
        "isForwarded": False,
        "quotedMsgId": None,
        **fields,
    }


def echoed(stamp: Stamp, **fields: Any) -> dict[str, Any]:
    """A message of the business; its `senderName` is the business, its `author` not to be trusted."""
    chat = f"{stamp.contact}@c.us"
    return {
        "id": f"wamid.OUT{stamp.id}==",
        "type": "chat",
        "body": stamp.text,
        "fromMe": True,
        "self": 1,
        "time": stamp.now,
        "chatId": chat,
        "author": chat,
        "senderName": f"{BUSINESS}@c.us",
        "caption": None,
        "quotedMsgId": None,
        "isForwarded": False,
        **fields,
    }


def acked(stamp: Stamp, status: str, **fields: Any) -> dict[str, Any]:
    """A delivery status, which carries no time."""
    return {
        "id": f"wamid.OUT{stamp.id}==",
        "chatId": f"{stamp.contact}@c.us",
        "phone": stamp.contact,
        "bsuid": BSUID,
        "userName": None,
        "status": status,
        **fields,
    }


def inbound(title: str, fields: Fields | None = None, **fixed: Any) -> Sample:
    """A sample of one message of the customer."""

    def body(connection: Connection, stamp: Stamp) -> dict[str, Any]:
        more = fields(stamp) if fields else {}
        message = received(stamp, **{**fixed, **more})
        return {"instanceId": instance(connection), "messages": [at_stand_in(connection, message, BUCKET)]}

    return Sample(title, body)


def outbound(title: str, **fixed: Any) -> Sample:
    """A sample of one echo."""

    def body(connection: Connection, stamp: Stamp) -> dict[str, Any]:
        return {"instanceId": instance(connection), "messages": [echoed(stamp, **fixed)]}

    return Sample(title, body)


def receipt(title: str, status: str, **fixed: Any) -> Sample:
    """A sample of one ack."""

    def body(connection: Connection, stamp: Stamp) -> dict[str, Any]:
        return {"instanceId": instance(connection), "ack": [acked(stamp, status, **fixed)]}

    return Sample(title, body)


def minimal_ack(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """The older form of an ack (§4.5)."""
    ack = acked(stamp, "viewed")
    return {"instanceId": instance(connection), "ack": [{name: ack[name] for name in ("id", "chatId", "status")}]}


def hidden(stamp: Stamp) -> dict[str, Any]:
    """What differs when the customer hides their number."""
    del stamp
    return {"chatId": f"{BSUID}@lid", "author": f"{BSUID}@lid", "chatName": "Ada"}


def batch(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """Several messages and receipts in one body (§4.2)."""
    return {
        "instanceId": instance(connection),
        "messages": [received(stamp), received(stamp, id=f"wamid.IN{stamp.id}b==", body="and another"), echoed(stamp)],
        "ack": [acked(stamp, "sent"), acked(stamp, "delivered", category="utility")],
    }


def raw(connection: Connection, field: str, **value: Any) -> dict[str, Any]:
    """Meta's envelope around one change (§4.6)."""
    return {
        "object": "whatsapp_business_account",
        "instanceId": instance(connection),
        "entry": [
            {
                "id": "200000000000001",
                "changes": [
                    {
                        "field": field,
                        "value": {
                            "messaging_product": "whatsapp",
                            "metadata": {"display_phone_number": BUSINESS, "phone_number_id": "300000000000001"},
                            **value,
                        },
                    }
                ],
            }
        ],
    }


def raw_message(title: str, kind: str, content: Mapping[str, Any], **fields: Any) -> Sample:
    """A sample of one message in Meta's shape."""

    def body(connection: Connection, stamp: Stamp) -> dict[str, Any]:
        item = {
            "from": stamp.contact,
            "id": f"wamid.RAW{stamp.id}==",
            "timestamp": str(stamp.now),
            "type": kind,
            kind: {**content, **({"body": stamp.text} if kind == "text" else {})},
            **fields,
        }
        people = [{"profile": {"name": "Ada"}, "wa_id": stamp.contact}]
        return raw(connection, "messages", contacts=people, messages=[item])

    return Sample(title, body)


def raw_echo(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """What a colleague wrote in the phone app."""
    item = {
        "from": BUSINESS,
        "to": stamp.contact,
        "id": f"wamid.APP{stamp.id}==",
        "timestamp": str(stamp.now),
        "type": "text",
        "text": {"body": stamp.text},
    }
    return raw(connection, "smb_message_echoes", message_echoes=[item])


def raw_status(title: str, status: str, **fields: Any) -> Sample:
    """A sample of one delivery status in Meta's shape."""

    def body(connection: Connection, stamp: Stamp) -> dict[str, Any]:
        item = {"id": f"wamid.OUT{stamp.id}==", "status": status, "timestamp": str(stamp.now)}
        return raw(connection, "messages", statuses=[{**item, "recipient_id": stamp.contact, **fields}])

    return Sample(title, body)


def calls(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """A call, which is no message (§4.7)."""
    call = {"id": f"wacid.{stamp.id}", "from": stamp.contact, "event": "connect", "timestamp": str(stamp.now)}
    return {"type": "calls", "instanceId": instance(connection), "calls": [call]}


def template_status(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """Raw mode only."""
    del stamp
    news = {
        "event": "APPROVED",
        "message_template_id": 700000000000001,
        "message_template_name": "order_ready",
        "message_template_language": "en",
        "reason": "NONE",
    }
    return raw(connection, "message_template_status_update", **news)


META_FAULT = {
    "code": 131047,
    "title": "Re-engagement message",
    "message": "Re-engagement message",
    "error_data": {"details": "More than 24 hours have passed since the customer last replied"},
}
QUOTED = "wamid.OUT000222=="

SAMPLES: dict[str, Sample] = {
    "message": inbound("A text"),
    "image": inbound("An image", type="image", body=f"{STORAGE}/abc.jpg", caption="my receipt"),
    "video": inbound("A video", type="video", body=f"{STORAGE}/abc.mp4"),
    "sticker": inbound("A sticker", type="sticker", body=f"{STORAGE}/abc.webp"),
    "audio": inbound("Audio, perhaps a voice note", type="audio", body=f"{STORAGE}/abc.ogg"),
    "voice": inbound("A voice note", type="voice", body=f"{STORAGE}/def.ogg"),
    "document": inbound("A document", type="document", body=f"{STORAGE}/ghi.pdf", caption="contract.pdf"),
    "location": inbound("A place", type="location", body="40.000100;-74.000200", caption="Pickup point"),
    "contact": inbound("A contact card", type="contacts", body=base64.b64encode(CARD.encode()).decode()),
    "reaction": inbound("A reaction", type="reaction", body="❤️", quotedMsgId=QUOTED),
    "reaction-removed": inbound("A reaction taken away", type="reaction", body="", quotedMsgId=QUOTED),
    "button": inbound("A tapped template button", type="button", body="Stop", quotedMsgId=QUOTED),
    "button-reply": inbound(
        "A tapped reply button",
        type="interactive",
        body="Yes, confirm",
        interactive={"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes, confirm"}},
        quotedMsgId=QUOTED,
    ),
    "list-reply": inbound(
        "A chosen list row",
        type="interactive",
        body="Tomorrow",
        interactive={
            "type": "list_reply",
            "list_reply": {"id": "slot-2", "title": "Tomorrow", "description": "10:00"},
        },
    ),
    "flow-reply": inbound(
        "A filled form",
        type="interactive",
        body="Sent",
        interactive={"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": '{"size": "M"}'}},
    ),
    "quoted": inbound("A reply to a message", quotedMsgId=QUOTED),
    "forwarded": inbound("A forwarded text", isForwarded=1),
    "hidden-number": inbound("A text of somebody who hides their number", hidden),
    "order": inbound(
        "An order",
        type="order",
        body="",
        order={"catalog_id": "1", "product_items": [{"product_retailer_id": "sku-1", "quantity": 2}]},
    ),
    "referral": inbound(
        "A text out of an ad", referral={"source_type": "ad", "source_id": "1", "source_url": "https://ad.example.test"}
    ),
    "edited": inbound("An edited text", type="edited", metadata={"original_message_id": "wamid.IN0001=="}),
    "revoked": inbound("A message taken back", type="revoked", body="", quotedMsgId="wamid.IN0001=="),
    "welcome": inbound(
        "A chat opened for the first time", type="request_welcome", body="", meta={"request_welcome": True}
    ),
    "call-log": inbound("A call, as a message", type="call_log", body="[Call]"),
    "call-permission": inbound("An answer to a call request", type="call_permission_reply", body="[Call permission]"),
    "unheard-of": inbound("A type nobody told us of", type="hologram", body="beam me up"),
    "echo": outbound("A message of ours"),
    "echo-app": outbound("What a colleague wrote in the phone app", self=0),
    "ack-sent": receipt("Sent", "sent"),
    "ack-delivered": receipt("Delivered", "delivered", category="utility"),
    "ack-viewed": receipt("Read", "viewed"),
    "ack-played": receipt("A voice note heard", "played"),
    "ack-failed": receipt("Failed", "failed", error="User's number is part of an experiment"),
    "ack-deleted": receipt("Deleted", "deleted"),
    "ack-minimal": Sample("Read, in the older form", minimal_ack),
    "batch": Sample("Messages and receipts at once", batch),
    "raw-message": raw_message("A text, raw", "text", {}, context={"id": QUOTED}),
    "raw-image": raw_message(
        "An image, raw",
        "image",
        {"id": "900000000000001", "mime_type": "image/jpeg", "sha256": "00", "caption": "my receipt"},
    ),
    "raw-voice": raw_message(
        "A voice note, raw", "audio", {"id": "900000000000002", "mime_type": "audio/ogg; codecs=opus", "voice": True}
    ),
    "raw-reaction": raw_message("A reaction, raw", "reaction", {"message_id": QUOTED, "emoji": "👍"}),
    "raw-location": raw_message(
        "A place, raw",
        "location",
        {"latitude": 40.0001, "longitude": -74.0002, "name": "Pickup point", "address": "1 Test Street"},
    ),
    "raw-button": raw_message("A tapped template button, raw", "button", {"payload": "STOP", "text": "Stop"}),
    "raw-interactive": raw_message(
        "A tapped reply button, raw",
        "interactive",
        {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes, confirm"}},
    ),
    "raw-echo": Sample("What a colleague wrote in the phone app, raw", raw_echo),
    "raw-status": raw_status("Read, raw", "read"),
    "raw-failed": raw_status("Failed, raw", "failed", errors=[META_FAULT]),
    "calls": Sample("A call", calls),
    "template-status": Sample("A template approved, raw", template_status),
}
