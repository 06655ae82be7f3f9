"""MMS, voice and uploads (page 3.11, 3.12, 3.14)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate

from connectors.action import Call, Wire
from connectors.clicksend import loose
from connectors.clicksend.schemas import Batch, Listing, Recipient, Written
from connectors.clicksend.schemas_reading import PAST, GetHistory, HistoryRow, Past
from connectors.schema import NoInput, Reply, Request

MMS_TEXT = (1500, 500)  # GSM-7, Unicode characters
VOICE_TEXT = (1200, 600)
PUBLIC_URL = fields.URL(
    schemes={"https", "http"},
    validate=validate.Length(max=2000),
    metadata={
        "wire": "media_file",
        "description": "Public address of a jpg or gif of at most 250 kB (upload-media makes one of other pictures).",
        "example": "https://files.example.net/menu.jpg",
    },
)


class Mms(Written):
    """One MMS, without its picture: that is one for all messages of a call."""

    subject = fields.String(
        required=True,
        validate=validate.Length(min=1, max=20),
        metadata={"description": "At most 20 characters.", "example": "Menu"},
    )
    text = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"wire": "body", "description": "At most 1,500 GSM-7 or 500 Unicode characters."},
    )


class SendMms(Batch, Mms):
    """One MMS by its own words, or many under `messages`, all with the same picture."""

    ABOVE = Batch.ABOVE | {"media_file"}

    media_url = PUBLIC_URL
    messages = fields.List(
        fields.Nested(Mms),
        validate=validate.Length(min=1),
        metadata={"description": "Many messages in place of one; more than 1,000 are cut into several calls."},
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """The picture is needed whichever way the messages are given."""
        if "media_file" not in wire:
            raise ValidationError({"media_url": ["Missing data for required field."]})
        return super().to_wire(wire)


class PriceMms(SendMms):
    """The same words as for sending, but for a budget."""

    class Meta(SendMms.Meta):
        """A price has no budget to keep to."""

        exclude = ("budget",)


class Voice(Recipient):
    """One call that reads a text aloud."""

    text = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"wire": "body", "description": "At most 1,200 GSM-7 or 600 Unicode characters; commas are pauses."},
    )
    lang = fields.String(
        required=True,
        validate=validate.Regexp(r"^[A-Za-z]{2,3}-[A-Za-z]{2,3}$", error="a language, as en-au"),
        metadata={"description": "list-voice-languages tells them.", "example": "en-au"},
    )
    voice = fields.String(
        load_default="female",
        validate=validate.OneOf(["female", "male"]),
        metadata={"description": "female (default) or male; not every language has both."},
    )
    require_input = fields.Boolean(metadata={"description": "Asks for one key; the receipt tells which."})
    machine_detection = fields.Boolean(metadata={"description": "Detects voicemail and leaves the text there."})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """True and false are 1 and 0; the language is written small."""
        return _spoken(super().to_wire(wire))


def _spoken(wire: dict[str, Any]) -> dict[str, Any]:
    flags: dict[str, Any] = {name: int(wire[name]) for name in ("require_input", "machine_detection") if name in wire}
    return {**wire, **flags, "lang": wire["lang"].lower()}


class SendVoice(Batch, Voice):
    """One call by its own words, or many under `messages`."""

    messages = fields.List(
        fields.Nested(Voice),
        validate=validate.Length(min=1),
        metadata={"description": "Many calls in place of one; more than 1,000 are cut into several requests."},
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """`voice` has a default, which belongs to a single call and to no batch."""
        if "messages" in wire:
            wire.pop("voice", None)
            return Batch.to_wire(self, wire)
        told = Batch.to_wire(self, wire)
        return {**told, "messages": [_spoken(one) for one in told["messages"]]}


class PriceVoice(SendVoice):
    """The same words as for calling, but for a budget."""

    class Meta(SendVoice.Meta):
        """A price has no budget to keep to."""

        exclude = ("budget",)


class Language(Reply):
    """One language and its voices."""

    code = loose.Text(metadata={"description": "As en-au."})
    name = loose.Text(data_key="country")
    voices = fields.List(fields.String())

    @pre_load
    def unfold(self, row: Any, **_: Any) -> dict[str, Any]:
        """`gender` is a list, or one word (page 3.11)."""
        given = row.get("gender")
        return {**row, "voices": [given] if isinstance(given, str) else given or []}


class Languages(loose.Page):
    """All languages; the list is one page."""

    items = fields.List(fields.Nested(Language))


class ListLanguages(NoInput):
    """Takes nothing."""


def convert(wire: Wire, call: Call) -> Wire:
    """What the file is for stands in the query, beside a JSON body."""
    del call
    return replace(wire, query={"convert": wire.json.pop("convert")})


class GetMmsHistory(GetHistory):
    """MMS of the last months."""


class GetVoiceHistory(Listing):
    """Calls of the last months; this list knows no filters but times (page 3.11)."""

    since = Past(metadata={"wire": "date_from", "type": PAST, "description": "Unix seconds or ISO 8601."})
    until = Past(metadata={"wire": "date_to", "type": PAST, "description": "Unix seconds or ISO 8601."})


class MmsRow(HistoryRow):
    """One MMS of the history."""

    subject = loose.Words()
    media_url = loose.Text(data_key="_media_file_url")


class MmsHistory(loose.Page):
    """One page of MMS."""

    items = fields.List(fields.Nested(MmsRow))


class VoiceRow(HistoryRow):
    """One call of the history."""

    digits = loose.Text(metadata={"description": "Keys pressed."})
    lang = loose.Text()
    voice = loose.Text()


class VoiceHistory(loose.Page):
    """One page of calls."""

    items = fields.List(fields.Nested(VoiceRow))


class Upload(Request):
    """A file to be converted and kept for some minutes."""

    content = fields.String(
        required=True,
        metadata={"description": "The file, in base64.", "example": "R0lGODlhAQABAAAAACwAAAAAAQABAAA="},
    )
    convert = fields.String(
        load_default="mms",
        validate=validate.OneOf(["mms", "fax", "csv", "post", "postcard"]),
        metadata={"description": "What for: mms (default; jpg, png, bmp become usable), fax, csv, post or postcard."},
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """What is no base64 would be refused only after it was sent."""
        try:
            base64.b64decode(wire["content"], validate=True)
        except (binascii.Error, ValueError) as problem:
            raise ValidationError({"content": ["this is not base64"]}) from problem
        return wire


class Uploaded(loose.Told):
    """Where the file lies."""

    url = loose.Text(data_key="_url", metadata={"description": "Good for about 10 minutes."})
    file_name = loose.Text()
    upload_id = loose.Id()
    deleted_at = loose.Moment(data_key="date_delete")
