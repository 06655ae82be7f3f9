"""Answers as a whole: each status and envelope of the page, for sends and for what may be repeated (page 2.1, 2.2)."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.clicksend import PROVIDER, errors
from connectors.errors import BadReply, ConnectorError, OutcomeUnknown, Reason, Rejected, Throttled
from connectors.provider import Answer

SEND, QUERY, CREATE = (PROVIDER.actions[key] for key in ("send-sms", "get-sms-history", "create-sms-template"))


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    """An answer with this body: JSON, or text as it is."""
    if body is None:
        return Answer(status, httpx.Headers(headers), b"", None)
    if isinstance(body, str):
        return Answer(status, httpx.Headers(headers), body.encode(), None)
    return Answer(status, httpx.Headers(headers), json.dumps(body).encode(), body)


def told(status: int, word: Any, data: Any = None, text: str = "words of theirs") -> Answer:
    """An envelope under the HTTP status it names."""
    return answer(status, {"http_code": status, "response_code": word, "response_msg": text, "data": data})


MESSAGES: dict[str, Any] = {"messages": []}
Verdict = tuple[type[ConnectorError] | None, Reason | None]
FINE: Verdict = (None, None)
UNKNOWN: Verdict = (OutcomeUnknown, Reason.OTHER)
NO: Verdict = (Rejected, Reason.OTHER)
BAD: Verdict = (BadReply, Reason.OTHER)

# what came: what it is for a send, for a query, for a creation that is no send
ROWS: dict[str, tuple[Answer, Verdict, Verdict, Verdict]] = {
    "SUCCESS": (told(200, "SUCCESS", MESSAGES), FINE, FINE, FINE),
    "CREATED": (told(201, "CREATED", MESSAGES), FINE, FINE, FINE),
    "NO_CONTENT in words": (told(200, "NO_CONTENT", MESSAGES), FINE, FINE, FINE),
    "no word at all": (answer(200, {"data": MESSAGES}), FINE, FINE, FINE),
    "small letters": (told(200, "success", MESSAGES), FINE, FINE, FINE),
    "http_code as text": (answer(200, {"http_code": "200", "data": MESSAGES}), FINE, FINE, FINE),
    "204": (answer(204), FINE, FINE, FINE),
    "400": (told(400, "BAD_REQUEST"), NO, NO, NO),
    "400, the backend's own error": (told(400, 400, None, "Illegal string offset"), NO, NO, NO),
    "401": (told(401, "UNAUTHORIZED"), *((Rejected, Reason.AUTH),) * 3),
    "403": (told(403, "FORBIDDEN"), (Rejected, Reason.AUTH), *((Rejected, Reason.POLICY),) * 2),
    "404": (told(404, "NOT_FOUND"), NO, NO, NO),
    "405": (told(405, "METHOD_NOT_FOUND"), NO, NO, NO),
    "418": (told(418, "TEAPOT"), NO, NO, NO),
    "429 as documented": (told(429, "TOO_MANY_REQUESTS"), *((Throttled, Reason.THROTTLED),) * 3),
    "429 as seen": (told(429, "HTTP_TOO_MANY_REQUESTS"), *((Throttled, Reason.THROTTLED),) * 3),
    "429 without words": (answer(429, "slow"), *((Throttled, Reason.THROTTLED),) * 3),
    "429, and a duplicate": (told(429, "THROTTLED"), *((Rejected, Reason.DUPLICATE),) * 3),
    "500": (told(500, "INTERNAL_SERVER_ERROR"), UNKNOWN, UNKNOWN, UNKNOWN),
    "502 of a proxy": (answer(502, "<html>"), UNKNOWN, UNKNOWN, UNKNOWN),
    "503": (answer(503), UNKNOWN, UNKNOWN, UNKNOWN),
    "500, and no credit": (told(500, "INSUFFICIENT_CREDIT"), *((Rejected, Reason.CREDIT),) * 3),
    "400, and not activated": (told(400, "ACCOUNT_NOT_ACTIVATED"), *((Rejected, Reason.AUTH),) * 3),
    "200, and no credit": (told(200, "INSUFFICIENT_CREDIT"), *((Rejected, Reason.CREDIT),) * 3),
    "200, no credit, yet messages": (
        told(200, "INSUFFICIENT_CREDIT", {"messages": [{}]}),
        UNKNOWN,
        (Rejected, Reason.CREDIT),
        (Rejected, Reason.CREDIT),
    ),
    "409, there is one": (told(409, "ALREADY_EXISTS"), NO, NO, NO),
    "200 with 400 inside": (
        answer(200, {"http_code": 400, "response_code": "BAD_REQUEST", "data": None}), UNKNOWN, NO, NO
    ),
    "200 with 401 inside": (
        answer(200, {"http_code": 401, "response_code": "UNAUTHORIZED", "data": None}),
        UNKNOWN,
        (Rejected, Reason.AUTH),
        (Rejected, Reason.AUTH),
    ),
    "200 with 429 inside": (
        answer(200, {"http_code": 429, "response_code": "X", "data": None}),
        UNKNOWN,
        (Throttled, Reason.THROTTLED),
        (Throttled, Reason.THROTTLED),
    ),
    "200 with 500 inside": (answer(200, {"http_code": 500, "response_code": "X", "data": None}), UNKNOWN, BAD, UNKNOWN),
    "200 with a new word": (told(200, "PARTIAL", MESSAGES), UNKNOWN, BAD, UNKNOWN),
    "200 without messages": (told(200, "SUCCESS", None), UNKNOWN, FINE, FINE),
    "200 with a list for data": (told(200, "SUCCESS", []), UNKNOWN, FINE, FINE),
    "200 that is HTML": (answer(200, "<html>"), UNKNOWN, BAD, UNKNOWN),
    "200 that is a list": (answer(200, [1]), UNKNOWN, BAD, UNKNOWN),
    "200 with nothing": (answer(200), UNKNOWN, FINE, FINE),
    "301": (answer(301), UNKNOWN, BAD, UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("given", "send", "query", "create"), ROWS.values(), ids=ROWS)
def test_every_answer_of_the_page(given: Answer, send: Verdict, query: Verdict, create: Verdict) -> None:
    """What may have left is unknown, what was surely refused is rejected, what may be asked again is a bad reply."""
    for action, (kind, reason) in ((SEND, send), (QUERY, query), (CREATE, create)):
        problem = errors.judge(action, given)
        assert kind == (None if problem is None else type(problem)), action.key
        assert reason == (None if problem is None else problem.reason), action.key


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"retry-after": "20"}, 20.0),
        ({"retry-after": "soon", "ratelimit-reset": "39"}, 39.0),
        ({"ratelimit-reset": "39"}, 39.0),
        ({"retry-after": "-4"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Fri, 01 Jan 2010 00:00:00 GMT"}, 0.0),
        ({}, None),
    ],
    ids=str,
)
def test_how_long_to_wait(headers: dict[str, str], after: float | None) -> None:
    """Seconds or a date, of the first header that says; none is left to the worker's own backing off."""
    problem = errors.judge(SEND, answer(429, "slow", **headers))
    assert problem is not None
    assert after == problem.after


def test_a_date_ahead_is_a_wait() -> None:
    """An HTTP date counts from now."""
    problem = errors.judge(QUERY, answer(429, "slow", **{"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"}))
    assert problem is not None
    assert (problem.after or 0) > 1e9


def test_a_validation_names_its_fields() -> None:
    """What ClickSend says of each field reaches the person who sent it."""
    problem = errors.judge(
        CREATE, told(400, "BAD_REQUEST", {"template_name": "Template name field is required."}, "Invalid input.")
    )
    assert problem is not None
    assert "Invalid input. (template_name: Template name field is required.)" in problem.text


ABSENT = {
    "get-delivery-receipt": None,
    "get-inbound-reply": None,
    "delete-sms-template": None,
    "delete-contact": None,
    "delete-contact-list": None,
    "delete-inbound-rule": None,
    "delete-receipt-rule": None,
    "cancel-scheduled-sms": Rejected,
    "get-sms-template": Rejected,
    "update-sms-template": Rejected,
}


@pytest.mark.parametrize(("key", "expected"), ABSENT.items(), ids=ABSENT)
def test_when_a_404_is_an_answer(key: str, expected: type[ConnectorError] | None) -> None:
    """No receipt yet is no error, and what is gone is deleted; a cancel that cancelled nothing is refused."""
    problem = errors.judge(PROVIDER.actions[key], told(404, "NOT_FOUND"))
    assert expected == (None if problem is None else type(problem))


@pytest.mark.parametrize("key", ["get-sms-template", "create-contact", "delete-sms-template"])
def test_a_403_for_one_thing_is_not_the_end_of_the_credentials(key: str) -> None:
    """ClickSend answers alike for "not yours" and "not there": a connection is not stopped for a wrong id."""
    problem = errors.judge(PROVIDER.actions[key], told(403, "FORBIDDEN"))
    assert problem is not None
    assert Reason.OTHER == problem.reason


@pytest.mark.parametrize("key", ["send-mms", "send-voice", "upload-media", "list-voice-languages", "get-sms-history"])
def test_a_403_for_one_area_is_not_the_end_of_the_credentials(key: str) -> None:
    """A user without voice may well send texts: its connection goes on."""
    problem = errors.judge(PROVIDER.actions[key], told(403, "FORBIDDEN"))
    assert problem is not None
    assert Reason.POLICY == problem.reason


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda one: st.lists(one, max_size=2), max_leaves=3
)


@given(
    st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 429, 500, 503]),
    st.dictionaries(st.sampled_from(["http_code", "response_code", "response_msg", "data"]), VALUES) | VALUES,
    st.sampled_from(sorted(PROVIDER.actions)),
)
def test_no_answer_is_too_strange(status: int, body: Any, key: str) -> None:
    """Any JSON under any status is judged, and never as a success outside of 2xx but for an absence."""
    given = Answer(status, httpx.Headers(), json.dumps(body).encode(), body)
    problem = errors.judge(PROVIDER.actions[key], given)
    if status >= 300 and key not in errors.ABSENT_IS_AN_ANSWER:
        assert problem is not None
