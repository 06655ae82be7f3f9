"""Long texts, cut where a reader would not notice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.instagram.split import clusters, size, split

WHOLE = [
    # one character to a reader each
    "👨‍👩‍👧‍👦", "👍🏽", "🇧🇷", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "é", "ñ̃", "❤️", "1️⃣", "한", "각", "नि", "\r\n", "🧑🏿‍🚀", "☝🏻",
]  # fmt: skip


@pytest.mark.parametrize("one", WHOLE)
def test_a_character_stays_whole(one: str) -> None:
    """Families, skins, flags, accents, keycaps, Hangul, CR LF: one cluster alone, and three in a row are three."""
    assert [one] == list(clusters(one))
    assert [one] * 3 == list(clusters(one * 3))


def test_letters_stay_apart() -> None:
    """What merely stands side by side is several."""
    assert ["a", "b", " ", "한", "국", "👍", "👍"] == list(clusters("ab 한국👍👍"))
    assert ["🇧🇷", "🇵🇹", "🇧"] == list(clusters("🇧🇷🇵🇹🇧"))


@pytest.mark.parametrize(
    ("text", "most", "pieces"),
    [
        ("one two three", 8, ["one two", "three"]),
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 6, ["one", "two", "three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("ab cdefghij", 4, ["ab", "cdef", "ghij"]),
        ("a\n\nb", 1, ["a", "b"]),
        ("  one   two  ", 5, ["one", "two"]),
        ("🇧🇷🇵🇹", 8, ["🇧🇷", "🇵🇹"]),
        ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 30, ["👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"]),
        ("short", 100, ["short"]),
        ("", 5, []),
        ("   ", 1, []),
    ],
)
def test_pieces(text: str, most: int, pieces: list[str]) -> None:
    """Between words when there are any, else between characters."""
    assert pieces == split(text, most)


WORDS = st.text(alphabet=st.sampled_from("ab é한🇧🇷👨👩\u200d\u0301\n😀👍🏽"), max_size=300)


@given(WORDS, st.integers(min_value=40, max_value=200))
def test_nothing_is_lost_and_nothing_is_torn(text: str, most: int) -> None:
    """Every piece fits and is not blank; together they are the text without some of its white space; no reader's
    character that fits in a piece is torn."""
    pieces = split(text, most)

    assert all(0 < size(piece) <= most and piece.strip() for piece in pieces)
    assert "".join(text.split()) == "".join("".join(pieces).split())
    if all(size(one) <= most for one in clusters(text)):
        whole = [one for one in clusters(text) if not one.isspace()]
        assert whole == [one for piece in pieces for one in clusters(piece) if not one.isspace()]


@given(st.text(max_size=400))
def test_clusters_are_the_text(text: str) -> None:
    """Cut anywhere, the pieces joined are what was cut."""
    assert text == "".join(clusters(text))
    assert all(clusters(text))


def test_one_monstrous_character_is_cut_inside() -> None:
    """A letter with a thousand accents does not fit anywhere whole; it arrives in pieces that do."""
    pieces = split("a" + "\u0301" * 1000)

    assert [True] * len(pieces) == [size(piece) <= 1000 for piece in pieces]
    assert "a" + "\u0301" * 1000 == "".join(pieces)
