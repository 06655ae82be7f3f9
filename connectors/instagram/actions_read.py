"""People, threads and messages: questions, slow ones at Meta, two a second for each account (page §3.11–§3.14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.action import Action, Ask, Call, Nature, Wire
from connectors.errors import InvalidCall, Rejected, Throttled
from connectors.instagram import schemas_read
from connectors.instagram.account import at_account
from connectors.instagram.replies import AMOUNT, FIELDS, REFUSED
from connectors.instagram.schemas import CUSTOMER, MID
from connectors.reading import truth

DOCS = "https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login"
READS = "2 calls/s for each account, lists, threads and messages together"


def expanded(wire: Wire, call: Call) -> Wire:
    """The thread's own fields instead of its edge, where the input says so."""
    if truth(call.input.get("expansion")):
        return replace(wire, path=wire.path.removesuffix("/messages"))
    return wire


def fewer(key: str, call: Call, output: Mapping[str, Any], ask: Ask) -> Mapping[str, Any]:
    """The question once more, smaller, when Meta refused its size or its fields; else the answer as it is."""
    refused = output.get(REFUSED)
    if refused == AMOUNT:
        return ask(key, {**call.input, "limit": output["limit"]})
    if refused == FIELDS:
        less: dict[str, Any] = {"select": ",".join(schemas_read.MINIMAL)}
        if key == "get-conversation-messages":
            less["expansion"] = True
        return ask(key, {**call.input, **less})
    return output


def threads(call: Call, output: Mapping[str, Any], ask: Ask) -> Mapping[str, Any]:
    """A page of threads, if need be with fewer of them."""
    return fewer("list-conversations", call, output, ask)


def message(call: Call, output: Mapping[str, Any], ask: Ask) -> Mapping[str, Any]:
    """A message, if need be with fewer of its fields."""
    return fewer("get-message-details", call, output, ask)


def messages(call: Call, output: Mapping[str, Any], ask: Ask) -> Mapping[str, Any]:
    """
    A page of messages, of which those the list shows empty are read again by their id.

    The list drops attachments on live accounts even when they are asked for.  One that is gone, or that Meta shows to
    nobody, stays marked and does not fail the page; told to slow down, the rest stays as the list has it.
    """
    if REFUSED in output:
        return fewer("get-conversation-messages", call, output, ask)
    if truth(call.input.get("details")) is False:
        return output
    rows: list[Any] = []
    resting = False
    for row in output["items"]:
        rows.append(row)
        if resting or not row["content_unavailable"] or row["text"] is None:
            continue  # told whole, or bare: older than what Meta shows
        try:
            rows[-1] = ask("get-message-details", {"message_id": row["message_id"]})
        except Throttled:
            resting = True
        except (Rejected, InvalidCall):
            continue
    return {**output, "items": rows}


ROWS = (
    Action(
        key="get-user-profile",
        title="Look a customer up",
        description="Name, username and picture of a customer who has written to the account.",
        method="GET",
        path="/{igsid}",
        request=schemas_read.GetProfile,
        reply=schemas_read.Profile,
        repeatable=True,
        nature=Nature.QUERY,
        limits=("only people who wrote, or tapped an ice breaker or a button",),
        timeout=15.0,
        example={"to": CUSTOMER},
        docs=f"{DOCS}/messaging-api/user-profile",
    ),
    Action(
        key="list-conversations",
        title="List threads",
        description="The account's threads, the liveliest first, or the one with a customer.",
        method="GET",
        path="/{account}/conversations",
        request=schemas_read.ListConversations,
        reply=schemas_read.ThreadPage,
        repeatable=True,
        nature=Nature.QUERY,
        complete=at_account,
        last=threads,
        pace="reads",
        limits=(READS, "requests without an answer for 30 days are not shown"),
        timeout=30.0,
        example={"limit": 25},
        docs=f"{DOCS}/conversations-api",
    ),
    Action(
        key="get-conversation-messages",
        title="Read a thread",
        description="A thread's messages, newest first; only the 20 newest are told whole, whatever the page.",
        method="GET",
        path="/{conversation_id}/messages",
        request=schemas_read.GetMessages,
        reply=schemas_read.MessagePage,
        repeatable=True,
        nature=Nature.QUERY,
        shape=expanded,
        last=messages,
        pace="reads",
        limits=(READS, "details of the 20 newest messages only"),
        timeout=30.0,
        example={"conversation_id": schemas_read.THREAD, "limit": 20},
        docs=f"{DOCS}/conversations-api",
    ),
    Action(
        key="get-message-details",
        title="Read a message",
        description="One message with its attachments, shares, story and reactions.",
        method="GET",
        path="/{message_id}",
        request=schemas_read.GetMessage,
        reply=schemas_read.MessageRead,
        repeatable=True,
        nature=Nature.QUERY,
        about="message_id",
        last=message,
        pace="reads",
        limits=(READS, "the 20 newest messages of a thread only"),
        timeout=30.0,
        example={"message_id": MID},
        docs=f"{DOCS}/conversations-api",
    ),
)
