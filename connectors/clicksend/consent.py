"""
Whoever writes STOP wants no more: ClickSend keeps that list for campaigns only, so it is ours to keep (page 1.3).

A text that is nothing but such a word is an opt-out beside the message, or an opt-in; the words are settings.
Source of the defaults: what US carriers ask of senders (CTIA, and the FCC's list since April 2025).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from connectors.connection import Connection
from connectors.events import EventType, Fact

STOP = "stop, stopall, stop all, unsubscribe, cancel, end, quit, revoke, opt out, optout"
START = "start, unstop, subscribe, opt in, optin"
UNSEEN = frozenset({"Cf", "Mn"})  # zero-width characters, accents
POLITE = re.compile(r"^please | please$")


def implied(connection: Connection, fact: Fact) -> Iterable[Fact]:
    """The opt-out or opt-in that a text of somebody is, besides a message."""
    message = fact.message
    if fact.type is not EventType.RECEIVED or message is None or not message.text:
        return ()
    said = plain(message.text)
    for name, words, kind in (
        ("stop_words", STOP, EventType.OPTOUT),
        ("start_words", START, EventType.OPTIN),
    ):
        if said and said in table(connection.setting(name, words)):
            data = {"word": said, "message": message.provider_id}
            return (replace(fact, type=kind, message=None, data=data),)
    return ()


def table(words: str) -> frozenset[str]:
    """The words of a setting; "-", which is no word, leaves none."""
    return frozenset(filter(None, map(plain, words.split(","))))


def plain(text: str) -> str:
    """
    A text as words are compared: no case, accents, marks or courtesies.

    "Stop!", " STOP. " and "please stop" are "stop"; "stop by at 7" is itself.
    """
    told = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(one if one.isalnum() else " " for one in told if unicodedata.category(one) not in UNSEEN)
    return POLITE.sub("", " ".join(letters.split()))
