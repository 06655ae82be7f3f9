"""Prices, MMS, calls and uploads (page 3.2, 3.11, 3.12, 3.14)."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.clicksend import PROVIDER
from connectors.connection import Connection
from connectors.errors import BadReply, InvalidCall, Rejected
from tests.connectors.clicksend.answers import (
    AUD,
    EMPTY,
    ID,
    LISTED,
    failed,
    get,
    post,
    put,
    told,
)
from tests.connectors.conversation import REF, Conversation

PRICED = {
    "to": "+61491570156",
    "body": "Prix : 5 €, à bientôt",
    "from": "Bistro",
    "schedule": "",
    "message_id": "1F1A0D00-0101-6F00-8E11-00AA11BB22CC",
    "message_parts": 1,
    "message_price": "0.0792",
    "custom_string": "q-1",
    "is_shared_system_number": False,
    "country": "AU",
    "status": "SUCCESS",
}
PRICES = {
    "the page's example": Conversation(
        "get-sms-price",
        {"to": "+61491570156", "text": "Prix : 5 €, à bientôt", "from": "Bistro", "custom_string": "q-1"},
        post(
            "/v3/sms/price",
            {
                "messages": [
                    {
                        "to": "+61491570156",
                        "body": "Prix : 5 €, à bientôt",
                        "from": "Bistro",
                        "custom_string": "q-1",
                        "source": "ferry",
                    }
                ]
            },
        ),
        told({"total_price": 0.0792, "total_count": 1, "messages": [PRICED], "_currency": AUD}),
        {
            "messages": [
                {
                    "to": "+61491570156",
                    "price": "0.0792",
                    "why_unknown": None,
                    "parts": 1,
                    "from": "Bistro",
                    "custom_string": "q-1",
                    "country": "AU",
                }
            ],
            "total_price": "0.0792",
            "currency": "AUD",
            "summary": None,
        },
    ),
    "refused is unknown, not free": Conversation(
        "get-sms-price",
        {"to": "+61491570", "text": "hi", "custom_string": "q-2"},
        post(
            "/v3/sms/price",
            {"messages": [{"to": "+61491570", "body": "hi", "custom_string": "q-2", "source": "ferry"}]},
        ),
        told(
            {
                "total_price": 0,
                "messages": [
                    {
                        "to": "+61491570",
                        "message_price": "0.0000",
                        "custom_string": "q-2",
                        "status": "INVALID_RECIPIENT",
                    }
                ],
            }
        ),
        {
            "messages": [
                {
                    "to": "+61491570",
                    "price": None,
                    "why_unknown": "INVALID_RECIPIENT",
                    "parts": None,
                    "from": None,
                    "custom_string": "q-2",
                    "country": None,
                }
            ],
            "total_price": "0",
            "currency": None,
            "summary": None,
        },
    ),
    "a summary is asked inside each message": Conversation(
        "get-sms-price",
        {"to": "+61491570156", "text": "hi", "show_summary": True},
        post(
            "/v3/sms/price",
            {
                "messages": [
                    {
                        "to": "+61491570156",
                        "body": "hi",
                        "custom_string": REF,
                        "source": "ferry",
                        "show_summary": True,
                    }
                ]
            },
        ),
        told(
            {
                "total_price": "0.0792",
                "messages": [],
                "_summary": {"countries": {"AU": {"selected": True}}},
                "currency": AUD,
            }
        ),
        {
            "messages": [],
            "total_price": "0.0792",
            "currency": "AUD",
            "summary": {"countries": {"AU": {"selected": True}}},
        },
    ),
    "a bad reply may be asked again": Conversation(
        "get-sms-price",
        {"to": "+61491570156", "text": "hi", "custom_string": "q"},
        post(
            "/v3/sms/price",
            {"messages": [{"to": "+61491570156", "body": "hi", "custom_string": "q", "source": "ferry"}]},
        ),
        told(None),
        raises=BadReply,
    ),
}

MMS_GIVEN = dict(PROVIDER.actions["send-mms"].example)
MMS_WIRE = {
    "media_file": "https://files.example.net/menu.jpg",
    "messages": [
        {
            "to": "+61491570156",
            "subject": "Menu",
            "body": "Tonight's menu",
            "custom_string": REF,
            "source": "ferry",
        }
    ],
}
VOICE_GIVEN = {"to": "+61491570156", "text": "Your code is 4, 7, 1, 1.", "lang": "EN-au", "require_input": True}
VOICE_WIRE = {
    "messages": [
        {
            "to": "+61491570156",
            "body": "Your code is 4, 7, 1, 1.",
            "voice": "female",
            "lang": "en-au",
            "require_input": 1,
            "custom_string": REF,
            "source": "ferry",
        }
    ]
}
ROW = {**PRICED, "message_id": ID, "custom_string": REF}


def sent(row: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The answer to a send of one message."""
    return told({"total_price": "0.0792", "messages": [row], "_currency": AUD})


MEDIA = {
    "mms": Conversation(
        "send-mms", MMS_GIVEN, post("/v3/mms/send", MMS_WIRE), sent(ROW), parts=[(REF, "accepted", ID)]
    ),
    "mms, many": Conversation(
        "send-mms",
        {
            "media_url": "https://files.example.net/menu.jpg",
            "messages": [{"to": "+61491570156", "subject": "Menu", "text": "Tonight's menu", "from": "+61491570006"}],
        },
        post(
            "/v3/mms/send",
            {
                **MMS_WIRE,
                "messages": [{**MMS_WIRE["messages"][0], "custom_string": f"{REF}-0", "from": "+61491570006"}],  # type: ignore[dict-item]
            },
        ),
        sent({**ROW, "custom_string": f"{REF}-0"}),
        parts=[(f"{REF}-0", "accepted", ID)],
    ),
    "mms, refused": Conversation(
        "send-mms",
        MMS_GIVEN,
        post("/v3/mms/send", MMS_WIRE),
        sent({**ROW, "status": "INVALID_MEDIA_FILE"}),
        raises=Rejected,
        reason="media",
    ),
    "mms without its picture": Conversation(
        "send-mms", {"to": "+61491570156", "subject": "Menu", "text": "x"}, raises=InvalidCall
    ),
    "mms without its subject": Conversation(
        "send-mms",
        {"to": "+61491570156", "media_url": "https://files.example.net/a.jpg", "text": "x"},
        raises=InvalidCall,
    ),
    "mms with a long subject": Conversation("send-mms", {**MMS_GIVEN, "subject": "x" * 21}, raises=InvalidCall),
    "mms with a text that would be cut": Conversation("send-mms", {**MMS_GIVEN, "text": "д" * 501}, raises=InvalidCall),
    "mms price": Conversation(
        "get-mms-price",
        MMS_GIVEN,
        post("/v3/mms/price", MMS_WIRE),
        sent({**ROW, "message_price": 0.5}),
        {
            "messages": [
                {
                    "to": "+61491570156",
                    "price": "0.5",
                    "why_unknown": None,
                    "parts": 1,
                    "from": "Bistro",
                    "custom_string": REF,
                    "country": "AU",
                }
            ],
            "total_price": "0.0792",
            "currency": "AUD",
            "summary": None,
        },
    ),
    "voice": Conversation(
        "send-voice",
        VOICE_GIVEN,
        post("/v3/voice/send", VOICE_WIRE),
        sent({**ROW, "to_type": "mobile", "lang": "en-au", "message_parts": "1"}),
        parts=[(REF, "accepted", ID)],
        settings={"sender": "Bistro"},
    ),
    "voice, many": Conversation(
        "send-voice",
        {"messages": [{**VOICE_GIVEN, "machine_detection": False}]},
        post(
            "/v3/voice/send",
            {"messages": [{**VOICE_WIRE["messages"][0], "machine_detection": 0, "custom_string": f"{REF}-0"}]},
        ),
        sent({**ROW, "custom_string": f"{REF}-0"}),
        parts=[(f"{REF}-0", "accepted", ID)],
    ),
    "voice, no such voice": Conversation(
        "send-voice",
        VOICE_GIVEN,
        post("/v3/voice/send", VOICE_WIRE),
        sent({**ROW, "status": "INVALID_VOICE"}),
        raises=Rejected,
        code="INVALID_VOICE",
    ),
    "voice without a language": Conversation("send-voice", {"to": "+61491570156", "text": "x"}, raises=InvalidCall),
    "voice with a text that would be cut": Conversation(
        "send-voice", {**VOICE_GIVEN, "text": "a" * 1201}, raises=InvalidCall
    ),
    "voice price": Conversation(
        "get-voice-price",
        VOICE_GIVEN,
        post("/v3/voice/price", VOICE_WIRE),
        sent({**ROW, "status": "INVALID_LANG"}),
        {
            "messages": [
                {
                    "to": "+61491570156",
                    "price": None,
                    "why_unknown": "INVALID_LANG",
                    "parts": 1,
                    "from": "Bistro",
                    "custom_string": REF,
                    "country": "AU",
                }
            ],
            "total_price": "0.0792",
            "currency": "AUD",
            "summary": None,
        },
    ),
    "languages": Conversation(
        "list-voice-languages",
        {},
        get("/v3/voice/lang"),
        told(
            [
                {"code": "en-au", "country": "English, Australia", "gender": ["female", "male"]},
                {"code": "fr-ca", "country": "French, Canada", "gender": "female"},
            ]
        ),
        {
            "items": [
                {"code": "en-au", "name": "English, Australia", "voices": ["female", "male"]},
                {"code": "fr-ca", "name": "French, Canada", "voices": ["female"]},
            ],
            "cursor": None,
            "total": 2,
        },
    ),
    "cancel a call": Conversation(
        "cancel-scheduled-voice",
        {"message_id": ID},
        put(f"/v3/voice/{ID}/cancel"),
        told(None),
        {"cancelled": True, "count": None},
    ),
    "cancel a call that was made": Conversation(
        "cancel-scheduled-voice",
        {"message_id": ID},
        put(f"/v3/voice/{ID}/cancel"),
        failed(404, "NOT_FOUND"),
        raises=Rejected,
    ),
    "calls": Conversation(
        "get-voice-history",
        {"since": 1790000000},
        get("/v3/voice/history", date_from="1790000000", **LISTED),
        EMPTY,
        {"items": [], "cursor": None, "total": 0},
    ),
    "pictures": Conversation(
        "get-mms-history",
        {},
        get("/v3/mms/history", order_by="date:desc", **LISTED),
        EMPTY,
        {"items": [], "cursor": None, "total": 0},
    ),
    "upload": Conversation(
        "upload-media",
        {"content": "R0lGODlhAQABAAAAACwAAAAAAQABAAA="},
        post("/v3/uploads", {"content": "R0lGODlhAQABAAAAACwAAAAAAQABAAA="}, convert="mms"),
        told(
            {
                "_url": "https://media.example.net/a.jpg",
                "file_name": "a.jpg",
                "upload_id": 12,
                "date_delete": 1790000600,
            }
        ),
        {
            "url": "https://media.example.net/a.jpg",
            "file_name": "a.jpg",
            "upload_id": "12",
            "deleted_at": "2026-09-21T14:23:20.000Z",
        },
    ),
    "upload what is no base64": Conversation("upload-media", {"content": "not base64!"}, raises=InvalidCall),
}

ALL = {**PRICES, **MEDIA}


@pytest.mark.parametrize("said", ALL.values(), ids=ALL)
def test_prices_and_media(said: Conversation, connection: Connection, caplog: pytest.LogCaptureFixture) -> None:
    """Each leaves exactly the recorded request and ends as the table says."""
    said.check(PROVIDER, connection, caplog)
