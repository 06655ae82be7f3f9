"""What can be asked about the channel itself: webhooks, settings, status (§3.3, §3.6, §3.7)."""

from __future__ import annotations

from typing import Any

from connectors.action import Action, Nature
from connectors.onemsg import hooks, schemas_account
from connectors.onemsg.wording import spoken
from connectors.schema import NoInput


def query(**row: Any) -> Action:
    """What every row of a question has in common: a GET may be asked again (§2.6)."""
    common: dict[str, Any] = {
        "method": "GET",
        "request": NoInput,
        "repeatable": True,
        "nature": Nature.QUERY,
        "example": {},
    }
    return Action(**{**common, **row})


def change(**row: Any) -> Action:
    """What every row that changes the channel has in common: the same body gives the same state (§2.6)."""
    common: dict[str, Any] = {"method": "POST", "repeatable": True, "nature": Nature.ACCOUNT, "shape": spoken}
    return Action(**{**common, **row})


ACCOUNT = (
    change(
        key="set-webhook",
        title="Set the webhooks",
        description="Adds an address to those 1msg calls, takes one out, or replaces them all; others stay as they "
        "are unless `mode` is `replace`.  Reads the list, writes it whole, and reads it back.",
        path="/webhook",
        request=schemas_account.SetWebhook,
        reply=schemas_account.WebhookSet,
        example={"urls": ["https://hooks.example.test/1msg/s3cr3t"], "mode": "replace"},
        first=hooks.merged,
        complete=hooks.whole,
        last=hooks.confirmed,
        limits=(f"{schemas_account.MAX_WEBHOOKS} addresses a channel",),
        docs="https://docs.1msg.io (§3.6)",
    ),
    query(
        key="get-webhook",
        title="Get the webhooks",
        description="Where 1msg calls, and what it says of each address.",
        path="/webhook",
        reply=schemas_account.Webhooks,
        docs="https://docs.1msg.io (§3.6)",
    ),
    query(
        key="get-settings",
        title="Get the settings",
        description="The channel's settings: webhooks, receipts, retries, raw webhooks, analytics.",
        path="/settings",
        reply=schemas_account.ChannelSettingsReply,
        docs="https://docs.1msg.io (§3.3)",
    ),
    change(
        key="update-settings",
        title="Change the settings",
        description="Switches receipts, retries, raw webhooks or analytics on or off; what is left out stays.",
        path="/settings",
        request=schemas_account.NewSettings,
        reply=schemas_account.ChannelSettingsReply,
        example={"ack_notifications": True},
        docs="https://docs.1msg.io (§3.3)",
    ),
    query(
        key="get-channel-status",
        title="Get the channel's status",
        description="Whether the channel is connected to WhatsApp; the test of a connection.",
        path="/status",
        reply=schemas_account.ChannelStatus,
        docs="https://docs.1msg.io (§3.7)",
    ),
)
