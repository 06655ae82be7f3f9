"""Echo: answers every message with its own text, marks it read and reacts, as far as the provider can."""

from typing import Any

from worker.handlers import Ferry, on


@on("message.received")
def echo(event: dict[str, Any], ferry: Ferry) -> None:
    """Ten lines that show all three verbs."""
    ferry.send(f"You said: {event['message']['text'] or event['message']['kind']}")
    if ferry.can("mark_read"):
        ferry.mark_read()
    if ferry.can("react"):
        ferry.react("👍")
