"""The whole error table of the page, row by row, and what must never come through."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.action import Call
from connectors.client import new_client, perform
from connectors.connection import Connection
from connectors.errors import ConnectorError, OutcomeUnknown, Rejected, Throttled, Unsupported
from connectors.onemsg import PROVIDER, errors
from connectors.provider import Answer
from tests.connectors.onemsg.channel import ADA, CHANNEL, TOKEN

SEND = PROVIDER.actions["send-message"]
QUERY = PROVIDER.actions["get-channel-status"]

# §2.5 as the page words it: (their words or code, error, reason, class)
ROWS: list[tuple[str | int, type[ConnectorError], str, str]] = [
    ("Wrong token given", Rejected, "auth", "AUTH"),
    ("invalid token", Rejected, "auth", "AUTH"),
    ("Unauthorized", Rejected, "auth", "AUTH"),
    ("Too many requests", Throttled, "throttled", "RATE_LIMIT"),
    ("rate limit reached", Throttled, "throttled", "RATE_LIMIT"),
    (130429, Throttled, "throttled", "RATE_LIMIT"),
    (131056, Throttled, "throttled", "RATE_LIMIT"),
    (131048, Throttled, "throttled", "RATE_LIMIT"),
    ("Message is outside the allowed window", Rejected, "window_closed", "WINDOW_CLOSED"),
    ("Dialog window is closed", Rejected, "window_closed", "WINDOW_CLOSED"),
    ("Re-engagement message", Rejected, "window_closed", "WINDOW_CLOSED"),
    (131047, Rejected, "window_closed", "WINDOW_CLOSED"),
    ("to maintain healthy ecosystem engagement", Rejected, "policy", "RECIPIENT_MARKETING_LIMIT"),
    (131049, Rejected, "policy", "RECIPIENT_MARKETING_LIMIT"),
    ("chosen to stop receiving marketing messages", Rejected, "opted_out", "RECIPIENT_OPTED_OUT"),
    (131050, Rejected, "opted_out", "RECIPIENT_OPTED_OUT"),
    ("User's number is part of an experiment", Rejected, "policy", "RECIPIENT_EXPERIMENT"),
    (130472, Rejected, "policy", "RECIPIENT_EXPERIMENT"),
    ("Message undeliverable", Rejected, "unknown_recipient", "RECIPIENT_UNREACHABLE"),
    (131026, Rejected, "unknown_recipient", "RECIPIENT_UNREACHABLE"),
    ("template is not defined", Rejected, "template", "TEMPLATE_IDENTITY_MISSING"),
    ("Template order_ready not found", Rejected, "template", "TEMPLATE_NOT_FOUND"),
    ("template name does not exist in en", Rejected, "template", "TEMPLATE_NOT_FOUND"),
    (132001, Rejected, "template", "TEMPLATE_NOT_FOUND"),
    (132000, Rejected, "template", "TEMPLATE_INVALID"),
    (132012, Rejected, "template", "TEMPLATE_INVALID"),
    (132005, Rejected, "template", "TEMPLATE_INVALID"),
    (132007, Rejected, "template", "TEMPLATE_INVALID"),
    (132015, Rejected, "template", "TEMPLATE_INVALID"),
    (132016, Rejected, "template", "TEMPLATE_INVALID"),
    ("more than 4 consecutive spaces", Rejected, "other", "VALIDATION"),
    ("cannot have new-line/tab characters", Rejected, "other", "VALIDATION"),
    ("wrong file", Rejected, "media", "MEDIA"),
    ("Media upload error", Rejected, "media", "MEDIA"),
    (131052, Rejected, "media", "MEDIA"),
    (131053, Rejected, "media", "MEDIA"),
    ('Unexpected key "caption" on param "audio"', Rejected, "other", "VALIDATION"),
    ("Username is not found", Rejected, "unknown_recipient", "RECIPIENT_UNKNOWN"),
    ("phone is not linked with BSUID", Rejected, "unknown_recipient", "RECIPIENT_UNKNOWN"),
    ("BSUID routing is disabled", Rejected, "other", "CHANNEL_FEATURE_OFF"),
    ("username routing is disabled", Rejected, "other", "CHANNEL_FEATURE_OFF"),
    ("Unsupported interactive message type", Rejected, "other", "UNSUPPORTED"),
    (131051, Rejected, "other", "UNSUPPORTED"),
    (131031, Rejected, "policy", "CHANNEL_RESTRICTED"),
    (131042, Rejected, "credit", "BILLING"),
    (368, Rejected, "policy", "CHANNEL_RESTRICTED"),
    (133010, Rejected, "other", "NOT_REGISTERED"),
]


def judged(status: int, body: Any, action: Any = SEND, headers: dict[str, str] | None = None) -> ConnectorError | None:
    """What `judge` makes of an answer."""
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    data = None if isinstance(body, str) else body
    return PROVIDER.judge(action, Answer(status, httpx.Headers(headers), content, data))


@pytest.mark.parametrize(("told", "error", "reason", "name"), ROWS, ids=[str(row[0]) for row in ROWS])
def test_each_row_of_the_table(told: str | int, error: type[ConnectorError], reason: str, name: str) -> None:
    """In a 200, a 400 and a 500; as an object, a sentence, or a code within one; in capitals too."""
    if isinstance(told, int):
        said: list[Any] = [{"code": told, "message": "whatever"}, {"error_code": str(told)}]
        if told > 1000:
            said.append(f"(#{told}) whatever")
    else:
        said = [told, told.upper(), {"message": told}, {"error_user_title": "Failed", "error_user_msg": told}]
    for words in said:
        for status, body in ((200, {"sent": False, "error": words}), (400, {"error": words}), (500, {"error": words})):
            found = judged(status, body)
            assert type(found) is error, (status, body, found)
            assert reason == found.reason
    if isinstance(told, int):
        assert name == errors.CODES[told].name
    else:
        cause = errors.classify(told)
        assert cause is not None
        assert name == cause.name


def test_no_row_is_missing() -> None:
    """Every code and every text we know stands in the table above."""
    assert set(errors.CODES) == {row[0] for row in ROWS if isinstance(row[0], int)}
    texts = [row[0].lower() for row in ROWS if isinstance(row[0], str)]
    for pieces, _ in errors.TEXTS:
        assert any(all(piece in text for piece in pieces) for text in texts), pieces


# §2.4: (status, body, error at a send, error at a query)
STATUSES: list[tuple[int, Any, type[ConnectorError] | None, type[ConnectorError] | None]] = [
    (200, {"sent": True, "id": "wamid.x"}, None, None),
    (201, {"sent": True, "id": "wamid.x"}, None, None),
    (400, {"message": "bad"}, Rejected, Rejected),
    (401, {"error": "Wrong token"}, Rejected, Rejected),
    (401, "nothing we know", Rejected, Rejected),
    (403, "Subscription limit exceeded", Rejected, Rejected),
    (404, "Not Found", Unsupported, Unsupported),
    (404, {"error": "Template x not found"}, Rejected, Rejected),
    (408, "", OutcomeUnknown, OutcomeUnknown),
    (422, {"error": "nothing"}, Rejected, Rejected),
    (429, {"error": "slow"}, Throttled, Throttled),
    (500, {"error": "boom"}, OutcomeUnknown, OutcomeUnknown),
    (501, "", Unsupported, Unsupported),
    (502, "", OutcomeUnknown, OutcomeUnknown),
    (503, "", OutcomeUnknown, OutcomeUnknown),
    (504, "", OutcomeUnknown, OutcomeUnknown),
]


@pytest.mark.parametrize(("status", "body", "send", "query"), STATUSES, ids=[f"{row[0]}-{row[1]}" for row in STATUSES])
def test_each_status(
    status: int, body: Any, send: type[ConnectorError] | None, query: type[ConnectorError] | None
) -> None:
    """Only what is repeatable is tried again after an unknown outcome, and that is the run's business."""
    for action, expected in ((SEND, send), (QUERY, query)):
        found = judged(status, body, action)
        assert expected is (None if found is None else type(found))
        assert found is None or status != 401 or "auth" == found.reason


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"message": "one", "error": "two"}, "one"),
        ({"message": "", "error": "two"}, "two"),
        ({"error": {"error_user_title": "Three", "error_user_msg": "and more", "message": "four"}}, "Three and more"),
        ({"error": {"message": "four"}}, "four"),
        ({"response": {"error": "five"}}, "five"),
        ("  six\n six ", "six six"),
        ("x" * 1000, "x" * 400),
    ],
)
def test_their_words_are_handed_on_in_the_page_s_order(given: Any, text: str) -> None:
    """The first non-empty of five places, else the text, cut at 400 characters."""
    found = judged(400, given)
    assert found is not None
    assert text == found.text


def test_a_code_is_theirs_verbatim() -> None:
    """error.code before error.error_code before code; the status where there is none."""
    cases = [
        ({"error": {"code": 1, "error_code": 2}, "code": 3}, "1"),
        ({"error": {"error_code": "2"}, "code": 3}, "2"),
        ({"message": "x", "code": 3}, "3"),
        ({"message": "x"}, "400"),
    ]
    for body, code in cases:
        found = judged(400, body)
        assert found is not None
        assert code == found.code


def test_retry_after_is_honoured_where_it_appears() -> None:
    """Seconds or a date; nonsense is no wait."""
    for value, low, high in (("3", 3, 3), ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0)):
        found = judged(429, "", headers={"retry-after": value})
        assert found is not None
        assert found.after is not None
        assert low <= found.after <= high
    found = judged(429, "", headers={"retry-after": "soon"})
    assert found is not None
    assert found.after is None


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"result": "error"}, True),
        ({"result": "success"}, False),
        ({"success": False}, True),
        ({"total": 0, "templates": [], "error": {"message": "Upstream refused", "code": 190}}, True),
        ({"templates": [{"name": "x"}], "error": "late"}, False),
        ({"error": {}}, False),
        ({"notice": "history is off", "messages": []}, False),
    ],
)
def test_a_200_without_sent(body: Any, wrong: bool) -> None:  # noqa: FBT001  (a column)
    """An error beside what was asked for is a warning only."""
    assert wrong is (judged(200, body, QUERY) is not None)


@pytest.mark.parametrize(
    "body", [{"error": "Wrong token old-one for channel"}, "old-one is nobody's", {"message": "old-one"}]
)
def test_a_401_is_told_in_our_words(body: Any) -> None:
    """What it quotes may be a token we no longer know as ours, and nothing else would blot that out."""
    found = judged(401, body, SEND)
    assert found is not None
    assert errors.AUTH_TEXT == found.text


LEAKS = [
    (401, {"error": f'Wrong token "{TOKEN}" for channel "{CHANNEL}"...'}),
    (401, f"Wrong token {TOKEN}"),
    (400, {"message": f"bad request /{CHANNEL}/sendMessage?token={TOKEN}"}),
    (403, f"Bearer {TOKEN} is blocked"),
    (404, f"no /sendMessage?token={TOKEN}"),
    (429, {"error": f"token '{TOKEN}' asks too much"}),
    (500, {"error": f"boom {TOKEN}"}),
    (502, f"upstream {TOKEN}"),
    (200, {"sent": False, "message": f"token {TOKEN} refused"}),
    (200, {"sent": False, "error": {"code": 1, "message": f"token={TOKEN}"}}),
]


@pytest.mark.parametrize("mode", ["query", "bearer"])
@pytest.mark.parametrize("pasted", ["", "Bearer "])
@pytest.mark.parametrize(("status", "body"), LEAKS, ids=range(len(LEAKS)))
def test_an_echoed_token_reaches_nobody(
    status: int, body: Any, pasted: str, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither an error nor a log line holds it, whatever way it was pasted and sent."""
    caplog.set_level("DEBUG")
    content = body if isinstance(body, str) else json.dumps(body)
    secret = {"token": pasted + TOKEN}
    connection = Connection("shop-wa", "onemsg", {"channel_id": CHANNEL, "auth_mode": mode}, secret)
    call = Call(connection, {"to": ADA, "text": "hi"}, "ref")
    with (
        new_client(httpx.MockTransport(lambda request: httpx.Response(status, text=content))) as client,
        pytest.raises(ConnectorError) as raised,
    ):
        perform(PROVIDER, SEND, call, client)
    told = f"{raised.value!r} {raised.value.as_dict()} {caplog.text}"
    assert TOKEN not in told


@given(
    status=st.integers(100, 599),
    body=st.one_of(
        st.text(max_size=50),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["sent", "id", "error", "message", "result", "code", "jobId", "response", "success"]
                    ),
                    inner,
                    max_size=5,
                )
            ),
            max_leaves=8,
        ),
    ),
)
def test_no_answer_breaks_the_judge(status: int, body: Any) -> None:
    """Whatever they say, it is a success or one of our errors; and a send is never called repeatable by mistake."""
    for action in PROVIDER.actions.values():
        found = judged(status, body, action)
        assert found is None or isinstance(found, ConnectorError)
        if status >= 400:
            assert found is not None
