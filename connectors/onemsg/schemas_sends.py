"""
What can be sent beside a text: templates, files, contact cards, places.

source: our page §3.12, §3.13, §3.15, §3.16, limits §2.9
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from connectors.onemsg import media
from connectors.onemsg.schemas import MAX_CAPTION, MAX_ID, REPLY_TO, ToSomeone
from connectors.schema import Request

CAPTION_FREE = frozenset({"audio", "sticker"})
UNFIT = re.compile(r"[\n\r\t]| {5,}")  # what a template's text parameter may not hold (§2.9)


def quoting() -> fields.String:
    """The message this answers."""
    return fields.String(validate=validate.Length(min=1, max=MAX_ID), metadata=REPLY_TO)


class SendFile(ToSomeone):
    """An image, a video, audio, a voice note or a document (§3.16)."""

    media_url = fields.String(
        metadata={
            "wire": "body",
            "also": ["url"],
            "description": "Where 1msg fetches the file (it asks HEAD, then GET, without a login), or the file itself "
            "as data:<mime>;base64,<data>, best up to 16 MB.",
            "example": "https://files.example.test/invoice-1001.pdf",
        }
    )
    media_id = fields.String(
        validate=validate.Length(min=1, max=MAX_ID),
        metadata={"wire": "mediaId", "description": "Instead of `media_url`: what upload-media gave."},
    )
    kind = fields.String(
        validate=validate.OneOf(media.KINDS),
        metadata={
            "wire": "mediaType",
            "also": ["media_type"],
            "description": "How it is shown; needed with `media_id`, else told by the file.",
        },
    )
    file_name = fields.String(
        validate=validate.Length(min=1, max=240),
        metadata={
            "wire": "filename",
            "description": "With its extension; by default the last segment of the address.",
            "example": "invoice-1001.pdf",
        },
    )
    caption = fields.String(
        validate=validate.Length(min=1, max=MAX_CAPTION),
        metadata={"description": f"At most {MAX_CAPTION} characters; audio takes none.", "example": "Invoice 1001"},
    )
    voice = fields.Boolean(metadata={"description": "As a voice note: OGG with Opus only."})
    reply_to = quoting()

    @validates_schema
    def fits(self, data: Mapping[str, Any], **_: Any) -> None:
        """One file, of a kind WhatsApp takes, with what that kind may carry."""
        url, media_id = data.get("media_url"), data.get("media_id")
        if (url is None) == (media_id is None):
            told = "Exactly one of media_url and media_id."
            raise ValidationError(told, "media_url")
        if media_id is not None and data.get("kind") is None:
            told = "Needed with media_id."
            raise ValidationError(told, "kind")
        kind = data.get("kind")
        if url is not None:
            kind = self._held(url, data)
        if data.get("caption") is not None and kind in CAPTION_FREE:
            told = f"{kind} takes no caption: send the text as a message of its own."
            raise ValidationError(told, "caption")
        if data.get("voice") and kind != "audio":
            told = "Only audio can be a voice note."
            raise ValidationError(told, "voice")

    def _held(self, url: str, data: Mapping[str, Any]) -> str:
        named = data.get("file_name") or media.name_for(url)
        try:
            found = media.inspect(url)
            kind = data.get("kind") or media.kind_of(found, named)
            if found is not None:
                media.hold(found, kind, voice=bool(data.get("voice")))
        except ValidationError as problem:
            raise ValidationError(problem.messages, "media_url") from problem
        if named is None:
            told = "Needed, as the address does not end in a file name."
            raise ValidationError(told, "file_name")
        return str(kind)

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        if "body" in wire:
            wire["filename"] = wire.get("filename") or media.name_for(wire["body"])
            wire["body"] = media.plain(wire["body"])
        else:
            wire.pop("filename", None)  # ignored with a media id
        return wire


class SendLocation(ToSomeone):
    """A place (§3.15)."""

    latitude = fields.Float(
        required=True,
        validate=validate.Range(-90, 90),
        metadata={"wire": "lat", "description": "Degrees, -90 to 90.", "example": 40.0001},
    )
    longitude = fields.Float(
        required=True,
        validate=validate.Range(-180, 180),
        metadata={"wire": "lng", "description": "Degrees, -180 to 180.", "example": -74.0002},
    )
    name = fields.String(metadata={"description": "Of the place.", "example": "Pickup point"})
    address = fields.String(
        metadata={"description": "Of the place; shown only with a name.", "example": "1 Test Street"}
    )
    reply_to = quoting()

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        # they are texts on the wire, in plain notation
        return {**wire, **{name: format(Decimal(repr(wire[name])), "f") for name in ("lat", "lng")}}


class Tidy(Request):
    """Empty texts and lists are left out, as WhatsApp refuses them."""

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in wire.items() if value not in ("", [], {})}


class ContactName(Tidy):
    """How a card's person is called."""

    formatted_name = fields.String(
        required=True, validate=validate.Length(min=1), metadata={"description": "In full.", "example": "Grace Example"}
    )
    first_name = fields.String(metadata={"description": "First name; by default the first word of the full one."})
    last_name = fields.String(metadata={"description": "Last name."})
    middle_name = fields.String(metadata={"description": "Middle name."})
    suffix = fields.String(metadata={"description": "Suffix."})
    prefix = fields.String(metadata={"description": "Prefix."})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        told = super().to_wire(wire)
        if set(told) == {"formatted_name"}:  # one more part is required
            told["first_name"] = (told["formatted_name"].split() or [told["formatted_name"]])[0]
        return told


class ContactPhone(Tidy):
    """A number of a card."""

    phone = fields.String(required=True, metadata={"description": "E.164 with +.", "example": "+15550100777"})
    type = fields.String(
        validate=validate.OneOf(["CELL", "MAIN", "IPHONE", "HOME", "WORK"]), metadata={"description": "What for."}
    )
    wa_id = fields.String(
        validate=validate.Regexp(r"^[0-9]{6,15}\Z"),
        metadata={"description": "The WhatsApp number's digits; makes the card tappable.", "example": "15550100777"},
    )


class ContactEmail(Tidy):
    """An address of a card."""

    email = fields.String(required=True, metadata={"description": "Mail address."})
    type = fields.String(validate=validate.OneOf(["HOME", "WORK"]), metadata={"description": "What for."})


class ContactAddress(Tidy):
    """Where a card's person lives or works."""

    street = fields.String(metadata={"description": "Street and number."})
    city = fields.String(metadata={"description": "City."})
    state = fields.String(metadata={"description": "State."})
    zip = fields.String(metadata={"description": "Postal code."})
    country = fields.String(metadata={"description": "Country."})
    country_code = fields.String(validate=validate.Length(equal=2), metadata={"description": "Two letters."})
    type = fields.String(validate=validate.OneOf(["HOME", "WORK"]), metadata={"description": "What for."})


class ContactOrg(Tidy):
    """Where a card's person works."""

    company = fields.String(metadata={"description": "Company.", "example": "Example Ltd"})
    department = fields.String(metadata={"description": "Department."})
    title = fields.String(metadata={"description": "Title."})


class ContactUrl(Tidy):
    """A page of a card."""

    url = fields.String(required=True, metadata={"description": "Address."})
    type = fields.String(metadata={"description": "What for."})


class ContactCard(Tidy):
    """One card, in Meta's words; camelCase keys would be silently useless, so they are refused."""

    name = fields.Nested(ContactName, required=True, metadata={"description": "The person's name."})
    phones = fields.List(fields.Nested(ContactPhone), metadata={"description": "Numbers."})
    emails = fields.List(fields.Nested(ContactEmail), metadata={"description": "Mail addresses."})
    addresses = fields.List(fields.Nested(ContactAddress), metadata={"description": "Addresses."})
    org = fields.Nested(ContactOrg, metadata={"description": "Work."})
    urls = fields.List(fields.Nested(ContactUrl), metadata={"description": "Pages."})
    birthday = fields.Date(metadata={"description": "YYYY-MM-DD.", "example": "1990-05-17"})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        if "birthday" in wire:
            wire["birthday"] = wire["birthday"].isoformat()
        return super().to_wire(wire)


class SendContact(ToSomeone):
    """Contact cards (§3.13)."""

    contacts = fields.List(
        fields.Nested(ContactCard),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "The cards; or `contact`, a short form {name, phone, email?, org?, url?}."},
    )
    reply_to = quoting()

    @pre_load
    def spell(self, data: Any, **_: Any) -> Any:
        """The short form written out."""
        if isinstance(data, Mapping) and "contacts" not in data and isinstance(data.get("contact"), Mapping):
            rest = {name: value for name, value in data.items() if name != "contact"}
            data = {**rest, "contacts": [written_out(data["contact"])]}
        return super().spell(data)


def written_out(short: Mapping[str, Any]) -> dict[str, Any]:
    """{name, phone, email, org, url} as a card; what else it holds stays, for the schema to judge."""
    made = {name: value for name, value in short.items() if name not in {"phone", "email", "url"}}
    if isinstance(short.get("name"), str):
        made["name"] = {"formatted_name": short["name"]}
    phone = short.get("phone")
    if phone:
        digits = re.sub(r"\D", "", str(phone))
        made["phones"] = [{"phone": f"+{digits}", "type": "CELL", "wa_id": digits}]
    if short.get("email"):
        made["emails"] = [{"email": short["email"]}]
    if short.get("url"):
        made["urls"] = [{"url": short["url"]}]
    if isinstance(short.get("org"), str):
        made["org"] = {"company": short["org"]}
    return made


class TemplateComponent(Request):
    """One component with its parameters, in Meta's words (§3.12)."""

    type = fields.String(
        required=True,
        validate=validate.OneOf(["header", "body", "button", "carousel", "limited_time_offer", "footer"]),
        metadata={"description": "Which part of the template.", "example": "body"},
    )
    sub_type = fields.String(metadata={"description": "Of a button: url, quick_reply, copy_code, catalog, flow, …"})
    index = fields.Integer(
        validate=validate.Range(min=0), metadata={"description": "Of a button: its place among all, from 0."}
    )
    parameters = fields.List(
        fields.Dict(keys=fields.String()),
        metadata={
            "description": "What fills it, in order: {type: text, text}, {type: image, image: {link | id}}, …",
            "example": [{"type": "text", "text": "Ada"}, {"type": "text", "text": "42"}],
        },
    )
    cards = fields.List(fields.Dict(keys=fields.String()), metadata={"description": "Of a carousel."})

    @validates_schema
    def fits(self, data: Mapping[str, Any], **_: Any) -> None:
        """A text parameter may not hold what Meta refuses."""
        for one in data.get("parameters") or []:
            text = one.get("text")
            if one.get("type") == "text" and (not isinstance(text, str) or UNFIT.search(text)):
                told = "A text parameter holds no line feed, no tab and no more than four spaces in a row."
                raise ValidationError(told, "parameters")
        if data["type"] == "button" and (data.get("sub_type") is None or data.get("index") is None):
            told = "A button is told by its sub_type and its index."
            raise ValidationError(told, "sub_type")


class SendTemplate(ToSomeone):
    """An approved template, which needs no open window (§3.12)."""

    template = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "Its name, not Meta's id.", "example": "order_ready"},
    )
    language = fields.Raw(
        required=True,
        metadata={
            "description": "The template's own code, e.g. `en`, `en_US`; or {policy, code} as 1msg says it.",
            "example": "en",
        },
    )
    namespace = fields.String(
        validate=validate.Length(min=1),
        metadata={
            "description": "From get-templates; by default the connection's setting, else it is looked up.",
            "example": "aaaaaaaa_bbbb_4ccc_8ddd_eeeeeeeeeeee",
        },
    )
    variables = fields.List(
        fields.String(validate=validate.Length(min=1)),
        metadata={"description": "Texts for the placeholders of the body, in order.", "example": ["Ada", "42"]},
    )
    params = fields.List(
        fields.Nested(TemplateComponent),
        metadata={"also": ["components"], "description": "Instead of `variables`: Meta's components in full."},
    )
    reply_to = quoting()
    marketing_lite = fields.Boolean(
        metadata={"wire": "useMMlite", "description": "Force or forbid the marketing messages path."}
    )
    click_tracking = fields.Boolean(
        metadata={"wire": "messageActivitySharing", "description": "Click tracking, marketing path only."}
    )
    ttl = fields.Integer(
        metadata={
            "wire": "messageSendTtlSeconds",
            "description": "Seconds it may wait: marketing 43200 to 2592000, authentication 30 to 900, utility 30 to "
            "43200; -1 for none, not for marketing.",
        }
    )

    @validates_schema
    def fits(self, data: Mapping[str, Any], **_: Any) -> None:
        """One way to fill it, and a language that is one."""
        if data.get("variables") is not None and data.get("params") is not None:
            told = "Either variables or params."
            raise ValidationError(told, "params")
        if any(UNFIT.search(one) for one in data.get("variables") or []):
            told = "No line feed, no tab and no more than four spaces in a row."
            raise ValidationError(told, "variables")
        if _language(data.get("language")) is None:
            told = "A code like en_US, or {policy: deterministic, code}."
            raise ValidationError(told, "language")
        ttl = data.get("ttl")
        if ttl is not None and ttl != -1 and not 30 <= ttl <= 2_592_000:
            told = "-1, or 30 to 2592000 seconds."
            raise ValidationError(told, "ttl")

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        wire["language"] = {"policy": "deterministic", "code": _language(wire["language"])}
        variables = wire.pop("variables", None)
        if variables:
            parameters = [{"type": "text", "text": one} for one in variables]
            wire["params"] = [{"type": "body", "parameters": parameters}]
        return wire


def _language(given: Any) -> str | None:
    """The code out of either form; `deterministic` is the only policy there is."""
    if isinstance(given, Mapping) and given.get("policy", "deterministic") == "deterministic":
        given = given.get("code")
    return given if isinstance(given, str) and re.fullmatch(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*", given) else None
