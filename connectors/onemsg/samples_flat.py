"""
One body of every webhook kind of 1msg's own format (§4.3 – §4.5, §4.7).

Those the page calls inferred are so here too: location, contact cards, interactive replies, reactions (§5.7).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
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
PERSON = {"name": {"formatted_name": "Grace Example"}, "phones": [{"phone": "+15550100777", "wa_id": "15550100777"}]}
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


def single_message(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """One message where a list of them should be."""
    return {"instanceId": instance(connection), "message": received(stamp)}


def single_ack(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """One ack where a list of them should be (§4.5)."""
    return {"instanceId": instance(connection), "ack": acked(stamp, "delivered")}


def chat_update(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """Of Chat-API, not documented by 1msg (§4.7)."""
    return {"instanceId": instance(connection), "chatUpdate": [{"new": {"id": f"{stamp.contact}@c.us", "name": "Ada"}}]}


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


def calls(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """A call, which is no message (§4.7)."""
    call = {"id": f"wacid.{stamp.id}", "from": stamp.contact, "event": "connect", "timestamp": str(stamp.now)}
    return {"type": "calls", "instanceId": instance(connection), "calls": [call]}


META_FAULT = {
    "code": 131047,
    "title": "Re-engagement message",
    "message": "Re-engagement message",
    "error_data": {"details": "More than 24 hours have passed since the customer last replied"},
}
QUOTED = "wamid.OUT000222=="

FLAT: dict[str, Sample] = {
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
    "product": inbound("A product asked about", type="product", body="", product={"product_retailer_id": "sku-1"}),
    "text": inbound("A text, by its other name", type="text"),
    "voice-ptt": inbound("A voice note, by its other name", type="ptt", body=f"{STORAGE}/def.ogg"),
    "contact-plain": inbound("A contact card, written out", type="vcard", body=CARD),
    "contact-cloud": inbound("A contact card, as Meta's clouds say it", type="contact", body="", contacts=[PERSON]),
    "contacts-several": inbound("Two contact cards", type="multi_vcard", body=f"{CARD}\n{CARD}"),
    "button-reply-bare": inbound("A tapped reply button, its type alone", type="button_reply", body="Yes, confirm"),
    "list-reply-bare": inbound("A chosen list row, its type alone", type="list_reply", body="Tomorrow"),
    "flow-reply-bare": inbound("A filled form, its type alone", type="nfm_reply", body="Sent"),
    "ephemeral": inbound("A message that vanishes", type="ephemeral", body=""),
    "unsupported": inbound("What WhatsApp's API cannot show", type="unsupported", body=""),
    "template": inbound("A template, as a message", type="template", body="Your order is on its way"),
    "system": inbound("News of the chat: a changed number", type="system", body="Ada changed their phone number"),
    "referral": inbound(
        "A text out of an ad", referral={"source_type": "ad", "source_id": "1", "source_url": "https://ad.example.test"}
    ),
    "edited": inbound("An edited text", type="edited", metadata={"original_message_id": "wamid.IN0001=="}),
    "revoked": inbound("A message taken back", type="revoked", body="", quotedMsgId="wamid.IN0001=="),
    "edited-short": inbound("An edited text, by its other name", type="edit", quotedMsgId="wamid.IN0001=="),
    "revoked-short": inbound(
        "A message taken back, by its other name",
        type="revoke",
        body="",
        metadata={"original_message_id": "wamid.IN0001=="},
    ),
    "welcome": inbound(
        "A chat opened for the first time", type="request_welcome", body="", meta={"request_welcome": True}
    ),
    "call-log": inbound("A call, as a message", type="call_log", body="[Call]"),
    "call-permission": inbound("An answer to a call request", type="call_permission_reply", body="[Call permission]"),
    "unheard-of": inbound("A type nobody told us of", type="hologram", body="beam me up"),
    "echo": outbound("A message of ours"),
    "echo-app": outbound("What a colleague wrote in the phone app", self=0),
    "ack-queued": receipt("Queued", "queued"),
    "ack-accepted": receipt("Accepted", "accepted"),
    "ack-sent": receipt("Sent", "sent"),
    "ack-delivered": receipt("Delivered", "delivered", category="utility"),
    "ack-read": receipt("Read", "read"),
    "ack-viewed": receipt("Read, in the old word", "viewed"),
    "ack-one": receipt("Sent, as a number", "1"),
    "ack-two": receipt("Delivered, as a number", "2"),
    "ack-three": receipt("Read, as a number", "3"),
    "ack-minus-one": receipt("Failed, as a number", "-1"),
    "ack-error": receipt("Failed, with Meta's object", "error", error=META_FAULT),
    "ack-undelivered": receipt("Not delivered", "undelivered"),
    "ack-single": Sample("Delivered, not in a list", single_ack),
    "ack-unheard-of": receipt("A status nobody told us of", "teleported"),
    "ack-played": receipt("A voice note heard", "played"),
    "ack-failed": receipt("Failed", "failed", error="User's number is part of an experiment"),
    "ack-deleted": receipt("Deleted", "deleted"),
    "ack-minimal": Sample("Read, in the older form", minimal_ack),
    "batch": Sample("Messages and receipts at once", batch),
    "calls": Sample("A call", calls),
    "chat-update": Sample("A kind the ancestor had, which 1msg does not tell of", chat_update, unknown=True),
    "message-single": Sample("A text, not in a list", single_message),
}
