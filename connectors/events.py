"""
The one vocabulary every provider's webhooks are translated into.

A parser gives `Fact`s: what happened, in our words, with the provider's own ids and nothing of Ferry's.  The worker
gives them their deterministic ids and makes the events of DESIGN.md §6 out of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventType(StrEnum):
    """Every type of event an app can hear of."""

    RECEIVED = "message.received"
    SENT = "message.sent"
    EDITED = "message.edited"
    DELETED = "message.deleted"
    REACTION = "message.reaction"
    STATUS = "message.status"
    OPENED = "message.opened"  # data {message_id, …}; a mail client's preview and a scanner open too
    CLICKED = "message.clicked"  # data {message_id, url, …}
    READ = "conversation.read"
    POSTBACK = "conversation.postback"
    REFERRAL = "conversation.referral"
    OPTIN = "conversation.optin"
    OPTOUT = "conversation.optout"
    HANDOVER = "conversation.handover"
    TYPING = "conversation.typing"
    COMMENT = "comment.received"
    TEMPLATE_STATUS = "template.status"
    CONNECTION_STATE = "connection.state"
    NOTICE = "account.notice"  # data {name, …}: news of the account that concerns no one message
    RUN_SUCCEEDED = "run.succeeded"
    RUN_FAILED = "run.failed"
    RUN_UNKNOWN = "run.unknown"
    UNKNOWN = "unknown"


class State(StrEnum):
    """How far a message came.  The first four only move forward; failed, expired and rejected are final."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a message is made of."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    TEMPLATE = "template"
    INTERACTIVE = "interactive"
    SHARE = "share"
    STORY = "story"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Contact:
    """The other party.  `id` is the provider's, opaque; `phone` is E.164 and only where they give a real number."""

    id: str
    phone: str | None = None
    username: str | None = None
    name: str | None = None
    aliases: tuple[str, ...] = ()  # other party keys that are the same person


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a message; `size` in bytes.  `url` may be short-lived and is never fetched while parsing."""

    kind: Kind
    url: str | None = None
    mime_type: str | None = None
    name: str | None = None
    size: int | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What was said.  `provider_id` and `reply_to` are the provider's message ids."""

    provider_id: str
    direction: str  # "inbound" | "outbound"
    kind: Kind = Kind.TEXT
    text: str | None = None
    payload: str | None = None  # what a tapped button or list row carries
    reply_to: str | None = None
    story: str | None = None  # the story a reply or mention is about
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a message failed: their code and words, our class (a Reason)."""

    code: str | None = None
    text: str | None = None
    reason: str = "other"


@dataclass(frozen=True, slots=True)
class Status:
    """`message` is the provider's id; `ref` is our own reference where the provider echoes it."""

    message: str | None
    state: State
    error: Fault | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """`message` is the provider's id of the message reacted to."""

    message: str
    emoji: str | None
    action: str  # "added" | "removed"
    by: str = "contact"  # "contact" | "us"


@dataclass(frozen=True, slots=True)
class Read:
    """The other party read `message` (provider's id), or all that is older than `until`."""

    message: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """
    One thing that happened, as a parser tells it.

    key:          what makes this fact itself and no other, within (connection, type): the provider's id, or several
                  joined by ":"; None lets the worker take a digest of the canonical raw item (and the event says so)
    at:           aware datetime by the provider's clock; None when it gives none
    conversation: canonical key of the other party, as `Action.party` gives for the same person; None when the item
                  does not tell (a receipt): the worker then finds it by the message
    account:      the provider's account the item was addressed to, when one URL may serve several
    or_account:   the account by the item's own sender and recipient; asked when nobody is known by `account`
    channel, via: e.g. "sms" | "whatsapp", and our own number or account in it: what a reply must be sent from
    window:       seconds for which this fact lets us answer freely, counted from `at`
    raw:          the provider's own item, whole
    """

    type: EventType
    raw: Any
    key: str | None = None
    at: datetime | None = None
    conversation: str | None = None
    contact: Contact | None = None
    account: str | None = None
    or_account: str | None = None
    channel: str | None = None
    via: str | None = None
    window: int | None = None
    message: Message | None = None
    status: Status | None = None
    reaction: Reaction | None = None
    read: Read | None = None
    data: dict[str, Any] = field(default_factory=dict)  # what the other types carry: postback, referral, comment …
    note: str | None = None  # for `unknown`: why it could not be understood, without quoting it
