"""The account and its automation rules (page 3.14, 4.2)."""

from __future__ import annotations

import hashlib

import pytest

from connectors.clicksend import PROVIDER
from connectors.connection import Connection
from connectors.errors import InvalidCall, Rejected
from tests.connectors.clicksend.answers import (
    AUD,
    EMPTY,
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


def print_of(address: str) -> str:
    """What tells an address from another without showing it."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


RULE = {
    "inbound_rule_id": 7044,
    "dedicated_number": "*",
    "rule_name": "acme inbound",
    "message_search_type": 0,
    "message_search_term": "",
    "action": "URL",
    "action_address": "https://hooks.example.net/clicksend/9d0Kx.../inbound",
    "enabled": 1,
    "webhook_type": "json",
}
RULE_OURS = {
    "rule_id": 7044,
    "name": "acme inbound",
    "number": "*",
    "match": 0,
    "term": "",
    "do": "URL",
    "address": "https://hooks.example.net/…/inbound",
    "fingerprint": print_of("https://hooks.example.net/clicksend/9d0Kx.../inbound"),
    "enabled": True,
    "encoding": "json",
}
RULE_WIRE = {name: value for name, value in RULE.items() if name != "inbound_rule_id"}
RULE_GIVEN = {"name": "acme inbound", "do": "URL", "address": RULE["action_address"], "encoding": "json"}
RECEIPT_RULE_WIRE = {
    "rule_name": "acme receipts",
    "match_type": 0,
    "action": "URL",
    "action_address": "https://hooks.example.net/clicksend/9d0Kx.../receipt",
    "enabled": 1,
}
RECEIPT_RULE_GIVEN = {"name": "acme receipts", "do": "URL", "address": RECEIPT_RULE_WIRE["action_address"]}
RULES = {
    "account": Conversation(
        "get-account",
        {},
        get("/v3/account"),
        told(
            {
                "user_id": 184220,
                "username": "acme",
                "active": 1,
                "banned": 0,
                "balance": "2.420000",
                "country": "AU",
                "_currency": AUD,
                "setting_sms_message_char_limit": 8,
                "_subaccount": {"subaccount_id": 206611, "api_key": "B1B2B3B4-C5C6-D7D8-E9E0-TOPSECRETKEY"},
            }
        ),
        {
            "user_id": "184220",
            "username": "acme",
            "balance": "2.420000",
            "currency": "AUD",
            "country": "AU",
            "default_country_sms": None,
            "timezone": None,
            "active": True,
            "banned": False,
            "auto_recharge": None,
            "low_credit_amount": None,
            "unicode": None,
            "max_parts": "8",
            "subaccount_id": "206611",
        },
    ),
    "account, refused": Conversation(
        "get-account", {}, get("/v3/account"), failed(403, "FORBIDDEN"), raises=Rejected, reason="auth"
    ),
    "inbound rules": Conversation(
        "list-inbound-rules",
        {},
        get("/v3/automations/sms/inbound", **LISTED),
        page(RULE, first_page_url="/?page=1", links=[]),
        {"items": [RULE_OURS], "cursor": None, "total": 1},
    ),
    "new inbound rule": Conversation(
        "create-inbound-rule",
        RULE_GIVEN,
        post("/v3/automations/sms/inbound", RULE_WIRE),
        told(RULE, "Your record has been added."),
        {"rule": RULE_OURS},
    ),
    "new inbound rule, its id spelt otherwise": Conversation(
        "create-inbound-rule",
        RULE_GIVEN,
        post("/v3/automations/sms/inbound", RULE_WIRE),
        told({**RULE_WIRE, "sms_inbound_rule_id": 7044}),
        {"rule": RULE_OURS},
    ),
    "new rule that pushes nowhere": Conversation("create-inbound-rule", {"name": "x", "do": "URL"}, raises=InvalidCall),
    "a rule for some words of one number": Conversation(
        "create-inbound-rule",
        {
            "name": "stop",
            "do": "POLL",
            "number": "+61491570006",
            "match": "starts_with",
            "term": "STOP",
            "enabled": False,
        },
        post(
            "/v3/automations/sms/inbound",
            {
                "rule_name": "stop",
                "action": "POLL",
                "action_address": "",
                "dedicated_number": "+61491570006",
                "message_search_type": 1,
                "message_search_term": "STOP",
                "enabled": 0,
                "webhook_type": "json",
            },
        ),
        told({}),
    ),
    "changed inbound rule": Conversation(
        "update-inbound-rule",
        {"rule_id": 7044, **RULE_GIVEN},
        put("/v3/automations/sms/inbound/7044", RULE_WIRE),
        told(RULE),
        {"rule": RULE_OURS},
    ),
    "deleted inbound rule": Conversation(
        "delete-inbound-rule", {"rule_id": 7044}, delete("/v3/automations/sms/inbound/7044"), told([]), GONE
    ),
    "receipt rules of voice": Conversation(
        "list-receipt-rules",
        {"channel": "voice"},
        get("/v3/automations/voice/receipts", **LISTED),
        EMPTY,
        {"items": [], "cursor": None, "total": 0},
    ),
    "receipt rules of email, a bare array": Conversation(
        "list-receipt-rules",
        {"channel": "email"},
        get("/v3/automations/email/receipts", **LISTED),
        told([]),
        {"items": [], "cursor": None, "total": 0},
    ),
    "new receipt rule": Conversation(
        "create-receipt-rule",
        RECEIPT_RULE_GIVEN,
        post("/v3/automations/sms/receipts", RECEIPT_RULE_WIRE),
        told({**RECEIPT_RULE_WIRE, "receipt_rule_id": 7100}),
        {
            "rule": {
                "rule_id": 7100,
                "name": "acme receipts",
                "number": None,
                "match": 0,
                "term": None,
                "do": "URL",
                "address": "https://hooks.example.net/…/receipt",
                "fingerprint": print_of("https://hooks.example.net/clicksend/9d0Kx.../receipt"),
                "enabled": True,
                "encoding": None,
            }
        },
    ),
    "changed receipt rule": Conversation(
        "update-receipt-rule",
        {"rule_id": 7100, "match": "failed", "channel": "voice", **RECEIPT_RULE_GIVEN},
        put("/v3/automations/voice/receipts/7100", {**RECEIPT_RULE_WIRE, "match_type": 1}),
        told({}),
    ),
    "deleted receipt rule": Conversation(
        "delete-receipt-rule",
        {"rule_id": 7100},
        delete("/v3/automations/sms/receipts/7100"),
        failed(404, "NOT_FOUND"),
        NOT_THERE,
    ),
}


@pytest.mark.parametrize("said", RULES.values(), ids=RULES)
def test_account_and_rules(said: Conversation, connection: Connection, caplog: pytest.LogCaptureFixture) -> None:
    """Each leaves exactly the recorded request and ends as the table says."""
    said.check(PROVIDER, connection, caplog)
