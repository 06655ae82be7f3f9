"""
Handlers: plain functions that hear events and answer.

    from worker.handlers import Ferry, on

    @on("message.received")
    def greet(event, ferry: Ferry):
        ferry.send("hello")

`FERRY_HANDLERS=my.module` loads them.  An event is handed to a handler at least once, in the order of its conversation;
what the handler asks for carries a key made of the event, so that hearing an event twice says nothing twice.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from worker import verbs
from worker.accept import Accepted, accept
from worker.core import Core, Subscription
from worker.store.connections import Stored

Handler = Callable[[dict[str, Any], "Ferry"], Any]


class HandlersError(Exception):
    """A module of FERRY_HANDLERS that cannot be loaded, or has no handler in it."""


def on(*types: str) -> Callable[[Handler], Handler]:
    """Marks a function as hearing these types of event; with none, all of them."""

    def mark(function: Handler) -> Handler:
        function.hears = frozenset(types)  # type: ignore[attr-defined]
        return function

    return mark


def load(modules: Iterable[str]) -> list[Subscription]:
    """
    The handlers of these modules, each a subscription called "<module>.<function>".

    raises: HandlersError in one sentence
    """
    found: list[Subscription] = []
    for name in modules:
        try:
            module = importlib.import_module(name)
        except ImportError as problem:
            told = f"FERRY_HANDLERS names {name}, which cannot be imported: {problem}"
            raise HandlersError(told) from problem
        mine = [
            Subscription(re.sub(r"[^\w.-]", "_", f"{name}.{label}"), thing.hears, thing)
            for label, thing in vars(module).items()
            if callable(thing) and isinstance(getattr(thing, "hears", None), frozenset) and thing.__module__ == name
        ]
        if not mine:
            told = f"FERRY_HANDLERS names {name}, which has no function marked with @on(…)"
            raise HandlersError(told)
        found += mine
    return found


class Ferry:
    """What a handler answers with.  Every method stores a run and returns at once."""

    def __init__(self, core: Core, stored: Stored, event: Mapping[str, Any], handler: str) -> None:
        self._core = core
        self._stored = stored
        self._event = event
        self._handler = handler
        self._said: dict[str, int] = {}

    def send(self, text: str | None = None, **words: Any) -> Accepted:
        """Answers in the event's conversation: text, or media, location, template … and reply_to."""
        said = {**self._conversation(), "text": text, **words}
        return self._speak("send", said)

    def mark_read(self) -> Accepted:
        """Tells the other party that the event's message was read."""
        return self._speak("mark_read", {**self._conversation(), "message": self._message()})

    def react(self, emoji: str) -> Accepted:
        """Reacts to the event's message."""
        return self._speak("react", {**self._conversation(), "message": self._message(), "emoji": emoji})

    def typing(self, *, on: bool = True) -> Accepted:
        """Shows that an answer is being written."""
        return self._speak("typing", {**self._conversation(), "on": on})

    def can(self, verb: str) -> bool:
        """Whether the event's provider has this verb: "send", "mark_read", "react", "unreact", "typing"."""
        said = {**self._conversation(), "message": self._message(), "emoji": "👍", "on": True, "text": "…"}
        return verbs.can(self._core, self._stored.id, verb, {name: value for name, value in said.items() if value})

    def run(self, action: str, given: Mapping[str, Any], **options: Any) -> Accepted:
        """Any action of the event's connection."""
        body = {"connection": self._stored.id, "action": action, "input": dict(given), **options}
        body.setdefault("idempotency_key", self._key(action))
        return accept(self._core, body, event=self._event["id"])

    def _speak(self, verb: str, words: Mapping[str, Any]) -> Accepted:
        said = {name: value for name, value in words.items() if value is not None}
        return verbs.speak(
            self._core, self._stored.id, verb, said, event=self._event["id"], idempotency_key=self._key(verb)
        )

    def _conversation(self) -> dict[str, Any]:
        return dict(verbs.answerer(self._core, self._stored, self._event))

    def _message(self) -> str | None:
        found = self._event.get("message") or {}
        return found.get("provider_id")

    def _key(self, what: str) -> str:
        """Made of the event, so that hearing it twice says nothing twice; a forced replay is an occasion of its own."""
        count = self._said[what] = self._said.get(what, -1) + 1
        again = self._event.get("replayed_by") or {}
        occasion = f"{self._event['id']}:{again['id']}" if again.get("force") else self._event["id"]
        return f"{occasion}:{self._handler}:{what}:{count}"
