"""
The channel itself: webhooks, settings, status.

source: our page §3.2, §3.3, §3.5 – §3.10, and the helper methods of §3
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate

from connectors.schema import Reply, Request

MAX_WEBHOOKS = 5  # a channel (§2.9)


def is_web_address(value: str) -> None:
    """http or https with a host: what 1msg can call."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or value != value.strip():
        told = "not an http(s) address"
        raise ValidationError(told)


class SetWebhook(Request):
    """Where 1msg calls (§3.6).  Their method replaces the whole list; `mode` says what we make of that."""

    urls = fields.List(
        fields.String(validate=is_web_address),
        validate=validate.Length(min=1, max=MAX_WEBHOOKS),
        metadata={
            "description": "Addresses to add, remove or replace all others with; by default this connection's own.",
            "example": ["https://hooks.example.test/1msg/s3cr3t"],
        },
    )
    mode = fields.String(
        load_default="add",
        validate=validate.OneOf(["add", "remove", "replace"]),
        metadata={"description": "`add` (default) and `remove` keep the other addresses; `replace` drops them."},
    )
    reenable = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Write the list though it would not change: 1msg then takes up addresses again that it had "
            "disabled."
        },
    )
    acks = fields.Boolean(
        metadata={"description": "Also switch delivery receipts on; with `add` by default (setting acks_on_register)."}
    )


class NewSettings(Request):
    """Settings of the channel to change (§3.3); what is left out stays as it is."""

    ack_notifications = fields.Boolean(
        metadata={"wire": "ackNotificationsOn", "description": "Delivery receipts on or off.", "example": True}
    )
    guaranteed_hooks = fields.Boolean(
        metadata={"wire": "guaranteedHooks", "description": "Repeat webhooks until they are acknowledged."}
    )
    raw_hooks = fields.Boolean(
        metadata={"wire": "rawHooks", "description": "Webhooks in Meta's own shape.  Ferry reads both."}
    )
    template_analytics = fields.Boolean(
        metadata={"wire": "template_analytics_enabled", "description": "Template analytics."}
    )
    link_tracking_opted_out = fields.Boolean(
        metadata={"wire": "cta_url_link_tracking_opted_out", "description": "No tracking of clicks on buttons."}
    )
    clear_webhooks = fields.Boolean(
        metadata={"description": "Take all webhook addresses out, those of other systems too."}
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        if wire.pop("clear_webhooks", False):
            wire["webhookUrl"] = ""  # the documented way: an empty value is refused by POST /webhook
        if not wire:
            told = "Nothing to change."
            raise ValidationError(told)
        return wire


WEBHOOK_URLS = {
    "description": "Where 1msg calls.  Addresses may hold secrets in their path.",
    "example": ["https://hooks.example.test/1msg/abc"],
}


class ChannelSettingsReply(Reply):
    """The channel's settings as 1msg keeps them; absent ones are null."""

    webhook_urls = fields.List(fields.String(), metadata=WEBHOOK_URLS)
    ack_notifications = fields.Boolean(allow_none=True, metadata={"description": "Delivery receipts are sent."})
    guaranteed_hooks = fields.Boolean(allow_none=True, metadata={"description": "Webhooks are repeated."})
    raw_hooks = fields.Boolean(allow_none=True, metadata={"description": "Webhooks come in Meta's shape."})
    template_analytics = fields.Boolean(allow_none=True, metadata={"description": "Template analytics."})
    link_tracking_opted_out = fields.Boolean(allow_none=True, metadata={"description": "Clicks are not tracked."})
    other = fields.Dict(metadata={"description": "What we have no word for, under their names; tokens taken out."})


class Webhooks(Reply):
    """The list of addresses, and what 1msg says of each (untyped: its shape is not documented)."""

    webhook_urls = fields.List(fields.String(), metadata=WEBHOOK_URLS)
    statuses = fields.Raw(metadata={"description": "Delivery state of each address, as they tell it."})


class WebhookSet(Reply):
    """What became of a change to the list."""

    webhook_urls = fields.List(fields.String(), metadata=WEBHOOK_URLS)
    changed = fields.Boolean(metadata={"description": "Whether this call changed the stored list.", "example": True})
    confirmed = fields.Boolean(metadata={"description": "Whether reading back showed the list we wrote."})


class ChannelStatus(Reply):
    """Whether the channel is connected; that says nothing of a recipient, billing or webhooks (§3.7)."""

    status = fields.String(allow_none=True, metadata={"description": "Their word.", "example": "connected"})
    state = fields.String(
        metadata={"description": "`up`, `down`, `starting` (try in minutes) or `unknown`.", "example": "up"}
    )
    degraded = fields.Boolean(metadata={"description": "Up, but still connecting."})
    account_status = fields.String(allow_none=True, metadata={"description": "Their word.", "example": "authenticated"})
    is_cloud = fields.Boolean(allow_none=True, metadata={"description": "On Meta's Cloud API."})
    mm_lite_available = fields.Boolean(allow_none=True, metadata={"description": "Marketing messages path available."})
