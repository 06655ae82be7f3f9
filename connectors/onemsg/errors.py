"""
What their answers mean.  1msg has no uniform error envelope and often no numeric code, so the words are read too.

    2xx with sent: true          accepted
    2xx with sent: false, jobId  queued: neither refused nor delivered, never sent again
    2xx with sent: false         refused, in `message`, `error` or `description`
    2xx without sent             refused where it carries an error and nothing of use; to a send, unknown where it has
                                 no word of a send's answer
    >= 400                       refused; a 5xx to a send is an unknown outcome, unless a 500 says what was wrong

A 401 quotes the token it was given, so its words are never handed on.

source: our page §2.3 (the algorithm), §2.4 (statuses), §2.5 (texts and codes)
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from connectors import reading
from connectors.action import Action, Nature
from connectors.errors import BadReply, ConnectorError, OutcomeUnknown, Reason, Rejected, Scope, Throttled, Unsupported
from connectors.provider import Answer

MAX_TEXT = 400  # characters of their words handed on

# What they may quote back at us: a token in quotes, in a URL, in a header, or by its shape (a JWT).
QUOTED_TOKEN = re.compile(r"(token\W{0,3}[\"'“])[^\"'”]*|([?&]?\btoken=)[^&\s\"']+|(bearer\s+)\S+", re.IGNORECASE)
JWT = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")


@dataclass(frozen=True, slots=True)
class Cause:
    """A class of §2.5, and what it is to us."""

    name: str
    reason: Reason
    error: type[Rejected | Throttled | Unsupported] = Rejected
    scope: Scope = Scope.CONNECTION


AUTH = Cause("AUTH", Reason.AUTH)
RATE_LIMIT = Cause("RATE_LIMIT", Reason.THROTTLED, Throttled)
PAIR_LIMIT = Cause("RATE_LIMIT", Reason.THROTTLED, Throttled, Scope.LANE)
WINDOW_CLOSED = Cause("WINDOW_CLOSED", Reason.WINDOW_CLOSED)
MARKETING_LIMIT = Cause("RECIPIENT_MARKETING_LIMIT", Reason.POLICY)  # a cap for one person and a day, not the window
OPTED_OUT = Cause("RECIPIENT_OPTED_OUT", Reason.OPTED_OUT)
EXPERIMENT = Cause("RECIPIENT_EXPERIMENT", Reason.POLICY)
UNREACHABLE = Cause("RECIPIENT_UNREACHABLE", Reason.UNKNOWN_RECIPIENT)  # no WhatsApp, an old app, or blocked: not told
RECIPIENT_UNKNOWN = Cause("RECIPIENT_UNKNOWN", Reason.UNKNOWN_RECIPIENT)
TEMPLATE_IDENTITY = Cause("TEMPLATE_IDENTITY_MISSING", Reason.TEMPLATE)
TEMPLATE_NOT_FOUND = Cause("TEMPLATE_NOT_FOUND", Reason.TEMPLATE)
TEMPLATE_INVALID = Cause("TEMPLATE_INVALID", Reason.TEMPLATE)
VALIDATION = Cause("VALIDATION", Reason.OTHER)
MEDIA = Cause("MEDIA", Reason.MEDIA)
FEATURE_OFF = Cause("CHANNEL_FEATURE_OFF", Reason.OTHER)
UNSUPPORTED = Cause("UNSUPPORTED", Reason.OTHER)
RESTRICTED = Cause("CHANNEL_RESTRICTED", Reason.POLICY)
BILLING = Cause("BILLING", Reason.CREDIT)
NOT_REGISTERED = Cause("NOT_REGISTERED", Reason.OTHER)

# §2.5, Meta's codes where they come through
CODES: dict[int, Cause] = {
    130429: RATE_LIMIT,
    131056: PAIR_LIMIT,  # too many to this one recipient: the others need not wait
    131048: RATE_LIMIT,
    131047: WINDOW_CLOSED,
    131049: MARKETING_LIMIT,
    131050: OPTED_OUT,  # not on our page; in Meta's list: they stopped marketing messages from us
    130472: EXPERIMENT,
    131026: UNREACHABLE,
    132001: TEMPLATE_NOT_FOUND,
    132000: TEMPLATE_INVALID,
    132012: TEMPLATE_INVALID,
    132005: TEMPLATE_INVALID,
    132007: TEMPLATE_INVALID,
    132015: TEMPLATE_INVALID,
    132016: TEMPLATE_INVALID,
    131052: MEDIA,
    131053: MEDIA,
    131051: UNSUPPORTED,
    131031: RESTRICTED,
    131042: BILLING,
    368: RESTRICTED,
    133010: NOT_REGISTERED,
}

# §2.5, their words in lower case; the first row all of whose pieces occur decides
TEXTS: tuple[tuple[tuple[str, ...], Cause], ...] = (
    (("wrong token",), AUTH),
    (("invalid token",), AUTH),
    (("unauthorized",), AUTH),
    (("too many request",), RATE_LIMIT),
    (("rate limit",), RATE_LIMIT),
    (("outside the allowed window",), WINDOW_CLOSED),
    (("dialog window is closed",), WINDOW_CLOSED),
    (("re-engagement",), WINDOW_CLOSED),
    (("healthy ecosystem",), MARKETING_LIMIT),
    (("stop receiving marketing",), OPTED_OUT),  # Meta's words for 131050
    (("part of an experiment",), EXPERIMENT),
    (("undeliverable",), UNREACHABLE),
    (("template is not defined",), TEMPLATE_IDENTITY),
    (("template", "not found"), TEMPLATE_NOT_FOUND),
    (("template", "does not exist"), TEMPLATE_NOT_FOUND),
    (("consecutive spaces",), VALIDATION),
    (("new-line/tab",), VALIDATION),
    (("wrong file",), MEDIA),
    (("media upload error",), MEDIA),
    (('unexpected key "caption" on param "audio"',), VALIDATION),
    (("username is not found",), RECIPIENT_UNKNOWN),
    (("not linked with bsuid",), RECIPIENT_UNKNOWN),
    (("bsuid routing is disabled",), FEATURE_OFF),
    (("username routing is disabled",), FEATURE_OFF),
    (("unsupported interactive message type",), UNSUPPORTED),
)
CODE_IN_TEXT = re.compile(r"(?<![\w.@+-])1\d{5}(?![\w.@-])")

AUTH_TEXT = "the channel token is wrong, missing, or another channel's"
BLOCKED_TEXT = "the channel is blocked (trial over, or its subscription): its owner must act at 1msg"

# Keys that tell how a call went; an answer with nothing beside them tells nothing (§2.3, 4).
TALK = frozenset({"error", "message", "description", "code", "response", "result", "success", "notice", "total"})
RESULT_IS_DATA = frozenset({"get-output-ip"})  # elsewhere `result` is a word on success
# What the answer to a send may tell (§3, "send result"), all of it optional; without any nobody knows whether it left.
SEND_RESULT = frozenset({"sent", "id", "message", "description", "jobId", "queued", "success", "result"})
# What an answer is worthless without (§3.1): an empty 200 to an upload has kept nothing.
NEEDED: dict[str, tuple[str, Cause, str]] = {
    "upload-media": ("mediaId", MEDIA, "the upload was answered without a media id"),
}


def judge(action: Action, answer: Answer) -> ConnectorError | None:
    """The error this answer is, or None when it is a success; §2.3 from top to bottom."""
    body: Mapping[str, Any] = answer.data if isinstance(answer.data, Mapping) else {}
    if answer.status >= 400:
        return _refused(answer, body)
    if not 200 <= answer.status < 300:
        return _unclear(action, f"HTTP {answer.status} instead of an answer: is base_url right?")
    if body.get("sent") is not None:
        return _sent(action, body)
    if _is_failure(action, body):
        return _of(body, told(body) or "1msg refused without a word")
    needed = NEEDED.get(action.key)
    if needed is not None and not reading.text(body, needed[0]):
        return _because(needed[1], needed[2])
    if action.nature in {Nature.SEND, Nature.REACT} and all(body.get(name) is None for name in SEND_RESULT):
        return _unclear(action, f"HTTP {answer.status} without a word on whether it was sent")
    return None


def _sent(action: Action, body: Mapping[str, Any]) -> ConnectorError | None:
    sent = reading.truth(body["sent"])
    if sent is None:
        return _unclear(action, "`sent` says neither yes nor no")
    if sent or queued(body):
        return None
    return _of(body, told(body) or "1msg did not send it and gave no reason")


def queued(body: Mapping[str, Any]) -> bool:
    """`sent: false` with a job: taken, its outcome still to come (§5.4)."""
    return reading.truth(body.get("sent")) is False and (
        reading.text(body, "jobId") is not None or reading.truth(body.get("queued")) is True
    )


def _is_failure(action: Action, body: Mapping[str, Any]) -> bool:
    """A 2xx without `sent`: an error beside what was asked for is a warning only (§2.3, 4; §3.8)."""
    if "result" in body and action.key not in RESULT_IS_DATA and body["result"] not in ("success", True):
        return True
    if reading.truth(body.get("success")) is False or reading.mapping(body, "response").get("error"):
        return True
    if not body.get("error"):
        return False
    useful = any(value for name, value in body.items() if name not in TALK)
    return action.nature in {Nature.ACCOUNT, Nature.READ} or not useful


def _refused(answer: Answer, body: Mapping[str, Any]) -> ConnectorError:
    status, words = answer.status, told(body) or " ".join(answer.text.split())
    if status == 401:
        return Rejected(AUTH_TEXT, reason=Reason.AUTH, code=status)
    if status == 429:
        return _throttled(answer, body, words)
    cause = classify(words, code_of(body))
    if status in {404, 501} and cause is None:
        return Unsupported(f"this channel has no such method (HTTP {status}): {_hush(words)}"[:MAX_TEXT], code=status)
    if status > 501 or status == 408 or (status == 500 and cause is None):
        return OutcomeUnknown(f"HTTP {status} from 1msg or a gateway before it: {_hush(words)}"[:MAX_TEXT], code=status)
    if status == 403 and cause is None:
        return Rejected(f"{BLOCKED_TEXT}: {_hush(words)}"[:MAX_TEXT], reason=Reason.CREDIT, code=status)
    return _of(body, words or f"HTTP {status}", status)


def _throttled(answer: Answer, body: Mapping[str, Any], words: str) -> Throttled:
    cause = classify(words, code_of(body))
    scope = cause.scope if cause is not None and cause.error is Throttled else Scope.CONNECTION
    return Throttled(_hush(words) or "too many requests", code=code_of(body) or 429, after=_after(answer), scope=scope)


def _after(answer: Answer) -> float | None:
    """Seconds of a Retry-After, which 1msg does not document but a proxy before it may send."""
    given = answer.headers.get("retry-after", "").strip()
    if given.isdigit():
        return float(given)
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
    except ValueError:
        return None


def _of(body: Mapping[str, Any], words: str, status: int | None = None) -> ConnectorError:
    code = code_of(body)
    return _because(classify(words, code) or VALIDATION, words, code or status)


def _because(cause: Cause, words: str, code: str | int | None = None) -> ConnectorError:
    if cause is AUTH:
        words = AUTH_TEXT
    return cause.error(_hush(words), reason=cause.reason, code=code, scope=cause.scope)


def _unclear(action: Action, words: str) -> ConnectorError:
    """Words that prove nothing: ours to mend where nothing can be doubled, else the send may well be out."""
    return (BadReply if action.repeatable else OutcomeUnknown)(words[:MAX_TEXT])


def classify(words: str, code: str | int | None = None) -> Cause | None:
    """The class of §2.5 by their code, else by their words, else by a code within their words."""
    if code is not None and str(code).isdigit() and int(code) in CODES:
        return CODES[int(code)]
    lowered = words.lower()
    for pieces, cause in TEXTS:
        if all(piece in lowered for piece in pieces):
            return cause
    for number in CODE_IN_TEXT.findall(words):
        if int(number) in CODES:
            return CODES[int(number)]
    return None


def told(body: Mapping[str, Any]) -> str:
    """Their words: the first that is there (§2.3, 2)."""
    error = reading.mapping(body, "error")
    both = " ".join(filter(None, (reading.text(error, "error_user_title"), reading.text(error, "error_user_msg"))))
    return (
        _words(body.get("message"))
        or _words(body.get("error"))
        or both
        or reading.text(error, "message", "title")
        or _words(reading.mapping(body, "response").get("error"))
        or _words(body.get("description"))
    )


def _words(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def code_of(body: Mapping[str, Any]) -> str | None:
    """Their code: error.code, error.error_code or code (§2.3, 2)."""
    return reading.text(reading.mapping(body, "error"), "code", "error_code") or reading.text(body, "code")


def _hush(words: str) -> str:
    """Their words, short, without what they may quote of our credentials."""
    return JWT.sub("…", QUOTED_TOKEN.sub(r"\1\2\3…", words))[:MAX_TEXT]
