"""
Did a send arrive whose answer never came?  Meta knows no idempotency key, so only its own words can say so.

The echo webhook is the worker's evidence; here is the other: the newest messages of the thread (page §2.6).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.action import Ask, Nature, Outcome, Part
from connectors.instagram.schemas import party
from connectors.provider import UnknownCall
from connectors.reading import moment

SKEW = timedelta(seconds=2)  # their clock against ours, and theirs tells whole seconds
REACH = timedelta(minutes=10)  # after leaving: longer than any call, shorter than a customer repeating the question


def prove(unknown: UnknownCall, ask: Ask) -> Outcome | None:
    """
    The outcome of a text that can be seen in its thread; None when nothing is proven, which is never "it did not".

    Only texts to a customer: a picture has no words to know it by.  Two like it in the same minutes prove nothing.
    The message's id must not be one that another run already holds: that is for the worker to see.
    """
    to, text = party(unknown.input), unknown.input.get("text")
    if unknown.action.nature is not Nature.SEND or to is None or not isinstance(text, str) or not text:
        return None
    threads: list[Any] = list(ask("list-conversations", {"to": to, "limit": 1})["items"])
    if not threads:
        return None
    page = ask("get-conversation-messages", {"conversation_id": threads[0]["conversation_id"], "details": False})
    found = [
        row
        for row in page["items"]
        if row["direction"] == "outbound"
        and row["text"] == text
        and (at := moment(row["created_at"])) is not None
        and unknown.left - SKEW <= at <= unknown.left + REACH
    ]
    if len(found) != 1:
        return None
    output = {"message_id": found[0]["message_id"], "to": to}
    return Outcome(output, (Part(ref="0", message=found[0]["message_id"]),))
