"""
What the channel keeps: its profile, templates, history, media, figures.

source: our page §3.1, §3.2, §3.5, §3.8 – §3.10, and the helper methods of §3
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from connectors import reading
from connectors.onemsg import media
from connectors.onemsg.schemas import MAX_ID, Address
from connectors.onemsg.schemas_account import is_web_address
from connectors.schema import Reply, Request

# §3.2, exact; 2.39 also allows the empty text
VERTICALS = (
    "",
    "Automotive",
    "Beauty, Spa and Salon",
    "Clothing and Apparel",
    "Education",
    "Entertainment",
    "Event Planning and Service",
    "Finance and Banking",
    "Food and Grocery",
    "Public Service",
    "Hotel and Lodging",
    "Medical and Health",
    "Non-profit",
    "Professional Services",
    "Shopping and Retail",
    "Travel and Transportation",
    "Restaurant",
    "Other",
)
PAGE = 100  # templates or messages a call


class UploadMedia(Request):
    """A file into WhatsApp's storage (§3.1)."""

    media_url = fields.String(
        required=True,
        validate=media.inspect,
        metadata={
            "wire": "body",
            "also": ["url"],
            "description": "The file as data:<mime>;base64,<data>, which works best, or where 1msg fetches it.",
            "example": "data:image/png;base64,iVBORw0KGgo=",
        },
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        return {**wire, "body": media.plain(wire["body"])}


class Uploaded(Reply):
    """Kept for about 30 days."""

    media_id = fields.String(
        required=True,
        data_key="mediaId",
        metadata={"description": "For send-file or a template's header.", "example": "900000000000001"},
    )


class MediaId(Request):
    """One stored file."""

    media_id = fields.String(
        required=True,
        validate=validate.Length(min=1, max=MAX_ID),
        metadata={"wire": "mediaId", "description": "The file's id.", "example": "900000000000001"},
    )


class MediaLink(Reply):
    """Where a stored file is, for about 5 minutes."""

    url = fields.String(required=True, metadata={"description": "Temporary; fetch it without the token."})
    mime_type = fields.String(
        data_key="mimeType", load_default=None, allow_none=True, metadata={"description": "Media type."}
    )
    sha256 = fields.String(load_default=None, allow_none=True, metadata={"description": "Digest."})
    size = fields.Integer(
        data_key="fileSize", load_default=None, allow_none=True, metadata={"description": "Size in bytes."}
    )
    media_id = fields.String(data_key="id", load_default=None, allow_none=True, metadata={"description": "Its id."})


def is_picture(value: str) -> None:
    """An https address, or a JPEG or PNG written out."""
    found = media.inspect(value)
    if found is None and not value.startswith("https://"):
        told = "an https address or a data URI"
        raise ValidationError(told)
    if found is not None and found.kind != "image":
        told = "neither JPEG nor PNG"
        raise ValidationError(told)


class UpdateProfile(Request):
    """What changes in the business profile; what is left out stays (§3.2)."""

    about = fields.String(
        validate=validate.Length(1, 139), metadata={"description": "1 to 139 characters.", "example": "Open 9-18"}
    )
    address = fields.String(validate=validate.Length(max=256), metadata={"description": "At most 256 characters."})
    description = fields.String(
        validate=validate.Length(max=256),
        metadata={"description": "At most 256 characters (Meta itself allows 512)."},
    )
    email = fields.Email(validate=validate.Length(max=128), metadata={"description": "At most 128 characters."})
    vertical = fields.String(validate=validate.OneOf(VERTICALS), metadata={"description": "The line of business."})
    photo = fields.String(
        validate=is_picture,
        metadata={"description": "https address or data URI of a JPEG or PNG, square, at most 5 MB."},
    )
    websites = fields.List(
        fields.String(validate=[is_web_address, validate.Length(max=256)]),
        validate=validate.Length(max=2),
        metadata={"description": "At most 2, each with its scheme."},
    )

    @validates_schema
    def says_something(self, data: Mapping[str, Any], **_: Any) -> None:
        """1msg answers an empty change with 422."""
        if not data:
            told = "Nothing to change."
            raise ValidationError(told)


class Profile(Reply):
    """The business profile; every part of it may be absent."""

    about = fields.String(allow_none=True, metadata={"description": "About."})
    address = fields.String(allow_none=True, metadata={"description": "Address."})
    description = fields.String(allow_none=True, metadata={"description": "Description."})
    email = fields.String(allow_none=True, metadata={"description": "Mail address."})
    phone = fields.String(allow_none=True, metadata={"description": "The business's number.", "example": "15550100999"})
    vertical = fields.String(allow_none=True, metadata={"description": "Line of business; may be Meta's own code."})
    photo = fields.String(allow_none=True, metadata={"description": "Address of the picture."})
    websites = fields.List(fields.String(), metadata={"description": "Pages."})
    warning = fields.String(allow_none=True, metadata={"description": "What 1msg complained of beside it."})


class GetTemplates(Request):
    """One page of templates (§3.5)."""

    limit = fields.Integer(
        load_default=PAGE, validate=validate.Range(1, 1000), metadata={"description": "Templates a page."}
    )
    cursor = fields.String(
        validate=validate.Regexp(r"^\d{1,6}:[0-9a-f]{8}\Z"), metadata={"description": "`cursor` of the page before."}
    )
    sort = fields.String(validate=validate.OneOf(["id", "name", "status"]), metadata={"description": "Order."})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        cursor = wire.pop("cursor", "0:")
        return {**wire, "offset": int(cursor.partition(":")[0])}


class Template(Reply):
    """One template in one language."""

    id = fields.String(allow_none=True, metadata={"description": "Meta's id; sends name it by `name`."})
    name = fields.String(allow_none=True, metadata={"description": "Name."})
    language = fields.String(allow_none=True, metadata={"description": "Code."})
    category = fields.String(allow_none=True, metadata={"description": "MARKETING, UTILITY, AUTHENTICATION, …"})
    status = fields.String(allow_none=True, metadata={"description": "In capitals: APPROVED, PENDING, REJECTED, …"})
    namespace = fields.String(allow_none=True, metadata={"description": "Needed to send it."})
    rejected_reason = fields.String(allow_none=True, metadata={"description": "Why it was refused."})
    components = fields.List(fields.Raw(), metadata={"description": "Its parts, in Meta's words."})


class Templates(Reply):
    """A page of templates."""

    items = fields.List(fields.Nested(Template), metadata={"description": "Templates."})
    cursor = fields.String(allow_none=True, metadata={"description": "For the next page; null on the last."})
    total = fields.Integer(allow_none=True, metadata={"description": "How many there are, where they say so."})


class Moment(fields.Field[datetime]):
    """An RFC 3339 time or Unix seconds."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        del attr, data, kwargs
        found = reading.moment(value)
        if found is None:
            told = "Neither an RFC 3339 time nor Unix seconds."
            raise ValidationError(told)
        return found.astimezone(UTC)


class GetMessages(Request):
    """One page of the channel's history (§3.9)."""

    cursor = fields.Integer(
        validate=validate.Range(min=0),
        metadata={"description": "Number of the last message had; by default from the beginning.", "example": 0},
    )
    newest = fields.Boolean(metadata={"description": "The newest messages instead, without a next page."})
    limit = fields.Integer(
        load_default=PAGE, validate=validate.Range(1, 1000), metadata={"description": "Messages a page."}
    )
    to = Address(metadata={"also": ["chatId"], "description": "Of one conversation only."})
    since = Moment(
        metadata={"also": ["min_time"], "description": "Received after: RFC 3339 or Unix seconds; 1 s may overlap."}
    )
    until = Moment(
        metadata={"also": ["max_time"], "description": "Received before: RFC 3339 or Unix seconds; 1 s may overlap."}
    )
    message_id = fields.String(
        validate=validate.Length(min=1, max=MAX_ID),
        metadata={"wire": "msgId", "description": "One stored message only."},
    )

    @validates_schema
    def fits(self, data: Mapping[str, Any], **_: Any) -> None:
        """`last` would silently win over a cursor."""
        if data.get("newest") and data.get("cursor") is not None:
            told = "Either the newest, or from a cursor on."
            raise ValidationError(told, "cursor")

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        asked: dict[str, Any] = {"limit": wire["limit"]}
        if wire.get("newest"):
            asked["last"] = "true"
        else:
            asked["lastMessageNumber"] = wire.get("cursor", 0)  # without either the order is not told (§5.14)
        if "to" in wire:
            asked["chatId"] = wire["to"]
        if "msgId" in wire:
            asked["msgId"] = wire["msgId"]
        # whether the bounds belong to it is not told either (§5.15)
        if "since" in wire:
            asked["min_time"] = int(wire["since"].timestamp()) - 1
        if "until" in wire:
            asked["max_time"] = int(wire["until"].timestamp()) + 1
        return asked


class StoredMessage(Reply):
    """One message of the history, in the words of our events."""

    number = fields.Integer(allow_none=True, metadata={"description": "Its place in the channel's history."})
    message_id = fields.String(allow_none=True, metadata={"description": "The provider's id."})
    type = fields.String(metadata={"description": "`message.received`, `message.sent`, `message.reaction`, …"})
    to = fields.String(allow_none=True, metadata={"description": "The other party."})
    at = fields.String(allow_none=True, metadata={"description": "RFC 3339, UTC."})
    kind = fields.String(allow_none=True, metadata={"description": "text, image, …"})
    text = fields.String(allow_none=True, metadata={"description": "What was said."})
    reply_to = fields.String(allow_none=True, metadata={"description": "The message it answers."})
    attachments = fields.List(
        fields.Dict(), metadata={"description": "{kind, url, name}; addresses are temporary: fetch while paging."}
    )
    raw = fields.Raw(metadata={"description": "As 1msg tells it."})


class Messages(Reply):
    """A page of the history."""

    items = fields.List(fields.Nested(StoredMessage), metadata={"description": "Messages, oldest first."})
    cursor = fields.Integer(allow_none=True, metadata={"description": "For the next page; null on the last."})
    notice = fields.String(
        allow_none=True,
        metadata={"description": "Their remark, e.g. that no history is kept: then nothing here proves anything."},
    )


class GetStatistics(Request):
    """One month (§3.10)."""

    month = fields.String(
        validate=validate.Regexp(r"^(0[1-9]|1[0-2])\.\d{4}\Z", error="mm.YYYY"),
        metadata={
            "wire": "date",
            "description": "mm.YYYY; presumably this month by default.",
            "example": "03.2026",
        },
    )


class Statistics(Reply):
    """What templates cost in a month."""

    month = fields.String(allow_none=True, metadata={"description": "mm.YYYY.", "example": "03.2026"})
    templates_cost = fields.Raw(allow_none=True, metadata={"description": "As they say it.", "example": 12.5031})
    currency = fields.String(allow_none=True, metadata={"description": "Always null: they do not tell (§5.23)."})


class Periods(Reply):
    """Counters of each period, under 1msg's names."""

    items = fields.List(fields.Dict(), metadata={"description": "{period_date, quantity, paid_quantity, …}."})


class MessageId(Request):
    """One message."""

    message_id = fields.String(
        required=True,
        validate=validate.Length(min=1, max=MAX_ID),
        metadata={"wire": "messageId", "description": "The provider's id.", "example": "wamid.OUT000222=="},
    )


class StatusHook(Reply):
    """One delivery status 1msg heard of a message."""

    state = fields.String(metadata={"description": "In our words: sent, delivered, read, failed, …"})
    status = fields.String(allow_none=True, metadata={"description": "Their word."})
    at = fields.String(allow_none=True, metadata={"description": "RFC 3339, UTC."})
    to = fields.String(allow_none=True, metadata={"description": "The other party."})
    raw = fields.Raw(metadata={"description": "As they tell it."})


class StatusHooks(Reply):
    """All of them."""

    items = fields.List(fields.Nested(StatusHook), metadata={"description": "Delivery statuses."})


class OutputIp(Reply):
    """Where the channel's server calls from (that callbacks come from there is inferred)."""

    ip = fields.String(required=True, metadata={"description": "An IP address.", "example": "192.0.2.10"})
