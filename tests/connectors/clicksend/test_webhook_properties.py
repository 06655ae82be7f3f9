"""Whatever bytes come, nothing is lost and nothing raises but Malformed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from connectors.clicksend import PROVIDER, phones
from connectors.errors import Malformed
from connectors.guards import HookRequest

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}

KEYS = [
    *(
        "message_id",
        "messageid",
        "from",
        "to",
        "body",
        "message",
        "timestamp",
        "timestamp_send",
        "sms",
        "custom_string",
    ),
    *("original_message_id", "status", "status_code", "status_text", "error_code", "error_text", "message_type"),
    *("digits", "media", "media_url", "attachments", "user_id"),
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
LIKELY = st.sampled_from(["+61491570156", " 61491570156", "201", "Delivered", "https://e.example/a.jpg", "1e999", "A"])
ITEMS = st.dictionaries(st.sampled_from(KEYS), LIKELY | ANYTHING, max_size=12)


@given(st.lists(ITEMS | ANYTHING, max_size=5), st.sampled_from(["", "inbound", "receipt", "voice-receipt"]))
def test_no_item_is_ever_lost(items: list[Any], hook: str) -> None:
    """Whatever ClickSend sends as JSON, each item is a fact with its raw words."""
    facts = PROVIDER.parse(HookRequest("POST", hook, "", JSON, json.dumps(items).encode()))
    assert len(items) == len(facts)
    assert items == [fact.raw for fact in facts]


@given(st.dictionaries(st.sampled_from(KEYS), LIKELY | st.text(max_size=20), min_size=1, max_size=12), st.booleans())
def test_no_form_is_ever_lost(words: dict[str, str], as_get: bool) -> None:  # noqa: FBT001
    """The same of a form, and of a query."""
    written = urlencode(words, errors="replace")
    request = HookRequest("GET", "", written) if as_get else HookRequest("POST", "", "", FORM, written.encode())
    (fact,) = PROVIDER.parse(request)
    assert set(words) == set(fact.raw)


@given(st.binary(max_size=300))
def test_no_bytes_raise_but_malformed(body: bytes) -> None:
    """Noise is a fact or Malformed, nothing else; a list of nothing tells nothing."""
    try:
        facts = PROVIDER.parse(HookRequest("POST", "inbound", "", FORM, body))
    except Malformed:
        return
    assert facts or json.loads(body) == []


@given(st.text(max_size=30))
def test_a_number_has_one_spelling(words: str) -> None:
    """Canonical twice is canonical once."""
    once = phones.heard(words)
    assert once == phones.heard(once)
