"""The Messages API form: an explicit `event`, `sender` and `destination`, and for what comes in a list of contents."""

from __future__ import annotations

from typing import Any

from connectors.connection import Connection
from connectors.infobip.samples.messages import DELIVERED, Body, at, ours
from connectors.provider import Stamp

FILES = "https://files.example"

# the content of each inbound kind, by the tail of its sample's name
CONTENTS: dict[str, list[Body]] = {
    "message": [{"type": "IMAGE", "url": f"{FILES}/i.jpg", "text": "Hi"}],
    "text": [{"type": "TEXT", "text": "JOIN me please", "cleanText": "me please", "keyword": "JOIN"}],
    "video": [{"type": "VIDEO", "url": f"{FILES}/v.mp4"}],
    "audio": [{"type": "AUDIO", "url": f"{FILES}/a.ogg"}],
    "document": [{"type": "DOCUMENT", "url": f"{FILES}/d.pdf", "text": "contract.pdf"}],
    "file": [{"type": "FILE", "url": f"{FILES}/f.zip"}],
    "location": [{"type": "LOCATION", "latitude": 51.5, "longitude": -0.12, "url": "https://maps.example/hq"}],
    "url": [{"type": "URL", "url": "https://acme.example/offer"}],
    "subject": [{"type": "SUBJECT", "text": "My order"}, {"type": "TEXT", "text": "where is it?"}],
    "button-reply": [{"type": "BUTTON_REPLY", "id": "b1", "text": "Yes", "payload": "yes-9001"}],
    "list-reply": [
        {"type": "LIST_REPLY", "id": "row-3", "text": "Blue"},
        {"type": "LIST_REPLY", "id": "row-4", "text": "Red"},
    ],
    "flow-response": [{"type": "FLOW_RESPONSE", "response": {"rating": "5", "flow_token": "ft-1"}}],
    "form-response": [{"type": "FORM_RESPONSE", "response": {"name": "Ann"}}],
    "payment-response": [{"type": "PAYMENT_RESPONSE", "response": {"paymentId": "p", "status": "SUCCESS"}}],
    "reaction": [{"type": "REACTION", "emoji": "\\u2764\\uFE0F", "action": "ADDED", "context": {"id": "wa-1"}}],
    "reaction-removed": [{"type": "REACTION", "action": "REMOVED", "context": {"id": "wa-1"}}],
}


def form(event: str, **more: Any) -> Any:
    """An item of the form."""

    def body(connection: Connection, stamp: Stamp) -> Body:
        sender = ours(connection, "whatsapp", "447860099299")
        inbound = event not in {"DELIVERY", "SEEN"}
        told: Body = {
            "event": event,
            "channel": "WHATSAPP",
            "sender": stamp.contact if inbound else sender,
            "destination": sender if inbound else stamp.contact,
            "messageId": stamp.id,
            **({"receivedAt": at(stamp)} if inbound else {"sentAt": at(stamp, -3), "bulkId": "b"}),
            "platform": {"entityId": "e", "applicationId": "a"},
        }
        if event == "SEEN":
            told["seenAt"] = at(stamp)
        if event == "DELIVERY":
            told |= {"doneAt": at(stamp), "mccMnc": 23410, "status": DELIVERED, "error": {"id": 0}}
        return {"results": [{**told, **more}]}

    return body
