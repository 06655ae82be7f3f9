"""Any body at all: never an exception but Malformed, never a lost item, raw words kept; and a full batch."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import Malformed
from connectors.events import EventType, Fact
from connectors.guards import HookRequest
from connectors.instagram import PROVIDER
from connectors.instagram.webhooks_message import KINDS
from tests.connectors.instagram.bodies import inbound, parsed

IDS = st.sampled_from(["17841400000000001", "900000000000001", "0", "", 17841400000000001, None, "\ud83d", "é"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["\ud800", "react", "unreact", "1767225599876", "2026-03-04T09:15:27+0000", "instagram"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
LOOSE = SCALARS | JSON
CONTENT = st.fixed_dictionaries(
    {},
    optional={
        "mid": LOOSE,
        "text": LOOSE,
        "is_echo": LOOSE,
        "is_deleted": LOOSE,
        "is_unsupported": LOOSE,
        "action": LOOSE,
        "emoji": LOOSE,
        "reaction": LOOSE,
        "watermark": LOOSE,
        "num_edit": LOOSE,
        "payload": LOOSE,
        "title": LOOSE,
        "referral": LOOSE,
        "quick_reply": LOOSE,
        "reply_to": LOOSE | st.fixed_dictionaries({"story": LOOSE}),
        "attachments": LOOSE
        | st.lists(st.fixed_dictionaries({}, optional={"type": LOOSE, "payload": LOOSE}) | LOOSE, max_size=3),
    },
)
SIDE = st.fixed_dictionaries({}, optional={"id": IDS | LOOSE}) | LOOSE
ITEM = (
    st.fixed_dictionaries(
        {},
        optional={
            "sender": SIDE,
            "recipient": SIDE,
            "timestamp": LOOSE,
            **{name: CONTENT | LOOSE for name, _ in KINDS},
        },
    )
    | LOOSE
)
COMMENT = st.fixed_dictionaries(
    {}, optional={"id": LOOSE, "comment_id": LOOSE, "media_id": LOOSE, "from": SIDE, "media": LOOSE, "text": LOOSE}
)
FIELD = st.sampled_from(["comments", "live_comments", "mentions", "story_insights", "messages"]) | LOOSE
CHANGE = st.fixed_dictionaries({}, optional={"field": FIELD, "value": COMMENT | ITEM}) | LOOSE
ENTRY = (
    st.fixed_dictionaries(
        {},
        optional={
            "id": IDS,
            "time": LOOSE,
            "messaging": st.lists(ITEM, max_size=4) | LOOSE,
            "standby": st.lists(ITEM, max_size=2) | LOOSE,
            "changes": st.lists(CHANGE, max_size=3) | LOOSE,
            "field": FIELD,
            "value": COMMENT | LOOSE,
        },
    )
    | LOOSE
)
BODY = st.fixed_dictionaries(
    {},
    optional={
        "object": st.sampled_from(["instagram", "page"]) | LOOSE,
        "entry": st.lists(ENTRY, max_size=3) | LOOSE,
        "field": FIELD,
        "value": ITEM,
    },
)


def carried(holder: dict[str, Any], name: str) -> list[Any]:
    """What stands under a name, one way or another."""
    value = holder.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def items_of(body: Any) -> list[Any]:
    """Every item of a body, counted apart from the parser."""
    if not isinstance(body, dict):
        return [body]
    told = body.get("object")
    foreign = told not in {"", "instagram"} if isinstance(told, str) else type(told) in {int, float}
    if foreign:
        return [body]
    found: list[Any] = []
    for entry in carried(body, "entry"):
        if not isinstance(entry, dict):
            found.append(entry)
            continue
        found += [one for name in ("messaging", "standby", "changes") for one in carried(entry, name)]
        if "field" in entry or "value" in entry:
            found.append(entry)
    return found


def held(fact: Fact) -> str:
    """A fact as the worker keeps it: everything in it must stand JSON and UTF-8 where it becomes a key."""
    for name in ("key", "conversation", "account"):
        told = getattr(fact, name)
        assert told is None or told.encode()
    return json.dumps(fact.raw)


@settings(max_examples=400, deadline=None)
@given(BODY | st.lists(BODY, max_size=3))
def test_no_item_is_lost(body: Any) -> None:
    """At least one fact for each item, each with raw words, whatever the types turn out to be."""
    facts = parsed(body)
    raws = Counter(held(fact) for fact in facts)
    for one in body if isinstance(body, list) else [body]:
        for item in items_of(one):
            assert raws[json.dumps(item)] or raws[json.dumps(one)]
    wanted = [item for one in (body if isinstance(body, list) else [body]) for item in items_of(one)]
    assert len(facts) >= len(wanted)
    assert all(isinstance(fact.type, EventType) for fact in facts)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200) | st.text(max_size=100).map(str.encode) | JSON.map(lambda told: json.dumps(told).encode())
)
def test_any_bytes(body: bytes) -> None:
    """Facts or Malformed, nothing else."""
    try:
        facts = PROVIDER.parse(HookRequest(body=body))
    except Malformed:
        return
    assert facts or json.loads(body) == []


@settings(max_examples=100, deadline=None)
@given(BODY)
def test_the_same_body_makes_the_same_facts(body: Any) -> None:
    """Redelivered, an item has its old key, account and conversation."""
    once, twice = ([(fact.type, fact.key, fact.account, fact.conversation) for fact in parsed(body)] for _ in range(2))

    assert once == twice


def test_a_full_batch_over_twenty_accounts() -> None:
    """A thousand items, one of them broken: 999 messages, each with the account of its entry, and one set aside."""
    accounts = [f"178414{n:011d}" for n in range(20)]
    entries: list[dict[str, Any]] = []
    for number, account in enumerate(accounts):
        items: list[Any] = [
            {
                **inbound(1767225600000 + at, message={"mid": f"mid-{number}-{at}", "text": f"text {at}"}),
                "recipient": {"id": account},
            }
            for at in range(50)
        ]
        entries.append({"id": account, "time": 1767225600123, "messaging": items})
    entries[7]["messaging"][13] = {"sender": 5, "message": ["broken"]}
    body = json.dumps({"object": "instagram", "entry": entries}).encode()
    facts = PROVIDER.parse(HookRequest(body=body))

    assert 1000 == len(facts)
    assert {EventType.RECEIVED: 999, EventType.UNKNOWN: 1} == Counter(fact.type for fact in facts)
    assert dict.fromkeys(accounts, 50) == Counter(fact.account for fact in facts)
    assert 999 == len({fact.key for fact in facts if fact.type is EventType.RECEIVED})
    assert [accounts[7]] == [fact.account for fact in facts if fact.type is EventType.UNKNOWN]
    assert [f"mid-3-{at}" for at in range(50)] == [fact.key for fact in facts if fact.account == accounts[3]]
