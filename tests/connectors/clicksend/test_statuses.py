"""The status word of each message, under a 200 that calls itself a success (page 2.3)."""

from __future__ import annotations

import pytest

from connectors.clicksend import PROVIDER, errors
from connectors.connection import Connection
from connectors.errors import ConnectorError, OutcomeUnknown, Reason, Rejected, Throttled
from tests.connectors.clicksend.sends import (
    ACCEPTED,
    ADA,
    ONE,
    ONE_WIRE,
    SENDS,
    answered,
    refused,
    wire,
)
from tests.connectors.conversation import REF, Conversation

STATUSES: dict[str, tuple[type[ConnectorError], Reason]] = {
    "INVALID_RECIPIENT": (Rejected, Reason.UNKNOWN_RECIPIENT),
    "INVALID_SENDER_ID": (Rejected, Reason.OTHER),
    "EMPTY_MESSAGE": (Rejected, Reason.OTHER),
    "MISSING_REQUIRED_FIELDS": (Rejected, Reason.OTHER),
    "INVALID_SCHEDULE": (Rejected, Reason.OTHER),
    "TOO_MANY_RECIPIENTS": (Rejected, Reason.OTHER),
    "NOT_ENOUGH_PERMISSION_TO_LIST_ID": (Rejected, Reason.POLICY),
    "COUNTRY_NOT_ENABLED": (Rejected, Reason.POLICY),
    "REGISTRATION_NEEDED": (Rejected, Reason.POLICY),
    "ALREADY_EXISTS": (Rejected, Reason.OTHER),
    "INSUFFICIENT_CREDIT": (Rejected, Reason.CREDIT),
    "ACCOUNT_NOT_ACTIVATED": (Rejected, Reason.AUTH),
    "MISSING_CREDENTIALS": (Rejected, Reason.AUTH),
    "INVALID_CREDENTIALS": (Rejected, Reason.AUTH),
    "THROTTLED": (Rejected, Reason.DUPLICATE),
    "INTERNAL_ERROR": (OutcomeUnknown, Reason.OTHER),
    "SOMETHING_IS_WRONG": (OutcomeUnknown, Reason.OTHER),
    "INVALID_LANG": (Rejected, Reason.OTHER),
    "INVALID_VOICE": (Rejected, Reason.OTHER),
    "SUBJECT_REQUIRED": (Rejected, Reason.OTHER),
    "INVALID_MEDIA_FILE": (Rejected, Reason.MEDIA),
    "INVALID_RETURN_ADDRESS": (Rejected, Reason.OTHER),
    "A_WORD_OF_TOMORROW": (OutcomeUnknown, Reason.OTHER),
    "Queued:WaitSend": (OutcomeUnknown, Reason.OTHER),
}


@pytest.mark.parametrize(("status", "expected"), STATUSES.items(), ids=STATUSES)
def test_every_status_of_the_page(
    status: str, expected: tuple[type[ConnectorError], Reason], connection: Connection
) -> None:
    """Each word ends a single message as page 2.3 says, and in a batch fells that message alone."""
    error, reason = expected
    Conversation(
        action="send-sms",
        given=ONE,
        sends={**SENDS, "json": {"messages": [ONE_WIRE]}},
        answer=(200, answered(refused(status))),
        raises=error,
        reason=str(reason),
        code=status.upper(),
    ).check(PROVIDER, connection)

    batch = Conversation(
        action="send-sms",
        given={"messages": [ADA, {**ONE, "custom_string": REF}]},
        sends={**SENDS, "json": {"messages": [wire(ADA), ONE_WIRE]}},
        answer=(200, answered(ACCEPTED, refused(status))),
        parts=[
            ("bk-1001", "accepted", "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001"),
            (REF, "failed" if error is Rejected else "unknown", None),
        ],
    )
    outcome = batch.check(PROVIDER, connection)
    assert not isinstance(outcome, ConnectorError)
    assert [ACCEPTED["message_id"], None] == [row["message_id"] for row in outcome.output["messages"]]


def test_the_table_of_statuses_is_whole() -> None:
    """No word is in the code that the table above does not hold."""
    assert set(STATUSES) >= set(errors.REFUSED) | set(errors.UNCLEAR)


def test_no_status_is_ever_retried_by_itself() -> None:
    """THROTTLED above all: to try again is to send twice."""
    for status in STATUSES:
        problem = errors.refusal(status)
        assert problem is not None
        assert problem.as_dict()["retryable"] is False
        assert not isinstance(problem, Throttled)
