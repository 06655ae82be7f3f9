"""How much of the allowance is used, read from every answer (page §2.7)."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.instagram import PROVIDER, usage
from connectors.provider import Answer


def answer(**headers: Any) -> Answer:
    """An answer with these headers, objects as JSON."""
    told = {name.replace("_", "-"): one if isinstance(one, str) else json.dumps(one) for name, one in headers.items()}
    return Answer(200, httpx.Headers(told), b"{}", {})


def business(percent: float, minutes: float = 0, **more: Any) -> dict[str, Any]:
    """The page's example, with other numbers."""
    one = {"type": "instagram", "call_count": percent, "total_cputime": 20, "total_time": 20}
    return {"17841400000000001": [{**one, "estimated_time_to_regain_access": minutes, **more}]}


RESTS: dict[str, tuple[dict[str, Any], float | None]] = {
    # headers: seconds of rest
    "nothing told": ({}, None),
    "the page's first example": (
        {"x_app_usage": {"call_count": 28, "total_time": 25, "total_cputime": 25}},
        None,
    ),
    "79 percent": ({"x_app_usage": {"call_count": 79}}, None),
    "80 percent": ({"x_app_usage": {"call_count": 80}}, 1.0),
    "99 percent": ({"x_app_usage": {"total_time": 99}}, 10.0),
    "100 percent": ({"x_app_usage": {"total_cputime": 100}}, 30.0),
    "the page's second example": ({"x_business_use_case_usage": business(95)}, 8.1),
    "blocked for 5 minutes": ({"x_business_use_case_usage": business(101, 5)}, 300.0),
    "blocked, with percentages that look well": ({"x_business_use_case_usage": business(40, 2)}, 120.0),
    "blocked for less than nothing": ({"x_business_use_case_usage": business(40, -2)}, None),
    "the worse of two": (
        {"x_app_usage": {"call_count": 90}, "x_business_use_case_usage": business(100, 1)},
        60.0,
    ),
    "the worse of two objects": (
        {"x_business_use_case_usage": {"1": [{"call_count": 1}, {"call_count": 100, "type": "messenger"}]}},
        30.0,
    ),
    "one object in place of a list": ({"x_business_use_case_usage": {"1": {"call_count": 85}}}, 3.4),
    "digits": ({"x_app_usage": {"call_count": "85"}}, 3.4),
    "Retry-After": ({"x_app_usage": {"call_count": 100}, "retry_after": "77"}, 77.0),
    "a date in Retry-After": ({"x_app_usage": {"call_count": 100}, "retry_after": "1800000000"}, 30.0),
    "a month is not believed": ({"x_business_use_case_usage": business(100, 43_200)}, 86_400.0),
    "not JSON": ({"x_app_usage": "{"}, None),
    "not an object": ({"x_app_usage": [1], "x_business_use_case_usage": {"1": ["x", None]}}, None),
}


@pytest.mark.parametrize(("headers", "seconds"), RESTS.values(), ids=RESTS)
def test_rest(headers: dict[str, Any], seconds: float | None) -> None:
    """Slower from 80 percent, nothing at 100 until access comes back."""
    assert seconds == PROVIDER.rest(answer(**headers))


@given(st.text(), st.text(), st.text())
def test_headers_never_raise(app: str, case: str, after: str) -> None:
    """Whatever a proxy makes of them."""
    found = {"x-app-usage": app, "x-business-use-case-usage": case, "retry-after": after}

    assert usage.used(found) >= 0
    assert (usage.wait_of(found) or 1) > 0
