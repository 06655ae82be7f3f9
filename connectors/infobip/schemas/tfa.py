"""Two-factor authentication: applications, templates, PINs.  A PIN is never in an answer, and is a text: 012345."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from connectors.infobip.fields import Number, Text, about, drop_empty
from connectors.schema import Reply, Request

SPAN = r"^\d*(ms|s|m|h|d)$"
RATE = r"^\d+/\d*(ms|s|m|h|d)$"
PIN_TYPES = ("NUMERIC", "ALPHA", "HEX", "ALPHANUMERIC")
LANGUAGES = (
    *("en", "es", "ca", "da", "nl", "fr", "de", "it", "ja", "ko", "no", "pl", "ru", "sv", "fi", "hr", "sl", "ro"),
    *("pt_pt", "pt_br", "zh_cn", "zh_tw"),
)
PIN = "{{pin}}"


def _span(description: str, wire: str) -> Text:
    return Text(validate=validate.Regexp(SPAN), metadata=about(f"{description}, e.g. 15m (ms, s, m, h, d)", wire))


def _rate(description: str, wire: str) -> Text:
    return Text(validate=validate.Regexp(RATE), metadata=about(f"{description}, e.g. 3/1d", wire))


class Application(Request):
    """A set of PIN rules."""

    name = Text(required=True, validate=validate.Length(1), metadata=about("its name", example="Checkout login"))
    enabled = fields.Boolean(metadata=about("default true"))
    pin_attempts = fields.Integer(
        validate=validate.Range(min=1), metadata=about("wrong tries before a PIN is spent; default 10", "pinAttempts")
    )
    allow_multiple_pin_verifications = fields.Boolean(
        metadata=about("a right PIN may be verified again; default true", "allowMultiplePinVerifications")
    )
    pin_time_to_live = _span("how long a PIN lives; default 15m", "pinTimeToLive")
    verify_pin_limit = _rate("tries a PIN; default 1/3s, at most a day", "verifyPinLimit")
    send_pin_per_application_limit = _rate("sends in all; default 10000/1d", "sendPinPerApplicationLimit")
    send_pin_per_phone_number_limit = _rate("sends to one number; default 3/1d", "sendPinPerPhoneNumberLimit")

    CONFIGURATION: ClassVar[tuple[str, ...]] = (
        "pinAttempts",
        "allowMultiplePinVerifications",
        "pinTimeToLive",
        "verifyPinLimit",
        "sendPinPerApplicationLimit",
        "sendPinPerPhoneNumberLimit",
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        configuration = {name: wire.pop(name) for name in self.CONFIGURATION if name in wire}
        return drop_empty({**wire, "configuration": configuration})


class ApplicationOf(Request):
    """Which application."""

    application_id = Text(
        required=True,
        metadata=about(
            "id of the application", "appId", also=["applicationId"], example="HJ675435E3A6EA43432G5F37A635"
        ),
    )


class ApplicationUpdate(Application):
    """The whole of an application again."""

    application_id = Text(
        required=True, metadata=about("id of the application", "appId", also=["applicationId"], example="HJ675435")
    )


class Configured(Reply):
    """An application's rules."""

    pin_attempts = fields.Integer(data_key="pinAttempts", metadata=about("wrong tries before a PIN is spent"))
    allow_multiple_pin_verifications = fields.Boolean(
        data_key="allowMultiplePinVerifications", metadata=about("a right PIN may be verified again")
    )
    pin_time_to_live = Text(data_key="pinTimeToLive", metadata=about("how long a PIN lives"))
    verify_pin_limit = Text(data_key="verifyPinLimit", metadata=about("tries a PIN"))
    send_pin_per_application_limit = Text(data_key="sendPinPerApplicationLimit", metadata=about("sends in all"))
    send_pin_per_phone_number_limit = Text(data_key="sendPinPerPhoneNumberLimit", metadata=about("sends to one number"))


class ApplicationTold(Reply):
    """An application."""

    application_id = Text(data_key="applicationId", required=True, metadata=about("its id"))
    name = Text(metadata=about("its name"))
    enabled = fields.Boolean(metadata=about("whether it sends"))
    configuration = fields.Nested(Configured, metadata=about("its rules"))


class Applications(Reply):
    """All of the account's applications."""

    LIST = "applications"  # the answer is a bare list

    applications = fields.List(fields.Nested(ApplicationTold), required=True, metadata=about("empty for none"))


class IndiaDlt(Request):
    """India; mind the capital M, which SMS has not."""

    principal_entity_id = Text(
        required=True, validate=validate.Length(max=30), metadata=about("registered entity", "principalEntityId")
    )
    content_template_id = Text(
        validate=validate.Length(max=30), metadata=about("registered template", "contentTemplateId")
    )
    telemarketer_id = Text(
        validate=validate.Length(max=255), metadata=about("registered telemarketer", "teleMarketerId")
    )


class Template(ApplicationOf):
    """What the PIN arrives in."""

    text = Text(
        required=True,
        metadata=about(f"must contain {PIN}; further {{{{name}}}} are placeholders", "messageText"),
    )
    pin_type = Text(required=True, validate=validate.OneOf(PIN_TYPES), metadata=about(", ".join(PIN_TYPES), "pinType"))
    pin_length = fields.Integer(validate=validate.Range(min=1), metadata=about("4 to 10 is sensible", "pinLength"))
    sender_id = Text(metadata=about("sender of the SMS", "senderId", also=["from"]))
    language = Text(validate=validate.OneOf(LANGUAGES), metadata=about("of voice PINs; default en"))
    repeat_dtmf = Text(metadata=about("key that repeats a voice PIN", "repeatDTMF"))
    speech_rate = fields.Float(validate=validate.Range(0.5, 2), metadata=about("0.5 to 2, of voice PINs", "speechRate"))
    voice_name = Text(metadata=about("of voice PINs", "voiceName"))
    india_dlt = fields.Nested(IndiaDlt, metadata=about("needed in India", "indiaDlt"))

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        if PIN not in wire["messageText"]:
            raise ValidationError({"text": [f"must contain {PIN}"]})
        india = wire.pop("indiaDlt", None)
        return {**wire, **({"regional": {"indiaDlt": india}} if india else {})}


class TemplateTold(Reply):
    """A template.  Infobip calls its id `messageId`, though it is no sent message's."""

    template_id = Text(data_key="messageId", required=True, metadata=about("what send-tfa-pin-sms takes"))
    application_id = Text(data_key="applicationId", metadata=about("its application"))
    text = Text(data_key="messageText", metadata=about("with its placeholders"))
    pin_type = Text(data_key="pinType", metadata=about(", ".join(PIN_TYPES)))
    pin_length = fields.Integer(data_key="pinLength", metadata=about("characters"))
    pin_placeholder = Text(data_key="pinPlaceholder", metadata=about(PIN))
    sender_id = Text(data_key="senderId", allow_none=True, metadata=about("sender of the SMS"))
    language = Text(allow_none=True, metadata=about("of voice PINs"))


class Templates(Reply):
    """All templates of an application."""

    LIST = "templates"

    templates = fields.List(fields.Nested(TemplateTold), required=True, metadata=about("empty for none"))


def _placeholders() -> fields.Dict:
    return fields.Dict(
        keys=fields.String(validate=validate.NoneOf(["pin"])),
        values=fields.String(),
        metadata=about("fill the template's {{name}}; never pin"),
    )


class SendPin(Request):
    """Who gets a PIN."""

    class Meta(Request.Meta):
        include = {  # noqa: RUF012
            "from": Number(metadata=about("sender instead of the template's", example="AcmeShop"))
        }

    application_id = Text(required=True, metadata=about("id of the application", "applicationId", example="HJ675435"))
    template_id = Text(
        required=True, metadata=about("id of the template", "messageId", also=["template"], example="B62A1410")
    )
    to = Number(required=True, metadata=about("number in international form", example="447700900123"))
    placeholders = _placeholders()
    track_delivery = fields.Boolean(
        metadata=about("also deliver reports, through the SMS subscription; gives message_id", "trackDelivery")
    )
    number_check = fields.Boolean(
        metadata=about("a number lookup first (costs, and may stop the SMS); default true", "ncNeeded")
    )


class ResendPin(Request):
    """Which PIN goes out again, the same one."""

    pin_id = Text(required=True, metadata=about("id that sending gave", "pinId", example="9C817C6F"))
    placeholders = _placeholders()
    track_delivery = fields.Boolean(metadata=about("also deliver reports", "trackDelivery"))


class PinSent(Reply):
    """A PIN is on its way."""

    pin_id = Text(data_key="pinId", required=True, metadata=about("what resend and verify take"))
    message_id = Text(data_key="externalMessageId", allow_none=True, metadata=about("with track_delivery only"))
    to = Text(allow_none=True, metadata=about("number"))
    sms_status = Text(data_key="smsStatus", allow_none=True, metadata=about("MESSAGE_SENT"))
    number_status = Text(data_key="ncStatus", allow_none=True, metadata=about("what the number lookup said, if any"))
    call_status = Text(data_key="callStatus", allow_none=True, metadata=about("of voice PINs"))


class VerifyPin(Request):
    """What the person typed."""

    pin_id = Text(required=True, metadata=about("id that sending gave", "pinId", example="9C817C6F"))
    pin = fields.String(
        required=True,
        validate=validate.Length(1, 64),
        metadata=about("what the person typed, as text: leading zeros count", secret=True, example="012345"),
    )


class PinVerified(Reply):
    """Whether it was right.  A wrong PIN is a result, not an error."""

    pin_id = Text(data_key="pinId", allow_none=True, metadata=about("the PIN's id"))
    number = Text(data_key="msisdn", allow_none=True, metadata=about("whose it is"))
    verified = fields.Boolean(load_default=False, metadata=about("the only thing to decide by"))
    attempts_remaining = fields.Integer(data_key="attemptsRemaining", allow_none=True, metadata=about("tries left"))
    reason = Text(
        data_key="pinError",
        allow_none=True,
        metadata=about("e.g. WRONG_PIN, TTL_EXPIRED, NO_MORE_PIN_ATTEMPTS; others occur"),
    )


class Verifications(ApplicationOf):
    """Verifications of a number."""

    number = Number(required=True, metadata=about("number", "msisdn", example="447700900123"))
    verified = fields.Boolean(metadata=about("only those that were, or were not"))
    sent = fields.Boolean(metadata=about("only those that were sent, or were not"))

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        return {name: str(told).lower() if isinstance(told, bool) else told for name, told in wire.items()}
