"""E-mail: our words for both forms of sending, the multipart one (v3) and the JSON one (v4, early access)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from connectors.infobip.fields import Recipients, Text, When, about, left
from connectors.schema import Reply, Request

PRIORITIES = ("HIGH", "STANDARD", "LOW")
FORBIDDEN = frozenset(
    {
        *("to", "cc", "bcc", "from", "subject", "content-type", "dkim-signature", "content-transfer-encoding"),
        *("return-path", "mime-version"),
    }
)
MAX_TOGETHER = 1000  # to, cc and bcc


class File(Request):
    """A file in base64, or in v4 one that was uploaded."""

    file_name = Text(required=True, validate=validate.Length(1, 255), metadata=about("prefer ASCII", "fileName"))
    content_type = Text(load_default="application/octet-stream", metadata=about("media type", "contentType"))
    content = Text(required=True, metadata=about("the bytes in base64"))

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        try:
            wire["content"] = base64.b64decode(wire["content"], validate=True)
        except (binascii.Error, ValueError) as problem:
            raise ValidationError({"content": ["not base64"]}) from problem
        return wire


class Whom(Recipients):
    """Recipients of an e-mail: an address, or {to, placeholders?, own_id?}, or a list of these."""

    def __init__(self, **more: Any) -> None:
        super().__init__(longest=320, extra={"placeholders": "placeholders"}, **more)


def _whom(description: str, **more: Any) -> Whom:
    return Whom(
        metadata=about(
            f"{description}: an address, or a list of addresses or of {{to, placeholders?}}",
            type=["string", "array"],
            items={},
        ),
        **more,
    )


class SendEmail(Request):
    """One e-mail to one or more people."""

    class Meta(Request.Meta):
        include = {  # noqa: RUF012
            "from": Text(
                metadata=about(
                    "address or Name <address> on a verified domain; default: the setting email_sender",
                    also=["sender"],
                    example="Acme <news@mail.acme.example>",
                )
            )
        }

    to = _whom("recipients", required=True)
    cc = _whom("copies")
    bcc = _whom("blind copies")
    subject = Text(validate=validate.Length(1, 1000), metadata=about("1 to 1000 characters, unless a template says it"))
    text = Text(metadata=about("plain text"))
    html = Text(metadata=about("HTML; when both are given this is what is delivered"))
    amp_html = Text(metadata=about("AMP; needs html", "ampHtml"))
    template_id = Text(metadata=about("id of a template made in the portal", "templateId"))
    attachments = fields.List(fields.Nested(File), metadata=about("files, in base64", also=["attachment"]))
    inline_images = fields.List(
        fields.Nested(File), metadata=about("pictures the HTML names as cid:FILE_NAME", "inlineImage")
    )
    reply_address = Text(metadata=about("where answers go", "replyTo"))
    placeholders = fields.Dict(keys=fields.String(), metadata=about("fill {{name}} for all", "defaultPlaceholders"))
    preserve_recipients = fields.Boolean(
        metadata=about("recipients see each other; only one message id comes back", "preserveRecipients")
    )
    places = left()
    bulk_id = Text(validate=validate.Length(1, 100), metadata=about("id of the request", "bulkId"))
    send_at = When(metadata=about("when to send, with an offset; at most 30 days ahead (v4: 5)", "sendAt"))
    notify_url = Text(metadata=about("where reports go instead of this connection's webhook", "notifyUrl"))
    intermediate_report = fields.Boolean(metadata=about("also report what is not final", "intermediateReport"))
    callback_data = Text(validate=validate.Length(max=4000), metadata=about("echoed in reports", "callbackData"))
    track = fields.Boolean(metadata=about("track opens and clicks"))
    track_clicks = fields.Boolean(metadata=about("track clicks", "trackClicks"))
    track_opens = fields.Boolean(metadata=about("track opens", "trackOpens"))
    tracking_url = Text(metadata=about("where opens and clicks are pushed", "trackingUrl"))
    tracking_pixel_position = Text(
        validate=validate.OneOf(("TOP", "BOTTOM")), metadata=about("TOP or BOTTOM", "trackingPixelPosition")
    )
    campaign_reference_id = Text(validate=validate.Length(max=255), metadata=about("campaign", "campaignReferenceId"))
    landing_page_id = Text(metadata=about("opt-out page", "landingPageId"))
    landing_page_placeholders = fields.Dict(
        keys=fields.String(), metadata=about("fill the opt-out page", "landingPagePlaceholders")
    )
    template_language_version = Text(
        validate=validate.OneOf(("1", "2")), metadata=about("1 (default) or 2", "templateLanguageVersion")
    )
    client_priority = Text(validate=validate.OneOf(PRIORITIES), metadata=about("HIGH, STANDARD, LOW", "clientPriority"))
    application_id = Text(validate=validate.Length(max=255), metadata=about("application tag", "applicationId"))
    entity_id = Text(validate=validate.Length(max=255), metadata=about("tenant tag", "entityId"))
    headers = fields.Dict(keys=fields.String(), values=fields.String(), metadata=about("further headers of the mail"))
    ip_pool_id = Text(metadata=about("pool of sending addresses", "ipPoolId"))
    skip_passive_storage = fields.Boolean(metadata=about("do not keep the content", "skipPassiveStorage"))
    skip_active_storage = fields.Boolean(metadata=about("do not keep the content", "skipActiveStorage"))

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """Something to say, and to not too many at once."""
        if data.get("template_id") is None:
            if data.get("subject") is None:
                raise ValidationError({"subject": ["needed unless a template_id is given"]})
            if data.get("text") is None and data.get("html") is None:
                raise ValidationError({"text": ["give text, html or template_id"]})
        if data.get("amp_html") is not None and data.get("html") is None:
            raise ValidationError({"amp_html": ["needs html"]})
        if sum(len(data.get(name) or ()) for name in ("to", "cc", "bcc")) > MAX_TOGETHER:
            raise ValidationError({"to": [f"to, cc and bcc hold at most {MAX_TOGETHER} together"]})
        wrong = [name for name in data.get("headers") or {} if name.lower() in FORBIDDEN]
        if wrong:
            raise ValidationError({"headers": [f"{', '.join(wrong)} may not be set"]})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        wire.pop("places", None)
        return wire


# The two forms on the wire -----------------------------------------------------------------------------------------

JSON_PARTS = ("defaultPlaceholders", "landingPagePlaceholders", "headers")
Piece = tuple[str, tuple[str, bytes, str] | tuple[None, bytes]]


def compact(told: Any) -> str:
    """JSON without spaces."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def to_parts(body: Mapping[str, Any]) -> list[Piece]:
    """The multipart form of /email/3/send: every value a part, lists by repeating the name."""
    found: list[Piece] = []

    def add(name: str, value: str) -> None:
        found.append((name, (None, value.encode())))

    for name, value in body.items():
        if name in {"to", "cc", "bcc"}:
            for one in value:
                person = {"to": one["to"], "placeholders": one["placeholders"]} if one.get("placeholders") else None
                add(name, compact(person) if person else one["to"])
        elif name in {"attachments", "inlineImage"}:
            part = "attachment" if name == "attachments" else name
            found.extend((part, (one["fileName"], one["content"], one["contentType"])) for one in value)
        elif name in JSON_PARTS:
            add(name, compact(value))
        elif isinstance(value, bool):
            add(name, "true" if value else "false")
        else:
            add(name, str(value))
    return found


def to_v4(body: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON form of /email/4/messages; placeholders are JSON inside a text there."""
    destination: dict[str, Any] = {
        name: [_whom_v4(one) for one in body[name]] for name in ("to", "cc", "bcc") if body.get(name)
    }
    destination |= _some(body, "replyTo", "preserveRecipients")
    content = _some(body, "subject", "text", "html", "ampHtml", "templateId", "headers", "templateLanguageVersion")
    for name in ("defaultPlaceholders", "landingPagePlaceholders"):
        if name in body:
            content[name] = compact(body[name])
    if "landingPageId" in body:
        content["optoutLandingPageId"] = body["landingPageId"]
    for theirs, ours in (("attachments", "attachments"), ("inlineImages", "inlineImage")):
        if body.get(ours):
            content[theirs] = [_file_v4(one) for one in body[ours]]
    platform = _some(body, "entityId", "applicationId")
    delivery = {"url": body.get("notifyUrl"), "intermediateReport": body.get("intermediateReport")}
    webhooks = {
        "delivery": {name: told for name, told in delivery.items() if told is not None},
        "contentType": body.get("notifyContentType"),
        "callbackData": body.get("callbackData"),
    }
    storage = {"skipPassive": body.get("skipPassiveStorage"), "skipActive": body.get("skipActiveStorage")}
    message = {
        "sender": body.get("from"),
        "destinations": [destination],
        "content": content,
        "options": _full({"platform": platform, **_some(body, "campaignReferenceId")}),
        "webhooks": _full(webhooks),
        "ips": _some(body, "ipPoolId"),
        "storage": _full(storage),
    }
    tracking = _some(body, "track", "trackClicks", "trackOpens", "trackingUrl")
    if "trackingPixelPosition" in body:
        tracking["pixelPosition"] = body["trackingPixelPosition"]
    options = {"schedule": _some(body, "bulkId", "sendAt"), "tracking": tracking, **_some(body, "clientPriority")}
    return {"messages": [_full(message)], **({"options": _full(options)} if _full(options) else {})}


def _whom_v4(one: Mapping[str, Any]) -> dict[str, Any]:
    told = {"destination": one["to"], **_some(one, "messageId")}
    return {**told, "placeholders": compact(one["placeholders"])} if one.get("placeholders") else told


def _file_v4(one: Mapping[str, Any]) -> dict[str, Any]:
    content = base64.b64encode(one["content"]).decode()
    return {"type": "binary", "content": content, "contentType": one["contentType"], "fileName": one["fileName"]}


def _some(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: body[name] for name in names if body.get(name) is not None}


def _full(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told for name, told in body.items() if told is not None and told not in ({}, [])}


# Checking an address -----------------------------------------------------------------------------------------------


class Validate(Request):
    """One address."""

    to = Text(required=True, validate=validate.Length(3, 320), metadata=about("address", example="ann@acme.example"))


class Validation(Reply):
    """What Infobip thinks of an address."""

    to = Text(metadata=about("the address"))
    valid_mailbox = fields.Boolean(
        data_key="validMailbox", allow_none=True, metadata=about("true, false, or null when that could not be told")
    )
    valid_syntax = fields.Boolean(data_key="validSyntax", allow_none=True, metadata=about("whether it is well formed"))
    catch_all = fields.Boolean(data_key="catchAll", allow_none=True, metadata=about("its domain takes every name"))
    disposable = fields.Boolean(allow_none=True, metadata=about("a throw-away address"))
    role_based = fields.Boolean(data_key="roleBased", allow_none=True, metadata=about("an office, not a person"))
    risk = Text(allow_none=True, metadata=about("LOW, MEDIUM, HIGH or UNKNOWN"))
    did_you_mean = Text(data_key="didYouMean", allow_none=True, metadata=about("a likelier spelling"))
    reason = Text(allow_none=True, metadata=about("why it could not be told, e.g. TIMED_OUT"))
    detailed_reasons = Text(data_key="detailedReasons", allow_none=True, metadata=about("e.g. known_hardbounce"))

    @pre_load
    def tell(self, data: Any, **_: Any) -> Any:
        """`validMailbox` is a text of three values (in older answers a boolean), and "false" is not true."""
        if isinstance(data, Mapping) and "validMailbox" in data:
            told = {True: True, False: False, "true": True, "false": False}.get(_word(data["validMailbox"]))
            return {**data, "validMailbox": told}
        return data


def _word(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip().lower()
    return value if isinstance(value, bool) else None


class ValidateMany(Request):
    """Up to 100 000 addresses at once."""

    request_id = Text(
        required=True,
        validate=validate.Length(1, 200),
        metadata=about("your name for the request", "validationRequestId", example="vr-1"),
    )
    addresses = fields.List(
        Text(validate=validate.Length(3, 320)),
        required=True,
        validate=validate.Length(1, 100_000),
        metadata=about("addresses", "destinations"),
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        return {**wire, "destinations": [{"destination": one} for one in wire["destinations"]]}


class ManyAsked(Reply):
    """The request is queued."""

    request_id = Text(data_key="validationRequestId", required=True, metadata=about("the request's name"))


class Validations(Request):
    """Results of a bulk validation."""

    request_id = Text(required=True, metadata=about("the request's name", "validationRequestId", example="vr-1"))
    size = fields.Integer(validate=validate.Range(min=1), metadata=about("rows a page"))
    cursor = Text(metadata=about("the `cursor` of the former page"))


class ManyTold(Reply):
    """A page of results."""

    results = fields.List(fields.Raw(), required=True, metadata=about("one an address, as Infobip writes it"))
    cursor = Text(allow_none=True, metadata=about("where to go on, null at the end"))

    @pre_load
    def fold(self, data: Any, **_: Any) -> Any:
        paging = data.get("paging") if isinstance(data.get("paging"), Mapping) else {}
        return {**data, "cursor": paging.get("nextCursor")}
