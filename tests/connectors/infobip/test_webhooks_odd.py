"""Bodies nobody promised: every item is kept, none sinks its batch, nothing raises but Malformed."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import Malformed
from connectors.events import EventType, Fact
from connectors.guards import HookRequest
from connectors.infobip import PROVIDER
from connectors.provider import Stamp
from tests.connectors.infobip.stage import connect

STAMP = Stamp("abc123", 1772359800)
AT = "2026-03-01T10:10:00+00:00"


def facts(body: Any, hook: str = "") -> list[Fact]:
    """The facts of a JSON body."""
    return PROVIDER.parse(HookRequest("POST", hook, "", {}, json.dumps(body).encode()))


def test_odd_items_do_not_sink_their_batch() -> None:
    """Each bad item falls alone and is kept; the good ones between them are read."""
    good = PROVIDER.samples["sms"].body(connect(), STAMP)["results"][0]
    odd: list[Any] = [None, 5, "x", [], {}, {"status": {}}, {"message": {"type": "TEXT"}}, {"seenAt": 1}]
    found = facts({"results": [good, *odd, good]})

    assert len(found) == len(odd) + 2
    assert [EventType.RECEIVED, EventType.RECEIVED] == [found[0].type, found[-1].type]
    assert odd == [fact.raw for fact in found[1:-1]]
    assert {EventType.UNKNOWN} == {fact.type for fact in found[1:-1]}


def test_bodies_without_results() -> None:
    """A bare list is results, empty results are nothing, and an object nobody knows is one unknown."""
    good = PROVIDER.samples["sms"].body(connect(), STAMP)["results"][0]

    assert [EventType.RECEIVED] == [fact.type for fact in facts([good])]
    assert [] == facts({"results": []})
    for body in ({}, {"results": "x"}, {"results": None}, 5, None, "text"):
        (fact,) = facts(body)
        assert (EventType.UNKNOWN, body) == (fact.type, fact.raw)


@pytest.mark.parametrize("body", [b"", b"<xml/>", b"\xff\xfe", b"{", b"[NaN]"])
def test_what_is_no_document_is_refused(body: bytes) -> None:
    """Only that is."""
    with pytest.raises(Malformed):
        PROVIDER.parse(HookRequest("POST", "", "", {}, body))


WORDS = [
    *("results", "status", "groupId", "groupName", "id", "name", "error", "message", "type", "text", "from", "to"),
    *("messageId", "notificationType", "eventDetails", "content", "notificationMessagesStatus", "event", "sender"),
    *("seenAt", "deletedAt", "voiceCall", "answerTime", "dtmfCodes", "originalNetwork", "contact", "userId", "context"),
    *("change", "messageTemplateId", "nmCorrelationId", "doneAt", "receivedAt", "url", "contacts", "response"),
    *("totalAmount", "value", "offset", "emoji", "action", "channel", "integrationType", "callPermissionReply"),
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.sampled_from(
        [
            *("TEXT", "IMAGE", "DOCUMENT", "REACTION", "CONTACT", "ORDER", "INTERACTIVE_FLOW_REPLY", "LOCATION", "MO"),
            *("DELIVERY", "SEEN", "payment", "user_identity_changed", "stop", "CLICKED", "LATE_BOUNCE", "447700900123"),
            *("INTERACTIVE_PAYMENT_CONFIRMATION", "INTERACTIVE_IN_THREAD_AUTHENTICATION_REPLY", AT, "TYPING_STARTED"),
        ]
    ),
)
ITEM = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=8),
    max_leaves=12,
)
OBJECT = st.dictionaries(st.sampled_from(WORDS), ITEM, max_size=10)


@settings(max_examples=80, deadline=None)
@given(st.lists(OBJECT | ITEM, max_size=4), st.sampled_from(["", "sms", "whatsapp", "email", "x"]))
def test_nothing_is_lost_and_nothing_raises(items: list[Any], hook: str) -> None:
    """As many facts as items at least, each with its raw words, whatever they are."""
    found = facts({"results": items}, hook)

    assert len(found) >= len(items)
    kept = [fact.raw for fact in found]
    for item in items:
        assert item in kept or "inThreadAuthenticationReply" in json.dumps(item)
    for fact in found:
        assert fact.at is None or fact.at.tzinfo is not None
        assert fact.type is EventType.UNKNOWN or fact.key is None or isinstance(fact.key, str)


@settings(max_examples=50, deadline=None)
@given(OBJECT)
def test_a_single_object_is_at_least_one_fact(body: dict[str, Any]) -> None:
    """Unless it is an envelope of nothing."""
    found = facts(body)

    inside = body.get("results")
    assert len(found) >= (len(inside) if isinstance(inside, list) else 1)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", "application/json", "multipart/form-data; boundary=b1"]))
def test_bytes_are_read_or_malformed(body: bytes, content_type: str) -> None:
    """Never anything else."""
    with contextlib.suppress(Malformed):
        PROVIDER.parse(HookRequest("POST", "", "", {"content-type": content_type}, body))
