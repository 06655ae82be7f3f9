"""What a run would send, exactly, with its secrets blotted out; nothing is stored and nothing leaves."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx

from connectors import client as http
from connectors.action import Action, Call, Outcome
from connectors.connection import Connection, blot, tail
from connectors.provider import Provider
from worker import inputs
from worker.accept import Order, in_time
from worker.core import Core
from worker.store.text import wire

REF = "run_preview"  # where a run's id would stand
SHOWN_BYTES = 100_000  # of a body that is neither JSON nor a form


class _Asked(Exception):
    """The action asked its first question; only the answer would tell what leaves."""

    def __init__(self, key: str, given: Mapping[str, Any]) -> None:
        super().__init__(key)
        self.key = key
        self.given = given


def preview(core: Core, order: Order) -> dict[str, Any]:
    """
    {connection, action, requests: [{method, url, headers, body}], asks: [{action, input, request}], note}.

    An action that asks something first is shown by its question, as its request depends on the answer.
    raises: InvalidCall
    """
    in_time(order)
    provider, action = order.provider, order.action
    spoken = order.stored.speak(core.settings.public_url)
    told: dict[str, Any] = {"connection": spoken.id, "action": action.key, "requests": [], "asks": [], "note": None}
    given: Mapping[str, Any] = json.loads(wire(json.dumps(order.body["input"], ensure_ascii=False)))  # as it is stored
    if action.first is not None:
        try:
            found = action.first(Call(spoken, given, REF), _ask)
        except _Asked as question:
            asked = provider.actions[question.key]
            request = _request(provider, asked, Call(spoken, question.given, "ask"))
            told["asks"].append({"action": question.key, "input": dict(question.given), "request": request})
            told["note"] = f"the answer to {question.key} decides what leaves"
            return told
        if isinstance(found, Outcome):
            told["note"] = "nothing need leave: the outcome is known already"
            return told
        given = found
    for index, piece in enumerate(action.cut(given)):
        call = Call(spoken, dict(piece), REF if index == 0 else f"{REF}.{index}")
        told["requests"].append(_request(provider, action, call))
    return told


def _ask(key: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    raise _Asked(key, given)


def _request(provider: Provider, action: Action, call: Call) -> dict[str, Any]:
    ready = http.prepare(provider, action, call)
    request = ready.request
    before = dict(request.headers)
    signed = _signed(ready)
    body = request.read()
    hidden = _hider(call.connection)
    unseen = list(inputs.split(action, call.input)[1].values())
    return {
        "method": request.method,
        "url": hidden(str(request.url if signed is None else signed.url)),
        "headers": {
            name: hidden(value) if before.get(name) == value else "…"
            for name, value in (request if signed is None else signed).headers.items()
        }
        | ({"authorization": "…"} if signed is None else {}),
        "body": _without(_readable(body, request.headers.get("content-type", ""), hidden), unseen),
    }


def _without(document: Any, unseen: Collection[Any]) -> Any:
    """The body without what nobody may see of an input, a PIN for instance."""
    if isinstance(document, dict):
        return {name: _without(value, unseen) for name, value in document.items()}
    if isinstance(document, list):
        return [_without(value, unseen) for value in document]
    return inputs.HIDDEN if document in unseen else document


def _signed(ready: http.Ready) -> httpx.Request | None:
    """The request with its credentials; None where they have to be fetched first."""
    if ready.auth is None:
        return ready.request
    flow = ready.auth.sync_auth_flow(ready.request)
    try:
        first = next(flow)
    finally:
        flow.close()
    return first if first is ready.request else None


def _hider(connection: Connection) -> Any:
    """Blots secrets, also as they look in a URL or in JSON."""

    def hidden(text: str) -> str:
        text = blot(text, connection)
        for secret in connection.secrets.values():
            for other in {quote(secret, safe=""), json.dumps(secret)[1:-1]}:
                if len(secret) >= 4:
                    text = text.replace(other, tail(secret))
        return text

    return hidden


def _readable(body: bytes, content_type: str, hidden: Any) -> Any:
    if not body:
        return None
    text = body.decode("utf-8", "replace")
    if "urlencoded" in content_type:
        return {name: hidden(value) for name, value in parse_qsl(text, keep_blank_values=True)}
    try:
        return json.loads(hidden(text))
    except ValueError:
        return hidden(text[:SHOWN_BYTES])
