"""What a message is made of: attachments of every type, quoted messages, stories, buttons tapped (page §4.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.events import Attachment, Kind, Message
from connectors.reading import items, mapping, text, truth

ATTACHMENTS = {
    # their type: our kind  (page §4.7, "Attachments"); a type not listed is UNSUPPORTED
    "image": Kind.IMAGE,
    "video": Kind.VIDEO,
    "audio": Kind.AUDIO,
    "file": Kind.FILE,
    "like_heart": Kind.STICKER,
    "share": Kind.SHARE,  # retired after February 2026
    "ig_post": Kind.SHARE,
    "ig_reel": Kind.SHARE,
    "reel": Kind.SHARE,
    "story": Kind.STORY,
    "ig_story": Kind.STORY,
    "story_mention": Kind.STORY,
    "ephemeral": Kind.UNSUPPORTED,  # view-once media is not delivered
    "template": Kind.TEMPLATE,
}
SHARED = frozenset({"ig_post", "ig_reel", "reel"})
HEART = "❤️"


def said(item: Any, *names: str) -> str | None:
    """Text or number as text, fit to be an id or a key: half a surrogate pair becomes "?"."""
    found = text(item, *names)
    return found if found is None or found.isascii() else found.encode("utf-8", "replace").decode()


def attachment(one: Any) -> Attachment:
    """
    One attachment; `payload` and each of its fields may be absent, and ids may be numbers.

    A template without elements stands for content that is unavailable: a shared comment, or an advert.
    """
    kind, payload = ATTACHMENTS.get(text(one, "type") or "", Kind.UNSUPPORTED), mapping(one, "payload")
    if kind is Kind.TEMPLATE:
        elements = items(mapping(payload, "generic"), "elements") or items(payload, "elements")
        first = elements[0] if elements else None
        name = text(first, "title") or text(payload, "text")
        known = bool(elements) or name is not None
        return Attachment(kind if known else Kind.UNSUPPORTED, url=text(first, "image_url"), name=name)
    return Attachment(
        kind,
        url=text(payload, "url", "story_media_url"),
        name=text(payload, "title"),
        id=said(payload, "ig_post_media_id", "reel_video_id", "story_media_id", "id", "sticker_id", "attachment_id"),
    )


def attachments_of(content: Mapping[str, Any]) -> list[tuple[str, Attachment]]:
    """(their type, ours) of each; while `share` gives way to `ig_post`, a post that came as both is one."""
    found = [(text(one, "type") or "", attachment(one)) for one in items(content, "attachments")]
    doubles = sum(kind in SHARED for kind, _ in found)
    kept: list[tuple[str, Attachment]] = []
    for kind, one in found:
        if kind == "share" and doubles > 0:
            doubles -= 1
            continue
        kept.append((kind, one))
    return kept


def content_of(mid: str, direction: str, content: Mapping[str, Any]) -> Message:
    """What was said, whatever it is made of."""
    listed = attachments_of(content)
    words = text(content, "text")
    reply = mapping(content, "reply_to")
    story = mapping(reply, "story")
    tapped = text(mapping(content, "quick_reply"), "payload")
    kind = Kind.TEXT
    if truth(content.get("is_unsupported")) or (words is None and not listed):
        kind = Kind.UNSUPPORTED
    elif listed and words is None:
        kind = listed[0][1].kind
    elif tapped is not None:
        kind = Kind.INTERACTIVE
    if words is None and listed and listed[0][0] == "like_heart":
        words = HEART
    shown = next((one for name, one in listed if one.kind is Kind.STORY), None)
    return Message(
        provider_id=mid,
        direction=direction,
        kind=kind,
        text=words,
        payload=tapped,
        reply_to=said(reply, "mid"),
        story=said(story, "id", "url") or (None if shown is None else shown.id or shown.url),
        attachments=tuple(one for _, one in listed),
    )


def extras_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """What has no place in the common vocabulary and an app may want."""
    extras: dict[str, Any] = {}
    types = [text(one, "type") for one in items(content, "attachments")]
    if types:
        extras["attachment_types"] = types
    if not types and text(content, "text") is None and not truth(content.get("is_unsupported")):
        extras["empty"] = True  # an ig.me opening: only a mid
    if truth(content.get("is_self")):
        extras["self"] = True  # the account wrote to itself, to check its set-up: never answer
    story = mapping(mapping(content, "reply_to"), "story")
    if story:
        extras["story"] = {"id": said(story, "id"), "url": text(story, "url")}
    if mapping(content, "referral"):
        extras["referral"] = dict(mapping(content, "referral"))
    return extras
