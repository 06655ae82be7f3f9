"""What a file is, by what it is said to be and by how it begins."""

from __future__ import annotations

import pytest

from connectors.media_types import settled

JPEG, PNG, MP4 = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"\x00\x00\x00\x18ftypmp42"
ZIP, OGG, HTML = b"PK\x03\x04", b"OggS", b"\n<!DOCTYPE html><p>"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

SETTLED = {
    # said, how it begins → what it is
    "agreed": ("image/jpeg", JPEG, "image/jpeg"),
    "with a parameter, in capitals": ("Image/JPEG; q=1", JPEG, "image/jpeg"),
    "often said": ("image/jpg", JPEG, "image/jpeg"),
    "a lie about the picture": ("image/jpeg", PNG, "image/png"),
    "a page that says it is a picture": ("image/jpeg", HTML, "text/html"),
    "a program that says it is a picture": ("image/png", b"\x7fELF", None),
    "nothing said": (None, JPEG, "image/jpeg"),
    "nothing said that means something": ("application/octet-stream", b"%PDF-1", "application/pdf"),
    "S3's word for nothing": ("binary/octet-stream", OGG, "audio/ogg"),
    "nobody knows": ("application/octet-stream", b"abc", None),
    "no type": ("x\r\ny", b"abc", None),
    "a document in a zip": (WORD, ZIP, WORD),
    "a picture that is a zip": ("image/jpeg", ZIP, "application/zip"),
    "sound in a box": ("audio/mp4", MP4, "audio/mp4"),
    "a phone's film": ("video/quicktime", MP4, "video/quicktime"),
    "a phone's picture": ("image/heic", MP4, "image/heic"),
    "a page in a box": ("text/html", MP4, "video/mp4"),
    "a voice note": ("audio/ogg; codecs=opus", OGG, "audio/ogg"),
    "a text in UTF-16": ("text/plain", b"\xff\xfea\x00", "text/plain"),
    "a text": ("text/csv", b"a,b", "text/csv"),
    "a page": ("text/html", HTML, "text/html"),
    "an MP3 with zeros before it": ("audio/mpeg", b"\x00\x00\xff\xfb", "audio/mpeg"),
    "an empty file": ("text/plain", b"", "text/plain"),
}


@pytest.mark.parametrize(("said", "head", "found"), SETTLED.values(), ids=SETTLED)
def test_the_content_wins(said: str | None, head: bytes, found: str | None) -> None:
    """Where they disagree, and where nothing was said."""
    assert found == settled(said, head)
