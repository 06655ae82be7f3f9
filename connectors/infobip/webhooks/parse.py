"""
A body into facts.  One URL may hear of everything, so nothing rests on the path but the channel of a bare report.

    {"results": [item, …]}, or a bare list     reports, seen, deleted, inbound: each item is known by what it holds
    one object without `results`               tracking events, notices, number masking
    multipart/form-data                        inbound e-mail

source: https://www.infobip.com/docs/cpaas-x/subscriptions-management; our page, section 4.3
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connectors.errors import Malformed
from connectors.events import Fact
from connectors.guards import HookRequest
from connectors.infobip.addresses import CHANNELS
from connectors.infobip.webhooks import email, forms, inbound, notices, reports, tracking, whatsapp
from connectors.reading import document, each, mapping, unknown

Item = Mapping[str, Any]
Test = Callable[[Item], bool]
Reader = Callable[[Item, str | None], Fact | Iterable[Fact]]


def _has(*names: str) -> Test:
    return lambda item: any(item.get(name) is not None for name in names)


def _is(name: str, kind: type) -> Test:
    return lambda item: isinstance(item.get(name), kind)


def _notice(item: Item) -> bool:
    content = mapping(item, "content")
    return content.get("type") in {"user_identity_changed", "payment"} or "notificationMessagesStatus" in content


def _template(item: Item) -> bool:
    return item.get("messageTemplateId") is not None or mapping(item, "change").get("type") is not None


def _number(item: Item) -> bool:
    return any(name in item for name in ("originalNetwork", "ported", "imsi", "servingMSC"))


def _voice(item: Item) -> bool:
    if isinstance(item.get("voiceCall"), Mapping):
        return True
    return isinstance(item.get("status"), Mapping) and any(
        name in item for name in ("answerTime", "dtmfCodes", "scenarioId")
    )


def _delivery(item: Item) -> bool:
    return isinstance(item.get("status"), Mapping) and "message" not in item


def _sms(item: Item) -> bool:
    return ("text" in item or "cleanText" in item) and _has("from")(item)


# The first that matches reads the item.
KINDS: tuple[tuple[Test, Reader], ...] = (
    (_has("notificationType"), tracking.event),
    (lambda item: mapping(item, "eventDetails").get("type") is not None, notices.platform),
    (_template, notices.template),
    (_notice, notices.notice),
    (_has("nmCorrelationId"), notices.masking),
    (_is("event", str), forms.read),
    (_has("deletedAt"), reports.deleted),
    (_has("seenAt"), reports.seen),
    (_number, notices.looked_up),
    (_voice, reports.voice),
    (_delivery, reports.delivery),
    (_is("message", Mapping), whatsapp.received),
    (_is("message", list), inbound.mms),
    (_sms, inbound.sms),
)


def parse(request: HookRequest) -> list[Fact]:
    """
    The facts of one request; an item nobody knows becomes an `unknown` fact, and `results: []` none at all.

    raises: Malformed for a body that is neither JSON (whatever its content type says) nor an inbound e-mail
    """
    channel = request.hook if request.hook in CHANNELS else None
    if request.content_type == "multipart/form-data":
        return email.received(request)
    body = document(request.body)
    found = body.get("results") if isinstance(body, Mapping) else body
    if isinstance(found, list):
        return each(found, lambda item: read(item, channel))
    return each([body], lambda item: read(item, channel))


def read(item: Any, channel: str | None = None) -> Fact | Iterable[Fact]:
    """One item; `channel` is what the URL said of it."""
    if not isinstance(item, Mapping):
        raise Malformed("the item is no object")
    for test, reader in KINDS:
        if test(item):
            return reader(item, channel)
    return unknown(item, "nothing in the item tells what it is")
