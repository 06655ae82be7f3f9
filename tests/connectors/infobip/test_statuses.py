"""The page's tables of statuses and errors, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.errors import Reason
from connectors.events import State
from connectors.infobip import statuses
from connectors.infobip.statuses import verdict

GROUPS = [
    (0, "ACCEPTED", 1, State.ACCEPTED),
    (0, "OK", 0, State.ACCEPTED),
    (1, "PENDING", 3, State.ACCEPTED),
    (1, "PENDING", 7, State.ACCEPTED),
    (1, "PENDING", 26, State.ACCEPTED),
    (1, "PENDING", 1, State.ACCEPTED),  # seen in e-mail
    (1, "PENDING", 2, State.ACCEPTED),  # the id alone decides nothing
    (2, "UNDELIVERABLE", 4, State.FAILED),
    (2, "UNDELIVERABLE", 9, State.FAILED),
    (2, "UNDELIVERABLE", 31, State.FAILED),
    (2, "UNDELIVERABLE", 66, State.FAILED),
    (2, "UNDELIVERABLE", 96, State.FAILED),
    (3, "DELIVERED", 2, State.SENT),
    (3, "DELIVERED", 5, State.DELIVERED),
    (3, "DELIVERED", 4711, State.DELIVERED),
    (4, "EXPIRED", 15, State.FAILED),
    (4, "EXPIRED", 29, State.FAILED),
    (4, "EXPIRED", 87, State.FAILED),
    (5, "REJECTED", 6, State.FAILED),
    (5, "REJECTED", 4711, State.FAILED),
]


@pytest.mark.parametrize(("group", "word", "number", "state"), GROUPS)
def test_the_group_decides(group: int, word: str, number: int, state: State) -> None:
    """By number; by word alone, in any case; and by the name's prefix where there is neither."""
    name = f"{word}_SOMETHING" if number != 2 or group != 3 else "DELIVERED_TO_OPERATOR"

    assert state is verdict({"status": {"groupId": group, "groupName": word, "id": number, "name": name}}).state
    assert state is verdict({"status": {"groupId": str(group), "id": str(number), "name": name}}).state
    assert state is verdict({"status": {"groupName": word.lower(), "id": number, "name": name}}).state
    assert state is verdict({"status": {"id": number, "name": name}}).state


ODD: list[tuple[Any, State]] = [
    ({}, State.UNKNOWN),
    ({"status": None}, State.UNKNOWN),
    ({"status": "DELIVERED"}, State.UNKNOWN),
    ({"status": {"groupId": 9, "groupName": "NEW", "id": 1, "name": "NEW_THING"}}, State.UNKNOWN),
    ({"status": {"groupId": 9, "groupName": "REJECTED", "id": 1}}, State.FAILED),
    ({"status": {"groupId": 3, "groupName": "REJECTED", "id": 5}}, State.DELIVERED),  # they disagree: trust the number
    ({"status": {"groupId": True, "name": "PENDING_X"}}, State.ACCEPTED),
    ({"status": {"name": "DELIVERED_TO_OPERATOR"}}, State.SENT),
]


@pytest.mark.parametrize(("item", "state"), ODD)
def test_an_odd_status_is_read_as_far_as_it_goes(item: dict[str, Any], state: State) -> None:
    """Nothing raises, and what nobody knows is unknown."""
    assert state is verdict(item).state


STATUS_ROWS = {
    6: "unknown_recipient",
    8: "unknown_recipient",
    10: "opted_out",
    11: "policy",
    12: "credit",
    13: "policy",
    14: "blocked",
    17: "credit",
    18: "policy",
    19: "other",
    20: "throttled",
    21: "other",
    23: "duplicate",
    24: "other",
    25: "other",
    51: "unknown_recipient",
    52: "unknown_recipient",
    53: "media",
    57: "media",
    75: "credit",
    87: "policy",
    99: "other",
    100: "other",
}


@pytest.mark.parametrize(("number", "reason"), STATUS_ROWS.items())
def test_a_refusal_says_why(number: int, reason: str) -> None:
    """Each status id of the page has its reason, and shows its own id."""
    found = verdict({"status": {"groupId": 5, "id": number, "name": "REJECTED_X", "description": "d"}})

    assert (reason, str(number), "REJECTED_X: d") == (found.reason, found.code, found.text)


def test_an_expired_message_failed_by_expiry() -> None:
    """EXPIRED is failed, with the reason that apps can switch on."""
    for number in (15, 29, 4711):
        found = verdict({"status": {"groupId": 4, "id": number, "name": "EXPIRED_X"}})
        assert (State.FAILED, Reason.EXPIRED) == (found.state, found.reason)


ERROR_ROWS = {
    **dict.fromkeys((1, 5, 9, 351, 3041, 6006, 6012, 7002), "unknown_recipient"),
    **dict.fromkeys((573, 2049, 2052, 7003), "blocked"),
    **dict.fromkeys((603, 2050, 6003, 6034, 6035, 7030, 7033), "opted_out"),
    **dict.fromkeys((560, 566, 607, 6002, 7016), "policy"),
    **dict.fromkeys((541, 609, 4103, 6057, 7017, 7032), "throttled"),
    **dict.fromkeys((4098, 4101), "expired"),
    **dict.fromkeys((7008, 7009), "template"),
    **dict.fromkeys((5004, 7022), "media"),
    7010: "window_closed",
    581: "credit",
    7280: "duplicate",
    27: "other",
    5002: "other",
    7082: "other",
    15001: "other",
}


@pytest.mark.parametrize(("number", "reason"), ERROR_ROWS.items())
def test_a_report_says_why(number: int, reason: str) -> None:
    """Each error id worth knowing has its reason and is what is shown, before the status."""
    item = {
        "status": {"groupId": 2, "id": 9, "name": "UNDELIVERABLE_NOT_DELIVERED"},
        "error": {"groupId": 1, "id": number, "name": "EC_X", "description": "d", "permanent": False},
    }

    found = verdict(item)

    assert (reason, str(number), "EC_X: d", False) == (found.reason, found.code, found.text, found.permanent)


def test_no_error_is_none() -> None:
    """Neither id 0, nor group 0, nor a delivered message has an error, whatever stands beside it."""
    answered = {"groupId": 0, "groupName": "OK", "id": 5000, "name": "VOICE_ANSWERED", "permanent": True}
    assert verdict({"status": {"groupId": 3, "id": 5}, "error": answered}).fault is None
    nothing = {"groupId": 0, "groupName": "Ok", "id": 0, "name": "NO_ERROR", "permanent": False}
    for error in (nothing, answered, None):
        found = verdict({"status": {"groupId": 2, "id": 31, "name": "UNDELIVERABLE_NOT_SENT"}, "error": error})
        assert ("31", None) == (found.code, found.permanent)


def test_the_tables_name_only_reasons() -> None:
    """A typing mistake in a table is found here rather than by an app."""
    assert {Reason(one) for one in (*statuses.STATUS_REASONS.values(), *statuses.ERROR_REASONS.values())} <= set(Reason)
