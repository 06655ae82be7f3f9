"""SMS campaigns, as rows of the table."""

from __future__ import annotations

from connectors.action import Action, Nature
from connectors.clicksend import batches
from connectors.clicksend import schemas_campaigns as words
from connectors.clicksend.rows import DOCS, PAGES, bodiless, changes, reads

CAMPAIGNS = f"{DOCS}/messaging/sms-campaigns (page 3.13)"
FRIDAY = {"list_id": 428, "name": "Friday", "text": "Live music on Friday. StopMsg.me/xxxxx"}

ROWS = (
    Action(
        key="send-sms-campaign",
        title="Send an SMS campaign",
        description="Sends one text to a contact list; ClickSend's opt-outs hold, and no recipient has an outcome.",
        method="POST",
        path="/v3/sms-campaigns/send",
        request=words.SendCampaign,
        reply=words.OneCampaign,
        repeatable=False,  # a second campaign reaches everybody twice
        nature=Nature.SEND,
        example=FRIDAY,
        docs=CAMPAIGNS,
        first=batches.within_budget("get-sms-campaign-price", "list_id", "name", "text", "body", "from"),
        complete=batches.affordable,
        cost="one SMS part a contact and part of the text",
        limits=("20,000 recipients, one list",),
    ),
    reads(
        key="get-sms-campaign-price",
        title="Price an SMS campaign",
        description="What a campaign would cost; nothing is sent.",
        method="POST",
        path="/v3/sms-campaigns/price",
        request=words.Priced,
        reply=words.CampaignPrice,
        example=FRIDAY,
        docs=CAMPAIGNS,
    ),
    reads(
        key="list-sms-campaigns",
        title="List SMS campaigns",
        description="Campaigns, the newest first.",
        path="/v3/sms-campaigns",
        request=words.GetCampaigns,
        reply=words.Campaigns,
        example={"limit": 100},
        docs=CAMPAIGNS,
        limits=(PAGES,),
    ),
    reads(
        key="get-sms-campaign",
        title="Get an SMS campaign",
        description="One campaign and how far it is.",
        path="/v3/sms-campaigns/{sms_campaign_id}",
        request=words.CampaignId,
        reply=words.OneCampaign,
        example={"campaign_id": 5120},
        docs=CAMPAIGNS,
    ),
    changes(
        key="update-sms-campaign",
        title="Update an SMS campaign",
        description="Replaces a campaign as a whole; without a time it would leave at once, so `now` must be said.",
        method="PUT",
        path="/v3/sms-campaigns/{sms_campaign_id}",
        request=words.ChangedCampaign,
        reply=words.OneCampaign,
        repeatable=False,  # it may send
        example={"campaign_id": 5120, **FRIDAY, "now": True},
        docs=CAMPAIGNS,
    ),
    changes(
        key="cancel-sms-campaign",
        title="Cancel an SMS campaign",
        description="Cancels a campaign that has not left.",
        method="PUT",
        path="/v3/sms-campaigns/{sms_campaign_id}/cancel",
        request=words.CampaignId,
        reply=words.OneCampaign,
        repeatable=True,
        example={"campaign_id": 5120},
        docs=CAMPAIGNS,
        shape=bodiless,
    ),
)
