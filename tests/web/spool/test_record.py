"""The spool's file: whatever happens to its bytes, no wrong record is read and no whole one before it is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from web.spool import record
from web.spool.record import Record

RECORDS = st.lists(
    st.builds(
        Record,
        at=st.integers(0, 2**43),
        source=st.text(max_size=8),
        method=st.sampled_from(["GET", "POST"]),
        hook=st.text(max_size=4),
        query=st.text(max_size=8),
        headers=st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2),
        body=st.binary(max_size=60),
    ),
    min_size=1,
    max_size=5,
)


def written(records: list[Record]) -> tuple[bytes, bytes, list[int]]:
    """(marker, a file's bytes after its heading, where each record ends)."""
    marker = record.marker_of(record.heading()) or b""
    content, ends = b"", []
    for one in records:
        content += record.pack(one, marker)
        ends.append(len(content))
    return marker, content, ends


def read(content: bytes, marker: bytes) -> list[Record | None]:
    """All that is found; None for each spoilt piece."""
    found, place = [], 0
    while (one := record.find(content, place, marker)) is not None:
        assert one.end > place
        found.append(one.record)
        place = one.end
    return found


@given(RECORDS)
def test_what_was_written_is_read(records: list[Record]) -> None:
    """In its order, byte for byte."""
    marker, content, _ = written(records)
    assert records == read(content, marker)


@settings(max_examples=60)
@given(RECORDS, st.data())
def test_a_file_cut_anywhere_gives_what_was_whole_before(records: list[Record], data: st.DataObject) -> None:
    """The torn one at the end was never acknowledged."""
    marker, content, ends = written(records)
    cut = data.draw(st.integers(0, len(content)))
    whole = [one for one, end in zip(records, ends, strict=True) if end <= cut]

    assert whole == read(content[:cut], marker)
    last = ends[len(whole) - 1] if whole else 0
    assert (cut > last) == record.is_torn(content[last:cut], marker)


@settings(max_examples=60)
@given(RECORDS, st.data())
def test_a_spoilt_byte_costs_its_own_record_alone(records: list[Record], data: st.DataObject) -> None:
    """It is never read as something else, and all others are."""
    marker, content, ends = written(records)
    place = data.draw(st.integers(0, len(content) - 1))
    spoilt = bytearray(content)
    spoilt[place] ^= data.draw(st.integers(1, 255))
    hit = next(index for index, end in enumerate(ends) if place < end)

    found = [one for one in read(bytes(spoilt), marker) if one is not None]

    assert [one for index, one in enumerate(records) if index != hit] == found


def test_a_body_that_looks_like_a_record_is_none() -> None:
    """Whoever sends it does not know the file's marker, and so can forge nothing, torn or not."""
    forged = record.pack(Record(1, "victim", "POST", "", "", {}, b"evil"), b"guessed mark")
    marker, content, _ = written([Record(1, "shop", "POST", "", "", {}, b"x" + forged + forged)])

    assert ["shop"] == [one.source for one in read(content, marker) if one is not None]
    assert [] == read(content[:-1], marker)


def test_a_file_without_a_heading_has_no_records() -> None:
    """Its process died before the first one."""
    assert record.marker_of(b"") is None
    assert record.marker_of(b"FSP1short") is None
    assert record.marker_of(b"else" + b"x" * 12) is None
