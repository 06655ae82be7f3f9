"""What can be asked about the channel itself: webhooks, settings, status, profile, templates, history, media."""

from __future__ import annotations

from typing import Any

from connectors.action import Action, Nature
from connectors.onemsg import hooks, schemas, schemas_account, schemas_queries
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
        example={"urls": ["https://hooks.example.test/1msg/s3cr3t"], "mode": "add"},
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
    query(
        key="get-profile-info",
        title="Get the profile",
        description="The business profile customers see.",
        path="/me",
        reply=schemas_queries.Profile,
        docs="https://docs.1msg.io (§3.8)",
    ),
    change(
        key="update-profile-info",
        title="Change the profile",
        description="Changes parts of the business profile; what is left out stays.",
        path="/me",
        request=schemas_queries.UpdateProfile,
        reply=schemas.Done,
        example={"about": "Open 9-18", "email": "care@example.test", "vertical": "Other"},
        timeout=60.0,
        docs="https://docs.1msg.io (§3.2)",
    ),
    query(
        key="get-templates",
        title="Get the templates",
        description="A page of message templates, in all languages and states.",
        path="/templates",
        request=schemas_queries.GetTemplates,
        reply=schemas_queries.Templates,
        limits=("a channel may give all of them at once",),
        docs="https://docs.1msg.io (§3.5)",
    ),
    query(
        key="get-messages",
        title="Get messages",
        description="A page of the channel's history, if it keeps one.  Delivery statuses are not part of it.",
        path="/messages",
        request=schemas_queries.GetMessages,
        reply=schemas_queries.Messages,
        example={"cursor": 0, "limit": 100},
        docs="https://docs.1msg.io (§3.9)",
    ),
    query(
        key="get-message-statuses",
        title="Get the delivery statuses of a message",
        description="The delivery statuses 1msg has stored of one message.",
        path="/hookInfo",
        request=schemas_queries.MessageId,
        reply=schemas_queries.StatusHooks,
        example={"message_id": "wamid.OUT000222=="},
        docs="https://docs.1msg.io (§3, helper methods)",
    ),
    query(
        key="get-channel-statistics",
        title="Get the channel's statistics",
        description="What templates cost in a month.  Newer channels may not have it.",
        path="/statistics",
        request=schemas_queries.GetStatistics,
        reply=schemas_queries.Statistics,
        example={"month": "03.2026"},
        docs="https://docs.1msg.io (§3.10)",
    ),
    query(
        key="get-extended-statistics",
        title="Get the extended statistics",
        description="Counters and prices of each period.  Newer channels may not have it.",
        path="/extendedStatistics",
        reply=schemas_queries.Periods,
        docs="https://docs.1msg.io (§3.10)",
    ),
    change(
        key="upload-media",
        title="Upload a file",
        description="Stores a file at WhatsApp, for send-file or a template's header.  Not every channel takes every "
        "form: a data URI works best.",
        path="/uploadMedia",
        request=schemas_queries.UploadMedia,
        reply=schemas_queries.Uploaded,
        example={"media_url": "https://files.example.test/a.png"},
        limits=("kept about 30 days", "image 5 MB, video and audio 16 MB, document 100 MB, sticker 500 KB"),
        timeout=60.0,
        docs="https://docs.1msg.io (§3.1)",
    ),
    query(
        key="retrieve-media",
        title="Get a stored file's address",
        description="A temporary address of a stored or received file.",
        path="/retrieveMedia",
        request=schemas_queries.MediaId,
        reply=schemas_queries.MediaLink,
        example={"media_id": "900000000000001"},
        limits=("the address holds for about 5 minutes",),
        docs="https://docs.1msg.io (§3, helper methods)",
    ),
    change(
        key="delete-media",
        title="Delete a stored file",
        description="Takes an uploaded file out of WhatsApp's storage.",
        method="DELETE",
        path="/media/{mediaId}",
        request=schemas_queries.MediaId,
        reply=schemas.Done,
        repeatable=False,  # not among what the page calls safe: the second time it may be "not found"
        example={"media_id": "900000000000001"},
        docs="https://docs.1msg.io (§3, helper methods)",
    ),
    query(
        key="get-output-ip",
        title="Get the channel's IP address",
        description="The address of the channel's server; that webhooks come from it is inferred.",
        path="/outputIP",
        reply=schemas_queries.OutputIp,
        docs="https://docs.1msg.io (§3, helper methods)",
    ),
)
