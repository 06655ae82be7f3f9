"""WhatsApp: our words for one message each, in Infobip's common envelope."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from connectors.infobip.fields import Links, Number, Text, about, drop_empty
from connectors.schema import Request


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
        return {**wire, "content": self.content(content)}

    def content(self, told: dict[str, Any]) -> dict[str, Any]:
        """The message itself; override where it is more than a choice of words."""
        return told


class SendText(Envelope):
    """A text."""

    CONTENT = ("text", "previewUrl")

    text = Text(
        required=True, validate=validate.Length(1, 4096), metadata=about("1 to 4096 characters", example="Hello!")
    )
    preview_url = fields.Boolean(metadata=about("show a preview of the URL in the text", "previewUrl"))

    def content(self, told: dict[str, Any]) -> dict[str, Any]:
        if told.get("previewUrl") and "http" not in told["text"]:
            raise ValidationError({"preview_url": ["a preview needs a URL in the text"]})
        return drop_empty(told)


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
