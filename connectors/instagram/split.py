"""
Texts too long for one message, cut where a reader would not notice: between words, and never inside a character.

Instagram counts bytes of UTF-8, and what people see as one character (a family, a flag, a letter with its accents) may
be many code points.  `clusters` follows the rules of Unicode's UAX #29 that matter to message texts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

MAX_BYTES = 1000  # of UTF-8 in one message (page §3.1; the stricter of two pages, §5, 4)

ZWJ = "\u200d"
_PICTURES = ((0x203C, 0x203C), (0x2049, 0x2049), (0x2190, 0x2BFF), (0x3030, 0x303D), (0x1F000, 0x1FAFF))


def size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def clusters(text: str) -> Iterator[str]:
    """The characters a reader sees: base with marks, emoji with skin, joined emoji, flags, Hangul, CR LF."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or _breaks(text, start, at):
            yield text[start:at]
            start = at


def _breaks(text: str, start: int, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if before == "\r" and after == "\n":
        return False
    if unicodedata.category(before) == "Cc" or unicodedata.category(after) == "Cc":
        return True
    if _extends(after):
        return False
    if before == ZWJ and _picture(after):
        return False
    if _flag(before) and _flag(after):
        return (at - start) % 2 == 0  # flags are pairs
    return not _hangul(before, after)


def _extends(one: str) -> bool:
    code = ord(one)
    return (
        one == ZWJ
        or unicodedata.category(one) in {"Mn", "Me", "Mc"}
        or 0x1F3FB <= code <= 0x1F3FF  # skin
        or 0xE0020 <= code <= 0xE007F  # tags: the flags of Scotland and its like
        or code == 0x200C
    )


def _picture(one: str) -> bool:
    code = ord(one)
    return any(low <= code <= high for low, high in _PICTURES)


def _flag(one: str) -> bool:
    return 0x1F1E6 <= ord(one) <= 0x1F1FF


def _hangul(before: str, after: str) -> bool:
    left, right = ord(before), ord(after)
    lead, vowel, trail = range(0x1100, 0x1160), range(0x1160, 0x11A8), range(0x11A8, 0x1200)
    whole = range(0xAC00, 0xD7A4)
    if left in lead:
        return right in lead or right in vowel or right in whole
    open_end = left in vowel or (left in whole and (left - 0xAC00) % 28 == 0)
    return (open_end and (right in vowel or right in trail)) or ((left in whole or left in trail) and right in trail)


def split(text: str, most: int = MAX_BYTES) -> list[str]:
    """
    `text` in pieces of at most `most` bytes, none of them blank; white space at a seam is dropped, nothing else is.

    Breaks at the last white space of a piece, else between two characters.  Only a single character larger than a
    whole message (a thousand accents on one letter) is cut inside, between code points.
    """
    pieces: list[list[str]] = []
    held: list[str] = []
    held_bytes = 0
    seam = 0  # how many of the held clusters stand before the last white space, that included

    def let_go(count: int) -> None:
        nonlocal held, held_bytes, seam
        pieces.append(held[:count])
        held = held[count:]
        while held and held[0].isspace():
            held.pop(0)
        held_bytes, seam = sum(map(size, held)), 0

    for cluster in _fitting(text, most):
        held.append(cluster)
        held_bytes += size(cluster)
        while held_bytes > most:
            let_go(len(held) - 1 if cluster.isspace() or not seam else seam)
        if cluster.isspace() and held:
            seam = len(held)
    return [told for piece in (*pieces, held) if (told := _trimmed(piece))]


def _trimmed(piece: list[str]) -> str:
    """Joined, without white space at its ends (a space that carries an accent is none)."""
    shown = [at for at, one in enumerate(piece) if not one.isspace()]
    return "".join(piece[shown[0] : shown[-1] + 1]) if shown else ""


def _fitting(text: str, most: int) -> Iterator[str]:
    for cluster in clusters(text):
        if size(cluster) <= most:
            yield cluster
            continue
        piece = ""
        for one in cluster:
            if size(piece + one) > most:
                yield piece
                piece = ""
            piece += one
        yield piece
