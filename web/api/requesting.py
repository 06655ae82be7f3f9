"""/v1/connections/{id}/request: any request to the provider, with the connection's credentials."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from connectors.proxy import Proxied
from web.api import shapes
from web.api.openapi import Part, keyed
from web.api.runs import Submitting, answered, with_key
from web.api.speech import body, ferry, takes, told
from worker import provision, proxied
from worker.accept import RunBody, place, understand
from worker.preview import preview

part = Part(
    "requesting", __name__, url_prefix="/v1/connections", description="Any request, with a connection's credentials."
)
OPTIONS: dict[str, Any] = {name: field for name, field in RunBody().fields.items() if name in proxied.OPTIONS}


class Asked(Proxied):
    """A request to the provider, and how its run is carried out."""

    repeatable = fields.Bool(
        load_default=False,
        metadata={"description": "doing it twice harms nobody: it is tried again until it is answered"},
    )
    idempotency_key = OPTIONS["idempotency_key"]
    not_before = OPTIONS["not_before"]
    expires_at = OPTIONS["expires_at"]
    priority = OPTIONS["priority"]


@part.route("/<ident>/request", methods=["POST"])
@part.arguments(Submitting, location="query")
@part.doc(**takes(Asked))
@keyed
@part.response(202, shapes.Receipt, description="Stored: it will be carried out; Location names its run")
@part.alt_response(
    200,
    schema=shapes.Run,
    description="It ended while we waited: `output` is {status, headers, body, encoding, truncated}; or dry_run",
)
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(409, "CONFLICT")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
@part.alt_response(503, "SERVICE_UNAVAILABLE")
def ask(query: dict[str, Any], ident: str) -> Response:
    """Send any request with the connection's credentials: a run, whose output is the provider's answer."""
    core = ferry()
    provision.living(core, ident)
    order = understand(core, proxied.body(ident, with_key(body())))
    if query["dry_run"]:
        return told(preview(core, order))
    return answered(place(core, order), query.get("wait"))
