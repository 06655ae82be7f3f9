"""
What one direct-message item means (page §4.5, "who is who", §4.6 keys, §4.7 payloads).

The kind is the first key present, in the order of KINDS.  Read as plain dicts: a batch holds up to 1,000 of them, and
Meta's types are loose (ids and times come as numbers and as digits).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from connectors.errors import Malformed
from connectors.events import Contact, EventType, Fact, Kind, Message, Reaction, Read
from connectors.instagram.webhooks_content import content_of, extras_of, said
from connectors.reading import mapping, moment, number, text, truth, unknown

WINDOW = 24 * 3600  # seconds in which a customer's word may be answered freely (page §2.9)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stood: its entry's id and time, when it was heard, and whether another app owns the thread."""

    account: str | None
    time: Any
    now: datetime
    standby: bool = False

    def moment(self, item: Mapping[str, Any]) -> datetime | None:
        """When it happened: its own time, else its entry's; never in the time to come."""
        for told in (item.get("timestamp"), item.get("created_time"), self.time):
            at = moment(told)
            if at is not None and at.year > 1:  # year 1 may have no UTC to stand for it
                return min(at, self.now).astimezone(UTC)
        return None


@dataclass(frozen=True, slots=True)
class Sides:
    """Who is who in an item: the account, by its entry and by the item, the customer, and whether the account acted."""

    account: str | None
    side: str | None
    customer: str | None
    ours: bool
    sender: str | None


def key_of(*parts: str | None) -> str:
    """Parts of a key joined by ":"; absent ones leave their place empty."""
    return ":".join(part or "" for part in parts)


def sides(item: Mapping[str, Any], place: Place) -> Sides:
    """
    An echo goes from the account to the customer, everything else the other way.

    An item whose sender is the account itself counts as an echo too, flag or no flag: taken for a customer's word it
    would be answered, and its answer again.  Where entry.id is printed as the customer's (a slip of the docs for
    postbacks) the account is the other side.
    """
    sender, recipient = said(mapping(item, "sender"), "id"), said(mapping(item, "recipient"), "id")
    echo = truth(mapping(item, "message").get("is_echo")) is True
    ours = echo or (
        sender is not None and sender == place.account and recipient not in {None, sender} and not _slip(item)
    )
    customer, side = (recipient, sender) if ours else (sender, recipient)
    account = place.account
    if account is None or (account == customer and side not in {None, customer}):
        account = side
    return Sides(account, side, customer, ours, sender)


def _slip(item: Mapping[str, Any]) -> bool:
    return "postback" in item


def read(item: Mapping[str, Any], place: Place) -> Fact | list[Fact]:
    """
    The facts of one item.

    raises: Malformed for an item that names no message where its kind needs one
    """
    who = sides(item, place)
    for name, translate in KINDS:
        if name in item:
            heard = translate(item, place, who)
            found = heard if isinstance(heard, list) else [heard]
            return [_dressed(fact, item, place, who) for fact in found]
    strange = unknown(item, "an item of a kind we do not know")
    return replace(strange, account=who.account, or_account=who.side, at=place.moment(item))


def _dressed(fact: Fact, item: Mapping[str, Any], place: Place, who: Sides) -> Fact:
    return replace(
        fact,
        at=place.moment(item),
        account=who.account,
        or_account=None if who.side == who.account else who.side,
        conversation=who.customer,
        contact=None if who.customer is None else Contact(id=who.customer),
        data={**fact.data, **({"standby": True} if place.standby else {})},
    )


def _part(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = item.get(name)
    if not isinstance(value, Mapping):
        raise Malformed(f"{name} is no object")
    return value


def _stamp(item: Mapping[str, Any], place: Place) -> str | None:
    return said(item, "timestamp") or (said({"time": place.time}, "time"))


# Messages -----------------------------------------------------------------------------------------------------------


def message(item: Mapping[str, Any], place: Place, who: Sides) -> Fact | list[Fact]:
    """A customer's message, the echo of one of ours, or one that was unsent."""
    content = _part(item, "message")
    mid = said(content, "mid")
    if mid is None:
        raise Malformed("a message without its mid")
    direction = "outbound" if who.ours else "inbound"
    if truth(content.get("is_deleted")):
        gone = Message(provider_id=mid, direction=direction, kind=Kind.UNSUPPORTED)
        return Fact(type=EventType.DELETED, raw=item, key=key_of(mid, "deleted"), message=gone)
    if who.customer is None:
        raise Malformed("a message from nobody")
    heard = Fact(
        type=EventType.SENT if who.ours else EventType.RECEIVED,
        raw=item,
        key=mid,
        window=None if who.ours else WINDOW,
        message=content_of(mid, direction, content),
        data=extras_of(content),
    )
    found = mapping(content, "referral")
    return [heard, _referral(item, found, place, who)] if found and not who.ours else heard


# Everything else ----------------------------------------------------------------------------------------------------

CATEGORIES = {
    # their rough word: the character to show when `emoji` is absent; `other` has none
    "love": "❤️",
    "like": "👍",
    "laugh": "😆",
    "wow": "😮",
    "sad": "😢",
    "angry": "😠",
}


def reaction(item: Mapping[str, Any], place: Place, who: Sides) -> Fact:
    """A reaction put on a message or taken back; it may arrive before the message it is about."""
    content = _part(item, "reaction")
    mid, action = said(content, "mid"), text(content, "action")
    if mid is None or action not in {"react", "unreact"}:
        raise Malformed("a reaction to nothing, or of a kind we do not know")
    category = text(content, "reaction")
    emoji = text(content, "emoji") or CATEGORIES.get(category or "")
    return Fact(
        type=EventType.REACTION,
        raw=item,
        key=key_of(mid, who.sender, action, said(content, "emoji", "reaction"), _stamp(item, place)),
        reaction=Reaction(
            message=mid,
            emoji=emoji if action == "react" else None,
            action="added" if action == "react" else "removed",
            by="us" if who.ours else "contact",
        ),
        data={"category": category},
    )


def seen(item: Mapping[str, Any], place: Place, who: Sides) -> Fact:
    """The customer has read up to this moment; `mid` may be one of the customer's own, so the time counts."""
    content = _part(item, "read")
    mid, mark = said(content, "mid"), said(content, "watermark")
    key = key_of(who.sender, mid or mark, _stamp(item, place))
    if who.ours:
        return replace(unknown(item, "the account's own read mark"), key=key)
    until = moment(content.get("watermark")) or place.moment(item)
    if mid is None and until is None:
        raise Malformed("a read mark without a message or a time")
    return Fact(
        type=EventType.READ,
        raw=item,
        key=key,
        read=Read(message=mid, until=None if until is None else min(until, place.now)),
    )


def postback(item: Mapping[str, Any], place: Place, who: Sides) -> Fact | list[Fact]:
    """An ice breaker, a template's button or the menu was tapped: the customer's word, so it opens the window."""
    content = _part(item, "postback")
    mid, title, payload = said(content, "mid"), text(content, "title"), text(content, "payload")
    heard = Fact(
        type=EventType.POSTBACK,
        raw=item,
        key=mid or key_of(who.sender, _stamp(item, place), said(content, "payload")),
        window=WINDOW,
        message=None
        if mid is None
        else Message(provider_id=mid, direction="inbound", kind=Kind.INTERACTIVE, text=title, payload=payload),
        data={"title": title, "payload": payload, "message_id": mid},
    )
    found = mapping(content, "referral")
    return [heard, _referral(item, found, place, who)] if found else heard


def edit(item: Mapping[str, Any], place: Place, who: Sides) -> Fact:
    """
    A text was changed.  Without a text it is no edit but the hint of a message that may never be told otherwise
    (num_edit 0; page §4.7): it has often neither sender nor recipient, and overwrites nothing.
    """
    content = _part(item, "message_edit")
    mid, words, times = said(content, "mid"), content.get("text"), number(content, "num_edit")
    if mid is None:
        raise Malformed("an edit of nothing")
    if not isinstance(words, str) or not words:
        hint = unknown(item, "a hint of a message, no edit; get-message-details reads it")
        return replace(hint, key=key_of("hint", mid), data={"hint": {"message_id": mid}})
    return Fact(
        type=EventType.EDITED,
        raw=item,
        key=key_of(mid, _stamp(item, place) if times is None else f"{times:.0f}"),
        message=Message(provider_id=mid, direction="outbound" if who.ours else "inbound", text=words),
        data={"num_edit": None if times is None else int(times)},
    )


def _referral(item: Mapping[str, Any], content: Mapping[str, Any], place: Place, who: Sides) -> Fact:
    product = mapping(content, "product")
    return Fact(
        type=EventType.REFERRAL,
        raw=item,
        key=key_of("referral", who.sender, _stamp(item, place), said(content, "ref", "ad_id") or said(product, "id")),
        data=dict(content),
    )


def referral(item: Mapping[str, Any], place: Place, who: Sides) -> Fact:
    """An ig.me link was opened in a thread that exists; a first opening stands inside its message or postback."""
    return _referral(item, _part(item, "referral"), place, who)


def optin(item: Mapping[str, Any], place: Place, who: Sides) -> Fact:
    """A consent, not a message."""
    content = _part(item, "optin")
    token = said(content, "notification_messages_token", "token", "payload", "type")
    return Fact(
        type=EventType.OPTIN,
        raw=item,
        key=key_of("optin", who.sender, _stamp(item, place), token),
        data=dict(content),
    )


def handover(name: str) -> Callable[[Mapping[str, Any], Place, Sides], Fact]:
    """Control of the thread moved between apps, or was asked for."""

    def translate(item: Mapping[str, Any], place: Place, who: Sides) -> Fact:
        content = _part(item, name)
        apps = [said(content, one) for one in ("previous_owner_app_id", "new_owner_app_id", "requested_owner_app_id")]
        return Fact(
            type=EventType.HANDOVER,
            raw=item,
            key=key_of(name, who.sender, _stamp(item, place), *apps),
            data={"kind": name, **content},
        )

    return translate


def notice(name: str) -> Callable[[Mapping[str, Any], Place, Sides], Fact]:
    """Meta's word about the account's conduct, or a customer's opinion of an answer."""

    def translate(item: Mapping[str, Any], place: Place, who: Sides) -> Fact:
        content = _part(item, name)
        return Fact(
            type=EventType.NOTICE,
            raw=item,
            key=key_of(name, who.sender, _stamp(item, place), said(content, "mid", "action")),
            data={**content, "name": name.replace("-", "_")},
        )

    return translate


KINDS: tuple[tuple[str, Callable[[Mapping[str, Any], Place, Sides], Fact | list[Fact]]], ...] = (
    # the first key present decides (page §4.5)
    ("message_edit", edit),
    ("reaction", reaction),
    ("read", seen),
    ("postback", postback),
    *(
        (one, handover(one))
        for one in ("pass_thread_control", "take_thread_control", "request_thread_control", "app_roles")
    ),
    ("optin", optin),
    *((one, notice(one)) for one in ("policy-enforcement", "policy_enforcement", "response_feedback")),
    ("message", message),
    ("referral", referral),
)
