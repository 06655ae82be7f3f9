"""A caller's words for a proxied request, as the run that carries it out: connectors/proxy.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors import proxy
from worker.accept import RunBody

OPTIONS = frozenset(RunBody().fields) - {"connection", "action", "input", "force"}


def body(connection: str, words: Mapping[str, Any]) -> dict[str, Any]:
    """
    The body of the run, as `accept` takes it.

    words: {method, path, query, headers, json | form | data | …} and, besides, `repeatable` and a run's options
    """
    options = {name: word for name, word in words.items() if name in OPTIONS}
    given = {name: word for name, word in words.items() if name not in OPTIONS and name != "repeatable"}
    key = proxy.REPEATABLE if words.get("repeatable") else proxy.REQUEST
    return {"connection": connection, "action": key, "input": given, **options}
