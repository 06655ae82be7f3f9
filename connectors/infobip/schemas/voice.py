"""Voice messages: a text read out, or a sound file played."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from connectors.infobip.fields import Number, Recipients, Text, When, Window, about, left
from connectors.schema import Request

SINGLE = frozenset({"from", "to", "text", "audioFileUrl", "language", "voice"})  # all that /tts/3/single takes


class Retry(Request):
    """Trying again when nobody answers."""

    min_period = fields.Integer(required=True, validate=validate.Range(min=1), metadata=about("minutes", "minPeriod"))
    max_period = fields.Integer(required=True, validate=validate.Range(min=1), metadata=about("minutes", "maxPeriod"))
    max_count = fields.Integer(required=True, validate=validate.Range(1, 4), metadata=about("at most 4", "maxCount"))


class SendingSpeed(Request):
    """How fast calls go out."""

    speed = fields.Integer(required=True, validate=validate.Range(min=1), metadata=about("calls a unit"))
    time_unit = Text(
        validate=validate.OneOf(("second", "minute", "hour", "day")),
        metadata=about("second, minute, hour or day", "timeUnit"),
    )


class Voice(Request):
    """Who reads it."""

    name = Text(metadata=about("e.g. Amy; decides alone"))
    gender = Text(validate=validate.OneOf(("male", "female")), metadata=about("picks one where no name is given"))


class Transfer(Request):
    """A key that connects the person to somebody."""

    class Meta(Request.Meta):
        include = {  # noqa: RUF012
            "if": Text(required=True, validate=validate.OneOf(("dtmf", "anyDtmf")), metadata=about("dtmf or anyDtmf"))
        }

    transfer_to = Number(required=True, metadata=about("number", "transferTo"))
    equals = Text(metadata=about("the key, for dtmf"))
    max_duration = fields.Integer(validate=validate.Range(min=1), metadata=about("seconds", "callTransferMaxDuration"))


def _seconds(description: str, wire: str, least: int = 0, most: int | None = None) -> fields.Integer:
    return fields.Integer(validate=validate.Range(least, most), metadata=about(f"{description}, seconds", wire))


class SendVoice(Request):
    """One text or file to one or more numbers."""

    class Meta(Request.Meta):
        include = {  # noqa: RUF012
            "from": Number(
                metadata=about("caller id, rented or verified; default: the setting voice_sender", also=["sender"])
            )
        }

    to = Recipients(
        required=True,
        metadata=about("number, or a list of numbers or of {to, own_id?}", type=["string", "array"], items={}),
    )
    text = Text(validate=validate.Length(1, 1400), metadata=about("read out (SSML too), at most 1400 characters"))
    audio_url = Text(
        validate=validate.URL(schemes={"http", "https"}, require_tld=False),
        metadata=about("public MP3 or WAV below 4 MB, instead of text", "audioFileUrl", also=["media_url"]),
    )
    language = Text(metadata=about("e.g. en (default), en-gb, hr, pt-br"))
    voice = fields.Nested(Voice, metadata=about("who reads it"))
    single = fields.Boolean(metadata=about("use the older single call, which takes no id of ours and no options"))
    notify_url = Text(metadata=about("where reports go instead of this connection's webhook", "notifyUrl"))
    callback_data = Text(
        validate=validate.Length(max=700), metadata=about("echoed in reports, at most 700 characters", "callbackData")
    )
    validity_period = fields.Integer(
        validate=validate.Range(1, 2880), metadata=about("minutes, at most 2880", "validityPeriod")
    )
    send_at = When(metadata=about("when to call, with an offset", "sendAt"))
    delivery_time_window = fields.Nested(Window, metadata=about("call only then", "deliveryTimeWindow"))
    retry = fields.Nested(Retry, metadata=about("trying again when nobody answers"))
    sending_speed = fields.Nested(SendingSpeed, metadata=about("how fast calls go out", "sendingSpeed"))
    speech_rate = fields.Float(validate=validate.Range(0.5, 2), metadata=about("0.5 to 2", "speechRate"))
    ring_timeout = _seconds("how long it rings, default 45", "ringTimeout", 1)
    dtmf_timeout = _seconds("how long to wait for a key, default 10", "dtmfTimeout", 1)
    call_timeout = _seconds("longest call", "callTimeout", 1)
    pause = _seconds("pause before the text, 0 to 10", "pause", 0, 10)
    repeat_dtmf = Text(metadata=about("key that repeats the message", "repeatDtmf"))
    max_dtmf = fields.Integer(validate=validate.Range(min=0), metadata=about("keys to collect", "maxDtmf"))
    machine_detection = Text(
        validate=validate.OneOf(("hangup", "continue")),
        metadata=about("what to do with an answering machine; must be enabled on the account", "machineDetection"),
    )
    call_transfers = fields.List(fields.Nested(Transfer), metadata=about("keys that connect", "callTransfers"))
    places = left()
    bulk_id = Text(validate=validate.Length(1, 100), metadata=about("id of the request", "bulkId"))

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """One thing to say."""
        if (data.get("text") is None) == (data.get("audio_url") is None):
            raise ValidationError({"text": ["give exactly one of text and audio_url"]})
        words = data.get("text")
        if words is not None and not any(letter.isalnum() for letter in words):
            raise ValidationError({"text": ["must not be only punctuation"]})
        window = data.get("delivery_time_window")
        if window is not None and "from" not in window:
            raise ValidationError({"delivery_time_window": ["voice needs days, from and to"]})
        if data.get("single"):
            if len(data["to"]) != 1 or "messageId" in data["to"][0]:
                raise ValidationError({"single": ["takes one number and no id of ours"]})
            more = set(data) - {"single", "from", "to", "text", "audio_url", "language", "voice"}
            if more:
                raise ValidationError({"single": [f"does not take {', '.join(sorted(more))}"]})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        single = wire.pop("single", False)
        wire.pop("places", None)
        if single:
            return {**wire, "to": wire["to"][0]["to"]}
        bulk = wire.pop("bulkId", None)
        message = {**wire, "destinations": wire.pop("to")}
        message.pop("to", None)
        return {**({"bulkId": bulk} if bulk else {}), "messages": [message]}
