"""Two-factor authentication by SMS, from the application to the verified PIN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from connectors.action import Action, Call, Nature, Part, Wire
from connectors.infobip import addresses
from connectors.infobip.schemas import tfa as schemas
from connectors.schema import AnyReply, NoInput

DOCS = "https://www.infobip.com/docs/api/platform/2fa"
APPLICATION = "HJ675435E3A6EA43432G5F37A635KJ8B"
TEMPLATE = "B62A1410306DDB2BFB0D9CF1F3A30001"
PIN = "9C817C6F8AF3D48F9FE553282AFA0001"


def party(given: Mapping[str, Any]) -> str | None:
    """A PIN goes out as an SMS, and its order among others to that number counts."""
    return addresses.key(addresses.SMS, addresses.one(given.get("to")))


def _checked(wire: Wire, call: Call) -> Wire:
    """Whether a number lookup comes first stands in the query, in lower case."""
    del call
    body = dict(wire.json)
    check = body.pop("ncNeeded", None)
    return replace(wire, json=body, query={} if check is None else {"ncNeeded": "true" if check else "false"})


def _parts(call: Call, output: Mapping[str, Any]) -> Iterable[Part]:
    del call
    return (Part("0", message=output.get("message_id")),)


ROWS = (
    Action(
        key="create-tfa-application",
        title="Create a 2FA application",
        description="A set of rules for PINs.  There is no delete: list first when in doubt, a repeat leaves a second.",
        method="POST",
        path="/2fa/2/applications",
        request=schemas.Application,
        reply=schemas.ApplicationTold,
        repeatable=False,
        nature=Nature.ACCOUNT,
        example={"name": "Checkout login", "pin_attempts": 5, "pin_time_to_live": "10m", "verify_pin_limit": "2/4s"},
        docs=f"{DOCS}#create-2fa-application, page 3.9",
        pace="tfa-create",
        limits=("20 in 10 minutes",),
    ),
    Action(
        key="list-tfa-applications",
        title="List 2FA applications",
        description="All of the account's applications; the list has no pages.",
        method="GET",
        path="/2fa/2/applications",
        request=NoInput,
        reply=schemas.Applications,
        repeatable=True,
        nature=Nature.QUERY,
        example={},
        docs=f"{DOCS}#get-2fa-applications, page 3.10",
        pace="tfa-list",
        limits=("50 in 10 minutes: keep what it says",),
    ),
    Action(
        key="get-tfa-application",
        title="Get a 2FA application",
        description="One application with its rules.",
        method="GET",
        path="/2fa/2/applications/{appId}",
        request=schemas.ApplicationOf,
        reply=schemas.ApplicationTold,
        repeatable=True,
        nature=Nature.QUERY,
        example={"application_id": APPLICATION},
        docs=f"{DOCS}#get-2fa-application, page 3.10",
        pace="tfa",
        limits=("100 in 10 minutes",),
    ),
    Action(
        key="update-tfa-application",
        title="Update a 2FA application",
        description="Replaces an application's name and rules: give all of them.",
        method="PUT",
        path="/2fa/2/applications/{appId}",
        request=schemas.ApplicationUpdate,
        reply=schemas.ApplicationTold,
        repeatable=True,
        nature=Nature.ACCOUNT,
        example={"application_id": APPLICATION, "name": "Checkout login", "pin_attempts": 5},
        docs=f"{DOCS}#update-2fa-application, page 3.9",
        pace="tfa",
        limits=("40 in 10 minutes",),
    ),
    Action(
        key="create-tfa-message-template",
        title="Create a 2FA message template",
        description="The text a PIN arrives in; gives the template_id that sending takes.",
        method="POST",
        path="/2fa/2/applications/{appId}/messages",
        request=schemas.Template,
        reply=schemas.TemplateTold,
        repeatable=False,
        nature=Nature.ACCOUNT,
        example={
            "application_id": APPLICATION,
            "text": "{{firstName}}, your code is {{pin}}",
            "pin_type": "NUMERIC",
            "pin_length": 6,
            "sender_id": "AcmeShop",
        },
        docs=f"{DOCS}#create-2fa-message-template, page 3.11",
        pace="tfa",
    ),
    Action(
        key="list-tfa-message-templates",
        title="List 2FA message templates",
        description="All templates of an application.",
        method="GET",
        path="/2fa/2/applications/{appId}/messages",
        request=schemas.ApplicationOf,
        reply=schemas.Templates,
        repeatable=True,
        nature=Nature.QUERY,
        example={"application_id": APPLICATION},
        docs=f"{DOCS}#get-2fa-message-templates, page 3.11",
        pace="tfa",
    ),
    Action(
        key="send-tfa-pin-sms",
        title="Send a PIN by SMS",
        description="Makes a PIN and sends it; the PIN itself is never told.",
        method="POST",
        path="/2fa/2/pin",
        request=schemas.SendPin,
        reply=schemas.PinSent,
        repeatable=False,
        nature=Nature.SEND,
        example={
            "application_id": APPLICATION,
            "template_id": TEMPLATE,
            "to": "447700900123",
            "placeholders": {"firstName": "Ann"},
        },
        docs=f"{DOCS}#send-2fa-pin-code-over-sms, page 3.12",
        party=party,
        shape=_checked,
        parts=_parts,
        pace="tfa-pin",
        cost="an SMS, and the number lookup unless number_check is false",
        limits=("the application's own, by default 3 a day to one number",),
    ),
    Action(
        key="resend-tfa-pin-sms",
        title="Send the same PIN again",
        description="The same PIN goes out again; give the placeholders again if the template has any.",
        method="POST",
        path="/2fa/2/pin/{pinId}/resend",
        request=schemas.ResendPin,
        reply=schemas.PinSent,
        repeatable=False,
        nature=Nature.SEND,
        example={"pin_id": PIN, "placeholders": {"firstName": "Ann"}},
        docs=f"{DOCS}#resend-2fa-pin-code-over-sms, page 3.13",
        parts=_parts,
        pace="tfa-pin",
        cost="an SMS",
        limits=("the application's own",),
    ),
    Action(
        key="verify-tfa-pin",
        title="Verify a PIN",
        description="Whether a PIN is right.  Each try counts, and a wrong one is a result, not an error.",
        method="POST",
        path="/2fa/2/pin/{pinId}/verify",
        request=schemas.VerifyPin,
        reply=schemas.PinVerified,
        repeatable=False,  # each try is one of the PIN's attempts
        nature=Nature.QUERY,  # a lane of its own: nobody's login waits for another's
        example={"pin_id": PIN, "pin": "183942"},
        docs=f"{DOCS}#verify-phone-number, page 3.14",
        pace="tfa-pin",
        limits=("the application's verify_pin_limit, by default 1 in 3 seconds",),
    ),
    Action(
        key="get-tfa-verifications",
        title="Get a number's verifications",
        description="Whether a number was verified with an application.",
        method="GET",
        path="/2fa/2/applications/{appId}/verifications",
        request=schemas.Verifications,
        reply=AnyReply,
        repeatable=True,
        nature=Nature.QUERY,
        example={"application_id": APPLICATION, "number": "447700900123"},
        docs=f"{DOCS}#get-2fa-verification-status, page 3.14",
        pace="tfa",
    ),
)
