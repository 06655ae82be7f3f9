"""
Meta's error codes, our errors.

They are told apart by `(code, error_subcode)`; the HTTP status and `type` say next to nothing (a closed window is 403
on one host and 400 on the other, and nearly every failure is an "OAuthException").  Order of looking (page §2.5):
exact pair → number known wherever it stands → known code → range → `is_transient` → HTTP status.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from connectors.action import Action
from connectors.errors import ConnectorError, OutcomeUnknown, Reason, Rejected, Scope, Throttled
from connectors.instagram.usage import wait_of
from connectors.provider import Answer

TEXT = 600  # characters of their words we hand on


class Class(StrEnum):
    """The classes of page §2.5."""

    AUTH = "auth"
    PERMISSION = "permission"
    NOT_READY = "account_not_ready"
    LIMITED = "rate_limited"
    UNCLEAR = "unclear"  # `transient` for what may be repeated, `unknown_outcome` for a send: the action decides
    WINDOW = "outside_window"
    UNAVAILABLE = "recipient_unavailable"
    RECIPIENT = "invalid_recipient"
    NOT_FOUND = "not_found"
    CONSENT = "consent_required"
    NOT_OWNER = "thread_not_owned"
    AUTOMATED = "thread_automated"  # thread_not_owned that passes by itself within minutes
    POLICY = "policy_blocked"
    MEDIA = "media_rejected"
    INVALID = "invalid_request"
    DUPLICATE = "duplicate"


REASONS = {
    # refusals: class, reason.  Only AUTH touches the connection's state; a missing permission is no bad token.
    Class.AUTH: Reason.AUTH,
    Class.PERMISSION: Reason.OTHER,
    Class.NOT_READY: Reason.OTHER,
    Class.WINDOW: Reason.WINDOW_CLOSED,
    Class.UNAVAILABLE: Reason.BLOCKED,
    Class.RECIPIENT: Reason.UNKNOWN_RECIPIENT,
    Class.NOT_FOUND: Reason.OTHER,
    Class.CONSENT: Reason.OTHER,
    Class.NOT_OWNER: Reason.OTHER,
    Class.POLICY: Reason.POLICY,
    Class.MEDIA: Reason.MEDIA,
    Class.INVALID: Reason.OTHER,
    Class.DUPLICATE: Reason.DUPLICATE,
}


@dataclass(frozen=True, slots=True)
class Row:
    """What a number means; `hint` is what a person should do, where Meta's words do not say."""

    kind: Class
    hint: str = ""


_LINK = Row(
    Class.NOT_READY, "the account, its Page and its user could not be linked: check page_id and two-factor login"
)
_ACCESS = Row(
    Class.NOT_READY,
    "its owner must allow access in the Instagram app: Settings → Messages and story replies → Message controls → "
    "Connected tools → Allow access to messages",
)
_ROLE = Row(Class.PERMISSION, "without Advanced Access the app reaches only people with a role on it")
_UNCLEAR = Row(Class.UNCLEAR)
_LIMITED = Row(Class.LIMITED)
_WINDOW = Row(Class.WINDOW)
_UNAVAILABLE = Row(Class.UNAVAILABLE)
_MEDIA = Row(Class.MEDIA)
_OWNER = Row(Class.NOT_OWNER, "another app controls this thread; it must pass control first")
_POLICY = Row(Class.POLICY)
_COMMENT = Row(Class.INVALID, "one private reply for each comment, within 7 days; the comment may be gone")
_LOGIN = Row(Class.AUTH, "log in again")
_UNSENT = Row(Class.UNCLEAR, "Meta answers this although the message may have been delivered; it is never sent again")

PAIRS: dict[tuple[int, int | None], Row] = {
    # (code, error_subcode): row  (page §2.5)
    (190, 458): Row(Class.AUTH, "the app was removed; log in again"),
    (190, 459): Row(Class.AUTH, "the user must pass a checkpoint on Facebook first"),
    (190, 460): Row(Class.AUTH, "the password was changed; log in again"),
    (190, 463): Row(Class.AUTH, "the token expired and can no longer be renewed; log in again"),
    (190, 464): Row(Class.AUTH, "the user is not confirmed"),
    (190, 467): _LOGIN,
    (190, 492): _LOGIN,
    (10, None): Row(Class.PERMISSION, "a permission or a reviewed feature is missing"),
    (200, 2018028): _ROLE,
    (200, 2018027): _ROLE,
    (200, 2534041): _ACCESS,
    (10, 2534077): _LINK,
    (100, 2534013): _LINK,
    (25, 2207050): Row(Class.POLICY, "the Instagram account is restricted: open the app and pass the checkpoint"),
    (10, 2534022): _WINDOW,
    (10, 2018278): _WINDOW,
    (10, 2018065): _WINDOW,
    (551, None): _UNAVAILABLE,
    (551, 1545041): _UNAVAILABLE,
    (200, 1545041): _UNAVAILABLE,
    (10, 2018108): _UNAVAILABLE,
    (100, 2534014): Row(Class.RECIPIENT, "not an Instagram-scoped id of this account's customers"),
    (100, 2018001): Row(Class.RECIPIENT),
    (100, 33): Row(Class.NOT_FOUND),
    (10, 2018300): _OWNER,
    (100, 2534037): _OWNER,
    (100, 2534015): Row(Class.INVALID),
    (100, 2018014): Row(Class.INVALID),
    (100, 2534025): _COMMENT,
    (100, 2018008): Row(Class.MEDIA, "Meta could not download the media: public https, quick and of the right type"),
    (100, 2018047): _MEDIA,
    (100, 2018109): _MEDIA,
    (36000, 2207004): _MEDIA,
    (100, 2018294): _MEDIA,
    (100, 2018074): _MEDIA,
    (613, None): _LIMITED,
    (613, 2534040): _LIMITED,
    (613, 2018338): Row(Class.POLICY, "tags are used in a way people find bothersome"),
    (10, 1893063): _POLICY,
    (100, 2534029): _POLICY,
    (1, None): _UNCLEAR,
    (1, 99): _UNCLEAR,
    (1, 1357046): _UNSENT,
    (2, None): _UNCLEAR,
    (2, 1545133): Row(Class.UNCLEAR, "this may also mean that the customer blocked the account"),
}

NUMBERS: dict[int, Row] = {
    # numbers that mean one thing wherever they stand, as code or as subcode  (page §2.4, last but two, and §2.5)
    36103: Row(Class.NOT_READY, "the account is not eligible for the API yet"),
    2534001: Row(Class.NOT_FOUND, "the thread was archived or deleted by its owner"),
    2534122: _POLICY,
    9010: Row(Class.RECIPIENT),
    9000001: Row(Class.NOT_FOUND, "deleted, or older than the 20 newest messages of its thread"),
    2018300: _OWNER,
    2018321: Row(Class.AUTOMATED, "an automated flow of Meta's controls this thread for some minutes"),
    10900: _COMMENT,
    10903: Row(Class.DUPLICATE, "this comment had its one private reply"),
    36000: _MEDIA,
    80001: _LIMITED,
    80002: _LIMITED,
    80006: _LIMITED,
    **{pair[1]: row for pair, row in PAIRS.items() if pair[1] is not None and pair[1] >= 1_000_000},
}

CODES: dict[int, Row] = {
    # codes, whatever the subcode  (page §2.5)
    190: _LOGIN,
    102: _LOGIN,
    3: Row(Class.PERMISSION, "the app lacks the capability"),
    10: PAIRS[10, None],
    551: _UNAVAILABLE,
    230: Row(Class.CONSENT, "the person has not written to this account yet"),
    100: Row(Class.INVALID),
    4: _LIMITED,
    17: _LIMITED,
    32: _LIMITED,
    341: _LIMITED,
    613: _LIMITED,
    368: _POLICY,
    2022: _POLICY,
    506: Row(Class.DUPLICATE),
    1: _UNCLEAR,
    2: _UNCLEAR,
    -1: _UNCLEAR,
    -2: _UNCLEAR,
}

RANGES: tuple[tuple[int, int, Row], ...] = (
    (200, 299, Row(Class.PERMISSION, "a permission was not granted")),
    (80000, 80014, _LIMITED),
)

SMALLER = frozenset({"list-conversations", "get-conversation-messages", "get-message-details"})
AUTOMATED_WAIT = 120.0  # seconds; "later, minutes" (page §2.5, 2018321)
LIMITED_WAIT, LIMITED_MOST = 30.0, 900.0  # seconds, doubling, when nothing says how long (page §2.7)


@dataclass(frozen=True, slots=True)
class Problem:
    """An error object, read."""

    code: int | None
    sub: int | None
    message: str
    type: str
    trace: str
    transient: bool

    @property
    def shown(self) -> str | None:
        """Their code as we carry it: "10/2534022", or "10" without a subcode."""
        if self.code is None:
            return None if self.sub is None else str(self.sub)
        return str(self.code) if self.sub is None else f"{self.code}/{self.sub}"

    def words(self, hint: str) -> str:
        """One line for the caller: their words, what to do, and what Meta's support asks for."""
        known = [
            one for one in (self.type, self.shown and f"code {self.shown}", self.trace and f"trace {self.trace}") if one
        ]
        told = self.message[:TEXT] or "refused without a word"
        if hint:
            told += f" – {hint}"
        return f"{told} ({', '.join(known)})" if known else told


def problem_of(data: Any) -> Problem | None:
    """
    The error of an answer's JSON, or None where it holds none.

    shapes: {"error": {…}} of every Graph call; {"error_type", "code", "error_message"} of the code exchange; `error`
            that is no object counts as an error without a code
    """
    if not isinstance(data, Mapping):
        return None
    if "error_message" in data or "error_type" in data:
        return Problem(
            _int(data.get("code")),
            None,
            _text(data.get("error_message")),
            _text(data.get("error_type")),
            "",
            transient=False,
        )
    error = data.get("error")
    if error is None or error is False:
        return None
    if not isinstance(error, Mapping):
        return Problem(None, None, _text(error), "", "", transient=False)
    message = _text(error.get("message"))
    user = _text(error.get("error_user_msg"))
    code = _int(error.get("code"))
    if code is None:  # the last resort: "(#10) …" at the head of the message
        found = re.match(r"\(#(-?\d{1,9})\)", message)
        code = int(found.group(1)) if found else None
    return Problem(
        code,
        _int(error.get("error_subcode")),
        f"{message} – {user}" if user and user not in message else message,
        _text(error.get("type")),
        _text(error.get("fbtrace_id")),
        error.get("is_transient") is True,
    )


def row_of(problem: Problem, status: int, action: str = "") -> Row:
    """The meaning of an error, in the page's order of looking."""
    code, sub = problem.code, problem.sub
    told = problem.message.lower()
    if sub is None and code == 10 and "outside of allowed window" in told:
        return _WINDOW  # page §5, 17
    if sub is None and code == 100 and action == "get-user-profile" and "consent" in told:
        return CODES[230]  # page §5, 22
    if code is not None and (code, sub) in PAIRS:
        return PAIRS[code, sub]
    for number in (sub, code):
        if number is not None and number in NUMBERS:
            return NUMBERS[number]
    if code is not None:
        if code in CODES:
            return CODES[code]
        for low, high, row in RANGES:
            if low <= code <= high:
                return row
    return _UNCLEAR if problem.transient else row_of_status(status)


def row_of_status(status: int) -> Row:
    """What is left to say when no number is known."""
    if status == 429:
        return _LIMITED
    if 400 <= status < 500 and status != 408:  # of a proxy that waited in vain, perhaps for Meta
        return Row(Class.INVALID)
    return _UNCLEAR


def judge(action: Action, answer: Answer) -> ConnectorError | None:
    """
    The error this answer is, or None when it is a success.

    A 2xx with an `error` object is an error.  What may have been done is OutcomeUnknown, which only a repeatable
    action (a read, a sign) tries again by itself.  A question of SMALLER that was refused for its size or its fields
    passes here: replies.read knows what was asked, and whether a smaller question is left.
    """
    problem = problem_of(answer.data)
    if problem is None and 200 <= answer.status < 300:
        return None
    if problem is not None and action.key in SMALLER and (about_fields(problem, action.key) or about_amount(problem)):
        return None
    return judged(action, answer)


def judged(action: Action, answer: Answer) -> ConnectorError:
    """The error of an answer that is one."""
    problem = problem_of(answer.data)
    if problem is None:
        problem = Problem(None, None, f"HTTP {answer.status} without an error object", "", "", transient=False)
    return made(row_of(problem, answer.status, action.key), problem, answer)


def about_fields(problem: Problem, action: str) -> bool:
    """Whether a question may have been refused for its list of fields (code 100, no number that says otherwise)."""
    return problem.code == 100 and row_of(problem, 400, action) is CODES[100]


def about_amount(problem: Problem) -> bool:
    """Whether the answer would have been too large; only the words say so (page §2.8)."""
    return problem.code == 1 and "amount of data" in problem.message.lower()


def made(row: Row, problem: Problem, answer: Answer) -> ConnectorError:
    """The error of ours for a meaning."""
    told, code = problem.words(row.hint), problem.shown
    if row.kind is Class.LIMITED:
        said = wait_of(answer.headers)
        if said is not None:
            return Throttled(told, code=code, status=answer.status, after=said)
        return Throttled(told, code=code, status=answer.status, after=LIMITED_WAIT, most=LIMITED_MOST)
    if row.kind is Class.AUTOMATED:
        return Throttled(
            told, code=code, status=answer.status, after=AUTOMATED_WAIT, scope=Scope.LANE, reason=Reason.OTHER
        )
    if row.kind is Class.UNCLEAR:
        return OutcomeUnknown(told, code=code, status=answer.status)
    return Rejected(told, reason=REASONS[row.kind], code=code, status=answer.status)


def _int(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,12}\s*", value, re.ASCII):
        return int(value)
    return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
