"""The app of these tests, for FERRY_HANDLERS: one reply to every message, and nothing that is not asked for."""

from typing import Any

from tests.crash import mischief
from worker.handlers import Ferry, on

mischief.begin()


@on("message.received")
def answer(event: dict[str, Any], ferry: Ferry) -> None:
    """The reply carries the message's own words, so that each is found again in the provider's record."""
    if mischief.KILLS_HANDLER in str(event["message"]["text"]):
        mischief.die()
    ferry.send(f"re {event['message']['text']}")
