"""Templates and campaigns (page 3.7 to 3.10, 3.13)."""

from __future__ import annotations

import pytest

from connectors.clicksend import PROVIDER
from connectors.connection import Connection
from connectors.errors import InvalidCall, OutcomeUnknown, Rejected
from tests.connectors.clicksend.answers import (
    GONE,
    LISTED,
    NOT_THERE,
    delete,
    failed,
    get,
    page,
    post,
    put,
    told,
)
from tests.connectors.conversation import Conversation

TEMPLATE = {"template_id": 3103, "body": "We are running 15 minutes late, sorry!", "template_name": "Late"}
TEMPLATE_OURS = {"template_id": 3103, "name": "Late", "text": "We are running 15 minutes late, sorry!"}
CAMPAIGN = {
    "sms_campaign_id": 5120,
    "name": "Friday",
    "user_id": 184220,
    "subaccount_id": 206611,
    "list_id": 428,
    "from": "Bistro",
    "body": "Live music on Friday. StopMsg.me/xxxxx",
    "schedule": 1790003600,
    "status": "Queued",
    "date_added": 1790000000,
    "custom_string": None,
    "_total_count": 812,
}
CAMPAIGN_OURS = {
    "campaign_id": "5120",
    "name": "Friday",
    "list_id": "428",
    "text": "Live music on Friday. StopMsg.me/xxxxx",
    "from": "Bistro",
    "status": "Queued",
    "scheduled_at": "2026-09-21T15:13:20.000Z",
    "created_at": "2026-09-21T14:13:20.000Z",
    "recipients": 812,
    "custom_string": None,
}
CAMPAIGN_WIRE = {"list_id": 428, "name": "Friday", "body": "Live music on Friday. StopMsg.me/xxxxx", "from": ""}
TEMPLATES = {
    "list": Conversation(
        "list-sms-templates",
        {"name": "Table ready", "order_by": "template_id:desc"},
        get("/v3/sms/templates", q="template_name:Table ready", order_by="template_id:desc", limit="100"),
        page(TEMPLATE),
        {"items": [TEMPLATE_OURS], "cursor": None, "total": 1},
    ),
    "not allowed": Conversation(
        "list-sms-templates",
        {},
        get("/v3/sms/templates", **LISTED),
        failed(403, "FORBIDDEN"),
        raises=Rejected,
        reason="policy",
    ),
    "one": Conversation(
        "get-sms-template",
        {"template_id": 3103},
        get("/v3/sms/templates/3103"),
        told(TEMPLATE),
        {"template": TEMPLATE_OURS},
    ),
    "one that is not there, or not ours": Conversation(
        "get-sms-template",
        {"template_id": 3103},
        get("/v3/sms/templates/3103"),
        failed(403, "FORBIDDEN"),
        raises=Rejected,
        reason="other",
    ),
    "create": Conversation(
        "create-sms-template",
        {"name": "Late", "text": "We are running 15 minutes late, sorry!"},
        post("/v3/sms/templates", {"template_name": "Late", "body": "We are running 15 minutes late, sorry!"}),
        told(TEMPLATE, "New template has been saved."),
        {"template": TEMPLATE_OURS},
    ),
    "create, refused": Conversation(
        "create-sms-template",
        {"name": "Late", "text": "x"},
        post("/v3/sms/templates", {"template_name": "Late", "body": "x"}),
        failed(400, "BAD_REQUEST", "Invalid input.", {"template_name": "Template name field is required."}),
        raises=Rejected,
        code="BAD_REQUEST",
    ),
    "create, and an answer we cannot read": Conversation(
        "create-sms-template",
        {"name": "Late", "text": "x"},
        post("/v3/sms/templates", {"template_name": "Late", "body": "x"}),
        told(None),
        raises=OutcomeUnknown,
    ),
    "update": Conversation(
        "update-sms-template",
        {"template_id": 3103, "name": "Late", "text": "We are running 15 minutes late, sorry!"},
        put("/v3/sms/templates/3103", {"template_name": "Late", "body": "We are running 15 minutes late, sorry!"}),
        told(TEMPLATE),
        {"template": TEMPLATE_OURS},
    ),
    "update nothing": Conversation("update-sms-template", {"template_id": 3103}, raises=InvalidCall),
    "update what is not there": Conversation(
        "update-sms-template",
        {"template_id": 3103, "name": "Late", "text": "x"},
        put("/v3/sms/templates/3103", {"template_name": "Late", "body": "x"}),
        failed(404, "NOT_FOUND", "Template not found."),
        raises=Rejected,
    ),
    "delete": Conversation(
        "delete-sms-template", {"template_id": 3103}, delete("/v3/sms/templates/3103"), told([]), GONE
    ),
    "delete, answered with nothing": Conversation(
        "delete-sms-template", {"template_id": 3103}, delete("/v3/sms/templates/3103"), (204, None), GONE
    ),
    "delete what is gone": Conversation(
        "delete-sms-template",
        {"template_id": 3103},
        delete("/v3/sms/templates/3103"),
        failed(404, "NOT_FOUND"),
        NOT_THERE,
    ),
    "delete what is not ours": Conversation(
        "delete-sms-template",
        {"template_id": 3103},
        delete("/v3/sms/templates/3103"),
        failed(403, "FORBIDDEN"),
        raises=Rejected,
    ),
}

CAMPAIGNS = {
    "send": Conversation(
        "send-sms-campaign",
        dict(PROVIDER.actions["send-sms-campaign"].example),
        post("/v3/sms-campaigns/send", {**CAMPAIGN_WIRE, "senders": []}),
        told(CAMPAIGN, "Your new campaign has been added."),
        {"campaign": CAMPAIGN_OURS},
    ),
    "send, answered one level below": Conversation(
        "send-sms-campaign",
        dict(PROVIDER.actions["send-sms-campaign"].example),
        post("/v3/sms-campaigns/send", {**CAMPAIGN_WIRE, "senders": []}),
        told({"sms_campaign": CAMPAIGN}),
        {"campaign": CAMPAIGN_OURS},
    ),
    "send, answered with nothing we know": Conversation(
        "send-sms-campaign",
        dict(PROVIDER.actions["send-sms-campaign"].example),
        post("/v3/sms-campaigns/send", {**CAMPAIGN_WIRE, "senders": []}),
        told({}),
        raises=OutcomeUnknown,
    ),
    "send to no list": Conversation(
        "send-sms-campaign",
        dict(PROVIDER.actions["send-sms-campaign"].example),
        post("/v3/sms-campaigns/send", {**CAMPAIGN_WIRE, "senders": []}),
        failed(404, "NOT_FOUND", "Your list is not found."),
        raises=Rejected,
        code="NOT_FOUND",
    ),
    "price": Conversation(
        "get-sms-campaign-price",
        dict(PROVIDER.actions["get-sms-campaign-price"].example),
        post("/v3/sms-campaigns/price", CAMPAIGN_WIRE),
        told({"total_price": "64.3104", "total_count": 812, "data": {"from": "", "body": "x", "schedule": None}}),
        {"total_price": "64.3104", "recipients": 812, "currency": None},
    ),
    "list": Conversation(
        "list-sms-campaigns",
        {"status": "Sent"},
        get("/v3/sms-campaigns", q="status:Sent", order_by="date_added:desc", **LISTED),
        page(CAMPAIGN),
        {"items": [CAMPAIGN_OURS], "cursor": None, "total": 1},
    ),
    "one": Conversation(
        "get-sms-campaign",
        {"campaign_id": 5120},
        get("/v3/sms-campaigns/5120"),
        told(CAMPAIGN),
        {"campaign": CAMPAIGN_OURS},
    ),
    "update, and leave at once": Conversation(
        "update-sms-campaign",
        dict(PROVIDER.actions["update-sms-campaign"].example),
        put("/v3/sms-campaigns/5120", {**CAMPAIGN_WIRE, "senders": []}),
        told(CAMPAIGN),
        {"campaign": CAMPAIGN_OURS},
    ),
    "update, and leave at once by mistake": Conversation(
        "update-sms-campaign",
        {"campaign_id": 5120, "list_id": 428, "name": "Friday", "text": "x"},
        raises=InvalidCall,
    ),
    "cancel": Conversation(
        "cancel-sms-campaign",
        {"campaign_id": 5120},
        put("/v3/sms-campaigns/5120/cancel"),
        told({**CAMPAIGN, "status": "Cancelled"}),
        {"campaign": {**CAMPAIGN_OURS, "status": "Cancelled"}},
    ),
}

ALL = {**{f"template: {name}": said for name, said in TEMPLATES.items()}, **CAMPAIGNS}


@pytest.mark.parametrize("said", ALL.values(), ids=ALL)
def test_templates_and_campaigns(said: Conversation, connection: Connection, caplog: pytest.LogCaptureFixture) -> None:
    """Each leaves exactly the recorded request and ends as the table says."""
    said.check(PROVIDER, connection, caplog)
