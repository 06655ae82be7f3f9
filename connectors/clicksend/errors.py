"""
ClickSend's words, our errors.  Two levels: the answer as a whole (`judge`) and each message in it (`refusal`).

A 200 with SUCCESS says nothing about its messages: their own `status` words do (page 2.3), and `actions` reads those.
The words can stand in either place and under any HTTP status, so one table serves both (page 5, row 1).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors import reading
from connectors.action import Action, Nature
from connectors.errors import BadReply, ConnectorError, OutcomeUnknown, Reason, Rejected, Throttled
from connectors.provider import Answer

ACCEPTED = "SUCCESS"  # the only word that is a success of a message
FINE = frozenset({"SUCCESS", "CREATED", "NO_CONTENT"})  # of an envelope (page 2.1)

# page 2.3: their word, our reason, what to tell the sender
REFUSED: dict[str, tuple[Reason, str]] = {
    "INVALID_RECIPIENT": (Reason.UNKNOWN_RECIPIENT, "the recipient is not a valid mobile number"),
    "INVALID_SENDER_ID": (Reason.OTHER, "the sender is longer than 11 characters, has spaces, or is not allowed"),
    "EMPTY_MESSAGE": (Reason.OTHER, "the message has no text"),
    "MISSING_REQUIRED_FIELDS": (Reason.OTHER, "a required field is absent"),
    "INVALID_SCHEDULE": (Reason.OTHER, "the schedule is no usable time"),
    "TOO_MANY_RECIPIENTS": (Reason.OTHER, "more than 1,000 recipients in one call: split the batch"),
    "NOT_ENOUGH_PERMISSION_TO_LIST_ID": (Reason.POLICY, "the contact list is unknown or belongs to somebody else"),
    "COUNTRY_NOT_ENABLED": (Reason.POLICY, "the recipient's country is not enabled in the dashboard"),
    "REGISTRATION_NEEDED": (Reason.POLICY, "this country needs the sender or company to be registered first"),
    "ALREADY_EXISTS": (Reason.OTHER, "there is one like it already"),
    "INSUFFICIENT_CREDIT": (Reason.CREDIT, "the balance is too low; top up, then send what was refused"),
    "ACCOUNT_NOT_ACTIVATED": (Reason.AUTH, "the account is not activated yet"),
    "MISSING_CREDENTIALS": (Reason.AUTH, "the API username or key is missing"),
    "INVALID_CREDENTIALS": (Reason.AUTH, "the API username or key is wrong"),
    # Sounds like a rate limit and is none: the same text went to the same number moments ago.  Again is twice.
    "THROTTLED": (Reason.DUPLICATE, "the same text went to the same number moments ago; sent again it arrives twice"),
    "INVALID_LANG": (Reason.OTHER, "the language is not one of ClickSend's"),
    "INVALID_VOICE": (Reason.OTHER, "this language has no such voice"),
    "SUBJECT_REQUIRED": (Reason.OTHER, "an MMS needs a subject"),
    "INVALID_MEDIA_FILE": (Reason.MEDIA, "the media file is not a jpg or gif of at most 250 kB"),
    "INVALID_RETURN_ADDRESS": (Reason.OTHER, "the return address is not valid"),
}

# page 2.3: whether the message left is unknown.  Any other word is treated alike: a resend could duplicate.
UNCLEAR: dict[str, str] = {
    "INTERNAL_ERROR": "ClickSend met a fault of its own; whether the message left is unknown",
    "SOMETHING_IS_WRONG": "ClickSend says no more than that something is wrong; whether the message left is unknown",
}

# What a 404 means where it is no failure (page 3.4, 3.5, 3.10); the reply then says so in its own words
ABSENT_IS_AN_ANSWER = frozenset(
    {"get-delivery-receipt", "get-inbound-reply", "delete-sms-template", "delete-contact", "delete-contact-list"}
    | {"delete-inbound-rule", "delete-receipt-rule"}
)

NOT_FOUND: dict[str, str] = {
    "cancel-scheduled-sms": (
        "nothing was cancelled by this call: the message is unknown, was sent at once, has left, or was cancelled "
        "before; get-sms-history with its message_id tells which"
    ),
    "cancel-scheduled-voice": (
        "nothing was cancelled by this call: the call is unknown, was made, or was cancelled before; "
        "get-voice-history tells which"
    ),
}

# Permissions are given area by area (page 1.2): only these two are worth stopping the whole connection for
ESSENTIAL = frozenset({"get-account", "send-sms"})

WAIT_HEADERS = ("retry-after", "ratelimit-reset", "x-ratelimit-reset")  # seconds, in this order (page 2.7)
LONGEST_WORD = 60
LONGEST_TEXT = 300


def word(value: Any) -> str:
    """A status or response code to compare: text in capitals ("400" for the integer seen), "" for what is neither."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip().upper()


def refusal(status: Any) -> ConnectorError | None:
    """The error one message's `status` is, or None when it was accepted."""
    said = word(status)
    if said == ACCEPTED:
        return None
    if said in REFUSED:
        reason, text = REFUSED[said]
        return Rejected(text, reason=reason, code=said)
    told = UNCLEAR.get(said, "ClickSend answered with a status we do not know; whether the message left is unknown")
    return OutcomeUnknown(told, code=said[:LONGEST_WORD] or None)


def judge(action: Action, answer: Answer) -> ConnectorError | None:
    """The error an answer as a whole is, or None when its messages or data are worth reading (page 2.1, 2.2)."""
    envelope = answer.data if isinstance(answer.data, Mapping) else {}
    said = word(envelope.get("response_code"))
    if said in REFUSED and not _sent_some(action, answer, envelope):
        reason, text = REFUSED[said]
        return Rejected(_told(text, envelope), reason=reason, code=said)
    if 200 <= answer.status < 300:
        return _second_look(action, answer, envelope, said)
    if answer.status < 400:
        return _unclear(action, f"ClickSend answered with the redirect {answer.status}, which is never followed")
    if answer.status >= 500 or answer.status == 408:  # a proxy before it that waited in vain
        told = f"ClickSend failed with HTTP {answer.status}; whether it acted before is unknown"
        return OutcomeUnknown(_told(told, envelope), code=said or None)
    return _refused(action, answer, answer.status, said)


def _sent_some(action: Action, answer: Answer, envelope: Mapping[str, Any]) -> bool:
    """A 2xx to a send that names messages: some may be out, whatever word stands above them."""
    return action.nature is Nature.SEND and answer.status < 300 and bool(reading.mapping(envelope, "data"))


def _second_look(action: Action, answer: Answer, envelope: Mapping[str, Any], said: str) -> ConnectorError | None:
    """A 2xx may still carry an error, or nothing that can be read."""
    if not envelope:
        if answer.status == 204 or (not answer.content and action.nature is not Nature.SEND):
            return None
        return _unclear(action, f"the answer (HTTP {answer.status}) is not the JSON ClickSend answers with")
    status = _integer(envelope.get("http_code"))
    if (status is not None and status >= 400) or (said and said not in FINE):
        if action.nature is not Nature.SEND and status is not None and 400 <= status < 500:
            return _refused(action, answer, status, said)
        told = "the answer calls itself a success outside and a failure inside"
        return _unclear(action, _told(told, envelope), code=said)
    if action.nature is Nature.SEND and not _holds_what_was_sent(envelope.get("data")):
        return _unclear(action, "the answer to a send names no messages; they may be out")
    return None


def _holds_what_was_sent(data: Any) -> bool:
    """Messages of a send, or the campaign it made: at `data`, or one level below (page 5, row 26)."""
    if not isinstance(data, Mapping):
        return False
    return isinstance(data.get("messages"), list) or "sms_campaign_id" in data or "sms_campaign" in data


def _refused(action: Action, answer: Answer, status: int, said: str) -> ConnectorError | None:
    """A 4xx, outside or inside the envelope."""
    envelope = answer.data if isinstance(answer.data, Mapping) else {}
    if status == 429:  # "HTTP_TOO_MANY_REQUESTS" where the page says "TOO_MANY_REQUESTS": the number decides
        return Throttled("ClickSend asks for slower calls", code=said or "429", after=_wait(answer))
    if status == 401:
        return Rejected("the API username or key is wrong", reason=Reason.AUTH, code=said or "401")
    if status == 403:
        # The same answer for "you may not" and for "not yours or not there" (page 2.2; 5, row 27)
        if "{" in action.path:
            return Rejected(_told("not found, or not permitted to this user", envelope), code=said or "403")
        reason = Reason.AUTH if action.key in ESSENTIAL else Reason.POLICY
        return Rejected(_told("this API user may not do that", envelope), reason=reason, code=said or "403")
    if status == 404:
        if action.key in ABSENT_IS_AN_ANSWER:
            return None
        return Rejected(NOT_FOUND.get(action.key) or _told("not found", envelope), code=said or "404")
    return Rejected(_told("ClickSend refused the request", envelope), code=said or str(status))


def _unclear(action: Action, told: str, code: str = "") -> ConnectorError:
    kind: type[ConnectorError] = BadReply if action.repeatable else OutcomeUnknown
    return kind(told, code=code or None)


def _told(ours: str, envelope: Mapping[str, Any]) -> str:
    """Our sentence and theirs, with the fields a validation names (page 2.2)."""
    theirs = envelope.get("response_msg")
    told = f"{ours}: {theirs}" if isinstance(theirs, str) and theirs.strip() else ours
    data = envelope.get("data")
    if isinstance(data, Mapping):
        named = [f"{name}: {why}" for name, why in data.items() if isinstance(why, str) and why != theirs]
        if named:
            told += f" ({'; '.join(named)})"
    return re.sub(r"\s+", " ", told)[:LONGEST_TEXT]


def _wait(answer: Answer) -> float | None:
    """Seconds, of a number or an HTTP date; None when no header says."""
    for name in WAIT_HEADERS:
        given = answer.headers.get(name, "").strip()
        if not given:
            continue
        try:
            seconds = float(given)
        except ValueError:
            try:
                until = parsedate_to_datetime(given)
            except ValueError:
                continue
            until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
            seconds = (until - datetime.now(UTC)).total_seconds()
        if math.isfinite(seconds):
            return max(0.0, seconds)
    return None


def _integer(value: Any) -> int | None:
    try:
        return int(str(value).strip())
    except ValueError:
        return None
