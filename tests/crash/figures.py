"""What became of a load: the figures that DESIGN §1 promises to be 0, and those it does not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.crash.ledger import Ledger

ENDED = frozenset({"succeeded", "failed", "cancelled"})
PROMISED = (
    "missing",
    "doubled",
    "unanswered",
    "sent_twice",
    "out_of_order",
    "unfinished",
    "failed",
    "withdrawn",
    "row",
)


@dataclass
class Figures:
    """Counts of one load; what is in `wrong` names the first of each, for whoever has to find out why."""

    acknowledged: int = 0  # webhooks that were answered 2xx, and runs that were answered 202
    missing: int = 0  # of those, without an event or a run, or a dead letter where they kill
    doubled: int = 0  # events beyond one a webhook
    unanswered: int = 0  # events without a run, or runs that succeeded without the provider having heard of it
    sent_twice: int = 0  # messages the provider heard more than once
    out_of_order: int = 0  # events or messages before one that was accepted earlier
    unfinished: int = 0  # runs neither ended nor unknown
    failed: int = 0  # runs that failed, though nothing was wrong with them
    withdrawn: int = 0  # sent although their cancel was confirmed
    row: int = 0  # promises of the row's own that were broken
    set_aside: int = 0  # allowed: whoever woke past the deadline did not send it, and it waits for a person
    unknown: int = 0  # allowed: it left, nobody answered, nothing proves it
    proven: int = 0  # were unknown, until a proof was found
    wrong: list[str] = field(default_factory=list)

    @property
    def broken(self) -> dict[str, int]:
        """The promises that were broken, and how often."""
        return {name: getattr(self, name) for name in PROMISED if getattr(self, name)}

    def __add__(self, other: Figures) -> Figures:
        added = {name: value + getattr(other, name) for name, value in vars(self).items()}
        return Figures(**added)


def figures(ledger: Ledger) -> Figures:
    """Judges what a load left behind."""
    found = Figures(acknowledged=len(ledger.acknowledged) + len(ledger.poisoned) + len(ledger.accepted))
    times = Counter(text for text, _ in ledger.heard)
    found.missing = _note(found, "no event of", (text for text in ledger.acknowledged if not times[text]))
    found.doubled = _note(found, "two events of", (text for text, count in times.items() for _ in range(count - 1)))
    found.out_of_order = _disorder(found, "event", (text for text, _ in ledger.heard))
    said: Counter[str] = Counter()
    for texts in ledger.said.values():
        said.update(texts)
        found.out_of_order += _disorder(found, "message", dict.fromkeys(texts))
    found.sent_twice = _note(found, "sent twice:", (text for text, count in said.items() for _ in range(count - 1)))
    found.withdrawn = _note(found, "sent after its cancel:", (text for text in sorted(ledger.withdrawn) if said[text]))
    _poisoned(found, ledger, times)
    poisoned = set(ledger.poisoned)
    for text, event in ledger.heard:
        if text not in poisoned:
            _run(found, text, ledger.replies.get(event), said)
    for run, text in ledger.accepted.items():
        if run not in ledger.sent:
            found.missing += _note(found, "no run of", [text])
        elif not (text in ledger.withdrawn and ledger.sent[run]["state"] == "cancelled"):
            _run(found, text, ledger.sent[run], said)
    return found


def _poisoned(found: Figures, ledger: Ledger, times: Counter[str]) -> None:
    """What kills its reader is a dead letter and no event, what kills its handler one and an event, each once."""
    for text in ledger.poisoned:
        letters = sum(text in letter for letter in ledger.aside)
        if letters == 0:
            found.missing += _note(found, "neither done nor set aside:", [text])
        elif letters > 1 or ("parser" in text and times[text]):
            found.doubled += _note(found, "set aside and done, or twice:", [text])


def _run(found: Figures, text: str, run: Mapping[str, Any] | None, said: Counter[str]) -> None:
    state = run["state"] if run else "none"
    if run is None or (state == "succeeded" and not said[text]):
        found.unanswered += _note(found, "nothing was sent of" if run else "no run of the answer to", [text])
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


def _disorder(found: Figures, what: str, texts: Iterable[str]) -> int:
    """How many came after one of their conversation that was accepted later."""
    last: dict[str, int] = defaultdict(lambda: -1)
    late = []
    for text in texts:
        talk, _, number = text.rpartition("-")
        if not talk:
            continue  # what kills has no place
        if int(number) < last[talk]:
            late.append(text)
        last[talk] = max(last[talk], int(number))
    return _note(found, f"{what} out of order:", late)


def _note(found: Figures, what: str, which: Iterable[str]) -> int:
    listed = list(which)
    if listed:
        found.wrong.append(f"{what} {', '.join(listed[:5])}")
    return len(listed)
