"""HTTP refusals: every status of the page, both shapes of body and the strays."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import BadReply, ConnectorError, OutcomeUnknown, Rejected, Throttled
from connectors.infobip import PROVIDER
from connectors.infobip.errors import SCOPES, explain, judge, wait
from connectors.provider import Answer

SEND = PROVIDER.actions["send-sms-message"]
READ = PROVIDER.actions["get-sms-message-logs"]


def answer(status: int, data: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """An answer as the client reads it."""
    return Answer(status, httpx.Headers(headers or {}), b"", data)


STATUSES: list[tuple[int, type[ConnectorError] | None, str | None]] = [
    (200, None, None),
    (201, None, None),
    (202, None, None),
    (204, None, None),
    (400, Rejected, "other"),
    (401, Rejected, "auth"),
    (403, Rejected, "policy"),
    (404, Rejected, "other"),
    (405, Rejected, "other"),
    (409, Rejected, "other"),
    (412, Rejected, "other"),
    (416, Rejected, "other"),
    (422, Rejected, "other"),
    (429, Throttled, "throttled"),
    (408, OutcomeUnknown, "other"),
    (500, OutcomeUnknown, "other"),
    (502, OutcomeUnknown, "other"),
    (503, OutcomeUnknown, "other"),
    (599, OutcomeUnknown, "other"),
    (302, OutcomeUnknown, "other"),
]


@pytest.mark.parametrize(("status", "kind", "reason"), STATUSES)
def test_the_status_decides(status: int, kind: type[ConnectorError] | None, reason: str | None) -> None:
    """Whatever the body is, the HTTP status decides what a send's answer was."""
    bodies: list[Any] = [None, {}, [], "x", {"error": "x"}, {"requestError": None}, {"violations": 3}]
    for body in bodies:
        found = judge(SEND, answer(status, body))
        assert (kind, reason) == (type(found) if found else None, str(found.reason) if found else None)


def test_a_strange_answer_to_a_read_is_a_bad_reply() -> None:
    """A read may be asked again, so there is nothing unknown about it."""
    assert isinstance(judge(READ, answer(302)), BadReply)


def test_their_trouble_with_a_read_may_be_over_soon() -> None:
    """A 5xx to a read is asked again, which a bad reply would not be."""
    for status in (500, 502, 503):
        found = judge(READ, answer(status, None, {"retry-after": "3"}))
        assert isinstance(found, OutcomeUnknown)
        assert 3.0 == found.after


SHAPES: dict[str, tuple[Any, str | None, str | None]] = {
    "A": (
        {
            "requestError": {
                "serviceException": {
                    "messageId": "BAD_REQUEST",
                    "text": "Bad request",
                    "validationErrors": {"content.text": ["size must be between 1 and 4096", "must not be blank"]},
                }
            }
        },
        "BAD_REQUEST",
        "Bad request: content.text size must be between 1 and 4096, must not be blank",
    ),
    "A, violations as a text": (
        {"requestError": {"serviceException": {"messageId": "X", "text": "t", "validationErrors": {"to": "bad"}}}},
        "X",
        "t: to bad",
    ),
    "A, violations as a list": (
        {"requestError": {"serviceException": {"messageId": "X", "text": "t", "validationErrors": ["bad"]}}},
        "X",
        "t: bad",
    ),
    "A, violations null": (
        {"requestError": {"serviceException": {"messageId": "X", "text": "t", "validationErrors": None}}},
        "X",
        "t",
    ),
    "A without an exception": ({"requestError": {}}, None, None),
    "B": (
        {
            "errorCode": "E400",
            "description": "Request cannot be processed.",
            "action": "Check the syntax.",
            "violations": [{"property": "messages[0].destinations", "violation": "must not be empty"}],
            "resources": [],
        },
        "E400",
        "Request cannot be processed.: messages[0].destinations must not be empty (Check the syntax.)",
    ),
    "B, bare": ({"errorCode": "E404"}, "E404", None),
    "a text": ({"error": "Message not found"}, None, "Message not found"),
    "an object": ({"error": {"code": "X", "message": "no"}}, "X", "no"),
    "of an upload": ({"bulkId": "", "messages": [], "errorMessage": "too big"}, None, "too big"),
    "OAuth beside A": (
        {"error": "invalid_client", "requestError": {"serviceException": {"messageId": "UNAUTHORIZED", "text": "no"}}},
        "UNAUTHORIZED",
        "no",
    ),
    "a list": ([], None, None),
    "nothing": (None, None, None),
}


@pytest.mark.parametrize(("body", "code", "text"), SHAPES.values(), ids=SHAPES)
def test_the_body_enriches(body: Any, code: str | None, text: str | None) -> None:
    """Their code and words come out of every shape, and a shape nobody knows is no trouble."""
    assert (code, text) == explain(body)


def test_retry_after_is_seconds_or_a_date() -> None:
    """Both forms of the header are read; nonsense and the past are no wait at all."""
    assert 7.0 == wait(answer(429, None, {"retry-after": "7"}))
    later = wait(answer(429, None, {"retry-after": format_datetime(datetime.now(UTC) + timedelta(hours=1))}))
    assert later is not None
    assert 3500 < later <= 3600
    assert 0.0 == wait(answer(429, None, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}))
    assert 1.8e9 == wait(answer(429, None, {"retry-after": "1800000000"}))  # a date: who decides does not believe it
    for nonsense in ("", "soon", "nan", "inf"):
        assert wait(answer(429, None, {"retry-after": nonsense})) is None


def test_a_403_names_the_scopes_of_its_area() -> None:
    """Each area of the page's scope table that an action belongs to is named in its refusal."""
    for action in PROVIDER.actions.values():
        found = judge(action, answer(403))
        assert found is not None
        assert (action.pace in SCOPES) == (SCOPES.get(action.pace, "no scopes") in found.text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["requestError", "serviceException", "validationErrors", "errorCode", "violations", "error", "text"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.integers(200, 599))
def test_no_body_breaks_the_judge(body: Any, status: int) -> None:
    """An unreadable error is still an error, of the kind its status says."""
    found = judge(SEND, answer(status, json.loads(json.dumps(body))))

    assert (found is None) == (200 <= status < 300)
