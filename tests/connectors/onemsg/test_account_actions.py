"""Conversations for the channel itself: status, settings, profile, templates, history, media, figures."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.errors import BadReply, InvalidCall, OutcomeUnknown, Rejected, Unsupported
from connectors.onemsg import PROVIDER
from tests.connectors.conversation import Conversation
from tests.connectors.onemsg.channel import ADA, CHANNEL, CONNECTION, OUT, TOKEN

WRONG_TOKEN = {"error": f'Wrong token "{TOKEN}" for channel "{CHANNEL}"...'}


def asks(path: str, **query: str) -> dict[str, Any]:
    """What is on the wire for a GET."""
    return {"method": "GET", "path": f"/{CHANNEL}/{path}", "query": {**query, "token": TOKEN}}


def writes(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What is on the wire for a POST."""
    return {"method": "POST", "path": f"/{CHANNEL}/{path}", "query": {"token": TOKEN}, "json": body}


def status(answer: Any, **expected: Any) -> Conversation:
    """GET /status and what we made of it."""
    return Conversation("get-channel-status", {}, sends=asks("status"), answer=answer, **expected)


def state(word: str | None, state: str, *, degraded: bool = False) -> Conversation:
    """One row of §3.7."""
    found = {"status": word, "state": state, "degraded": degraded}
    nothing = {"account_status": None, "is_cloud": None, "mm_lite_available": None}
    return status((200, {"status": word} if word else {}), returns={**found, **nothing})


STATUS = {
    "now": status(
        (
            200,
            {"isCloud": True, "status": "connected", "accountStatus": "authenticated", "mm_lite_available": False},
        ),
        returns={
            "status": "connected",
            "state": "up",
            "degraded": False,
            "account_status": "authenticated",
            "is_cloud": True,
            "mm_lite_available": False,
        },
    ),
    "2.39": state("connected", "up"),
    "connecting": state("connecting", "up", degraded=True),
    "disconnected": state("disconnected", "down"),
    "uninitialized": state("uninitialized", "starting"),
    "unregistered": state("unregistered", "down"),
    "unheard of": state("levitating", "unknown"),
    "missing": state(None, "unknown"),
    "wrong token": status((401, WRONG_TOKEN), raises=Rejected, reason="auth", code="401"),
    "blocked": status((403, "Trial channel: method is blocked"), raises=Rejected, reason="credit"),
    "a gateway": status((502, "Bad gateway"), raises=OutcomeUnknown),
    "no document": status((200, "connected"), raises=BadReply),
}
BOTH = ["https://hooks.example.test/1msg/abc", "https://crm.example.test/in"]
NO_SWITCHES = {
    "ack_notifications": None,
    "guaranteed_hooks": None,
    "raw_hooks": None,
    "template_analytics": None,
    "link_tracking_opted_out": None,
}


def settings(answer: Any, **expected: Any) -> Conversation:
    """GET /settings and what we made of it."""
    return Conversation("get-settings", {}, sends=asks("settings"), answer=(200, answer), **expected)


SETTINGS = {
    "now": settings(
        {
            "webhookUrl": BOTH,
            "ackNotificationsOn": 1,
            "guaranteedHooks": False,
            "rawHooks": "0",
            "template_analytics_enabled": False,
            "cta_url_link_tracking_opted_out": False,
            "proxy": {"token": "theirs", "port": 1},
        },
        returns={
            "webhook_urls": BOTH,
            "ack_notifications": True,
            "guaranteed_hooks": False,
            "raw_hooks": False,
            "template_analytics": False,
            "link_tracking_opted_out": False,
            "other": {"proxy": {"token": "…", "port": 1}},
        },
    ),
    "one in a text": settings({"webhookUrl": BOTH[0]}, returns={**NO_SWITCHES, "webhook_urls": BOTH[:1], "other": {}}),
    "several in a text": settings(
        {"webhookUrl": f"{BOTH[0]}, {BOTH[1]}"}, returns={**NO_SWITCHES, "webhook_urls": BOTH, "other": {}}
    ),
    "none": settings({"webhookUrl": None}, returns={**NO_SWITCHES, "webhook_urls": [], "other": {}}),
    "empty": settings({"webhookUrl": ""}, returns={**NO_SWITCHES, "webhook_urls": [], "other": {}}),
    "wrong token": Conversation(
        "get-settings", {}, sends=asks("settings"), answer=(401, WRONG_TOKEN), raises=Rejected, reason="auth"
    ),
    "changed": Conversation(
        "update-settings",
        {"ack_notifications": True, "rawHooks": False},
        sends=writes("settings", {"ackNotificationsOn": True, "rawHooks": False}),
        answer=(200, {"webhookUrl": "x", "update": {"webhookUrl": "x"}}),
    ),
    "cleared": Conversation(
        "update-settings",
        {"clear_webhooks": True},
        sends=writes("settings", {"webhookUrl": ""}),
        answer=(200, "OK"),
    ),
    "refused": Conversation(
        "update-settings",
        {"raw_hooks": True},
        sends=writes("settings", {"rawHooks": True}),
        answer=(200, {"webhookUrl": "x", "error": "no"}),
        raises=Rejected,
    ),
    "nothing to change": Conversation("update-settings", {}, raises=InvalidCall),
}
WEBHOOK = {
    "the list": Conversation(
        "get-webhook",
        {},
        sends=asks("webhook"),
        answer=(200, {"webhookUrl": BOTH, "webhookStatuses": [{"url": BOTH[0], "token": "t"}]}),
        returns={"webhook_urls": BOTH, "statuses": [{"url": BOTH[0], "token": "…"}]},
    ),
    "no list is no empty list": Conversation(
        "get-webhook", {}, sends=asks("webhook"), answer=(200, {}), raises=BadReply
    ),
}
PROFILE = {
    "about": "Open 9-18",
    "address": "1 Test Street",
    "description": "Example shop",
    "email": "care@example.test",
    "phone": "15550100999",
    "vertical": "Other",
    "photo": "https://cdn.example.test/p.jpg",
    "websites": ["https://www.example.test/"],
}
EMPTY: dict[str, Any] = {**dict.fromkeys(PROFILE), "websites": [], "warning": None}


def me(answer: Any, **expected: Any) -> Conversation:
    """GET /me and what we made of it."""
    return Conversation("get-profile-info", {}, sends=asks("me"), answer=(200, answer), **expected)


def change(given: dict[str, Any], answer: Any = (200, {"result": "success"}), **expected: Any) -> Conversation:
    """POST /me with what was given."""
    if not expected:
        expected = {"returns": {"done": True}}
    return Conversation("update-profile-info", given, sends=writes("me", given), answer=answer, **expected)


UPDATE = {"about": "Open 9-18", "email": "care@example.test", "vertical": "Other", "websites": PROFILE["websites"]}
ABOUT = {
    "flat": me(PROFILE, returns={**PROFILE, "warning": None}),
    "in Meta's envelope, outer wins": me(
        {
            "data": [
                {
                    "about": "inner",
                    "email": "care@example.test",
                    "profile_picture_url": "https://cdn.example.test/p.jpg",
                    "messaging_product": "whatsapp",
                }
            ],
            "about": "outer",
            "token": TOKEN,
        },
        returns={
            **EMPTY,
            "about": "outer",
            "email": "care@example.test",
            "photo": "https://cdn.example.test/p.jpg",
        },
    ),
    "a phone in an object": me(
        {"phone": {"display_phone_number": "+1 555-010-0999"}, "vertical": "RETAIL"},
        returns={**EMPTY, "phone": "+1 555-010-0999", "vertical": "RETAIL"},
    ),
    "a bare phone": me("15550100999", raises=BadReply),
    "a bare phone in JSON": me(b'"15550100999"', returns={**EMPTY, "phone": "15550100999"}),
    "empty": me({}, returns=EMPTY),
    "a warning beside it": me({"about": "x", "error": "late"}, returns={**EMPTY, "about": "x", "warning": "late"}),
    "an error alone": me({"error": "Upstream profile error"}, raises=Rejected),
    "changed": change(UPDATE),
    "nothing updatable, they say": change(UPDATE, (422, {"error": "Nothing to update"}), raises=Rejected, code="422"),
    "nothing to change": Conversation("update-profile-info", {}, raises=InvalidCall),
    "a number cannot change": Conversation("update-profile-info", {"phone": "15550100999"}, raises=InvalidCall),
    "an unknown line": Conversation("update-profile-info", {"vertical": "Piracy"}, raises=InvalidCall),
    "three pages": Conversation("update-profile-info", {"websites": ["https://a.test"] * 3}, raises=InvalidCall),
    "a picture over http": Conversation("update-profile-info", {"photo": "http://a.test/p.jpg"}, raises=InvalidCall),
    "too long": Conversation("update-profile-info", {"about": "x" * 140}, raises=InvalidCall),
}
MEDIA = {
    "uploaded": Conversation(
        "upload-media",
        {"media_url": "https://files.example.test/a.png"},
        sends=writes("uploadMedia", {"body": "https://files.example.test/a.png"}),
        answer=(200, {"mediaId": 900000000000001}),
        returns={"media_id": "900000000000001"},
    ),
    "uploaded on an older channel": Conversation(
        "upload-media",
        {"url": "https://files.example.test/a.png"},
        sends=writes("uploadMedia", {"body": "https://files.example.test/a.png"}),
        answer=(200, {"mediaId": "11111111-2222-4333-8444-555555555555"}),
        returns={"media_id": "11111111-2222-4333-8444-555555555555"},
    ),
    "wrong file": Conversation(
        "upload-media",
        {"media_url": "https://files.example.test/a.png"},
        sends=writes("uploadMedia", {"body": "https://files.example.test/a.png"}),
        answer=(200, {"sent": False, "message": "wrong file"}),
        raises=Rejected,
        reason="media",
    ),
    "an empty answer kept nothing": Conversation(
        "upload-media",
        {"media_url": "https://files.example.test/a.png"},
        sends=writes("uploadMedia", {"body": "https://files.example.test/a.png"}),
        answer=(200, None),
        raises=Rejected,
        reason="media",
    ),
    "not a file": Conversation("upload-media", {"media_url": "a.png"}, raises=InvalidCall),
    "fetched": Conversation(
        "retrieve-media",
        {"media_id": "1"},
        sends=asks("retrieveMedia", mediaId="1"),
        answer=(200, {"url": "https://cdn.example.test/1", "mimeType": "image/png", "fileSize": 3, "id": "1"}),
        returns={
            "url": "https://cdn.example.test/1",
            "mime_type": "image/png",
            "sha256": None,
            "size": 3,
            "media_id": "1",
        },
    ),
    "deleted": Conversation(
        "delete-media",
        {"media_id": "a/b"},
        sends={"method": "DELETE", "path": f"/{CHANNEL}/media/a%2Fb", "query": {"token": TOKEN}},
        answer=(200, {"result": "success"}),
        returns={"done": True},
    ),
}
FIGURES = {
    "a month": Conversation(
        "get-channel-statistics",
        {"month": "03.2026"},
        sends=asks("statistics", date="03.2026"),
        answer=(200, {"date": "03.2026", "templates_cost": 12.5031}),
        returns={"month": "03.2026", "templates_cost": 12.5031, "currency": None},
    ),
    "not on this channel": Conversation(
        "get-channel-statistics", {}, sends=asks("statistics"), answer=(404, "Not Found"), raises=Unsupported
    ),
    "not on this deployment": Conversation(
        "get-extended-statistics", {}, sends=asks("extendedStatistics"), answer=(501, None), raises=Unsupported
    ),
    "no month": Conversation("get-channel-statistics", {"month": "13.2026"}, raises=InvalidCall),
    "periods": Conversation(
        "get-extended-statistics",
        {},
        sends=asks("extendedStatistics"),
        answer=(200, [{"quantity": 2, "total_price": 0.0691}]),
        returns={"items": [{"quantity": 2, "total_price": 0.0691}]},
    ),
    "periods that are none": Conversation(
        "get-extended-statistics", {}, sends=asks("extendedStatistics"), answer=(200, {"a": 1}), raises=BadReply
    ),
    "an address": Conversation(
        "get-output-ip",
        {},
        sends=asks("outputIP"),
        answer=(200, {"result": "192.0.2.10"}),
        returns={"ip": "192.0.2.10"},
    ),
    "statuses": Conversation(
        "get-message-statuses",
        {"message_id": OUT},
        sends=asks("hookInfo", messageId=OUT),
        answer=(
            200,
            {"hooks": [{"id": OUT, "status": "read", "timestamp": "1767225700", "recipient_id": "15550100123"}]},
        ),
        returns={
            "items": [
                {
                    "state": "read",
                    "status": "read",
                    "at": "2026-01-01T00:01:40Z",
                    "to": ADA,
                    "raw": {
                        "id": OUT,
                        "status": "read",
                        "timestamp": "1767225700",
                        "recipient_id": "15550100123",
                    },
                }
            ]
        },
    ),
}
ALL = {
    f"{name}: {circumstance}": one
    for name, group in {
        "status": STATUS,
        "settings": SETTINGS,
        "webhook": WEBHOOK,
        "profile": ABOUT,
        "media": MEDIA,
        "figures": FIGURES,
    }.items()
    for circumstance, one in group.items()
}


@pytest.mark.parametrize("one", ALL.values(), ids=ALL)
def test_account_actions(one: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Each conversation leaves exactly the recorded request and ends as the table says, without a secret in a log."""
    one.check(PROVIDER, CONNECTION, caplog)
