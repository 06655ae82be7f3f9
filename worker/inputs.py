"""
A run's input, and what of it nobody may see: a PIN is needed for the call and belongs in no event, page or log.

A schema marks such a field with `metadata={"secret": True}`; it is stored encrypted beside the input, which shows "…".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connectors.action import Action
from connectors.errors import Rejected
from connectors.schema import made
from worker.core import Core
from worker.store.text import text
from worker.store.vault import WrongKey, told

HIDDEN = "…"


def split(action: Action, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the input as it may be shown, what was taken out of it)."""
    secret = set()
    for name, field in made(action.request).fields.items():
        if field.metadata.get("secret"):
            secret |= {name, field.metadata.get("wire"), *field.metadata.get("also", ())}
    hidden = {name: value for name, value in given.items() if name in secret}
    return {name: HIDDEN if name in hidden else value for name, value in given.items()}, hidden


def whole(core: Core, record: Mapping[str, bytes]) -> dict[str, Any]:
    """The input of a run with all that the call needs."""
    given: dict[str, Any] = json.loads(record.get("ready") or record.get("input") or b"{}")
    closed = text(record.get("hidden"))
    if not closed:
        return given
    try:
        return {**given, **core.connections.vault.open(closed)}
    except WrongKey as problem:  # put back, and it can be retried
        raise Rejected(told("what this run hides of its input"), code="wrong_key") from problem
