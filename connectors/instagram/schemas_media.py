"""Pictures, videos, voices, files and templates: what may be sent, checked before Meta would have to (page §2.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate, validates_schema

from connectors.instagram.schemas import Id, Send, web_address
from connectors.schema import Reply, Request

MB = 1024 * 1024
UPLOAD = "1500000000000001"


@dataclass(frozen=True, slots=True)
class Rules:
    """What Meta takes of a kind: formats by ending and by media type, and bytes at most."""

    formats: frozenset[str]
    types: frozenset[str]
    most: int


RULES = {
    # kind: rules  (page §2.10; gif stands on one of Meta's pages only, so it takes `insist`, §5, 14)
    "image": Rules(frozenset({"png", "jpg", "jpeg"}), frozenset({"image/png", "image/jpeg"}), 8 * MB),
    "video": Rules(
        frozenset({"mp4", "ogg", "avi", "mov", "webm"}),
        frozenset({"video/mp4", "video/ogg", "video/avi", "video/x-msvideo", "video/quicktime", "video/webm"}),
        25 * MB,
    ),
    "audio": Rules(
        frozenset({"aac", "m4a", "wav", "mp4"}),
        frozenset({"audio/aac", "audio/m4a", "audio/x-m4a", "audio/mp4", "audio/wav", "audio/x-wav", "audio/wave"}),
        25 * MB,
    ),
    "file": Rules(frozenset({"pdf"}), frozenset({"application/pdf"}), 25 * MB),
}
ENDINGS = frozenset().union(*(rules.formats for rules in RULES.values())) | {
    "gif", "webp", "heic", "bmp", "svg", "tif", "tiff", "mp3", "opus", "oga", "flac", "amr", "mkv", "wmv", "3gp",
    "doc", "docx", "xls", "xlsx", "txt", "zip", "csv",
}  # fmt: skip


def ending(url: str) -> str:
    """The ending of a URL's file name in lower case, "" where it has none."""
    name = urlsplit(url).path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


class Media(Request):
    """A file by its address or by an earlier upload; what is known of it is checked, and not sent."""

    media_url = fields.String(
        validate=web_address,
        metadata={
            "wire": "url",
            "description": "public https address without login; Meta fetches it during the call",
            "example": "https://cdn.shop.example/p/1.jpg",
        },
    )
    attachment_id = Id(metadata={"description": "in place of media_url: an earlier upload", "example": UPLOAD})
    mime_type = fields.String(
        metadata={"description": "if known: checked before the call, not sent", "example": "image/jpeg"}
    )
    size = fields.Integer(
        validate=validate.Range(min=0), metadata={"description": "bytes, if known: checked before the call, not sent"}
    )
    insist = fields.Boolean(
        load_default=False, metadata={"description": "send although the format is not in Meta's list (a GIF, say)"}
    )
    kind = "image"

    @validates_schema
    def known(self, data: Mapping[str, Any], **_: Any) -> None:
        """Kind and size, as far as the caller or the address tells them."""
        if self.one_needed(data):
            check_media(self.kind, data)

    def one_needed(self, data: Mapping[str, Any]) -> bool:
        """Whether exactly one file stands here.  raises: ValidationError when it should and does not"""
        if bool(data.get("media_url")) == bool(data.get("attachment_id")):
            raise ValidationError("Exactly one of media_url and attachment_id.", "media_url")
        return True


def check_media(kind: str, data: Mapping[str, Any]) -> None:
    """raises: ValidationError for what Meta would not take as `kind`"""
    rules = RULES[kind]
    listed = ", ".join(sorted(rules.formats))
    if data.get("size", 0) > rules.most:
        raise ValidationError(f"{data['size']} bytes and at most {rules.most // MB} MB fit.", "size")
    if data.get("insist"):
        return
    found = ending(data.get("media_url") or "")
    if found in ENDINGS and found not in rules.formats:
        raise ValidationError(f"{found} is no {kind} Instagram takes ({listed}).", "media_url")
    told = str(data.get("mime_type") or "").partition(";")[0].strip().lower()
    if told and told not in rules.types:
        raise ValidationError(f"{told} is no {kind} Instagram takes ({listed}).", "mime_type")


def payload(wire: Mapping[str, Any]) -> dict[str, Any]:
    """{"url"} or {"attachment_id"}, with "is_reusable" if asked for."""
    found = {name: wire[name] for name in ("url", "attachment_id") if wire.get(name)}
    return {**found, **({"is_reusable": True} if wire.get("reusable") else {})}


class SendMedia(Send, Media):
    """One file; Instagram has no captions, so the text is a message of its own."""

    caption = fields.Raw(metadata={"description": "not possible on Instagram: send the text as a message of its own"})
    reusable = fields.Boolean(
        metadata={"also": ["is_reusable"], "description": "facebook_login only: the answer then holds an attachment_id"}
    )

    @validates_schema
    def bare(self, data: Mapping[str, Any], **_: Any) -> None:
        """A caption would be dropped without a word."""
        if data.get("caption"):
            raise ValidationError("Instagram media carry no caption; send the text as a message of its own.", "caption")

    def message(self, wire: dict[str, Any]) -> dict[str, Any]:
        """{"attachment": {"type", "payload"}}."""
        return {"attachment": {"type": self.kind, "payload": payload(wire)}}


class Image(Media):
    """One of several pictures."""

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """{"type", "payload"}."""
        return {"type": "image", "payload": payload(wire)}


class SendImage(SendMedia):
    """A picture, or two to ten of them in one message."""

    images = fields.List(
        fields.Nested(Image),
        validate=validate.Length(min=1, max=10),
        metadata={"description": "in place of media_url: up to ten pictures, shown as one message"},
    )

    def one_needed(self, data: Mapping[str, Any]) -> bool:
        """Either `images`, which check themselves, or one picture."""
        if not data.get("images"):
            return super().one_needed(data)
        for name in ("media_url", "attachment_id", "reusable", "size", "mime_type"):
            if data.get(name):
                raise ValidationError("Not beside `images`; each picture says its own.", name)
        return False

    def message(self, wire: dict[str, Any]) -> dict[str, Any]:
        """The plural key for several, the singular for one: Meta's sample of one in the plural is a slip (§3.2)."""
        listed = wire.get("images")
        if not listed:
            return super().message(wire)
        return {"attachment": listed[0]} if len(listed) == 1 else {"attachments": listed}


class SendVideo(SendMedia):
    """A video."""

    kind = "video"


class SendAudio(SendMedia):
    """A voice or music."""

    kind = "audio"


class SendFile(SendMedia):
    """A PDF."""

    kind = "file"


# Templates ----------------------------------------------------------------------------------------------------------


class Button(Request):
    """Opens a page, or comes back as a postback."""

    type = fields.String(
        required=True,
        validate=validate.OneOf(["web_url", "postback"]),
        metadata={"description": "web_url opens `url`; postback brings `payload` back", "example": "postback"},
    )
    title = fields.String(required=True, validate=validate.Length(min=1, max=80), metadata={"example": "Order"})
    url = fields.String(validate=web_address, metadata={"description": "for web_url"})
    payload = fields.String(validate=validate.Length(min=1, max=1000), metadata={"description": "for postback"})

    @validates_schema
    def fitting(self, data: Mapping[str, Any], **_: Any) -> None:
        """Each type has its own word."""
        mine, other = ("url", "payload") if data["type"] == "web_url" else ("payload", "url")
        if not data.get(mine):
            raise ValidationError("Missing data for required field.", mine)
        if data.get(other):
            raise ValidationError(f"A {data['type']} button has no {other}.", other)


class Element(Request):
    """One card."""

    title = fields.String(required=True, validate=validate.Length(min=1, max=80), metadata={"example": "Red scarf"})
    subtitle = fields.String(validate=validate.Length(min=1, max=80), metadata={"example": "Wool, 180 cm"})
    image_url = fields.String(validate=web_address)
    default_url = fields.String(
        validate=web_address,
        metadata={"wire": "default_action", "description": "what a tap on the card opens"},
    )
    buttons = fields.List(fields.Nested(Button), validate=validate.Length(min=1, max=3))

    @validates_schema
    def more(self, data: Mapping[str, Any], **_: Any) -> None:
        """A title alone is refused."""
        if len(data) < 2:
            raise ValidationError("A card needs one more thing beside its title.", "title")

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """default_action is a web_url without a title."""
        if "default_action" in wire:
            wire["default_action"] = {"type": "web_url", "url": wire["default_action"]}
        return wire


class SendGeneric(Send):
    """Cards with pictures and buttons."""

    elements = fields.List(
        fields.Nested(Element),
        required=True,
        validate=validate.Length(min=1, max=10),
        metadata={"description": "1 to 10 cards"},
    )

    def message(self, wire: dict[str, Any]) -> dict[str, Any]:
        """A template of type generic."""
        return {
            "attachment": {"type": "template", "payload": {"template_type": "generic", "elements": wire["elements"]}}
        }


class SendButtons(Send):
    """A text with buttons below."""

    text = fields.String(
        required=True, validate=validate.Length(min=1, max=640), metadata={"description": "at most 640 characters"}
    )
    buttons = fields.List(
        fields.Nested(Button),
        required=True,
        validate=validate.Length(min=1, max=3),
        metadata={"description": "1 to 3 buttons"},
    )

    def message(self, wire: dict[str, Any]) -> dict[str, Any]:
        """A template of type button."""
        held = {"template_type": "button", "text": wire["text"], "buttons": wire["buttons"]}
        return {"attachment": {"type": "template", "payload": held}}


# Uploads ------------------------------------------------------------------------------------------------------------


class Upload(Request):
    """A file sent to Meta once, to be used in many messages."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(sorted(RULES)),
        metadata={"description": "image, video, audio or file", "example": "image"},
    )
    media_url = fields.String(
        required=True,
        validate=web_address,
        metadata={
            "wire": "url",
            "description": "Public https address of the file; Meta fetches it during the call.",
            "example": "https://cdn.shop.example/p/1.jpg",
        },
    )

    @validates_schema
    def known(self, data: Mapping[str, Any], **_: Any) -> None:
        """The same rules as for sending."""
        check_media(data["kind"], data)

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """The body of message_attachments."""
        held = {"url": wire["url"], "is_reusable": True}
        return {"platform": "instagram", "message": {"attachment": {"type": wire["kind"], "payload": held}}}


class Uploaded(Reply):
    """Where the upload can be found again."""

    attachment_id = fields.String(
        required=True, metadata={"description": "use it in place of media_url", "example": UPLOAD}
    )
