"""What the stand-in remembers of people and messages, and how it refuses: in Meta's words, on either host."""

from __future__ import annotations

import base64
import hashlib
import itertools
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

DAY = 24 * 3600.0
DETAILED = 20  # newest messages of a thread that can be read whole (page §3.13)


class Refusal(Exception):
    """An error object to be answered with."""

    def __init__(self, code: int, sub: int | None, message: str, status: int = 400, *, transient: bool = False) -> None:
        super().__init__(message)
        self.code, self.sub, self.message, self.status, self.transient = code, sub, message, status, transient

    def response(self, *, facebook: bool) -> httpx.Response:
        """The answer, as the host says it: graph.instagram.com is fond of 403 and of its own type."""
        status = self.status
        if self.sub == 2534022 and not facebook:
            status = 403
        error: dict[str, Any] = {
            "message": f"(#{self.code}) {self.message}" if facebook else self.message,
            "type": "OAuthException" if facebook or self.code == 190 else "IGApiException",
            "code": self.code,
        }
        if self.sub is not None:
            error["error_subcode"] = self.sub
        if self.transient:
            error["is_transient"] = True
        error["fbtrace_id"] = "A" + hashlib.sha256(self.message.encode()).hexdigest()[:22]
        return httpx.Response(status, json={"error": error})


def invalid(message: str) -> Refusal:
    """A bad parameter."""
    return Refusal(100, None, message)


WINDOW_CLOSED = Refusal(10, 2534022, "This message is sent outside of allowed window.")

PEOPLE: dict[str, Refusal] = {
    # the last digits of a customer's id: what every message to them is answered with.  README.md lists them.
    "0404": Refusal(100, 2534014, "The requested user cannot be found."),
    "0551": Refusal(551, 1545041, "This person isn't available right now."),
    "0022": WINDOW_CLOSED,
    "0300": Refusal(2018300, None, "The thread is controlled by another app."),
    "0321": Refusal(2018321, None, "The thread is controlled by an automated flow."),
    "0613": Refusal(613, 2534040, "Calls to this api have exceeded the rate limit."),
    "0063": Refusal(10, 1893063, "You are temporarily restricted from sending messages."),
    "0228": Refusal(200, 2018028, "Cannot message users who are not admins, developers or testers of the app."),
    "0500": Refusal(2, None, "Service temporarily unavailable", 500, transient=True),
}
DELIVERED_YET = "7046"  # these people get the message, and the caller gets error 1/1357046


@dataclass(slots=True)
class Said:
    """A message of a thread; `at` in Unix seconds."""

    mid: str
    customer: str
    ours: bool
    at: float
    text: str = ""
    attachments: list[dict[str, Any]] = field(default_factory=list)
    reply_to: dict[str, Any] | None = None
    reactions: dict[str, str] = field(default_factory=dict)  # by whom: what
    deleted: bool = False


@dataclass(slots=True)
class Token:
    """An access token's life, in Unix seconds."""

    issued: float
    expires: float | None


class Meter:
    """Counts calls by kind, and refuses those beyond what an account may do in a second (page §2.7)."""

    RATES = {"messages": 100, "heavy": 10, "reads": 2}  # noqa: RUF012  (a table)

    def __init__(self) -> None:
        self._seen: dict[str, deque[float]] = {}

    def count(self, kind: str, now: float) -> None:
        """raises: Refusal 613/2534040"""
        seen = self._seen.setdefault(kind, deque())
        while seen and seen[0] <= now - 1.0:
            seen.popleft()
        if len(seen) >= self.RATES.get(kind, 100):
            raise Refusal(613, 2534040, "Calls to this api have exceeded the rate limit.")
        seen.append(now)


class Memory:
    """Messages, people, the account's settings."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._count = itertools.count(1)
        self.said: dict[str, Said] = {}
        self.last_word: dict[str, float] = {}
        self.seen: dict[str, float] = {}
        self.ice_breakers: list[dict[str, Any]] = []
        self.uploads: dict[str, str] = {}
        self.replied: set[str] = set()
        self.comments: dict[str, list[str]] = {}
        self.subscribed = {"messages", "message_echoes", "messaging_seen"}  # as a set-up account is

    def new_id(self, kind: str = "mid") -> str:
        """A fresh id in Meta's manner, also fresh after a restart."""
        plain = f"ig_{kind}_{time.time_ns():x}_{next(self._count):x}"
        return base64.b64encode(plain.encode()).decode().rstrip("=")

    def new_number(self) -> str:
        """A fresh id of digits."""
        return f"15{time.time_ns() % 10**11:011d}{next(self._count) % 1000:03d}"

    def remember(self, said: Said) -> Said:
        """Keeps a message, the first telling of each id."""
        return self.said.setdefault(said.mid, said)

    def thread(self, customer: str) -> list[Said]:
        """The messages with a customer, newest first."""
        found = [(one.at, n, one) for n, one in enumerate(self.said.values()) if one.customer == customer]
        return [one for _, _, one in sorted(found, key=lambda told: told[:2], reverse=True)]

    def customers(self) -> list[str]:
        """Everybody there is a thread with, the liveliest first."""
        newest: dict[str, float] = {}
        for one in self.said.values():
            newest[one.customer] = max(newest.get(one.customer, 0.0), one.at)
        return sorted(newest, key=lambda one: newest[one], reverse=True)

    def age(self, customer: str) -> float | None:
        """Seconds since the customer last wrote or tapped; None for somebody never heard of."""
        last = self.last_word.get(customer)
        return None if last is None else self.clock() - last

    def hear(self, item: Mapping[str, Any], account: str) -> None:
        """Takes in a webhook item that is about to be fired, so that it can be read and answered afterwards."""
        sender = str((item.get("sender") or {}).get("id") or "")
        other = str((item.get("recipient") or {}).get("id") or "")
        at = float(item.get("timestamp") or self.clock() * 1000) / 1000
        content, reaction = item.get("message"), item.get("reaction")
        ours = sender == account
        customer = other if ours else sender
        if isinstance(content, Mapping) and content.get("mid"):
            mid = str(content["mid"])
            if content.get("is_deleted"):
                if mid in self.said:
                    self.said[mid].deleted = True
                return
            attachments = [dict(one) for one in content.get("attachments") or []]
            self.remember(
                Said(mid, customer, ours, at, str(content.get("text") or ""), attachments, content.get("reply_to"))
            )
        if isinstance(reaction, Mapping) and reaction.get("mid") in self.said:
            told = self.said[str(reaction["mid"])].reactions
            told.pop(sender, None)
            if reaction.get("action") == "react":
                told[sender] = str(reaction.get("emoji") or reaction.get("reaction"))
        edited = item.get("message_edit")
        if isinstance(edited, Mapping) and edited.get("text") and edited.get("mid") in self.said:
            self.said[str(edited["mid"])].text = str(edited["text"])
        if not ours and ("message" in item or "postback" in item):
            self.last_word[customer] = max(at, self.last_word.get(customer, 0.0))
