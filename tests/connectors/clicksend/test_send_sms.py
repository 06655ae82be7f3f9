"""Sending SMS: what leaves, what comes back, what we make of it (page 1.3, 3.1)."""

from __future__ import annotations

import httpx
import pytest

from connectors.clicksend import PROVIDER
from connectors.connection import Connection
from connectors.errors import OutcomeUnknown, Rejected, Throttled, Unreachable
from tests.connectors.clicksend.sends import (
    ACCEPTED,
    ADA,
    AUD,
    BASIC,
    BLOCKED,
    BOB,
    CY,
    ONE,
    ONE_WIRE,
    REFUSED,
    SENDS,
    answered,
    wire,
)
from tests.connectors.conversation import REF, Conversation

CONVERSATIONS = {
    "accepted": Conversation(
        action="send-sms",
        given=ADA,
        sends={
            **SENDS,
            "json": {"messages": [wire(ADA)]},
            "headers": {"authorization": BASIC, "content-type": "application/json", "accept": "application/json"},
        },
        answer=(200, answered(ACCEPTED)),
        returns={
            "message_id": "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001",
            "messages": [
                {
                    "message_id": "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001",
                    "state": "accepted",
                    "status": "SUCCESS",
                    "to": "+61491570156",
                    "from": "Bistro",
                    "custom_string": "bk-1001",
                    "scheduled_at": "2026-09-21T14:13:20.000Z",
                    "parts": 1,
                    "price": "0.0792",
                    "country": "AU",
                    "carrier": "Optus",
                    "shared_number": False,
                }
            ],
            "accepted": 1,
            "refused": 0,
            "total_price": "0.0792",
            "currency": "AUD",
        },
        parts=[("bk-1001", "accepted", "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001")],
    ),
    "our reference, where the caller has none": Conversation(
        action="send-sms",
        given=ONE,
        sends={**SENDS, "json": {"messages": [ONE_WIRE]}},
        answer=(200, answered({**ACCEPTED, "custom_string": REF})),
        parts=[(REF, "accepted", "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001")],
    ),
    "ClickSend's own spelling": Conversation(
        action="send-sms",
        given={"to": "+61491570156", "body": "hello"},
        sends={**SENDS, "json": {"messages": [ONE_WIRE]}},
        answer=(200, answered({**ACCEPTED, "custom_string": REF})),
    ),
    "a local number with its country": Conversation(
        action="send-sms",
        given={"to": "0491 570 156", "country": "au", "text": "hello"},
        sends={**SENDS, "json": {"messages": [{**ONE_WIRE, "country": "AU"}]}},
        answer=(200, answered({**ACCEPTED, "custom_string": REF})),
    ),
    "one accepted, one refused, one blocked": Conversation(
        action="send-sms",
        given={"messages": [ADA, BOB, CY]},
        sends={**SENDS, "json": {"messages": [wire(ADA), wire(BOB), wire(CY)]}},
        answer=(200, answered(ACCEPTED, REFUSED, BLOCKED)),
        parts=[
            ("bk-1001", "accepted", "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001"),
            ("bk-1002", "failed", None),
            ("bk-1003", "failed", None),
        ],
    ),
    "answered in another order": Conversation(
        action="send-sms",
        given={"messages": [ADA, BOB]},
        sends={**SENDS, "json": {"messages": [wire(ADA), wire(BOB)]}},
        answer=(200, answered(REFUSED, ACCEPTED)),
        parts=[("bk-1001", "accepted", "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001"), ("bk-1002", "failed", None)],
    ),
    "the whole batch refused is still an outcome each": Conversation(
        action="send-sms",
        given={"messages": [BOB, CY]},
        sends={**SENDS, "json": {"messages": [wire(BOB), wire(CY)]}},
        answer=(200, answered(REFUSED, BLOCKED)),
        parts=[("bk-1002", "failed", None), ("bk-1003", "failed", None)],
    ),
    "a batch of one does not raise": Conversation(
        action="send-sms",
        given={"messages": [BOB]},
        sends={**SENDS, "json": {"messages": [wire(BOB)]}},
        answer=(200, answered(REFUSED)),
        parts=[("bk-1002", "failed", None)],
    ),
    "the connection's own sender": Conversation(
        action="send-sms",
        given=ONE,
        settings={"sender": "Bistro"},
        sends={**SENDS, "json": {"messages": [{**ONE_WIRE, "from": "Bistro"}]}},
        answer=(200, answered({**ACCEPTED, "custom_string": REF})),
    ),
    "an empty sender is ClickSend's choice": Conversation(
        action="send-sms",
        given={**ONE, "from": ""},
        settings={"sender": "Bistro"},
        sends={**SENDS, "json": {"messages": [ONE_WIRE]}},
        answer=(200, answered({**ACCEPTED, "custom_string": REF})),
    ),
    "an answer leaves from the dedicated number written to": Conversation(
        action="send-sms",
        given={**ONE, "via": "+61491570007"},
        settings={"dedicated_numbers": "+61491570006, +61491570007", "sender": "Bistro"},
        sends={**SENDS, "json": {"messages": [{**ONE_WIRE, "from": "+61491570007"}]}},
        answer=(200, answered({**ACCEPTED, "custom_string": REF})),
    ),
    "a shared number written to is no sender of ours": Conversation(
        action="send-sms",
        given={**ONE, "via": "+61491570999"},
        sends={**SENDS, "json": {"messages": [ONE_WIRE]}},
        answer=(200, answered({**ACCEPTED, "custom_string": REF})),
    ),
    "types of other days": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(
            200,
            {
                **answered(
                    {
                        **ACCEPTED,
                        "message_parts": "1.00",
                        "message_price": 0.0792,
                        "schedule": "1790000000,",
                        "date": "1790000000",
                        "list_id": 0,
                        "message_id": "1f1a0c52-77b1-6e0a-9c41-5d1e20b7a001",
                        "ai_enabled": True,
                        "status": " success ",
                    },
                    total_price="0.0792",
                    _currency=None,
                    currency=AUD,
                ),
                "http_code": "200",
            },
        ),
        returns={
            "message_id": "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001",
            "messages": [
                {
                    "message_id": "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001",
                    "state": "accepted",
                    "status": " success ",
                    "to": "+61491570156",
                    "from": "Bistro",
                    "custom_string": "bk-1001",
                    "scheduled_at": "2026-09-21T14:13:20.000Z",
                    "parts": 1,
                    "price": "0.0792",
                    "country": "AU",
                    "carrier": "Optus",
                    "shared_number": False,
                }
            ],
            "accepted": 1,
            "refused": 0,
            "total_price": "0.0792",
            "currency": "AUD",
        },
    ),
    "accepted without an id": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(200, answered({**ACCEPTED, "message_id": ""})),
        raises=OutcomeUnknown,
    ),
    "a row that is somebody else's": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(200, answered({**ACCEPTED, "custom_string": "bk-9999", "to": "+61491570111"})),
        raises=OutcomeUnknown,
    ),
    "no messages in the answer": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(200, {"http_code": 200, "response_code": "SUCCESS", "response_msg": "ok", "data": []}),
        raises=OutcomeUnknown,
    ),
    "a failure inside a 200": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(200, {"http_code": 400, "response_code": "BAD_REQUEST", "response_msg": "no", "data": None}),
        raises=OutcomeUnknown,
        code="BAD_REQUEST",
    ),
    "no credit, said of the whole request": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(402, {"http_code": 402, "response_code": "INSUFFICIENT_CREDIT", "response_msg": "no", "data": None}),
        raises=Rejected,
        reason="credit",
    ),
    "the request itself is bad": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(
            400,
            {
                "http_code": 400,
                "response_code": "BAD_REQUEST",
                "response_msg": "The messages field is required.",
                "data": {"messages": "The messages field is required."},
            },
        ),
        raises=Rejected,
        code="BAD_REQUEST",
    ),
    "wrong credentials": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(
            401,
            {
                "http_code": 401,
                "response_code": "UNAUTHORIZED",
                "response_msg": "Authorization failed.",
                "data": None,
            },
        ),
        raises=Rejected,
        reason="auth",
        code="UNAUTHORIZED",
    ),
    "told to slow down": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(
            429,
            {
                "http_code": 429,
                "response_code": "HTTP_TOO_MANY_REQUESTS",
                "response_msg": "Too many attempts.",
                "data": None,
            },
            {"retry-after": "39", "ratelimit-reset": "41"},
        ),
        raises=Throttled,
        after=39.0,
        code="HTTP_TOO_MANY_REQUESTS",
    ),
    "a page of a proxy": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(502, "<html><body>Bad gateway</body></html>"),
        raises=OutcomeUnknown,
    ),
    "a 200 that is no JSON": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(200, "<html>ok</html>"),
        raises=OutcomeUnknown,
    ),
    "an empty 200": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(200, None),
        raises=OutcomeUnknown,
    ),
    "silence": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=httpx.ReadTimeout("silence"),
        raises=OutcomeUnknown,
    ),
    "nobody at home": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=httpx.ConnectError("refused"),
        raises=Unreachable,
    ),
    "a redirect is not followed": Conversation(
        action="send-sms",
        given=ADA,
        sends={**SENDS, "json": {"messages": [wire(ADA)]}},
        answer=(302, None, {"location": "https://elsewhere.example.net/"}),
        raises=OutcomeUnknown,
    ),
}


@pytest.mark.parametrize("said", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_conversation(said: Conversation, connection: Connection, caplog: pytest.LogCaptureFixture) -> None:
    """Each leaves exactly the recorded request and ends as the table says."""
    said.check(PROVIDER, connection, caplog)
