"""
Who is meant: numbers as Infobip writes them, E.164 where a number is real, and one key a person and channel.

    wire      447700900123, AcmeShop, 12345, HR.8471203355     digits only for numbers, all else untouched
    phone     +447700900123                                    only for what can be a subscriber's number
    party     sms:447700900123, whatsapp:HR.8471203355         what a conversation is called in Ferry
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SMS = "sms"
MMS = "mms"
WHATSAPP = "whatsapp"
EMAIL = "email"
VOICE = "voice"
CHANNELS = frozenset({SMS, MMS, WHATSAPP, EMAIL, VOICE})

DECORATION = str.maketrans("", "", " \t\u00a0-.()/")
REAL = re.compile(r"[1-9][0-9]{6,14}")  # E.164: at most 15 digits; shorter ones are short codes


def plain(address: str) -> str:
    """
    The address as Infobip takes it: "+44 (7700) 900-123" and "00447700900123" become "447700900123".

    What is no number (a sender's name, a business-scoped user id, an e-mail address) is left as it stands.
    """
    told = address.strip()
    bare = told.translate(DECORATION)
    if bare.startswith("+"):
        bare = bare[1:]
    elif bare.startswith("00"):
        bare = bare[2:]
    return bare if bare.isascii() and bare.isdigit() else told


def phone(address: str | None) -> str | None:
    """E.164 of a real number, None for a name, a short code or a user id."""
    bare = plain(address) if address else ""
    return f"+{bare}" if REAL.fullmatch(bare) else None


def key(channel: str, address: str | None) -> str | None:
    """The canonical key of the other party on a channel."""
    if not address:
        return None
    bare = plain(address)
    return f"{channel}:{bare.lower() if channel == EMAIL else bare}"


def split(address: str) -> tuple[str | None, str]:
    """(channel, address) of what may be a key ("whatsapp:447…") or a bare address (channel None)."""
    channel, mark, rest = address.partition(":")
    return (channel, rest) if mark and channel in CHANNELS and rest else (None, address)


def one(given: Any) -> str | None:
    """The single recipient of an action's `to`: a text, a number, an object with `to`, or a list of one of these."""
    if isinstance(given, list | tuple):
        return one(given[0]) if len(given) == 1 else None
    if isinstance(given, Mapping):
        return one(given.get("to"))
    if isinstance(given, bool) or not isinstance(given, str | int):
        return None
    return str(given)
