"""
Infobip's refusals in our words.  The HTTP status decides, the body only enriches.

    shape A   {"requestError": {"serviceException": {"messageId", "text", "validationErrors"?}}}
              SMS v1/v2, 2FA, voice, WhatsApp, e-mail v1-v3, account
    shape B   {"errorCode", "description", "action"?, "violations"?: [{"property", "violation"}]}
              SMS v3, e-mail v4, MMS v2
    strays    {"error": text or object}, {"errorMessage": text}, XML or HTML of a gateway

source: https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.action import Action, Nature
from connectors.errors import BadReply, ConnectorError, OutcomeUnknown, Reason, Rejected, Scope, Throttled
from connectors.provider import Answer
from connectors.reading import items, mapping, text

MAX_TEXT = 600

# HTTP status: (why, what it means); everything below 500 that is not here is Rejected as OTHER
REFUSALS = {
    400: (Reason.OTHER, "the request is invalid"),
    401: (Reason.AUTH, "the credentials are wrong, expired or missing"),
    # Of these credentials one area may be refused and the others not: no reason to stop the connection
    403: (Reason.POLICY, "the credentials lack a scope, this address is not allowed, or the feature is not enabled"),
    404: (Reason.OTHER, "there is no such thing"),
    409: (Reason.OTHER, "it conflicts with what is there"),
    412: (Reason.OTHER, "a precondition fails"),
    416: (Reason.OTHER, "the range is outside of what there is"),
    422: (Reason.OTHER, "the request makes no sense to them"),
}

# action's area (the row's pace): any one of these scopes suffices (1.4 of the page)
SCOPES = {
    "sms": "message:send, sms:message:send, sms:manage",
    "sms-logs": "sms:manage, sms:logs:read",
    "sms-preview": "sms:manage",
    "sms-inbox": "inbound-message:read, sms:inbound-message:read",
    "email": "message:send, email:message:send, email:manage",
    "email-bulks": "message:send, email:message:send, email:manage",
    "email-reports": "message:send, email:message:send, email:manage",
    "email-logs": "email:logs:read, email:manage",
    "email-validation": "email:manage",
    "email-validations": "email:manage",
    "tfa": "2fa:manage",
    "tfa-list": "2fa:manage",
    "tfa-create": "2fa:manage",
    "tfa-pin": "2fa:manage, 2fa:pin:send",
    "voice": "message:send, voice-message:message:send, voice-message:manage",
    "voice-reports": "voice-reports:read, voice:logs:read, message:send",
    "whatsapp": "message:send, whatsapp:message:send, whatsapp:manage",
    "whatsapp-media": "inbound-message:read, whatsapp:inbound-message:read, whatsapp:manage",
    "subscriptions": "subscriptions:manage",
}


def judge(action: Action, answer: Answer) -> ConnectorError | None:
    """
    The error an answer is, None for a 2xx or the redirect of a media download.

    A 2xx may still hold refused recipients, an unsent PIN or a wrong one: what the answer's reader finds there.
    """
    status = answer.status
    if 200 <= status < 300 or (status in {302, 307} and action.pace == "whatsapp-media"):
        return None
    code, told = explain(answer.data)
    facts: dict[str, Any] = {"code": code, "status": status}
    if status == 429:
        scope = Scope.LANE if action.pace == "tfa-pin" else Scope.CONNECTION  # a PIN's limits are a number's
        return Throttled(told or "Infobip throttles this account", after=wait(answer), scope=scope, **facts)
    if status >= 500 or status in {408, 425}:
        told = told or f"Infobip answered HTTP {status}"
        return OutcomeUnknown(f"{told}: whether it was done is not known", after=wait(answer), **facts)
    if status in REFUSALS or 400 <= status < 500:
        reason, meaning = REFUSALS.get(status, (Reason.OTHER, f"HTTP {status}"))
        words = f"{meaning}: {told}" if told else meaning
        if status == 403 and action.pace in SCOPES:
            words += f" (one of these scopes is needed: {SCOPES[action.pace]})"
        return Rejected(words[:MAX_TEXT], reason=reason, **facts)
    strange = f"Infobip answered HTTP {status}, which its page does not know"
    kind: type[ConnectorError] = BadReply if action.repeatable and action.nature is Nature.QUERY else OutcomeUnknown
    return kind(strange, **facts)


def explain(data: Any) -> tuple[str | None, str | None]:
    """(their code, their words with every violation) of an error body of whatever shape; (None, None) for none."""
    if not isinstance(data, Mapping):
        return None, None
    legacy = mapping(mapping(data, "requestError"), "serviceException")
    if legacy:
        return text(legacy, "messageId"), _told(text(legacy, "text"), _legacy(legacy.get("validationErrors")))
    if "errorCode" in data or "violations" in data:
        said = [f"{text(one, 'property') or '?'} {text(one, 'violation') or ''}" for one in items(data, "violations")]
        advice = text(data, "action")
        words = _told(text(data, "description"), said)
        return text(data, "errorCode"), f"{words} ({advice})" if advice and words else words or advice
    stray = data.get("error")
    if isinstance(stray, Mapping):
        return text(stray, "code", "messageId", "id"), text(stray, "text", "message", "description")
    return None, text(data, "error", "errorMessage", "message", "description")


def _told(words: str | None, violations: list[str]) -> str | None:
    said = "; ".join(violations)
    if words and said:
        return f"{words}: {said}"[:MAX_TEXT]
    return (words or said)[:MAX_TEXT] or None


def _legacy(given: Any) -> list[str]:
    """`validationErrors`: normally path → list of texts; a text, a list and null have been seen."""
    return list(_violations(given))


def _violations(given: Any) -> Iterator[str]:
    if isinstance(given, str):
        yield given
    elif isinstance(given, list):
        for one in given:
            yield from _violations(one)
    elif isinstance(given, Mapping):
        for path, told in given.items():
            said = ", ".join(_violations(told))
            yield f"{path} {said}".strip()


def wait(answer: Answer) -> float | None:
    """Seconds that `Retry-After` asks for (a number or an HTTP date), None where it says nothing readable."""
    given = answer.headers.get("retry-after", "").strip()
    if not given:
        return None
    try:
        seconds = float(given)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None
