"""Every row of the page's table of errors (§2.5), the order of looking, and the shapes errors come in (§2.4)."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors.errors import ConnectorError, OutcomeUnknown, Rejected, Scope, Throttled
from connectors.instagram import PROVIDER, errors
from connectors.provider import Answer

SEND = PROVIDER.actions["send-text-message"]
PROFILE = PROVIDER.actions["get-user-profile"]


def answer(body: Any, status: int = 400, headers: dict[str, str] | None = None) -> Answer:
    """An answer of Meta's, read."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        data = json.loads(content)
    except ValueError:
        data = None
    return Answer(status, httpx.Headers(headers or {}), content, data)


def refused(code: Any, sub: Any = None, status: int = 400, **more: Any) -> ConnectorError | None:
    """What an error of a send is to us."""
    error = {"message": "told", "type": "IGApiException", "fbtrace_id": "AxTrace1", "code": code, **more}
    return PROVIDER.judge(SEND, answer({"error": error if sub is None else {**error, "error_subcode": sub}}, status))


# The page's table, row by row: code, subcode, our class, our reason.
TABLE = [
    (190, None, Rejected, "auth"),
    (190, 1, Rejected, "auth"),
    *[(190, sub, Rejected, "auth") for sub in (458, 459, 460, 463, 464, 467, 492)],
    (102, None, Rejected, "auth"),
    (3, None, Rejected, "other"),
    (10, None, Rejected, "other"),
    (10, 7, Rejected, "other"),
    (200, None, Rejected, "other"),
    (250, None, Rejected, "other"),
    (299, 5, Rejected, "other"),
    (200, 2018028, Rejected, "other"),
    (200, 2018027, Rejected, "other"),
    (200, 2534041, Rejected, "other"),
    (10, 2534077, Rejected, "other"),
    (100, 2534013, Rejected, "other"),
    (36103, None, Rejected, "other"),
    (25, 2207050, Rejected, "policy"),
    (10, 2534022, Rejected, "window_closed"),
    (10, 2018278, Rejected, "window_closed"),
    (10, 2018065, Rejected, "window_closed"),
    (551, None, Rejected, "blocked"),
    (551, 1545041, Rejected, "blocked"),
    (200, 1545041, Rejected, "blocked"),
    (10, 2018108, Rejected, "blocked"),
    (100, 2534014, Rejected, "unknown_recipient"),
    (100, 2018001, Rejected, "unknown_recipient"),
    (9010, None, Rejected, "unknown_recipient"),
    (230, None, Rejected, "other"),
    (100, 33, Rejected, "other"),
    (9000001, None, Rejected, "other"),
    (100, 2534001, Rejected, "other"),
    (2534001, None, Rejected, "other"),
    (2018300, None, Rejected, "other"),
    (10, 2018300, Rejected, "other"),
    (100, 2534037, Rejected, "other"),
    (2018321, None, Throttled, "other"),
    (100, 2018321, Throttled, "other"),
    (100, 2534015, Rejected, "other"),
    (100, 2018014, Rejected, "other"),
    (100, 2534025, Rejected, "other"),
    (10900, None, Rejected, "other"),
    (10903, None, Rejected, "duplicate"),
    (100, 2018008, Rejected, "media"),
    (100, 2018047, Rejected, "media"),
    (100, 2018109, Rejected, "media"),
    (36000, 2207004, Rejected, "media"),
    (36000, None, Rejected, "media"),
    (100, 2018294, Rejected, "media"),
    (100, 2018074, Rejected, "media"),
    (100, None, Rejected, "other"),
    (100, 12345, Rejected, "other"),
    (4, None, Throttled, "throttled"),
    (17, None, Throttled, "throttled"),
    (32, None, Throttled, "throttled"),
    (341, None, Throttled, "throttled"),
    (613, None, Throttled, "throttled"),
    (613, 2534040, Throttled, "throttled"),
    (613, 2018338, Rejected, "policy"),
    (80001, None, Throttled, "throttled"),
    (80002, None, Throttled, "throttled"),
    (80006, None, Throttled, "throttled"),
    (80000, None, Throttled, "throttled"),
    (80014, None, Throttled, "throttled"),
    (10, 1893063, Rejected, "policy"),
    (100, 2534029, Rejected, "policy"),
    (100, 2534122, Rejected, "policy"),
    (1, 2534122, Rejected, "policy"),
    (368, None, Rejected, "policy"),
    (2022, None, Rejected, "policy"),
    (506, None, Rejected, "duplicate"),
    (1, None, OutcomeUnknown, "other"),
    (1, 99, OutcomeUnknown, "other"),
    (1, 1357046, OutcomeUnknown, "other"),
    (2, None, OutcomeUnknown, "other"),
    (2, 1545133, OutcomeUnknown, "other"),
    (-1, None, OutcomeUnknown, "other"),
    (-2, None, OutcomeUnknown, "other"),
]
ANY_STATUS = (200, 400, 401, 403, 404, 429, 500, 503)


@pytest.mark.parametrize(("code", "sub", "kind", "reason"), TABLE)
def test_every_row(code: int, sub: int | None, kind: type[ConnectorError], reason: str) -> None:
    """Class and reason are those of the row under any status and any `type`: neither is a verdict."""
    for status in ANY_STATUS:
        for word in ("OAuthException", "IGApiException", ""):
            told = refused(code, sub, status, type=word)
            assert told is not None
            assert (kind, reason, status) == (type(told), told.reason, told.status)
            assert (f"{code}/{sub}" if sub is not None else f"{code}") == told.code


def test_the_table_leaves_no_row_of_ours_untold() -> None:
    """Each number we know is met above, so that a row changed by mistake is seen."""
    told = {(code, sub) for code, sub, _, _ in TABLE}
    numbers = {number for pair in told for number in pair}

    assert set(errors.PAIRS) <= told
    assert set(errors.CODES) | set(errors.NUMBERS) <= numbers
    assert all(row.kind in errors.REASONS or row.kind in {"rate_limited", "thread_automated", "unclear"}
               for row in (*errors.PAIRS.values(), *errors.NUMBERS.values(), *errors.CODES.values()))  # fmt: skip


NUMBERS = [number for number in errors.NUMBERS if number > 100_000]


@pytest.mark.parametrize("number", NUMBERS)
def test_known_numbers_stand_in_either_place(number: int) -> None:
    """Meta lists some subcodes as codes: a number that means one thing means it in both places."""
    alone, below = refused(number), refused(99, number)

    assert alone is not None
    assert below is not None
    assert (type(alone), alone.reason) == (type(below), below.reason)


LAST = [
    # code, is_transient, status: what is left when no number is known
    (987, True, 400, OutcomeUnknown),
    (987, False, 400, Rejected),
    (987, False, 404, Rejected),
    (987, False, 429, Throttled),
    (987, False, 500, OutcomeUnknown),
    (987, False, 200, OutcomeUnknown),
    (100, True, 400, Rejected),
    (190, True, 500, Rejected),
    (80015, False, 403, Rejected),
    (300, False, 403, Rejected),
]


@pytest.mark.parametrize(("code", "transient", "status", "kind"), LAST)
def test_the_order_of_looking(code: int, transient: bool, status: int, kind: type[ConnectorError]) -> None:  # noqa: FBT001
    """A known number goes before is_transient, and that before the status."""
    assert kind is type(refused(code, None, status, is_transient=transient))


SHAPES = {
    # bodies errors come in: body, status, class, reason, code
    "digits in strings": (
        {"error": {"code": "10", "error_subcode": " 2534022 "}},
        400,
        Rejected,
        "window_closed",
        "10/2534022",
    ),
    "true is no code": ({"error": {"code": True, "message": "x"}}, 400, Rejected, "other", None),
    "no code but a message with one": ({"error": {"message": "(#190) expired"}}, 400, Rejected, "auth", "190"),
    "only a subcode": ({"error": {"error_subcode": 2534022}}, 403, Rejected, "window_closed", "2534022"),
    "an error that is a text": ({"error": "something"}, 400, Rejected, "other", None),
    "an error that is a list": ({"error": [1]}, 500, OutcomeUnknown, "other", None),
    "an empty error": ({"error": {}}, 400, Rejected, "other", None),
    "no error at all": ({}, 400, Rejected, "other", None),
    "a gateway's page": (b"<html>502</html>", 502, OutcomeUnknown, "other", None),
    "an empty body": (b"", 500, OutcomeUnknown, "other", None),
    "an empty 404": (b"", 404, Rejected, "other", None),
    "an empty 429": (b"", 429, Throttled, "throttled", None),
    "a redirect": (b"", 302, OutcomeUnknown, "other", None),
    "the code exchange's shape": (
        {"error_type": "OAuthException", "code": 400, "error_message": "Invalid platform app"},
        400,
        Rejected,
        "other",
        "400",
    ),
    "an error in a 200": ({"error": {"code": 551}, "message_id": "aWdf"}, 200, Rejected, "blocked", "551"),
    "a window told in words only": (
        {"error": {"code": 10, "message": "This message is sent outside of allowed window."}},
        403,
        Rejected,
        "window_closed",
        "10",
    ),
}


@pytest.mark.parametrize(("body", "status", "kind", "reason", "code"), SHAPES.values(), ids=SHAPES)
def test_shapes(body: Any, status: int, kind: type[ConnectorError], reason: str, code: str | None) -> None:
    """However an error is dressed, it is read."""
    told = PROVIDER.judge(SEND, answer(body, status))

    assert told is not None
    assert (kind, reason, code, status) == (type(told), told.reason, told.code, told.status)


@pytest.mark.parametrize("body", [{}, {"error": None}, {"error": False}, {"data": []}, [], "x", 1, None])
def test_a_success_is_no_error(body: Any) -> None:
    """A 2xx without an error object is left to be read."""
    assert PROVIDER.judge(SEND, answer(body, 200)) is None


def test_consent_on_a_profile() -> None:
    """Both ways of saying that somebody never wrote mean it: 230, and 100 with words (page §5, 22)."""
    told = {"error": {"code": 100, "message": "User consent is required to access user profile"}}
    for body in ({"error": {"code": 230, "message": "x"}}, told):
        problem = PROVIDER.judge(PROFILE, answer(body))
        assert isinstance(problem, Rejected)
        assert "has not written" in problem.text


def test_the_words_carry_what_support_asks_for() -> None:
    """Their message, what to do, and the numbers with the trace; the user's message once."""
    told = refused(200, 2534041, error_user_msg="No access.")

    assert told is not None
    assert told.text.startswith("told – No access. – its owner must allow access in the Instagram app")
    assert told.text.endswith("(IGApiException, code 200/2534041, trace AxTrace1)")


def test_waits() -> None:
    """Minutes as told, else Retry-After, else from half a minute to 15; a flow of Meta's holds one thread only."""
    usage = {"x-business-use-case-usage": json.dumps({"1": [{"estimated_time_to_regain_access": 3}], "2": []})}
    body = {"error": {"code": 4}}
    waits = [
        (told.after, told.most)
        for headers in (usage, {"retry-after": "12"}, {"retry-after": "soon"}, {"x-app-usage": "{not json"}, {})
        if (told := PROVIDER.judge(SEND, answer(body, 400, headers))) is not None
    ]
    flow = refused(2018321)

    assert [(180.0, None), (12.0, None), *[(30.0, 900.0)] * 3] == waits
    assert flow is not None
    assert (Scope.LANE, 120.0) == (flow.scope, flow.after)


def test_only_a_dead_token_touches_the_connection() -> None:
    """A missing permission, a closed window, an unready account: none of them is a reason to log in again."""
    assert {190, 102} == {code for code, _, _, reason in TABLE if reason == "auth"}
