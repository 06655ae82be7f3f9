"""ClickSend: SMS, MMS and voice over REST v3.  Set-up, limits and surprises: README.md beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from connectors import guards
from connectors.action import Action, Call
from connectors.clicksend import consent, errors, proof, rules, schemas, schemas_reading, webhooks
from connectors.clicksend.actions import ACTIONS
from connectors.clicksend.samples import SAMPLES
from connectors.clicksend.simulator import ClickSendSimulator, simulated
from connectors.clicksend.verbs import CANNOT, VERBS
from connectors.client import origin
from connectors.provider import Answer, Pace, Provider
from connectors.schema import made

BASE_URL = "https://rest.clicksend.com"


def read(action: Action, call: Call, answer: Answer) -> Mapping[str, Any]:
    """The answer in our words; some deletions are answered with 204 and nothing."""
    told = answer.data if isinstance(answer.data, Mapping) else {}
    output: Mapping[str, Any] = dict(made(action.reply).load({**told, "http_code": answer.status}))
    return (
        schemas_reading.exact(call.input, output) if issubclass(action.request, schemas_reading.GetHistory) else output
    )


PROVIDER = Provider(
    name="clicksend",
    title="clicksend",
    base_url=BASE_URL,
    console="https://dashboard.clicksend.com",
    settings=schemas.Account,
    secrets=schemas.Keys,
    locate=lambda connection, path: origin(connection, BASE_URL) + path,
    auth=lambda connection: httpx.BasicAuth(connection.setting("username", ""), connection.secret("api_key")),
    actions=ACTIONS,
    judge=errors.judge,
    read=read,
    parse=webhooks.parse,
    implied=consent.implied,
    guard=guards.url_token,  # nothing is signed: the secret stands in the path
    simulator=ClickSendSimulator,
    simulated=simulated,
    verbs=VERBS,
    cannot=CANNOT,
    samples=SAMPLES,
    paces={"account": Pace(rate=20 / 60, burst=10)},
    check=rules.check,
    register=rules.register,
    unregister=rules.unregister,
    prove=proof.prove,
    also=("click-send",),
)
