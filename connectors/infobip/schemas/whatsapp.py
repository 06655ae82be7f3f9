"""WhatsApp: our words for one message each, in Infobip's common envelope."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from connectors.infobip.fields import Links, Number, Text, about, drop_empty
from connectors.schema import Reply, Request


class Envelope(Request):
    """What every WhatsApp message has around its content."""

    CONTENT: ClassVar[tuple[str, ...]] = ()  # the words (theirs) that go into `content`

    class Meta(Request.Meta):
        include = {  # noqa: RUF012
            "from": Number(
                validate=validate.Length(1, 24),
                metadata=about("registered sender; default: the setting whatsapp_sender", example="447860099299"),
            )
        }

    to = Number(
        required=True,
        validate=validate.Length(1, 150),
        metadata=about("number in international form, or a business-scoped user id", example="447700900123"),
    )
    own_id = Text(
        validate=validate.Length(1, 200), metadata=about("message id to use instead of Ferry's reference", "messageId")
    )
    reply_to = Text(metadata=about("id of the inbound message that is answered", "replyToMessageId"))
    callback_data = Text(
        validate=validate.Length(max=4000), metadata=about("echoed in reports, at most 4000 characters", "callbackData")
    )
    notify_url = Text(
        validate=validate.Length(max=2048),
        metadata=about("where to push delivery and seen reports instead of this connection's webhook", "notifyUrl"),
    )
    entity_id = Text(validate=validate.Length(max=255), metadata=about("tenant tag", "entityId"))
    application_id = Text(validate=validate.Length(max=255), metadata=about("application tag", "applicationId"))
    links = fields.Nested(Links, metadata=about("shortening and tracking of URLs", "urlOptions"))

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        content = {name: wire.pop(name) for name in self.CONTENT if name in wire}
        replied = wire.pop("replyToMessageId", None)
        if replied is not None:
            wire["context"] = {"replyToMessageId": replied}
        return {**wire, "content": self.inner(content)}

    def inner(self, told: dict[str, Any]) -> dict[str, Any]:
        """The message itself; override where it is more than a choice of words."""
        return told


class SendText(Envelope):
    """A text."""

    CONTENT = ("text", "previewUrl")

    text = Text(
        required=True, validate=validate.Length(1, 4096), metadata=about("1 to 4096 characters", example="Hello!")
    )
    preview_url = fields.Boolean(metadata=about("show a preview of the URL in the text", "previewUrl"))

    def inner(self, told: dict[str, Any]) -> dict[str, Any]:
        if told.get("previewUrl") and "http" not in told["text"]:
            raise ValidationError({"preview_url": ["a preview needs a URL in the text"]})
        return drop_empty(told)


class _File(Envelope):
    """A file at a public URL."""

    CONTENT = ("mediaUrl", "caption", "filename", "voice")

    media_url = Text(
        required=True,
        validate=validate.Length(1, 2048),
        metadata=about("public URL of the file", "mediaUrl", example="https://files.acme.example/a1.jpg"),
    )


def _caption() -> Text:
    return Text(validate=validate.Length(max=3000), metadata=about("at most 3000 characters"))


class SendImage(_File):
    """A picture: JPG or PNG, at most 5 MB."""

    caption = _caption()


class SendVideo(_File):
    """A video: MP4 or 3GPP, at most 16 MB."""

    caption = _caption()


class SendDocument(_File):
    """A file of any kind, at most 100 MB."""

    caption = _caption()
    file_name = Text(validate=validate.Length(max=240), metadata=about("name shown to the user", "filename"))


class SendAudio(_File):
    """A sound, at most 16 MB; it has no caption."""

    voice = fields.Boolean(metadata=about("show it as a voice note"))


class SendSticker(_File):
    """A sticker: WebP."""


class SendLocation(Envelope):
    """A place."""

    CONTENT = ("latitude", "longitude", "name", "address")

    latitude = fields.Float(required=True, validate=validate.Range(-90, 90), metadata=about("degrees", example=51.5))
    longitude = fields.Float(
        required=True, validate=validate.Range(-180, 180), metadata=about("degrees", example=-0.12)
    )
    name = Text(validate=validate.Length(max=1000), metadata=about("what is there"))
    address = Text(validate=validate.Length(max=1000), metadata=about("street and town"))


class SendContact(Envelope):
    """People and how to reach them."""

    CONTENT = ("contacts",)

    contacts = fields.List(
        fields.Dict(keys=fields.String()),
        required=True,
        validate=validate.Length(min=1),
        metadata=about(
            "each {name: {firstName, formattedName, …}, phones?: [{phone, type?, waId?}], emails?, addresses?, org?, "
            "urls?, birthday?}; a plain {name, phone} is filled in"
        ),
    )

    def inner(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"contacts": [_person(one) for one in told["contacts"]]}


def _person(given: dict[str, Any]) -> dict[str, Any]:
    told = dict(given)
    name, phone = told.get("name"), told.pop("phone", None)
    if isinstance(name, str) and name.strip():
        told["name"] = {"firstName": name.split()[0], "formattedName": name}
    elif not isinstance(name, dict) or not name.get("firstName") or not name.get("formattedName"):
        raise ValidationError({"contacts": ["a name needs firstName and formattedName"]})
    if phone is not None:
        told.setdefault("phones", [{"phone": str(phone)}])
    return told


class Typing(Request):
    """Who sees that an answer is being written."""

    class Meta(Request.Meta):
        include = {  # noqa: RUF012
            "from": Number(metadata=about("our sender; default: the setting whatsapp_sender", "sender"))
        }

    to = Number(required=True, metadata=about("number or user id", example="447700900123"))
    message_id = Text(metadata=about("id of the inbound message that is being answered", "messageId"))

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        content = drop_empty({"type": "TYPING_INDICATOR", "messageId": wire.get("messageId")})
        event = {"sender": wire.get("sender"), "destinations": [{"to": wire["to"]}], "content": content}
        return {"events": [drop_empty(event)]}


class Media(Request):
    """Which inbound file."""

    class Meta(Request.Meta):
        include = {  # noqa: RUF012
            "from": Number(metadata=about("our sender that got it; default: the setting whatsapp_sender", "sender"))
        }

    media_id = Text(
        required=True,
        metadata=about("the attachment's URL, or its last segment", "mediaId", also=["url"], example="f1b9"),
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Of a whole URL only the sender and the id are taken: where it leads is ours to say."""
        media = wire["mediaId"]
        if "://" not in media:
            return wire
        found = MEDIA_URL.fullmatch(media)
        if found is None:
            raise ValidationError({"media_id": ["not the URL of an inbound WhatsApp file"]})
        return {**wire, "sender": found["sender"], "mediaId": found["media"]}


MEDIA_URL = re.compile(r"https?://[^/?#]+/whatsapp/1/senders/(?P<sender>[A-Za-z0-9]+)/media/(?P<media>[A-Za-z0-9._-]+)")


class MediaTold(Reply):
    """The file, or where it is."""

    content_type = Text(allow_none=True, metadata=about("media type"))
    size = fields.Integer(allow_none=True, metadata=about("bytes"))
    content = Text(allow_none=True, metadata=about("the bytes in base64; null where the answer was a redirect"))
    url = Text(allow_none=True, metadata=about("where a redirect leads: fetch it without credentials"))


class MarkRead(Request):
    """Which inbound message was read."""

    class Meta(Request.Meta):
        include = {  # noqa: RUF012
            "from": Number(
                validate=validate.Length(1, 24),
                metadata=about(
                    "our sender that got the message; default: the setting whatsapp_sender",
                    "sender",
                    example="447860099299",
                ),
            )
        }

    message_id = Text(
        required=True,
        metadata=about("id of the inbound message", "messageId", example="wamid.HBgMNDQ3NzAwOTAwMTIz"),
    )
