"""Infobip's own words: status and error objects, both error bodies, times."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from connectors.infobip.simulator.checks import Violation

# id: (group, group's name, name, description); what the page's table lists
STATUSES: dict[int, tuple[int, str, str, str]] = {
    7: (1, "PENDING", "PENDING_ENROUTE", "Message sent to next instance"),
    26: (1, "PENDING", "PENDING_ACCEPTED", "Message sent to next instance"),
    2: (3, "DELIVERED", "DELIVERED_TO_OPERATOR", "Message delivered to operator"),
    5: (3, "DELIVERED", "DELIVERED_TO_HANDSET", "Message delivered to handset"),
    4: (2, "UNDELIVERABLE", "UNDELIVERABLE_REJECTED_OPERATOR", "Message rejected by operator"),
    9: (2, "UNDELIVERABLE", "UNDELIVERABLE_NOT_DELIVERED", "Message sent not delivered"),
    31: (2, "UNDELIVERABLE", "UNDELIVERABLE_NOT_SENT", "Message not sent"),
    96: (2, "UNDELIVERABLE", "NO_ANSWER", "User was notified, but did not answer call"),
    97: (2, "UNDELIVERABLE", "BUSY", "User was busy during call attempt"),
    15: (4, "EXPIRED", "EXPIRED_EXPIRED", "Message expired"),
    29: (4, "EXPIRED", "EXPIRED_DLR_UNKNOWN", "Message expired"),
    6: (5, "REJECTED", "REJECTED_NETWORK", "Network is forbidden"),
    8: (5, "REJECTED", "REJECTED_PREFIX_MISSING", "Number prefix missing"),
    10: (5, "REJECTED", "REJECTED_DND", "Destination on DND list"),
    11: (5, "REJECTED", "REJECTED_SOURCE", "Invalid source address"),
    12: (5, "REJECTED", "REJECTED_NOT_ENOUGH_CREDITS", "Not enough credits"),
    13: (5, "REJECTED", "REJECTED_SENDER", "Sender is blocklisted"),
    14: (5, "REJECTED", "REJECTED_DESTINATION_BLOCKLISTED", "Destination is blocklisted"),
    17: (5, "REJECTED", "REJECTED_PREPAID_PACKAGE_EXPIRED", "Prepaid package expired"),
    18: (5, "REJECTED", "REJECTED_DESTINATION_NOT_REGISTERED", "Destination not registered"),
    19: (5, "REJECTED", "REJECTED_ROUTE_NOT_AVAILABLE", "Route not available"),
    20: (5, "REJECTED", "REJECTED_FLOODING_FILTER", "Rejected flooding"),
    21: (5, "REJECTED", "REJECTED_SYSTEM_ERROR", "System error"),
    23: (5, "REJECTED", "REJECTED_DUPLICATE_MESSAGE_ID", "Duplicate message ID"),
    25: (5, "REJECTED", "REJECTED_MESSAGE_TOO_LONG", "Message is too long"),
    51: (5, "REJECTED", "MISSING_TO", "Missing destination"),
    52: (5, "REJECTED", "REJECTED_DESTINATION", "Invalid destination address"),
    77: (5, "REJECTED", "REJECTED_TEXT_TOO_LONG", "Text part is too long"),
    53: (5, "REJECTED", "REJECTED_INVALID_AUDIO_URL", "Audio file cannot be downloaded"),
}
ADVICE = {12: "Top up the account", 21: "Try again later"}

# id: (group, group's name, name, description, permanent)
ERRORS: dict[int, tuple[int, str, str, str, bool]] = {
    0: (0, "OK", "NO_ERROR", "No Error", False),
    27: (1, "HANDSET_ERRORS", "EC_ABSENT_SUBSCRIBER", "Absent Subscriber", False),
    603: (2, "USER_ERRORS", "EC_CONTENT_BLOCKED", "Content blocked", True),
    4101: (3, "OPERATOR_ERRORS", "EC_VALIDITY_EXPIRED", "Validity period expired", True),
    5000: (0, "OK", "VOICE_ANSWERED", "Call answered by human", True),
    5002: (2, "USER_ERRORS", "EC_VOICE_USER_BUSY", "User was busy during call attempt", True),
    5003: (2, "USER_ERRORS", "EC_VOICE_NO_ANSWER", "User did not answer call", True),
    6012: (1, "HANDSET_ERRORS", "EC_HARD_BOUNCE", "Hard bounce", True),
    7008: (2, "USER_ERRORS", "EC_TEMPLATE_NOT_FOUND", "Template not found", True),
    7009: (2, "USER_ERRORS", "EC_TEMPLATE_MISMATCH", "Template placeholders do not match", True),
    7010: (2, "USER_ERRORS", "EC_NO_SESSION", "No open session with the user", True),
}

# an id of a status or error that fails, as a report tells it: the error beside the status
FAILURES = {9: 27, 15: 4101, 96: 5003, 97: 5002}


def status(number: int) -> dict[str, Any]:
    """A status object."""
    group, group_name, name, description = STATUSES[number]
    told: dict[str, Any] = {
        "groupId": group,
        "groupName": group_name,
        "id": number,
        "name": name,
        "description": description,
    }
    if number in ADVICE:
        told["action"] = ADVICE[number]
    return told


def error(number: int = 0) -> dict[str, Any]:
    """An error object."""
    group, group_name, name, description, permanent = ERRORS[number]
    return {
        "groupId": group,
        "groupName": group_name,
        "id": number,
        "name": name,
        "description": description,
        "permanent": permanent,
    }


def moment(at: float) -> str:
    """Unix seconds in Infobip's form."""
    when = datetime.fromtimestamp(at, UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}+0000"


MEANINGS = {
    400: ("BAD_REQUEST", "Bad request"),
    401: ("UNAUTHORIZED", "Invalid login details"),
    403: ("FORBIDDEN", "Unauthorized access"),
    404: ("NOT_FOUND", "Requested URL not found"),
    409: ("CONFLICT", "Conflict"),
    422: ("UNPROCESSABLE_ENTITY", "The request cannot be processed"),
    429: ("TOO_MANY_REQUESTS", "Too many requests"),
    500: ("GENERAL_ERROR", "Something went wrong. Please contact support."),
}
MODERN = {
    400: ("Request cannot be processed.", "Check the syntax, violations and adjust the request."),
    401: ("Missing or invalid credentials.", "Check the Authorization header."),
    403: ("Access denied.", "Check the permissions of the credentials."),
    404: ("Resource not found.", "Check the path."),
    429: ("Too many requests.", "Slow down."),
    500: ("Internal error.", "Contact support."),
}


def legacy(code: int, violations: Iterable[Violation] = (), *, text: str | None = None) -> httpx.Response:
    """Shape A."""
    word, meaning = MEANINGS[code]
    told: dict[str, Any] = {"messageId": word, "text": text or meaning}
    found: dict[str, list[str]] = {}
    for path, wrong in violations:
        found.setdefault(path, []).append(wrong)
    if found:
        told["validationErrors"] = found
    return httpx.Response(code, json={"requestError": {"serviceException": told}})


def modern(code: int, violations: Iterable[Violation] = (), *, text: str | None = None) -> httpx.Response:
    """Shape B."""
    description, action = MODERN.get(code, (MEANINGS[code][1], ""))
    told = {
        "errorCode": f"E{code}",
        "description": text or description,
        "action": action,
        "violations": [{"property": path, "violation": wrong} for path, wrong in violations],
        "resources": [],
    }
    return httpx.Response(code, json=told)


NEWER = ("/sms/3/", "/email/4/", "/mms/2/")


def refuse(path: str, code: int, violations: Iterable[Violation] = (), *, text: str | None = None) -> httpx.Response:
    """An error in the shape that the path's area has."""
    return (modern if path.startswith(NEWER) else legacy)(code, violations, text=text)


def ok(told: Any, code: int = 200) -> httpx.Response:
    """A JSON answer."""
    return httpx.Response(code, json=told)


def body_of(request: httpx.Request) -> Any:
    """The request's JSON; {} for an empty body; None for what is none."""
    try:
        return json.loads(request.content) if request.content else {}
    except (ValueError, RecursionError):
        return None


def picked(item: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Those of `names` that the item has."""
    return {name: item[name] for name in names if item.get(name) is not None}
