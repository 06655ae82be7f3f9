"""Conversations for what reaches a person: the exact request, the answer, what we made of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors.errors import InvalidCall, OutcomeUnknown, Rejected, Throttled, Unreachable, Unsupported
from connectors.onemsg import PROVIDER
from tests.connectors.conversation import Conversation
from tests.connectors.onemsg.channel import ADA, BSUID, CONNECTION, IN, OUT
from tests.connectors.onemsg.test_rich_sends import ALL as RICH
from tests.connectors.onemsg.wire import ACCEPTED, PART, SENT, leaves, said


def text(answer: Any, **expected: Any) -> Conversation:
    """A text, and what came of it."""
    sends = leaves("sendMessage", {"chatId": ADA, "body": "hi"})
    return Conversation("send-message", {"to": ADA, "text": "hi"}, sends=sends, answer=answer, **expected)


MESSAGE = {
    "as the page says it": said(
        "send-message",
        {"to": "15550100123@c.us", "text": "Hello 🌍", "reply_to": IN},
        "sendMessage",
        {"chatId": ADA, "body": "Hello 🌍", "quotedMsgId": IN},
    ),
    "to a number with all its decoration": said(
        "send-message", {"to": "+1 (555) 010-0123", "text": "hi"}, "sendMessage", {"chatId": ADA, "body": "hi"}
    ),
    "in the provider's own words": said(
        "send-message", {"phone": 15550100123, "body": "hi"}, "sendMessage", {"chatId": ADA, "body": "hi"}
    ),
    "to an integer phone": said(
        "send-message",
        {"to": ADA, "text": "hi"},
        "sendMessage",
        {"phone": 15550100123, "body": "hi"},
        phone_as_number=True,
    ),
    "to a hidden number": said(
        "send-message",
        {"to": f"{BSUID}@lid", "text": "hi"},
        "sendMessage",
        {"chatId": f"{BSUID}@lid", "body": "hi"},
    ),
    "to a hidden number, by bsuid": said(
        "send-message",
        {"to": f"{BSUID}@lid", "text": "hi"},
        "sendMessage",
        {"bsuid": BSUID, "body": "hi"},
        lid_strategy="bsuid",
    ),
    "to a hidden number, by phone": said(
        "send-message",
        {"bsuid": BSUID, "text": "hi"},
        "sendMessage",
        {"phone": BSUID, "body": "hi"},
        lid_strategy="phone",
    ),
    "to a username": said(
        "send-message", {"username": "@ada", "text": "hi"}, "sendMessage", {"username": "ada", "body": "hi"}
    ),
    "to a group": said(
        "send-message",
        {"to": "120363000000000000@g.us", "text": "hi"},
        "sendMessage",
        {"chatId": "120363000000000000@g.us", "body": "hi"},
    ),
    "with spaces collapsed": said(
        "send-message",
        {"to": ADA, "text": "a\t\tb      c\nd    e"},
        "sendMessage",
        {"chatId": ADA, "body": "a b c\nd    e"},
        collapse_whitespace=True,
    ),
    "with spaces as they are": said(
        "send-message", {"to": ADA, "text": "a\tb"}, "sendMessage", {"chatId": ADA, "body": "a\tb"}
    ),
    "answering an older id": said(
        "send-message",
        {"to": ADA, "text": "hi", "reply_to": "gBEGkY"},
        "sendMessage",
        {"chatId": ADA, "body": "hi", "quotedMsgId": "gBEGkY"},
        allow_legacy_ids=True,
    ),
    "to nobody": Conversation("send-message", {"text": "hi"}, raises=InvalidCall),
    "to no address": Conversation("send-message", {"to": "Ada", "text": "hi"}, raises=InvalidCall),
    "to two": Conversation("send-message", {"to": ADA, "phone": "15550100124", "text": "hi"}, raises=InvalidCall),
    "empty": Conversation("send-message", {"to": ADA, "text": ""}, raises=InvalidCall),
    "too long": Conversation("send-message", {"to": ADA, "text": "x" * 4097}, raises=InvalidCall),
    "too long and never cut": Conversation(
        "send-message", {"to": ADA, "text": "x" * 4097, "split": True}, raises=InvalidCall
    ),
    "quoting an older id": Conversation(
        "send-message", {"to": ADA, "text": "hi", "reply_to": "gBEGkY"}, raises=InvalidCall
    ),
    "with a word nobody knows": Conversation(
        "send-message", {"to": ADA, "text": "hi", "preview": True}, raises=InvalidCall
    ),
}
ANSWERS = {
    "sent in a text": text((200, {"sent": "true", "id": OUT}), returns=SENT, parts=PART),
    "201 is as good": text((201, ACCEPTED), returns=SENT),
    "sent without an id": text(
        (200, {"sent": True}),
        returns={**SENT, "message_id": None},
        parts=[("0", "accepted", None)],
    ),
    "an id without sent": text((200, {"id": OUT}), returns=SENT),
    "queued": text(
        (200, {"sent": False, "jobId": "job-000123", "message": "queued"}),
        returns={"message_id": None, "state": "queued", "job_id": "job-000123"},
        parts=[("0", "unknown", None)],
    ),
    "queued without a number": text(
        (200, {"sent": "false", "queued": True}),
        returns={"message_id": None, "state": "queued", "job_id": None},
        parts=[("0", "unknown", None)],
    ),
    "an empty job is no job": text((200, {"sent": False, "jobId": "", "message": "no"}), raises=Rejected),
    "refused in a 200": text((200, {"sent": False, "message": "wrong file"}), raises=Rejected, reason="media"),
    "refused with a code": text(
        (200, {"sent": False, "error": {"code": 131047, "message": "Re-engagement message"}}),
        raises=Rejected,
        reason="window_closed",
        code="131047",
    ),
    "refused without a word": text((200, {"sent": False}), raises=Rejected, reason="other"),
    "window closed in a 400": text(
        (400, {"message": "Dialog window is closed"}), raises=Rejected, reason="window_closed"
    ),
    "spaces dressed as a 500": text(
        (500, {"error": "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"}),
        raises=Rejected,
        reason="other",
    ),
    "throttled": text((429, {"error": "Too many requests"}), raises=Throttled, scope="connection"),
    "throttled, for how long": text((429, "slow down", {"retry-after": "7"}), raises=Throttled, after=7.0),
    "too much to one person": text(
        (429, {"error": {"code": 131056, "message": "pair rate limit"}}), raises=Throttled, scope="lane", code="131056"
    ),
    "too much to one person, in a 200": text(
        (200, {"sent": False, "error": {"code": 131056}}), raises=Throttled, scope="lane"
    ),
    "a server error": text((500, {"error": "oops"}), raises=OutcomeUnknown),
    "a gateway's 502": text((502, "<html>Bad gateway</html>"), raises=OutcomeUnknown),
    "a 503 in words of a limit": text((503, "rate limit"), raises=OutcomeUnknown),
    "a 504": text((504, None), raises=OutcomeUnknown),
    "silence": text(httpx.ReadTimeout("slow"), raises=OutcomeUnknown),
    "cut off": text(httpx.RemoteProtocolError("gone"), raises=OutcomeUnknown),
    "nobody there": text(httpx.ConnectError("refused"), raises=Unreachable),
    "no such method": text((404, "Not Found"), raises=Unsupported),
    "not on this deployment": text((501, {"error": "not implemented"}), raises=Unsupported),
    "blocked": text((403, "Your trial has expired"), raises=Rejected, reason="credit", code="403"),
    "a 200 that is no document": text((200, "OK"), raises=OutcomeUnknown),
    "a 200 without a word": text((200, None), raises=OutcomeUnknown),
    "sent perhaps": text((200, {"sent": "perhaps"}), raises=OutcomeUnknown),
    "sent elsewhere": text((302, None, {"location": "https://elsewhere.example.test"}), raises=OutcomeUnknown),
    "a success that is none": text((200, {"success": False, "message": "no"}), raises=Rejected),
    "an error beside nothing": text((200, {"error": "no"}), raises=Rejected),
    "an error further in": text((200, {"response": {"error": "no"}}), raises=Rejected),
}
REACTION = {
    "added": said(
        "send-reaction",
        {"to": ADA, "message_id": IN, "emoji": "👍"},
        "sendReaction",
        {"chatId": ADA, "quotedMsgId": IN, "body": "👍"},
    ),
    "taken away": said(
        "send-reaction",
        {"to": ADA, "message_id": IN, "emoji": ""},
        "sendReaction",
        {"chatId": ADA, "quotedMsgId": IN, "body": ""},
    ),
    "a keycap": said(
        "send-reaction",
        {"to": ADA, "message_id": IN, "emoji": "1️⃣"},
        "sendReaction",
        {"chatId": ADA, "quotedMsgId": IN, "body": "1️⃣"},
    ),
    "refused": Conversation(
        "send-reaction",
        {"to": ADA, "message_id": IN, "emoji": "👍"},
        sends=leaves("sendReaction", {"chatId": ADA, "quotedMsgId": IN, "body": "👍"}),
        answer=(200, {"sent": False, "message": "outside the allowed window"}),
        raises=Rejected,
        reason="window_closed",
    ),
    "a word": Conversation("send-reaction", {"to": ADA, "message_id": IN, "emoji": "ok"}, raises=InvalidCall),
    "to nothing": Conversation("send-reaction", {"to": ADA, "emoji": "👍"}, raises=InvalidCall),
}
READ = {
    "read": Conversation(
        "mark-message-as-read",
        {"message_id": IN},
        sends=leaves("readMessage", {"messageId": IN}),
        answer=(200, {"result": "success"}),
        returns={"done": True},
    ),
    "read and typing, in their words, to somebody": Conversation(
        "mark-message-as-read",
        {"msgId": IN, "typingIndicator": True, "chatId": ADA},
        sends=leaves("readMessage", {"messageId": IN, "typingIndicator": True}),
        answer=(200, {"result": "success"}),
        returns={"done": True},
    ),
    "not read": Conversation(
        "mark-message-as-read",
        {"message_id": IN},
        sends=leaves("readMessage", {"messageId": IN}),
        answer=(200, {"result": "error", "message": "unknown message"}),
        raises=Rejected,
    ),
    "an error beside a result": Conversation(
        "mark-message-as-read",
        {"message_id": IN},
        sends=leaves("readMessage", {"messageId": IN}),
        answer=(200, {"result": "success", "error": "unknown message"}),
        raises=Rejected,
    ),
    "a server error": Conversation(
        "mark-message-as-read",
        {"message_id": IN},
        sends=leaves("readMessage", {"messageId": IN}),
        answer=(500, None),
        raises=OutcomeUnknown,
    ),
    "nothing to read": Conversation("mark-message-as-read", {}, raises=InvalidCall),
}
ALL = {
    f"{name}: {circumstance}": one
    for name, group in {
        "message": MESSAGE,
        "answer": ANSWERS,
        "reaction": REACTION,
        "read": READ,
    }.items()
    for circumstance, one in group.items()
}


@pytest.mark.parametrize("one", ALL.values(), ids=ALL)
def test_sends(one: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Each conversation leaves exactly the recorded request and ends as the table says, without a secret in a log."""
    one.check(PROVIDER, CONNECTION, caplog)


def test_every_send_is_told_in_the_table() -> None:
    """A send without a conversation would be a send nobody tried."""
    sends = {key for key, action in PROVIDER.actions.items() if action.nature in {"send", "react", "read"}}
    assert sends <= {one.action for one in [*ALL.values(), *RICH.values()]}
