"""What the stand-in holds request bodies against, and what a fresh channel has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

CHAT = re.compile(r"[0-9]+@[cg]\.us|[A-Z]{2}\.[A-Za-z0-9]+@lid|.+@(?:username|broadcast)")
CLOUD_ID = re.compile(r"wamid\..+")  # documented for quotedMsgId (§2.2)
SWITCHES = {
    "ackNotificationsOn": True,
    "guaranteedHooks": False,
    "rawHooks": False,
    "template_analytics_enabled": False,
    "cta_url_link_tracking_opted_out": False,
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


class Refusal(Exception):
    """An answer that ends a request."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__()
        self.status = status
        self.body = body


def recipient(body: Mapping[str, Any]) -> str:
    """
    The chat of the one destination field (§2.1).

    raises: Refusal without one, with two, or with one that is no address
    """
    named = [name for name in ("phone", "chatId", "bsuid", "username") if body.get(name) is not None]
    if len(named) != 1:
        raise Refusal(400, {"error": "Exactly one of phone, chatId, bsuid, username is required"})
    value = body[named[0]]
    if named[0] == "phone":
        if isinstance(value, int) and not isinstance(value, bool) and 10**9 <= value < 10**15:
            return f"{value}@c.us"
        if isinstance(value, str) and re.fullmatch(r"[0-9]{6,15}", value):
            return f"{value}@c.us"
        if isinstance(value, str) and re.fullmatch(r"[A-Z]{2}\.[A-Za-z0-9]+", value):
            return f"{value}@lid"  # seen to work where a chatId did not (§5.3)
        raise Refusal(200, {"sent": False, "message": "Wrong phone number"})
    if not isinstance(value, str):
        raise Refusal(200, {"sent": False, "message": f"Wrong {named[0]}"})
    if named[0] == "chatId" and not CHAT.fullmatch(value):
        raise Refusal(200, {"sent": False, "message": "Wrong chatId"})
    if named[0] == "username" and value == "nobody":
        raise Refusal(200, {"sent": False, "message": "Username is not found"})
    return {"chatId": value, "bsuid": f"{value}@lid", "username": f"{value}@username"}[named[0]]


def quotable(body: Mapping[str, Any]) -> None:
    """Refuses to quote an id that is none of theirs."""
    quoted = body.get("quotedMsgId")
    if quoted is not None and not (isinstance(quoted, str) and CLOUD_ID.fullmatch(quoted)):
        raise Refusal(200, {"sent": False, "message": "Invalid quotedMsgId"})


def text(body: Mapping[str, Any], most: int, name: str = "body") -> str:
    """The text under `name`, 1 to `most` characters, without what templates refuse (§2.5)."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Refusal(400, {"error": f"{name} is required"})
    if len(value) > most:
        raise Refusal(400, {"error": f"{name} is longer than {most} characters"})
    if "\t" in value or "     " in value:
        told = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        raise Refusal(500, {"error": told})
    return value


NAMESPACE = "aaaaaaaa_bbbb_4ccc_8ddd_eeeeeeeeeeee"


def templates() -> list[dict[str, Any]]:
    """A fresh channel's templates: one approved, one without variables, one still looked at, one refused."""

    def one(number: int, name: str, status: str, *components: dict[str, Any], language: str = "en") -> dict[str, Any]:
        return {
            "id": f"70000000000000{number}",
            "name": name,
            "language": language,
            "category": "UTILITY",
            "status": status,
            "namespace": NAMESPACE,
            "rejected_reason": "NONE",
            "components": list(components),
        }

    return [
        one(
            1,
            "order_ready",
            "approved",
            {"type": "BODY", "text": "Hi {{1}}, order {{2}} is ready.", "example": {"body_text": [["Ada", "42"]]}},
            {"type": "FOOTER", "text": "Example Shop"},
        ),
        one(2, "hello", "approved", {"type": "BODY", "text": "Hello from Example Shop."}),
        one(3, "new_prices", "submitted", {"type": "BODY", "text": "New prices from {{1}}."}),
        one(4, "too_loud", "rejected", {"type": "BODY", "text": "BUY NOW"}),
    ]
