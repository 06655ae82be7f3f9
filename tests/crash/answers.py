"""The app of these tests, for FERRY_HANDLERS: one reply to every message, and nothing that is not asked for."""

from typing import Any

from worker.handlers import Ferry, on


@on("message.received")
def answer(event: dict[str, Any], ferry: Ferry) -> None:
    """The reply carries the message's own words, so that each is found again in the provider's record."""
    ferry.send(f"re {event['message']['text']}")
