"""
Files before they leave: what they are by their content, whether WhatsApp takes them, how large they may be.

A file is named by an http(s) address, which 1msg fetches itself (HEAD first, then GET), or written out as a data URI
`data:<mime>;base64,<data>`, which needs no public host.  Only the latter can be looked into here.

source: our page §2.9 (limits), §3.1, §3.16
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import quote

from marshmallow import ValidationError

from connectors.media_types import BOXES, NAMES, SAID, sniffed
from connectors.onemsg.contents import name_in_path, web

DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+)((?:;[\w.+-]+=[^;,]*)*);base64,", re.ASCII)
KINDS = ("image", "video", "audio", "document")
MB = 1024 * 1024
MAX_BODY = 50_000_000  # characters of a data URI: a whole JSON body is believed to end there

# §2.9, bytes
LIMITS = {"image": 5 * MB, "video": 16 * MB, "audio": 16 * MB, "document": 100 * MB, "sticker": 500 * 1024}
STILL = 100 * 1024  # bytes of a sticker that does not move (§2.9)

# §2.9: what WhatsApp shows as such; all else goes as a document
MIMES = {
    "image/jpeg": "image",
    "image/png": "image",
    "image/webp": "sticker",
    "video/mp4": "video",
    "video/3gpp": "video",
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "audio",
}
SUFFIXES = {
    "jpg": "image",
    "jpeg": "image",
    "png": "image",
    "webp": "sticker",
    "mp4": "video",
    "3gp": "video",
    "aac": "audio",
    "amr": "audio",
    "mp3": "audio",
    "m4a": "audio",
    "ogg": "audio",
    "oga": "audio",
    "opus": "audio",
}


@dataclass(frozen=True, slots=True)
class Inline:
    """A file written out: what it says it is, what it is (None where nobody can tell), and its bytes."""

    declared: str
    found: str | None
    content: bytes

    @property
    def kind(self) -> str:
        """How WhatsApp would show it."""
        if {self.found, self.declared} <= BOXES:
            return MIMES[self.declared]
        return MIMES.get(self.found or self.declared, "document")


def inline(value: str) -> Inline | None:
    """
    A data URI taken apart; None for an address.

    raises: ValidationError for one that cannot be read
    """
    if not value.lower().startswith("data:"):
        return None
    if len(value) > MAX_BODY:
        told = "longer than 50 MB, more than one request to 1msg carries: name the file by its address"
        raise ValidationError(told)
    head = DATA_URI.match(value)
    if head is None:
        told = "not data:<mime>;base64,<data>"
        raise ValidationError(told)
    try:
        content = base64.b64decode(value[head.end() :], validate=True)
    except (binascii.Error, ValueError) as problem:
        told = "the data is not base64"
        raise ValidationError(told) from problem
    if not content:
        told = "the file is empty"
        raise ValidationError(told)
    declared = head[1].lower()
    return Inline(SAID.get(declared, declared), sniffed(content), content)


def inspect(value: str) -> Inline | None:
    """
    Any file, as `uploadMedia` takes it; given back taken apart when it is a data URI.

    raises: ValidationError for what is neither an address nor a file WhatsApp takes
    """
    found = inline(value)
    if found is None:
        if web(value) is None:
            told = "neither an http(s) address nor a data URI"
            raise ValidationError(told)
        return None
    declared = MIMES.get(found.declared, "document")
    alike = found.found == found.declared or {found.found, found.declared} <= BOXES
    if declared != "document" and not alike:
        told = f"says it is {found.declared}, and its content is {found.found or 'something else'}"
        raise ValidationError(told)
    _fits(declared, found.content)
    return found


def hold(found: Inline, kind: str, *, voice: bool) -> None:
    """
    A file against the kind it shall be shown as.

    raises: ValidationError
    """
    if kind not in {"document", found.kind}:
        told = f"cannot be shown as {kind}: its content is {found.found or found.declared}"
        raise ValidationError(told)
    if voice and not (found.found == "audio/ogg" and b"OpusHead" in found.content[:512]):
        told = "a voice note is OGG with Opus in it"
        raise ValidationError(told)
    _fits(kind, found.content)


def _fits(kind: str, content: bytes) -> None:
    still = kind == "sticker" and not _moves(content)
    most = STILL if still else LIMITS[kind]
    if len(content) > most:
        named = "sticker that does not move" if still else kind
        told = f"{len(content)} bytes; a {named} may have {most}"
        raise ValidationError(told)


def _moves(content: bytes) -> bool:
    """Whether a WebP says it is animated: its first chunk is VP8X, with that flag."""
    return content[12:16] == b"VP8X" and bool(content[20:21]) and bool(content[20] & 0x02)


def kind_of(found: Inline | None, name: str | None) -> str:
    """How 1msg will show it: by content, else by the name it goes under, else as a document."""
    if found is not None:
        return found.kind
    return SUFFIXES.get((name or "").rpartition(".")[2].lower(), "document")


def name_for(value: str) -> str | None:
    """A file name where the caller gave none: the address's last segment, or one made of the media type."""
    head = DATA_URI.match(value)
    if head is None:
        return name_in_path(value)
    mime = head[1].lower()
    return f"file.{NAMES.get(mime, mime.rpartition('/')[2].partition('+')[0])}"


def plain(value: str) -> str:
    """An address with its non-ASCII percent-encoded, as 1msg's fetcher needs it; a data URI as it is."""
    return value if value.lower().startswith("data:") else quote(value, safe="%/:=&?~#+!$,;'@()*[]")
