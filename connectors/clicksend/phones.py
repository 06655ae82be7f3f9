"""Phone numbers at the border: one spelling, E.164 with "+", so that one person is one conversation (page 1.1, 4.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import phonenumbers

SEPARATORS = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]")
INTERNATIONAL = re.compile(r"\+[1-9]\d{4,14}")
SHORTEST = 7  # digits; fewer are a short code, which has no country
NEEDS_PLUS = "write the number with + and its country code, or give its country (AU) beside it"


def to_e164(given: str, country: str | None = None) -> str:
    """
    The number somebody asked to write to, as +61491570156.

    A local number needs its country: guessing one would write to a stranger.
    raises: ValueError, in words for the person who asked
    """
    told = SEPARATORS.sub("", given.strip().replace("(0)", ""))
    if told.startswith("00"):
        told = f"+{told[2:]}"
    if told.startswith("+"):
        if not INTERNATIONAL.fullmatch(told):
            raise ValueError("this is no phone number: + and 5 to 15 digits are")
        return told
    if not country:
        raise ValueError(NEEDS_PLUS)
    try:
        read = phonenumbers.parse(told, country.strip().upper())
    except phonenumbers.NumberParseException as problem:
        raise ValueError(f"this is no phone number of {country}") from problem
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164)


def heard(given: str | None) -> str | None:
    """
    A number as ClickSend says it, canonical: the "+" that an unencoded form value turned into a space comes back.

    Short codes and alpha tags stay as they are; None and "" are None.
    """
    told = (given or "").strip()
    digits = SEPARATORS.sub("", told.removeprefix("+"))
    if digits.isascii() and digits.isdigit() and len(digits) >= SHORTEST:
        return f"+{digits}"
    return told or None


def real(number: str | None) -> str | None:
    """`number` where it is a phone's, None for a short code or an alpha tag."""
    return number if number is not None and number.startswith("+") else None


def party(given: Mapping[str, Any]) -> str | None:
    """The other party of an input that has exactly one; None for a batch, a list, or what is no number."""
    found = given.get("messages")
    if isinstance(found, list):
        return party(found[0]) if len(found) == 1 and isinstance(found[0], Mapping) else None
    number, country = given.get("to"), given.get("country")
    if not isinstance(number, str):
        return None
    try:
        return to_e164(number, country if isinstance(country, str) else None)
    except ValueError:
        return None
