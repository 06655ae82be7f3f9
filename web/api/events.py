"""/v1/events, /v1/requests: what happened, what came in."""

from __future__ import annotations

from typing import Any

from flask import Response, g
from marshmallow import RAISE, Schema, fields, validate

from web.api import paging, shapes
from web.api.openapi import Part, keyed
from web.api.problems import Problem
from web.api.runs import with_key
from web.api.speech import checked, ferry, listed, takes, told
from worker.accept import KEY_LENGTH, NotFound
from worker.replay import replay
from worker.store import events, journal

part = Part("events", __name__, url_prefix="/v1/events", description="What happened, in one vocabulary.")
requests = Part("requests", __name__, url_prefix="/v1/requests", description="Raw webhook requests.")


class Listing(paging.Page):
    """Which events."""

    cursor = fields.Str(metadata={"description": "the same as after"})
    after = fields.Str(metadata={"description": "a cursor from before; without it from the oldest, $ from now on"})
    type = fields.Str(metadata={"description": "types by commas, e.g. message.received,message.status"})
    connection = fields.Str()
    newest = fields.Bool(load_default=False, metadata={"description": "the last ones instead, still oldest first"})


class Replay(Schema):
    """How to tell an event once more."""

    class Meta:
        """A word we do not know is the caller's mistake."""

        unknown = RAISE

    force = fields.Bool(
        load_default=False,
        metadata={"description": "what handlers do because of it is done again, too: sent twice, e.g."},
    )
    subscription = fields.Str(metadata={"description": "to this one only"})
    idempotency_key = fields.Str(validate=validate.Length(1, KEY_LENGTH))


REPLAY = Replay()


@part.route("", methods=["GET"])
@part.arguments(Listing, location="query")
@part.response(200, shapes.listing(shapes.Event, "Events"), description="Its cursor is never null: ask on with it")
@part.alt_response(410, "GONE")
def search(query: dict[str, Any]) -> Response:
    """List events in the order they were stored.  410 names the first cursor there is when yours is too old."""
    try:
        found, cursor = events.listing(
            ferry().store,
            query.get("after") or query.get("cursor"),
            limit=query["limit"],
            types=paging.words(query.get("type")),
            connection=query.get("connection"),
            newest=query["newest"],
        )
    except ValueError as problem:
        raise Problem(422, "invalid", str(problem), fields={"after": [str(problem)]}) from problem
    return listed(found, cursor)


@part.route("/<ident>", methods=["GET"])
@part.response(200, shapes.Event)
@part.alt_response(404, "NOT_FOUND")
def get(ident: str) -> Response:
    """Look an event up."""
    found = events.get(ferry().store, ident)
    if found is None:
        words = f"there is no event {ident!r}, or it is no longer kept"
        raise NotFound(words)
    return told(found)


@part.route("/<ident>/replay", methods=["POST"])
@part.doc(**takes(Replay, needed=False))
@keyed
@part.response(202, shapes.Event, description="Told once more; it is marked replayed_by")
@part.alt_response(200, schema=shapes.Event, description="Its Idempotency-Key had brought it before")
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def tell_again(ident: str) -> Response:
    """Tell an event once more under its own id, to whoever hears of its kind; nothing is done twice unless forced."""
    words = REPLAY.load(with_key(checked(REPLAY, needed=False)))
    found, new = replay(
        ferry(),
        ident,
        by=g.caller,
        key=words.get("idempotency_key"),
        force=words["force"],
        subscription=words.get("subscription"),
    )
    return told(found, 202 if new else 200)


@requests.route("/<ident>", methods=["GET"])
@requests.response(200, shapes.RawRequest)
@requests.alt_response(404, "NOT_FOUND")
def get_request(ident: str) -> Response:
    """Look a raw webhook request up."""
    found = journal.get(ferry().store, ident)
    if found is None:
        words = f"there is no request {ident!r}, or it is no longer kept"
        raise NotFound(words)
    return told(found)
