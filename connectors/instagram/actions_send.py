"""What reaches a person: texts, the heart, shares, and the signs that are no message (page §3.0, §3.1, §3.5–§3.10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.action import Action, Call, Nature, Wire
from connectors.errors import InvalidCall
from connectors.instagram import schemas
from connectors.instagram.account import on_facebook
from connectors.instagram.schemas import party
from connectors.instagram.split import MAX_BYTES, size, split
from connectors.reading import truth
from connectors.schema import Request

DOCS = "https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api"
SIGNS = f"{DOCS}/sender-actions"
LOVE = frozenset({"love", "❤", "❤️"})
WINDOW = "within 24 h of the customer's last message; human_agent: 7 days"
PER_SECOND = "100 calls/s for each account"


def free_form(given: Mapping[str, Any]) -> bool:
    """Whether the input needs the 24 h window: not a private reply, and not a person's word under HUMAN_AGENT."""
    return not given.get("comment_id") and not truth(given.get("human_agent")) and not given.get("tag")


def addressed(wire: Wire, call: Call) -> Wire:
    """
    Holds what the connection's settings forbid.

    raises: InvalidCall for HUMAN_AGENT without the approved feature: Meta would answer 403
    """
    if wire.json.get("tag") and not truth(call.connection.setting("human_agent_enabled")):
        told = "this app may not tag HUMAN_AGENT: ask Meta for the feature, then set human_agent_enabled"
        raise InvalidCall(told, fields={"human_agent": [told]})
    return wire


def short_enough(wire: Wire, call: Call) -> Wire:
    """A text that asked to be split and was not would arrive cut, or not at all.  raises: InvalidCall"""
    told = f"more than {MAX_BYTES:,} bytes: the text must be cut before it is sent"
    if size(wire.json["message"]["text"]) > MAX_BYTES:
        raise InvalidCall(told, fields={"text": [told]})
    return addressed(wire, call)


def cut(given: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """A long text that may be split, as several inputs: the first quotes, the last has the buttons."""
    text = given.get("text")
    if not truth(given.get("split")) or not isinstance(text, str) or size(text) <= MAX_BYTES:
        return (given,)
    pieces = split(text)
    last = len(pieces) - 1
    return [
        {
            name: piece if name == "text" else value
            for name, value in given.items()
            if name != "split" and (name != "reply_to" or at == 0) and (name != "quick_replies" or at == last)
        }
        for at, piece in enumerate(pieces)
    ]


def reaction(wire: Wire, call: Call) -> Wire:
    """
    With facebook_login only `love` is documented; a heart is said that way.

    raises: InvalidCall for another emoji there, unless the connection's any_reaction says to try
    """
    payload = wire.json["payload"]
    if not on_facebook(call.connection):
        return wire
    if payload["reaction"] in LOVE:
        payload["reaction"] = "love"
    elif not truth(call.connection.setting("any_reaction")):
        told = "with facebook_login only ❤️ is documented; the setting any_reaction lets others through"
        raise InvalidCall(told, fields={"emoji": [told]})
    return wire


def message(key: str, title: str, description: str, request: type[Request], **more: Any) -> Action:
    """A row for what arrives as a message; a second call is a second message, as Meta knows no idempotency key."""
    facts: dict[str, Any] = {
        "key": key,
        "title": title,
        "description": description,
        "method": "POST",
        "path": "/me/messages",
        "request": request,
        "reply": schemas.Sent,
        "repeatable": False,
        "nature": Nature.SEND,
        "docs": DOCS,
        "party": party,
        "shape": addressed,
        "window": free_form,
        "pace": "messages",
        "limits": (WINDOW, PER_SECOND),
        "timeout": 15.0,
        **more,
    }
    return Action(**facts)


def sign(key: str, title: str, description: str, request: type[Request], nature: Nature, **more: Any) -> Action:
    """A row for a sign: idempotent in effect, so it may be repeated (page §2.6)."""
    facts: dict[str, Any] = {
        "key": key,
        "title": title,
        "description": description,
        "method": "POST",
        "path": "/me/messages",
        "request": request,
        "reply": schemas.Done,
        "repeatable": True,
        "nature": nature,
        "docs": SIGNS,
        "party": party,
        "pace": "messages",
        "limits": (PER_SECOND,),
        "timeout": 15.0,
        **more,
    }
    return Action(**facts)


ROWS = (
    message(
        "send-text-message",
        "Send a text",
        "Sends a plain text to a customer who wrote within the last 24 hours; with buttons if wanted (quick_replies).",
        schemas.SendText,
        shape=short_enough,
        cut=cut,
        limits=("text: 1,000 bytes of UTF-8", "quick_replies: 13, title 20 characters", WINDOW, PER_SECOND),
        example={"to": schemas.CUSTOMER, "text": "Your parcel leaves today."},
    ),
    message(
        "send-private-reply",
        "Answer a comment in private",
        "Sends one text to whoever wrote a comment, without their having written to you; more only after they answer.",
        schemas.PrivateReply,
        party=lambda given: None,  # noqa: ARG005  (only Meta knows whose comment it is)
        window=False,
        pace="private-replies",
        docs=f"{DOCS}/private-replies",
        limits=("one for each comment, within 7 days", "750 calls/h for each account", "text: 1,000 bytes of UTF-8"),
        example={"comment_id": "17900000000000011", "text": "Thanks for asking! Details here."},
    ),
    message(
        "send-like-heart",
        "Send a heart",
        "Sends the heart sticker, the only sticker there is.",
        schemas.SendHeart,
        example={"to": schemas.CUSTOMER},
    ),
    message(
        "send-media-share",
        "Share a post",
        "Shares a post or reel that the same account owns.",
        schemas.SendShare,
        example={"to": schemas.CUSTOMER, "media_id": "17900000000000321"},
    ),
    sign(
        "react-to-message",
        "React to a message",
        "Puts a reaction on a message; another reaction replaces it.  The account's own reactions bring no webhook.",
        schemas.React,
        Nature.REACT,
        about="message_id",
        shape=reaction,
        example={"to": schemas.CUSTOMER, "message_id": schemas.MID, "emoji": "love"},
    ),
    sign(
        "remove-reaction",
        "Take a reaction back",
        "Removes the account's reaction from a message.",
        schemas.Unreact,
        Nature.REACT,
        about="message_id",
        example={"to": schemas.CUSTOMER, "message_id": schemas.MID},
    ),
    sign(
        "send-typing-indicator",
        "Show that an answer is being written",
        "Shows the typing indicator for about 20 s or until a message; say it again every 15 s for longer work.",
        schemas.Typing,
        Nature.TYPING,
        example={"to": schemas.CUSTOMER, "on": True},
    ),
    sign(
        "mark-message-as-seen",
        "Mark as seen",
        "Marks the newest message of the conversation as seen; a particular message cannot be given.",
        schemas.MarkSeen,
        Nature.READ,
        about="message_id",
        example={"to": schemas.CUSTOMER},
    ),
)
