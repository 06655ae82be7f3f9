"""
Many messages in one call: how they are named, cut into calls, and told apart in the answer.

ClickSend promises no order, may answer more rows than were asked (a list) and other numbers than were written, so a
row belongs to a message by the custom_string it bears, never by its place (page 3.1; 5, row 4).  Every message gets
one: the caller's, else our reference and the message's position in the whole run.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors import reading, sms
from connectors.action import Ask, Call, Part
from connectors.clicksend import errors, loose, phones, schemas
from connectors.errors import ConnectorError, InvalidCall, OutcomeUnknown, Reason, Rejected

LONGEST_REF = schemas.CUSTOM_STRING - len("-9999999")
MAX_PARTS = 8


@dataclass(frozen=True, slots=True)
class Named:
    """
    One message of a call.

    ref:    ours for its outcome, alone in the run: the custom_string, or a position where several share one
    mark:   the custom_string on the wire
    to:     canonical number, None for a list
    listed: whether it expands to the contacts of a list
    """

    ref: str
    mark: str
    to: str | None
    listed: bool


def names(given: Mapping[str, Any], ref: str) -> list[Named]:
    """The messages of an input under the run's reference; the same at every attempt, whatever the clock says."""
    many = given.get("messages")
    messages = many if isinstance(many, list) else [given]
    alone = not isinstance(many, list)
    root = ref if len(ref) <= LONGEST_REF else hashlib.sha256(ref.encode()).hexdigest()[:32]
    first = int(reading.number(given, "first") or 0)
    places = given.get("places") or range(first, first + len(messages))
    told = [reading.text(one, "custom_string") for one in messages]
    shared = {one for one, times in Counter(told).items() if times > 1} | set(given.get("shared") or ())
    found = []
    for at, one, theirs in zip(places, messages, told, strict=True):
        ours = root if alone else f"{root}-{at}"
        mark = theirs or ours
        name = ours if mark in shared else mark
        listed = isinstance(one, Mapping) and one.get("list_id") not in (None, "")
        found.append(Named(name, mark, phones.party(one) if isinstance(one, Mapping) else None, listed))
    return found


def cut(given: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """The input in pieces of at most 1,000 messages; each names its messages as the whole would."""
    many = given.get("messages")
    if not isinstance(many, list) or len(many) <= schemas.PER_CALL:
        return (given,)
    told = Counter(reading.text(one, "custom_string") for one in many)
    shared = sorted({one for one, times in told.items() if one and times > 1} | set(given.get("shared") or ()))
    begin = int(reading.number(given, "first") or 0)
    places = list(given.get("places") or range(begin, begin + len(many)))
    whole = "places" not in given
    return [
        {
            **given,
            "messages": many[at : at + schemas.PER_CALL],
            **({"first": begin + at} if whole else {"places": places[at : at + schemas.PER_CALL]}),
            **({"shared": shared} if shared else {}),
        }
        for at in range(0, len(many), schemas.PER_CALL)
    ]


def reaches(call: Call) -> Iterable[Part]:
    """The outcome each message of a batch would be; the members of a list are ClickSend's to know."""
    return [Part(one.ref, to=one.to) for one in names(call.input, call.ref)] if "messages" in call.input else ()


def without(given: Mapping[str, Any], places: frozenset[int]) -> Mapping[str, Any] | None:
    """The batch without the messages at these places; the others keep their names."""
    many = given["messages"]
    first = int(reading.number(given, "first") or 0)
    where = given.get("places") or range(first, first + len(many))
    kept = [(at, one) for index, (at, one) in enumerate(zip(where, many, strict=True)) if index not in places]
    told = Counter(reading.text(one, "custom_string") for one in many)
    shared = sorted({one for one, times in told.items() if one and times > 1} | set(given.get("shared") or ()))
    if not kept:
        return None
    made = {**given, "messages": [one for _, one in kept], "places": [at for at, _ in kept]}
    return {**made, "shared": shared} if shared else made


def complete(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """
    References, sender and source for each message.

    raises: InvalidCall for a batch that was not cut, and for a text ClickSend would cut off silently
    """
    messages = body["messages"]
    if len(messages) > schemas.PER_CALL:
        told = f"{len(messages)} messages are more than the {schemas.PER_CALL} of one call: cut them first"
        raise InvalidCall(told, fields={"messages": [told]})
    affordable(body, call)
    sender = call.connection.setting("sender")
    source = call.connection.setting("source", "ferry")
    ours = {phones.heard(one) for one in str(call.connection.setting("dedicated_numbers", "")).split(",")} - {None}
    made = []
    for name, one in zip(names(call.input, call.ref), messages, strict=True):
        message = {**one, "custom_string": name.mark, "source": source}
        via = phones.heard(message.pop("via", None))
        chosen = message.pop("from", None)
        if chosen is None and "lang" not in message:  # a call by voice has no sender to choose
            chosen = via if via in ours else sender
        if chosen:
            message["from"] = chosen
        made.append(message)
    return {**body, "messages": made}


def affordable(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """raises: InvalidCall for an input with a budget that nobody held its price against."""
    if call.input.get("budget") is not None:
        told = "the price was not asked, though the input sets a budget"
        raise InvalidCall(told, fields={"budget": [told]})
    return body


def complete_sms(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """The same, for texts whose parts are limited by the account."""
    most = int(call.connection.setting("max_parts", MAX_PARTS))

    def long(text: str) -> str | None:
        counted = sms.count(text)
        return (
            f"{counted.parts} {counted.encoding} parts by our count, and {most} are" if counted.parts > most else None
        )

    _whole(body, call, long)
    return complete(body, call)


def within(gsm: int, unicode: int) -> Callable[[dict[str, Any], Call], dict[str, Any]]:
    """The same, for texts of so many characters in either alphabet (MMS, voice)."""
    rooms = {sms.GSM_7: gsm, sms.UCS_2: unicode}

    def long(text: str) -> str | None:
        name = sms.encoding(text)
        return f"{len(text)} {name} characters, and {rooms[name]} are" if len(text) > rooms[name] else None

    def fit(body: dict[str, Any], call: Call) -> dict[str, Any]:
        _whole(body, call, long)
        return complete(body, call)

    return fit


def _whole(body: Mapping[str, Any], call: Call, long: Callable[[str], str | None]) -> None:
    """raises: InvalidCall for a text that ClickSend would cut off silently."""
    for at, one in enumerate(body["messages"]):
        why = long(one["body"])
        if why is not None:
            told = f"the text takes {why} allowed: ClickSend would cut it off without a word"
            where = {"messages": {at: {"text": [told]}}} if "messages" in call.input else {"text": [told]}
            raise InvalidCall(told, fields=where)


def complete_price(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """The same; the wish for a summary is written inside each message (page 3.2)."""
    made = complete_sms(body, call)
    if made.pop("show_summary", False):
        made["messages"] = [{**one, "show_summary": True} for one in made["messages"]]
    return made


def parts(call: Call, output: Mapping[str, Any]) -> Iterable[Part]:
    """
    The outcome of each message; a list has one for each of its rows, named "<ref>:<number>".

    raises: the refusal itself when the call was for one message: a run of one that failed has failed
    """
    wanted = names(call.input, call.ref)
    found = list(_match(wanted, [row for row in output.get("messages", ()) if isinstance(row, Mapping)]))
    if len(found) == 1 and "messages" not in call.input and not wanted[0].listed and found[0].error is not None:
        raise found[0].error
    return found


def _match(wanted: list[Named], rows: list[Mapping[str, Any]]) -> Iterator[Part]:
    by_mark: dict[Any, list[Mapping[str, Any]]] = {}
    by_number: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_mark.setdefault(row.get("custom_string"), []).append(row)
        by_number.setdefault(row.get("to"), []).append(row)
    marks = Counter(one.mark for one in wanted)
    numbers = Counter(one.to for one in wanted)
    for one in wanted:
        mine = by_mark.get(one.mark, [])
        if one.listed:
            lists = [row for row in mine if marks[one.mark] == 1]
            for row in lists:
                number = row.get("to")
                yield _part(f"{one.ref}:{number}" if number else one.ref, row, number)
            if not lists:
                yield _lost(one)
            continue
        if marks[one.mark] > 1:
            mine = [row for row in mine if row.get("to") == one.to]
        if not mine and numbers[one.to] == 1:  # an answer without references: the number tells, if only one has it
            mine = [row for row in by_number.get(one.to, []) if row.get("custom_string") is None]
        yield _part(one.ref, mine[0], one.to) if len(mine) == 1 else _lost(one)


def _part(ref: str, row: Mapping[str, Any], to: Any) -> Part:
    wrong: ConnectorError | None = errors.refusal(row.get("status"))
    number = to if isinstance(to, str) else None
    if wrong is None:
        found = row.get("message_id")
        if isinstance(found, str):
            return Part(ref, "accepted", found, number)
        wrong = OutcomeUnknown("ClickSend accepted the message and gave it no id")
    wrong.provider = "clicksend"
    return Part(ref, "failed" if isinstance(wrong, Rejected) else "unknown", None, number, wrong)


def _lost(one: Named) -> Part:
    told = "no row of the answer is surely this message's; whether it left is unknown"
    return Part(one.ref, "unknown", None, one.to, OutcomeUnknown(told, provider="clicksend"))


def within_budget(price: str, *words: str) -> Callable[[Call, Ask], Mapping[str, Any]]:
    """
    What asks `price` (an action's key) first when the input sets a budget, over all pieces of the input; of `words`
    alone where the price takes fewer than the send.

    A message refused by the price call would be refused by the send too, and costs nothing.
    returns: the input without its budget
    raises:  InvalidCall (nothing left) when the sum is above the budget; what the price call raises
    """

    def first(call: Call, ask: Ask) -> Mapping[str, Any]:
        budget = loose.decimal(call.input.get("budget"))
        if budget is None or budget <= 0:
            return call.input  # the schema refuses what is no sum
        rest = {name: value for name, value in call.input.items() if name != "budget"}
        asked = {name: rest[name] for name in words if name in rest} if words else rest
        prices = (loose.decimal(ask(price, piece).get("total_price")) for piece in cut(asked))
        total = sum((one for one in prices if one is not None), Decimal(0))
        if total > budget:
            told = f"this would cost {total}, more than the budget of {budget}"
            raise InvalidCall(told, reason=Reason.CREDIT, fields={"budget": [told]})
        return rest

    return first
