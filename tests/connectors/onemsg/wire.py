"""What is on the wire for a send, and a send that is accepted."""

from __future__ import annotations

from typing import Any

from tests.connectors.conversation import Conversation
from tests.connectors.onemsg.channel import ADA, CHANNEL, OUT, TOKEN

JSON = {"content-type": "application/json; charset=utf-8"}
ACCEPTED = {
    "sent": True,
    "id": OUT,
    "message": f"Sent to {ADA}",
    "description": "Message has been sent to the provider",
}
SENT = {"message_id": OUT, "state": "accepted", "job_id": None}
PART: list[tuple[str, str, str | None]] = [("0", "accepted", OUT)]


def leaves(method: str, body: dict[str, Any]) -> dict[str, Any]:
    """What is on the wire for a POST."""
    return {
        "method": "POST",
        "path": f"/{CHANNEL}/{method}",
        "query": {"token": TOKEN},
        "json": body,
        "headers": JSON,
    }


def said(action: str, given: dict[str, Any], path: str, body: dict[str, Any], **settings: Any) -> Conversation:
    """A send that is accepted."""
    return Conversation(
        action,
        given,
        sends=leaves(path, body),
        answer=(200, ACCEPTED),
        returns=SENT,
        parts=None if action == "send-reaction" else PART,  # a reaction is no message
        settings=settings,
    )
