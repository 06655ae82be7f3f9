"""The neutral verbs in Instagram's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import Unsupported
from connectors.provider import Verb

Made = tuple[str, dict[str, Any]]

MEDIA = {
    # neutral kind: action
    "image": "send-image-message",
    "video": "send-video-message",
    "audio": "send-audio-message",
    "voice": "send-audio-message",
    "file": "send-file-message",
    "document": "send-file-message",
}
NO = {
    # a neutral word: why it cannot be said, and what to do instead
    "location": "Instagram messages carry no locations; send a text with a link to a map",
    "contact": "Instagram messages carry no contact cards; send a text with the number",
    "template": "Instagram has no approved templates; use send-generic-template or send-button-template",
}


def send(words: Mapping[str, Any]) -> Made:
    """A text, or one medium without a caption."""
    for name, told in NO.items():
        if words.get(name):
            raise Unsupported(told, provider="instagram")
    given = {"to": words.get("to"), **({"reply_to": words["reply_to"]} if words.get("reply_to") else {})}
    media = words.get("media")
    if not media:
        return "send-text-message", {**given, "text": words.get("text")}
    if words.get("text") or media.get("caption"):
        told = "Instagram media carry no caption; send the media and the text as two messages"
        raise Unsupported(told, provider="instagram")
    kind = str(media.get("kind") or "")
    if kind == "sticker":
        return "send-like-heart", given
    if kind not in MEDIA:
        told = f"Instagram cannot send media of the kind {kind!r}; it can send {', '.join(sorted(set(MEDIA)))}"
        raise Unsupported(told, provider="instagram")
    return MEDIA[kind], {**given, "media_url": media.get("url")}


def mark_read(words: Mapping[str, Any]) -> Made:
    """The newest message of the conversation becomes seen, whichever is named."""
    return "mark-message-as-seen", _about(words)


def react(words: Mapping[str, Any]) -> Made:
    """Another reaction replaces this one."""
    return "react-to-message", {**_about(words), **({"emoji": words["emoji"]} if words.get("emoji") else {})}


def unreact(words: Mapping[str, Any]) -> Made:
    """Takes the account's own reaction back."""
    return "remove-reaction", _about(words)


def typing(words: Mapping[str, Any]) -> Made:
    """On for about 20 s, or off."""
    return "send-typing-indicator", {"to": words.get("to"), "on": words.get("on", True)}


def _about(words: Mapping[str, Any]) -> dict[str, Any]:
    found = {"to": words.get("to"), "message_id": words.get("message")}
    return {name: value for name, value in found.items() if value is not None}


VERBS: dict[str, Verb] = {"send": send, "mark_read": mark_read, "react": react, "unreact": unreact, "typing": typing}
