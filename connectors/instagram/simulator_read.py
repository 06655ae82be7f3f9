"""The stand-in's threads, messages and people: lists that lose attachments, cursors, a `next` with the token in it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.instagram.simulator_memory import DETAILED, Memory, Refusal, Said, invalid

THREAD_FIELDS = {"id", "updated_time", "participants", "messages", "unread_count"}
MESSAGE_FIELDS = {
    "id", "created_time", "from", "to", "message", "attachments", "shares", "story", "reactions", "reply_to",
    "is_unsupported",
}  # fmt: skip
PROFILE_FIELDS = {
    "id", "name", "username", "profile_pic", "follower_count", "is_user_follow_business", "is_business_follow_user",
    "is_verified_user",
}  # fmt: skip
PROFILES = {
    # last digits of a person's id: what a look at the profile is answered with
    "9010": Refusal(9010, None, "No matching Instagram user"),
    "0230": Refusal(230, None, "User consent is required to access user profile"),
}


def fields(said: str) -> dict[str, tuple[dict[str, str], str]]:
    """`a,b.limit(2){c,d}` as {"a": ({}, ""), "b": ({"limit": "2"}, "c,d")}; commas inside braces stay inside."""
    found: dict[str, tuple[dict[str, str], str]] = {}
    for one in re.findall(r"[^,{}]+(?:\{(?:[^{}]|\{[^{}]*\})*\})?", said):
        head, _, inner = one.partition("{")
        name, *calls = head.split(".")
        words = {call.partition("(")[0]: call.partition("(")[2].rstrip(")") for call in calls}
        found[name.strip()] = (words, inner.removesuffix("}"))
    return found


def thread_id(customer: str) -> str:
    """A thread's id in Meta's manner."""
    return base64.b64encode(f"ig_thread_{customer}".encode()).decode().rstrip("=")


def customer_of(found: str) -> str | None:
    """The customer of a thread's id, None for another id."""
    try:
        plain = base64.b64decode(found + "=" * (-len(found) % 4), validate=True).decode()
    except ValueError:
        return None
    return plain.removeprefix("ig_thread_") if plain.startswith("ig_thread_") else None


class Reader:
    """Answers questions; `next` is the URL of a page, with the token, as Meta gives it."""

    def __init__(self, memory: Memory, account: str, base: str, token: str) -> None:
        self.memory = memory
        self.account = account
        self.base = base
        self.token = token

    def threads(self, query: Mapping[str, str]) -> dict[str, Any]:
        """GET /{account}/conversations."""
        asked = fields(query.get("fields", "id,updated_time"))
        self._known(asked, THREAD_FIELDS)
        found = self.memory.customers()
        if "user_id" in query:
            found = [one for one in found if one == query["user_id"]]
        return self._page("me/conversations", [self._thread(one, asked) for one in found], query)

    def _thread(self, customer: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        told = self.memory.thread(customer)
        row: dict[str, Any] = {"id": thread_id(customer)}
        if "updated_time" in asked:
            row["updated_time"] = iso(told[0].at) if told else None
        if "participants" in asked:
            row["participants"] = {"data": [self._person(self.account), self._person(customer)]}
        if "messages" in asked:
            words, inner = asked["messages"]
            row["messages"] = self.messages(customer, {"fields": inner, **words})
        return row

    def messages(self, customer: str, query: Mapping[str, str]) -> dict[str, Any]:
        """GET /{thread}/messages: every id, details of the newest only, and the attachments lost on the way."""
        asked = fields(query.get("fields") or "id,created_time")
        self._known(asked, MESSAGE_FIELDS)
        rows = []
        for n, said in enumerate(self.memory.thread(customer)):
            row = {"id": said.mid, "created_time": iso(said.at)}
            if n < DETAILED and not said.deleted:
                row = self._message(said, {name: one for name, one in asked.items() if name != "attachments"})
            rows.append(row)
        return self._page(f"{thread_id(customer)}/messages", rows, query)

    def message(self, mid: str, query: Mapping[str, str]) -> dict[str, Any]:
        """GET /{message}."""
        asked = fields(query.get("fields", "id,created_time"))
        self._known(asked, MESSAGE_FIELDS)
        said = self.memory.said.get(mid)
        if said is None:
            raise Refusal(100, 33, "Unsupported get request. Object does not exist, or cannot be loaded.")
        if said.deleted or said not in self.memory.thread(said.customer)[:DETAILED]:
            raise Refusal(9000001, None, "The message was deleted, or is not among the most recent.")
        return self._message(said, asked)

    def _message(self, said: Said, asked: Mapping[str, Any]) -> dict[str, Any]:
        ours, theirs = self._person(self.account), self._person(said.customer)
        row: dict[str, Any] = {
            "id": said.mid,
            "created_time": iso(said.at),
            "from": ours if said.ours else theirs,
            "to": {"data": [theirs if said.ours else ours]},
            "message": said.text,
            "attachments": {"data": [_attachment(one) for one in said.attachments]} if said.attachments else None,
            "reply_to": said.reply_to,
            "reactions": {
                "data": [
                    {"reaction": "love", "emoji": "❤️" if word == "love" else word, "users": [self._person(who)]}
                    for who, word in said.reactions.items()
                ]
            }
            if said.reactions
            else None,
        }
        return {name: value for name, value in row.items() if value is not None and (name == "id" or name in asked)}

    def profile(self, customer: str, query: Mapping[str, str]) -> dict[str, Any]:
        """GET /{igsid}."""
        asked = fields(query.get("fields", "id"))
        self._known(asked, PROFILE_FIELDS)
        for ending, refusal in PROFILES.items():
            if customer.endswith(ending):
                raise refusal
        row = {
            "id": customer,
            "name": f"Person {customer[-4:]}",
            "username": self._person(customer)["username"],
            "profile_pic": "https://scontent.cdninstagram.example/v/p.jpg?oe=65AA",
            "follower_count": 412,
            "is_user_follow_business": True,
            "is_business_follow_user": False,
            "is_verified_user": False,
        }
        return {name: value for name, value in row.items() if name == "id" or name in asked}

    def _person(self, one: str) -> dict[str, str]:
        mine = one in {self.account, "us"}
        return {"id": self.account if mine else one, "username": "my.shop" if mine else f"person.{one[-4:]}"}

    def _known(self, asked: Mapping[str, Any], known: set[str]) -> None:
        strange = sorted(set(asked) - known)
        if strange:
            raise invalid(f"Tried accessing nonexisting field ({strange[0]})")

    def _page(self, path: str, rows: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
        limit, start = int(query.get("limit", 25)), _start(query.get("after"))
        shown = rows[start : start + limit]
        if not shown:
            return {"data": []}
        cursors = {"before": _cursor(start), "after": _cursor(start + len(shown))}
        paging: dict[str, Any] = {"cursors": cursors}
        if start + limit < len(rows):
            token = f"access_token={self.token}"
            paging["next"] = f"{self.base}/{path}?{token}&limit={limit}&after={cursors['after']}"
        return {"data": shown, "paging": paging}


def _attachment(one: Mapping[str, Any]) -> dict[str, Any]:
    url = (one.get("payload") or {}).get("url")
    kind = one.get("type")
    if kind == "image":
        return {"image_data": {"url": url, "preview_url": url, "width": 1080, "height": 1350}}
    if kind == "video":
        return {"video_data": {"url": url, "preview_url": url}}
    return {"mime_type": "audio/mp4" if kind == "audio" else "application/octet-stream", "file_url": url or kind}


def _cursor(at: int) -> str:
    return base64.b64encode(f"at{at}".encode()).decode().rstrip("=")


def _start(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor + "=" * (-len(cursor) % 4)).decode().removeprefix("at"))
    except ValueError as problem:
        raise invalid("Invalid cursors values") from problem


def iso(at: float) -> str:
    """A time as Meta writes it."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
