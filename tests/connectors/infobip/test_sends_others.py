"""Voice and MMS as conversations."""

from __future__ import annotations

import pytest

from connectors.errors import InvalidCall, Rejected
from connectors.infobip import PROVIDER
from tests.connectors.conversation import REF, Conversation
from tests.connectors.infobip.stage import HOOK, connect
from tests.connectors.infobip.words import PENDING, answer, rejected

VOICE_OPTIONS = {"notifyUrl": f"{HOOK}/voice", "notifyContentType": "application/json", "notifyContentVersion": 2}
OTHERS = {
    "voice": Conversation(
        "send-voice-message-tts",
        {"to": "447700900123", "text": "At ten.", "language": "en-gb", "voice": {"name": "Amy"}, "bulk_id": "vb-1"},
        {
            "method": "POST",
            "path": "/tts/3/advanced",
            "json": {
                "bulkId": "vb-1",
                "messages": [
                    {
                        "from": "442071838750",
                        "destinations": [{"to": "447700900123", "messageId": REF}],
                        "text": "At ten.",
                        "language": "en-gb",
                        "voice": {"name": "Amy"},
                        **VOICE_OPTIONS,
                    }
                ],
            },
        },
        (200, {"messages": [{"to": "447700900123", "messageId": REF, "status": PENDING}]}),
        parts=[("0", "accepted", REF)],
    ),
    "voice, single": Conversation(
        "send-voice-message-tts",
        {"to": "447700900123", "text": "At ten.", "single": True},
        {
            "method": "POST",
            "path": "/tts/3/single",
            "json": {"from": "442071838750", "to": "447700900123", "text": "At ten."},
        },
        (200, {"messages": [{"to": "447700900123", "messageId": "theirs", "status": PENDING}]}),
        parts=[("0", "accepted", "theirs")],
    ),
    "voice, content refused in a 200": Conversation(
        "send-voice-message-tts",
        {"to": "447700900123", "audio_url": "https://f.example/a.mp3", "callback_data": "x"},
        {
            "method": "POST",
            "path": "/tts/3/advanced",
            "json": {
                "messages": [
                    {
                        "from": "442071838750",
                        "destinations": [{"to": "447700900123", "messageId": REF}],
                        "audioFileUrl": "https://f.example/a.mp3",
                        "callbackData": "x",
                        **VOICE_OPTIONS,
                    }
                ]
            },
        },
        (200, {"messages": [{"to": "447700900123", "messageId": REF, "status": rejected(53, "REJECTED_AUDIO")}]}),
        raises=Rejected,
        reason="media",
    ),
    "voice, text and file": Conversation(
        "send-voice-message-tts", {"to": "1", "text": "a", "audio_url": "https://f.example/a.mp3"}, raises=InvalidCall
    ),
    "voice, only punctuation": Conversation("send-voice-message-tts", {"to": "1", "text": "?!"}, raises=InvalidCall),
    "mms": Conversation(
        "send-mms-message",
        {"to": "447700900123", "text": "look", "media_url": "https://f.example/a.jpg", "title": "t"},
        {
            "method": "POST",
            "path": "/mms/2/messages",
            "json": {
                "messages": [
                    {
                        "sender": "447860099111",
                        "destinations": [{"to": "447700900123", "messageId": REF}],
                        "content": {
                            "title": "t",
                            "messageSegments": [
                                {"type": "LINK", "contentUrl": "https://f.example/a.jpg"},
                                {"type": "TEXT", "text": "look"},
                            ],
                        },
                        "webhooks": {"delivery": {"url": f"{HOOK}/mms"}, "contentType": "application/json"},
                    }
                ]
            },
        },
        (200, answer(PENDING)),
        parts=[("0", "accepted", REF)],
    ),
}


@pytest.mark.parametrize("said", OTHERS.values(), ids=OTHERS)
def test_a_send_leaves_exactly_this_and_ends_like_that(said: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Each conversation leaves exactly the recorded request and ends as the table says."""
    said.check(PROVIDER, connect(), caplog)
