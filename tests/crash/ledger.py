"""What a load left behind, gathered once it has drained, for figures.py to judge; nothing here judges."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.crash.load import Load
from tests.crash.sends import PROVIDER, Sends
from tests.crash.stand import P


@dataclass
class Ledger:
    """
    acknowledged: the texts of webhooks that were answered 2xx, and not by a Redis that an older one replaced
    poisoned:     those that were to kill whoever reads or hears them
    accepted:     run → text of what was accepted over HTTP
    withdrawn:    texts whose cancel was confirmed
    heard:        (text, event id) of the events, as the stream has them
    replies:      event id → the run that answers it
    sent:         run → what was accepted over HTTP, as it stands now
    said:         by provider, the texts it was asked to send, in order
    aside:        the dead letters of requests and deliveries, as JSON
    """

    acknowledged: list[str] = field(default_factory=list)
    poisoned: list[str] = field(default_factory=list)
    accepted: dict[str, str] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    heard: list[tuple[str, str]] = field(default_factory=list)
    replies: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    sent: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=dict)
    aside: list[str] = field(default_factory=list)


def gather(load: Load, sends: Sends | None = None) -> Ledger:
    """Looks at events, runs, dead letters and the providers' records, as far as they are of this load."""
    stand = load.stand
    told = re.compile(rf"{load.name}(?:[cs]\d+-\d+|p\d+ [a-z ]+)")
    found = Ledger([text for text in load.acknowledged if text not in load.forgotten], list(load.poisoned))
    for event in stand.listed("/v1/events", type="message.received", **load.since):
        if text := told.fullmatch(str(event["message"]["text"])):
            found.heard.append((text[0], event["id"]))
    for provider in sorted({*load.providers, PROVIDER}):
        found.said[provider] = [
            text[0]
            for one in stand.asked(provider, after=load.asked[provider])
            if (text := told.search(json.dumps(one["body"])))
        ]
        for run in stand.listed("/v1/runs", connection=stand.connection(provider).id):
            if run["created_at"] < load.began:
                break
            if run["event"]:
                found.replies[run["event"]] = run
            elif sends is not None and run["id"] in sends.accepted:
                found.sent[run["id"]] = run
    if sends is not None:
        found.accepted = {run: text for run, text in sends.accepted.items() if run not in sends.forgotten}
        found.withdrawn = set(sends.withdrawn)
    names: Any = stand.state.zrange(f"{P}dl", 0, -1)
    for name in names:
        letter: Any = stand.state.hgetall(f"{P}dl:{name.decode()}")
        if letter and letter[b"kind"] != b"run":
            found.aside.append(letter[b"json"].decode())
    return found
