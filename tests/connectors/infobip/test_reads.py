"""Everything that is not a send, as conversations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.action import Call
from connectors.client import prepare
from connectors.errors import BadReply, InvalidCall, OutcomeUnknown, Rejected
from connectors.infobip import PROVIDER
from tests.connectors.conversation import Conversation
from tests.connectors.infobip.stage import HOOK, connect
from tests.connectors.infobip.words import get, legacy

REPORT = {
    "bulkId": "b",
    "messageId": "m-1",
    "to": "447700900123",
    "sender": "AcmeShop",
    "sentAt": "2026-03-01T07:30:01.112+0000",
    "doneAt": "2026-03-01T04:30:04.950-0300",
    "messageCount": 2,
    "price": {"pricePerMessage": 0.031, "currency": "EUR"},
    "platform": {"entityId": "tenant-42"},
    "status": {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET"},
}
ROW = {
    "message_id": "m-1",
    "bulk_id": "b",
    "to": "447700900123",
    "sender": "AcmeShop",
    "state": "delivered",
    "status": "DELIVERED_TO_HANDSET",
    "code": None,
    "reason": None,
    "text": None,
    "permanent": None,
    "sent_at": "2026-03-01T07:30:01.112Z",
    "done_at": "2026-03-01T07:30:04.950Z",
    "parts": 2,
    "price": "0.031",
    "currency": "EUR",
    "callback_data": None,
    "entity_id": "tenant-42",
    "application_id": None,
    "raw": REPORT,
}


ALL = {
    "sms reports": Conversation(
        "get-sms-delivery-reports",
        {"bulk_id": "b", "limit": 200, "beside_push": True},
        get("/sms/3/reports", bulkId="b", limit="200"),
        (200, {"results": [REPORT]}),
        returns={"results": [ROW], "cursor": None},
    ),
    "reports beside a push": Conversation("get-sms-delivery-reports", {}, raises=InvalidCall),
    "reports where nothing is pushed": Conversation(
        "get-sms-delivery-reports",
        {},
        get("/sms/3/reports"),
        (200, {"results": []}),
        settings={"reports": "off"},
        returns={"results": [], "cursor": None},
    ),
    "reports that are none": Conversation(
        "get-sms-delivery-reports",
        {"beside_push": True},
        get("/sms/3/reports"),
        (200, {"nothing": 1}),
        raises=OutcomeUnknown,
    ),
    "e-mail reports with a twin": Conversation(
        "get-email-delivery-reports",
        {"beside_push": True},
        get("/email/4/reports"),
        (200, {"results": [REPORT], "emailResults": [REPORT, REPORT]}),
        returns={"results": [ROW], "cursor": None},
    ),
    "e-mail reports with only the twin": Conversation(
        "get-email-delivery-reports",
        {"beside_push": True},
        get("/email/4/reports"),
        (200, {"emailResults": [REPORT]}),
        returns={"results": [ROW], "cursor": None},
    ),
    "voice reports": Conversation(
        "get-voice-delivery-reports",
        {"message_id": "v-1", "beside_push": True},
        get("/voice/1/reports", messageId="v-1"),
        (200, {"results": []}),
    ),
    "mms reports": Conversation(
        "get-mms-delivery-reports", {"beside_push": True}, get("/mms/2/reports"), (200, {"results": []})
    ),
    "sms logs": Conversation(
        "get-sms-message-logs",
        {"sender": "AcmeShop", "sent_since": "2026-03-01T00:00:00+00:00", "use_cursor": True, "limit": 100},
        get(
            "/sms/3/logs",
            sender="AcmeShop",
            sentSince="2026-03-01T00:00:00.000+0000",
            useCursor="true",
            limit="100",
        ),
        (200, {"results": [REPORT], "cursor": {"limit": 100, "nextCursor": "Y3"}}),
        returns={"results": [ROW], "cursor": "Y3"},
    ),
    "sms logs, mnc alone": Conversation("get-sms-message-logs", {"mnc": "10"}, raises=InvalidCall),
    "logs in strange words": Conversation(
        "get-email-logs", {}, get("/email/4/logs"), (200, {"rows": []}), raises=BadReply
    ),
    "mms logs": Conversation("get-mms-message-logs", {}, get("/mms/2/logs"), (200, {"results": []})),
    "voice logs": Conversation(
        "get-voice-message-logs", {"message_id": "v"}, get("/tts/3/logs", messageId="v"), (200, {"results": []})
    ),
    "inbound sms": Conversation(
        "get-inbound-sms-messages",
        {"limit": 5},
        get("/sms/1/inbox/reports", limit="5"),
        (200, {"results": [{"messageId": "1"}], "messageCount": 1, "pendingMessageCount": 3}),
        settings={"inbound": "pull"},
        returns={"results": [{"messageId": "1"}], "pending": 3},
    ),
    "inbound beside a push": Conversation("get-inbound-sms-messages", {}, raises=InvalidCall),
    "inbound mms": Conversation(
        "get-inbound-mms-messages", {"beside_push": True}, get("/mms/1/inbox/reports"), (200, {"results": []})
    ),
    "preview": Conversation(
        "preview-sms-message",
        {"text": "Ödeme alındı", "language": "TR"},
        {"method": "POST", "path": "/sms/1/preview", "json": {"text": "Ödeme alındı", "languageCode": "TR"}},
        (
            200,
            {
                "originalText": "Ödeme alındı",
                "previews": [
                    {"textPreview": "Ödeme alındı", "messageCount": 1, "charactersRemaining": 58, "configuration": {}}
                ],
            },
        ),
        returns={
            "text": "Ödeme alındı",
            "previews": [{"text": "Ödeme alındı", "parts": 1, "left": 58, "configuration": {}}],
        },
    ),
    "preview in NONE": Conversation("preview-sms-message", {"text": "a", "language": "NONE"}, raises=InvalidCall),
    "schedule": Conversation(
        "get-scheduled-sms-messages",
        {"bulk_id": "b"},
        get("/sms/1/bulks", bulkId="b"),
        (200, {"bulkId": "b", "sendAt": "2026-12-24T09:00:00.000+0000"}),
        returns={"bulk_id": "b", "send_at": "2026-12-24T09:00:00.000+0000"},
    ),
    "move": Conversation(
        "reschedule-sms-messages",
        {"bulk_id": "b", "send_at": "2026-12-24T10:00:00+01:00"},
        {
            "method": "PUT",
            "path": "/sms/1/bulks",
            "query": {"bulkId": "b"},
            "json": {"sendAt": "2026-12-24T09:00:00.000+0000"},
        },
        (200, {"bulkId": "b", "sendAt": "2026-12-24T09:00:00.000+0000"}),
    ),
    "status of a schedule": Conversation(
        "get-scheduled-sms-messages-status",
        {"bulk_id": "b"},
        get("/sms/1/bulks/status", bulkId="b"),
        (200, {"bulkId": "b", "status": "PENDING"}),
        returns={"bulk_id": "b", "status": "PENDING"},
    ),
    "pause": Conversation(
        "update-scheduled-sms-messages-status",
        {"bulk_id": "b", "status": "PAUSED"},
        {"method": "PUT", "path": "/sms/1/bulks/status", "query": {"bulkId": "b"}, "json": {"status": "PAUSED"}},
        (200, {"bulkId": "b", "status": "PAUSED"}),
    ),
    "cancel": Conversation(
        "cancel-scheduled-sms-messages",
        {"bulk_id": "b"},
        {"method": "PUT", "path": "/sms/1/bulks/status", "query": {"bulkId": "b"}, "json": {"status": "CANCELED"}},
        (200, {"bulkId": "b", "status": "CANCELED"}),
        returns={"bulk_id": "b", "status": "CANCELED"},
    ),
    "a scheduled e-mail is wrapped": Conversation(
        "get-scheduled-emails",
        {"bulk_id": "b"},
        get("/email/1/bulks", bulkId="b"),
        (200, {"externalBulkId": "b", "bulks": [{"bulkId": "inner", "sendAt": "2026-12-24T09:00:00.000+0000"}]}),
        returns={"bulk_id": "b", "send_at": "2026-12-24T09:00:00.000+0000"},
    ),
    "an unknown bulk": Conversation(
        "cancel-scheduled-sms-messages",
        {"bulk_id": "b"},
        {"method": "PUT", "path": "/sms/1/bulks/status", "query": {"bulkId": "b"}, "json": {"status": "CANCELED"}},
        (404, legacy("NOT_FOUND")),
        raises=Rejected,
        code="NOT_FOUND",
    ),
    "conversion": Conversation(
        "confirm-sms-conversion",
        {"message_id": "m/1"},
        {"method": "POST", "path": "/ct/1/log/end/m%2F1", "json": {}},
        (200, {"processKey": "k"}),
        returns={"reply": {"processKey": "k"}},
    ),
    "an address nobody knows": Conversation(
        "validate-email-addresses",
        {"to": "ann@custmer.example"},
        {"method": "POST", "path": "/email/2/validation", "json": {"to": "ann@custmer.example"}},
        (
            200,
            {
                "to": "ann@custmer.example",
                "validMailbox": "unknown",
                "validSyntax": True,
                "didYouMean": "ann@customer.example",
                "reason": "UNABLE_TO_CONNECT",
                "risk": "UNKNOWN",
            },
        ),
        returns={
            "to": "ann@custmer.example",
            "valid_mailbox": None,
            "valid_syntax": True,
            "did_you_mean": "ann@customer.example",
            "reason": "UNABLE_TO_CONNECT",
            "risk": "UNKNOWN",
        },
    ),
    '"false" is not true': Conversation(
        "validate-email-addresses",
        {"to": "a@b.example"},
        {"method": "POST", "path": "/email/2/validation", "json": {"to": "a@b.example"}},
        (200, {"to": "a@b.example", "validMailbox": "false"}),
        returns={"to": "a@b.example", "valid_mailbox": False},
    ),
    "older answers have a boolean": Conversation(
        "validate-email-addresses",
        {"to": "a@b.example"},
        {"method": "POST", "path": "/email/2/validation", "json": {"to": "a@b.example"}},
        (200, {"to": "a@b.example", "validMailbox": True}),
        returns={"to": "a@b.example", "valid_mailbox": True},
    ),
    "many addresses": Conversation(
        "validate-many-email-addresses",
        {"request_id": "vr-1", "addresses": ["a@b.example"]},
        {
            "method": "POST",
            "path": "/email/2/validations",
            "json": {"validationRequestId": "vr-1", "destinations": [{"destination": "a@b.example"}]},
        },
        (202, {"validationRequestId": "vr-1"}),
        returns={"request_id": "vr-1"},
    ),
    "results of many": Conversation(
        "get-email-validations",
        {"request_id": "vr-1", "size": 100},
        get("/email/2/validations", validationRequestId="vr-1", size="100"),
        (200, {"results": [{"to": "a"}], "paging": {"nextCursor": "c"}}),
        returns={"results": [{"to": "a"}], "cursor": "c"},
    ),
    "balance": Conversation(
        "get-account-balance",
        {},
        get("/account/1/balance"),
        (200, {"balance": 47.79, "currency": "EUR"}),
        returns={"balance": "47.79", "currency": "EUR"},
    ),
    "a scope that is missing": Conversation(
        "get-email-logs", {}, get("/email/4/logs"), (403, {"errorCode": "E403"}), raises=Rejected, reason="policy"
    ),
    "numbers": Conversation(
        "lookup-numbers",
        {"to": ["+447700900123"]},
        {"method": "POST", "path": "/number/1/query", "json": {"to": ["447700900123"]}},
        (
            200,
            {
                "bulkId": "nl",
                "results": [{"to": "447700900123", "ported": False, "status": {"groupId": 3, "id": 5, "name": "D"}}],
            },
        ),
    ),
    "numbers, later": Conversation(
        "lookup-numbers-later",
        {"to": ["447700900123"]},
        {
            "method": "POST",
            "path": "/number/1/notify",
            "json": {"to": ["447700900123"], "notifyUrl": HOOK, "notifyContentType": "application/json"},
        },
        (200, {"bulkId": "nl"}),
    ),
    "a file": Conversation(
        "get-whatsapp-media",
        {"media_id": "https://xk4d9p.api.infobip.com/whatsapp/1/senders/447860099111/media/f1b9"},
        get("/whatsapp/1/senders/447860099111/media/f1b9"),
        (200, b"\xff\xd8", {"content-type": "image/jpeg"}),
        returns={"content_type": "image/jpeg", "size": 2, "content": "/9g=", "url": None},
    ),
    "a file that moved is not followed": Conversation(
        "get-whatsapp-media",
        {"media_id": "f1b9"},
        get("/whatsapp/1/senders/447860099299/media/f1b9"),
        (302, None, {"location": "https://files.example/f1b9"}),
        returns={"content_type": None, "size": None, "content": None, "url": "https://files.example/f1b9"},
    ),
    "somebody else's URL": Conversation(
        "get-whatsapp-media", {"media_id": "https://evil.example/steal?x"}, raises=InvalidCall
    ),
    "a redirect elsewhere is no success": Conversation(
        "get-account-balance",
        {},
        get("/account/1/balance"),
        (302, None, {"location": "https://evil.example"}),
        raises=BadReply,
    ),
}


@pytest.mark.parametrize("said", ALL.values(), ids=ALL)
def test_a_call_leaves_exactly_this_and_ends_like_that(said: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Each conversation leaves exactly the recorded request and ends as the table says."""
    said.check(PROVIDER, connect(), caplog)


def test_a_list_of_ids_repeats_its_name() -> None:
    """Infobip's own client sends ?messageId=a&messageId=b."""
    call = Call(connect(), {"message_id": ["a", "b"]}, "ref")

    ready = prepare(PROVIDER, PROVIDER.actions["get-sms-message-logs"], call)

    assert b"messageId=a&messageId=b" == ready.request.url.query


def test_a_missing_scope_is_named() -> None:
    """A 403 says which scopes would do."""
    problem: Any = ALL["a scope that is missing"].check(PROVIDER, connect())

    assert "email:logs:read" in problem.text


def test_what_a_consuming_read_brought_is_heard() -> None:
    """The reports leave the outcome as the push that would have told them, and mean the same."""
    outcome: Any = ALL["sms reports"].check(PROVIDER, connect())

    assert {"results": [REPORT]} == json.loads(outcome.heard.body)
    (fact,) = PROVIDER.parse(outcome.heard)
    assert fact.status is not None
    assert ("message.status", "delivered", "sms:447700900123") == (fact.type, fact.status.state, fact.conversation)


@pytest.mark.parametrize("told", ["message", "subscription"])
def test_reports_are_not_polled_beside_either_push(told: str) -> None:
    """Messages that name our URL and a subscription both take the reports a poll would take."""
    connection = connect({"reports": told})
    with pytest.raises(InvalidCall) as met:
        prepare(PROVIDER, PROVIDER.actions["get-sms-delivery-reports"], Call(connection, {}, "r"))
    assert met.value.fields is not None
    assert "beside_push" in met.value.fields
