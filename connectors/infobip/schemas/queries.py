"""What reports and logs are asked with."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from connectors.infobip.fields import Text, When, about
from connectors.schema import Request

STATES = ("ACCEPTED", "PENDING", "UNDELIVERABLE", "DELIVERED", "EXPIRED", "REJECTED")
MAX_QUERY = 2048  # characters of one list of ids


class Several(fields.Field[list[str]]):
    """A text or a list of texts; the query repeats its name for each."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        del attr, data, kwargs
        found = value if isinstance(value, list | tuple) else [value]
        if not found or not all(isinstance(one, str) and one for one in found):
            raise ValidationError(["a text or a list of texts"])
        if sum(len(one) + 1 for one in found) > MAX_QUERY:
            raise ValidationError([f"at most {MAX_QUERY} characters in all"])
        return list(found)


def _limit() -> fields.Integer:
    return fields.Integer(validate=validate.Range(1, 1000), metadata=about("1 to 1000, default 50"))


class _Handed(Request):
    """What a consuming read takes beside its filters."""

    limit = _limit()
    beside_push = fields.Boolean(
        metadata=about("true: read although this connection's traffic is pushed; the two take from each other")
    )


class _Filtered(_Handed):
    """The filters of reports."""

    bulk_id = Text(metadata=about("of this request only", "bulkId"))
    message_id = Text(metadata=about("of this message only", "messageId"))
    entity_id = Text(metadata=about("of this tenant only", "entityId"))
    application_id = Text(metadata=about("of this application only", "applicationId"))
    campaign_reference_id = Text(metadata=about("of this campaign only", "campaignReferenceId"))


class Reports(_Filtered):
    """Delivery reports of SMS, MMS and e-mail; each is handed out once, to whoever asks first."""


class VoiceReports(_Handed):
    """Voice reports; each is handed out once."""

    bulk_id = Text(metadata=about("of this request only", "bulkId"))
    message_id = Text(metadata=about("of this message only", "messageId"))


class InboxQuery(_Handed):
    """Inbound messages; each is handed out once."""

    entity_id = Text(metadata=about("of this tenant only", "entityId"))
    application_id = Text(metadata=about("of this application only", "applicationId"))


class EmailLogs(Request):
    """Logs of the last 48 hours; may be read again."""

    message_id = Several(
        metadata=about("one id or several", "messageId", type=["string", "array"], items={"type": "string"})
    )
    bulk_id = Several(
        metadata=about("one request or several", "bulkId", type=["string", "array"], items={"type": "string"})
    )
    campaign_reference_id = Several(
        metadata=about(
            "one campaign or several", "campaignReferenceId", type=["string", "array"], items={"type": "string"}
        )
    )
    sender = Text(metadata=about("of this sender only", also=["from"]))
    to = Text(metadata=about("to this recipient only", "destination"))
    general_status = Text(validate=validate.OneOf(STATES), metadata=about(", ".join(STATES), "generalStatus"))
    sent_since = When(metadata=about("with an offset, within the last 48 hours", "sentSince"))
    sent_until = When(metadata=about("with an offset", "sentUntil"))
    limit = _limit()
    entity_id = Text(metadata=about("of this tenant only", "entityId"))
    application_id = Text(metadata=about("of this application only", "applicationId"))
    cursor = Text(metadata=about("the `cursor` of the former page; give the same filters again"))
    use_cursor = fields.Boolean(metadata=about("ask for a cursor", "useCursor"))

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        if wire.get("cursor"):
            wire["useCursor"] = True
        if "useCursor" in wire:
            wire["useCursor"] = "true" if wire["useCursor"] else "false"
        if "sentSince" in wire and "sentUntil" in wire and wire["sentSince"] >= wire["sentUntil"]:
            raise ValidationError({"sent_since": ["must be before sent_until"]})
        if "mnc" in wire and "mcc" not in wire:
            raise ValidationError({"mnc": ["only together with mcc"]})
        return wire


class SmsLogs(EmailLogs):
    """Logs of the last 48 hours; may be read again."""

    mcc = Text(metadata=about("mobile country code"))
    mnc = Text(metadata=about("mobile network code, only together with mcc"))


class VoiceLogs(Request):
    """Logs of the last 48 hours, older form."""

    message_id = Text(metadata=about("of this message only", "messageId"))
    bulk_id = Text(metadata=about("of this request only", "bulkId"))
    sender = Text(metadata=about("of this caller id only", "from"))
    to = Text(metadata=about("to this number only"))
    general_status = Text(validate=validate.OneOf(STATES), metadata=about(", ".join(STATES), "generalStatus"))
    sent_since = When(metadata=about("with an offset, within the last 48 hours", "sentSince"))
    sent_until = When(metadata=about("with an offset", "sentUntil"))
    limit = _limit()
