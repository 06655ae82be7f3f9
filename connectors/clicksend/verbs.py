"""The neutral verbs in SMS: sending is all it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import Unsupported
from connectors.provider import Verb

SUBJECT = 20  # characters of an MMS subject (page 3.12)

CANNOT: dict[str, str] = {
    "mark_read": (
        "SMS has no read marks: the sender never learns that a text was read. "
        "(mark-inbound-as-read only empties ClickSend's own list of unread texts.)"
    ),
    "react": "SMS has no reactions; send a text, such as the emoji itself, instead",
    "unreact": "SMS has no reactions, so there is none to take back",
    "typing": "SMS cannot show that somebody is typing; just send the text",
}

ODD: dict[str, str] = {
    "location": "SMS has no locations; send the address, or a link to a map, as text",
    "contact": "SMS has no contact cards; send the name and number as text",
    "template": "ClickSend's templates are plain texts for people; fill one in and send it as text",
}


def send(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """
    A text as SMS, a picture as MMS.  `reply_to` is left out: SMS quotes nothing.

    raises: Unsupported for what SMS has no form for
    """
    for name, why in ODD.items():
        if words.get(name):
            raise Unsupported(why, provider="clicksend")
    text, media = words.get("text"), words.get("media")
    if isinstance(media, Mapping):
        return _picture(words, media, text)
    told = {"to": words.get("to"), "text": text}
    if words.get("via"):
        told["via"] = words["via"]
    return "send-sms", told


def _picture(words: Mapping[str, Any], media: Mapping[str, Any], text: Any) -> tuple[str, dict[str, Any]]:
    if media.get("kind") not in (None, "image"):
        raise Unsupported("ClickSend's MMS carry pictures only; send a link to the file as text", provider="clicksend")
    caption = text or media.get("caption") or media.get("name") or "Picture"
    told = {
        "to": words.get("to"),
        "media_url": media.get("url"),
        "subject": str(media.get("caption") or media.get("name") or "Picture")[:SUBJECT],
        "text": caption,
    }
    if words.get("via"):
        told["via"] = words["via"]
    return "send-mms", told


VERBS: dict[str, Verb] = {"send": send}
