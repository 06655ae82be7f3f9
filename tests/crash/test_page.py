"""The table in README.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.blows import ROWS
from tests.crash.figures import Figures
from tests.crash.page import BEGIN, END, write
from tests.crash.table import HEAD, Played

FIRST, SECOND = [*ROWS][:2]


def played(row: str, kills: int) -> Played:
    """A row that went well."""
    return Played(row, kills, kills, Figures(acknowledged=10 * kills))


def test_only_what_was_played_changes(tmp_path: Path) -> None:
    """However often it is written; the rows stand in their order, and what surrounds the table stays."""
    page = tmp_path / "README.md"
    page.write_text(f"before\n{BEGIN}\n| a row of old | 1 |\n{END}\nafter\n")
    write(page, [played(SECOND, 3)], 6, "2026-03-01")
    write(page, [played(FIRST, 5), played(SECOND, 4)], 7, "2026-03-02")
    write(page, [played(FIRST, 8)], 8, "2026-03-03")

    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\n\n{HEAD[0]}\n{HEAD[1]}\n| {FIRST} | 8 | 8 | 80 |")
    assert f"\n| {SECOND} | 4 | 4 | 40 |" in text
    assert text.endswith(f"last seed 8.\n\n{END}\nafter\n")
    assert "of old" not in text


def test_a_page_without_a_place_is_left_alone(tmp_path: Path) -> None:
    """And says what is missing."""
    page = tmp_path / "README.md"
    page.write_text(f"{END}\n{BEGIN}\n")

    with pytest.raises(ValueError, match="no place for the table"):
        write(page, [played(FIRST, 1)], 7)
    assert page.read_text() == f"{END}\n{BEGIN}\n"
