"""E-mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.action import Action, Call, Nature, Wire
from connectors.errors import InvalidCall
from connectors.infobip import access, addresses, answers, batches
from connectors.infobip.actions import defaults, reading, scheduling
from connectors.infobip.schemas import email as schemas
from connectors.infobip.schemas import queries
from connectors.infobip.schemas.replies import Sent

DOCS = "https://www.infobip.com/docs/api/channels/email"
MEGABYTES = 20.0  # Infobip publishes no limit


def party(given: Mapping[str, Any]) -> str | None:
    """The conversation of a mail to one person."""
    if given.get("cc") or given.get("bcc"):
        return None
    return addresses.key(addresses.EMAIL, addresses.one(given.get("to")))


def _complete(body: dict[str, Any], call: Call) -> dict[str, Any]:
    defaults.sender(call.connection, addresses.EMAIL, body, "from")
    if "templateId" not in body:
        defaults.needed(body, "from", addresses.EMAIL)
    defaults.tags(call.connection, body)
    url = access.notify_url(call.connection, addresses.EMAIL)
    if url is not None:
        body.setdefault("notifyUrl", url)
    if "notifyUrl" in body:
        body["notifyContentType"] = "application/json"
    _light(body, call)
    return body


def _light(body: Mapping[str, Any], call: Call) -> None:
    most = float(call.connection.setting("email_max_megabytes", MEGABYTES))
    files = [one for name in ("attachments", "inlineImage") for one in body.get(name, ())]
    size = sum(len(one["content"]) for one in files) + sum(
        len(str(body.get(name, "")).encode()) for name in ("text", "html", "ampHtml")
    )
    if size > most * 1e6:
        told = f"the e-mail has {size / 1e6:.1f} MB, more than the {most:g} of email_max_megabytes"
        raise InvalidCall(told, fields={"attachments": [told]})


def _encoded(wire: Wire, call: Call) -> Wire:
    body = dict(wire.json)
    if call.connection.setting("email_version", "v3") == "v4":
        defaults.name(call, body["to"])
        return replace(wire, path="/email/4/messages", json=schemas.to_v4(body))
    if not batches.several(call.input):
        defaults.name(call, body["to"])
        body["messageId"] = body["to"][0]["messageId"]
    else:  # with several Infobip makes the ids, and the request's own is what the logs can be asked for
        body.setdefault("bulkId", call.ref)
    return replace(wire, json=None, form={}, files=schemas.to_parts(body))


ROWS = (
    Action(
        key="send-email",
        title="Send e-mail",
        description="Sends an e-mail, with files, to one or more people, now or later, each with its own outcome.",
        method="POST",
        path="/email/3/send",
        request=schemas.SendEmail,
        reply=Sent,
        repeatable=False,
        nature=Nature.SEND,
        example={
            "to": "ann@customer.example",
            "from": "Acme <news@mail.acme.example>",
            "subject": "Hello",
            "text": "Hi Ann",
        },
        docs=f"{DOCS}#send-email, page 3.5",
        party=party,
        complete=_complete,
        shape=_encoded,
        parts=answers.parts(addresses.EMAIL),
        reaches=batches.reaches(addresses.EMAIL),
        without=batches.without,
        pace="email",
        cost="each recipient",
        limits=(
            "to, cc and bcc together at most 1000",
            "at most 20 MB (10^6 bytes) unless email_max_megabytes says otherwise; Infobip publishes no limit",
            "scheduled at most 30 days ahead (v4: 5)",
            "4000 a second",
        ),
        timeout=60.0,
    ),
    reading.reports(
        "get-email-delivery-reports",
        "Get e-mail delivery reports",
        "/email/4/reports",
        addresses.EMAIL,
        f"{DOCS}#get-email-delivery-reports, page 3.6",
        pace="email-reports",
    ),
    reading.logs(
        "get-email-logs",
        "Get e-mail logs",
        "/email/4/logs",
        queries.EmailLogs,
        f"{DOCS}#get-email-logs, page 3.7",
        pace="email-logs",
    ),
    *scheduling.rows("/email/1/bulks", "emails", "email-bulks", f"{DOCS}#get-sent-email-bulks, page 3.5"),
    Action(
        key="validate-email-addresses",
        title="Validate an e-mail address",
        description="Whether an address is likely to take mail.",
        method="POST",
        path="/email/2/validation",
        request=schemas.Validate,
        reply=schemas.Validation,
        repeatable=True,
        nature=Nature.QUERY,
        example={"to": "ann@customer.example"},
        docs=f"{DOCS}#validate-email-addresses, page 3.8",
        pace="email-validation",
        cost="each call, a repeat too",
        limits=("one address a call", "150 a second"),
    ),
    Action(
        key="validate-many-email-addresses",
        title="Validate many e-mail addresses",
        description="Queues up to 100 000 addresses for validation; get-email-validations gives the results.",
        method="POST",
        path="/email/2/validations",
        request=schemas.ValidateMany,
        reply=schemas.ManyAsked,
        repeatable=False,
        nature=Nature.ACCOUNT,
        example={"request_id": "vr-1", "addresses": ["ann@customer.example"]},
        docs=f"{DOCS}#validate-email-addresses, page 3.8",
        pace="email-validations",
        cost="each address",
        limits=("1 a second", "100 000 addresses of at most 320 characters"),
    ),
    Action(
        key="get-email-validations",
        title="Get results of a bulk validation",
        description="A page of what a bulk validation found.",
        method="GET",
        path="/email/2/validations",
        request=schemas.Validations,
        reply=schemas.ManyTold,
        repeatable=True,
        nature=Nature.QUERY,
        example={"request_id": "vr-1", "size": 100},
        docs=f"{DOCS}#validate-email-addresses, page 3.8",
        pace="email-validations",
        limits=("1 a second",),
    ),
)
