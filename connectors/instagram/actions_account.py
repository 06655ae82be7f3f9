"""The account itself: ice breakers, webhook subscriptions, comments, whose token it is (page §3.15–§3.18)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connectors.action import Action, Ask, Call, Nature, Wire
from connectors.connection import Connection
from connectors.errors import InvalidCall, Rejected
from connectors.instagram import schemas_account
from connectors.instagram.account import at_account, flavour, on_facebook
from connectors.schema import NoInput, Reply, Request

DOCS = "https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login"
ICE = f"{DOCS}/messaging-api/ice-breakers"


def on_platform(wire: Wire, call: Call) -> Wire:
    """`platform` in the query: needed with facebook_login, harmless without (page §3.15)."""
    del call
    return replace(wire, query={**wire.query, "platform": "instagram"})


def who(wire: Wire, call: Call) -> Wire:
    """Each flavour says in other fields whose token it is."""
    if on_facebook(call.connection):
        return replace(wire, query={"fields": "id,name,instagram_business_account{id,username}"})
    return replace(wire, query={"fields": "id,user_id,username,account_type"})


def account(
    key: str,
    title: str,
    description: str,
    method: str,
    path: str,
    request: type[Request],
    reply: type[Reply],
    **more: Any,
) -> Action:
    """A row that changes or asks the account; doing it twice is doing it once."""
    facts: dict[str, Any] = {
        "key": key,
        "title": title,
        "description": description,
        "method": method,
        "path": path,
        "request": request,
        "reply": reply,
        "repeatable": True,
        "nature": Nature.ACCOUNT,
        "complete": at_account,
        "timeout": 15.0,
        "example": {},
        "docs": DOCS,
        **more,
    }
    return Action(**facts)


ROWS = (
    account(
        "set-ice-breakers",
        "Set the ice breakers",
        "Replaces the questions a customer can begin a thread with; shown on phones only.",
        "POST",
        "/{account}/messenger_profile",
        schemas_account.SetIceBreakers,
        schemas_account.Success,
        shape=on_platform,
        limits=("1 to 4 questions a locale",),
        docs=ICE,
        example={
            "ice_breakers": [
                {
                    "locale": "default",
                    "call_to_actions": [
                        {"question": "Where are you located?", "payload": "IB_LOCATION"},
                        {"question": "Do you ship abroad?", "payload": "IB_SHIPPING"},
                    ],
                }
            ]
        },
    ),
    account(
        "get-ice-breakers",
        "Read the ice breakers",
        "The questions a customer can begin a thread with, by locale.",
        "GET",
        "/{account}/messenger_profile",
        schemas_account.GetIceBreakers,
        schemas_account.IceBreakers,
        nature=Nature.QUERY,
        docs=ICE,
    ),
    account(
        "delete-ice-breakers",
        "Remove the ice breakers",
        "Takes all ice breakers away; also when there are none.",
        "DELETE",
        "/{account}/messenger_profile",
        schemas_account.DeleteIceBreakers,
        schemas_account.Success,
        encoding="json",  # a DELETE with a body
        shape=on_platform,
        docs=ICE,
    ),
    account(
        "get-account",
        "Whose token is it?",
        "The professional account the token speaks for; proves the credentials and costs nothing.",
        "GET",
        "/{account}",
        NoInput,
        schemas_account.Account,
        nature=Nature.QUERY,
        shape=who,
    ),
    account(
        "subscribe-webhooks",
        "Subscribe the account",
        "Lets Meta send the account's events to the app's callback, which the app's dashboard names.",
        "POST",
        "/{account}/subscribed_apps",
        schemas_account.Subscribe,
        schemas_account.Success,
        encoding="query",
        example={"subscribed_fields": ["messages", "messaging_postbacks"]},
    ),
    account(
        "get-webhook-subscriptions",
        "Read the subscription",
        "The fields the account is subscribed to.",
        "GET",
        "/{account}/subscribed_apps",
        NoInput,
        schemas_account.Subscriptions,
        nature=Nature.QUERY,
    ),
    account(
        "unsubscribe-webhooks",
        "Unsubscribe the account",
        "Stops Meta from sending the account's events to the app.",
        "DELETE",
        "/{account}/subscribed_apps",
        NoInput,
        schemas_account.Success,
    ),
    account(
        "reply-to-comment",
        "Answer a comment in public",
        "Writes below a comment, for everybody to see.",
        "POST",
        "/{comment_id}/replies",
        schemas_account.ReplyToComment,
        schemas_account.CommentMade,
        repeatable=False,  # a second call is a second comment
        complete=lambda body, call: body,  # noqa: ARG005
        example={"comment_id": "17900000000000777", "text": "We sent you a message."},
    ),
)


def check(connection: Connection, ask: Ask) -> None:
    """
    The token is taken, and speaks for the account the connection names; nothing is spent.

    raises: Rejected (reason auth) for a dead token; InvalidCall for another account's, or a Page without an account
    """
    found = ask("get-account", {})
    mine, wanted = found.get("account_id"), str(connection.setting("account_id", ""))
    if mine is None:
        told = "the Page has no Instagram professional account linked to it; check page_id"
        raise InvalidCall(told, fields={"page_id": [told]}, provider="instagram")
    if wanted and mine != wanted:
        told = f"the token speaks for account {mine}; account_id says another"
        raise InvalidCall(told, fields={"account_id": [told]}, provider="instagram")


def register(connection: Connection, ask: Ask) -> None:
    """
    Subscribes the account to the app's webhooks; the callback's URL itself is saved in the app's dashboard.

    A field's name Meta does not know (100) refuses the whole list, so shorter ones are tried: not every flavour has
    message_echoes and message_edit.

    raises: ConnectorError
    """
    own = connection.setting("subscribed_fields")
    lists = (own,) if own else schemas_account.SUBSCRIBED[flavour(connection)]
    for at, names in enumerate(lists):
        try:
            ask("subscribe-webhooks", {"subscribed_fields": list(names)})
        except Rejected as problem:
            if (problem.code or "").partition("/")[0] != "100" or at == len(lists) - 1:
                raise
        else:
            return


def unregister(connection: Connection, ask: Ask) -> None:
    """Takes the app's subscription of the account back."""
    del connection
    ask("unsubscribe-webhooks", {})
