"""What the stand-in does for each action: the table its requests are looked up in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter

from connectors.clicksend.standin import polling, records, rules, sending
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


def _many(deed: Callable[..., Told], **keys: str) -> dict[str, Deed]:
    """One row for each deed of an area: action key, with "_" for "-", → what it does there."""
    return {key.replace("_", "-"): partial(deed, deed=does) for key, does in keys.items()}


DEEDS: dict[str, Deed] = {
    "get-account": _account,
    "send-sms": partial(sending.answer, spend=True),
    "get-sms-price": partial(sending.answer, spend=False),
    "send-mms": partial(sending.answer, spend=True, channel="mms"),
    "get-mms-price": partial(sending.answer, spend=False, channel="mms"),
    "send-voice": partial(sending.answer, spend=True, channel="voice"),
    "get-voice-price": partial(sending.answer, spend=False, channel="voice"),
    "get-sms-history": polling.history,
    "get-mms-history": partial(polling.history, channel="mms"),
    "get-voice-history": partial(polling.history, channel="voice"),
    "export-sms-history": polling.export,
    "get-delivery-receipts": polling.receipts,
    "get-delivery-receipt": polling.receipt,
    "mark-receipts-as-read": partial(polling.mark, rows=attrgetter("receipts")),
    "get-inbound-sms": polling.inbound,
    "get-inbound-reply": polling.answered,
    "mark-inbound-as-read": partial(polling.mark, rows=attrgetter("inbound")),
    "mark-one-inbound-as-read": polling.mark_one,
    "cancel-scheduled-sms": polling.cancel,
    "cancel-scheduled-voice": polling.cancel,
    "cancel-all-scheduled-sms": polling.cancel_all,
    "test-receipt-push": polling.sample_receipt,
    "test-inbound-push": polling.sample_inbound,
    "upload-media": records.upload,
    "list-voice-languages": records.languages,
    "search-contacts": records.search,
    **_many(
        records.templates,
        list_sms_templates="list",
        get_sms_template="get",
        create_sms_template="create",
        update_sms_template="update",
        delete_sms_template="delete",
    ),
    **_many(
        records.lists,
        list_contact_lists="list",
        get_contact_list="get",
        create_contact_list="create",
        update_contact_list="update",
        delete_contact_list="delete",
    ),
    **_many(
        records.contacts,
        list_contacts="list",
        get_contact="get",
        create_contact="create",
        update_contact="update",
        delete_contact="delete",
        copy_contact="copy",
        transfer_contact="transfer",
    ),
    **_many(
        records.tidy,
        remove_duplicate_contacts="duplicates",
        remove_opted_out_contacts="opted-out",
        import_contacts="import",
    ),
    **_many(
        records.campaigns,
        send_sms_campaign="send",
        get_sms_campaign_price="price",
        list_sms_campaigns="list",
        get_sms_campaign="get",
        update_sms_campaign="update",
        cancel_sms_campaign="cancel",
    ),
    **_many(
        rules.inbound,
        list_inbound_rules="list",
        create_inbound_rule="create",
        update_inbound_rule="update",
        delete_inbound_rule="delete",
    ),
    **_many(
        rules.receipts,
        list_receipt_rules="list",
        create_receipt_rule="create",
        update_receipt_rule="update",
        delete_receipt_rule="delete",
    ),
}
