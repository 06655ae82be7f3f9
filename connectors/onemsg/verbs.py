"""The neutral verbs in 1msg's words: (words) → (action key, its input); and why there is none for typing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.errors import Unsupported

TYPING = (
    "1msg shows “typing…” only together with the read mark of a received message: use mark-message-as-read with "
    "`typing` and that message's id; it ends by itself after 25 s or with your next message"
)
NOTHING = "1msg sends a text, a file, a place, a contact card or a template, and none of them was given"
NO_CAPTION = "WhatsApp shows no text with audio: send the text as a message of its own"


def send(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """
    A text, a file, a place, a contact card or a template: the first that is there.

    raises: Unsupported for words that hold nothing to send
    """
    for name, made in SAID.items():
        content = words.get(name)
        if content is not None:
            key, given = made(content, words)
            return key, _said({"to": words.get("to"), "reply_to": words.get("reply_to"), **given})
    raise Unsupported(NOTHING)


def _media(content: Any, words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Files by address, data URI or id; a text beside them is their caption."""
    kind = KINDS.get(str(content.get("kind")), content.get("kind"))
    caption = content.get("caption") or words.get("text")
    if caption and kind == "audio":
        raise Unsupported(NO_CAPTION)
    return "send-file", {
        "media_url": content.get("url"),
        "media_id": content.get("id"),
        "kind": kind,
        "file_name": content.get("name"),
        "caption": caption,
        "voice": True if content.get("kind") == "voice" else None,
    }


def _location(content: Any, words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    del words
    return "send-location", {name: content.get(name) for name in ("latitude", "longitude", "name", "address")}


def _contact(content: Any, words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    del words
    return "send-contact", {"contacts": content} if isinstance(content, list) else {"contact": content}


def _template(content: Any, words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """{name, language, variables | params, namespace?}"""
    del words
    told = {name: value for name, value in content.items() if name != "name"}
    return "send-template-message", {"template": content.get("name"), **told}


def _text(content: Any, words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    del words
    return "send-message", {"text": content}


# the order matters: a text beside a file is its caption
SAID: Mapping[str, Callable[[Any, Mapping[str, Any]], tuple[str, dict[str, Any]]]] = {
    "media": _media,
    "location": _location,
    "contact": _contact,
    "template": _template,
    "text": _text,
}
KINDS = {"file": "document", "voice": "audio", "sticker": None}  # ours: theirs


def mark_read(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The read mark, of this message and those before it."""
    return "mark-message-as-read", _said({"to": words.get("to"), "message_id": words.get("message")})


def react(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """One emoji on a message."""
    return "send-reaction", _said(
        {"to": words.get("to"), "message_id": words.get("message"), "emoji": words.get("emoji")}
    )


def unreact(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """An empty reaction takes ours away (§3.11)."""
    return "send-reaction", _said({"to": words.get("to"), "message_id": words.get("message"), "emoji": ""})


def _said(words: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in words.items() if value is not None}


VERBS = {"send": send, "mark_read": mark_read, "react": react, "unreact": unreact}
CANNOT = {"typing": TYPING}
