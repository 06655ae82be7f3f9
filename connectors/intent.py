"""
Finding an action by what somebody wants to do, in their own words.

The catalogue's own words are in a full-text index (SQLite's FTS5, in memory): the key counts most, then the title, then
the description.  People use other words than providers, so synonyms.txt says what theirs mean here.  A word that
neither knows finds nothing and harms nothing.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources

from connectors.provider import Provider

WORD = re.compile(r"[^\W_]+")
WEIGHTS = "3.0, 2.0, 1.0"  # of key, title, description
COVERED = 5.0  # what a key that was asked for whole is worth, beside its rank
LONGEST = 4  # words of a phrase in synonyms.txt


class NoSearch(RuntimeError):
    """This Python's SQLite was built without FTS5."""


@cache
def synonyms() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """{what people say, word by word: what it means here}, of synonyms.txt."""
    text = (resources.files("connectors") / "synonyms.txt").read_text(encoding="utf-8")
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for line in text.splitlines():
        said, bar, means = line.partition("|")
        if bar and not line.startswith("#"):
            for one in said.split(","):
                found[tuple(words(one))] = tuple(words(means))
    return found


def words(text: str) -> list[str]:
    """Its words, in small letters."""
    return WORD.findall(text.casefold())


SMALL = frozenset(
    words(
        """
        a an and any are as at be been but by can could did do does for from get give had has have he her his how i if
        in is it its just let make me my of on or our ours please she should so some than that the their them then there
        they this those to us want was we were what when where which who whom why will with would you your
        """
    )
)


def meant(text: str) -> list[str]:
    """The words to look for: those said, but the small ones, and what they mean; the longest phrase first."""
    said, known = words(text), synonyms()
    found: list[str] = []
    place = 0
    while place < len(said):
        for length in range(LONGEST, 0, -1):
            phrase = tuple(said[place : place + length])
            if len(phrase) == length and phrase in known:
                found += known[phrase]
                found += [word for word in phrase if word not in SMALL] if length == 1 else []
                place += length
                break
        else:
            if said[place] not in SMALL:
                found.append(said[place])
            place += 1
    return found


class Index:
    """The actions of these providers, to be asked from any thread."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        """raises: NoSearch"""
        self._lock = threading.Lock()
        self._base = sqlite3.connect(":memory:", check_same_thread=False)
        try:
            self._base.execute(
                "CREATE VIRTUAL TABLE actions USING fts5"
                "(key, title, description, provider UNINDEXED, name UNINDEXED, tokenize='porter unicode61')"
            )
        except sqlite3.OperationalError as problem:
            told = "this Python's SQLite has no FTS5: look through the list without an intent"
            raise NoSearch(told) from problem
        self._base.executemany("INSERT INTO actions VALUES (?, ?, ?, ?, ?)", _rows(providers))

    def find(self, text: str, providers: Iterable[str], limit: int | None = None) -> list[tuple[str, str]]:
        """[(provider's name, action's key)] of these providers, the best first; nothing where no word is known."""
        asked = meant(text)
        if not asked:
            return []
        query = " OR ".join(f'"{word}"' for word in asked)  # quoted: no word is an operator
        names = list(providers)
        places = ", ".join("?" * len(names))
        sql = (
            f"SELECT bm25(actions, {WEIGHTS}), provider, name FROM actions "  # noqa: S608
            f"WHERE actions MATCH ? AND provider IN ({places})"
        )
        with self._lock:
            found = list(self._base.execute(sql, (query, *names)))
        wanted = {_stem(word) for word in asked}
        ranked = sorted(
            found, key=lambda row: (row[0] - COVERED * _covered(row[2], wanted), len(row[2]), row[2], row[1])
        )
        return [(provider, name) for _, provider, name in ranked[:limit]]


def _covered(key: str, wanted: set[str]) -> float:
    """How much of a key was asked for: of two that hold the same words, the one that says no more is meant."""
    said = [_stem(word) for word in words(key)]
    return sum(word in wanted for word in said) / len(said)


def _stem(word: str) -> str:
    return word.removesuffix("s")


def _rows(providers: Iterable[Provider]) -> Iterator[tuple[str, str, str, str, str]]:
    for provider in providers:
        for action in provider.actions.values():
            yield " ".join(words(action.key)), action.title, action.description, provider.name, action.key
