"""
What 1msg can be asked: the table of §3 of our page, with the helper methods it names.

Docs are at https://docs.1msg.io; the sections are our page's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.action import Action, Call, Nature, Part, table
from connectors.errors import InvalidCall
from connectors.onemsg import address, schemas
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
