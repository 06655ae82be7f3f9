"""
Who a message goes to: one opaque chat id for each person, whatever spelling it was written in.

    +1 (555) 010-0123, 15550100123, 15550100123@c.us   a person with a number   15550100123@c.us
    US.100000000000001, US.100000000000001@lid         a person without one     US.100000000000001@lid
    ada@username                                       by WhatsApp username     ada@username
    120363000000000000@g.us, …@broadcast               as it is

The right column is the conversation key, on the way in and on the way out.  A phone number is read out of `@c.us` only.

source: our page §2.1, §5.2, §5.3
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SPELLINGS = ("to", "chatId", "phone", "bsuid", "username")
DIGITS = re.compile(r"[0-9]{6,15}")
BSUID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9._-]{1,128}")
DECORATION = str.maketrans("", "", "+ ()[].-\u00a0\u2011")
LONGEST = 200

LID = "@lid"
PERSON = "@c.us"
USERNAME = "@username"


def canonical(given: Any) -> str | None:
    """The chat id of whatever spelling a caller or a webhook uses; None for what names nobody."""
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str):
        return None
    word = given.strip()
    if not word or len(word) > LONGEST:
        return None
    if BSUID.fullmatch(word):
        return word + LID
    name, at, domain = word.partition("@")
    if at and PERSON == at + domain:
        word = name
    elif at:
        return word if name and domain and not re.search(r"\s", word) else None
    digits = word.translate(DECORATION)
    return digits + PERSON if DIGITS.fullmatch(digits) else None


def party(given: Mapping[str, Any]) -> str | None:
    """The conversation key of an action's raw input."""
    for name in SPELLINGS:
        value = given.get(name)
        if value is not None:
            return canonical(spelled(name, value))
    return None


def spelled(name: str, value: Any) -> Any:
    """A bare username becomes an address; the other spellings tell themselves apart."""
    if name == "username" and isinstance(value, str) and "@" not in value.strip().lstrip("@"):
        return value.strip().lstrip("@") + USERNAME
    return value


def phone(chat: str | None) -> str | None:
    """E.164 of a `@c.us` chat; None for all others, whose digits are not a number."""
    if chat is None or not chat.endswith(PERSON):
        return None
    digits = chat[: -len(PERSON)]
    return f"+{digits}" if DIGITS.fullmatch(digits) and digits[0] != "0" else None


def destination(chat: str, *, as_number: bool, lid: str) -> dict[str, Any]:
    """
    The one destination field of a request body.

    chat:      canonical
    as_number: `phone` as an integer, for channels of the 1.0.0 contract that insist on one
    lid:       how a hidden number is said: "chatId", "bsuid" or "phone"; all three were seen to be the only one
               that works, on different channels
    """
    if chat.endswith(LID):
        bare = chat[: -len(LID)]
        return {"chatId": chat} if lid == "chatId" else {lid: bare}
    if chat.endswith(USERNAME):
        return {"username": chat[: -len(USERNAME)]}
    if as_number and phone(chat):
        return {"phone": int(chat[: -len(PERSON)])}
    return {"chatId": chat}
