"""The account and its automation rules, as rows of the table."""

from __future__ import annotations

from connectors.action import Action, Nature
from connectors.clicksend import loose
from connectors.clicksend import schemas_account as words
from connectors.clicksend.rows import DOCS
from connectors.clicksend.schemas import Listing

INBOUND = "/v3/automations/sms/inbound"
RECEIPTS = "/v3/automations/{channel}/receipts"
URL = "https://hooks.example.net/webhooks/con_1/a-long-secret"

ROWS = (
    Action(
        key="get-account",
        title="Get the account",
        description="Balance, currency and settings of the account; the API key in ClickSend's answer is left out.",
        method="GET",
        path="/v3/account",
        request=words.GetAccount,
        reply=words.AccountTold,
        repeatable=True,
        nature=Nature.QUERY,
        example={},
        docs=f"{DOCS} (page 1.2, 3.14)",
        pace="account",
        limits=("about 20 calls a minute and source address, seen in 2026",),
    ),
    Action(
        key="list-inbound-rules",
        title="List inbound rules",
        description="The rules that say what ClickSend does with texts that come in.",
        method="GET",
        path=INBOUND,
        request=Listing,
        reply=words.RulesTold,
        repeatable=True,
        nature=Nature.QUERY,
        example={"limit": 100},
        docs=f"{DOCS}/automations/sms (page 4.2)",
    ),
    Action(
        key="create-inbound-rule",
        title="Create an inbound rule",
        description="Makes a rule; a second one like it doubles every event, so list them first.",
        method="POST",
        path=INBOUND,
        request=words.InboundRule,
        reply=words.RuleKept,
        repeatable=False,  # a second identical rule doubles every event
        nature=Nature.ACCOUNT,
        example={"name": "ferry inbound", "do": "URL", "address": f"{URL}/inbound", "encoding": "json"},
        docs=f"{DOCS}/automations/sms (page 4.2)",
        limits=("10 matching rules a text; later ones are ignored",),
    ),
    Action(
        key="update-inbound-rule",
        title="Update an inbound rule",
        description="Replaces a rule as a whole.",
        method="PUT",
        path=f"{INBOUND}/{{inbound_rule_id}}",
        request=words.InboundRuleChanged,
        reply=words.RuleKept,
        repeatable=True,
        nature=Nature.ACCOUNT,
        example={"rule_id": 7044, "name": "ferry inbound", "do": "URL", "address": f"{URL}/inbound"},
        docs=f"{DOCS}/automations/sms (page 4.2)",
    ),
    Action(
        key="delete-inbound-rule",
        title="Delete an inbound rule",
        description="Deletes a rule; one that is not there counts as deleted.",
        method="DELETE",
        path=f"{INBOUND}/{{inbound_rule_id}}",
        request=words.RuleId,
        reply=loose.Gone,
        repeatable=True,
        nature=Nature.ACCOUNT,
        example={"rule_id": 7044},
        docs=f"{DOCS}/automations/sms (page 4.2)",
    ),
    Action(
        key="list-receipt-rules",
        title="List receipt rules",
        description="The rules that say what ClickSend does with receipts of SMS, voice or email.",
        method="GET",
        path=RECEIPTS,
        request=words.ReceiptRules,
        reply=words.RulesTold,
        repeatable=True,
        nature=Nature.QUERY,
        example={"channel": "sms"},
        docs=f"{DOCS}/automations/sms (page 4.2)",
    ),
    Action(
        key="create-receipt-rule",
        title="Create a receipt rule",
        description="Makes a rule; receipts are pushed as forms.",
        method="POST",
        path=RECEIPTS,
        request=words.ReceiptRule,
        reply=words.RuleKept,
        repeatable=False,  # a second identical rule doubles every event
        nature=Nature.ACCOUNT,
        example={"name": "ferry receipts", "do": "URL", "address": f"{URL}/receipt"},
        docs=f"{DOCS}/automations/sms (page 4.2)",
    ),
    Action(
        key="update-receipt-rule",
        title="Update a receipt rule",
        description="Replaces a rule as a whole.",
        method="PUT",
        path=f"{RECEIPTS}/{{receipt_rule_id}}",
        request=words.ReceiptRuleChanged,
        reply=words.RuleKept,
        repeatable=True,
        nature=Nature.ACCOUNT,
        example={"rule_id": 7100, "name": "ferry receipts", "do": "URL", "address": f"{URL}/receipt"},
        docs=f"{DOCS}/automations/sms (page 4.2)",
    ),
    Action(
        key="delete-receipt-rule",
        title="Delete a receipt rule",
        description="Deletes a rule; one that is not there counts as deleted.",
        method="DELETE",
        path=f"{RECEIPTS}/{{receipt_rule_id}}",
        request=words.ReceiptRuleId,
        reply=loose.Gone,
        repeatable=True,
        nature=Nature.ACCOUNT,
        example={"rule_id": 7100},
        docs=f"{DOCS}/automations/sms (page 4.2)",
    ),
)
