"""Infobip's words that several tables of conversations share."""

from __future__ import annotations

from typing import Any

from tests.connectors.conversation import REF

PENDING = {"groupId": 1, "groupName": "PENDING", "id": 26, "name": "PENDING_ACCEPTED", "description": "sent on"}
ENROUTE = {"groupId": 1, "groupName": "PENDING", "id": 7, "name": "PENDING_ENROUTE", "description": "sent on"}


def rejected(number: int, name: str) -> dict[str, Any]:
    """A refused status."""
    return {"groupId": 5, "groupName": "REJECTED", "id": number, "name": name, "description": "no"}


def answer(status: dict[str, Any], message_id: str = REF, to: str = "447700900123") -> dict[str, Any]:
    """An answer of SMS v3 with one message."""
    return {"messages": [{"messageId": message_id, "destination": to, "status": status}]}


def get(path: str, **query: str) -> dict[str, Any]:
    """A GET on the wire."""
    return {"method": "GET", "path": path, "query": query}


def legacy(word: str) -> dict[str, Any]:
    """An error body of shape A."""
    return {"requestError": {"serviceException": {"messageId": word, "text": word.lower()}}}
