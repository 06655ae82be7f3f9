"""WhatsApp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.action import Action, Call, Nature, Wire
from connectors.infobip import addresses, answers, batches
from connectors.infobip.actions import defaults
from connectors.infobip.schemas import templates
from connectors.infobip.schemas import whatsapp as schemas
from connectors.infobip.schemas.replies import Done, Sent
from connectors.schema import Request

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


def _several(body: dict[str, Any], call: Call) -> dict[str, Any]:
    defaults.name(call, body["messages"])
    for one in body["messages"]:
        defaults.flat(call, addresses.WHATSAPP, one)
    return body


def template_party(given: Mapping[str, Any]) -> str | None:
    """The conversation of a template to one person."""
    messages = given.get("messages")
    if isinstance(messages, list):
        return party(messages[0]) if len(messages) == 1 and isinstance(messages[0], Mapping) else None
    return party(given)


def _event(body: dict[str, Any], call: Call) -> dict[str, Any]:
    for one in body["events"]:
        defaults.sender(call.connection, addresses.WHATSAPP, one, "sender")
        defaults.needed(one, "sender", addresses.WHATSAPP)
    return body


def _send(
    key: str, title: str, description: str, path: str, request: type[Request], example: dict[str, Any], *limits: str
) -> Action:
    """A row of a free-form message: what differs is its content."""
    return Action(
        key=key,
        title=title,
        description=description,
        method="POST",
        path=f"/whatsapp/1/message/{path}",
        request=request,
        reply=Sent,
        repeatable=False,
        nature=Nature.SEND,
        example={"to": "447700900123", "from": "447860099299", **example},
        docs=f"{DOCS}/whatsapp-outbound-messages/{key}, page 3.17 and 3.19",
        party=party,
        complete=_complete,
        parts=answers.parts(addresses.WHATSAPP),
        window=True,
        pace="whatsapp",
        cost="each message",
        limits=(WINDOW, *limits, "4000 a second"),
    )


IMAGE = {"media_url": "https://files.acme.example/a1.jpg"}
BUTTONS = {"text": "Shall we?", "buttons": [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}]}
LIST = {
    "text": "Which colour?",
    "button": "Choose",
    "sections": [{"title": "Colours", "rows": [{"id": "row-3", "title": "Blue", "description": "Size M"}]}],
}
ANY = {
    "kind": "url-button",
    "content": {
        "body": {"text": "See your order"},
        "action": {"displayText": "Open", "url": "https://acme.example/o/9001"},
    },
}
TEMPLATE = {
    "to": "447700900123",
    "from": "447860099299",
    "template": "order_shipped",
    "language": "en_GB",
    "placeholders": ["Ann", "9001"],
    "buttons": [{"type": "QUICK_REPLY", "parameter": "yes-9001"}],
}

ROWS = (
    _send(
        "send-whatsapp-text-message",
        "Send a WhatsApp text",
        "Sends a free-form text.  What became of it comes by webhook only.",
        "text",
        schemas.SendText,
        {"text": "Hello!"},
        "at most 4096 characters",
    ),
    Action(
        key="send-whatsapp-template-message",
        title="Send a WhatsApp template",
        description="Sends a registered template; may open a conversation.  What became of it comes by webhook only.",
        method="POST",
        path="/whatsapp/1/message/template",
        request=templates.SendTemplate,
        reply=Sent,
        repeatable=False,
        nature=Nature.SEND,
        example=TEMPLATE,
        docs=f"{DOCS}/whatsapp-outbound-messages/send-whatsapp-template-message, page 3.18",
        party=template_party,
        complete=_several,
        parts=answers.parts(addresses.WHATSAPP),
        reaches=batches.reaches(addresses.WHATSAPP),
        without=batches.without,
        pace="whatsapp",
        cost="each message, by WhatsApp's category of the template",
        limits=("10 buttons, of them 2 URL, 1 copy code, 1 flow", "10 cards", "4000 a second"),
    ),
    _send(
        "send-whatsapp-image-message",
        "Send a WhatsApp image",
        "Sends a picture by its URL.",
        "image",
        schemas.SendImage,
        {**IMAGE, "caption": "Look"},
        "JPG or PNG, 5 MB",
    ),
    _send(
        "send-whatsapp-document-message",
        "Send a WhatsApp document",
        "Sends a file by its URL.",
        "document",
        schemas.SendDocument,
        {"media_url": "https://files.acme.example/i/9001.pdf", "file_name": "invoice-9001.pdf"},
        "100 MB",
    ),
    _send(
        "send-whatsapp-audio-message",
        "Send a WhatsApp sound",
        "Sends a sound by its URL.",
        "audio",
        schemas.SendAudio,
        {"media_url": "https://files.acme.example/a.ogg"},
        "16 MB, no caption",
    ),
    _send(
        "send-whatsapp-video-message",
        "Send a WhatsApp video",
        "Sends a video by its URL.",
        "video",
        schemas.SendVideo,
        {"media_url": "https://files.acme.example/v.mp4", "caption": "Look"},
        "MP4 or 3GPP, 16 MB",
    ),
    _send(
        "send-whatsapp-sticker-message",
        "Send a WhatsApp sticker",
        "Sends a sticker by its URL.",
        "sticker",
        schemas.SendSticker,
        {"media_url": "https://files.acme.example/s.webp"},
        "WebP",
    ),
    _send(
        "send-whatsapp-location-message",
        "Send a WhatsApp location",
        "Sends a place on the map, with its name and address if you give them.",
        "location",
        schemas.SendLocation,
        {"latitude": 51.5, "longitude": -0.12, "name": "HQ"},
    ),
    _send(
        "send-whatsapp-contact-message",
        "Send WhatsApp contacts",
        "Sends people and how to reach them.",
        "contact",
        schemas.SendContact,
        {"contacts": [{"name": "Bo Li", "phone": "+447700900777"}]},
    ),
    _send(
        "send-whatsapp-interactive-buttons-message",
        "Send WhatsApp buttons",
        "A text with up to three buttons; a tap comes back as message.received with the button's id as payload.",
        "interactive/buttons",
        templates.SendButtons,
        BUTTONS,
        "3 buttons",
    ),
    _send(
        "send-whatsapp-interactive-list-message",
        "Send a WhatsApp list",
        "A text with a list to choose from; a choice comes back as message.received with the row's id as payload.",
        "interactive/list",
        templates.SendList,
        LIST,
        "10 sections, 10 rows",
    ),
    _send(
        "send-whatsapp-interactive-message",
        "Send any WhatsApp interactive message",
        f"The content in Infobip's own words, of the kinds {', '.join(templates.KINDS)}.",
        "interactive/{kind}",
        templates.SendInteractive,
        ANY,
    ),
    Action(
        key="send-whatsapp-typing-indicator",
        title="Show that an answer is being written",
        description="Shown for 25 seconds or until the answer comes; also marks the message as read.",
        method="POST",
        path="/whatsapp/1/events",
        request=schemas.Typing,
        reply=Sent,
        repeatable=True,
        nature=Nature.TYPING,
        example={"to": "447700900123", "from": "447860099299", "message_id": "wamid.HBgMNDQ3NzAwOTAwMTIz"},
        docs=f"{DOCS}, page 3.19",
        party=party,
        complete=_event,
        pace="whatsapp-events",
        limits=("2500 a second",),
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
    Action(
        key="get-whatsapp-media",
        title="Download an inbound WhatsApp file",
        description="The file of an inbound message, in base64, or the URL it redirects to.",
        method="GET",
        path="/whatsapp/1/senders/{sender}/media/{mediaId}",
        request=schemas.Media,
        reply=schemas.MediaTold,
        repeatable=True,
        nature=Nature.QUERY,
        example={"media_id": "f1b9", "from": "447860099299"},
        docs=f"{DOCS}/whatsapp-inbound-messages/download-whatsapp-inbound-media, page 3.19",
        complete=_sender,
        pace="whatsapp-media",
        limits=("15 a second", "16 MiB", "404: unknown or expired"),
        timeout=60.0,
    ),
)
