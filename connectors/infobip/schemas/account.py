"""The account: balance, number checks, and the subscriptions that make Infobip call our webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, pre_load, validate

from connectors.infobip.fields import Amount, Number, Text, about
from connectors.infobip.statuses import verdict
from connectors.reading import mapping, text
from connectors.schema import Reply, Request

CHANNELS = ("SMS", "MMS", "EMAIL", "WHATSAPP", "VOICE_VIDEO", "NUMBER_LOOKUP", "MOBILE_PUSH", "RCS", "VIBER")
PLAIN_ID = r"^[A-Za-z0-9_.-]+$"


class Balance(Reply):
    """What is left."""

    balance = Amount(required=True, metadata=about("amount, as text"))
    currency = Text(metadata=about("ISO 4217"))


class Lookup(Request):
    """Numbers to check."""

    to = fields.List(
        Number(validate=validate.Length(1, 64)),
        required=True,
        validate=validate.Length(1, 1000),
        metadata=about("1 to 1000 numbers in international form"),
    )


class Number_(Reply):  # noqa: N801  (Number is a field)
    """One number."""

    to = Text(metadata=about("the number"))
    reachable = fields.Boolean(allow_none=True, metadata=about("null when that could not be told"))
    status = Text(allow_none=True, metadata=about("Infobip's status name"))
    mcc_mnc = Text(allow_none=True, metadata=about("network code"))
    network = Text(allow_none=True, metadata=about("network it is in now"))
    country = Text(allow_none=True, metadata=about("of that network"))
    ported = fields.Boolean(allow_none=True, metadata=about("moved to another network"))
    roaming = fields.Boolean(allow_none=True, metadata=about("abroad"))
    raw = fields.Raw(metadata=about("Infobip's own row"))


class Looked(Reply):
    """What was found."""

    bulk_id = Text(data_key="bulkId", allow_none=True, metadata=about("id of the request"))
    results = fields.List(fields.Nested(Number_), required=True, metadata=about("one a number"))

    @pre_load
    def fold(self, data: Any, **_: Any) -> Any:
        found = data.get("results")
        return {**data, "results": [_number(one) for one in found]} if isinstance(found, list) else data


def _number(item: Any) -> dict[str, Any]:
    found = verdict(item if isinstance(item, Mapping) else {})
    network = mapping(item, "portedNetwork") or mapping(item, "originalNetwork")
    said = item if isinstance(item, Mapping) else {}
    return {
        "to": text(item, "to") or "",
        "reachable": {"delivered": True, "sent": True, "failed": False}.get(str(found.state)),
        "status": found.name,
        "mcc_mnc": text(item, "mccMnc"),
        "network": text(network, "networkName"),
        "country": text(network, "countryName"),
        "ported": said.get("ported") if isinstance(said.get("ported"), bool) else None,
        "roaming": said.get("roaming") if isinstance(said.get("roaming"), bool) else None,
        "raw": item,
    }


class LookupLater(Lookup):
    """Numbers to check, the result to be pushed."""

    notify_url = Text(metadata=about("where the result goes; default: this connection's webhook", "notifyUrl"))


class _OfChannel(Request):
    channel = Text(required=True, validate=validate.OneOf(CHANNELS), metadata=about(", ".join(CHANNELS), example="SMS"))


class Subscription(_OfChannel):
    """Which subscription."""

    subscription_id = Text(
        required=True,
        validate=[validate.Length(1, 100), validate.Regexp(PLAIN_ID)],
        metadata=about("fixed after creation", "subscriptionId", example="ferry-sms"),
    )


class Subscribe(Subscription):
    """What Infobip is to push, and where."""

    name = Text(metadata=about("shown in the portal"))
    events = fields.List(
        fields.Raw(),
        required=True,
        validate=validate.Length(min=1),
        metadata=about("e.g. DELIVERY, INBOUND_MESSAGE, SEEN, CLICK", example=["DELIVERY", "INBOUND_MESSAGE"]),
    )
    criteria = fields.List(fields.Dict(keys=fields.String()), metadata=about("[{applicationId?, entityId?}]"))
    resources = fields.List(Text(), metadata=about("senders or numbers"))
    profile = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata=about("{profileId, webhook: {notifyUrl, contentType}, security?, headers?, …}"),
    )
