"""Whatever comes: never an exception but Malformed, never a lost item, and the raw words kept."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import Malformed, Refused
from connectors.guards import HookRequest
from connectors.onemsg import PROVIDER, flat, receipts
from connectors.provider import Stamp
from connectors.samples import make
from tests.connectors.onemsg.bodies import ECHO, TEXT
from tests.connectors.onemsg.channel import CHANNEL, CONNECTION, hook

FIELDS = [
    *TEXT,
    "from",
    "to",
    "timestamp",
    "text",
    "image",
    "reaction",
    "interactive",
    "location",
    "contacts",
    "context",
]
WORDS = [*flat.TYPES, *flat.SPECIAL, "hologram"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
loose = st.one_of(
    anything,
    st.sampled_from(
        ["15550100123@c.us", "15550100123", "https://a.test/x.jpg", "1767225600", "e30=", "40;-74", *WORDS]
    ),
)
message = st.one_of(
    anything,
    st.dictionaries(st.sampled_from(FIELDS), loose, max_size=8),
    st.builds(
        lambda base, more: {**base, **more},
        st.sampled_from([TEXT, ECHO]),
        st.dictionaries(st.sampled_from(FIELDS), loose, max_size=4),
    ),
    st.builds(
        lambda word, inner: {"from": "15550100123", "id": "w", "timestamp": "1", "type": word, word: inner},
        st.sampled_from(WORDS),
        st.dictionaries(st.text(max_size=8), loose, max_size=3),
    ),
)
ack = st.one_of(
    anything,
    st.fixed_dictionaries(
        {"id": loose, "status": st.one_of(loose, st.sampled_from(list(receipts.STATES)))},
        optional={"chatId": loose, "phone": loose, "bsuid": loose, "error": anything, "category": anything},
    ),
)


@given(messages=st.lists(message, max_size=6), acks=st.lists(ack, max_size=4), statuses=st.lists(ack, max_size=3))
@settings(max_examples=150, deadline=None)
def test_no_item_is_lost(messages: list[Any], acks: list[Any], statuses: list[Any]) -> None:
    """At least one fact an item, in their order, each with the item's own words."""
    body = json.dumps({"instanceId": CHANNEL, "messages": messages, "ack": acks, "statuses": statuses}).encode()
    facts = PROVIDER.parse(hook(body))
    items = [*messages, *acks, *statuses]
    assert len(facts) >= len(items)
    left = [json.dumps(fact.raw) for fact in facts]
    for item in items:
        said = json.dumps(item)
        assert said in left[: left.index(said) + 1]
        del left[left.index(said)]
    json.dumps([fact.data for fact in facts])
    assert [fact.key for fact in facts] == [fact.key for fact in PROVIDER.parse(hook(body))]


@given(messages=st.lists(message, max_size=4), acks=st.lists(ack, max_size=3))
@settings(max_examples=150, deadline=None)
def test_no_item_is_lost_in_metas_envelope(messages: list[Any], acks: list[Any]) -> None:
    """The same, two layers down."""
    value = {"messages": messages, "statuses": acks}
    body = json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()
    assert len(PROVIDER.parse(hook(body))) >= max(1, len(messages) + len(acks))


@given(
    document=st.one_of(
        anything,
        st.dictionaries(
            st.sampled_from(["messages", "message", "ack", "entry", "statuses", "contacts", "type", "instanceId", "x"]),
            anything,
            max_size=5,
        ),
    )
)
@settings(max_examples=150, deadline=None)
def test_no_document_breaks_the_parser(document: Any) -> None:
    """An object or a list is read; all else is Malformed."""
    body = json.dumps(document).encode()
    if isinstance(document, dict | list):
        PROVIDER.parse(hook(body))
    else:
        with pytest.raises(Malformed):
            PROVIDER.parse(hook(body))


@given(body=st.binary(max_size=300), query=st.text(max_size=50), method=st.sampled_from(["GET", "POST", "HEAD"]))
def test_no_bytes_break_the_door(body: bytes, query: str, method: str) -> None:
    """Guard, handshake and parser, on whatever somebody sends."""
    request = HookRequest(method, query=query, body=body)
    with contextlib.suppress(Refused):
        PROVIDER.guard(CONNECTION, request)
    answer = PROVIDER.handshake(CONNECTION, request)
    assert (answer is None) is (method == "POST")
    with contextlib.suppress(Malformed):
        PROVIDER.parse(request)


@given(name=st.sampled_from(sorted(PROVIDER.samples)), at=st.integers(0, 400), byte=st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_a_real_body_with_one_byte_changed(name: str, at: int, byte: int) -> None:
    """What a wire could do to it."""
    whole = bytearray(make(PROVIDER, PROVIDER.samples[name], CONNECTION, Stamp("0001", 1767225600)).body)
    whole[at % len(whole)] = byte
    with contextlib.suppress(Malformed):
        PROVIDER.parse(hook(bytes(whole)))
