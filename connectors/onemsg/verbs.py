"""The neutral verbs in 1msg's words: (words) → (action key, its input)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import Unsupported

TYPING = (
    "1msg shows “typing…” only together with the read mark of a received message: use mark-message-as-read with "
    "`typing` and that message's id; it ends by itself after 25 s or with your next message"
)


def send(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A text."""
    return "send-message", _said({"to": words["to"], "text": words.get("text"), "reply_to": words.get("reply_to")})


def mark_read(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The read mark, of this message and those before it."""
    return "mark-message-as-read", _said({"to": words.get("to"), "message_id": words["message"]})


def react(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """One emoji on a message."""
    return "send-reaction", {"to": words["to"], "message_id": words["message"], "emoji": words["emoji"]}


def unreact(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """An empty reaction takes ours away (§3.11)."""
    return "send-reaction", {"to": words["to"], "message_id": words["message"], "emoji": ""}


def typing(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Only with a message to mark as read, and only on."""
    if not words.get("message") or not words.get("on", True):
        raise Unsupported(TYPING)
    return "mark-message-as-read", _said({"to": words.get("to"), "message_id": words["message"], "typing": True})


def _said(words: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in words.items() if value is not None}


VERBS = {"send": send, "mark_read": mark_read, "react": react, "unreact": unreact, "typing": typing}
