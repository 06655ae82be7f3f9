"""What a file is: its media type by its first bytes, and the names types go by."""

from __future__ import annotations

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
