"""
Many people in one call: how their messages are named, who is taken out, and whose a row of an answer is.

A person's place is counted through the whole input (each message's `to`; an e-mail's to, cc and bcc).  It stays the
name of their outcome, and of the message id made from it, when others are taken out because they have opted out:
`places` then tells who is left.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors import reading
from connectors.action import Call, Part
from connectors.infobip import addresses

WHO = ("to", "destinations", "cc", "bcc")
FIRST = frozenset({"to", "destinations"})  # without one of these a message has nobody to go to
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Named:
    """
    One person of a call.

    ref: of the outcome, their place; id: the message id it leaves with, as far as we choose it; to: their address
    """

    ref: str
    id: str
    to: str | None


def names(given: Mapping[str, Any], ref: str) -> list[Named]:
    """The people of an input under the run's reference, in order."""
    found = [(message, one) for message in _messages(given) for name in WHO for one in _listed(message.get(name))]
    made = [f"{ref}-{place}" for place in places(given)] if several(given) else [ref]
    return [
        Named(str(place), _own(message, one) or ours, addresses.one(one))
        for place, ours, (message, one) in zip(places(given), made, found, strict=True)
    ]


def places(given: Mapping[str, Any]) -> Sequence[int]:
    """The place of each person; those of the whole input where some were taken out of it."""
    count = sum(len(_listed(message.get(name))) for message in _messages(given) for name in WHO)
    told = given.get("places")
    return told if isinstance(told, list) and len(told) == len(set(told)) == count else range(count)


def several(given: Mapping[str, Any]) -> bool:
    """Whether the input goes, or went before some were taken out, to more than one person."""
    return given.get("places") is not None or len(places(given)) != 1


def reaches(channel: str) -> Callable[[Call], Iterable[Part]]:
    """The outcome each person of a call would have; one person alone is the call's party."""

    def told(call: Call) -> Iterable[Part]:
        if not several(call.input):
            return ()
        return [Part(one.ref, to=addresses.key(channel, one.to)) for one in names(call.input, call.ref)]

    return told


def without(given: Mapping[str, Any], gone: frozenset[int]) -> Mapping[str, Any] | None:
    """The input without the people at these positions; a mail left with copies only goes to nobody."""
    where = iter(enumerate(places(given)))
    messages: list[dict[str, Any]] = []
    left: list[int] = []
    for message in _messages(given):
        kept, stay = dict(message), []
        for name in WHO:
            people = [(one, *next(where)) for one in _listed(message.get(name))]
            here = [(one, place) for one, position, place in people if position not in gone]
            stay += [place for _, place in here]
            if len(here) != len(people):
                kept[name] = [one for one, _ in here]
                if not here:
                    del kept[name]
        if FIRST & kept.keys():
            messages.append(kept)
            left += stay
    if not messages:
        return None
    rest = {**given, "messages": messages} if "messages" in given else messages[0]
    return {**rest, "places": left}


def match(given: Mapping[str, Any], ref: str, rows: Sequence[Row], *, ordered: bool) -> list[tuple[Named, Row | None]]:
    """
    Each person of a call with their row: by the message id, else by the address, else (where the rows come in the
    order of the call, and there is one for each) by place; None for whom no row is surely theirs.
    """
    wanted = names(given, ref)
    if len(rows) == 1 and (given.get("preserve_recipients") or given.get("preserveRecipients")):
        return [(one, rows[0]) for one in wanted]  # one mail that all of them see: one id
    if ordered and len(rows) == len(wanted) == 1:
        return [(wanted[0], rows[0])]
    found: dict[str, int] = {}
    _take(found, [(one.ref, one.id) for one in wanted], [row.get("message_id") for row in rows])
    _take(found, [(one.ref, _bare(one.to)) for one in wanted], [_bare(row.get("to")) for row in rows])
    missed = [one.ref for one in wanted if one.ref not in found]
    left = sorted(set(range(len(rows))) - set(found.values()))
    if ordered and len(missed) == len(left):
        found |= dict(zip(missed, left, strict=True))
    return [(one, rows[found[one.ref]] if one.ref in found else None) for one in wanted]


def _take(found: dict[str, int], wanted: Iterable[tuple[str, Any]], marks: Iterable[Any]) -> None:
    """Gives each of `wanted` (ref, mark) that has none yet the first row of its mark that is still free."""
    free: dict[Any, deque[int]] = defaultdict(deque)
    taken = set(found.values())
    for index, mark in enumerate(marks):
        if mark is not None and index not in taken:
            free[mark].append(index)
    for ref, mark in wanted:
        if ref not in found and free.get(mark):
            found[ref] = free[mark].popleft()


def _bare(address: Any) -> str | None:
    return addresses.plain(address).lower() if isinstance(address, str) else None


def _messages(given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    many = given.get("messages")
    return [one for one in many if isinstance(one, Mapping)] if isinstance(many, list) else [given]


def _listed(told: Any) -> list[Any]:
    if told is None:
        return []
    return list(told) if isinstance(told, list | tuple) else [told]


def _own(message: Mapping[str, Any], one: Any) -> str | None:
    told = one if isinstance(one, Mapping) else message
    return reading.text(told, "own_id", "messageId")
