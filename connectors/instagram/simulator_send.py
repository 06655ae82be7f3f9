"""The stand-in's POST /me/messages: as strict about a body as Meta is, and as terse (page §3.0–§3.10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from connectors.instagram.simulator_memory import (
    DAY,
    DELIVERED_YET,
    PEOPLE,
    WINDOW_CLOSED,
    Memory,
    Refusal,
    Said,
    invalid,
)
from connectors.instagram.split import MAX_BYTES, size

TOP = {"recipient", "message", "reply_to", "messaging_type", "tag", "sender_action", "payload"}
CONTENT = {"text", "attachment", "attachments", "quick_replies"}
MEDIA = {"image", "video", "audio", "file"}
SUFFIXES = {
    # a file's ending: what it is, for Meta looks at the file it fetches
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "webp"), "image"),
    **dict.fromkeys(("mov", "avi", "webm", "ogv"), "video"),
    **dict.fromkeys(("aac", "m4a", "wav", "mp3", "opus"), "audio"),
    "pdf": "file",
}
LEGACY_TAGS = {"CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE"}


def keys(found: Any, allowed: set[str], where: str) -> Mapping[str, Any]:
    """`found` as an object with no other keys than `allowed`."""
    if not isinstance(found, Mapping):
        raise invalid(f"Param {where} must be an object")
    strange = sorted(set(found) - allowed)
    if strange:
        raise invalid(f'Invalid keys "{", ".join(strange)}" were found in param "{where}"')
    return found


class Post:
    """One body of POST /messages, checked; `customer` is who it is for."""

    def __init__(self, memory: Memory, body: Any, settings: Mapping[str, Any], words: Mapping[str, Any]) -> None:
        self.memory = memory
        self.settings = settings
        self.words = words
        self.facebook = settings.get("login_type") == "facebook_login"
        self.body = keys(body, TOP, "body")
        recipient = keys(self.body.get("recipient"), {"id", "comment_id"}, "recipient")
        if len(recipient) != 1 or not isinstance(next(iter(recipient.values())), str):
            raise invalid("Param recipient must be an object with an id or a comment_id")
        self.comment = recipient.get("comment_id")
        self.customer = recipient.get("id") or f"9{str(self.comment)[-14:]:0>14}"
        if not str(self.customer).isdigit():
            raise Refusal(100, 2534014, "The requested user cannot be found.")

    def gesture(self) -> tuple[str, str | None]:
        """A sender action, done; gives its name and the message it is about."""
        name = self.body["sender_action"]
        if "message" in self.body:
            raise Refusal(100, 2018014, "Message and sender action cannot be sent together")
        about = name in {"react", "unreact"}
        strange = set(self.body) - ({"recipient", "sender_action"} | ({"payload"} if about else set()))
        if strange or name not in {"typing_on", "typing_off", "mark_seen", "react", "unreact"}:
            raise invalid(
                "Param sender_action must be alone and one of typing_on, typing_off, mark_seen, react, unreact"
            )
        self._reachable()
        if not about:
            return name, None
        payload = keys(
            self.body.get("payload"), {"message_id", "reaction"} if name == "react" else {"message_id"}, "payload"
        )
        mid = payload.get("message_id")
        if not isinstance(mid, str) or not mid:
            raise invalid("Param payload[message_id] is required")
        word = payload.get("reaction", "")
        if name == "react" and (word != "love" and (self.facebook or not word or word.isascii())):
            raise invalid("Param payload[reaction] must be a supported reaction")
        if mid in self.memory.said:
            told = self.memory.said[mid].reactions
            told.pop("us", None)
            if name == "react":
                told["us"] = word
        return name, mid

    def message(self) -> Said:
        """A message, taken; raises for what Meta refuses."""
        content = keys(self.body.get("message"), CONTENT, "message")
        if {"payload"} & set(self.body):
            raise invalid('Invalid keys "payload" were found in param "body"')
        self._content(content)
        self._reachable()
        if self.comment:
            self._private_reply(content)
        else:
            self._window()
        quoted = self.body.get("reply_to")
        if quoted is not None:
            keys(quoted, {"mid"}, "reply_to")
        listed = content.get("attachments") or ([content["attachment"]] if "attachment" in content else [])
        said = Said(
            self.memory.new_id(),
            str(self.customer),
            True,
            self.memory.clock(),
            str(content.get("text") or ""),
            [_as_told(dict(one)) for one in listed],
            dict(quoted) if quoted else None,
        )
        return self.memory.remember(said)

    # What Meta looks at -----------------------------------------------------------------------------------------

    def _reachable(self) -> None:
        for ending, refusal in PEOPLE.items():
            if str(self.customer).endswith(ending):
                raise refusal

    def _window(self) -> None:
        age = self.memory.age(str(self.customer))
        tag, kind = self.body.get("tag"), self.body.get("messaging_type")
        if tag is not None or kind == "MESSAGE_TAG":
            if tag in LEGACY_TAGS or tag != "HUMAN_AGENT" or kind != "MESSAGE_TAG":
                raise invalid("Param tag must be HUMAN_AGENT with messaging_type MESSAGE_TAG")
            if not self.settings.get("human_agent_enabled"):
                raise Refusal(10, None, "To use HUMAN_AGENT, your use of this endpoint must be reviewed.", 403)
        elif kind not in {None, "RESPONSE", "UPDATE"}:
            raise invalid("Param messaging_type must be one of RESPONSE, UPDATE, MESSAGE_TAG")
        if age is None:
            if self.words.get("strict"):
                raise WINDOW_CLOSED
            return
        if age > (7 * DAY if tag else DAY):
            raise WINDOW_CLOSED

    def _private_reply(self, content: Mapping[str, Any]) -> None:
        if set(content) != {"text"}:
            raise invalid("A private reply holds text only")
        if self.comment in self.memory.replied:
            raise Refusal(100, 2534025, "The comment is invalid for messaging.")
        self.memory.replied.add(str(self.comment))

    def _content(self, content: Mapping[str, Any]) -> None:
        kinds = [name for name in ("text", "attachment", "attachments") if name in content]
        if len(kinds) != 1:
            raise Refusal(100, 2534015, "Message must hold exactly one of text, attachment, attachments")
        if "quick_replies" in content:
            self._quick_replies(content)
        if kinds == ["text"]:
            text = content["text"]
            if not isinstance(text, str) or not text.strip():
                raise invalid("Param message[text] must be a non-empty string")
            if size(text) > MAX_BYTES:
                raise invalid(f"Length of param message[text] must be less than or equal to {MAX_BYTES}")
        elif kinds == ["attachment"]:
            self._attachment(content["attachment"])
        else:
            listed = content["attachments"]
            if not isinstance(listed, list) or not 2 <= len(listed) <= 10:
                raise invalid("Param message[attachments] must hold 2 to 10 images")
            for one in listed:
                self._attachment(one, only_image=True)

    def _quick_replies(self, content: Mapping[str, Any]) -> None:
        listed = content["quick_replies"]
        if "text" not in content or not isinstance(listed, list) or not 1 <= len(listed) <= 13:
            raise invalid("Param message[quick_replies] must hold 1 to 13 items, beside a text")
        for one in listed:
            keys(one, {"content_type", "title", "payload"}, "quick_replies")
            kind = one.get("content_type")
            if kind not in {"text", "user_phone_number", "user_email"}:
                raise invalid("Param content_type must be text, user_phone_number or user_email")
            if kind == "text" and not (one.get("title") and one.get("payload")):
                raise invalid("Param quick_replies needs title and payload")

    def _attachment(self, one: Any, *, only_image: bool = False) -> None:
        keys(one, {"type", "payload"}, "attachment")
        kind = one.get("type")
        if only_image and kind != "image":
            raise invalid("Only images can be grouped")
        if kind == "like_heart":
            if "payload" in one:
                raise invalid("A like_heart has no payload")
            return
        payload = one.get("payload")
        if kind == "MEDIA_SHARE":
            found = keys(payload, {"id"}, "payload").get("id")
            if not str(found or "").startswith("179"):
                raise Refusal(100, 33, f"Object with ID '{found}' does not exist, or is not owned by this account")
        elif kind == "template":
            template(payload)
        elif kind in MEDIA:
            self._media(kind, keys(payload, {"url", "attachment_id", "is_reusable"}, "payload"))
        else:
            raise invalid("Param message[attachment][type] must be one of image, video, audio, file, template")

    def _media(self, kind: str, payload: Mapping[str, Any]) -> None:
        if ("url" in payload) == ("attachment_id" in payload):
            raise invalid("Param payload must hold url or attachment_id")
        if "is_reusable" in payload and not self.facebook:
            raise invalid('Invalid keys "is_reusable" were found in param "payload"')
        if "attachment_id" in payload:
            if self.memory.uploads.get(str(payload["attachment_id"])) != kind:
                raise Refusal(100, 2018074, "Invalid attachment ID")
            return
        fetch(kind, payload["url"])


def fetch(kind: str, url: Any) -> None:
    """What becomes of Meta's own download: the stand-in judges by the address alone."""
    parts = urlsplit(str(url))
    if parts.scheme != "https" or not parts.hostname:
        raise Refusal(100, 2018008, "Failed to fetch the file from the url")
    name = parts.path.rpartition("/")[2].lower()
    found = SUFFIXES.get(name.rpartition(".")[2], kind)
    if found != kind or name.endswith((".mp3", ".opus", ".webp")):
        raise Refusal(100, 2018047, "Upload attachment failure: the media type does not match")
    if "too-large" in name:
        raise Refusal(100, 2018109, "Attachment size exceeds allowable limit")


def template(payload: Any) -> None:
    """The two templates there are, with their limits (page §3.1)."""
    kind = payload.get("template_type") if isinstance(payload, Mapping) else None
    if kind == "generic":
        keys(payload, {"template_type", "elements"}, "payload")
        elements = payload.get("elements")
        if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
            raise invalid("Param elements must hold 1 to 10 items")
        for one in elements:
            keys(one, {"title", "subtitle", "image_url", "default_action", "buttons"}, "elements")
            if not one.get("title") or len(one) < 2 or len(one["title"]) > 80 or len(one.get("subtitle", "")) > 80:
                raise invalid("An element needs a title of at most 80 characters and one more property")
            if "default_action" in one and set(one["default_action"]) != {"type", "url"}:
                raise invalid("A default_action has a type and a url")
            buttons(one.get("buttons", []), least=0)
    elif kind == "button":
        keys(payload, {"template_type", "text", "buttons"}, "payload")
        if not payload.get("text") or len(payload["text"]) > 640:
            raise invalid("Param text must have 1 to 640 characters")
        buttons(payload.get("buttons"), least=1)
    else:
        raise invalid("Param template_type must be generic or button")


def buttons(listed: Any, *, least: int) -> None:
    """Up to three, each opening a page or coming back as a postback."""
    if not isinstance(listed, list) or not least <= len(listed) <= 3:
        raise invalid(f"Param buttons must hold {least} to 3 items")
    wanted = {"web_url": {"type", "url", "title"}, "postback": {"type", "title", "payload"}}
    for one in listed:
        if not isinstance(one, Mapping) or set(one) != wanted.get(str(one.get("type"))):
            raise invalid("A button is a web_url with url and title, or a postback with title and payload")


def _as_told(sent: dict[str, Any]) -> dict[str, Any]:
    """An attachment as its echo shows it."""
    if sent["type"] == "MEDIA_SHARE":
        return {"type": "ig_post", "payload": {"ig_post_media_id": sent["payload"]["id"]}}
    if sent["type"] == "template":
        elements = sent["payload"].get("elements") or [{"title": sent["payload"].get("text")}]
        return {"type": "template", "payload": {"generic": {"elements": elements}}}
    return sent


def told(refusal_for: str) -> bool:
    """Whether this customer gets the message although the caller hears error 1/1357046."""
    return refusal_for.endswith(DELIVERED_YET)
