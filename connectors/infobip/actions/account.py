"""The account: balance, number checks, subscriptions."""

from __future__ import annotations

from typing import Any

from connectors.action import Action, Call, Nature
from connectors.errors import InvalidCall
from connectors.infobip.schemas import account as schemas
from connectors.schema import AnyReply, NoInput, Request

DOCS = "https://www.infobip.com/docs/api/platform"
PATH = "/subscriptions/1/subscription/{channel}"
ONE = PATH + "/{subscriptionId}"
PROFILE = {
    "profileId": "ferry-ib",
    "webhook": {"notifyUrl": "https://hooks.acme.example/webhooks/ib/k3y", "contentType": "application/json"},
}


def _notify(body: dict[str, Any], call: Call) -> dict[str, Any]:
    if call.connection.webhook_url:
        body.setdefault("notifyUrl", call.connection.webhook_url)
    if not body.get("notifyUrl"):
        told = "the result needs an address: the connection has no webhook, so give notify_url"
        raise InvalidCall(told, fields={"notify_url": [told]})
    return {**body, "notifyContentType": "application/json"}


def _subscription(
    key: str, title: str, method: str, path: str, request: type[Request], example: dict[str, Any], *, again: bool = True
) -> Action:
    return Action(
        key=key,
        title=title,
        description="Subscriptions say which of a channel's events Infobip pushes where; one a channel.",
        method=method,
        path=path,
        request=request,
        reply=AnyReply,
        repeatable=again,
        nature=Nature.QUERY if method == "GET" else Nature.ACCOUNT,
        example={"channel": "SMS", "subscription_id": "ferry-ib-sms", **example},
        docs=f"{DOCS}/subscriptions, page 4.2",
        pace="subscriptions",
    )


ROWS = (
    Action(
        key="get-account-balance",
        title="Get the balance",
        description="The account's balance; sends nothing and costs nothing.",
        method="GET",
        path="/account/1/balance",
        request=NoInput,
        reply=schemas.Balance,
        repeatable=True,
        nature=Nature.QUERY,
        example={},
        docs=f"{DOCS}/account-management, page 3.19",
        pace="account",
    ),
    Action(
        key="lookup-numbers",
        title="Look numbers up",
        description="Whether numbers can be reached, in which network, ported or roaming.",
        method="POST",
        path="/number/1/query",
        request=schemas.Lookup,
        reply=schemas.Looked,
        repeatable=False,  # billed
        nature=Nature.QUERY,
        example={"to": ["447700900123"]},
        docs=f"{DOCS}/number-lookup, page 3.19",
        pace="lookup",
        cost="each number",
        limits=("1000 numbers a call",),
        timeout=60.0,
    ),
    Action(
        key="lookup-numbers-later",
        title="Look numbers up, result by webhook",
        description="The same, answered by a push that becomes account.notice events.",
        method="POST",
        path="/number/1/notify",
        request=schemas.LookupLater,
        reply=AnyReply,
        repeatable=False,
        nature=Nature.ACCOUNT,
        example={"to": ["447700900123"]},
        docs=f"{DOCS}/number-lookup, page 3.19",
        complete=_notify,
        pace="lookup",
        cost="each number",
        limits=("1000 numbers a call",),
    ),
    _subscription("get-subscription", "Get a subscription", "GET", ONE, schemas.Subscription, {}),
    _subscription(
        "create-subscription",
        "Create a subscription",
        "POST",
        PATH,
        schemas.Subscribe,
        {"events": ["DELIVERY", "INBOUND_MESSAGE"], "profile": PROFILE},
        again=False,
    ),
    _subscription(
        "update-subscription",
        "Update a subscription",
        "PUT",
        ONE,
        schemas.Subscribe,
        {"events": ["DELIVERY", "INBOUND_MESSAGE"], "profile": PROFILE},
    ),
    _subscription("delete-subscription", "Delete a subscription", "DELETE", ONE, schemas.Subscription, {}),
)
