"""
What 1msg tells us: one body, told apart by what it holds; each item translated alone, its raw words kept.

    {"instanceId": "<channel>", "messages": [message, …], "ack": [ack, …]}            flat, the usual form (§4.3, §4.5)
    {"object": …, "entry": [{"changes": [{"field": …, "value": {…}}]}]}               raw: Meta's own envelope (§4.6)
    {"messages": [Meta's], "statuses": [Meta's], "contacts": […]}                     raw, as 360dialog sends it
    {"type": "calls", "instanceId": …, …}                                             calls (§4.7)

A channel can send both forms of one message: their key, the message id, is the same.  Whatever else comes is kept as
an `unknown` fact.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from connectors import reading
from connectors.errors import Malformed
from connectors.events import EventType, Fact
from connectors.guards import HookRequest
from connectors.onemsg import flat, meta, receipts
from connectors.onemsg.account import bare_channel

CHANNEL = "whatsapp"

# Meta's `field` of a change that is no message: ours (§4.7)
FIELDS = {
    "message_template_status_update": EventType.TEMPLATE_STATUS,
    "message_template_quality_update": EventType.TEMPLATE_STATUS,
    "template_category_update": EventType.TEMPLATE_STATUS,
    "phone_number_quality_update": EventType.NOTICE,
    "phone_number_name_update": EventType.NOTICE,
    "account_update": EventType.NOTICE,
    "account_review_update": EventType.NOTICE,
    "account_alerts": EventType.NOTICE,
    "calls": EventType.NOTICE,
}
LISTS = ("messages", "message", "message_echoes", "ack", "statuses", "entry")
QUIET = frozenset({*LISTS, "contacts"})  # contacts belong to the messages beside them


def parse(request: HookRequest) -> list[Fact]:
    """
    The facts of one request, at least one an item.

    raises: Malformed for a body that is neither an object nor a list
    """
    document = reading.document(request.body)
    if isinstance(document, list):
        return [fact for one in document for fact in _root(one)]
    if not isinstance(document, Mapping):
        told = "the body is no JSON object"
        raise Malformed(told)
    return _root(document)


def _root(document: Any) -> list[Fact]:
    if not isinstance(document, Mapping):
        return [reading.unknown(document, "not an object")]
    account = reading.text(document, "instanceId")
    account = None if account is None else bare_channel(account)
    facts = _value(document, document) + reading.each(listed(document.get("entry")), _entry)
    if document.get("type") == "calls":
        facts.append(Fact(type=EventType.NOTICE, raw=document, data={"name": "calls"}))
    else:
        for name, rest in document.items():
            if name not in QUIET and isinstance(rest, list):
                facts += [reading.unknown(one, f"no event we know: {name}") for one in rest if one]
        if not facts and not _is_empty(document):
            facts = [reading.unknown(document, "no event we know")]
    return [replace(fact, account=account, channel=CHANNEL) for fact in facts]


def _is_empty(document: Mapping[str, Any]) -> bool:
    """Lists without items: nothing happened."""
    return any(document.get(name) == [] for name in LISTS)


def _value(value: Mapping[str, Any], around: Mapping[str, Any]) -> list[Fact]:
    """What stands beside each other in a root or in one of Meta's values."""
    people = meta.people(listed(around.get("contacts")))
    one: Callable[[Any], Iterable[Fact]] = partial(_message, people=people)
    facts = reading.each([*listed(value.get("messages")), *listed(value.get("message"))], one)
    facts += reading.each(listed(value.get("message_echoes")), partial(_message, people=people, echo=True))
    facts += reading.each(listed(value.get("ack")), receipts.ack)
    facts += reading.each(listed(value.get("statuses")), receipts.status)
    return facts


def _message(item: Any, *, people: Mapping[str, str], echo: bool = False) -> Iterable[Fact]:
    """Flat or Meta's, told apart for each message: a flat one has a chat or its body in a text."""
    if not isinstance(item, Mapping):
        told = "a message that is no object"
        raise Malformed(told)
    if meta.is_theirs(item):
        return meta.message(item, people, echo=echo)
    return flat.message(item)


def _entry(entry: Any) -> Iterable[Fact]:
    """One of Meta's entries; a change without messages is news of the account."""
    changes = listed(entry.get("changes")) if isinstance(entry, Mapping) else []
    if not changes:
        told = "an entry without changes"
        raise Malformed(told)
    for change in changes:
        value = reading.mapping(change, "value")
        yield from _value(value, value) or [_news(change, value)]


def _news(change: Any, value: Mapping[str, Any]) -> Fact:
    field = reading.text(change, "field")
    kind = FIELDS.get(field or "")
    if kind is None:
        return reading.unknown(change, f"no event we know: {field}")
    if kind is EventType.NOTICE:
        return Fact(type=kind, raw=change, data={"name": field, **value})
    return Fact(
        type=kind,
        raw=change,
        data={
            "template": reading.text(value, "message_template_name"),
            "template_id": reading.text(value, "message_template_id"),
            "language": reading.text(value, "message_template_language"),
            "status": reading.text(value, "event", "new_quality_score", "new_category"),
            "reason": reading.text(value, "reason"),
        },
    )


def listed(value: Any) -> list[Any]:
    """A list as it is, one thing as a list of it, JSON in a text as what it says; nothing as an empty list."""
    if isinstance(value, list):
        return value
    if value is None:
        return []
    if isinstance(value, str):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
        return found if isinstance(found, list) else [found]
    return [value]
