"""SMS as conversations: what we were asked, what left, what came back, what we made of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors.errors import InvalidCall, OutcomeUnknown, Rejected, Throttled, Unreachable
from connectors.infobip import PROVIDER
from tests.connectors.conversation import REF, Conversation
from tests.connectors.infobip.stage import HOOK, KEY, connect
from tests.connectors.infobip.words import PENDING, answer, rejected


def sms(**more: Any) -> dict[str, Any]:
    """The smallest request of ours on the wire, with what differs."""
    message = {
        "sender": "AcmeShop",
        "destinations": [{"to": "447700900123", "messageId": REF}],
        "content": {"text": "hi"},
        "webhooks": {"delivery": {"url": f"{HOOK}/sms"}, "contentType": "application/json"},
    }
    return {"messages": [{**message, **more}]}


POST_SMS = {
    "method": "POST",
    "path": "/sms/3/messages",
    "headers": {"authorization": f"App {KEY}", "accept": "application/json"},
}
GIVEN = {"to": "+44 (7700) 900-123", "text": "hi"}


def refused_as(status: dict[str, Any], **more: Any) -> Conversation:
    """One SMS, refused inside a 200."""
    return Conversation("send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, (200, answer(status)), **more)


SMS = {
    "accepted": Conversation(
        "send-sms-message",
        GIVEN,
        {**POST_SMS, "json": sms()},
        (200, {"bulkId": "b", "messages": answer(PENDING)["messages"]}),
        parts=[("0", "accepted", REF)],
    ),
    "two recipients, one refused": Conversation(
        "send-sms-message",
        {"to": ["447700900123", {"to": "00447700900124", "own_id": "mine"}], "text": "hi"},
        {
            **POST_SMS,
            "json": sms(
                destinations=[
                    {"to": "447700900123", "messageId": f"{REF}-0"},
                    {"to": "447700900124", "messageId": "mine"},
                ]
            ),
        },
        (
            200,
            {
                "messages": [
                    {"messageId": f"{REF}-0", "destination": "447700900123", "status": PENDING},
                    {"messageId": "mine", "destination": "447700900124", "status": rejected(12, "REJECTED_NOT_ENOUGH")},
                ]
            },
        ),
        parts=[("0", "accepted", f"{REF}-0"), ("1", "failed", "mine")],
    ),
    "no credits": refused_as(rejected(12, "REJECTED_NOT_ENOUGH_CREDITS"), raises=Rejected, reason="credit", code="12"),
    "a system error may go again, in its lane only": refused_as(
        rejected(21, "REJECTED_SYSTEM_ERROR"), raises=Throttled, code="21", after=30.0, scope="lane"
    ),
    "our own id again: the first attempt was accepted": refused_as(
        rejected(23, "REJECTED_DUPLICATE_MESSAGE_ID"), parts=[("0", "accepted", REF)]
    ),
    "a caller's id that was used before is a duplicate": Conversation(
        "send-sms-message",
        {"to": {"to": "447700900123", "own_id": "spent"}, "text": "hi"},
        {**POST_SMS, "json": sms(destinations=[{"to": "447700900123", "messageId": "spent"}])},
        (200, answer(rejected(23, "REJECTED_DUPLICATE_MESSAGE_ID"), "spent")),
        raises=Rejected,
        reason="duplicate",
        code="23",
    ),
    "a status nobody knows": refused_as(
        {"groupId": 77, "groupName": "NEW", "id": 4711, "name": "SOMETHING_NEW"}, parts=[("0", "unknown", REF)]
    ),
    "a 200 without messages": Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, (200, {"ok": True}), raises=OutcomeUnknown
    ),
    "a 200 that is no JSON": Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, (200, "<html>"), raises=OutcomeUnknown
    ),
    "a 200 with an empty list": Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, (200, {"messages": []}), raises=OutcomeUnknown
    ),
    "told to slow down": Conversation(
        "send-sms-message",
        GIVEN,
        {**POST_SMS, "json": sms()},
        (429, {"errorCode": "E429", "description": "Too many requests."}, {"retry-after": "7"}),
        raises=Throttled,
        after=7.0,
        scope="connection",
        code="E429",
    ),
    "wrong key": Conversation(
        "send-sms-message",
        GIVEN,
        {**POST_SMS, "json": sms()},
        (401, {"errorCode": "E401", "description": f"Missing or invalid credentials {KEY}."}),
        raises=Rejected,
        reason="auth",
        code="E401",
    ),
    "their trouble": Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, (503, None), raises=OutcomeUnknown
    ),
    "silence": Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, httpx.ReadTimeout("late"), raises=OutcomeUnknown
    ),
    "nobody there": Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms()}, httpx.ConnectError("shut"), raises=Unreachable
    ),
    "nothing to say": Conversation("send-sms-message", {"to": "447700900123"}, raises=InvalidCall),
    "a misspelt word": Conversation("send-sms-message", {**GIVEN, "txt": "hi"}, raises=InvalidCall),
    "a time without an offset": Conversation(
        "send-sms-message", {**GIVEN, "send_at": "2026-12-24T09:00:00"}, raises=InvalidCall
    ),
    "no reports at all": Conversation(
        "send-sms-message",
        {**GIVEN, "notify": False},
        {**POST_SMS, "json": sms(webhooks={"delivery": {"notify": False}})},
        (200, answer(PENDING)),
    ),
    "reports by subscription": Conversation(
        "send-sms-message",
        GIVEN,
        {
            **POST_SMS,
            "json": {"messages": [{name: told for name, told in sms()["messages"][0].items() if name != "webhooks"}]},
        },
        (200, answer(PENDING)),
        settings={"reports": "subscription"},
    ),
    "everything of the page": Conversation(
        "send-sms-message",
        {
            "to": "447700900123",
            "text": "Your parcel arrives today.",
            "from": "AcmeShop",
            "transliteration": "NONE",
            "language": "TR",
            "single_shift": True,
            "validity_period": {"amount": 6, "time_unit": "HOURS"},
            "delivery_time_window": {
                "days": ["MONDAY", "TUESDAY"],
                "from": {"hour": 7, "minute": 0},
                "to": {"hour": 19, "minute": 30},
            },
            "entity_id": "tenant-42",
            "application_id": "parcels",
            "campaign_reference_id": "spring",
            "flash": True,
            "india_dlt": {"principal_entity_id": "1"},
            "notify_url": "https://hooks.acme.example/infobip/k3y",
            "intermediate_report": True,
            "callback_data": "order=9001",
            "bulk_id": "bulk-2026-03-01-a",
            "send_at": "2026-03-01T08:30:00+01:00",
            "sending_speed_limit": {"amount": 10},
            "links": {"shorten_url": False, "remove_protocol": True},
            "count_parts": True,
            "conversions": {"use": True, "name": "sale"},
        },
        {
            **POST_SMS,
            "json": {
                "messages": [
                    {
                        "sender": "AcmeShop",
                        "destinations": [{"to": "447700900123", "messageId": REF}],
                        "content": {
                            "text": "Your parcel arrives today.",
                            "transliteration": "NONE",
                            "language": {"languageCode": "TR", "singleShift": True},
                        },
                        "options": {
                            "validityPeriod": {"amount": 6, "timeUnit": "HOURS"},
                            "deliveryTimeWindow": {
                                "days": ["MONDAY", "TUESDAY"],
                                "from": {"hour": 7, "minute": 0},
                                "to": {"hour": 19, "minute": 30},
                            },
                            "platform": {"entityId": "tenant-42", "applicationId": "parcels"},
                            "campaignReferenceId": "spring",
                            "flash": True,
                            "regional": {"indiaDlt": {"principalEntityId": "1"}},
                        },
                        "webhooks": {
                            "delivery": {"url": "https://hooks.acme.example/infobip/k3y", "intermediateReport": True},
                            "contentType": "application/json",
                            "callbackData": "order=9001",
                        },
                    }
                ],
                "options": {
                    "schedule": {
                        "bulkId": "bulk-2026-03-01-a",
                        "sendAt": "2026-03-01T07:30:00.000+0000",
                        "sendingSpeedLimit": {"amount": 10, "timeUnit": "MINUTE"},
                    },
                    "tracking": {"shortenUrl": False, "removeProtocol": True},
                    "includeSmsCountInResponse": True,
                    "conversionTracking": {"useConversionTracking": True, "conversionTrackingName": "sale"},
                },
            },
        },
        (200, answer(PENDING)),
    ),
    "the older call": Conversation(
        "send-sms-message",
        {
            **GIVEN,
            "bulk_id": "b-77",
            "callback_data": "x",
            "entity_id": "t",
            "send_at": "2026-03-01T07:30:00+00:00",
            "validity_period": {"amount": 90, "time_unit": "SECONDS"},
            "links": {"shorten_url": True},
        },
        {
            "method": "POST",
            "path": "/sms/2/text/advanced",
            "json": {
                "bulkId": "b-77",
                "messages": [
                    {
                        "from": "AcmeShop",
                        "destinations": [{"to": "447700900123", "messageId": REF}],
                        "text": "hi",
                        "validityPeriod": 2,
                        "sendAt": "2026-03-01T07:30:00.000+0000",
                        "entityId": "t",
                        "notifyUrl": f"{HOOK}/sms",
                        "notifyContentType": "application/json",
                        "callbackData": "x",
                    }
                ],
                "urlOptions": {"shortenUrl": True},
            },
        },
        (
            200,
            {
                "bulkId": "b-77",
                "messages": [{"to": "447700900123", "messageId": REF, "smsCount": 1, "status": PENDING}],
            },
        ),
        settings={"sms_version": "v2"},
        parts=[("0", "accepted", REF)],
    ),
    "the older call, binary": Conversation(
        "send-sms-message",
        {"to": "447700900123", "hex": "0b 05", "data_coding": 4},
        {
            "method": "POST",
            "path": "/sms/2/binary/advanced",
            "json": {
                "messages": [
                    {
                        "from": "AcmeShop",
                        "destinations": [{"to": "447700900123", "messageId": REF}],
                        "binary": {"hex": "0b 05", "dataCoding": 4},
                        "notifyUrl": f"{HOOK}/sms",
                        "notifyContentType": "application/json",
                    }
                ]
            },
        },
        (200, {"messages": [{"to": "447700900123", "messageId": REF, "status": PENDING}]}),
        settings={"sms_version": "v2"},
    ),
    "what the older call cannot say": Conversation(
        "send-sms-message",
        {**GIVEN, "conversions": {"use": True}},
        settings={"sms_version": "v2"},
        raises=InvalidCall,
    ),
}


@pytest.mark.parametrize("said", SMS.values(), ids=SMS)
def test_a_send_leaves_exactly_this_and_ends_like_that(said: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Each conversation leaves exactly the recorded request and ends as the table says."""
    said.check(PROVIDER, connect(), caplog)


def test_a_reused_id_says_that_it_was_an_earlier_attempt() -> None:
    """The outcome of a duplicate of ours tells why it counts as accepted."""
    outcome: Any = SMS["our own id again: the first attempt was accepted"].check(PROVIDER, connect())

    assert outcome.output["messages"][0]["accepted_earlier"] is True


def test_tags_of_the_connection_go_on_every_message() -> None:
    """entity_id and application_id of the settings stand where the input names none."""
    tagged = connect({"entity_id": "tenant-1", "application_id": "app-1"})
    platform = {"entityId": "tenant-1", "applicationId": "app-1"}
    Conversation(
        "send-sms-message", GIVEN, {**POST_SMS, "json": sms(options={"platform": platform})}, (200, answer(PENDING))
    ).check(PROVIDER, tagged)
