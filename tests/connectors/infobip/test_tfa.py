"""Two-factor authentication as conversations."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.errors import InvalidCall, Rejected, Throttled
from connectors.infobip import PROVIDER
from tests.connectors.conversation import Conversation
from tests.connectors.infobip.stage import connect
from tests.connectors.infobip.words import get, legacy

APPLICATION = {
    "applicationId": "HJ67",
    "name": "Checkout login",
    "enabled": True,
    "configuration": {"pinAttempts": 5, "allowMultiplePinVerifications": True, "pinTimeToLive": "10m"},
}
APPLICATION_TOLD = {
    "application_id": "HJ67",
    "name": "Checkout login",
    "enabled": True,
    "configuration": {"pin_attempts": 5, "allow_multiple_pin_verifications": True, "pin_time_to_live": "10m"},
}
PIN = {"pinId": "9C81", "to": "447700900123", "ncStatus": "NC_NOT_CONFIGURED", "smsStatus": "MESSAGE_SENT"}

ALL = {
    "a new application": Conversation(
        "create-tfa-application",
        {"name": "Checkout login", "pin_attempts": 5, "pin_time_to_live": "10m", "verify_pin_limit": "2/4s"},
        {
            "method": "POST",
            "path": "/2fa/2/applications",
            "json": {
                "name": "Checkout login",
                "configuration": {"pinAttempts": 5, "pinTimeToLive": "10m", "verifyPinLimit": "2/4s"},
            },
        },
        (201, APPLICATION),
        returns=APPLICATION_TOLD,
    ),
    "a span that is none": Conversation(
        "create-tfa-application", {"name": "a", "pin_time_to_live": "10 minutes"}, raises=InvalidCall
    ),
    "applications, a bare list": Conversation(
        "list-tfa-applications",
        {},
        get("/2fa/2/applications"),
        (200, [APPLICATION]),
        returns={"applications": [APPLICATION_TOLD]},
    ),
    "no applications": Conversation(
        "list-tfa-applications", {}, get("/2fa/2/applications"), (200, []), returns={"applications": []}
    ),
    "a template": Conversation(
        "create-tfa-message-template",
        {"application_id": "HJ67", "text": "your code is {{pin}}", "pin_type": "NUMERIC", "pin_length": 6},
        {
            "method": "POST",
            "path": "/2fa/2/applications/HJ67/messages",
            "json": {"messageText": "your code is {{pin}}", "pinType": "NUMERIC", "pinLength": 6},
        },
        (200, {"messageId": "B62A", "applicationId": "HJ67", "messageText": "your code is {{pin}}"}),
        returns={"template_id": "B62A", "application_id": "HJ67", "text": "your code is {{pin}}"},
    ),
    "a template without a pin": Conversation(
        "create-tfa-message-template",
        {"application_id": "HJ67", "text": "hello", "pin_type": "NUMERIC"},
        raises=InvalidCall,
    ),
    "a template for India has a capital M": Conversation(
        "create-tfa-message-template",
        {
            "application_id": "HJ67",
            "text": "{{pin}}",
            "pin_type": "NUMERIC",
            "india_dlt": {"principal_entity_id": "1", "telemarketer_id": "2"},
        },
        {
            "method": "POST",
            "path": "/2fa/2/applications/HJ67/messages",
            "json": {
                "messageText": "{{pin}}",
                "pinType": "NUMERIC",
                "regional": {"indiaDlt": {"principalEntityId": "1", "teleMarketerId": "2"}},
            },
        },
        (200, {"messageId": "B62A"}),
    ),
    "a pin": Conversation(
        "send-tfa-pin-sms",
        {"application_id": "HJ67", "template_id": "B62A", "to": "447700900123", "number_check": False},
        {
            "method": "POST",
            "path": "/2fa/2/pin",
            "query": {"ncNeeded": "false"},
            "json": {"applicationId": "HJ67", "messageId": "B62A", "to": "447700900123"},
        },
        (200, {**PIN, "externalMessageId": "32dd"}),
        returns={
            "pin_id": "9C81",
            "message_id": "32dd",
            "to": "447700900123",
            "sms_status": "MESSAGE_SENT",
            "number_status": "NC_NOT_CONFIGURED",
        },
        parts=[("0", "accepted", "32dd")],
    ),
    "a pin that was not sent": Conversation(
        "send-tfa-pin-sms",
        {"application_id": "HJ67", "template_id": "B62A", "to": "447700900123"},
        {
            "method": "POST",
            "path": "/2fa/2/pin",
            "json": {"applicationId": "HJ67", "messageId": "B62A", "to": "447700900123"},
        },
        (200, {**PIN, "ncStatus": "NC_DESTINATION_UNKNOWN", "smsStatus": "MESSAGE_NOT_SENT"}),
        raises=Rejected,
        reason="unknown_recipient",
        code="MESSAGE_NOT_SENT",
    ),
    "too many pins, for that number": Conversation(
        "send-tfa-pin-sms",
        {"application_id": "HJ67", "template_id": "B62A", "to": "447700900123"},
        {
            "method": "POST",
            "path": "/2fa/2/pin",
            "json": {"applicationId": "HJ67", "messageId": "B62A", "to": "447700900123"},
        },
        (429, legacy("TOO_MANY_REQUESTS")),
        raises=Throttled,
        scope="lane",
    ),
    "the same pin again": Conversation(
        "resend-tfa-pin-sms",
        {"pin_id": "9C81"},
        {"method": "POST", "path": "/2fa/2/pin/9C81/resend", "json": {}},
        (200, PIN),
    ),
    "a right pin": Conversation(
        "verify-tfa-pin",
        {"pin_id": "9C81", "pin": "012345"},
        {"method": "POST", "path": "/2fa/2/pin/9C81/verify", "json": {"pin": "012345"}},
        (200, {"pinId": "9C81", "msisdn": "447700900123", "verified": True, "attemptsRemaining": 0}),
        returns={"pin_id": "9C81", "number": "447700900123", "verified": True, "attempts_remaining": 0},
    ),
    "a wrong pin is a result": Conversation(
        "verify-tfa-pin",
        {"pin_id": "9C81", "pin": "000000"},
        {"method": "POST", "path": "/2fa/2/pin/9C81/verify", "json": {"pin": "000000"}},
        (200, {"pinId": "9C81", "verified": False, "attemptsRemaining": 2, "pinError": "WRONG_PIN"}),
        returns={"pin_id": "9C81", "verified": False, "attempts_remaining": 2, "reason": "WRONG_PIN"},
    ),
    "no word of verified is no": Conversation(
        "verify-tfa-pin",
        {"pin_id": "9C81", "pin": "1"},
        {"method": "POST", "path": "/2fa/2/pin/9C81/verify", "json": {"pin": "1"}},
        (200, {"pinId": "9C81"}),
        returns={"pin_id": "9C81", "verified": False},
    ),
    "a pin is a text": Conversation("verify-tfa-pin", {"pin_id": "9C81", "pin": 12345}, raises=InvalidCall),
}


@pytest.mark.parametrize("said", ALL.values(), ids=ALL)
def test_a_call_leaves_exactly_this_and_ends_like_that(said: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Each conversation leaves exactly the recorded request and ends as the table says."""
    said.check(PROVIDER, connect(), caplog)


def test_an_unsent_pin_keeps_its_id() -> None:
    """The same PIN may go out again, so its id is not lost with the refusal."""
    problem: Any = ALL["a pin that was not sent"].check(PROVIDER, connect())

    assert {"pin_id": "9C81"} == problem.fields


def test_pins_are_marked_as_secret() -> None:
    """Whoever stores or shows inputs can see that this one is not to be shown."""
    field = PROVIDER.actions["verify-tfa-pin"].request().fields["pin"]

    assert field.metadata["secret"] is True
