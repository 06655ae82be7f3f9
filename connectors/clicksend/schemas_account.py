"""The account, and the automation rules that make ClickSend call us (page 3.14, 4.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, pre_load, validate

from connectors import reading
from connectors.clicksend import loose
from connectors.clicksend.schemas import Listing
from connectors.schema import NoInput, Reply, Request

DEEDS = (
    "URL", "POLL", "AUTO_REPLY", "EMAIL_USER", "EMAIL_FIXED", "SMS", "GROUP_SMS", "MOVE_CONTACT", "CREATE_CONTACT",
    "CREATE_CONTACT_PLUS_EMAIL", "CREATE_CONTACT_PLUS_NAME", "CREATE_CONTACT_PLUS_NAME_EMAIL", "SMPP", "NONE",
)  # fmt: skip
SEARCHES = {"any": 0, "starts_with": 1, "contains": 2, "lacks": 3}
RECEIPTS = {"all": 0, "failed": 1, "delivered": 2}  # 1 and 2 are of older documents
CHANNEL = fields.String(
    load_default="sms",
    validate=validate.OneOf(["sms", "voice", "email"]),
    metadata={"description": "Whose receipts: sms (default), voice or email."},
)


class GetAccount(NoInput):
    """Takes nothing."""


class AccountTold(loose.Told):
    """The account, without the subaccount's API key that stands in ClickSend's answer."""

    user_id = loose.Id(metadata={"description": "The account; every push carries it."})
    username = loose.Text(metadata={"description": "The account's name."})
    balance = loose.Money(metadata={"description": "In `currency`."})
    currency = loose.Text(metadata={"description": "As AUD."})
    country = loose.Text(metadata={"description": "As AU."})
    default_country_sms = loose.Text(metadata={"description": "The country ClickSend reads local numbers with."})
    timezone = loose.Text()
    active = loose.Truth()
    banned = loose.Truth()
    auto_recharge = loose.Truth()
    low_credit_amount = loose.Money()
    unicode = loose.Text(data_key="setting_unicode_sms", metadata={"description": "The account's encoding setting."})
    max_parts = loose.Text(
        data_key="setting_sms_message_char_limit", metadata={"description": "Parts after which texts are cut off."}
    )
    subaccount_id = loose.Id()

    def open(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise ValidationError("an answer without an account")
        told = {**data, "currency": loose.currency(data)}
        told["subaccount_id"] = reading.mapping(data, "_subaccount").get("subaccount_id")
        return told


class RuleId(Request):
    """One inbound rule."""

    rule_id = fields.Integer(
        required=True,
        validate=validate.Range(min=1),
        metadata={"description": "The rule's id.", "wire": "inbound_rule_id", "example": 7044},
    )


class ReceiptRuleId(Request):
    """One receipt rule."""

    rule_id = fields.Integer(
        required=True,
        validate=validate.Range(min=1),
        metadata={"description": "The rule's id.", "wire": "receipt_rule_id", "example": 7100},
    )
    channel = CHANNEL


class ReceiptRules(Listing):
    """The receipt rules of a channel."""

    channel = CHANNEL


class _Rule(Request):
    name = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "The rule's name.", "wire": "rule_name", "example": "ferry inbound"},
    )
    do = fields.String(
        required=True,
        validate=validate.OneOf(DEEDS),
        metadata={"wire": "action", "description": "What ClickSend does: URL pushes, POLL keeps for the lists."},
    )
    address = fields.String(
        load_default="", metadata={"wire": "action_address", "description": "Where to: the URL, for URL."}
    )
    enabled = fields.Boolean(load_default=True, metadata={"description": "Whether the rule fires."})

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """A URL rule names its URL; true and false are 1 and 0."""
        if wire["action"] == "URL" and not wire["action_address"].lower().startswith(("https://", "http://")):
            raise ValidationError({"address": ["a rule that pushes needs a URL"]})
        return {**wire, "enabled": int(wire["enabled"])}


class InboundRule(_Rule):
    """What to do with texts that come in."""

    number = fields.String(
        load_default="*",
        metadata={"wire": "dedicated_number", "description": "One number of yours, E.164, or * for all."},
    )
    match = fields.String(
        load_default="any",
        validate=validate.OneOf(list(SEARCHES)),
        metadata={"wire": "message_search_type", "description": "any, starts_with, contains or lacks `term`."},
    )
    term = fields.String(
        load_default="",
        metadata={
            "description": "The word that messages are searched for; empty for all.",
            "wire": "message_search_term",
        },
    )
    encoding = fields.String(
        load_default="json",
        validate=validate.OneOf(["post", "get", "json"]),
        metadata={"wire": "webhook_type", "description": "How a URL rule pushes: post (a form), get or json."},
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Our word for the search becomes their number."""
        return {**super().to_wire(wire), "message_search_type": SEARCHES[wire["message_search_type"]]}


class InboundRuleChanged(RuleId, InboundRule):
    """A rule as a whole: ClickSend keeps nothing of what is left out."""


class ReceiptRule(_Rule):
    """What to do with receipts."""

    channel = CHANNEL
    match = fields.String(
        load_default="all",
        validate=validate.OneOf(list(RECEIPTS)),
        metadata={"wire": "match_type", "description": "all; older documents also know failed and delivered."},
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Our word for the kind becomes their number."""
        return {**super().to_wire(wire), "match_type": RECEIPTS[wire["match_type"]]}


class ReceiptRuleChanged(ReceiptRuleId, ReceiptRule):
    """A rule as a whole: ClickSend keeps nothing of what is left out."""


def fingerprint(address: str) -> str:
    """What tells two addresses apart without showing either: a push's URL is a credential (page 4.8)."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def masked(address: str) -> str:
    """`https://hooks.example.net/…/inbound`: enough to recognise, too little to push to."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "…"
    if not parts.scheme or not parts.netloc:
        return address
    host = parts.netloc.rpartition("@")[2]
    last = parts.path.rpartition("/")[2]
    return f"{parts.scheme}://{host}/…/{last if len(last) < 16 else '…'}"


class RuleTold(Reply):
    """One rule; where it pushes to is masked, and `fingerprint` tells two addresses apart."""

    rule_id = loose.Count()
    name = loose.Words(data_key="rule_name")
    number = loose.Text(data_key="dedicated_number", metadata={"description": "* for all; null for receipts."})
    match = loose.Count(metadata={"description": "ClickSend's number for what it matches; 0 is all."})
    term = loose.Words(data_key="message_search_term")
    do = loose.Text(data_key="action", metadata={"description": "URL, POLL, …"})
    address = loose.Text(metadata={"description": "Masked: the URL of a push is a credential."})
    fingerprint = loose.Text(metadata={"description": "Of the whole address."})
    enabled = loose.Truth()
    encoding = loose.Text(data_key="webhook_type", metadata={"description": "post, get or json; null for receipts."})

    @pre_load
    def unfold(self, row: Any, **_: Any) -> dict[str, Any]:
        """One documentation sample spells the id otherwise (page 4.2)."""
        told = dict(row)
        for name in ("inbound_rule_id", "sms_inbound_rule_id", "receipt_rule_id"):
            told.setdefault("rule_id", told[name]) if name in told else None
        address = loose.word(told.get("action_address"))
        told["match"] = told.get("message_search_type", told.get("match_type"))
        told["address"] = masked(address) if address else None
        told["fingerprint"] = fingerprint(address) if address else None
        return told


class RuleKept(loose.Told):
    """The rule as it now stands."""

    rule = fields.Nested(RuleTold)

    def open(self, data: Any) -> dict[str, Any]:
        return {"rule": dict(data) if isinstance(data, Mapping) else {}}


class RulesTold(loose.Page):
    """One page of rules."""

    items = fields.List(fields.Nested(RuleTold))
