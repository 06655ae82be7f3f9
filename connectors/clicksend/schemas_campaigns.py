"""SMS campaigns: one text to one contact list of up to 20,000 (page 3.13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from connectors.clicksend import loose
from connectors.clicksend.schemas import Amount, Instant, Listing, Sender
from connectors.clicksend.schemas_reading import PAST, Past
from connectors.schema import Reply, Request

WHEN = {"wire": "schedule", "type": PAST, "description": "Unix seconds or ISO 8601, at most 120 days ahead."}


class Priced(Request):
    """What a campaign's price depends on."""

    class Meta(Request.Meta):
        """`from` is a word of Python."""

        include = {  # noqa: RUF012  (marshmallow's form)
            "from": Sender(load_default="", metadata={"description": "Sender; absent: ClickSend chooses."})
        }

    list_id = fields.Integer(
        required=True, validate=validate.Range(min=1), metadata={"description": "The contact list.", "example": 428}
    )
    name = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "The campaign's name.", "example": "Friday"},
    )
    text = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={
            "wire": "body",
            "description": "smsg.us/xxxxx becomes a short link, StopMsg.me/xxxxx an opt-out link.",
            "example": "Live music on Friday. StopMsg.me/xxxxx",
        },
    )


class SendCampaign(Priced):
    """A campaign to send, now or later."""

    send_at = Instant(metadata=WHEN)
    url_to_shorten = fields.URL(metadata={"description": "What smsg.us/xxxxx leads to."})
    budget = Amount(metadata={"description": "Most to spend: the price is asked first.", "example": "70"})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """The SDK insists on `senders`; an empty list is enough (page 3.13)."""
        wire.pop("budget", None)
        return {**wire, "senders": []}


class CampaignId(Request):
    """One campaign."""

    campaign_id = fields.Integer(
        required=True,
        validate=validate.Range(min=1),
        metadata={"description": "The campaign's id.", "wire": "sms_campaign_id", "example": 5120},
    )


class ChangedCampaign(CampaignId, Priced):
    """A campaign as a whole; a missing time would mean "send now", so now must be said (page 3.13)."""

    send_at = Instant(metadata=WHEN)
    now = fields.Boolean(validate=validate.Equal(True), metadata={"description": "true sends it at once."})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Either a time or `now`, never neither."""
        if bool(wire.get("schedule")) == bool(wire.pop("now", False)):
            raise ValidationError({"send_at": ["either a time, or now: true"]})
        return {**wire, "senders": []}


class GetCampaigns(Listing):
    """Campaigns, the newest first."""

    FILTERS = {"name": "name", "status": "status"}  # noqa: RUF012  (a table)

    name = fields.String(validate=validate.Regexp(r"^[^,]+$"), metadata={"description": "Only those of this name."})
    status = fields.String(validate=validate.Regexp(r"^[^,]+$"), metadata={"description": "As Sent or Scheduled."})
    since = Past(metadata={"wire": "date_from", "type": PAST, "description": "Unix seconds or ISO 8601."})
    until = Past(metadata={"wire": "date_to", "type": PAST, "description": "Unix seconds or ISO 8601."})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Theirs would be the oldest first."""
        return {**super().to_wire(wire), "order_by": "date_added:desc"}


class CampaignRow(Reply):
    """One campaign; there is no result for each recipient."""

    class Meta(Reply.Meta):
        """`from` is a word of Python."""

        include = {"from": loose.Phone(metadata={"description": "The sender."})}  # noqa: RUF012  (marshmallow's form)

    campaign_id = loose.Id(data_key="sms_campaign_id")
    name = loose.Words()
    list_id = loose.Id()
    text = loose.Words(data_key="body")
    status = loose.Text(metadata={"description": "Draft, WaitApproval, Queued, Scheduled, Sending, Sent, …"})
    scheduled_at = loose.Moment(data_key="schedule")
    created_at = loose.Moment(data_key="date_added")
    recipients = loose.Count(data_key="_total_count")
    custom_string = loose.Text(metadata={"description": "ClickSend's own; cancel-all-scheduled-sms takes it."})


class OneCampaign(loose.Told):
    """One campaign."""

    campaign = fields.Nested(CampaignRow)

    def open(self, data: Any) -> dict[str, Any]:
        """It stands at `data` or one level below (page 5, row 26)."""
        found = data.get("sms_campaign", data) if isinstance(data, Mapping) else None
        if not isinstance(found, Mapping):
            raise ValidationError("an answer without a campaign")
        return {"campaign": dict(found)}


class Campaigns(loose.Page):
    """One page of campaigns."""

    items = fields.List(fields.Nested(CampaignRow))


class CampaignPrice(loose.Told):
    """What a campaign would cost; nothing was sent."""

    total_price = loose.Money()
    recipients = loose.Count(data_key="total_count")
    currency = loose.Text()

    def open(self, data: Any) -> dict[str, Any]:
        return {**data, "currency": loose.currency(data)} if isinstance(data, Mapping) else {}
