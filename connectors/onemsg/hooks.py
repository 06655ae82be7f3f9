"""
The list of webhooks of a channel: adding ours without dropping another's.

POST /webhook replaces the whole list, and one of its entries is the vendor's own inbox: so read, merge, write, read
back.  Two systems doing this at once can still drop each other's: the read stands right before the write.

source: our page §3.6
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.action import Ask, Call, Outcome
from connectors.connection import Connection
from connectors.errors import BadReply, InvalidCall, Reason, Rejected
from connectors.onemsg.schemas_account import MAX_WEBHOOKS, SetWebhook
from connectors.schema import load


def merged(call: Call, ask: Ask) -> Mapping[str, Any] | Outcome:
    """The whole list to write, or the outcome when there is nothing to write."""
    asked = load(SetWebhook, call.input, provider="onemsg", action="set-webhook")
    mode, wanted = asked["mode"], asked.get("urls") or _own(call.connection)
    by_default = mode == "add" and bool(call.connection.setting("acks_on_register", default=True))
    acks = bool(asked.get("acks", by_default))
    before = list(ask("get-webhook", {})["webhook_urls"])
    after = list(wanted)
    if mode == "add":
        after = before + [url for url in wanted if not _among(url, before)]
    elif mode == "remove":
        after = [url for url in before if not _among(url, wanted)]
    if len(after) > MAX_WEBHOOKS:
        told = f"the channel has {len(before)} webhooks; {MAX_WEBHOOKS} is the most: remove one first"
        raise InvalidCall(told, reason=Reason.POLICY, fields={"urls": [told]})
    if _alike(before, after) and not (asked["reenable"] and after):
        _switch(ask, acks=acks)
        return Outcome({"webhook_urls": before, "changed": False, "confirmed": True})
    if not after:
        ask("update-settings", {"clear_webhooks": True})  # POST /webhook refuses an empty list
        return Outcome({"webhook_urls": [], "changed": True, "confirmed": not ask("get-webhook", {})["webhook_urls"]})
    return {"urls": after, "mode": "replace", "acks": acks}


def whole(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """The body of POST /webhook; only a whole list may leave, as whatever is missing in it is dropped."""
    del call
    urls = body.get("urls")
    if body["mode"] != "replace" or not urls:
        told = "the list was not read before it is written"
        raise InvalidCall(told, fields={"mode": [told]})
    return {"webhookUrl": urls[0] if len(urls) == 1 else urls}


def confirmed(call: Call, output: Mapping[str, Any], ask: Ask) -> Mapping[str, Any]:
    """Switches receipts on where that was asked for, and reads back what was written."""
    _switch(ask, acks=bool(call.input.get("acks")))
    now = list(ask("get-webhook", {})["webhook_urls"])
    return {**output, "webhook_urls": now, "confirmed": _alike(now, output["webhook_urls"])}


def register(connection: Connection, ask: Ask) -> None:
    """
    Our address among those 1msg calls, and receipts switched on.

    raises: BadReply when reading back does not show it; whatever the calls raise
    """
    ours = _own(connection)
    ask("set-webhook", {"urls": ours, "mode": "add"})
    if connection.setting("guaranteed_hooks"):
        ask("update-settings", {"guaranteed_hooks": True})
    if not _among(ours[0], ask("get-webhook", {})["webhook_urls"]):
        told = "1msg took our webhook and does not list it"
        raise BadReply(told)


def unregister(connection: Connection, ask: Ask) -> None:
    """Our address taken out again, and no other."""
    ask("set-webhook", {"urls": _own(connection), "mode": "remove", "acks": False})


def check(connection: Connection, ask: Ask) -> None:
    """
    The credentials and the channel's state, without spending anything.

    raises: Rejected for a channel that is not up; whatever the call raises
    """
    del connection
    found = ask("get-channel-status", {})
    if found["state"] != "up":
        raise Rejected(f"the channel is {ADVICE.get(found['state'], ADVICE['unknown'])}", code=found["status"])


def _switch(ask: Ask, *, acks: bool) -> None:
    if acks:
        ask("update-settings", {"ack_notifications": True})


ADVICE = {
    "down": "not connected to WhatsApp: its owner must look at it in the 1msg console",
    "starting": "starting or being upgraded: try again in some minutes",
    "unknown": "in a state we do not know",
}


def _own(connection: Connection) -> list[str]:
    if not connection.webhook_url:
        told = "the connection has no webhook address of its own: name one in urls"
        raise InvalidCall(told, fields={"urls": [told]})
    return [connection.webhook_url]


def _plain(url: str) -> str:
    return url.strip().removesuffix("/")


def _among(url: str, others: Iterable[str]) -> bool:
    return _plain(url) in {_plain(other) for other in others}


def _alike(left: Iterable[str], right: Iterable[str]) -> bool:
    return {_plain(url) for url in left} == {_plain(url) for url in right}
