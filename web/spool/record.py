"""
One request in a spool file.

    file:    "FSP1" | the file's own marker (12 random bytes) | records
    record:  the marker | length of the payload (4 bytes) | CRC-32 of the payload (4 bytes) | payload
    payload: length of the head (4 bytes) | head (JSON: t ns, s source, m method, k hook, q query, h headers) | body

Numbers are big-endian.  A record counts only whole: its checksum tells a torn one, which was never acknowledged, from a
spoilt one in the middle, which is set aside.  The marker is how the next whole one is found behind it: it is random, so
that no body can look like a record.
"""

from __future__ import annotations

import json
import secrets
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

MAGIC = b"FSP1"
MARKER = 12  # bytes
BEGIN = len(MAGIC) + MARKER  # where the first record is
FRAME = struct.Struct(f">{MARKER}sII")
HEAD = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Record:
    """
    A verified request.

    at: when it came, in ns: a conversation's next request may follow within the same ms, at another process
    """

    at: int
    source: str
    method: str
    hook: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """
    What stands at a place.

    record: None for what is spoilt
    end:    where the next one begins
    """

    record: Record | None
    end: int


def heading() -> bytes:
    """How a new file begins."""
    return MAGIC + secrets.token_bytes(MARKER)


def marker_of(beginning: bytes) -> bytes | None:
    """The marker of a file by its first bytes; None when it has none, and so no record."""
    whole = len(beginning) >= BEGIN and beginning.startswith(MAGIC)
    return beginning[len(MAGIC) : BEGIN] if whole else None


def pack(record: Record, marker: bytes) -> bytes:
    """The record as it is written."""
    words = {
        "t": record.at,
        "s": record.source,
        "m": record.method,
        "k": record.hook,
        "q": record.query,
        "h": dict(record.headers),
    }
    head = json.dumps(words, separators=(",", ":")).encode()
    payload = HEAD.pack(len(head)) + head + record.body
    return FRAME.pack(marker, len(payload), zlib.crc32(payload)) + payload


def find(content: bytes, begin: int, marker: bytes) -> Found | None:
    """
    What stands at `begin`; None when nothing whole does: the end, or a torn tail.

    Something spoilt ends where the next whole record begins.
    """
    record, end = _whole(content, begin, marker)
    if record is not None:
        return Found(record, end)
    place = begin
    while (place := content.find(marker, place + 1)) >= 0:
        if _whole(content, place, marker)[0] is not None:
            return Found(None, place)
    return None


def is_torn(content: bytes, marker: bytes) -> bool:
    """Whether this is the beginning of a record whose end was never written: it was never acknowledged."""
    if len(content) < FRAME.size:
        return content[:MARKER] == marker[: len(content)] and bool(content)
    mark, length, _ = FRAME.unpack_from(content)
    return bool(mark == marker and len(content) < FRAME.size + length)


def _whole(content: bytes, begin: int, marker: bytes) -> tuple[Record | None, int]:
    if len(content) < begin + FRAME.size:
        return None, begin
    mark, length, checksum = FRAME.unpack_from(content, begin)
    end = begin + FRAME.size + length
    if mark != marker or len(content) < end:
        return None, begin
    payload = content[begin + FRAME.size : end]
    return (_read(payload), end) if zlib.crc32(payload) == checksum else (None, begin)


def _read(payload: bytes) -> Record | None:
    try:
        (length,) = HEAD.unpack_from(payload)
        words = json.loads(payload[HEAD.size : HEAD.size + length])
        body = payload[HEAD.size + length :]
        return Record(words["t"], words["s"], words["m"], words["k"], words["q"], words["h"], body)
    except (struct.error, ValueError, KeyError, TypeError):
        return None
