"""
How many parts a text takes as SMS, and where they break (3GPP TS 23.038 and 23.040).

    alphabet   in one message   each of several   a unit is
    GSM-7      160 units        153               a septet; an escaped character ( ^ { } [ ] ~ \\ | €, form feed) is two
    UCS-2      70 units         67                16 bits; a character beyond U+FFFF (an emoji) is two

A two-unit character never straddles two parts, so dividing the length gives too few: 67 emoji are 134 units and three
parts.  One character outside GSM-7 turns the whole text to UCS-2.  What a provider does with the text before it leaves
(shift tables, transliteration, line breaks counted twice) is not known here: the count is an estimate, and the
provider's own number, where it gives one, is the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

GSM_7 = "GSM-7"
UCS_2 = "UCS-2"

# 3GPP TS 23.038, 6.2.1: the default alphabet without its escape, and the characters of its extension table
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
GSM = BASIC | EXTENSION

# alphabet: (units in a message alone, units in each of several, whose header takes the rest)
ROOM = {GSM_7: (160, 153), UCS_2: (70, 67)}


@dataclass(frozen=True, slots=True)
class Parts:
    """`encoding` is "GSM-7" or "UCS-2"; `units` counts septets or 16-bit units of the whole text."""

    encoding: str
    parts: int
    units: int


def encoding(text: str) -> str:
    """GSM-7 when every character of `text` is in its alphabet or extension, else UCS-2."""
    return GSM_7 if GSM.issuperset(text) else UCS_2


def count(text: str) -> Parts:
    """What `text` takes; an empty text still takes one message."""
    name = encoding(text)
    units = sum(_widths(text, name))
    alone, several = ROOM[name]
    if units <= alone:
        return Parts(name, 1, units)
    return Parts(name, len(list(_breaks(text, name, several))), units)


def split(text: str) -> list[str]:
    """The pieces of `text` as the parts carry them, filled greedily; joined they are `text`."""
    name = encoding(text)
    alone, several = ROOM[name]
    if sum(_widths(text, name)) <= alone:
        return [text]
    return list(_breaks(text, name, several))


def _widths(text: str, name: str) -> Iterator[int]:
    if name == GSM_7:
        return (2 if one in EXTENSION else 1 for one in text)
    return (2 if one > "\uffff" else 1 for one in text)


def _breaks(text: str, name: str, room: int) -> Iterator[str]:
    begin = taken = 0
    for at, width in enumerate(_widths(text, name)):
        if taken + width > room:
            yield text[begin:at]
            begin, taken = at, 0
        taken += width
    yield text[begin:]
