"""The neutral verbs in Infobip's actions; the channel is the words' own, else told by `to`, else SMS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import Unsupported
from connectors.infobip import addresses

NAME = "infobip"

CANNOT = {
    "react": "Infobip has no call that sends a reaction (it only tells of reactions people send); answer with a text",
    "unreact": "Infobip has no call that sends or takes back a reaction; answer with a text",
}

MEDIA = {  # kind: (action, whether it takes a caption)
    "image": ("send-whatsapp-image-message", True),
    "video": ("send-whatsapp-video-message", True),
    "audio": ("send-whatsapp-audio-message", False),
    "voice": ("send-whatsapp-audio-message", False),
    "sticker": ("send-whatsapp-sticker-message", False),
    "file": ("send-whatsapp-document-message", True),
    "document": ("send-whatsapp-document-message", True),
}


def _channel(words: Mapping[str, Any]) -> tuple[str, str]:
    told, to = addresses.split(str(words.get("to") or ""))
    channel = str(words.get("channel") or told or ("email" if "@" in to else addresses.SMS)).lower()
    if channel not in addresses.CHANNELS:
        raise Unsupported(f"Infobip is asked for {channel!r} here; Ferry speaks sms, mms and whatsapp", provider=NAME)
    return channel, to


def _with_sender(words: Mapping[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    via = words.get("via")
    return {**made, "from": via} if via else made


def send(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A text, a file, a place, a contact or a template, on the words' channel."""
    channel, to = _channel(words)
    if channel == addresses.WHATSAPP:
        return _whatsapp(words, to)
    if channel == addresses.SMS:
        return _sms(words, to)
    if channel == addresses.MMS:
        return _mms(words, to)
    more = {
        addresses.EMAIL: "an e-mail needs a subject: use the action send-email",
        addresses.VOICE: "a voice message is read out to a person: use the action send-voice-message-tts",
    }
    raise Unsupported(more[channel], provider=NAME)


def _sms(words: Mapping[str, Any], to: str) -> tuple[str, dict[str, Any]]:
    for name in ("media", "location", "contact", "template"):
        if words.get(name):
            told = f"an SMS carries text only, no {name}; use channel whatsapp" + (" or mms" if name == "media" else "")
            raise Unsupported(told, provider=NAME)
    return "send-sms-message", _with_sender(words, {"to": to, "text": words.get("text")})


def _mms(words: Mapping[str, Any], to: str) -> tuple[str, dict[str, Any]]:
    for name in ("location", "contact", "template"):
        if words.get(name):
            raise Unsupported(f"an MMS carries text and files, no {name}; use channel whatsapp", provider=NAME)
    made: dict[str, Any] = {"to": to}
    media = words.get("media")
    if isinstance(media, Mapping):
        made["media_url"] = media.get("url")
    said = words.get("text") or (media.get("caption") if isinstance(media, Mapping) else None)
    if said:
        made["text"] = said
    return "send-mms-message", _with_sender(words, made)


def _whatsapp(words: Mapping[str, Any], to: str) -> tuple[str, dict[str, Any]]:
    made: dict[str, Any] = {"to": to}
    if words.get("reply_to"):
        made["reply_to"] = words["reply_to"]
    key, more = _whatsapp_content(words)
    return key, _with_sender(words, {**made, **{name: told for name, told in more.items() if told is not None}})


def _whatsapp_content(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    media, place = words.get("media"), words.get("location")
    person, template = words.get("contact"), words.get("template")
    if isinstance(media, Mapping):
        return _whatsapp_media(words, media)
    if isinstance(place, Mapping):
        found = {name: place.get(name) for name in ("latitude", "longitude", "name", "address")}
        return "send-whatsapp-location-message", found
    if isinstance(person, Mapping):
        return "send-whatsapp-contact-message", {"contacts": [dict(person)]}
    if isinstance(template, Mapping):
        return "send-whatsapp-template-message", dict(template)
    return "send-whatsapp-text-message", {"text": words.get("text")}


def _whatsapp_media(words: Mapping[str, Any], media: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    kind = str(media.get("kind") or "file").lower()
    if kind not in MEDIA:
        raise Unsupported(f"WhatsApp carries no {kind}; send it as a file", provider=NAME)
    key, captioned = MEDIA[kind]
    caption = media.get("caption") or words.get("text")
    if caption and not captioned:
        raise Unsupported(f"a WhatsApp {kind} carries no caption; send the text as a message of its own", provider=NAME)
    made = {"media_url": media.get("url"), "caption": caption}
    if key == "send-whatsapp-document-message":
        made["file_name"] = media.get("name")
    return key, made


def mark_read(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A read mark; only WhatsApp has one."""
    channel, _ = _channel({"channel": addresses.WHATSAPP, **{k: v for k, v in words.items() if v is not None}})
    if channel != addresses.WHATSAPP:
        raise Unsupported(f"{channel} has no read marks; nothing needs to be done", provider=NAME)
    return "mark-whatsapp-message-as-read", _with_sender(words, {"message_id": words.get("message")})


def typing(words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """WhatsApp's typing indicator, which stands for 25 seconds or until the message; it cannot be taken back."""
    channel, to = _channel({"channel": addresses.WHATSAPP, **{k: v for k, v in words.items() if v is not None}})
    if channel != addresses.WHATSAPP:
        raise Unsupported(f"{channel} has no typing indicator; nothing needs to be done", provider=NAME)
    if words.get("on") is False:
        told = "WhatsApp's typing indicator ends by itself, after 25 seconds or with the message"
        raise Unsupported(told, provider=NAME)
    made = {"to": to, **({"message_id": words["message"]} if words.get("message") else {})}
    return "send-whatsapp-typing-indicator", _with_sender(words, made)


VERBS = {"send": send, "mark_read": mark_read, "typing": typing}
