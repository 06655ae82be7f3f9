"""/v1/opt-outs: who wants to hear nothing more."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import RAISE, Schema, fields, validate

from web.api import paging, shapes
from web.api.openapi import Part
from web.api.speech import checked, ferry, listed, takes, told
from worker import optouts

part = Part("opt-outs", __name__, url_prefix="/v1/opt-outs", description="Who wants to hear nothing more.")


class Wish(Schema):
    """Somebody's wish."""

    class Meta:
        """A word we do not know is the caller's mistake."""

        unknown = RAISE

    connection = fields.Str(required=True, metadata={"description": "the connection's id", "example": "clicksend"})
    to = fields.Str(required=True, metadata={"description": "the contact's id, phone number, or conversation (cnv_…)"})


class OptOut(Schema):
    """Nothing is sent to this person by this connection, unless a run says force."""

    id = fields.Str(metadata=shapes.said("the conversation's"))
    connection = fields.Str()
    contact = fields.Str(metadata=shapes.said("as the provider's webhooks name them"))
    at = shapes.when("since when")


class Listing(Schema):
    """Which ones."""

    connection = fields.Str(required=True)
    limit = fields.Int(load_default=50, validate=validate.Range(1, 500))
    cursor = fields.Str()


WISH = Wish()


@part.route("", methods=["GET"])
@part.arguments(Listing, location="query")
@part.response(200, shapes.listing(OptOut, "OptOuts"))
@part.alt_response(404, "NOT_FOUND")
def search(query: dict[str, Any]) -> Response:
    """List a connection's opt-outs, in no order."""
    place = paging.unpack(query.get("cursor"), int)
    found, after = optouts.listing(ferry(), query["connection"], place[0] if place else 0, query["limit"])
    return listed(found, paging.pack(after) if after else None)


@part.route("", methods=["POST"])
@part.doc(**takes(Wish))
@part.response(201, OptOut)
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def add(*_: Any) -> Response:
    """Send somebody nothing more."""
    wish = checked(WISH)
    return told(optouts.add(ferry(), wish["connection"], wish["to"]), 201)


@part.route("/<ident>", methods=["DELETE"])
@part.response(204)
@part.alt_response(404, "NOT_FOUND")
def remove(ident: str) -> Response:
    """Open the way again."""
    optouts.remove(ferry(), ident)
    return Response(status=204)
