"""
The ways a call ends badly.  Three questions sort them: did it leave, did they answer, is trying again safe?

    ConnectorError       carries provider, action, status, code (theirs, verbatim), reason (ours), after (seconds)
    ├── InvalidCall      our caller's words fail the schema; nothing left    never again
    ├── Unsupported      this provider has no such thing; nothing left       never again
    ├── Unreachable      nobody answered the door; nothing left              again
    ├── Throttled        told to slow down; nothing was taken                again, `after` seconds from now
    ├── OutcomeUnknown   it left, then silence                               again only if the action is repeatable
    ├── Rejected         understood, and refused                             never; tell the sender
    └── BadReply         answered in words our schema does not know          never; ours to mend

The names people switch on are `ConnectorError.name` (class) and `Reason` (cause).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar


class Again(StrEnum):
    """Whether the same call may be made once more without a person's word."""

    NEVER = "never"
    ALWAYS = "always"
    IF_REPEATABLE = "if_repeatable"


class Reason(StrEnum):
    """Why, in the few words an app can switch on; the provider's own code stands beside it."""

    WINDOW_CLOSED = "window_closed"
    OPTED_OUT = "opted_out"
    UNKNOWN_RECIPIENT = "unknown_recipient"
    BLOCKED = "blocked"
    MEDIA = "media"
    TEMPLATE = "template"
    CREDIT = "credit"
    AUTH = "auth"
    DUPLICATE = "duplicate"
    POLICY = "policy"
    THROTTLED = "throttled"
    EXPIRED = "expired"
    OTHER = "other"


class Scope(StrEnum):
    """What a wait concerns: this run's conversation only, or everything the connection does."""

    LANE = "lane"
    CONNECTION = "connection"


class ConnectorError(Exception):
    """Base of all; `text` is fit for the caller (secrets blotted), never for a log."""

    name: ClassVar[str] = "error"
    again: ClassVar[Again] = Again.NEVER
    left: ClassVar[bool] = False  # may the request have reached the provider?

    def __init__(
        self,
        text: str,
        *,
        reason: Reason = Reason.OTHER,
        code: str | int | None = None,
        status: int | None = None,
        after: float | None = None,
        most: float | None = None,
        scope: Scope = Scope.CONNECTION,
        fields: dict[str, Any] | None = None,
        provider: str | None = None,
        action: str | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.reason = reason
        self.code = None if code is None else str(code)
        self.status = status
        self.after = after
        self.most = most
        self.scope = scope
        self.fields = fields  # InvalidCall: {"field": ["what is wrong"]}
        self.provider = provider
        self.action = action

    def as_dict(self) -> dict[str, Any]:
        """The `error` of a run: {class, reason, code, text, retryable, fields?}."""
        told: dict[str, Any] = {
            "class": self.name,
            "reason": str(self.reason),
            "code": self.code,
            "text": self.text,
            "retryable": self.again is Again.ALWAYS,
        }
        if self.fields is not None:
            told["fields"] = self.fields
        return told


class InvalidCall(ConnectorError):
    """Our caller's words fail the schema; nothing left."""

    name = "invalid_call"


class Unsupported(InvalidCall):
    """This provider has no such action or verb; the text says so plainly and what to do instead."""

    name = "unsupported"


class Unreachable(ConnectorError):
    """Nobody answered the door; nothing left."""

    name = "unreachable"
    again = Again.ALWAYS


class Throttled(ConnectorError):
    """
    Told to slow down; nothing was taken.  `after` is seconds from now, None when they did not say.

    `most`: where asking again too early prolongs it, the seconds to which `after` doubles with each try.
    """

    name = "throttled"
    again = Again.ALWAYS

    def __init__(self, text: str, **facts: Any) -> None:
        facts.setdefault("reason", Reason.THROTTLED)
        super().__init__(text, **facts)


class OutcomeUnknown(ConnectorError):
    """It left, then silence, or words that prove neither success nor refusal."""

    name = "outcome_unknown"
    again = Again.IF_REPEATABLE
    left = True


class Rejected(ConnectorError):
    """Understood, and refused: trying the same again gives the same."""

    name = "rejected"
    left = True


class BadReply(ConnectorError):
    """They answered a repeatable call in words our schema does not know; ours to mend."""

    name = "bad_reply"
    left = True


class Malformed(ValueError):
    """A webhook body, or one item of it, that is not what the provider's page says."""


class Refused(Exception):
    """A webhook whose sender could not be verified.  The words are for our log, never for the caller."""
