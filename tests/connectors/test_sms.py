"""Parts of an SMS: the alphabets, the greedy split, and what must never straddle two parts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import sms
from connectors.sms import GSM_7, UCS_2, Parts

COUNTS = {
    "nothing": ("", Parts(GSM_7, 1, 0)),
    "plain": ("hello", Parts(GSM_7, 1, 5)),
    "one full message": ("a" * 160, Parts(GSM_7, 1, 160)),
    "one more makes two": ("a" * 161, Parts(GSM_7, 2, 161)),
    "two full parts": ("a" * 306, Parts(GSM_7, 2, 306)),
    "three": ("a" * 307, Parts(GSM_7, 3, 307)),
    "eight full parts": ("a" * 1224, Parts(GSM_7, 8, 1224)),
    "nine": ("a" * 1225, Parts(GSM_7, 9, 1225)),
    "accents of the alphabet": ("àèéìòùÄÖÑÜäöñüÅåÆæØøß", Parts(GSM_7, 1, 21)),
    "small c cedilla is not in it": ("ça", Parts(UCS_2, 1, 2)),
    "a back-tick is not in it": ("`", Parts(UCS_2, 1, 1)),
    "the escape itself is not in it": ("\x1b", Parts(UCS_2, 1, 1)),
    "a tab is not in it": ("\t", Parts(UCS_2, 1, 1)),
    "the extension counts two": ("€^{}[]~\\|\f", Parts(GSM_7, 1, 20)),
    "eighty euros": ("€" * 80, Parts(GSM_7, 1, 160)),
    "eighty-one euros": ("€" * 81, Parts(GSM_7, 2, 162)),
    "153 euros leave one unit of each part empty": ("€" * 153, Parts(GSM_7, 3, 306)),
    "an escape pair moves whole": ("a" * 152 + "€" + "a" * 151, Parts(GSM_7, 2, 305)),
    "and can cost a part": ("a" * 152 + "€" + "a" * 152, Parts(GSM_7, 3, 306)),
    "seventy": ("д" * 70, Parts(UCS_2, 1, 70)),
    "seventy-one": ("д" * 71, Parts(UCS_2, 2, 71)),
    "134 in two": ("д" * 134, Parts(UCS_2, 2, 134)),
    "135 in three": ("д" * 135, Parts(UCS_2, 3, 135)),
    "thirty-five emoji": ("🙂" * 35, Parts(UCS_2, 1, 70)),
    "thirty-six emoji": ("🙂" * 36, Parts(UCS_2, 2, 72)),
    "67 emoji make three, not two": ("🙂" * 67, Parts(UCS_2, 3, 134)),
    "one curly quote turns all of it": ("a" * 160 + "’", Parts(UCS_2, 3, 161)),
    "a lone surrogate is one unit": ("\ud83d", Parts(UCS_2, 1, 1)),
}


@pytest.mark.parametrize(("text", "expected"), COUNTS.values(), ids=COUNTS)
def test_count(text: str, expected: Parts) -> None:
    """Each text takes the parts a handset would show, no more and no fewer."""
    assert expected == sms.count(text)


def test_alphabet_has_its_128_places() -> None:
    """127 characters and the escape; ten more behind the escape; none in both."""
    assert (127, 10) == (len(sms.BASIC), len(sms.EXTENSION))
    assert not sms.BASIC & sms.EXTENSION


TEXTS = st.one_of(
    st.text(st.sampled_from("ab€{é\n"), max_size=700),
    st.text(st.sampled_from("aд🙂€"), max_size=400),
    st.text(max_size=300),
)


@given(TEXTS)
def test_split_loses_nothing(text: str) -> None:
    """The pieces are the text, as many as counted, each within its room and none that a neighbour could still hold."""
    pieces, counted = sms.split(text), sms.count(text)
    alone, several = sms.ROOM[counted.encoding]

    def width(piece: str) -> int:
        if counted.encoding == GSM_7:
            return len(piece) + sum(one in sms.EXTENSION for one in piece)
        return len(piece.encode("utf-16-le", "surrogatepass")) // 2

    assert text == "".join(pieces)
    assert counted.parts == len(pieces)
    assert counted.units == sum(map(width, pieces))
    assert all(width(piece) <= (alone if len(pieces) == 1 else several) for piece in pieces)
    assert all(width(one + two[0]) > several for one, two in pairwise(pieces))
