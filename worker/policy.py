"""
What the owner of a connection wants of us, in words of ours and not of the provider's: `policy`, beside its settings.

    unknown_outcome    what happens to a send nobody could prove, once nobody looks for proof any more
        hold           it waits for a person, as a dead letter of the cause "unknown": the default
        assume_sent    it has succeeded, by assumption, and is marked so
        fail           it has failed, as a dead letter
        send_again     it is sent once more: it may arrive twice.  One that is unknown again is held
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.errors import InvalidCall
from worker.store.connections import Stored

HOLD, ASSUME_SENT, FAIL, SEND_AGAIN = "hold", "assume_sent", "fail", "send_again"


@dataclass(frozen=True, slots=True)
class Choice:
    """One question of the policy: the answers there are, the default first."""

    answers: tuple[str, ...]
    meaning: str


POLICY = {
    "unknown_outcome": Choice(
        (HOLD, ASSUME_SENT, FAIL, SEND_AGAIN),
        "a send nobody could prove: it is held for a person, assumed, failed, or sent again: it may arrive twice",
    ),
}


def of(stored: Stored | None, name: str) -> str:
    """What the connection's owner chose, or the default."""
    choice = POLICY[name]
    said = stored.policy.get(name) if stored is not None else None
    return said if said in choice.answers else choice.answers[0]


def shown(stored: Stored) -> dict[str, str]:
    """The whole policy in force."""
    return {name: of(stored, name) for name in POLICY}


def hold(given: Mapping[str, Any]) -> dict[str, str]:
    """
    A policy as a caller gives it.

    raises: InvalidCall naming each question and answer there is none of
    """
    wrong: dict[str, Any] = {}
    for name, answer in given.items():
        choice = POLICY.get(name)
        if choice is None:
            wrong[f"policy.{name}"] = [f"there is no such policy; there is {', '.join(POLICY)}"]
        elif answer not in choice.answers:
            wrong[f"policy.{name}"] = [f"say one of {', '.join(choice.answers)}"]
    if wrong:
        told = f"this is no policy of a connection: {', '.join(wrong)}"
        raise InvalidCall(told, fields=wrong)
    return {name: str(answer) for name, answer in given.items()}
