"""SMS: our words for what /sms/3/messages takes, and the older /sms/2/text/advanced made of the same."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from connectors.infobip.fields import (
    Links,
    Number,
    Period,
    Recipients,
    Speed,
    Text,
    When,
    Window,
    about,
    drop_empty,
    left,
)
from connectors.schema import Request

TRANSLITERATIONS = (
    *("NONE", "TURKISH", "GREEK", "CYRILLIC", "SERBIAN_CYRILLIC", "BULGARIAN_CYRILLIC", "CENTRAL_EUROPEAN"),
    *("BALTIC", "PORTUGUESE", "COLOMBIAN", "NON_UNICODE", "ALL"),
)
LANGUAGES = ("NONE", "TR", "ES", "PT", "AUTODETECT")
MAX_PARTS = 25  # more is REJECTED_MESSAGE_TOO_LONG
SECONDS = {"SECONDS": 1, "MINUTES": 60, "HOURS": 3600}


class IndiaDlt(Request):
    """India: DLT registration."""

    principal_entity_id = Text(required=True, metadata=about("registered entity", "principalEntityId"))
    content_template_id = Text(metadata=about("registered template", "contentTemplateId"))
    telemarketer_id = Text(metadata=about("registered telemarketer", "telemarketerId"))


class TurkeyIys(Request):
    """Turkey: IYS consent."""

    recipient_type = Text(
        required=True,
        validate=validate.OneOf(("BIREYSEL", "TACIR")),
        metadata=about("BIREYSEL (a person) or TACIR (a merchant)", "recipientType"),
    )
    brand_code = fields.Integer(metadata=about("IYS brand", "brandCode"))


class SouthKorea(Request):
    """South Korea."""

    title = Text(validate=validate.Length(max=66), metadata=about("title, at most 66 characters"))
    reseller_code = fields.Integer(metadata=about("reseller", "resellerCode"))


class Conversions(Request):
    """Conversion tracking; a conversion is told by confirm-conversion."""

    use = fields.Boolean(metadata=about("whether to track conversions", "useConversionTracking"))
    name = Text(metadata=about("name of the conversion", "conversionTrackingName"))


class SmsText(Request):
    """One text to one or more numbers."""

    class Meta(Request.Meta):
        include = {  # noqa: RUF012
            "from": Number(
                validate=validate.Length(1, 64),
                metadata=about(
                    "sender: up to 11 letters and digits, a short code or a number; default: the setting sms_sender",
                    "sender",
                    example="AcmeShop",
                ),
            )
        }

    to = Recipients(
        extra={"network_id": "networkId"},
        metadata=about(
            "number in international form, or a list of numbers or of {to, own_id?, network_id?}",
            "destinations",
            type=["string", "array"],
            items={},
            example="447700900123",
        ),
    )
    text = Text(metadata=about(f"the message; at most {MAX_PARTS} parts", example="Your parcel arrives today."))
    hex = Text(metadata=about("binary SMS instead of text: pairs of hex digits separated by spaces"))
    data_coding = fields.Integer(validate=validate.Range(min=0), metadata=about("of a binary SMS", "dataCoding"))
    esm_class = fields.Integer(validate=validate.Range(min=0), metadata=about("of a binary SMS", "esmClass"))
    transliteration = Text(
        validate=validate.OneOf(TRANSLITERATIONS), metadata=about("replaces letters outside of the alphabet")
    )
    language = Text(validate=validate.OneOf(LANGUAGES), metadata=about("national alphabet", "languageCode"))
    single_shift = fields.Boolean(metadata=about("use the language's single shift table", "singleShift"))
    locking_shift = fields.Boolean(metadata=about("use the language's locking shift table", "lockingShift"))
    entity_id = Text(validate=validate.Length(max=255), metadata=about("tenant tag, echoed in reports", "entityId"))
    application_id = Text(
        validate=validate.Length(max=255), metadata=about("application tag, echoed in reports", "applicationId")
    )
    validity_period = fields.Nested(
        Period, metadata=about("how long Infobip tries; more than 48 hours is cut to 48", "validityPeriod")
    )
    delivery_time_window = fields.Nested(Window, metadata=about("send only then", "deliveryTimeWindow"))
    campaign_reference_id = Text(validate=validate.Length(max=255), metadata=about("campaign", "campaignReferenceId"))
    flash = fields.Boolean(metadata=about("shown at once and not stored"))
    india_dlt = fields.Nested(IndiaDlt, metadata=about("needed in India", "indiaDlt"))
    turkey_iys = fields.Nested(TurkeyIys, metadata=about("needed in Turkey", "turkeyIys"))
    south_korea = fields.Nested(SouthKorea, metadata=about("for Korea", "southKorea"))
    notify_url = Text(metadata=about("where to push the reports instead of this connection's webhook", "notifyUrl"))
    intermediate_report = fields.Boolean(
        metadata=about("also report arrival at the operator (the event says sent)", "intermediateReport")
    )
    notify = fields.Boolean(metadata=about("false: no reports at all for this message"))
    notify_content_type = Text(
        validate=validate.OneOf(("application/json",)),
        metadata=about("application/json; Ferry does not read XML", "notifyContentType"),
    )
    callback_data = Text(
        validate=validate.Length(max=4000), metadata=about("echoed in reports, at most 4000 characters", "callbackData")
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        return message(wire)


class SendSms(SmsText):
    """One text (`to` and `text`), or several different ones in `messages`."""

    messages = fields.List(
        fields.Nested(SmsText), validate=validate.Length(min=1), metadata=about("several texts or senders in one call")
    )
    places = left()
    bulk_id = Text(
        validate=validate.Length(1, 100), metadata=about("id of the request, needed to reschedule or cancel", "bulkId")
    )
    send_at = When(metadata=about("when to send, with an offset; at most 180 days ahead", "sendAt"))
    sending_speed_limit = fields.Nested(Speed, metadata=about("how fast a large request goes out", "sendingSpeedLimit"))
    links = fields.Nested(Links, metadata=about("shortening and tracking of URLs in the text", "tracking"))
    count_parts = fields.Boolean(metadata=about("ask for the number of parts", "includeSmsCountInResponse"))
    conversions = fields.Nested(Conversions, metadata=about("conversion tracking", "conversionTracking"))

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one way to say what goes to whom."""
        several = data.get("messages")
        for one in several if several is not None else [data]:
            _one_content(one)
        if several is not None and (data.get("to") or data.get("text") or data.get("hex")):
            raise ValidationError({"messages": ["give either messages or to and text, not both"]})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        one = message(wire)
        schedule = drop_empty({name: wire.get(name) for name in ("bulkId", "sendAt", "sendingSpeedLimit")})
        options = {
            "schedule": schedule,
            "tracking": wire.get("tracking"),
            "includeSmsCountInResponse": wire.get("includeSmsCountInResponse"),
            "conversionTracking": wire.get("conversionTracking"),
        }
        return drop_empty({"messages": wire.get("messages") or [one], "options": drop_empty(options)})


def _one_content(told: dict[str, Any]) -> None:
    missing = {} if told.get("to") or told.get("destinations") else {"to": ["Missing data for required field."]}
    content = told.get("content") or told
    given = [name for name in ("text", "hex") if content.get(name) is not None]
    if not given:
        missing["text"] = ["Missing data for required field."]
    if missing:
        raise ValidationError(missing)
    if len(given) > 1:
        raise ValidationError({"hex": ["give either text or hex, not both"]})


def message(wire: dict[str, Any]) -> dict[str, Any]:
    """One element of `messages` in its v3 form, from flat words."""
    language = {
        "languageCode": wire.get("languageCode"),
        "singleShift": wire.get("singleShift"),
        "lockingShift": wire.get("lockingShift"),
    }
    content = {name: wire.get(name) for name in ("text", "hex", "dataCoding", "esmClass", "transliteration")}
    options = {
        name: wire.get(name) for name in ("validityPeriod", "deliveryTimeWindow", "campaignReferenceId", "flash")
    }
    platform = {name: wire.get(name) for name in ("entityId", "applicationId")}
    regional = {name: wire.get(name) for name in ("indiaDlt", "turkeyIys", "southKorea")}
    delivery = {
        "url": wire.get("notifyUrl"),
        "intermediateReport": wire.get("intermediateReport"),
        "notify": wire.get("notify"),
    }
    webhooks = {
        "delivery": drop_empty(delivery),
        "contentType": wire.get("notifyContentType"),
        "callbackData": wire.get("callbackData"),
    }
    return drop_empty(
        {
            "sender": wire.get("sender"),
            "destinations": wire.get("destinations"),
            "content": drop_empty({**content, "language": drop_empty(language)}),
            "options": drop_empty({**options, "platform": drop_empty(platform), "regional": drop_empty(regional)}),
            "webhooks": drop_empty(webhooks),
        }
    )


# The older call ----------------------------------------------------------------------------------------------------


def to_v2(body: dict[str, Any]) -> dict[str, Any]:
    """
    The body of /sms/2/text/advanced (/sms/2/binary/advanced) that says what a v3 body says.

    raises: ValidationError for what v2 cannot say
    """
    options = body.get("options", {})
    schedule = options.get("schedule", {})
    if "conversionTracking" in options:
        raise ValidationError({"conversions": ["conversion tracking of this form needs sms_version v3"]})
    return drop_empty(
        {
            "bulkId": schedule.get("bulkId"),
            "messages": [_message_v2(one, schedule.get("sendAt")) for one in body["messages"]],
            "sendingSpeedLimit": schedule.get("sendingSpeedLimit"),
            "urlOptions": options.get("tracking"),
            "includeSmsCountInResponse": options.get("includeSmsCountInResponse"),
        }
    )


def _message_v2(one: dict[str, Any], send_at: str | None) -> dict[str, Any]:
    content, options, webhooks = one["content"], one.get("options", {}), one.get("webhooks", {})
    delivery, platform = webhooks.get("delivery", {}), options.get("platform", {})
    binary = {name: content.get(name) for name in ("hex", "dataCoding", "esmClass")}
    for name in ("entityId", "applicationId"):
        if len(platform.get(name, "")) > 50:
            raise ValidationError({name: ["at most 50 characters with sms_version v2"]})
    return drop_empty(
        {
            "from": one.get("sender"),
            "destinations": one["destinations"],
            "text": content.get("text"),
            "binary": drop_empty(binary),
            "transliteration": content.get("transliteration"),
            "language": content.get("language"),
            "validityPeriod": _minutes(options.get("validityPeriod")),
            "sendAt": send_at,
            "deliveryTimeWindow": options.get("deliveryTimeWindow"),
            "flash": options.get("flash"),
            "regional": options.get("regional"),
            "campaignReferenceId": options.get("campaignReferenceId"),
            **platform,
            "notifyUrl": delivery.get("url"),
            "intermediateReport": delivery.get("intermediateReport"),
            "notify": delivery.get("notify"),
            "notifyContentType": webhooks.get("contentType"),
            "callbackData": webhooks.get("callbackData"),
        }
    )


def _minutes(period: dict[str, Any] | None) -> int | None:
    if period is None:
        return None
    seconds: int = period["amount"] * SECONDS[period["timeUnit"]]
    return min(2880, -(-seconds // 60))
