"""
What Meta tells us about an account (page §4): who is speaking, where each item stands, what it means.

A body holds several entries, an entry several items, and one body may speak of several accounts.  Items come in four
carriers: `messaging`, `standby` (another app owns the thread), `changes`, and `field`/`value` on the entry itself.
What a direct message means is read in webhooks_message.py; here are comments, and everything around.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from connectors.connection import Connection
from connectors.errors import Malformed
from connectors.events import Contact, EventType, Fact
from connectors.guards import HookAnswer, HookRequest, hex_signature, same, sign_hex
from connectors.instagram import webhooks_message
from connectors.instagram.account import on_facebook
from connectors.instagram.webhooks_content import said
from connectors.instagram.webhooks_message import Place, key_of
from connectors.reading import document, each, mapping, text, unknown

SIGNATURE = "x-hub-signature-256"  # the legacy x-hub-signature (SHA-1) is not looked at
PREFIX = "sha256="
KEEP = frozenset({"content-type", SIGNATURE})
COMMENTS = frozenset({"comments", "live_comments"})
TEST_ENTRY = "0"  # the dashboard's Test button; its account is nobody's (page §4.7, last)


# Who is speaking ----------------------------------------------------------------------------------------------------


def signers(connection: Connection) -> list[str]:
    """The secrets that may have signed: which of the two signs with instagram_login is not documented (page §5, 1)."""
    found = [connection.secret("instagram_app_secret"), connection.secret("app_secret")]
    return [one for one in (reversed(found) if on_facebook(connection) else found) if one]


def guard(connection: Connection, request: HookRequest) -> None:
    """The raw bytes must be signed under one of the connection's app secrets.  raises: Refused"""
    hex_signature(request.body, request.headers.get(SIGNATURE, ""), signers(connection), prefix=PREFIX)


def sign(connection: Connection, request: HookRequest) -> HookRequest:
    """The request as Meta would send it; unsigned when the connection has no secret."""
    secrets = signers(connection)
    if request.method != "POST" or not secrets:
        return request
    signature = sign_hex(request.body, secrets[0], prefix=PREFIX)
    return replace(request, headers={**request.headers, SIGNATURE: signature, "user-agent": "facebookexternalua"})


def handshake(connection: Connection, request: HookRequest) -> HookAnswer | None:
    """
    The answer to Meta's GET when the callback is saved: the challenge exactly as it came, as plain text.

    403 for a wrong or missing token, also when the connection has none; 400 when a parameter is missing or the
    challenge is longer than 256 printable ASCII characters.  None for anything but a GET.
    """
    if request.method != "GET":
        return None
    query = parse_qs(request.query, keep_blank_values=True, errors="surrogateescape")
    mode, token, challenge = (query.get(f"hub.{name}", [""])[0] for name in ("mode", "verify_token", "challenge"))
    expected = connection.secret("verify_token")
    if not mode or not challenge:
        return HookAnswer(400, b"hub.mode or hub.challenge is missing")
    if mode != "subscribe" or not expected or not same(token, expected):
        return HookAnswer(403, b"forbidden")
    if len(challenge) > 256 or not challenge.isascii() or not challenge.isprintable():
        return HookAnswer(400, b"hub.challenge is no challenge")
    return HookAnswer(200, challenge.encode())


# Where each item stands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One item with its place; `whole` is what `raw` keeps, `value` what is read."""

    whole: Any
    value: Any
    field: str | None
    place: Place


def parse(request: HookRequest) -> list[Fact]:
    """
    Every item of a body as facts of its own, each with the account it is for.

    body:    {"object": "instagram", "entry": [{"id", "time", "messaging"?, "standby"?, "changes"?, "field"?,
             "value"?}]}; a list of such bodies, and a bare {"field", "value"}, occur and are read too
    units:   `time` and `timestamp` are milliseconds, seconds, digits or ISO; a time to come is taken as now
    returns: at least one fact for each item; what cannot be read is `unknown` with its raw words, alone
    raises:  Malformed for a body that is no JSON object or list
    source:  https://developers.facebook.com/docs/instagram-platform/webhooks/examples, and page §4.5–§4.7
    """
    return facts(document(request.body), datetime.now(UTC))


def facts(told: Any, now: datetime) -> list[Fact]:
    """The facts of a document, heard at `now`."""
    if not isinstance(told, Mapping | list):
        raise Malformed("the body is no JSON object")
    found: list[Fact] = []
    for body in told if isinstance(told, list) else [told]:
        heard = [fact for item in placed(body, now) for fact in read(item)]
        found += heard or [unknown(body, "a body without an item")]
    return found


def placed(body: Any, now: datetime) -> Iterator[Item]:
    """Every item of a body, in its order, with its place."""
    nowhere = Place(None, None, now)
    if not isinstance(body, Mapping):
        yield Item(body, None, None, nowhere)
        return
    if (text(body, "object") or "instagram") != "instagram":
        yield Item(body, None, None, nowhere)  # `page` is Messenger's, of the same app
        return
    if "entry" not in body and "field" in body:
        yield Item(body, body.get("value"), text(body, "field"), nowhere)
    for entry in _listed(body, "entry"):
        yield from _of_entry(entry, now)


def _of_entry(entry: Any, now: datetime) -> Iterator[Item]:
    if not isinstance(entry, Mapping):
        yield Item(entry, None, None, Place(None, None, now))
        return
    place = Place(said(entry, "id"), entry.get("time"), now)
    empty = True
    for carrier in ("messaging", "standby"):
        for item in _listed(entry, carrier):
            empty = False
            yield Item(item, item, None, replace(place, standby=carrier == "standby"))
    for change in _listed(entry, "changes"):
        empty = False
        value = change.get("value") if isinstance(change, Mapping) else None
        yield Item(change, value, said(change, "field"), place)
    if "field" in entry or "value" in entry:
        empty = False
        yield Item(entry, entry.get("value"), said(entry, "field"), place)
    if empty:
        yield Item(entry, None, None, place)


def _listed(holder: Mapping[str, Any], name: str) -> list[Any]:
    """The list there; anything else that is there counts as its one item, so that nothing is lost."""
    value = holder.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


# What it means ------------------------------------------------------------------------------------------------------


def read(item: Item) -> list[Fact]:
    """The facts of one item, in its place."""

    def translate(_: Any) -> Fact | Iterable[Fact]:
        return _translated(item)

    heard = each([item.whole], translate)
    account = item.place.account
    return [
        replace(
            fact,
            raw=item.whole,
            account=account if fact.account is None else fact.account,
            at=item.place.moment(item.value) if fact.at is None and isinstance(item.value, Mapping) else fact.at,
            data={**fact.data, **({"test": True} if account == TEST_ENTRY else {})},
        )
        for fact in heard
    ]


def _translated(item: Item) -> Fact | list[Fact]:
    if not isinstance(item.value, Mapping):
        return unknown(item.whole, "no item of Instagram's")
    if item.field in COMMENTS:
        return comment(item.value, item.place, live=item.field == "live_comments")
    if item.field == "mentions":
        return mention(item.value, item.place)
    if item.field == "story_insights":
        return Fact(type=EventType.NOTICE, raw=item.whole, data={"name": "story_insights", **item.value})
    return webhooks_message.read(item.value, item.place)


def comment(value: Mapping[str, Any], place: Place, *, live: bool) -> Fact:
    """A comment under a post, a reel, an advert or a broadcast; the account's own are kept as `unknown`."""
    found = said(value, "id", "comment_id")
    if found is None:
        raise Malformed("a comment without an id")
    writer, media = mapping(value, "from"), mapping(value, "media")
    by = said(writer, "id")
    field = "live_comments" if live else "comments"
    if by is not None and by in {place.account, said(writer, "self_ig_scoped_id")}:
        return replace(unknown(value, "the account's own comment"), key=key_of(field, found))
    return Fact(
        type=EventType.COMMENT,
        raw=value,
        key=key_of(field, found),
        at=place.moment(value),
        conversation=by,
        contact=None if by is None else Contact(id=by, username=said(writer, "username")),
        data={
            "comment_id": found,
            "parent_id": said(value, "parent_id"),
            "text": said(value, "text"),
            "live": live,
            "media": {
                "id": said(media, "id"),
                "product_type": said(media, "media_product_type"),
                "ad_id": said(media, "ad_id"),
                "ad_title": said(media, "ad_title"),
                "original_media_id": said(media, "original_media_id"),
            },
        },
    )


def mention(value: Mapping[str, Any], place: Place) -> Fact:
    """The account was named in a comment, or in a caption when there is no comment_id; who did needs a read."""
    media, found = said(value, "media_id"), said(value, "comment_id")
    if media is None and found is None:
        raise Malformed("a mention of nothing")
    return Fact(
        type=EventType.COMMENT,
        raw=value,
        key=key_of("mentions", found or "media", "" if found else media),
        at=place.moment(value),
        data={"mention": "comment" if found else "caption", "comment_id": found, "media": {"id": media}},
    )
