"""What the stand-in does for each action: the table its requests are looked up in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from connectors.clicksend.standin import rules, sending
from connectors.clicksend.standin.memory import CURRENCY, SUBACCOUNT, USER, Asked, Memory, Told

Deed = Callable[[Memory, Asked], Told]


def _account(memory: Memory, asked: Asked) -> Told:
    """The account, with the subaccount's API key in it, as the real answer has (page 1.2)."""
    del asked
    name = str(memory.option("username", ""))
    data = {
        "user_id": USER,
        "username": name,
        "user_email": "desk@example.net",
        "active": 0 if name == "notactive" else 1,
        "banned": 1 if name == "banned" else 0,
        "balance": f"{0 if name == 'nocredit' else memory.balance:.6f}",
        "country": "AU",
        "default_country_sms": "AU",
        "timezone": "Australia/Melbourne",
        "auto_recharge": 0,
        "low_credit_amount": "0.00",
        "setting_unicode_sms": 1,
        "setting_sms_message_char_limit": 8,
        "_currency": CURRENCY,
        "_subaccount": {
            "subaccount_id": SUBACCOUNT,
            "api_username": name,
            "api_key": memory.api_key,
            "access_sms": 1,
        },
    }
    return Told(data)


DEEDS: dict[str, Deed] = {
    "get-account": _account,
    "send-sms": partial(sending.answer, spend=True),
    "get-sms-price": partial(sending.answer, spend=False),
    "list-inbound-rules": partial(rules.inbound, deed="list"),
    "create-inbound-rule": partial(rules.inbound, deed="create"),
    "update-inbound-rule": partial(rules.inbound, deed="update"),
    "delete-inbound-rule": partial(rules.inbound, deed="delete"),
    "list-receipt-rules": partial(rules.receipts, deed="list"),
    "create-receipt-rule": partial(rules.receipts, deed="create"),
    "update-receipt-rule": partial(rules.receipts, deed="update"),
    "delete-receipt-rule": partial(rules.receipts, deed="delete"),
}
