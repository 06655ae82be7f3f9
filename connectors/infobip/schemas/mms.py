"""MMS: texts and files in one message."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from connectors.infobip.fields import Number, Period, Recipients, Text, When, Window, about, drop_empty, left
from connectors.infobip.schemas.sms import message
from connectors.schema import Request

MAX_TEXT = 1600  # characters of a text segment, else status 77


class Segment(Request):
    """A file at a URL, a text, or one that was uploaded."""

    text = Text(validate=validate.Length(1, MAX_TEXT), metadata=about(f"a text, at most {MAX_TEXT} characters"))
    media_url = Text(metadata=about("public URL of a file", "contentUrl", also=["url"]))
    content_type = Text(metadata=about("media type of the file", "contentType"))
    uploaded_id = Text(metadata=about("id of an uploaded file", "uploadedContentId"))
    smil = Text(metadata=about("layout"))

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        kinds = {"text": "TEXT", "contentUrl": "LINK", "uploadedContentId": "UPLOADED_REFERENCE", "smil": "SMIL"}
        given = [kind for name, kind in kinds.items() if name in wire]
        if len(given) != 1:
            raise ValidationError({"text": ["give exactly one of text, media_url, uploaded_id and smil"]})
        return {"type": given[0], **wire}


class SendMms(Request):
    """One message to one or more numbers."""

    class Meta(Request.Meta):
        include = {  # noqa: RUF012
            "from": Number(metadata=about("sender; default: the setting mms_sender", "sender", example="447860099111"))
        }

    to = Recipients(
        required=True,
        metadata=about(
            "number, or a list of numbers or of {to, own_id?}", "destinations", type=["string", "array"], items={}
        ),
    )
    title = Text(validate=validate.Length(max=66), metadata=about("subject, at most 66 characters"))
    text = Text(validate=validate.Length(1, MAX_TEXT), metadata=about(f"at most {MAX_TEXT} characters"))
    media_url = Text(metadata=about("public URL of one file"))
    segments = fields.List(
        fields.Nested(Segment), validate=validate.Length(min=1), metadata=about("several texts and files instead")
    )
    entity_id = Text(validate=validate.Length(max=255), metadata=about("tenant tag", "entityId"))
    application_id = Text(validate=validate.Length(max=255), metadata=about("application tag", "applicationId"))
    validity_period = fields.Nested(Period, metadata=about("how long Infobip tries", "validityPeriod"))
    delivery_time_window = fields.Nested(Window, metadata=about("send only then", "deliveryTimeWindow"))
    campaign_reference_id = Text(validate=validate.Length(max=255), metadata=about("campaign", "campaignReferenceId"))
    notify_url = Text(metadata=about("where reports go instead of this connection's webhook", "notifyUrl"))
    intermediate_report = fields.Boolean(metadata=about("also report what is not final", "intermediateReport"))
    notify = fields.Boolean(metadata=about("false: no reports at all for this message"))
    callback_data = Text(validate=validate.Length(max=4000), metadata=about("echoed in reports", "callbackData"))
    places = left()
    bulk_id = Text(validate=validate.Length(1, 100), metadata=about("id of the request", "bulkId"))
    send_at = When(metadata=about("when to send, with an offset", "sendAt"))

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """Something to send, said one way."""
        plain = data.get("text") is not None or data.get("media_url") is not None
        if plain == (data.get("segments") is not None):
            raise ValidationError({"text": ["give text and media_url, or segments"]})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        found = list(wire.get("segments") or [])
        if "media_url" in wire:
            found.append({"type": "LINK", "contentUrl": wire["media_url"]})
        if "text" in wire:
            found.append({"type": "TEXT", "text": wire["text"]})
        told = message({name: value for name, value in wire.items() if name != "text"})
        told["content"] = drop_empty({"title": wire.get("title"), "messageSegments": found})
        schedule = drop_empty({"bulkId": wire.get("bulkId"), "sendAt": wire.get("sendAt")})
        return {"messages": [told], **({"options": {"schedule": schedule}} if schedule else {})}
