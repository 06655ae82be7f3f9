"""Meta's answers in our words, where a schema alone cannot say it: what needs the question to be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.action import Action, Call
from connectors.instagram.schemas import Done, bare
from connectors.provider import Answer


def read(action: Action, call: Call, answer: Answer) -> Mapping[str, Any]:
    """
    The output of an action.

    A sign's body means nothing (it may be empty): what was asked is what was done.  All else goes through the schema;
    what does not fit raises, and a send whose answer does not fit is of unknown outcome.
    """
    if action.reply is Done:
        to, about = bare(call.input.get("to", call.input.get("recipient"))), bare(call.input.get("message_id"))
        return {"to": to, **({"message_id": about} if about else {})}
    if not isinstance(answer.data, Mapping):
        told = "no JSON object"
        raise TypeError(told)
    return dict(action.reply().load(answer.data))
