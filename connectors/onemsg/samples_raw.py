"""
One body of every webhook kind of a channel with `rawHooks` (§4.6, §4.7): Meta's own shapes, in Meta's own envelope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.connection import Connection
from connectors.onemsg.samples_flat import BUSINESS, META_FAULT, PERSON, QUOTED, acked, instance
from connectors.provider import Sample, Stamp


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


def raw_contacts(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """A contact card in Meta's shape, whose content is a list."""
    item = {
        "from": stamp.contact,
        "id": f"wamid.RAW{stamp.id}==",
        "timestamp": str(stamp.now),
        "type": "contacts",
        "contacts": [PERSON],
    }
    return raw(connection, "messages", messages=[item])


def raw_root(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """As 360dialog sends it: Meta's items at the root (§4.6)."""
    item = {
        "from": stamp.contact,
        "id": f"wamid.RAW{stamp.id}==",
        "timestamp": str(stamp.now),
        "type": "text",
        "text": {"body": stamp.text},
    }
    state = {"id": f"wamid.OUT{stamp.id}==", "status": "read", "timestamp": str(stamp.now)}
    return {
        "instanceId": instance(connection),
        "contacts": [{"profile": {"name": "Ada"}, "wa_id": stamp.contact}],
        "messages": [item],
        "statuses": [{**state, "recipient_id": stamp.contact}],
    }


def raw_ack(connection: Connection, stamp: Stamp) -> dict[str, Any]:
    """Some relays put an ack into Meta's value (§4.6)."""
    return raw(connection, "messages", ack=[acked(stamp, "delivered")])


def news(title: str, field: str, **value: Any) -> Sample:
    """A sample of a change that is no message: news of the account (§4.7)."""
    return Sample(title, lambda connection, stamp: raw(connection, field, id=f"n{stamp.id}", **value))


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


RAW: dict[str, Sample] = {
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
    "raw-video": raw_message("A video, raw", "video", {"id": "900000000000003", "mime_type": "video/mp4"}),
    "raw-document": raw_message(
        "A document, raw",
        "document",
        {"id": "900000000000004", "mime_type": "application/pdf", "filename": "contract.pdf", "caption": "signed"},
    ),
    "raw-sticker": raw_message("A sticker, raw", "sticker", {"id": "900000000000005", "mime_type": "image/webp"}),
    "raw-contacts": Sample("A contact card, raw", raw_contacts),
    "raw-order": raw_message(
        "An order, raw",
        "order",
        {"catalog_id": "1", "product_items": [{"product_retailer_id": "sku-1", "quantity": 2}]},
    ),
    "raw-list-reply": raw_message(
        "A chosen list row, raw",
        "interactive",
        {"type": "list_reply", "list_reply": {"id": "slot-2", "title": "Tomorrow", "description": "10:00"}},
    ),
    "raw-flow-reply": raw_message(
        "A filled form, raw",
        "interactive",
        {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": '{"size": "M"}'}},
    ),
    "raw-system": raw_message("News of the chat, raw", "system", {"body": "Ada changed their phone number"}),
    "raw-unsupported": raw_message("What WhatsApp's API cannot show, raw", "unsupported", {}),
    "raw-edited": raw_message(
        "An edited text, raw",
        "edit",
        {"original_message_id": "wamid.RAW0001==", "message": {"type": "text", "text": {"body": "at seven, then"}}},
    ),
    "raw-revoked": raw_message("A message taken back, raw", "revoke", {"original_message_id": "wamid.RAW0001=="}),
    "raw-referral": raw_message(
        "A text out of an ad, raw", "text", {}, referral={"source_type": "ad", "source_id": "1", "headline": "Sale"}
    ),
    "raw-echo": Sample("What a colleague wrote in the phone app, raw", raw_echo),
    "raw-status": raw_status("Read, raw", "read"),
    "raw-sent": raw_status("Sent, raw", "sent"),
    "raw-delivered": raw_status("Delivered, raw", "delivered", pricing={"category": "utility", "billable": True}),
    "raw-root": Sample("A text and a status, raw, without an envelope", raw_root),
    "raw-ack": Sample("An ack inside Meta's envelope", raw_ack),
    "raw-failed": raw_status("Failed, raw", "failed", errors=[META_FAULT]),
    "calls-raw": news("A call, raw", "calls", calls=[{"event": "connect"}]),
    "template-status": Sample("A template approved, raw", template_status),
    "template-quality": news(
        "A template's quality changed, raw",
        "message_template_quality_update",
        message_template_name="order_ready",
        message_template_language="en",
        previous_quality_score="GREEN",
        new_quality_score="YELLOW",
    ),
    "template-category": news(
        "A template's category changed, raw",
        "template_category_update",
        message_template_name="order_ready",
        message_template_language="en",
        previous_category="UTILITY",
        new_category="MARKETING",
    ),
    "number-quality": news("The number's quality changed, raw", "phone_number_quality_update", event="FLAGGED"),
    "number-name": news("The number's name was judged, raw", "phone_number_name_update", decision="APPROVED"),
    "account-update": news("The account was changed, raw", "account_update", event="VERIFIED_ACCOUNT"),
    "account-review": news("The account was reviewed, raw", "account_review_update", decision="APPROVED"),
    "account-alert": news("The account is warned, raw", "account_alerts", alert_severity="WARNING"),
    "field-unheard-of": replace(news("A field nobody told us of, raw", "hologram_update", level=3), unknown=True),
}
