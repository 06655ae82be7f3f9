"""WhatsApp templates and interactive messages."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from connectors.infobip.fields import Number, Text, When, about, drop_empty, left
from connectors.infobip.schemas.whatsapp import Envelope
from connectors.schema import Request

NAME = r"^[a-z0-9_]+$"
BROKEN = re.compile(r"[\n\t]| {5,}")
HEADERS = ("TEXT", "IMAGE", "VIDEO", "GIF", "DOCUMENT", "LOCATION")
# type: (the field that must be there, its longest); types that are not here are passed on
BUTTONS = {"QUICK_REPLY": ("parameter", 128), "URL": ("parameter", 2000), "COPY_CODE": ("parameter", 15)}
MOST = {"URL": 2, "COPY_CODE": 1, "FLOW": 1}


class Header(Request):
    """A template's header, by type."""

    type = Text(required=True, validate=validate.OneOf(HEADERS), metadata=about(", ".join(HEADERS)))
    placeholder = Text(metadata=about("of TEXT"))
    media_url = Text(validate=validate.Length(1, 2048), metadata=about("of IMAGE, VIDEO, GIF, DOCUMENT", "mediaUrl"))
    file_name = Text(validate=validate.Length(max=240), metadata=about("of DOCUMENT", "filename"))
    latitude = fields.Float(validate=validate.Range(-90, 90), metadata=about("of LOCATION, degrees"))
    longitude = fields.Float(validate=validate.Range(-180, 180), metadata=about("of LOCATION, degrees"))

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """What its type needs."""
        kind = data.get("type")
        needed = {"TEXT": ["placeholder"], "LOCATION": ["latitude", "longitude"]}.get(str(kind), ["media_url"])
        missing = {name: [f"a header of type {kind} needs it"] for name in needed if data.get(name) is None}
        if missing:
            raise ValidationError(missing)


class Failover(Request):
    """An SMS instead, where WhatsApp does not reach the person."""

    class Meta(Request.Meta):
        include = {"from": Number(required=True, metadata=about("sender of the SMS"))}  # noqa: RUF012

    text = Text(required=True, validate=validate.Length(1, 4096), metadata=about("at most 4096 characters"))


class _Template(Envelope):
    """One template to one person."""

    CONTENT = (
        "templateName",
        "language",
        "placeholders",
        "header",
        "buttons",
        "carousel",
        "limitedTimeOffer",
        "orderStatus",
    )

    template = Text(
        required=True,
        validate=[validate.Length(1, 512), validate.Regexp(NAME)],
        metadata=about("its registered name", "templateName", also=["name", "template_name"], example="order_shipped"),
    )
    language = Text(
        required=True,
        metadata=about("as registered: en, en_GB, pt_BR", also=["language_code"], example="en_GB"),
    )
    placeholders = fields.List(
        Text(validate=validate.Length(min=1)),
        load_default=list,
        metadata=about("values of the body's placeholders in order; no newline, no tab, at most 4 spaces in a row"),
    )
    header = fields.Nested(Header, metadata=about("where the template has one"))
    buttons = fields.List(
        fields.Dict(keys=fields.String()),
        validate=validate.Length(1, 10),
        metadata=about("where the template has variable ones, in order: {type: QUICK_REPLY, parameter}, …"),
    )
    carousel = fields.Dict(keys=fields.String(), metadata=about("{cards: [1 to 10 of {header, body, buttons}]}"))
    offer_expires_at = When(metadata=about("of a limited-time offer, with an offset", "limitedTimeOffer"))
    order_status = fields.Dict(keys=fields.String(), metadata=about("where registered", "orderStatus"))
    sms_failover = fields.Nested(Failover, metadata=about("an SMS where WhatsApp fails", "smsFailover"))

    @validates_schema
    def fitting(self, data: dict[str, Any], **_: Any) -> None:
        """What WhatsApp refuses only after the fact."""
        wrong = [position for position, one in enumerate(data.get("placeholders") or ()) if BROKEN.search(one)]
        if wrong:
            told = "no newline, no tab and at most 4 spaces in a row"
            raise ValidationError({"placeholders": {position: [told] for position in wrong}})
        _buttons(data.get("buttons") or ())

    def inner(self, told: dict[str, Any]) -> dict[str, Any]:
        data: dict[str, Any] = {"body": {"placeholders": told.get("placeholders", [])}}
        data |= {name: told[name] for name in ("header", "buttons", "carousel", "orderStatus") if name in told}
        if "limitedTimeOffer" in told:
            data["limitedTimeOffer"] = {"expirationTime": told["limitedTimeOffer"]}
        return {"templateName": told["templateName"], "templateData": data, "language": told["language"]}


def _buttons(given: Any) -> None:
    counted: dict[str, int] = {}
    for one in given:
        kind = str(one.get("type"))
        counted[kind] = counted.get(kind, 0) + 1
        name, longest = BUTTONS.get(kind, ("", 0))
        if name and not (isinstance(one.get(name), str) and 1 <= len(one[name]) <= longest):
            raise ValidationError({"buttons": [f"{kind} needs {name}, 1 to {longest} characters"]})
    for kind, most in MOST.items():
        if counted.get(kind, 0) > most:
            raise ValidationError({"buttons": [f"at most {most} of type {kind}"]})


class SendTemplate(_Template):
    """One template, or several messages in `messages`."""

    to = Number(validate=validate.Length(1, 150), metadata=about("number or user id", example="447700900123"))
    template = Text(
        validate=[validate.Length(1, 512), validate.Regexp(NAME)],
        metadata=about("its registered name", "templateName", also=["name", "template_name"], example="order_shipped"),
    )
    language = Text(metadata=about("as registered: en, en_GB, pt_BR", also=["language_code"], example="en_GB"))
    messages = fields.List(
        fields.Nested(_Template), validate=validate.Length(min=1), metadata=about("several messages in one call")
    )
    places = left()
    bulk_id = Text(validate=validate.Length(1, 100), metadata=about("id of the request", "bulkId"))

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """One way to say what goes to whom."""
        if data.get("messages") is None:
            missing = [name for name in ("to", "template", "language") if data.get(name) is None]
            if missing:
                raise ValidationError({name: ["Missing data for required field."] for name in missing})
        elif data.get("to") is not None or data.get("template") is not None:
            raise ValidationError({"messages": ["give either messages or to and template, not both"]})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        bulk, several = wire.pop("bulkId", None), wire.pop("messages", None)
        wire.pop("places", None)
        return drop_empty({"messages": several or [super().to_wire(wire)], "bulkId": bulk})


# Interactive -------------------------------------------------------------------------------------------------------

KINDS = (
    *("buttons", "list", "product", "multi-product", "flow", "url-button", "location-request", "media-carousel"),
    *("order-details", "order-status", "call-permission-request", "voice-button", "request-contact-info"),
    "in-thread-authentication-request",
)


class InteractiveHeader(Request):
    """What stands above the text."""

    type = Text(
        required=True, validate=validate.OneOf(("TEXT", "IMAGE", "VIDEO", "DOCUMENT")), metadata=about("its type")
    )
    text = Text(validate=validate.Length(1, 60), metadata=about("of TEXT, at most 60 characters"))
    media_url = Text(validate=validate.Length(1, 2048), metadata=about("of the others", "mediaUrl"))
    file_name = Text(validate=validate.Length(max=240), metadata=about("of DOCUMENT", "filename"))


class Button(Request):
    """A button that answers."""

    id = Text(required=True, validate=validate.Length(1, 256), metadata=about("comes back as the event's payload"))
    title = Text(required=True, validate=validate.Length(1, 20), metadata=about("at most 20 characters"))

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        return {"type": "REPLY", **wire}


class ListRow(Request):
    """A choice."""

    id = Text(required=True, validate=validate.Length(1, 200), metadata=about("comes back as the event's payload"))
    title = Text(required=True, validate=validate.Length(1, 24), metadata=about("at most 24 characters"))
    description = Text(validate=validate.Length(max=72), metadata=about("at most 72 characters"))


class Section(Request):
    """A group of choices."""

    title = Text(validate=validate.Length(max=24), metadata=about("at most 24 characters; needed with several"))
    rows = fields.List(
        fields.Nested(ListRow), required=True, validate=validate.Length(1, 10), metadata=about("10 choices in all")
    )


class _Interactive(Envelope):
    """A text with something to tap."""

    text = Text(required=True, validate=validate.Length(1, 1024), metadata=about("1 to 1024 characters"))
    header = fields.Nested(InteractiveHeader, metadata=about("above the text"))
    footer = Text(validate=validate.Length(1, 60), metadata=about("below the text, at most 60 characters"))

    def inner(self, told: dict[str, Any]) -> dict[str, Any]:
        more = {"header": told.get("header"), "footer": {"text": told["footer"]} if "footer" in told else None}
        return drop_empty({"body": {"text": told["text"]}, "action": self.action(told), **more})

    def action(self, told: dict[str, Any]) -> dict[str, Any]:
        """What there is to tap."""
        raise NotImplementedError


class SendButtons(_Interactive):
    """Up to three buttons."""

    CONTENT = ("text", "header", "footer", "buttons")

    buttons = fields.List(
        fields.Nested(Button), required=True, validate=validate.Length(1, 3), metadata=about("1 to 3 of {id, title}")
    )

    def action(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"buttons": told["buttons"]}


class SendList(_Interactive):
    """A list to choose from."""

    CONTENT = ("text", "header", "footer", "button", "sections")

    button = Text(
        required=True, validate=validate.Length(1, 20), metadata=about("what opens the list, at most 20 characters")
    )
    sections = fields.List(
        fields.Nested(Section), required=True, validate=validate.Length(1, 10), metadata=about("1 to 10 groups")
    )

    def action(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"title": told["button"], "sections": told["sections"]}


class SendInteractive(Envelope):
    """Any interactive message, its content in Infobip's own words."""

    CONTENT = ("content",)

    kind = Text(required=True, validate=validate.OneOf(KINDS), metadata=about(", ".join(KINDS), example="url-button"))
    content = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata=about("`content` as Infobip documents it for this kind", "content"),
    )

    def inner(self, told: dict[str, Any]) -> dict[str, Any]:
        given: dict[str, Any] = told["content"]
        return given
