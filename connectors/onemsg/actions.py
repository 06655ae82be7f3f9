"""
What 1msg can be asked: the table of §3 of our page, with the helper methods it names.

Docs are at https://docs.1msg.io; the sections are our page's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.action import Action, Call, Nature, Part, table
from connectors.errors import InvalidCall
from connectors.onemsg import address, schemas, schemas_sends, templates
from connectors.onemsg.actions_account import ACCOUNT
from connectors.onemsg.wording import addressed, collapsed, spoken

SEND_LIMITS = (
    "one recipient a call",
    "about 10 calls a second on a channel, one message every 6 s to one person with small bursts (not published)",
)


def texted(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """Its destination, and its text as the channel can take it."""
    text = collapsed(body["body"], call.connection)
    if len(text) > schemas.MAX_TEXT:
        told = f"longer than {schemas.MAX_TEXT} characters, and not cut"
        raise InvalidCall(told, fields={"text": [told]})
    return addressed({**body, "body": text}, call)


def captioned(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """Its destination, and its caption as the channel can take it."""
    caption = {"caption": collapsed(body["caption"], call.connection)} if "caption" in body else {}
    return addressed({**body, **caption}, call)


def placed(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """Its destination, and the coordinates for a name on channels that insist on one (§5.20)."""
    if call.connection.setting("location_name_required"):
        body = {**body, "name": body.get("name") or f"{body['lat']}, {body['lng']}"}
    return addressed(body, call)


def pieces(given: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """A long text whose sender asked for it, cut at the last line or word that fits; only the first is a reply."""
    name = "text" if "text" in given else "body"
    text = given.get(name)
    if given.get("split") is not True or not isinstance(text, str) or len(text) <= schemas.MAX_TEXT:
        yield given
        return
    rest = {key: value for key, value in given.items() if key != "split"}
    while text:
        end = len(text)
        if end > schemas.MAX_TEXT:
            window = text[: schemas.MAX_TEXT]
            end = max(window.rfind("\n"), window.rfind(" ")) + 1 or schemas.MAX_TEXT
        yield {**rest, name: text[:end]}
        text = text[end:]
        rest = {key: value for key, value in rest.items() if key not in {"reply_to", "quotedMsgId"}}


def one(call: Call, output: Mapping[str, Any]) -> Iterable[Part]:
    """The only message of a call; a queued one is out of our hands and not yet a message."""
    del call
    state = "unknown" if output.get("state") == "queued" else "accepted"
    return (Part(ref="0", state=state, message=output.get("message_id")),)


def send(**row: Any) -> Action:
    """What every row of a send has in common."""
    common: dict[str, Any] = {
        "method": "POST",
        "reply": schemas.Sent,
        "repeatable": False,  # there is no idempotency key (§2.6): a second POST is a second message
        "nature": Nature.SEND,
        "party": address.party,
        "complete": addressed,
        "shape": spoken,
        "parts": one,
        "window": True,  # all but templates (§2.7)
        "limits": SEND_LIMITS,
    }
    return Action(**{**common, **row})


MESSAGES = (
    send(
        key="send-message",
        title="Send a text message",
        description="Sends a text to a person or a group whose 24-hour window is open.",
        path="/sendMessage",
        request=schemas.SendMessage,
        example={"to": "15550100123@c.us", "text": "Hello 🌍"},
        complete=texted,
        cut=pieces,
        limits=(f"text: 1 to {schemas.MAX_TEXT} characters", *SEND_LIMITS),
        docs="https://docs.1msg.io (§3.14)",
    ),
    send(
        key="send-reaction",
        title="React to a message",
        description="Puts one emoji on a message, or takes ours away when `emoji` is empty.",
        path="/sendReaction",
        request=schemas.SendReaction,
        nature=Nature.REACT,
        example={"to": "15550100123@c.us", "message_id": "wamid.INBOUND000111==", "emoji": "👍"},
        about="message_id",
        docs="https://docs.1msg.io (§3.11)",
    ),
    send(
        key="send-template-message",
        title="Send a template",
        description="Sends an approved template, which needs no open window.",
        path="/sendTemplate",
        request=schemas_sends.SendTemplate,
        example={"to": "15550100123@c.us", "template": "order_ready", "language": "en", "variables": ["Ada", "42"]},
        first=templates.found,
        complete=templates.named,
        window=False,
        cost="charged by Meta for each template, by category and country",
        limits=("text parameters: no line feed, no tab, no more than four spaces in a row", *SEND_LIMITS),
        timeout=60.0,
        docs="https://docs.1msg.io (§3.12)",
    ),
    send(
        key="send-file",
        title="Send a file",
        description="Sends an image, a video, audio, a voice note or a document: by its address, written out as a data "
        "URI, or uploaded before.",
        path="/sendFile",
        request=schemas_sends.SendFile,
        example={
            "to": "15550100123@c.us",
            "media_url": "https://files.example.test/invoice-1001.pdf",
            "file_name": "invoice-1001.pdf",
            "caption": "Invoice 1001",
        },
        complete=captioned,
        limits=(
            "image: JPEG or PNG up to 5 MB; video: MP4 or 3GP up to 16 MB; audio up to 16 MB; document up to 100 MB",
            f"caption: at most {schemas.MAX_CAPTION} characters, none for audio",
            "voice note: OGG with Opus",
            *SEND_LIMITS,
        ),
        timeout=60.0,
        docs="https://docs.1msg.io (§3.16)",
    ),
    send(
        key="send-contact",
        title="Send a contact card",
        description="Sends one or more contact cards.",
        path="/sendContact",
        request=schemas_sends.SendContact,
        example={
            "to": "15550100123@c.us",
            "contacts": [
                {
                    "name": {"formatted_name": "Grace Example", "first_name": "Grace", "last_name": "Example"},
                    "phones": [{"phone": "+15550100777", "type": "CELL", "wa_id": "15550100777"}],
                }
            ],
        },
        docs="https://docs.1msg.io (§3.13)",
    ),
    send(
        key="send-location",
        title="Send a place",
        description="Sends a place on the map.",
        path="/sendLocation",
        request=schemas_sends.SendLocation,
        example={
            "to": "15550100123@c.us",
            "latitude": 40.0001,
            "longitude": -74.0002,
            "name": "Pickup point",
            "address": "1 Test Street",
        },
        complete=placed,
        docs="https://docs.1msg.io (§3.15)",
    ),
    Action(
        key="mark-message-as-read",
        title="Mark a message as read",
        description="Shows a received message, and those before it, as read; on request also “typing…”.",
        method="POST",
        path="/readMessage",
        request=schemas.MarkAsRead,
        reply=schemas.Done,
        repeatable=True,
        nature=Nature.READ,
        example={"message_id": "wamid.INBOUND000111=="},
        party=address.party,
        about="message_id",
        shape=spoken,
        limits=("the typing indicator ends after 25 s or with the next message",),
        docs="https://docs.1msg.io (§3.4)",
    ),
)

ACTIONS = table(*MESSAGES, *ACCOUNT)
