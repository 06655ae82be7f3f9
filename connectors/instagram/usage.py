"""
How much of its allowance an account has used: Meta says so on every answer, in percent, before the limit bites.

X-App-Usage is {"call_count", "total_time", "total_cputime"}; X-Business-Use-Case-Usage is {account: [{the same, "type",
"estimated_time_to_regain_access": minutes}]}.  Calls made while blocked prolong the block (page §2.7).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.provider import Answer
from connectors.reading import number

PERCENTAGES = ("call_count", "total_time", "total_cputime")
SLOW_FROM = 80.0  # percent
PAUSE = 30.0  # seconds of rest at 100 percent when nothing says how long
MOST = 24 * 3600.0  # seconds; a longer wait than a day is not believed


def _reports(headers: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    app = _json(headers.get("x-app-usage"))
    if isinstance(app, Mapping):
        yield app
    business = _json(headers.get("x-business-use-case-usage"))
    if isinstance(business, Mapping):
        for listed in business.values():
            for one in listed if isinstance(listed, list) else [listed]:
                if isinstance(one, Mapping):
                    yield one


def _json(value: str | None) -> Any:
    try:
        return json.loads(value) if value else None
    except (ValueError, RecursionError):
        return None


def used(headers: Mapping[str, str]) -> float:
    """The highest percentage any header names; 0 when none does."""
    return max((number(one, name) or 0.0 for one in _reports(headers) for name in PERCENTAGES), default=0.0)


def _regain(headers: Mapping[str, str]) -> float:
    """Seconds until access comes back by their longest estimate, which is in minutes; 0 when they name none."""
    minutes = max((number(one, "estimated_time_to_regain_access") or 0.0 for one in _reports(headers)), default=0.0)
    return min(max(minutes, 0.0) * 60, MOST)


def wait_of(headers: Mapping[str, str]) -> float | None:
    """
    Seconds until access comes back, as they say: the longest estimate, else Retry-After, of which more than a day is
    no wait but a date.
    """
    regain = _regain(headers)
    if regain > 0:
        return regain
    after = number(headers, "retry-after")
    return after if after is not None and 0 < after <= MOST else None


def rest(answer: Answer) -> float | None:
    """
    Seconds the connection should rest after this answer, so that the limit is never reached; None: go on.

    80 % asks for a second, 99 % for ten, 100 % for as long as they say.  Who names a time to regain access is blocked
    already, whatever the percentages of others say.
    """
    regain = _regain(answer.headers)
    if regain > 0:
        return regain
    percent = used(answer.headers)
    if percent >= 100:
        return wait_of(answer.headers) or PAUSE
    if percent >= SLOW_FROM:
        return round(1 + (percent - SLOW_FROM) * 9 / 19, 1)
    return None
