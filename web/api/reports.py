"""/v1/reports: what does not add up, for whoever runs Ferry."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from web.api import paging, shapes
from web.api.openapi import Part
from web.api.speech import ferry, listed
from worker.store import unmatched

part = Part("reports", __name__, url_prefix="/v1/reports", description="What does not add up.")


class UnmatchedListing(paging.Page):
    """Which receipts that match nothing."""

    connection = fields.Str()


@part.route("/unmatched", methods=["GET"])
@part.arguments(UnmatchedListing, location="query")
@part.response(200, shapes.listing(shapes.Unmatched, "UnmatchedReceipts"))
def search(query: dict[str, Any]) -> Response:
    """
    List messages known by receipts alone for an hour, newest first.

    Nobody here sent them and nobody told their words: somebody else sends with these credentials, or the answer of a
    send was lost and its run is unknown.
    """
    place = paging.unpack(query.get("cursor"), int, str)
    found, after = unmatched.listing(
        ferry().store,
        connection=query.get("connection"),
        before=None if place is None else (place[0], place[1]),
        limit=query["limit"],
    )
    return listed(found, None if after is None else paging.pack(*after))
