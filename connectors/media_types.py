"""What a file is: its media type by its first bytes, and the names types go by."""

from __future__ import annotations

import re

SAID = {"image/jpg": "image/jpeg", "audio/mp3": "audio/mpeg", "audio/x-m4a": "audio/mp4"}  # unregistered, often said
BOXES = frozenset({"video/mp4", "audio/mp4", "video/3gpp"})  # one container: its brand does not say which of them
NAMES = {"image/jpeg": "jpg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "video/3gpp": "3gp", "text/plain": "txt"}

# The first bytes of a file, and what it is then
SIGNS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (8, b"WEBP", "image/webp"),
    (0, b"GIF8", "image/gif"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp3gp", "video/3gpp"),
    (4, b"ftyp", "video/mp4"),
    (0, b"OggS", "audio/ogg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
)


def sniffed(content: bytes) -> str | None:
    """The media type by the first bytes."""
    for offset, sign, mime in SIGNS:
        if content.startswith(sign, offset):
            return mime
    if len(content) > 1 and content[0] == 0xFF and content[1] & 0xE0 == 0xE0:  # a frame of MPEG audio; layer 0 is AAC
        return "audio/mpeg" if content[1] & 0x06 else "audio/aac"
    return None


UNSAID = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/unknown"})
# What the first bytes say, and what a file may rightly be called that begins so: containers do not tell what is inside
KIN: dict[str, tuple[str, ...]] = {
    "application/zip": ("application/",),  # office documents, e-books, programs
    "video/mp4": ("video/", "audio/mp4", "image/heic", "image/heif", "image/avif"),
    "audio/mp4": ("audio/", "video/mp4"),
    "video/3gpp": ("video/", "audio/3gpp", "audio/mp4"),
    "audio/ogg": ("audio/opus", "video/ogg", "application/ogg"),
    "audio/mpeg": ("audio/", "text/"),  # a frame's sign is short: a text in UTF-16 begins with the same two bytes
    "audio/aac": ("audio/", "text/"),
}
SIGNED = frozenset({mime for _, _, mime in SIGNS} - {"audio/mpeg"})  # types whose files surely begin with their sign
TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,100}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
MARKUP = (b"<!doctype html", b"<html")
HEAD = 512  # bytes that are enough to tell


def settled(said: str | None, head: bytes) -> str | None:
    """
    The media type of a file that is said to be `said` and begins with `head`; the content wins where they disagree.

    returns: None when nobody can tell
    """
    named = (said or "").partition(";")[0].strip().lower()
    named = named if TYPE.fullmatch(named) else ""
    named = SAID.get(named, named)
    found = sniffed(head)
    if found is None and head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(MARKUP):
        found = "text/html" if named != "application/xhtml+xml" else named
    if named in UNSAID:
        return found
    if found is None:
        return None if named in SIGNED else named
    return named if named.startswith(KIN.get(found, (found,))) else found
