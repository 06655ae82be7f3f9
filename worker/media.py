"""
The file of an attachment, fetched when somebody asks for it and never before; nothing of it is kept here.

The provider says where it is (`Provider.media`); worker/outside.py decides whether we go there, and whom we tell our
credentials.  It is handed on piece by piece: what is too large, too slow or breaks off is cut, never filled up.
"""

from __future__ import annotations

import itertools
import logging
import mimetypes
import re
import time
import unicodedata
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote

import httpx

from connectors.client import asking
from connectors.connection import Connection
from connectors.errors import ConnectorError, InvalidCall, Reason, Rejected, Throttled
from connectors.events import EventType
from connectors.media_types import HEAD, NAMES, settled
from connectors.provider import FileAt, Provider
from worker import tokens
from worker.accept import NotFound
from worker.core import Core
from worker.outside import Answered, Origin, Unavailable, Why, origin_of, parsed
from worker.resting import heed
from worker.store import events, messages
from worker.store.connections import Stored

log = logging.getLogger("ferry.media")

CARRIERS = (EventType.RECEIVED, EventType.SENT)  # events that tell what a message is made of
TAKEN_BACK = frozenset({400, 401, 403, 404, 410})  # how storages say that a link has expired; ours to them is no key
UNKNOWN_TYPE = "application/octet-stream"
EXTENSIONS = mimetypes.MimeTypes()  # Python's own table; this machine's is nobody's promise
FILE_NAME = re.compile(r".+\.[A-Za-z0-9]{1,8}", re.DOTALL)
UNSAFE = re.compile(r'[\\/:*?"<>|%]')
LONGEST_NAME = 180  # bytes
AGAIN = "ask the sender to send it again, and fetch files soon after message.received: their addresses are short-lived"


@dataclass(frozen=True)
class File:
    """
    A file on its way: `pieces` once, then `close`, which lets go of the connection; or as a context manager.

    size: bytes, where it was announced
    """

    name: str
    mime_type: str
    size: int | None
    pieces: Iterator[bytes]
    close: Callable[[], None]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def fetch(core: Core, message: str | Mapping[str, Any], index: int = 0) -> File:
    """
    The file of a message's attachment.

    message: a message's id, or an event that tells what a message is made of
    index:   from 0, as the event lists them
    raises:  NotFound, Unavailable; the latter also from `pieces`, when the rest of the file does not come
    """
    event = message if isinstance(message, Mapping) else _event(core, message)
    attachment = _attachment(event, index)
    stored = core.connections.get(str(event["connection"]))
    if stored is None:
        raise NotFound(f"the connection {event['connection']!r} it came in by is no longer there")
    deadline = time.monotonic() + core.settings.call_seconds
    with ExitStack() as held:
        answered = _asked(core, held, stored, attachment, deadline)
        size, head, rest = _begun(core, answered)
        mime = _type(answered, attachment, head)
        name = safe_name(_name(answered, attachment), mime, index)
        pieces = _counted(core, stored, event, itertools.chain([head] if head else [], rest))
        return File(name, mime, size, pieces, held.pop_all().close)


def _event(core: Core, ident: str) -> dict[str, Any]:
    """The event that told what the message is made of."""
    known = messages.get(core.store, ident)
    if known is None:
        raise NotFound(f"there is no message {ident!r}, or it is no longer kept")
    if known["deleted_at"]:
        raise Unavailable(Why.GONE, "the message was taken back, and its files with it")
    told = [one for one in messages.timeline(core.store, ident) if one["kind"] in CARRIERS]
    for pointer in told:
        found = events.get(core.store, pointer["event"])
        if found is not None and found.get("message"):
            return found
    if told:
        raise Unavailable(Why.GONE, f"the event of this message is no longer kept (FERRY_EVENTS_HOURS): {AGAIN}")
    raise NotFound(f"nothing is known of what the message {ident!r} is made of")


def _attachment(event: Mapping[str, Any], index: int) -> Mapping[str, Any]:
    listed = (event.get("message") or {}).get("attachments") or []
    if not 0 <= index < len(listed):
        many = f"{len(listed)}, counted from 0" if listed else "none"
        raise NotFound(f"the message has no attachment {index}: it has {many}")
    found: Mapping[str, Any] = listed[index]
    return found


# Where it is ------------------------------------------------------------------------------------------------------


def _asked(core: Core, held: ExitStack, stored: Stored, attachment: Mapping[str, Any], deadline: float) -> Answered:
    """The provider's or its storage's answer, good so far; asked once more where a renewed token may help."""
    try:
        stored = tokens.fresh(core, stored)
        answered = _ask(core, held, stored, attachment, deadline)
        refresh = core.provider(stored).refresh
        if answered.home and answered.response.status_code == 401 and refresh is not None:
            spoken = stored.speak(core.settings.public_url)
            if refresh.on_refusal(spoken):
                answered.response.close()
                answered = _ask(core, held, tokens.renew(core, stored), attachment, deadline)
    except ConnectorError as problem:
        raise _in_our_words(problem) from problem
    refused = _refusal(answered)
    if refused is not None:
        raise refused
    return answered


def _ask(core: Core, held: ExitStack, stored: Stored, attachment: Mapping[str, Any], deadline: float) -> Answered:
    provider, connection = core.provider(stored), stored.speak(core.settings.public_url)
    place = _place(core, stored, connection, attachment)
    client = held.enter_context(core.outside.client())
    home = _home(provider, connection)
    answered = core.outside.ask(client, place.url, home=home, auth=place.auth, deadline=deadline)
    held.callback(answered.response.close)
    return answered


def _place(core: Core, stored: Stored, connection: Connection, attachment: Mapping[str, Any]) -> FileAt:
    """Where the provider says it is, or else where the event says."""
    provider = core.provider(stored)
    found = None
    if provider.media is not None:
        with core.clients.one() as client:
            ask = asking(provider, connection, client, heard=heed(core, stored))
            found = provider.media(connection, attachment, ask)
    url = attachment.get("url")
    if found is None and isinstance(url, str) and url:
        found = FileAt(url)
    if found is None:
        told = f"{provider.title} gave no address for this attachment: the event's `raw`, and its request, hold all"
        raise Unavailable(Why.ABSENT, f"{told} that is known of it")
    return found


def _home(provider: Provider, connection: Connection) -> Origin | None:
    try:
        return origin_of(parsed(provider.locate(connection, "/")))
    except (InvalidCall, Unavailable):  # a connection that is not set up owns no origin
        return None


def _in_our_words(problem: ConnectorError) -> Unavailable:
    """What went wrong with asking the provider for the file's address."""
    said = f"the provider was asked where the file is: {problem.text}"
    if isinstance(problem, Throttled):
        return Unavailable(Why.BUSY, said, after=problem.after)
    if isinstance(problem, Rejected) and problem.reason is not Reason.AUTH:
        return Unavailable(Why.GONE, f"{said}; {AGAIN}")
    if isinstance(problem, Rejected | InvalidCall):
        return Unavailable(Why.REFUSED, f"{said}; `ferry connection check` tells more")
    return Unavailable(Why.UNREACHABLE, f"{said}; try again later")


def _refusal(answered: Answered) -> Unavailable | None:
    """What an answer other than the file means."""
    status, host = answered.response.status_code, answered.url.host
    if status in {200, 203}:
        return None
    if status == 429:
        told = answered.response.headers.get("retry-after", "")
        after = float(told) if told.isascii() and told.isdigit() else None
        return Unavailable(Why.BUSY, f"{host} asks us to slow down: try again later", after=after)
    if answered.home and status in {401, 403}:
        told = f"{host} refuses this connection's credentials (HTTP {status}): `ferry connection check` tells more"
        return Unavailable(Why.REFUSED, told)
    if status in TAKEN_BACK:
        return Unavailable(Why.GONE, f"{host} no longer gives this file out (HTTP {status}): {AGAIN}")
    if status >= 500:
        return Unavailable(Why.UNREACHABLE, f"{host} is in trouble (HTTP {status}): try again later")
    return Unavailable(Why.REFUSED, f"{host} answered HTTP {status} in place of the file")


# What it is -------------------------------------------------------------------------------------------------------


def _begun(core: Core, answered: Answered) -> tuple[int | None, bytes, Iterator[bytes]]:
    """(size as announced, enough of the file to tell what it is, the rest of it)."""
    size = _announced(answered.response.headers)
    if size is not None and size > core.settings.max_media_bytes:
        raise _too_large(core)
    rest, head = answered.pieces(), b""
    while len(head) < HEAD and (piece := next(rest, b"")):
        head += piece
    if len(head) > core.settings.max_media_bytes:
        raise _too_large(core)
    return size, head, rest


def _announced(headers: httpx.Headers) -> int | None:
    told = headers.get("content-length", "")
    packed = headers.get("content-encoding", "").strip().lower() not in {"", "identity"}
    return int(told) if told.isascii() and told.isdigit() and not packed else None


def _type(answered: Answered, attachment: Mapping[str, Any], head: bytes) -> str:
    """By who gives it, else by who told of it, else by its name; never against its content."""
    by_name = EXTENSIONS.guess_type(f"x:{_name(answered, attachment) or ''}")[0]
    for said in (answered.response.headers.get("content-type"), attachment.get("mime_type"), by_name):
        found = settled(said, head)
        if found is not None:
            return found
    return UNKNOWN_TYPE


def _name(answered: Answered, attachment: Mapping[str, Any]) -> str | None:
    """As the event tells, else the last segment of the path where that looks like a file's name."""
    last = unquote(answered.url.path.rpartition("/")[2])
    return attachment.get("name") or (last if FILE_NAME.fullmatch(last) else None)


def _counted(
    core: Core, stored: Stored, event: Mapping[str, Any], pieces: Iterable[bytes]
) -> Generator[bytes, None, None]:
    """The pieces up to the limit, and one line in the log about how it went."""
    started, size, outcome = time.monotonic(), 0, "left"
    try:
        for piece in pieces:
            size += len(piece)
            if size > core.settings.max_media_bytes:
                raise _too_large(core)
            yield piece
        outcome = "whole"
    except Unavailable as problem:
        outcome = str(problem.why)
        raise
    finally:
        told = {"connection": stored.id, "provider": core.provider(stored).title, "event_id": event.get("id")}
        seconds = round(time.monotonic() - started, 3)
        log.info("file fetched", extra={**told, "outcome": outcome, "bytes": size, "seconds": seconds})


def _too_large(core: Core) -> Unavailable:
    told = f"the file is larger than FERRY_MAX_MEDIA_BYTES allows ({core.settings.max_media_bytes} bytes)"
    return Unavailable(Why.TOO_LARGE, told)


def safe_name(given: str | None, mime: str, index: int) -> str:
    """A name that any file system takes and no shell or browser trips over: "photo.jpg", "attachment-0.pdf"."""
    kept = "".join(one for one in unicodedata.normalize("NFC", given or "") if unicodedata.category(one)[0] != "C")
    plain = " ".join(UNSAFE.sub("_", kept).split()).strip(". ").lstrip("-")
    stem, dot, ending = plain.rpartition(".")
    if not (dot and stem and ending.isascii() and ending.isalnum() and len(ending) <= 8):
        stem = plain or f"attachment-{index}"
        ending = NAMES.get(mime) or (EXTENSIONS.guess_extension(mime) or "").lstrip(".")
    stem = stem.encode()[: LONGEST_NAME - len(ending) - 1].decode("utf-8", "ignore").rstrip(". ")
    return f"{stem}.{ending}" if ending else stem
