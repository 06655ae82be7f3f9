"""What became of a load: the figures that DESIGN §1 promises to be 0, and those it does not."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.crash.load import Load
from tests.crash.stand import REPLIES

ENDED = frozenset({"succeeded", "failed", "cancelled"})


@dataclass
class Figures:
    """Counts of one load; what is in `wrong` names the first of each, for whoever has to find out why."""

    acknowledged: int = 0
    missing: int = 0  # acknowledged webhooks without an event
    doubled: int = 0  # events beyond one a webhook
    unanswered: int = 0  # events without a run, or whose run succeeded without the provider having heard of it
    sent_twice: int = 0  # replies the provider heard more than once
    out_of_order: int = 0  # events or replies before one that was accepted earlier
    unfinished: int = 0  # runs neither ended nor unknown
    failed: int = 0  # runs that failed, though nothing was wrong with them
    set_aside: int = 0  # allowed: whoever woke past the deadline did not send it, and it waits for a person
    unknown: int = 0  # allowed: it left, nobody answered, nothing proves it
    proven: int = 0  # were unknown, until a proof was found
    wrong: list[str] = field(default_factory=list)

    @property
    def broken(self) -> dict[str, int]:
        """The promises that were broken, and how often."""
        names = ("missing", "doubled", "unanswered", "sent_twice", "out_of_order", "unfinished", "failed")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def __add__(self, other: Figures) -> Figures:
        added = {name: value + getattr(other, name) for name, value in vars(self).items()}
        return Figures(**added)


def figures(load: Load) -> Figures:
    """Looks at events, runs and the providers' records of a load that has drained."""
    found = Figures(acknowledged=len(load.acknowledged))
    stand, pattern = load.stand, re.compile(rf"{load.name}c\d+-\d+")
    heard: list[tuple[str, str]] = []  # (text, event id), as the stream has them
    for event in stand.listed("/v1/events", type="message.received"):
        told = pattern.fullmatch(str(event["message"]["text"]))
        if told:
            heard.append((told[0], event["id"]))
    times = Counter(text for text, _ in heard)
    found.missing = _note(found, "no event of", (text for text in load.acknowledged if not times[text]))
    found.doubled = _note(found, "two events of", (text for text, count in times.items() for _ in range(count - 1)))
    found.out_of_order = _disorder(found, "event", (text for text, _ in heard))
    said: Counter[str] = Counter()
    for provider in load.providers:
        texts = [
            told[0]
            for one in stand.dev.asked(provider, REPLIES[provider])
            if (told := pattern.search(json.dumps(one["body"])))
        ]
        said.update(texts)
        found.out_of_order += _disorder(found, "reply", dict.fromkeys(texts))
    found.sent_twice = _note(found, "sent twice:", (text for text, count in said.items() for _ in range(count - 1)))
    _runs(found, load, heard, said)
    return found


def _runs(found: Figures, load: Load, heard: list[tuple[str, str]], said: Counter[str]) -> None:
    runs = {}
    for provider in load.providers:
        connection = load.stand.connection(provider).id
        runs.update({run["event"]: run for run in load.stand.listed("/v1/runs", connection=connection)})
    silent = []
    for text, event in heard:
        run = runs.get(event)
        state = run["state"] if run else "none"
        if run is None or (state == "succeeded" and not said[text]):
            silent.append(text)
        elif state == "unknown":
            found.unknown += 1
        elif state == "failed" and run["error"]["class"] == "unreachable" and not said[text]:
            found.set_aside += 1
        elif state in {"failed", "cancelled"}:
            found.failed += _note(found, f"{state}, {run['error']}:", [text])
        elif state not in ENDED:
            found.unfinished += _note(found, f"still {state}:", [text])
        elif any(str(one["outcome"]).startswith("proven") for one in run["attempts"]):
            found.proven += 1
    found.unanswered = _note(found, "no reply to", silent)


def _disorder(found: Figures, what: str, texts: Iterable[str]) -> int:
    """How many came after one of their conversation that was accepted later."""
    last: dict[str, int] = defaultdict(lambda: -1)
    late = []
    for text in texts:
        talk, _, number = text.rpartition("-")
        if int(number) < last[talk]:
            late.append(text)
        last[talk] = max(last[talk], int(number))
    return _note(found, f"{what} out of order:", late)


def _note(found: Figures, what: str, which: Iterable[str]) -> int:
    listed = list(which)
    if listed:
        found.wrong.append(f"{what} {', '.join(listed[:5])}")
    return len(listed)
