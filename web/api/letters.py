"""/v1/dead-letters: what waits for a person; done again or put away, one or all that match."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Response, g
from marshmallow import RAISE, Schema, fields, validate

from connectors.registry import find
from web.api import paging, shapes
from web.api.openapi import Part, keyed
from web.api.runs import with_key
from web.api.speech import checked, ferry, given, listed, takes, told
from worker import letters_by_hand, sweeps
from worker.accept import KEY_LENGTH
from worker.advice import advice
from worker.store import causes, letters
from worker.store.letters import Wanted, Who
from worker.store.text import millis

part = Part("dead-letters", __name__, url_prefix="/v1/dead-letters", description="What waits for a person.")

MOST_IDS = 500
SOME_DAY = validate.Range(datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def filters() -> dict[str, fields.Field[Any]]:
    """What letters are chosen by, in a query and in a body."""
    return {
        "kind": fields.Str(validate=validate.OneOf(letters.KINDS)),
        "cause": fields.Str(metadata={"description": "exactly this one, as /v1/dead-letters/causes has it"}),
        "connection": fields.Str(),
        "provider": fields.Str(metadata={"description": "by name or title"}),
        "since": fields.AwareDateTime(validate=SOME_DAY, metadata={"description": "set aside then or later"}),
        "until": fields.AwareDateTime(validate=SOME_DAY, metadata={"description": "set aside before"}),
    }


class _Strict(Schema):
    class Meta:
        """A word we do not know is the caller's mistake."""

        unknown = RAISE


Listing = paging.Page.from_dict(
    {
        **filters(),
        "state": fields.Str(load_default="waiting", validate=validate.OneOf(letters.STATES)),
    },
    name="LetterListing",
)
Filter = _Strict.from_dict(
    {
        **filters(),
        "ids": fields.List(
            fields.Str(),
            validate=validate.Length(1, MOST_IDS),
            metadata={"description": f"these only, at most {MOST_IDS}"},
        ),
    },
    name="LetterFilter",
)
Counting = _Strict.from_dict(
    {name: field for name, field in filters().items() if name not in {"since", "until"}}, name="CauseListing"
)

FORCE = {"description": "what may have arrived is sent again, and what handlers did because of an event is done again"}
REASON = {"description": "why; it stays on record with who and when"}


class ReplayLetter(_Strict):
    """How to have one done again."""

    force = fields.Bool(load_default=False, metadata=FORCE)


class DiscardLetter(_Strict):
    """Why one is put away."""

    reason = fields.Str(required=True, validate=validate.Length(1, 500), metadata=REASON)


class ReplayLetters(ReplayLetter):
    """Which ones to have done again."""

    filter = fields.Nested(Filter, required=True, metadata={"description": "{} means all that wait"})
    idempotency_key = fields.Str(validate=validate.Length(1, KEY_LENGTH))


class DiscardLetters(DiscardLetter):
    """Which ones to put away, and why."""

    filter = fields.Nested(Filter, required=True, metadata={"description": "{} means all that wait"})
    idempotency_key = fields.Str(validate=validate.Length(1, KEY_LENGTH))


REPLAY, DISCARD, REPLAY_ALL, DISCARD_ALL = ReplayLetter(), DiscardLetter(), ReplayLetters(), DiscardLetters()


def wanted(words: Mapping[str, Any]) -> Wanted:
    """Which letters these words mean.  raises: InvalidCall for a provider nobody knows"""
    return Wanted(
        kind=words.get("kind", ""),
        cause=words.get("cause", ""),
        connection=words.get("connection", ""),
        provider=find(words["provider"]).title if "provider" in words else "",
        since=millis(words["since"]) if "since" in words else None,
        until=millis(words["until"]) if "until" in words else None,
        ids=frozenset(words.get("ids", ())),
        state=words.get("state", "waiting"),
    )


@part.route("", methods=["GET"])
@part.arguments(Listing, location="query")
@part.response(200, shapes.listing(shapes.Letter, "Letters"))
def search(query: dict[str, Any]) -> Response:
    """List dead letters, newest first.  A page may be shorter than its limit and still have a next one."""
    place = paging.unpack(query.get("cursor"), int, str)
    found, after = letters.page(
        ferry().store,
        wanted(query),
        before=None if place is None else (place[0], place[1]),
        limit=query["limit"],
    )
    return listed(found, None if after is None else paging.pack(*after))


@part.route("/causes", methods=["GET"])
@part.arguments(Counting, location="query")
@part.response(200, shapes.listing(shapes.Cause, "Causes"))
def search_causes(query: dict[str, Any]) -> Response:
    """Count what waits now by cause, the most frequent first."""
    found = causes.listing(ferry().store, wanted(query))
    return listed([{**one.shown(), "advice": advice(one.cause)} for one in found], None)


@part.route("/replay", methods=["POST"])
@part.doc(**takes(ReplayLetters))
@keyed
@part.response(202, shapes.Sweep, description="Begun; Location tells how it goes")
@part.alt_response(200, schema=shapes.Sweep, description="Its Idempotency-Key had begun it before")
@part.alt_response(409, "CONFLICT")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def replay_all() -> Response:
    """
    Have all that match done again, in the background, oldest first.

    What may have arrived is skipped, unless forced.  What fails again waits again, and is not tried a second time.
    """
    words = REPLAY_ALL.load(with_key(checked(REPLAY_ALL)))
    return _begun(sweeps.REPLAY, words, force=words["force"])


@part.route("/discard", methods=["POST"])
@part.doc(**takes(DiscardLetters))
@keyed
@part.response(202, shapes.Sweep, description="Begun; Location tells how it goes")
@part.alt_response(200, schema=shapes.Sweep, description="Its Idempotency-Key had begun it before")
@part.alt_response(409, "CONFLICT")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def discard_all() -> Response:
    """Put all that match away, in the background, with a reason."""
    words = DISCARD_ALL.load(with_key(checked(DISCARD_ALL)))
    return _begun(sweeps.DISCARD, words, why=words["reason"])


def _begun(action: str, words: Mapping[str, Any], *, why: str = "", force: bool = False) -> Response:
    which, key = wanted(words["filter"]), words.get("idempotency_key")
    found, new = sweeps.begin(ferry(), action, which, by=g.caller, why=why, force=force, key=key)
    return told(found, 202 if new else 200, {"Location": f"/v1/dead-letters/sweeps/{found['id']}"})


@part.route("/sweeps", methods=["GET"])
@part.arguments(paging.Page, location="query")
@part.response(200, shapes.listing(shapes.Sweep, "Sweeps"))
def search_sweeps(query: dict[str, Any]) -> Response:
    """List the newest sweeps; there are no further pages."""
    return listed(sweeps.recent(ferry(), limit=query["limit"]), None)


@part.route("/sweeps/<ident>", methods=["GET"])
@part.response(200, shapes.Sweep)
@part.alt_response(404, "NOT_FOUND")
def get_sweep(ident: str) -> Response:
    """See how a sweep goes."""
    return told(sweeps.get(ferry(), ident))


@part.route("/sweeps/<ident>/stop", methods=["POST"])
@part.response(200, shapes.Sweep)
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(409, "CONFLICT")
def stop_sweep(ident: str) -> Response:
    """Stop a sweep; what it has done stays done."""
    return told(sweeps.stop(ferry(), ident))


@part.route("/<ident>", methods=["GET"])
@part.response(200, shapes.Letter)
@part.alt_response(404, "NOT_FOUND")
def get(ident: str) -> Response:
    """Look a dead letter up, also one that was dealt with."""
    return told(letters_by_hand.get(ferry(), ident))


@part.route("/<ident>/replay", methods=["POST"])
@part.doc(**takes(ReplayLetter, needed=False))
@part.response(202, shapes.Letter)
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(409, "CONFLICT")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def replay(ident: str) -> Response:
    """
    Have one done again: of two who ask at once one is answered 409.

    A run joins the tail of its lane, a request is read again, a delivery made again, a task handed in again.
    """
    words = given(REPLAY, needed=False)
    return told(letters_by_hand.replay(ferry(), ident, Who(g.caller), force=words["force"]), 202)


@part.route("/<ident>/discard", methods=["POST"])
@part.doc(**takes(DiscardLetter))
@part.response(200, shapes.Letter)
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(409, "CONFLICT")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def discard(ident: str) -> Response:
    """Put one away with a reason."""
    words = given(DISCARD)
    return told(letters_by_hand.discard(ferry(), ident, Who(g.caller, words["reason"])))
