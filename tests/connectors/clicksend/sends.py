"""What a send leaves and is answered: the page's own example, for the tests of sending (page 3.1)."""

from __future__ import annotations

from typing import Any

from tests.connectors.conversation import REF

SENDS = {"method": "POST", "path": "/v3/sms/send"}
BASIC = "Basic YWNtZTpCMUIyQjNCNC1DNUM2LUQ3RDgtRTlFMC1UT1BTRUNSRVRLRVk="
AUD = {
    "currency_name_short": "AUD",
    "currency_prefix_d": "$",
    "currency_prefix_c": "c",
    "currency_name_long": "Australian Dollars",
}
ACCEPTED: dict[str, Any] = {
    "direction": "out",
    "date": 1790000000,
    "to": "+61491570156",
    "body": "Hi Ada, table for 4 at 19:00.",
    "from": "Bistro",
    "schedule": 1790000000,
    "message_id": "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001",
    "message_parts": 1,
    "message_price": "0.0792",
    "from_email": None,
    "list_id": None,
    "custom_string": "bk-1001",
    "contact_id": None,
    "user_id": 184220,
    "subaccount_id": 206611,
    "is_shared_system_number": False,
    "country": "AU",
    "carrier": "Optus",
    "status": "SUCCESS",
}
REFUSED: dict[str, Any] = {
    "to": "+61491570",
    "body": "Hi Bob, table for 2 at 20:00.",
    "from": "",
    "schedule": "",
    "message_id": "1F1A0C52-77B2-62D4-8A10-0B7C9E44A002",
    "custom_string": "bk-1002",
    "is_shared_system_number": False,
    "status": "INVALID_RECIPIENT",
}
BLOCKED: dict[str, Any] = {
    "to": "+12025550143",
    "body": "Hi Cy, table for 1 at 21:00.",
    "from": "+61491570006",
    "schedule": "",
    "message_id": "1F1A0C52-77B3-6B90-B2F7-7A61D3C8A003",
    "message_parts": 0,
    "message_price": "0.0000",
    "custom_string": "bk-1003",
    "is_shared_system_number": True,
    "country": "US",
    "carrier": "",
    "status": "COUNTRY_NOT_ENABLED",
}
ADA = {"to": "+61491570156", "from": "Bistro", "text": "Hi Ada, table for 4 at 19:00.", "custom_string": "bk-1001"}
BOB = {"to": "+61491570", "text": "Hi Bob, table for 2 at 20:00.", "custom_string": "bk-1002"}
CY = {"to": "+12025550143", "text": "Hi Cy, table for 1 at 21:00.", "custom_string": "bk-1003"}


def answered(*rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The envelope of the page's example around these rows."""
    data = {"total_price": 0.0792, "total_count": len(rows), "queued_count": 1, "blocked_count": 1}
    return {
        "http_code": 200,
        "response_code": "SUCCESS",
        "response_msg": "Messages queued for delivery.",
        "data": {**data, "messages": list(rows), "_currency": AUD, **changes},
    }


def wire(given: dict[str, Any], custom_string: str | None = None) -> dict[str, Any]:
    """The message as it must leave."""
    told = {**given, "body": given["text"], "source": "ferry"}
    del told["text"]
    return {**told, "custom_string": custom_string or given["custom_string"]}


def refused(status: str) -> dict[str, Any]:
    """A refused row, which bears an id all the same."""
    return {**REFUSED, "to": "+61491570156", "custom_string": REF, "status": status}


ONE = {"to": "+61491570156", "text": "hello"}
ONE_WIRE = {"to": "+61491570156", "body": "hello", "custom_string": REF, "source": "ferry"}
