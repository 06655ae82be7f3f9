"""What samples are made of: envelopes, entries, items in their carriers (page §4.5)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from connectors.connection import Connection
from connectors.provider import Sample, Stamp
from connectors.samples import at_stand_in

Body = dict[str, Any]
STORAGE = "https://lookaside.fbsbx.com"
CDN = f"{STORAGE}/ig_messaging_cdn/?asset_id="


def account_of(connection: Connection) -> str:
    """The account the samples are addressed to."""
    return str(connection.setting("account_id", "17841400000000001"))


def mid(stamp: Stamp, suffix: str = "") -> str:
    """A message id in Meta's manner, the same for the same stamp: base64 without its end."""
    return base64.b64encode(f"ig_mid_{stamp.id}{suffix}".encode()).decode().rstrip("=")


def envelope(connection: Connection, stamp: Stamp, *entries: Body) -> Body:
    """A body of one account's entry, or of several."""
    del connection, stamp
    return {"object": "instagram", "entry": list(entries)}


def entry(account: str, stamp: Stamp, **carriers: Any) -> Body:
    """One entry; its time is a little after its items'."""
    return {"id": account, "time": stamp.now * 1000 + 247, **carriers}


def inbound(connection: Connection, stamp: Stamp, **content: Any) -> Body:
    """An item from the customer to the account."""
    return {
        "sender": {"id": stamp.contact},
        "recipient": {"id": account_of(connection)},
        "timestamp": stamp.now * 1000,
        **content,
    }


def outbound(connection: Connection, stamp: Stamp, **content: Any) -> Body:
    """An item from the account to the customer."""
    item = inbound(connection, stamp, **content)
    return {**item, "sender": item["recipient"], "recipient": item["sender"]}


Content = Callable[[Stamp], Body]


def item(title: str, content: Content, *, carrier: str = "messaging", ours: bool = False) -> Sample:
    """A sample of one item in a carrier."""

    def body(connection: Connection, stamp: Stamp) -> Body:
        made = (outbound if ours else inbound)(connection, stamp, **at_stand_in(connection, content(stamp), STORAGE))
        return envelope(connection, stamp, entry(account_of(connection), stamp, **{carrier: [made]}))

    return Sample(title, body)


def message(title: str, *, ours: bool = False, **content: Any) -> Sample:
    """A sample of a message; its mid comes from the stamp."""
    return item(title, lambda stamp: {"message": {"mid": mid(stamp), **content}}, ours=ours)


def attached(title: str, *attachments: Body) -> Sample:
    """A sample of a message that is only attachments."""
    return message(title, attachments=list(attachments))


def change(title: str, field: str, value: Callable[[Connection, Stamp], Body]) -> Sample:
    """A sample of something under `changes`."""
    return Sample(title, lambda connection, stamp: changed(connection, stamp, field, value(connection, stamp)))


def changed(connection: Connection, stamp: Stamp, field: str, value: Body) -> Body:
    """A body of one change."""
    return envelope(connection, stamp, entry(account_of(connection), stamp, changes=[{"field": field, "value": value}]))
